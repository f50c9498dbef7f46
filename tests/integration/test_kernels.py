"""Several kernels and one project: reopened, read while another runs, killed in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.testing import reopen
from batchgen_widgets.testing.gates import picture

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


class Kernel:
    """A process of `kernel.py`."""

    def __init__(self, path: Path, action: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(HERE / "kernel.py"), str(path), action],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        self.said: list[dict[str, Any]] = []

    def hear(self, word: str, times: int = 1) -> dict[str, Any]:
        """Read on until it has said a word so often."""
        assert self.process.stdout is not None
        while times:
            line = self.process.stdout.readline()
            assert line, f"the kernel ended without saying {word!r}; it said {self.said}"
            self.said.append(json.loads(line))
            times -= self.said[-1]["word"] == word
        return self.said[-1]

    def hear_any(self, *words: str) -> dict[str, Any]:
        """Read on until it has said one of some words."""
        assert self.process.stdout is not None
        while not self.said or self.said[-1]["word"] not in words:
            line = self.process.stdout.readline()
            assert line, f"the kernel ended without saying {' or '.join(words)}; it said {self.said}"
            self.said.append(json.loads(line))
        return self.said[-1]

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> list[dict[str, Any]]:
        """End it at once (kill -9), and give all that it said."""
        self.process.kill()
        assert self.process.stdout is not None
        # A line may have been cut off by the end.
        rest = [line for line in self.process.stdout.read().splitlines() if line.endswith("}")]
        self.said += map(json.loads, rest)
        self.process.wait(20)
        return self.said

    def wait(self) -> int:
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def kernel(root: Path) -> Iterator[Callable[[str], Kernel]]:
    kernels: list[Kernel] = []

    def start(action: str) -> Kernel:
        kernels.append(Kernel(root, action))
        return kernels[-1]

    yield start
    for each in kernels:
        each.close()


def load(name: str) -> bg.Generator:
    spec = spec_from_file_location("kernel", HERE / "kernel.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: bg.Generator = getattr(module, name)
    return found


def test_a_new_kernel_finds_everything(open_session, gate, kernel):
    session = open_session(gate, tasks=3)
    batch = session.start_batch({"prompt": "Häuschen – 朝"})
    call = gate.next_call()
    call.do(lambda: call.context.log("one line"))
    call.finish({"image": [picture({}), picture({})], "score": 0.25})
    gate.next_call().fail()
    gate.next_call().finish()
    assert batch.wait(20)
    session.mark_as_favorite(batch.id, batch.results[0].id)
    session.mark_as_discarded(batch.id, batch.results[1].id)

    (found,) = kernel("read").hear("read")["batches"]

    assert found == {
        "id": batch.id,
        "status": "completed",
        "tasks": [
            ["completed", 1, dict(batch.tasks[0].params), {"score": 0.25}, "one line"],
            ["failed", 1, dict(batch.tasks[1].params), {}, None],
            ["completed", 1, dict(batch.tasks[2].params), {}, None],
        ],
        "files": [[str(asset.path), asset.file_size, asset.mark, [8, 6]] for asset in batch.results],
        "marks": [1, 1],
    }


def test_four_kernels_may_open_a_new_project_at_once(kernel):
    kernels = [kernel("open") for _ in range(4)]
    for each in kernels:
        each.tell()
    for each in kernels:
        each.hear("opened")
        assert each.wait() == 0


def test_of_kernels_that_start_at_once_one_runs_and_the_others_are_told_why(kernel, root):
    kernels = [kernel("race") for _ in range(3)]
    for each in kernels:
        each.hear("ready")
    for each in kernels:
        each.tell()
    for each in kernels:
        each.hear_any("won", "lost")
    (winner,) = (each for each in kernels if each.said[-1]["word"] == "won")
    losers = [each for each in kernels if each is not winner]
    assert {each.said[-1]["error"] for each in losers} == {
        f"{root}: another kernel runs batches in this project; shut it down, or choose another project"
    }
    # Whoever looks sees what runs, and verifies it without harm.
    project = bg.Project(root)
    (batch,) = project.batches()
    assert batch.id == next(line["batch"] for line in winner.said if line["word"] == "won")
    strays = [root / "assets" / batch.id / name for name in ("0000_a.png", ".batchgen-1.png", "0001_b.png")]
    strays[0].parent.mkdir()
    for path in strays:
        path.write_bytes(b"something")
        os.utime(path, (0, 0))
    if "call" not in [line["word"] for line in winner.said]:
        winner.hear("call")  # so that task 0 runs now
    report = project.verify(fix=True)
    assert set(report.left_alone) == set(strays[:2])
    assert report.strays == strays[2:]
    assert report.ok
    winner.kill()
    project = reopen(project)
    aside = root / "trash" / "strays"
    assert set(project.verify(fix=True).moved) == {aside / path.relative_to(root) for path in strays[:2]}
    # The owner's lock went with it: what it ran is interrupted, and another may run now.
    assert str(project.batch(batch.id).status) == "interrupted"
    project.claim()


def test_a_kernel_that_only_looks_keeps_nobody_from_running(open_session, gate, kernel, root):
    looking = bg.Project(root)
    other = kernel("wait")
    other.hear("call")
    other.tell()
    other.hear("call")
    other.tell()
    assert other.hear("ended")["status"] == "completed"
    assert looking.batches()[0].completed_count == 2


def test_while_another_kernel_runs_batches_here_one_can_read_and_mark_but_not_run(open_session, gate, kernel, root):
    session = open_session(gate)
    done = session.start_batch()
    gate.next_call().finish()
    assert done.wait(20)
    session.close()
    project = reopen(session.project)
    other = kernel("wait")
    running = other.hear("started")["batch"]
    other.hear("call")

    session = open_session(load("patient"), project)
    with pytest.raises(bg.ProjectError, match=f"{root}: another kernel runs batches in this project; shut it down, or"):
        session.start_batch()
    batch = project.batch(running)
    assert [str(task.status) for task in batch.tasks] == ["running", "queued"]
    for refused in (
        lambda: session.cancel_batch(running),
        lambda: session.cancel_task(batch.tasks[1]),
        lambda: session.resume_batch(running),
        lambda: session.retry_failed(running),
        lambda: session.retry_task(batch.tasks[0]),
    ):
        with pytest.raises(bg.ProjectError, match="another kernel runs batches"):
            refused()
    with pytest.raises(bg.StateError, match=f"batch {running} is run by another kernel; wait for it there"):
        batch.wait()
    assert batch.wait(0.01) is False
    asset = project.batch(done.id).results[0]
    session.mark_as_favorite(done.id, asset.id)
    assert project.assets(favorite=True) == [asset]

    other.tell()
    other.hear("call")
    other.tell()
    assert other.hear("ended")["status"] == "completed"
    assert other.wait() == 0

    own = session.start_batch()  # now that the other one has left
    assert project.batch(running) is not batch
    assert [str(task.status) for task in project.batch(running).tasks] == ["completed"] * 2
    assert project.batch(done.id).results[0] is asset
    session.cancel_batch(own.id)


def test_an_orderly_end_of_the_interpreter_interrupts(kernel, root):
    assert kernel("leave").wait() == 0
    (batch,) = bg.Project(root).batches()
    assert str(batch.status) == "interrupted"
    assert not batch.running
    assert batch.counts["queued"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("word", "times"), [("call", 1), ("assets", 3), ("call", 9)])
def test_a_killed_kernel_loses_nothing(kernel, root, open_session, word, times):
    killed = kernel("paint")
    batch_id = killed.hear("started")["batch"]
    killed.hear(word, times)
    told = [file for line in killed.kill() if line["word"] == "assets" for file in line["files"]]

    project = bg.Project(root)
    batch = project.batch(batch_id)
    # Whatever somebody heard of is there, and whatever is there is whole.
    assert {str(asset.path) for asset in batch.results} >= set(told)
    for asset in batch.results:
        assert asset.path.stat().st_size == asset.file_size
        assert asset.open().size == (64, 48)
        assert asset.thumbnail_path.stat().st_size > 0
    states = [str(task.status) for task in batch.tasks]
    assert set(states) <= {"completed", "interrupted", "queued"}
    assert states.count("interrupted") <= 2
    assert states.count("queued") == batch.counts["queued"]
    assert str(batch.status) == ("completed" if states.count("completed") == 12 else "interrupted")
    for task in batch.tasks:
        assert len(task.assets) == (2 if task.status == "completed" else 0)
        assert task.attempt == (0 if task.status == "queued" else 1)
    before = {task.index: task.completed_at for task in batch.tasks if task.status == "completed"}

    session = open_session(load("painting"), project)
    assert session.resume_batch(batch_id) is batch
    assert batch.wait(30)

    assert [str(task.status) for task in batch.tasks] == ["completed"] * 12
    assert str(batch.status) == "completed"
    assert {index: batch.tasks[index].completed_at for index in before} == before
    interrupted = {index for index, state in enumerate(states) if state == "interrupted"}
    assert [task.attempt for task in batch.tasks] == [2 if task.index in interrupted else 1 for task in batch.tasks]
    assert len({asset.id for asset in batch.results}) == len(batch.results) == 24
    assert len({asset.path for asset in batch.results}) == 24
