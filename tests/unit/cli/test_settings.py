"""From options to a config: what `--dry-run --json` says would run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def dry(run: Run, *options: object) -> Any:
    done = run("run", "painters:paint", "--dry-run", "--json", *options)
    assert done.code == 0, done.err
    return done.json


def column(plan: Any, name: str) -> list[Any]:
    return [task[name] for task in plan["tasks"]]


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("steps=10,20,40", [10, 20, 40]),
        ("steps= 10 , 20", [10, 20]),
        ("steps=5", [5]),
        ("cfg=1.5,2", [1.5, 2.0]),
        ("cfg=4..12/5", [4.0, 6.0, 8.0, 10.0, 12.0]),
        ("steps=10..50/5", [10, 20, 30, 40, 50]),
        ("sampler=ddim,euler", ["ddim", "euler"]),
        ("level=2,1", [2, 1]),
        ("style=FANCY,plain", ["FANCY", "PLAIN"]),
        ("upscale=yes,no", [True, False]),
        ("title=a, b..c", ["a, b..c"]),
        ('title=["a", "b,c", null]', ["a", "b,c", None]),
        ("steps=[3, 4]", [3, 4]),
    ],
)
def test_values(run: Run, spec: str, values: list[Any]):
    plan = dry(run, "--vary", spec)
    assert column(plan, spec.partition("=")[0]) == values
    assert plan["config"]["variation_params"]["strategy"] == "grid"


def test_a_range_is_drawn_from(run: Run):
    plan = dry(run, "--vary", "cfg=4..12", "--vary", "steps=1..1e1", "--batch-size", 50, "--draw", 7)
    assert plan["config"]["variation_params"]["strategy"] == "random"
    assert plan["count"] == 50
    assert all(4 <= value <= 12 for value in column(plan, "cfg"))
    assert len(set(column(plan, "cfg"))) == 50
    assert plan == dry(run, "--vary", "cfg=4..12", "--vary", "steps=1..1e1", "--batch-size", 50, "--draw", 7)


def test_texts_may_have_commas_and_come_one_by_one(run: Run):
    plan = dry(run, "--vary", "prompt=a cat, asleep", "--vary", "prompt=[x=y]", "--vary", 'prompt=["b", "c"]')
    assert column(plan, "prompt") == ["a cat, asleep", "[x=y]", "b", "c"]
    assert plan["config"]["variation_params"]["vary_prompts"] is True


def test_prompts_from_a_file(run: Run, here: Path):
    (here / "prompts.txt").write_text("\ufeffa heron\n\n  a fox  \r\n# no comment\n", "utf-8")
    assert column(dry(run, "--prompts-file", "prompts.txt"), "prompt") == ["a heron", "a fox", "# no comment"]
    (here / "prompts.json").write_text('["two\\nlines", ""]', "utf-8")
    assert column(dry(run, "--prompts-file", "prompts.json"), "prompt") == ["two\nlines", ""]


def test_seeds_for_each_combination(run: Run):
    plan = dry(run, "--seeds", 3, "--vary", "steps=1,2", "--seed-range", "5..9")
    seeds = column(plan, "seed")
    assert plan["count"] == 6
    assert seeds[:3] == seeds[3:]
    assert set(seeds) <= set(range(5, 10))


def test_base_parameters(run: Run):
    options = ["steps=5", "cfg=1e-1", "title=", "mask={}", "level=2", "prompt=a=b", "upscale=true", "style=fancy"]
    plan = dry(run, *(part for option in options for part in ("--set", option)))
    assert plan["count"] == 1
    expected = {"steps": 5, "cfg": 0.1, "title": "", "mask": {}, "level": 2, "prompt": "a=b", "upscale": True}
    assert plan["base_parameters"].items() >= {**expected, "style": "FANCY"}.items()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--vary", "stpes=1"], "--vary stpes: no such parameter; did you mean 'steps'?"),
        (["--set", "cgf=1"], "--set cgf: no such parameter; did you mean 'cfg'?"),
        (["--vary", "steps"], "--vary 'steps': give a name and what it shall be, as in --vary steps=20"),
        (["--vary", "steps=1,x"], "steps: 'x' is not allowed; give a whole number from 1 to 150"),
        (["--vary", "steps=1,500"], "steps: '500' is not allowed"),
        (["--vary", "steps=1..x"], "'1..x' is no range; give two numbers, as in 4..12"),
        (["--vary", "steps=9..1"], "a range is (low, high); give the smaller number first"),
        (["--vary", "steps=1,2", "--vary", "steps=3"], "--vary steps: given twice"),
        (["--set", "sampler=x"], "sampler: 'x' is not allowed; choose one of 'euler', 'ddim'"),
        (["--seeds", "2", "--batch-size", "3"], "--seeds 2 and --batch-size 3: one task has one seed"),
        (["--seeds", "0"], "argument --seeds: '0' is not allowed; give a whole number of at least 1"),
        (["--timeout", "nan"], "argument --timeout: 'nan' is not allowed; give a number above 0"),
        (["--seed-range", "5"], "--seed-range '5': give two whole numbers, as in 0..9999"),
        (["--strategy", "zip"], "--strategy: zip has no list to go through"),
        (["--vary", "cfg=4..12", "--strategy", "grid"], "make it one, for example 4..12/5"),
        (["--vary", "steps=10..50", "--strategy", "grid"], "make it one, for example 10,20,30,40,50"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--seed", "5"], "unrecognized arguments: --seed 5"),
    ],
)
def test_mistakes_are_named_as_they_were_typed(run: Run, options: list[str], message: str):
    done = run("run", "painters:paint", *options)
    assert done.code == 2
    assert message in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert not Path("batchgen-project").exists()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (None, 3, "prompts.txt: No such file or directory"),
        (b"", 2, "prompts.txt: has no prompt; write one a line"),
        (b"\xff\xfe", 2, "prompts.txt: is no UTF-8 text"),
    ],
)
def test_prompts_that_are_none(run: Run, here: Path, text: bytes | None, code: int, message: str):
    if text is not None:
        (here / "prompts.txt").write_bytes(text)
    done = run("run", "painters:paint", "--prompts-file", "prompts.txt")
    assert (done.code, message in done.err) == (code, True)


def test_a_dry_run_for_people(run: Run):
    done = run("run", "painters:paint", "--dry-run", "--vary", "prompt=\x1b[31m\u202ex", "--seeds", 30)
    assert done.code == 0
    assert done.out.startswith("30 tasks = 30 seeds × 1 prompt\n")
    assert "and 10 more" in done.out
    assert "--draw" in done.out
    assert done.out.replace("\n", "").isprintable()
    assert not Path("batchgen-project").exists()
