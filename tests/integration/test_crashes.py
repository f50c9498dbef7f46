"""Kernels killed at a hundred moments: what was told is there, what is there is whole, and all of it goes on."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects.project import forget

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]

ROUNDS = 100
SEED = 20260301

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked from one that has imported all")


def load() -> ModuleType:
    spec = spec_from_file_location("crashing", HERE / "crashing.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Nursery:
    """The process that kernels are forked from."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(HERE / "crashing.py"), str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the process that kernels are forked from is gone"
        said: dict[str, Any] = json.loads(line)
        assert said["word"] != "error", said["text"]
        return said

    def live_and_die(self, seed: int, moment: int, *, hold: bool) -> list[dict[str, Any]]:
        """Start a kernel, kill it (-9) when it has come to a moment, and give all that it said.

        Either the thread that is at the moment stands still until then, or everything runs on until the kill comes.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([seed, moment if hold else None]) + "\n")
        self.process.stdin.flush()
        said: list[dict[str, Any]] = []
        pid, ticks = None, 0
        while True:
            said.append(self.hear())
            if said[-1]["word"] == "born":
                pid = said[-1]["pid"]
            elif said[-1]["word"] == "dead":
                assert said[-1]["signal"] == signal.SIGKILL
                return said
            ticks += said[-1]["word"] == "tick"
            if pid and ticks >= moment:
                os.kill(pid, signal.SIGKILL)
                pid = None

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def nursery(root: Path) -> Iterator[Nursery]:
    found = Nursery(root)
    yield found
    found.close()


Key = tuple[str, int]


@dataclass
class Story:
    """What the kernels told so far, and what was on disk at the end of each."""

    told: dict[Key, str] = field(default_factory=dict)
    calls: Counter[int] = field(default_factory=Counter)
    starts: int = 0
    files: set[str] = field(default_factory=set)
    completed: dict[Key, tuple[int, int]] = field(default_factory=dict)
    whole: dict[Path, int] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)
    attempts: int = 0
    completions: Counter[Key] = field(default_factory=Counter)
    uncalled: Counter[Key] = field(default_factory=Counter)

    def add(self, said: list[dict[str, Any]]) -> None:
        for line in said:
            if line["word"] == "call":
                self.calls[line["seed"]] += 1
            elif line["word"] == "assets":
                self.files |= set(line["files"])
            elif line["word"] == "batch":
                self.batches.add(line["batch"])
            elif line["word"] == "tasks":
                for index, status in line["tasks"]:
                    key = (line["batch"], index)
                    self.told[key] = status
                    self.starts += status == "running"
                    self.completions[key] += status == "completed"


def check(root: Path, story: Story) -> bg.Project:
    """Open what a killed kernel left, as the next one would, and look at all of it."""
    project = bg.Project(root)
    connection = sqlite3.connect(f"file:{root / 'batchgen.db'}?mode=ro", uri=True)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()

    batches = project.batches()
    assert [batch.id for batch in batches] == [
        batch.id for batch in sorted(batches, key=lambda batch: (batch.created_at, batch.id))
    ]
    assert story.batches <= {batch.id for batch in batches}
    assert len({batch.id for batch in batches} - story.batches) <= 1  # made, and killed before it could be told
    story.batches = {batch.id for batch in batches}
    assets = [asset for batch in batches for asset in batch.results]

    # Every row has its file, whole, once.
    for asset in assets:
        assert not asset.path.name.startswith(".")
        if story.whole.get(asset.path) != asset.path.stat().st_mtime_ns:
            assert asset.path.stat().st_size == asset.file_size
            assert asset.open().size == (asset.width, asset.height)  # type: ignore[union-attr]
            assert asset.thumbnail_path.read_bytes().startswith(b"RIFF")
            story.whole[asset.path] = asset.path.stat().st_mtime_ns
    assert len({asset.id for asset in assets}) == len({asset.path for asset in assets}) == len(assets)
    assert len({asset.thumbnail_path for asset in assets}) == len(assets)
    assert story.files <= {asset.path.name for asset in assets}

    # What is told is on disk; what is on disk was told, but for the last transaction.
    silent: set[str] = set()
    attempts = 0
    for batch in batches:
        ended = all(task.status.is_finished for task in batch.tasks)
        assert batch.status.is_finished
        assert ended or batch.status == "interrupted", batch
        for task in batch.tasks:
            key = (batch.id, task.index)
            told = story.told.get(key, "queued")
            if task.status != {"running": "interrupted"}.get(told, told):
                silent.add(f"{batch.id} {task.status}")
            story.told[key] = str(task.status)
            assert task.status in ("completed", "failed", "interrupted", "queued")
            seed = task.params["seed"]
            assert task.status != "completed" or seed % 11
            assert bool(task.assets) == (task.status == "completed" and seed % 7 != 0)
            assert [asset.position for asset in task.assets] == list(range(len(task.assets)))
            calls = story.calls[seed]
            # A task that was started may have been killed before the call, which is its last one of that kernel.
            assert task.attempt - calls - story.uncalled[key] in (0, 1)
            story.uncalled[key] = task.attempt - calls
            attempts += task.attempt
            if task.started_at and task.completed_at:
                assert task.completed_at >= task.started_at
            if key in story.completed:
                assert story.completed[key] == (task.attempt, calls), "a completed task was run again"
            if task.status == "completed":
                assert story.completions[key] <= 1
                story.completed[key] = (task.attempt, calls)
    assert story.completed.keys() == {(b.id, t.index) for b in batches for t in b.tasks if t.status == "completed"}
    assert len(silent) <= 1, silent
    assert attempts - story.attempts - story.starts in (0, 1)
    story.attempts, story.starts = attempts, 0
    return project


def files_below(root: Path) -> set[Path]:
    return {path for name in ("assets", "thumbnails") for path in (root / name).rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_kernels_are_killed_and_nothing_is_lost(
    nursery: Nursery, root: Path, open_session: Callable[..., Any]
) -> None:
    random = Random(SEED)
    story = Story()
    moments: Counter[str] = Counter()
    moved = 0
    for number in range(ROUNDS):
        seed = random.randrange(2**32)
        # Mostly somewhere in the middle of its work; sometimes while it opens the project and resumes.
        moment = random.randint(1, 60) if number % 5 == 0 else random.randint(60, 500)
        said = nursery.live_and_die(seed, moment, hold=bool(number % 2))
        moments[[line["what"].split()[0] for line in said if line["word"] == "tick"][moment - 1]] += 1
        story.add(said)
        project = check(root, story)

        # What belongs to no asset is found, is no more than what two workers had in their hands, and goes when asked.
        known = {path for asset in project.assets() for path in (asset.path, asset.thumbnail_path)}
        astray = files_below(root) - known
        report = project.verify(fix=number % 3 == 0)
        assert set(report.strays) | set(report.leftovers) == astray
        assert report.missing_files == report.torn_files == report.missing_thumbnails == report.left_alone == []
        assert report.failures == []
        if report.moved:
            moved += len(report.moved)
            assert report.ok
            assert files_below(root) == known
        project._opened.database.close()  # as a kernel that ends does; the next one is to find what this one found
        forget(project)

    assert {"open", "os.mkdir", "os.rename", "BEGIN", "INSERT", "UPDATE", "COMMIT"} <= moments.keys()
    project = check(root, story)
    crashing = load()
    session = open_session(crashing.sketch, project, workers=2)
    crashing.say = lambda word, **values: story.add([{"word": word, **values}])
    left = [batch for batch in project.batches() if batch.status == "interrupted"]
    for batch in left:
        session.resume_batch(batch.id)
    for batch in left:
        assert batch.wait(60)
    for batch in project.batches():
        for task in batch.tasks:
            assert task.status in ("completed", "failed")
            key = (batch.id, task.index)
            if key in story.completed:
                assert story.completed[key] == (task.attempt, story.calls[task.params["seed"]])
            assert (task.status == "failed") == (task.params["seed"] % 11 == 0 or "paint" in (task.error or ""))
    report = project.verify(deep=True)
    assert report.checked == len(project.assets())
    assert report.checked > ROUNDS
    assert moved
    assert report.missing_files == report.torn_files == report.missing_thumbnails == report.damage == []
