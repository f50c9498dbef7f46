"""Kernels killed at many moments: what was told is there, what is there is whole, and all of it goes on."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects.project import forget
from batchgen_widgets.testing import wait_for

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]

SEED = 20260301
WORKERS = 2
# Of the kernels that look for a moment of their own, one after the other comes to each of these.
KINDS = ["open", "os.mkdir", "os.rename", "BEGIN", "INSERT", "UPDATE", "COMMIT"]
# Where the thread is that gives the commands.
COMMANDS = [
    f"^MainThread {kind}" for kind in ("BEGIN", "INSERT", "UPDATE", "COMMIT", "crashing.tell", "crashing.confirm")
]

# Where tasks go by a command, and from where.
MOVES = {
    "remove": (("queued",), "cancelled"),
    "cancel": (("queued",), "cancelled"),
    "retry": (("failed", "cancelled"), "queued"),
    "retry failed": (("failed",), "queued"),
    "resume": (("interrupted", "cancelled"), "queued"),
}
# The commands that a new kernel finds the effect of.
LASTING = {"start", "add", "edit", "mark", *MOVES}

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked from one that has imported all"),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]

Order = dict[str, Any]
Said = list[dict[str, Any]]
Key = tuple[str, int]


class Nursery:
    """The process that kernels are forked from, and the pipe in which all that they and their workers say arrives."""

    def __init__(self, root: Path, *modules: str) -> None:
        path = root.with_name("ear")
        os.mkfifo(path)
        # For writing too, so that it has no end while nobody writes.
        self.ear = os.open(path, os.O_RDWR)
        self.heard = b""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(HERE / "crashing.py"), str(root), str(path), *modules],
            stdin=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def hear(self) -> dict[str, Any]:
        while b"\n" not in self.heard:
            assert select.select([self.ear], [], [], 60)[0], "for a minute nobody said anything"
            self.heard += os.read(self.ear, 2**16)
        line, self.heard = self.heard.split(b"\n", 1)
        said: dict[str, Any] = json.loads(line)
        assert said["word"] != "error", said["text"]
        return said

    def live_and_die(self, order: Order) -> Said:
        """Start a kernel, kill it (-9) when the moment has come, and give all that was said until its workers are gone.

        One that is to come to no moment lives until it ends by itself.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        said: Said = []
        pid = 0
        due = killed = False
        while True:
            said.append(self.hear())
            if said[-1]["word"] == "born":
                pid = said[-1]["pid"]
            elif said[-1]["word"] == "dead":
                assert said[-1]["signal"] == (signal.SIGKILL if killed else 0)
                assert said[-1]["alone"], "a process that the kernel started outlives it"
                return said
            due = due or said[-1]["word"] == "moment"
            if pid and due and not killed:
                os.kill(pid, signal.SIGKILL)
                killed = True

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self.ear)


@pytest.fixture
def nursery(root: Path) -> Iterator[Callable[..., Nursery]]:
    opened: list[Nursery] = []

    def open_one(*modules: str) -> Nursery:
        opened.append(Nursery(root, *modules))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@dataclass
class Journal:
    """What kernels confirmed of the commands that they were given; `asked` is the one that was in flight at the end."""

    asked: dict[str, Any] | None = None
    # Where tasks were when it was asked for, and those that were told of since.
    before: dict[Key, str] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)
    seeds: dict[Key, int] = field(default_factory=dict)
    # What a command made of a task last: cancelled, or queued when it had been started so often.
    cancelled: set[Key] = field(default_factory=set)
    queued: dict[Key, int] = field(default_factory=dict)
    marks: dict[str, str | None] = field(default_factory=dict)
    confirmed: Counter[str] = field(default_factory=Counter)
    # Those that were killed in the middle, by whether they are there.
    done: Counter[str] = field(default_factory=Counter)
    undone: Counter[str] = field(default_factory=Counter)

    def add(self, line: dict[str, Any], told: dict[Key, str]) -> None:
        if line["word"] == "asks":
            assert self.asked is None
            self.asked, self.before, self.touched = line, dict(told), set()
        elif line["word"] == "refused":
            self.asked = None
        elif line["word"] == "confirmed":
            self.asked = None
            self.confirmed[line["kind"]] += 1
            batch = line["batch"]
            self.seeds |= {(batch, index): seed for index, seed in line.get("seeds", [])}
            for index, attempts in line.get("queued", []):
                self.queued[batch, index] = attempts
                self.cancelled.discard((batch, index))
            for index in line.get("cancelled", []):
                self.queued.pop((batch, index), None)
                self.cancelled.add((batch, index))
            if "mark" in line:
                asset, mark = line["mark"]
                self.marks[asset] = mark

    def check(self, tasks: dict[Key, bg.Task], assets: list[bg.Asset]) -> None:
        """See that every confirmed command holds, and that the one in flight is there wholly or not at all."""
        asked, self.asked = self.asked or {"kind": ""}, None
        kind = asked["kind"]
        found = [
            self.check_seeds(asked, {key: task.params["seed"] for key, task in tasks.items()}),
            self.check_moves(asked, tasks),
            self.check_marks(asked, {asset.id: asset.mark for asset in assets}),
        ]
        if kind in LASTING:
            (self.done if any(found) else self.undone)[kind] += 1

    def check_seeds(self, asked: dict[str, Any], seeds: dict[Key, int]) -> bool:
        """See that tasks are there with the parameters that they got last; say whether that shows the last command."""
        assert self.seeds.keys() <= seeds.keys()
        new = seeds.keys() - self.seeds.keys()
        other = {key for key, seed in self.seeds.items() if seeds[key] != seed}
        if asked["kind"] == "start":
            assert len(new) in (0, asked["size"])
            assert len({batch for batch, _ in new}) <= 1
        else:
            wanted = [(asked["batch"], asked["seed"])] if asked["kind"] == "add" else []
            assert [(key[0], seeds[key]) for key in new] in ([], wanted)
        wanted = [(asked["batch"], asked["index"], asked["seed"])] if asked["kind"] == "edit" else []
        assert [(*key, seeds[key]) for key in other] in ([], wanted)
        self.seeds = seeds
        return bool(new or other)

    def check_moves(self, asked: dict[str, Any], tasks: dict[Key, bg.Task]) -> bool:
        """See that tasks are cancelled or queued as they were told to be; say whether that shows the last command."""
        sources, goal = MOVES.get(asked["kind"], ((), ""))
        batch, index = asked.get("batch"), asked.get("index")
        about = {key for key in tasks if key[0] == batch and index in (None, key[1])} if goal else set()
        meant = {key for key in about if self.before.get(key, "queued") in sources}
        left = {key for key in meant - self.touched if tasks[key].status == self.before.get(key, "queued")}
        # What is queued again may run and end before the kernel does.
        moved = {key for key in meant - left if goal == "queued" or tasks[key].status == goal}
        assert not moved or not left, (asked, moved, left)

        revived = {key for key in self.cancelled if tasks[key].status != "cancelled"}
        assert revived <= (about if goal == "queued" else set()), revived
        self.cancelled -= revived
        gone = {key for key, attempts in self.queued.items() if not _was_queued(tasks[key], attempts)}
        assert gone <= (about if goal == "cancelled" else set()), gone
        self.queued = {key: attempts for key, attempts in self.queued.items() if key not in gone}
        return bool(moved or revived or gone)

    def check_marks(self, asked: dict[str, Any], marks: dict[str, str | None]) -> bool:
        """See that assets have the marks that they got last; say whether that shows the last command."""
        changed = [(asset, marks[asset]) for asset, mark in self.marks.items() if marks[asset] != mark]
        assert changed in ([], [(asked.get("asset"), asked.get("mark"))])
        self.marks |= dict(changed)
        return bool(changed)


def _was_queued(task: bg.Task, attempts: int) -> bool:
    """Say whether a task that had been started so often still waits, or was started since."""
    return task.attempt > attempts or (task.attempt == attempts and task.status == "queued")


@dataclass
class Story:
    """What the kernels told so far, and what was on disk at the end of each."""

    told: dict[Key, str] = field(default_factory=dict)
    # Of each seed, the attempts in which the generator was called with it.
    calls: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    starts: int = 0
    files: set[str] = field(default_factory=set)
    # Of each completed task, how often it had been started.
    completed: dict[Key, int] = field(default_factory=dict)
    whole: dict[Path, int] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)
    attempts: int = 0
    completions: Counter[Key] = field(default_factory=Counter)
    uncalled: dict[Key, set[int]] = field(default_factory=lambda: defaultdict(set))
    # Of each task, the seeds that it may have had.
    seeds: dict[Key, set[int]] = field(default_factory=lambda: defaultdict(set))
    journal: Journal = field(default_factory=Journal)

    def add(self, said: Said) -> None:
        for line in said:
            if line["word"] == "call":
                assert line["attempt"] not in self.calls[line["seed"]], "an attempt was called twice"
                self.calls[line["seed"]].add(line["attempt"])
            elif line["word"] == "assets":
                self.files |= set(line["files"])
            elif line["word"] == "batch":
                self.batches.add(line["batch"])
            elif line["word"] == "tasks":
                for index, status in line["tasks"]:
                    key = (line["batch"], index)
                    self.told[key] = status
                    self.journal.touched.add(key)
                    self.starts += status == "running"
                    self.completions[key] += status == "completed"
            else:
                self.journal.add(line, self.told)
                for index, seed in line.get("seeds", []):
                    self.seeds[line["batch"], index].add(seed)


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
    told = {key: {"running": "interrupted"}.get(status, status) for key, status in story.told.items()}
    silent: set[str] = set()
    attempts = 0
    for batch in batches:
        ended = all(task.status.is_finished for task in batch.tasks)
        assert batch.status.is_finished
        assert ended or batch.status == "interrupted", batch
        for task in batch.tasks:
            key = (batch.id, task.index)
            if task.status != told.get(key, "queued"):
                silent.add(f"{batch.id} {task.status}")
            assert task.status in ("completed", "failed", "interrupted", "queued", "cancelled")
            seed = task.params["seed"]
            story.seeds[key].add(seed)
            assert task.status != "completed" or seed % 11
            assert bool(task.assets) == (task.status == "completed" and seed % 7 != 0)
            assert [asset.position for asset in task.assets] == list(range(len(task.assets)))
            calls = {attempt for seed in story.seeds[key] for attempt in story.calls.get(seed, ())}
            # A task that was started may have been killed before the call, which is its last one of that kernel.
            started = set(range(1, task.attempt + 1))
            assert calls <= started
            assert started - calls - story.uncalled[key] <= {task.attempt}
            story.uncalled[key] = started - calls
            attempts += task.attempt
            if task.started_at and task.completed_at:
                assert task.completed_at >= task.started_at
            if key in story.completed:
                assert story.completed[key] == task.attempt, "a completed task was run again"
            if task.status == "completed":
                assert story.completions[key] <= 1
                story.completed[key] = task.attempt
    tasks = {(batch.id, task.index): task for batch in batches for task in batch.tasks}
    assert story.completed.keys() == {key for key, task in tasks.items() if task.status == "completed"}
    assert len(silent) <= 1, silent
    if story.journal.seeds:
        story.journal.check(tasks, assets)
    story.told = {key: str(task.status) for key, task in tasks.items()}
    assert attempts - story.attempts - story.starts in (0, 1)
    story.attempts, story.starts = attempts, 0
    return project


def files_below(root: Path) -> set[Path]:
    return {path for name in ("assets", "thumbnails") for path in (root / name).rglob("*") if path.is_file()}


@dataclass
class Trial:
    """Kernels that are killed one after the other in one project, and what is looked at after each."""

    root: Path
    nursery: Nursery
    program: str = "wander"
    executor: str = "thread"
    story: Story = field(default_factory=Story)
    number: int = 0
    astray: set[Path] = field(default_factory=set)
    moved: int = 0

    def round(self, pattern: str, count: int, *, seed: int, hold: bool, inside: str = "kernel") -> Said:
        """Let a kernel come to a moment and die, look at what it left, and give what was said."""
        moment = {"pattern": pattern, "count": count, "hold": hold}
        with self.told(seed=seed, inside=inside, moment=moment) as said:
            moments = [line["what"] for line in said if line["word"] == "moment"]
            assert all(re.search(pattern, moment) for moment in moments)
            project = check(self.root, self.story)
            self.tidy(project, fix=self.number % 3 == 0)
            leave(project)
        self.number += 1
        return said

    def tidy(self, project: bg.Project, *, fix: bool) -> None:
        """What belongs to no asset is found, is what the workers had in their hands, and goes when asked."""
        known = {path for asset in project.assets() for path in (asset.path, asset.thumbnail_path)}
        astray = files_below(self.root) - known
        in_hand = {(path.parent.name, path.name[:4]) for path in astray - self.astray if path.name[0] != "."}
        unfinished = [path for path in astray - self.astray if path.name[0] == "."]
        assert len(in_hand) <= WORKERS
        assert len(unfinished) <= WORKERS
        report = project.verify(fix=fix)
        assert set(report.strays) | set(report.leftovers) == astray
        assert report.missing_files == report.torn_files == report.missing_thumbnails == report.left_alone == []
        assert report.failures == []
        self.moved += len(report.moved)
        if report.moved:
            assert report.ok
            assert files_below(self.root) == known
        self.astray = set() if report.moved else astray

    def finish(self) -> bg.Project:
        """Let a last kernel finish what was left, and see that it ran only that."""
        with self.told(program="finish", seed=0) as said:
            assert "finished" in {line["word"] for line in said}
            project = check(self.root, self.story)
            for task in (task for batch in project.batches() for task in batch.tasks):
                assert task.status in ("completed", "failed", "cancelled")
                assert task.status != "failed" or "paint" in task.error
            report = project.verify(deep=True)
            assert report.checked == len(project.assets())
            assert report.missing_files == report.torn_files == report.missing_thumbnails == report.damage == []
        return project

    @contextmanager
    def told(self, **order: Any) -> Iterator[Said]:
        """Give what a kernel of this order says, and with every failure the order, to repeat it."""
        order = {"program": self.program, "executor": self.executor, **order}
        try:
            said = self.nursery.live_and_die(order)
            self.story.add(said)
            yield said
        except BaseException as error:
            error.add_note(f"in round {self.number}, of the kernel {json.dumps(order)}")
            raise


def leave(project: bg.Project) -> None:
    """Let go of a project as a kernel that ends does; the next one is to find what this one found."""
    project._opened.database.close()
    forget(project)


def test_a_hundred_kernels_are_killed_and_nothing_is_lost(nursery: Callable[..., Nursery], root: Path) -> None:
    trial = Trial(root, nursery())
    random = Random(SEED)
    for number in range(100):
        # Mostly somewhere in the middle of its work; sometimes while it opens the project and resumes.
        count = random.randint(1, 60) if number % 5 == 0 else random.randint(60, 500)
        kind = ""
        if number % 4 == 3:
            kind, count = KINDS[number // 4 % len(KINDS)], random.randint(1, 20)
        trial.round(kind, count, seed=random.randrange(2**32), hold=bool(number % 2))
    project = trial.finish()
    assert not any(task.status == "cancelled" for batch in project.batches() for task in batch.tasks)
    assert len(project.assets()) > 100
    assert trial.moved


def test_worker_processes_leave_with_their_kernel_and_nothing_is_lost(
    nursery: Callable[..., Nursery], root: Path
) -> None:
    trial = Trial(root, nursery("cloudpickle"), executor="process")
    random = Random(SEED)
    for number in range(15):
        seed, hold = random.randrange(2**32), number % 4 > 1
        if number % 2:
            # A worker that stands still does not keep itself from leaving.
            kind = random.choice(["open", "os.rename", ""])
            trial.round(kind, random.randint(1, 20), seed=seed, hold=hold, inside="worker")
        else:
            trial.round("", random.randint(30, 300), seed=seed, hold=hold)
    project = trial.finish()
    assert len(project.assets()) > 15
    assert trial.moved


@contextmanager
def cluster() -> Iterator[Any]:
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_dask_cluster_outlives_kernels_and_nothing_is_lost(nursery: Callable[..., Nursery], root: Path) -> None:
    pytest.importorskip("distributed")
    opened = nursery("cloudpickle", "distributed")
    random = Random(SEED)
    with cluster() as client:
        trial = Trial(root, opened, executor=client.scheduler.address)
        left: set[Path] = set()
        seen = 0
        for number in range(8):
            count = random.randint(10, 40) if number % 4 == 0 else random.randint(60, 400)
            # The tasks of a dead kernel that run on do so beside those of the next one.
            said = trial.round("", count, seed=random.randrange(2**32), hold=bool(number % 2))
            if any("completed" in dict(line["tasks"]).values() for line in said if line["word"] == "tasks"):
                wait_for(lambda old=left: not old & homes(root), "that what the last kernel left is gone")
            left = homes(root)
            seen += len(left)
        project = trial.finish()
        wait_for(lambda: not homes(root), "that nothing of any kernel is left")
        wait_for(lambda: not client.run_on_scheduler(_keys), "that the scheduler forgets their tasks")
    assert len(project.assets()) > 8
    assert seen


def homes(root: Path) -> set[Path]:
    return set(root.glob(".dask-*"))


def _keys(dask_scheduler: Any) -> list[str]:
    return [str(key) for key in dask_scheduler.tasks]


def test_commands_that_were_confirmed_hold_and_the_one_in_flight_is_whole(
    nursery: Callable[..., Nursery], root: Path
) -> None:
    trial = Trial(root, nursery(), program="command")
    random = Random(SEED)
    for number in range(50):
        pattern = "" if number % 4 == 3 else COMMANDS[number % len(COMMANDS)]
        count = random.randint(60, 600) if not pattern else random.randint(3, 40)
        trial.round(pattern, count, seed=random.randrange(2**32), hold=bool(random.randrange(2)))
    trial.finish()
    journal = trial.story.journal
    assert journal.confirmed.keys() == LASTING | {"reorder", "front", "pause", "go on"}
    # Of those that were killed in the middle some are there, some not.
    assert journal.done
    assert journal.undone
