"""What each command prints, and its exit code."""

from __future__ import annotations

import importlib
import io
import json
import os
import shlex
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

import batchgen_widgets as bg
from batchgen_widgets.batches.config import Strategy
from batchgen_widgets.cli import main
from batchgen_widgets.cli.console import Console, as_json, safe
from batchgen_widgets.cli.exits import Exit
from batchgen_widgets.cli.parser import STRATEGIES, make_parser

Run = Callable[..., Any]

HOSTILE = "a\x1b]0;title\x07\x1b[2J\x9b31m\u202egnp.exe\r\nnext \U000e0041"


@pytest.fixture
def made(run: Run) -> str:
    """The id of a batch of four tasks, one of which failed."""
    done = run("run", "painters:paint", "--project", "p", "--json", "--seeds", 2, "--vary", 'prompt=["a lake", "fail"]')
    assert done.code == 1, done.err
    return str(done.json["id"])


class TestRun:
    def test_all_is_well(self, run: Run):
        done = run("run", "painters:paint", "--vary", "steps=1,2", "--project", "deep/er")
        assert done.code == 0
        (batch,) = bg.Project("deep/er").batches()
        assert f"{batch.id}  completed  2 of 2 tasks done, 2 results\n" in done.out
        assert "painting" not in done.out + done.err
        assert [task.params["steps"] for task in batch.tasks] == [1, 2]

    def test_json_and_some_failed(self, run: Run):
        done = run("run", "painters:paint", "--json", "--vary", 'prompt=["x", "fail"]', "--set", f"title={HOSTILE}")
        assert done.code == 1
        told = done.json
        assert told["status"] == "completed"
        assert told["counts"] == dict.fromkeys(told["counts"], 0) | {"completed": 1, "failed": 1}
        assert told["resume"] is None
        first, second = told["tasks"]
        assert first["params"]["title"] == HOSTILE
        assert Path(first["assets"][0]["path"]).is_file()
        assert second["error"] == "ValueError: no colour \x1b[31m\u202e left"
        assert done.out.isascii()
        assert done.out.replace("\n", "").isprintable()

    def test_failures_are_told(self, run: Run):
        done = run("run", "painters:paint", "--set", "prompt=fail", "--seeds", 3)
        assert done.code == 1
        assert "3 × ValueError: no colour \\x1b[31m\\u202e left" in done.out
        assert "failed  0 of 3 tasks done, 3 failed, 0 results" in done.out

    def test_quiet_prints_nothing(self, run: Run):
        done = run("run", "painters.py:plain", "--quiet")
        assert (done.code, done.out, done.err) == (0, "", "loading\n")

    def test_retries_and_processes(self, run: Run):
        done = run(
            "run", "painters:plain", "--executor", "process", "--workers", 2, "--retries", 1, "--json", "--seeds", 3
        )
        assert done.code == 0, done.err
        assert [task["metrics"] for task in done.json["tasks"]] == [{"done": 1}] * 3

    def test_export_when_it_has_ended(self, run: Run, here: Path):
        done = run("run", "painters:paint", "--export", "out.zip")
        assert done.code == 0, done.err
        assert (here / "out.zip").is_file()
        assert f"exported to {here / 'out.zip'}" in done.err

    def test_an_export_that_cannot_be_is_told_before_anything_runs(self, run: Run, here: Path):
        (here / "out.zip").touch()
        done = run("run", "painters:paint", "--export", "out.zip")
        assert done.code == 3
        assert "out.zip: there already; choose another name, or allow it with --overwrite" in done.err
        assert not (here / "batchgen-project").exists()
        assert run("run", "painters:paint", "--export", "out.zip", "--overwrite").code == 0

    def test_a_media_parameter(self, run: Run, made: str):
        picture = bg.Project("p").batch(made).results[0].path
        done = run("run", "painters:other", "--set", f"image={picture}", "--json")
        assert done.code == 0, done.err
        assert done.json["tasks"][0]["params"]["image"]["name"] == picture.name

    def test_several_media(self, run: Run, made: str):
        first, second = (asset.path for asset in bg.Project("p").batch(made).results)
        options = ("--vary", f"image={first}", "--vary", f"image={second}", "--vary", "factor=2,3")
        done = run("run", "painters:other", "--json", *options)
        assert done.code == 0, done.err
        told = [(task["params"]["image"]["name"], task["params"]["factor"]) for task in done.json["tasks"]]
        assert told == [(path.name, factor) for path in (first, second) for factor in (2, 3)]
        assert (
            "--vary image: item 1: 'nothing.png' is no file"
            in run("run", "painters:other", "--vary", "image=nothing.png").err
        )


class TestResume:
    def test_a_cancelled_batch_goes_on(self, run: Run):
        painters = importlib.import_module("painters")
        with bg.BatchSession(painters.paint, "p") as session:
            session.pause()
            batch = session.start_batch(config={"batch_size": 3})
            session.cancel_batch(batch.id)
        done = run("resume", "p", batch.id[:-2], "painters:paint", "--json")
        assert done.code == 0, done.err
        assert done.json["counts"]["completed"] == 3

    def test_nothing_is_left(self, run: Run, made: str):
        done = run("resume", "p", "newest", "painters:paint")
        assert done.code == 1
        assert f"batch {made} is completed: nothing is left to do" in done.err

    def test_failed_tasks_again(self, run: Run, made: str):
        done = run("resume", "p", made, "painters:paint", "--failed", "--json")
        assert [task["attempt"] for task in done.json["tasks"]] == [1, 1, 2, 2]

    def test_another_generator(self, run: Run, made: str):
        done = run("resume", "p", made, "painters:plain", "--failed")
        assert done.code == 2
        assert "was made by 'paint'" in done.err


class TestLook:
    def test_list_of_a_project(self, run: Run, made: str):
        done = run("list", "p")
        head, row = done.out.splitlines()
        assert head.split() == [
            "batch",
            "started",
            "generator",
            "status",
            "tasks",
            "failed",
            "results",
            "favorites",
            "prompt",
        ]
        assert row.startswith(made)
        assert row.split()[4:8] == ["completed", "2", "of", "4"]
        (entry,) = run("list", "p", "--json").json["batches"]
        assert (entry["id"], entry["counts"]["failed"]) == (made, 2)

    def test_list_of_projects(self, run: Run, made: str):
        assert run("list").out.splitlines()[1].split()[:2] == ["p", "1"]
        (project,) = run("list", "--json").json["projects"]
        assert project["newest"]["id"] == made

    def test_list_in_a_project(self, run: Run, made: str, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.chdir("p")
        assert made in run("list").out

    def test_list_of_nothing(self, run: Run, here: Path):
        done = run("list")
        assert (done.code, done.out) == (3, "")
        assert "no project here; give the directory of one" in done.err
        bg.Project("empty")
        assert run("list", "empty").code == 0
        assert run("list", "empty", "--json").json["batches"] == []

    def test_show(self, run: Run, made: str):
        project = bg.Project("p")
        project.set_marks([(project.batch(made).results[0], "favorite")])
        done = run("show", "p")
        assert done.code == 0
        for text in (
            made,
            "4: 2 completed, 2 failed",
            "2: 1 starred, 0 discarded",
            "2 × ValueError",
            "prompt_variations",
        ):
            assert text in done.out
        assert run("show", "p", made[:12], "--json").json["id"] == made

    def test_show_code(self, run: Run, made: str):
        done = run("show", "p", "--code")
        assert done.out == bg.Project("p").batch(made).to_code()
        assert run("show", "p", "--code", "--json").json == {"code": done.out}

    def test_verify(self, run: Run, made: str):
        done = run("verify", "p")
        assert (done.code, "all is well" in done.out) == (0, True)
        stray = Path("p", "assets", made, "stray\x1b[2J.png")
        stray.write_bytes(b"x")
        os.utime(stray, (0, 0))  # a new one might be of a task that runs
        done = run("verify", "p")
        assert done.code == 1
        assert "stray\\x1b[2J.png" in done.out
        told = run("verify", "p", "--json", "--deep")
        assert (told.code, told.json["ok"], len(told.json["strays"])) == (1, False, 1)
        assert run("verify", "p", "--fix").code == 0
        assert not stray.exists()

    @pytest.mark.parametrize(
        "command",
        [
            ["show", "nowhere"],
            ["list", "nowhere"],
            ["verify", "nowhere"],
            ["html", "nowhere", "newest", "x.html"],
            ["export", "nowhere", "x.zip"],
            ["resume", "nowhere", "newest", "painters:paint"],
            ["show", "p", "2020"],
            ["html", "p", "2020", "x.html"],
            ["resume", "p", "2020", "painters:paint"],
        ],
    )
    def test_what_is_not_there(self, run: Run, made: str, here: Path, command: list[str]):
        done = run(*command)
        assert done.code == 3
        assert done.out == ""
        assert "no such" in done.err
        assert not (here / "nowhere").exists()

    def test_a_directory_that_is_no_project(self, run: Run, here: Path):
        assert "is no project: it has no batchgen.db" in run("show", here).err
        (here / "batchgen.db").write_text("not a database at all, but long enough to be read as one" * 20)
        done = run("show", here)
        assert done.code == 3
        assert "Traceback" not in done.err

    def test_a_beginning_that_several_have(self, run: Run, made: str):
        assert run("run", "painters:plain", "--project", "p", "--quiet").code == 0
        done = run("show", "p", made[:4])
        assert done.code == 3
        assert "several batches begin like that" in done.err

    def test_nothing_of_a_project_reaches_the_terminal_as_it_is(self, run: Run):
        def paint(prompt: str = "x") -> None:
            raise ValueError(HOSTILE)

        with bg.BatchSession(bg.generator(paint, name=HOSTILE), "p") as session:
            session.start_batch({"prompt": HOSTILE}).wait()
        for command in (
            ["list", "p"],
            ["show", "p"],
            ["show", "p", "--json"],
            ["list", "p", "--json"],
            ["show", "p", "--code"],
        ):
            done = run(*command)
            assert done.code == 0
            assert (done.out + done.err).replace("\n", "").replace("…", "").isprintable(), command
        done = run("resume", "p", "newest", "painters:paint")
        assert done.err.replace("\n", "").isprintable()


class TestShare:
    def test_export(self, run: Run, made: str, here: Path):
        done = run("export", "p", "all.zip")
        assert (done.code, done.out) == (0, f"{here / 'all.zip'}\n")
        assert run("export", "p", made, "--only", "kept", "folder", "--json").json["path"] == str(here / "folder")
        assert (here / "folder" / "manifest.json").is_file()
        done = run("export", "p", "all.zip")
        assert (done.code, "allow it with --overwrite" in done.err) == (3, True)
        assert run("export", "p", "all.zip", "--overwrite").code == 0
        assert run("export", "p").code == 2
        assert run("export", "p", made, "x", "y").code == 2

    def test_html(self, run: Run, made: str, here: Path):
        done = run("html", "p", made, "page.html", "--title", "<b>mine</b>", "--no-marks", "--max-mb", 5)
        assert (done.code, done.out) == (0, f"{here / 'page.html'}\n"), done.err
        assert run("html", "p", made, "page.html").code == 3
        assert run("html", "p", made, "page.html", "--overwrite", "--json").json["bytes"] > 1000
        assert run("html", "p", made, "other.html", "--only", "favorites").code == 2


class TestDemo:
    @pytest.mark.parametrize("kind", ["image", "audio"])
    def test_it_leaves_something_to_look_at(self, run: Run, here: Path, kind: str, monkeypatch: pytest.MonkeyPatch):
        opened: list[str] = []
        monkeypatch.setattr("webbrowser.open", opened.append)
        done = run("demo", "--project", "d", "--count", 2, "--kind", kind)
        assert done.code == 0, done.err
        (batch,) = bg.Project("d").batches()
        assert [asset.kind for asset in batch.results] == [kind] * 2
        page = here / "d" / f"{batch.id}.html"
        assert page.is_file()
        assert f"page: {page}" in done.out
        assert opened == []

    def test_it_opens_the_page_when_asked(self, run: Run, monkeypatch: pytest.MonkeyPatch):
        opened: list[str] = []
        monkeypatch.setattr("webbrowser.open", opened.append)
        assert run("demo", "--project", "d", "--count", 1, "--open", "--json").code == 0
        assert opened == [next(Path("d").resolve().glob("*.html")).as_uri()]

    def test_it_needs_no_place(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        done = run("demo", "--count", 1)
        assert done.code == 0
        assert len(list(tmp_path.glob("batchgen-demo-*/*.html"))) == 1


class TestTheCommandItself:
    def test_version_and_help(self, run: Run):
        assert run("--version").out == f"batchgen {bg.__version__}\n"
        done = run("--help")
        for command in ("demo", "list", "show", "run", "resume", "export", "html", "verify"):
            assert f"\n    {command} " in done.out
            assert run(command, "--help").code == 0
        for code in Exit:
            assert f"\n  {code.value} " in done.out

    @pytest.mark.parametrize("arguments", [[], ["nothing"], ["list", "--nothing"], ["show"], ["list", "--js"]])
    def test_usage(self, run: Run, arguments: list[str]):
        done = run(*arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("usage: batchgen")

    def test_strategies_are_those_of_the_config(self):
        assert get_args(Strategy) == STRATEGIES

    def test_an_unexpected_error(self, run: Run, monkeypatch: pytest.MonkeyPatch, made: str):
        monkeypatch.setattr("batchgen_widgets.cli.look.find_batch", lambda *_: 1 / 0)
        done = run("show", "p")
        assert done.code == 5
        assert done.err.splitlines() == [
            "batchgen: error: ZeroDivisionError: division by zero",
            "Run it again with --traceback to see where that came from.",
        ]
        assert "Traceback (most recent call last)" in run("show", "p", "--traceback").err

    def test_an_interrupt(self, run: Run, monkeypatch: pytest.MonkeyPatch, made: str):
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("batchgen_widgets.cli.look.find_batch", interrupt)
        assert run("show", "p").code == 130

    def test_every_option_has_help(self):
        (commands,) = (action for action in make_parser()._actions if hasattr(action, "choices") and action.choices)
        for name, parser in commands.choices.items():
            for action in parser._actions:
                assert action.help, (name, action.dest)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestConsole:
    @pytest.mark.parametrize(
        ("environment", "coloured"),
        [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
    )
    def test_colours(self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool):
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert ("\x1b[31m" in Console(Terminal(), Terminal()).paint("x", "red")) is coloured
        assert Console(io.StringIO(), Terminal()).paint("x", "red") == "x"

    def test_columns_stand_below_each_other_in_colour(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        console = Console(Terminal(), Terminal())
        console.table(("a", "status", "b"), [(1, "failed", "x"), ("long", "completed", "y")], status=1)
        import re

        plain = re.sub(r"\x1b\[\d+m", "", console.out.getvalue())
        assert plain == "a     status     b\n1     failed     x\nlong  completed  y\n"

    def test_texts(self):
        assert safe(HOSTILE).isprintable()
        assert safe("äöü 日本 🐈") == "äöü 日本 🐈"
        assert safe("\ud800") == "\\ud800"
        assert safe("x" * 50, 10) == "x" * 9 + "…"

    def test_a_terminal_without_letters(self):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        Console(stream, stream).say("3 × äöü")
        stream.flush()
        assert stream.buffer.getvalue() == b"3 \\xd7 \\xe4\\xf6\\xfc\n"

    def test_json_holds_everything(self, tmp_path: Path):
        value = {"nan": float("nan"), "path": tmp_path, "set": {1}, "any": object, 5: (1, "\ud800")}
        told = json.loads(json.dumps(as_json(value), allow_nan=False))
        assert told["nan"] is None
        assert told["path"] == str(tmp_path)
        assert told["5"] == [1, "\ud800"]


def test_prompts_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    assert main(["run", "painters:paint", "--prompts-file", "-", "--dry-run", "--json"]) == 0
    assert [task["prompt"] for task in json.loads(capsys.readouterr().out)["tasks"]] == ["one", "two"]


def test_what_to_type_to_go_on_can_be_typed(run: Run, here: Path):
    """The command is read back by the parser as it was meant."""
    from batchgen_widgets.cli.running import _resume_command

    arguments = make_parser().parse_args(
        ["run", "my nb.ipynb:f", "--workers", "3", "--executor", "process", "--timeout", "2.5", "--retries", "2"]
    )
    batch = type("Batch", (), {"id": "20260101-000000-abcdef"})()
    command = shlex.split(shlex.join(_resume_command(here / "it's here", batch, arguments)))  # type: ignore[arg-type]
    again = make_parser().parse_args(command[1:])
    assert (again.project, again.batch, again.target) == (here / "it's here", batch.id, "my nb.ipynb:f")
    assert (again.workers, again.executor, again.timeout, again.retries) == (3, "process", 2.5, 2)


def test_the_script_that_is_installed_is_this_one():
    described = tomllib.loads((Path(bg.__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert described["project"]["scripts"] == {"batchgen": "batchgen_widgets.cli:main"}
