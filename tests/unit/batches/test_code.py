"""`to_code`: what it writes makes the same tasks again, and looks like what it is."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.batches.codetext import Call, data, layout, quote
from batchgen_widgets.projects.project import forget

PAINTERS = """
from enum import Enum
from typing import Annotated, Literal

import batchgen_widgets as bg
from PIL import Image


class Style(Enum):
    PLAIN = "plain"
    FANCY = "fancy"


@bg.generator
def paint(
    prompt: str = "a lake",
    seed: int = 0,
    steps: Annotated[int, bg.Range(1, 150)] = 20,
    cfg: Annotated[float, bg.Range(0, 20)] = 7.5,
    sampler: Literal["euler", "ddim", 3] = "euler",
    style: Style = Style.PLAIN,
    title: str | None = None,
    upscale: bool = False,
    mask: object = None,
):
    return {"done": 1}


@bg.generator(name="a lake, painted")
def renamed(prompt: str = "a lake", seed: int = 0):
    return {"done": 1}


@bg.generator
def project(image: Image.Image):
    return {"size": image.width}


def plain_function(prompt: str, seed: int = 0):
    return {"done": 1}


@bg.generator
def enlarge(image: Image.Image, factor: int = 2, seed: int = 0):
    return {"size": image.width * factor}


@bg.generator
def dot(seed: int = 0):
    return Image.new("RGB", (8, 8), (seed % 256, 0, 0))
"""

NASTY = [
    "",
    'it\'s "quoted" \\ and \\n',
    'only "double"',
    "two\nlines\r\nand\ttabs",
    "{braces} and {0} %s",
    "emoji 🐈‍⬛ and 日本語",
    "\x00\x1b[2J\x07\x7f\x9b",
    "lone \ud800 and \udfff",
    "a\u202e} '''; import os #\u2066 b\u2028c",
    "'''\n\"\"\"\n'''",
    "\\",
    "x" * 300,
    "\n".join(f"line {i} of a long prompt" for i in range(40)),
]


@pytest.fixture(scope="module")
def painters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A module that other processes can import as well."""
    folder = tmp_path_factory.mktemp("painters")
    (folder / "painters_for_code.py").write_text(PAINTERS, "utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("painters_for_code")
    sys.path.remove(str(folder))
    del sys.modules["painters_for_code"]


def told(batch: bg.Batch) -> list[dict[str, Any]]:
    """What each task got, as the project has it."""
    return [{name: _plain(value) for name, value in task.params.items()} for task in batch.tasks]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    return value.id if isinstance(value, bg.Asset) else value


def run_again(code: str) -> bg.Batch:
    """Run the code here, and give the batch that it made."""
    names: dict[str, Any] = {"__name__": "again"}
    exec(compile(code, "<code>", "exec"), names)
    names["session"].close()
    return names["batch"]


def run_elsewhere(code: list[str], folder: Path, module: Any = None) -> list[list[dict[str, Any]]]:
    """Run pieces of code in one fresh process, and give the tasks of the batch that each of them makes.

    The project is that of the fixture `root`; it is this process that lets go of it.
    """
    forget(bg.Project(folder / "project"))
    files = []
    for number, text in enumerate(code):
        files.append(folder / f"code_{number}.py")
        files[-1].write_text(text, "utf-8")
    script = f"""
import json, runpy
from batchgen_widgets import Asset
told = []
plain = lambda v: v.id if isinstance(v, Asset) else getattr(v, "name", v)
for file in {[str(file) for file in files]!r}:
    names = runpy.run_path(file, run_name="__main__")
    batch = names["batch"]
    assert batch.status == "completed" and not batch.failed_count, batch.failures
    told.append([{{n: plain(v) for n, v in t.params.items()}} for t in batch.tasks])
    names["session"].close()
print(json.dumps(told))
"""
    path = [str(Path(bg.__file__).parents[1]), *([str(Path(module.__file__).parent)] if module else [])]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def shows_itself(code: str) -> bool:
    return code.replace("\n", "").isprintable()


def check_format(code: str) -> None:
    """Compare with what ``ruff format`` makes of it, where that is installed."""
    with contextlib.suppress(ImportError):
        importlib.import_module("ruff")
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"],
            input=code.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout.decode("utf-8", "replace")


CONFIGS: dict[str, dict[str, Any]] = {
    "one task": {"enabled": False},
    "nothing varies": {"batch_size": 3},
    "random": {
        "batch_size": 5,
        "variation_params": {
            "vary_seeds": True,
            "vary_prompts": True,
            "prompt_variations": NASTY,
            "vary_parameters": True,
            "parameter_ranges": {"cfg": (1e-7, 12), "steps": [10, 20], "style": ["FANCY", "PLAIN"]},
        },
    },
    "grid": {
        "batch_size": 2,
        "variation_params": {
            "strategy": "grid",
            "vary_seeds": True,
            "seed_range": (-5, 100),
            "seed_policy": "per_task",
            "vary_prompts": True,
            "prompt_variations": ["a", "b"],
            "vary_parameters": True,
            "parameter_ranges": {"sampler": ["ddim", 3], "title": [None, "x"], "upscale": [True, False]},
        },
    },
    "zip": {
        "variation_params": {
            "strategy": "zip",
            "vary_prompts": True,
            "prompt_variations": NASTY,
            "vary_parameters": True,
            "parameter_ranges": {"cfg": [i / 7 for i in range(len(NASTY))]},
        },
    },
    "latin_hypercube": {
        "batch_size": 7,
        "variation_params": {
            "strategy": "latin_hypercube",
            "vary_parameters": True,
            "parameter_ranges": {"cfg": (0, 20), "steps": (1, 150), "style": ["PLAIN", "FANCY"]},
        },
    },
    "sobol": {
        "batch_size": 6,
        "variation_params": {
            "strategy": "sobol",
            "vary_seeds": True,
            "vary_parameters": True,
            "parameter_ranges": {"cfg": (0, 20), "steps": (1, 150)},
        },
    },
    "one_at_a_time": {
        "batch_size": 2,
        "variation_params": {
            "strategy": "one_at_a_time",
            "vary_seeds": True,
            "vary_prompts": True,
            "prompt_variations": ["x", "y"],
            "vary_parameters": True,
            "parameter_ranges": {"steps": [1, 2, 3]},
        },
    },
    "a seed of its own": {"batch_size": 3, "variation_params": {"vary_seeds": True, "seed": 5}},
}


class TestTheSameTasks:
    def test_in_a_fresh_process_for_every_strategy(self, painters: Any, root: Path, tmp_path: Path):
        bases = [{}, {"prompt": NASTY[8], "title": NASTY[3], "style": painters.Style.FANCY, "cfg": 1e-7}]
        code, expected = [], []
        with bg.BatchSession(painters.paint, root) as session:
            for config in CONFIGS.values():
                for base in bases:
                    batch = session.start_batch(base, config=config)
                    batch.wait()
                    code.append(batch.to_code())
                    expected.append(told(batch))
        for text in code:
            assert "session.add_task" not in text
            assert "from painters_for_code import paint" in text
            assert shows_itself(text)
        check_format("\n\n".join(code))
        assert run_elsewhere(code, tmp_path, painters) == expected

    @given(data=st.data())
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_for_any_config(self, painters: Any, root: Path, data: st.DataObject):
        texts = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(NASTY)
        strategy = data.draw(st.sampled_from(["random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"]))
        length = data.draw(st.integers(1, 3))
        lists = strategy in ("grid", "zip", "one_at_a_time")
        number = st.floats(0, 20)
        ranges = st.fixed_dictionaries(
            {},
            optional={
                "cfg": st.lists(number, min_size=length, max_size=length)
                if lists
                else st.tuples(number, number).map(lambda ends: tuple(sorted(ends))),
                "steps": st.lists(st.integers(1, 150), min_size=length, max_size=length),
                "style": st.lists(st.sampled_from(["PLAIN", "FANCY"]), min_size=length, max_size=length),
                "title": st.lists(st.none() | texts, min_size=length, max_size=length),
            },
        )
        chosen = data.draw(ranges)
        variation = {
            "strategy": strategy,
            "vary_seeds": data.draw(st.booleans()),
            "seed_policy": data.draw(st.sampled_from(["shared", "per_task"])),
            "vary_prompts": strategy == "zip" or data.draw(st.booleans()),
            "prompt_variations": data.draw(st.lists(texts, min_size=length, max_size=length)),
            "vary_parameters": bool(chosen),
            "parameter_ranges": chosen,
            "seed": data.draw(st.none() | st.integers(0, 2**53 - 1)),
        }
        config = bg.BatchConfig(batch_size=data.draw(st.integers(1, 4)), variation_params=variation)
        base = data.draw(
            st.fixed_dictionaries(
                {}, optional={"prompt": texts, "title": st.none() | texts, "cfg": number, "upscale": st.booleans()}
            )
        )
        with bg.BatchSession(painters.paint, root) as session:
            session.set_batch_config(config)
            session.set_base_parameters(base)
            settings_code = session.to_code()
            batch = session.start_batch()
            batch.wait()
            code = batch.to_code()
        assert "session.add_task" not in code
        assert shows_itself(code)
        assert told(run_again(code)) == told(batch)
        # The settings were the same plan, before it ran.
        assert told(run_again(settings_code)) == told(batch)

    def test_after_tasks_were_changed_by_hand(self, painters: Any, root: Path, tmp_path: Path):
        gate_config = {"batch_size": 3, "variation_params": {"vary_seeds": True}}
        with bg.BatchSession(painters.paint, root) as session:
            session.pause()
            edited = session.start_batch({"prompt": "a\n'b'"}, config=gate_config)
            session.edit_task(edited.tasks[1], {"steps": 99})
            longer = session.start_batch({"prompt": "b"}, config=gate_config)
            session.add_task({"prompt": "one more", "style": "FANCY"}, batch_id=longer.id)
            shorter = session.start_batch({"prompt": "c"}, config=gate_config)
            session.remove_task(shorter.tasks[0])
            session.resume()
            for batch in (edited, longer, shorter):
                batch.wait()
            code = [batch.to_code() for batch in (edited, longer, shorter)]
            expected = [told(edited), told(longer), told(shorter)[1:]]
        for text in code:
            assert "by hand" in text
            assert shows_itself(text)
            check_format(text)
        assert run_elsewhere(code, tmp_path, painters) == expected

    def test_of_a_batch_that_was_cancelled_as_a_whole(self, painters: Any, root: Path):
        with bg.BatchSession(painters.paint, root) as session:
            session.pause()
            batch = session.start_batch(config={"batch_size": 3, "variation_params": {"vary_seeds": True}})
            session.cancel_batch(batch.id)
            code = batch.to_code()
        assert "by hand" not in code
        assert told(run_again(code)) == told(batch)

    def test_with_inputs(self, painters: Any, root: Path, tmp_path: Path):
        with bg.BatchSession(painters.dot, root) as session:
            dots = session.start_batch(config={"batch_size": 3, "variation_params": {"vary_seeds": True, "seed": 1}})
            dots.wait()
            config = {"batch_size": 2, "variation_params": {"vary_seeds": True}}
            several = session.start_batch(
                painters.enlarge, inputs=dots.results, parameters={"factor": 3}, config=config
            )
            one = session.start_batch(painters.enlarge, parameters={"image": dots.results[1]})
            odd = session.start_batch(painters.project, inputs=dots.results)
            batches = (several, one, odd)
            for batch in batches:
                batch.wait()
            code = [batch.to_code() for batch in batches]
            expected = [told(batch) for batch in batches]
        assert "inputs=[" in code[0]
        assert f'project.asset("{dots.results[0].id}")' in code[0]
        for text in code:
            assert "session.add_task" not in text
            check_format(text)
        assert run_elsewhere(code, tmp_path, painters) == expected

    def test_with_a_file_that_is_no_asset(self, painters: Any, root: Path, tmp_path: Path):
        Image.new("RGB", (5, 5)).save(tmp_path / "it's.png")
        with bg.BatchSession(painters.enlarge, root) as session:
            session.set_inputs([tmp_path / "it's.png"])
            settings_code = session.to_code()
            batch = session.start_batch()
            batch.wait()
            code = batch.to_code()
        for text in (code, settings_code):
            assert 'project.path / "inputs/' in text
            again = run_again(text)
            again.wait()
            assert again.tasks[0].params["image"].path == batch.tasks[0].params["image"].path
            assert again.tasks[0].metrics == {"size": 10}

    def test_of_a_project_that_was_opened_again(self, painters: Any, root: Path, tmp_path: Path):
        """Elsewhere, where nobody has the generator at hand yet."""
        with bg.BatchSession(painters.paint, root) as session:
            batches = []
            for name in ("random", "grid", "sobol"):
                batches.append(session.start_batch({"prompt": NASTY[1], "style": "FANCY"}, config=CONFIGS[name]))
                batches[-1].wait()
            session.pause()
            edited = session.start_batch({"prompt": "e"}, config=CONFIGS["a seed of its own"])
            session.edit_task(edited.tasks[0], {"title": "edited"})
            session.resume()
            edited.wait()
            batches.append(edited)
        script = f"""
import json, batchgen_widgets as bg
project = bg.Project({str(root)!r})
print(json.dumps([project.batch(id).to_code() for id in {[batch.id for batch in batches]!r}]))
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        code = json.loads(done.stdout)
        assert ["session.add_task" in text for text in code] == [False, False, False, True]
        for text in code:
            assert "from painters_for_code import paint" in text
            assert shows_itself(text)
        assert run_elsewhere(code, tmp_path, painters) == [told(batch) for batch in batches]

    @pytest.mark.parametrize("name", ["renamed", "plain_function"])
    def test_of_generators_under_other_names(self, painters: Any, root: Path, tmp_path: Path, name: str):
        source = getattr(painters, name)
        generator = source if name == "renamed" else bg.generator(source, name="what I call it", kind="image")
        with bg.BatchSession(generator, root) as session:
            batch = session.start_batch({"prompt": "p"})
            batch.wait()
            code = batch.to_code()
        check_format(code)
        assert run_again(code).generator == batch.generator
        assert run_elsewhere([code], tmp_path, painters) == [told(batch)]

    def test_of_a_demo(self, root: Path):
        with bg.BatchSession(bg.demos.chime, root) as session:
            assert "bg.demos.chime," in session.to_code()

    def test_of_one_megabyte(self, painters: Any, root: Path):
        prompt = "a 'cat' \"and\" \\ \u202e\n" * 50_000
        with bg.BatchSession(painters.paint, root) as session:
            batch = session.start_batch({"prompt": prompt})
            batch.wait()
            code = batch.to_code()
        assert shows_itself(code)
        assert run_again(code).tasks[0].params["prompt"] == prompt


class TestTheSession:
    def test_options_that_are_not_the_default(self, painters: Any, root: Path):
        options = {"workers": 2, "executor": "process", "retries": 3, "timeout": 2.5, "image_format": "webp"}
        with bg.BatchSession(painters.paint, root, **options) as session:
            code = session.to_code()
        for name, value in options.items():
            assert f"{name}={json.dumps(value)}" in code

    def test_settings_that_make_no_batch_yet(self, painters: Any, root: Path):
        with bg.BatchSession(painters.paint, root) as session:
            session.set_batch_config({"variation_params": {"vary_prompts": True}})
            code = session.to_code()
        assert "They make no batch yet: prompt_variations: empty" in code.replace("\n# ", " ")
        compile(code, "<code>", "exec")

    def test_a_project_below_this_directory_has_a_short_path(
        self, painters: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        with bg.BatchSession(painters.paint, "mine") as session:
            assert 'project="mine"' in session.to_code()


class TestWhatCannotBeWritten:
    class Mask:
        def __repr__(self) -> str:
            return "<Mask>\n__import__('os').abort()\u202e"

    def test_it_is_left_to_be_filled_in(self, painters: Any, root: Path):
        with bg.BatchSession(painters.paint, root) as session:
            batch = session.start_batch({"mask": self.Mask()})
            batch.wait()
            code = batch.to_code()
        assert "# FILL IN: mask was <Mask>\\n__import__" in code
        assert shows_itself(code)
        with pytest.raises(AssertionError, match="give mask_value a value first"):
            run_again(code)
        mask = self.Mask()
        names: dict[str, Any] = {"mine": mask}
        exec(code.replace("mask_value = ...", "mask_value = mine"), names)
        assert names["batch"].tasks[0].params["mask"] is mask
        names["session"].close()

    def test_what_json_holds_is_written(self, painters: Any, root: Path):
        value = {"a": [1, 2.5, None, {"b": "'"}], "c": True}
        with bg.BatchSession(painters.paint, root) as session:
            batch = session.start_batch({"mask": value})
            batch.wait()
            code = batch.to_code()
        assert run_again(code).tasks[0].params["mask"] == value

    def test_an_executor_of_ones_own(self, painters: Any, root: Path):
        class Mine:
            name, hard_cancel = "mine", False

            def run(self, *_: object) -> list[Any]:
                return []

            def close(self) -> None: ...

        with bg.BatchSession(painters.paint, root, executor=Mine()) as session:
            code = session.to_code()
        assert "FILL IN: executor was" in code
        assert "executor=executor_value" in code


NOTEBOOK = """
from __future__ import annotations
import dataclasses
from dataclasses import dataclass
import json as js
import os.path
from typing import Annotated, Literal

from PIL import Image
import PIL.ImageOps
import batchgen_widgets as bg
from batchgen_widgets import Range

SIZE = 4
API_TOKEN = "very secret"
OPENER = open

@dataclass
class Colour:
    red: int = 0

def shade(seed):
    return Colour(seed % 256)

def unused():
    return missing_name

@bg.generator(name="a \\"tile\\"\\u202e")
def tile(
    prompt: Annotated[str, "what"] = "x",
    seed: Annotated[int, Range(0, 1000)] = 0,
    mode: Literal["a", "b"] = "a",
    *,
    task: bg.TaskContext,
) -> Image.Image:
    assert prompt != "\u202e"
    js.dumps(os.path.join("a", "b"))
    helper = [shade(value) for value in (seed,)]
    return PIL.ImageOps.invert(Image.new("RGB", (SIZE, SIZE), (helper[0].red, 0, 0)))

@bg.generator
def needs(prompt: str = "x"):
    return OPENER_2(API_TOKEN)

OPENER_2 = PIL.Image.new("RGB", (1, 1))

if __name__ == "__main__":
    import sys
    with bg.BatchSession({name}, sys.argv[1]) as session:
        batch = session.start_batch({{"prompt": "p"}}, config={{"batch_size": 2, "variation_params": {variation}}})
        batch.wait()
        sys.stdout.buffer.write(batch.to_code().encode())
"""


class TestSourceOfANotebook:
    def program(self, tmp_path: Path, root: Path, name: str, variation: str = "{}") -> str:
        text = NOTEBOOK.replace("{name}", name).replace("{variation}", variation)
        script = tmp_path / "script.py"
        script.write_text(text.replace("{{", "{").replace("}}", "}"), "utf-8")
        done = subprocess.run(
            [sys.executable, str(script), str(root)],
            capture_output=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(Path(bg.__file__).parents[1])},
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def test_it_comes_with_all_that_it_uses(self, tmp_path: Path, root: Path):
        code = self.program(tmp_path, root, "tile", '{"vary_seeds": True}')
        for line in (
            "from __future__ import annotations",
            "import json as js",
            "import os.path",
            "import PIL.ImageOps",
            "from PIL import Image",
            "from batchgen_widgets import Range",
            "from dataclasses import dataclass",
            "SIZE = 4",
        ):
            assert f"{line}\n" in code
        assert "unused" not in code
        assert "FILL IN" not in code
        assert shows_itself(code)
        assert 'prompt != "\\u202e"' in code
        project = bg.Project(root)
        assert run_elsewhere([code], tmp_path) == [told(project.batches()[0])]

    def test_what_is_missing_is_said_and_no_secret_is_told(self, tmp_path: Path, root: Path):
        code = self.program(tmp_path, root, "needs")
        assert "very secret" not in code
        assert "API_TOKEN = ...  # FILL IN: it was a str" in code
        assert "OPENER_2 = ...  # FILL IN: it was an Image" in code
        compile(code, "<code>", "exec")

    def test_a_project_alone_has_the_source_too(self, tmp_path: Path, root: Path):
        self.program(tmp_path, root, "tile", '{"vary_seeds": True}')
        code = bg.Project(root).batches()[0].to_code()
        assert "def tile(\n" in code
        assert "from typing import Annotated, Literal\n" in code
        assert "shade = ...  # FILL IN: the function uses it" in code
        assert shows_itself(code)
        compile(code, "<code>", "exec")

    @pytest.mark.parametrize("kind", ["lambda", "closure", "callable"])
    def test_what_has_no_source_is_left_to_be_given(self, root: Path, kind: str):
        class Callable_:
            def __call__(self, prompt: str = "x") -> dict[str, float]:
                return {"done": 1}

        made: dict[str, Callable[..., Any]] = {
            "lambda": lambda prompt="x": {"done": 1},
            "closure": eval("lambda prompt='x': {'done': 1}"),
            "callable": Callable_(),
        }
        with bg.BatchSession(bg.generator(made[kind], name=f"my {kind}"), root) as session:
            code = session.to_code()
        assert f"my_{kind} = ...  # FILL IN: the generator, which was called 'my {kind}'" in code
        with pytest.raises(bg.GeneratorError, match="give a function that returns media"):
            run_again(code)


class TestHostileProjects:
    @pytest.mark.parametrize(
        "origin",
        [
            {"module": "os\nimport evil", "qualname": "system"},
            {"module": "os", "qualname": "system;evil()"},
            {"module": "__main__", "qualname": "x", "source": "evil()\ndef f(): ..."},
            {"module": "__main__", "qualname": "x", "source": "def f():\n  '''\u202e\n"},
            {"module": 3, "qualname": None, "source": ["evil()"]},
            {"entropy": "evil()"},
            {"encoding": {"image": "png'\nevil()", "other": "evil()"}, "entropy": 1},
        ],
    )
    def test_nothing_becomes_code_that_was_not_a_function(self, painters: Any, root: Path, origin: dict[str, Any]):
        with bg.BatchSession(painters.renamed, root) as session:
            batch = session.start_batch({"prompt": "p"})
            batch.wait()
        batch.generator = "evil()\nevil()\u202e"
        batch.origin = origin
        code = batch.to_code()
        assert shows_itself(code)
        names = set(compile(code, "<code>", "exec").co_names)
        assert "evil" not in names


class TestLiterals:
    @given(st.text(st.characters(codec=None), max_size=60) | st.sampled_from(NASTY))
    def test_a_text_reads_back_and_prints(self, text: str):
        written = quote(text)
        assert eval(written) == text
        assert written.isprintable()

    def test_quotes_are_those_of_ruff(self):
        assert quote("it's") == '"it\'s"'
        assert quote('a "b"') == "'a \"b\"'"
        assert quote("\"'") == '"\\"\'"'

    def test_layout_is_that_of_ruff(self):
        nested = {"a": [1, 2.5, -1e-7, None, True], "b": {"c": ["x" * 40, "y" * 40], "d": ()}, "e": ("z" * 100,)}
        lines = [
            layout(Call("f", [("", data(nested))])),
            layout(Call("f", [("a=", data(NASTY)), ("b=", data({"k": NASTY}))]), "x = "),
            layout(Call("f", [("", Call("g", [("a=", data(1)), ("b=", data("x" * 70))]))])),
        ]
        check_format("\n".join(lines) + "\n")
