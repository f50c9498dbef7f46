"""`batchgen` as a process: signals, pipes, terminals, and what it costs to start."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.cli.parser import make_parser
from batchgen_widgets.projects.project import forget

ROOT = Path(bg.__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "command-line.md"

GENERATORS = """
import os, time
from pathlib import Path

import batchgen_widgets as bg


@bg.generator
def patient(seed: int = 0, *, task: bg.TaskContext):
    Path(f"begun-{task.index}").touch()
    while Path("gate").exists():
        task.raise_if_cancelled()
        time.sleep(0.01)
    return {"done": 1}


@bg.generator
def deaf(seed: int = 0, *, task: bg.TaskContext):
    Path(f"begun-{task.index}").touch()
    while Path("gate").exists():
        time.sleep(0.01)
    return {"done": 1}


@bg.generator
def quick(prompt: str = "x", seed: int = 0):
    return {"done": 1}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "generators_here.py").write_text(GENERATORS)
    return tmp_path


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm"}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "batchgen_widgets", *map(str, arguments)]


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=50, env=environment(), **options)


def _hear_interrupts() -> None:
    """Begin as on a terminal: a shell without job control lets what it starts in the background ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Running:
    """A command that runs in the background."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )

    def wait_for(self, path: Path) -> None:
        until = time.monotonic() + 40
        while not path.exists():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < until, f"{path} never came"
            time.sleep(0.01)

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=40)
        return self.process.returncode, out, err


@pytest.fixture
def start() -> Iterator[Any]:
    started: list[Running] = []

    def begin(*arguments: object) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield begin
    for running in started:
        running.process.kill()
        for stream in (running.process.stdout, running.process.stderr):
            stream.close()
        running.process.wait()


def statuses(project: Path) -> list[str]:
    found = bg.Project(project)
    told = [str(task.status) for task in found.batches()[0].tasks]
    forget(found)
    return told


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
class TestSignals:
    @pytest.mark.parametrize("executor", ["thread", "process"])
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_the_first_one_leaves_a_batch_that_can_be_resumed(
        self, start: Any, here: Path, number: signal.Signals, code: int, executor: str
    ):
        (here / "gate").touch()
        running = start("run", "generators_here:patient", "--seeds", 3, "--project", "p", "--executor", executor)
        running.wait_for(here / "begun-0")
        running.process.send_signal(number)
        ended, out, err = running.end()
        assert ended == code, err
        assert "interrupted" in out
        assert "Traceback" not in err
        assert statuses(here / "p") == ["interrupted", "queued", "queued"]
        (line,) = [line for line in err.splitlines() if line.startswith("  batchgen resume ")]
        (here / "gate").unlink()
        resumed = run(*shlex.split(line)[1:], "--json")
        assert resumed.returncode == 0, resumed.stderr
        assert json.loads(resumed.stdout)["counts"]["completed"] == 3

    def test_json_says_how_to_go_on(self, start: Any, here: Path):
        (here / "gate").touch()
        running = start("run", "generators_here:patient", "--project", "p", "--json", "--quiet")
        running.wait_for(here / "begun-0")
        running.process.send_signal(signal.SIGINT)
        code, out, _ = running.end()
        told = json.loads(out)
        assert (code, told["status"]) == (130, "interrupted")
        assert make_parser().parse_args(told["resume"][1:]).batch == told["id"]

    def test_the_second_one_leaves_at_once(self, start: Any, here: Path):
        """Also when the generator does not listen."""
        (here / "gate").touch()
        running = start("run", "generators_here:deaf", "--seeds", 2, "--project", "p")
        running.wait_for(here / "begun-0")
        running.process.send_signal(signal.SIGINT)
        while "once more to leave at once" not in (line := running.process.stderr.readline()):
            assert line, "it said nothing"
        begun = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(40) == 130
        # Closing in order waits five seconds for such a generator.
        assert time.monotonic() - begun < 4
        assert statuses(here / "p") == ["interrupted", "queued"]

    def test_while_the_generator_is_being_loaded(self, start: Any, here: Path):
        (here / "slow.py").write_text("import time\nopen('begun', 'w').close()\ntime.sleep(60)\n")
        running = start("run", "slow:f")
        running.wait_for(here / "begun")
        running.process.send_signal(signal.SIGINT)
        code, _, err = running.end()
        assert code == 130
        assert err.strip() == "Interrupted."


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_pipe_that_nobody_reads_is_quiet(here: Path):
    assert run("run", "generators_here:quick", "--project", "p", "--seeds", 2000, "--quiet").returncode == 0
    shell = f"{shlex.join(command('show', 'p', '--json'))} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=50, env=environment())
    assert done.stdout.splitlines() == ["{", "141"]
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
class TestTerminal:
    def run_on_terminal(self, *arguments: object, **more: str) -> tuple[int, str]:
        import fcntl
        import pty
        import termios

        controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        process = subprocess.Popen(
            command(*arguments), stdout=terminal, stderr=terminal, stdin=terminal, env={**environment(), **more}
        )
        os.close(terminal)
        said = b""
        while True:
            try:
                chunk = os.read(controller, 4096)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            said += chunk
        os.close(controller)
        return process.wait(40), said.decode()

    def test_progress_and_colours(self, here: Path):
        code, said = self.run_on_terminal("run", "generators_here:quick", "--seeds", 3, "--project", "p")
        assert code == 0
        assert re.search(r"quick: 100%\|.*\| 3/3", said)
        assert "\x1b[32mcompleted" in said

    def test_no_colours_and_no_progress(self, here: Path):
        options = ("run", "generators_here:quick", "--seeds", 3, "--project", "p")
        code, said = self.run_on_terminal(*options, NO_COLOR="1")
        assert (code, "\x1b[3" in said) == (0, False)
        code, said = self.run_on_terminal(*options, "--quiet")
        assert (code, said) == (0, "")


def test_progress_is_for_terminals_only(here: Path):
    done = run("run", "generators_here:quick", "--seeds", 3, "--project", "p")
    assert done.returncode == 0
    assert "%|" not in done.stderr
    assert "\r" not in done.stderr + done.stdout
    assert "\x1b" not in done.stderr + done.stdout


class TestStart:
    HEAVY = ("anywidget", "ipywidgets", "IPython", "traitlets", "numpy", "PIL", "av", "scipy", "pandas", "tqdm")

    def loaded_by(self, *arguments: str) -> set[str]:
        script = f"""
            import sys
            from batchgen_widgets.cli import main
            try:
                main({list(arguments)!r})
            except SystemExit:
                pass
            print(*sys.modules, sep="\\n", file=sys.stderr)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            capture_output=True,
            text=True,
            timeout=50,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr
        return set(done.stderr.split())

    def test_help_and_list_load_little(self, here: Path):
        bg.Project(here / "p")
        assert not self.loaded_by("list", "p") & set(self.HEAVY)
        light = self.loaded_by("--help")
        assert not light & {*self.HEAVY, "pydantic", "sqlite3", "asyncio"}
        # What else an interpreter needs, and argparse.
        assert {name for name in light if name.startswith("batchgen_widgets")} == {
            "batchgen_widgets",
            "batchgen_widgets.errors",
            "batchgen_widgets.texts",
            *(f"batchgen_widgets.cli{name}" for name in ("", ".main", ".parser", ".console", ".exits")),
        }

    def test_help_comes_at_once(self):
        """Beside a bare interpreter; the best of a few, as others use the machine."""

        def took(*arguments: str) -> float:
            begun = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment())
            return time.perf_counter() - begun

        bare = min(took("-c", "pass") for _ in range(5))
        assert min(took("-m", "batchgen_widgets", "--help") for _ in range(5)) - bare < 0.25


class TestDocumentation:
    """The examples of docs/command-line.md are run in order, in one directory, as they stand there."""

    def examples(self) -> list[str]:
        blocks = re.findall(r"```console\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
        joined = "".join(blocks).replace("\\\n", " ")
        return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]

    def files(self) -> dict[str, str]:
        found = re.findall(r"`([\w.]+)`:\n\n```(?:python|text)\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
        return dict(found)

    @pytest.mark.slow
    @pytest.mark.timeout(180)
    def test_every_example_runs(self, here: Path):
        files = self.files()
        assert files
        for name, text in files.items():
            (here / name).write_text(text, "utf-8")
        examples = re.sub(r"^batchgen ", f"{shlex.join(command())} ", "\n".join(self.examples()), flags=re.MULTILINE)
        script = f"set -e -u -o pipefail\n{examples}\n"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=170, env=environment())
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    def test_every_command_and_exit_code_is_there(self):
        text = DOCS.read_text("utf-8")
        (commands,) = (action for action in make_parser()._actions if hasattr(action, "choices") and action.choices)
        for name in commands.choices:
            assert re.search(rf"^\$ batchgen {name}\b", text, re.MULTILINE), name
        # The table of exit codes is that of the help.
        epilog = " ".join((make_parser().epilog or "").replace("exit codes:", "").split())
        rows = re.findall(r"^\| (\d+) \| (.*?) \|$", text, re.MULTILINE)
        assert [code for code, _ in rows] == ["0", "1", "2", "3", "4", "5", "130", "143", "141"]
        for code, meaning in rows:
            assert meaning.replace("`", "") in epilog.replace("`", ""), code
        for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", text):
            assert option in {"--help", "--version"} or any(
                option in parser.format_help() for parser in commands.choices.values()
            ), option
