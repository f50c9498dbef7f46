"""Where generators come from: modules, scripts and notebooks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg

Run = Callable[..., Any]


def dry(run: Run, target: str, *options: object) -> Any:
    return run("run", target, "--dry-run", "--json", *options)


def write_notebook(path: Path, *cells: str, kind: Callable[[str], object] = lambda text: text) -> str:
    made = [{"cell_type": "markdown", "metadata": {}, "source": ["# Title"]}]
    made += [
        {"cell_type": "code", "metadata": {}, "source": kind(cell), "outputs": [], "execution_count": None}
        for cell in cells
    ]
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return str(path)


class TestModulesAndScripts:
    @pytest.mark.parametrize(
        "target", ["painters:paint", "painters.py:paint", "./painters.py:paint", "painters:Box.inner"]
    )
    def test_a_generator(self, run: Run, target: str):
        done = dry(run, target)
        assert (done.code, done.json["base_parameters"]["prompt"]) == (0, "a lake")
        assert done.err.strip() == "loading"

    def test_a_plain_function(self, run: Run):
        assert dry(run, "painters:plain").json["base_parameters"] == {"seed": 0}

    def test_the_only_one_needs_no_name(self, run: Run, here: Path):
        (here / "one.py").write_text("import batchgen_widgets as bg\n@bg.generator\ndef f(seed: int = 3): ...\ng = f\n")
        assert dry(run, "one.py").json["base_parameters"] == {"seed": 3}

    def test_a_script_that_is_elsewhere_imports_its_neighbours(self, run: Run, here: Path):
        (here / "deep").mkdir()
        (here / "deep" / "neighbour_of_it.py").write_text("seed = 4\n")
        (here / "deep" / "script_with.py").write_text(
            "from neighbour_of_it import seed\ndef f(seed: int = seed): ...\n"
        )
        assert dry(run, "deep/script_with.py:f").json["base_parameters"] == {"seed": 4}

    @pytest.mark.parametrize(
        ("target", "code", "message"),
        [
            ("nothing_here:f", 3, "nothing_here: no such module; run it from the directory that has it"),
            ("nothing.py:f", 3, "nothing.py: no such file"),
            ("nothing.ipynb:f", 3, "nothing.ipynb: no such file"),
            ("a b:f", 2, "is no module, .py file or .ipynb notebook"),
            ("painters:nothing", 4, "painters: has no nothing; it has paint, other"),
            ("painters", 2, "say which generator, as in painters:NAME; it has paint, other"),
            ("painters:number", 4, "5 cannot be a generator"),
            ("broken:f", 4, "ValueError: no \\x1b[2J way (broken.py, line 2)"),
            ("broken.py:f", 4, "ValueError: no \\x1b[2J way (broken.py, line 2)"),
            ("leaves:f", 4, "leaves: can't be loaded: SystemExit: 3"),
            ("lacks:f", 4, "No module named 'nothing_at_all'"),
            ("typo:f", 4, "typo: SyntaxError: "),
            ("json.py:f", 4, "another module is called json; rename the file"),
            ("with-dash.py:f", 4, "with-dash.py: can't be imported under that name"),
        ],
    )
    def test_what_cannot_be_loaded(self, run: Run, here: Path, target: str, code: int, message: str):
        (here / "broken.py").write_text("# first line\nraise ValueError('no \\x1b[2J way')\n")
        (here / "leaves.py").write_text("raise SystemExit(3)\n")
        (here / "lacks.py").write_text("import nothing_at_all\n")
        (here / "typo.py").write_text("def f(:\n")
        (here / "json.py").write_text("def f(): ...\n")
        (here / "with-dash.py").write_text("def f(): ...\n")
        done = dry(run, target)
        assert done.code == code
        assert message in done.err
        assert "Traceback" not in done.err
        assert "\x1b" not in done.err

    def test_a_traceback_for_those_who_ask(self, run: Run, here: Path):
        (here / "broken.py").write_text("raise ValueError('no way')\n")
        done = dry(run, "broken:f", "--traceback")
        assert "Traceback (most recent call last):" in done.err
        assert "ValueError: no way" in done.err


class TestNotebooks:
    @pytest.mark.parametrize("kind", [str, lambda text: text.splitlines(keepends=True)])
    def test_cells_run_up_to_the_definition(self, run: Run, here: Path, kind: Callable[[str], object]):
        cells = (
            "import batchgen_widgets as bg\nseen = []\nprint('one')",
            "SEED = 11\nseen.append(2)",
            "@bg.generator\ndef dot(seed: int = SEED, count: int = len(seen)):\n    return {'done': SEED}",
            "raise RuntimeError('never')",
        )
        target = write_notebook(here / "my notebook.ipynb", *cells, kind=kind)
        done = dry(run, f"{target}:dot")
        assert done.json["base_parameters"] == {"seed": 11, "count": 1}
        assert done.err == "one\n"

    def test_it_runs_also_in_worker_processes(self, run: Run, here: Path):
        cells = (
            "import batchgen_widgets as bg\nfrom dataclasses import dataclass",
            "@dataclass\nclass Size:\n    x: int = 3\nOFFSET = 40",
            "@bg.generator\ndef dot(seed: int = 0):\n    return {'done': OFFSET + Size().x + seed}",
        )
        target = write_notebook(here / "n.ipynb", *cells)
        done = run("run", f"{target}:dot", "--executor", "process", "--set", "seed=1", "--json")
        assert done.code == 0, done.out
        assert done.json["tasks"][0]["metrics"] == {"done": 44}
        # Its source was kept with the batch, and makes code.
        assert "def dot(seed: int = 0):" in run("show", "batchgen-project", "--code").out

    def test_sessions_projects_and_widgets_do_nothing(self, run: Run, here: Path):
        cells = (
            "import batchgen_widgets as bg\nfrom batchgen_widgets import BatchSession, BatchStudio",
            "def dot(seed: int = 0):\n    return {'done': 1}",
            "studio = bg.BatchStudio(dot, project='made')\nstudio\ndisplay(studio.session)",
            "with BatchSession(dot, 'made') as session:\n    batch = session.start_batch()\n    batch.wait()",
            "for asset in batch.results: 1 / 0\nassert len(bg.Project('made').batches()) == 0\nbatch.tasks[0].params",
            "final = bg.generator(dot, name='the last')",
        )
        target = write_notebook(here / "n.ipynb", *cells)
        assert dry(run, f"{target}:final").code == 0
        assert not (here / "made").exists()
        assert bg.BatchSession.__module__ == "batchgen_widgets.sessions"
        assert bg.BatchStudio.__module__ == "batchgen_widgets.widgets.studio"

    MAGICS = (
        "%matplotlib inline\n!pip install nothing\nfiles = !ls\nx = 5",
        "%%time\ny = 6",
        "%%bash\nexit 1",
        "get_ipython().run_line_magic('load_ext', 'autoreload')\nhelp?",
        "import asyncio\nawait asyncio.sleep(0)\nz = await asyncio.sleep(0, 7)",
        "def dot(seed: int = x + y + z):\n    return {'done': 1}",
    )

    def test_magics_are_left_out(self, run: Run, here: Path):
        done = dry(run, f"{write_notebook(here / 'n.ipynb', *self.MAGICS)}:dot")
        assert done.json["base_parameters"] == {"seed": 18}
        for told in ("%matplotlib inline", "!pip install nothing", "%%bash", "%load_ext autoreload"):
            assert f"left out: {told}" in done.err
        assert "%%time" not in done.err

    def test_magics_are_left_out_without_ipython_too(self, run: Run, here: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "IPython.core.inputtransformer2", None)
        cells = [self.MAGICS[0].replace("files = !ls\n", ""), *self.MAGICS[1:]]
        done = dry(run, f"{write_notebook(here / 'n.ipynb', *cells)}:dot")
        assert done.json["base_parameters"] == {"seed": 18}
        assert "left out: %matplotlib inline" in done.err

    def test_a_second_definition_is_told_of(self, run: Run, here: Path):
        target = write_notebook(here / "n.ipynb", "def f(seed: int = 1): ...", "def f(seed: int = 2): ...")
        done = dry(run, f"{target}:f")
        assert done.json["base_parameters"] == {"seed": 1}
        assert "cells 2, 3 define f; that of cell 2 is used" in done.err
        assert dry(run, f"{target}:f", "--quiet").err == ""

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            (("x = 1", "1 / 0", "def f(): ..."), "n.ipynb, cell 3, line 1: ZeroDivisionError: division by zero"),
            (("def g():\n    f\n\ng()", "def f(): ..."), "n.ipynb, cell 2, line 2: NameError: name 'f' is not defined"),
            (("x = (", "def f(): ..."), "n.ipynb, cell 2, line 1: SyntaxError: "),
            (("exit(5)", "def f(): ..."), "n.ipynb, cell 2, line 1: SystemExit: 5"),
            (("x = 1",), "n.ipynb: no cell defines f by an assignment, def or import"),
            (("f = 5",), "5 cannot be a generator"),
        ],
    )
    def test_errors_name_the_cell(self, run: Run, here: Path, cells: tuple[str, ...], message: str):
        done = dry(run, f"{write_notebook(here / 'n.ipynb', *cells)}:f")
        assert done.code == 4
        assert message in done.err

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": [5]}', '{"worksheets": []}', "[" * 100_000])
    def test_what_is_no_notebook(self, run: Run, here: Path, text: str):
        (here / "n.ipynb").write_text(text)
        done = dry(run, "n.ipynb:f")
        assert done.code == 4
        assert "n.ipynb: can't be read as a notebook" in done.err
