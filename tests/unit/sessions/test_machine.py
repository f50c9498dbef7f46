"""Random commands against a simple model of what a session is."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from batchgen_widgets import Batch, BatchSession, StateError, TaskStatus
from batchgen_widgets.testing import GatedCall, GatedGenerator, wait_for

WORKERS = 2


@dataclass
class ModelTask:
    status: str = "queued"
    attempt: int = 0
    cancelled: bool = False  # while it runs
    tries: int = 0  # since somebody queued it
    strength: float = 0.5


@dataclass
class ModelBatch:
    tasks: list[ModelTask]
    marks: list[str | None] = field(default_factory=list)
    cancel: bool = False

    def has(self, *statuses: str) -> bool:
        return any(task.status in statuses for task in self.tasks)

    def ended(self) -> bool:
        return not self.has("queued", "running")

    def status(self) -> set[str]:
        if not self.ended():
            return {"pending", "running", "paused"}
        if self.has("cancelled") and (self.cancel or not self.has("completed")):
            return {"cancelled"}
        return {"failed"} if self.has("failed") and not self.has("completed") else {"completed"}


class SessionMachine(RuleBasedStateMachine):
    """The generator does not listen: a cancelled call ends when it is told to, and with a result it keeps it."""

    retries = 0

    @initialize()
    def open(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="batchgen-machine-"))
        self.gate = GatedGenerator(cooperative=False)
        self.session = BatchSession(
            self.gate.generator, self.root, workers=WORKERS, retries=self.retries, retry_backoff=0
        )
        self.database = sqlite3.connect(f"file:{self.root / 'batchgen.db'}?mode=ro", uri=True)
        self.batches: list[Batch] = []
        self.model: list[ModelBatch] = []
        self.queue: list[tuple[int, int]] = []
        self.running: dict[tuple[int, int], GatedCall] = {}
        self.paused = False
        self.undo: list[list[tuple[int, int, str | None]]] = []

    def teardown(self) -> None:
        if hasattr(self, "session"):
            for call in self.running.values():
                call.finish({"score": 1})
            self.session.close()
            self.database.close()
            wait_for(lambda: not any(thread.name == "batchgen-worker" for thread in threading.enumerate()))
            shutil.rmtree(self.root)

    # What the model does by itself

    def fill(self) -> None:
        """Start what the runner must start now, and take hold of its calls."""
        begun = 0
        while not self.paused and self.queue and len(self.running) < WORKERS:
            place = self.queue.pop(0)
            task = self.model[place[0]].tasks[place[1]]
            task.status, task.cancelled = "running", False
            task.attempt += 1
            self.running[place] = None  # type: ignore[assignment]
            begun += 1
        for _ in range(begun):
            call = self.gate.next_call()
            batch = next(
                i for i, one in enumerate(self.batches) if one.tasks[0].params["prompt"] == call.params["prompt"]
            )
            place = (batch, call.context.index)
            assert place in self.running
            assert self.running[place] is None
            assert call.context.attempt == self.model[place[0]].tasks[place[1]].attempt
            assert call.params["strength"] == self.model[place[0]].tasks[place[1]].strength
            self.running[place] = call

    def pick(self, data: st.DataObject) -> tuple[int, int]:
        batch = data.draw(st.integers(0, len(self.batches) - 1), "batch")
        return batch, data.draw(st.integers(0, len(self.model[batch].tasks) - 1), "task")

    # Commands

    @precondition(lambda self: len(self.batches) < 5)
    @rule(size=st.integers(1, 4))
    def start(self, size: int) -> None:
        self.session.set_batch_config({"batch_size": size})
        number = len(self.batches)
        self.batches.append(self.session.start_batch({"prompt": f"batch {number}"}))
        self.model.append(ModelBatch([ModelTask() for _ in range(size)]))
        self.queue += [(number, index) for index in range(size)]
        self.fill()

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def cancel_task(self, data: st.DataObject) -> None:
        place = self.pick(data)
        self.session.cancel_task(self.batches[place[0]].tasks[place[1]])
        self._cancelled(place)
        self.fill()

    def _cancelled(self, place: tuple[int, int]) -> None:
        task = self.model[place[0]].tasks[place[1]]
        if task.status == "queued":
            task.status = "cancelled"
            self.queue.remove(place)
        elif task.status == "running":
            task.cancelled = True

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def cancel_batch(self, data: st.DataObject) -> None:
        number, _ = self.pick(data)
        model = self.model[number]
        self.session.cancel_batch(self.batches[number].id)
        if not model.ended():
            model.cancel = True
            for index in range(len(model.tasks)):
                self._cancelled((number, index))
        self.fill()

    @rule()
    def pause(self) -> None:
        self.session.pause()
        self.paused = True

    @rule()
    def resume(self) -> None:
        self.session.resume()
        self.paused = False
        self.fill()

    def _requeue(self, number: int, indices: list[int]) -> None:
        if indices:
            self.model[number].cancel = False
        for index in indices:
            self.model[number].tasks[index].status = "queued"
            self.model[number].tasks[index].tries = 0
            self.queue.append((number, index))
        self.fill()

    # The queue

    @precondition(lambda self: len(self.batches) < 5)
    @rule(data=st.data(), front=st.booleans(), strength=st.sampled_from([0.25, 0.5]))
    def add(self, data: st.DataObject, front: bool, strength: float) -> None:
        names = [None, *range(len(self.batches))]
        number = data.draw(st.sampled_from(names), "batch")
        batch_id = None if number is None else self.batches[number].id
        if number is None:
            # It joins the batch that runs, the longest first, or the one that is next.
            ahead = [task.batch for task in self.session.running[:1]] or [
                self.batches[place[0]] for place in self.queue[:1]
            ]
            number = self.batches.index(ahead[0]) if ahead else None
        prompt = f"batch {len(self.batches) if number is None else number}"
        task = self.session.add_task({"prompt": prompt, "strength": strength}, front=front, batch_id=batch_id)
        if number is None:
            number = len(self.batches)
            self.batches.append(task.batch)
            self.model.append(ModelBatch([]))
        assert task.batch is self.batches[number]
        self.model[number].tasks.append(ModelTask(strength=strength))
        self.model[number].cancel = False
        place = (number, len(self.model[number].tasks) - 1)
        self.queue.insert(0 if front else len(self.queue), place)
        self.fill()

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        place = self.pick(data)
        task = self.batches[place[0]].tasks[place[1]]
        if self.model[place[0]].tasks[place[1]].status == "queued":
            self.session.remove_task(task)
            self._cancelled(place)
        else:
            with pytest.raises(StateError, match="only a queued task can be removed"):
                self.session.remove_task(task)

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), to=st.integers(0, 12))
    def reorder(self, data: st.DataObject, to: int) -> None:
        place = self.pick(data)
        task = self.batches[place[0]].tasks[place[1]]
        if place in self.queue:
            self.session.reorder_queue(task.id, to)
            self.queue.remove(place)
            self.queue.insert(to, place)
        else:
            with pytest.raises(StateError, match="not in this queue"):
                self.session.reorder_queue(task.id, to)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def batch_to_front(self, data: st.DataObject) -> None:
        number, _ = self.pick(data)
        its = [place for place in self.queue if place[0] == number]
        if its:
            self.session.move_batch_to_front(self.batches[number].id)
            self.queue = its + [place for place in self.queue if place[0] != number]
        else:
            with pytest.raises(StateError, match="no task in the queue"):
                self.session.move_batch_to_front(self.batches[number].id)

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), strength=st.sampled_from([0.25, 0.75, 2.5]))
    def edit(self, data: st.DataObject, strength: float) -> None:
        number, index = self.pick(data)
        task, model = self.batches[number].tasks[index], self.model[number].tasks[index]
        if model.status == "queued":
            self.session.edit_task(task, {"strength": strength})
            model.strength = strength
        else:
            with pytest.raises(StateError, match="only a queued task can be edited"):
                self.session.edit_task(task, {"strength": strength})

    @rule()
    def clear(self) -> None:
        assert self.session.clear_queue() == len(self.queue)
        for place in list(self.queue):
            self._cancelled(place)

    @rule(data=st.data(), one=st.booleans())
    def stop_now(self, data: st.DataObject, one: bool) -> None:
        number = self.pick(data)[0] if one and self.batches else None
        self.session.stop_now(None if number is None else self.batches[number].id)
        self.paused = True
        for place in self.running:
            if number in (None, place[0]):
                self._cancelled(place)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        number, index = self.pick(data)
        task = self.batches[number].tasks[index]
        if self.model[number].tasks[index].status in ("failed", "cancelled"):
            self.session.retry_task(task)
            self._requeue(number, [index])
        else:
            with pytest.raises(StateError):
                self.session.retry_task(task)

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), failed=st.booleans())
    def retry_failed_or_resume(self, data: st.DataObject, failed: bool) -> None:
        number, _ = self.pick(data)
        wanted = "failed" if failed else "cancelled"
        indices = [index for index, task in enumerate(self.model[number].tasks) if task.status == wanted]
        if failed:
            assert self.session.retry_failed(self.batches[number].id) == len(indices)
        else:
            assert self.session.resume_batch(self.batches[number].id) is self.batches[number]
        self._requeue(number, indices)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), end=st.sampled_from(["finish", "fail", "report"]))
    def release(self, data: st.DataObject, end: str) -> None:
        place = data.draw(st.sampled_from(sorted(self.running)), "call")
        call, model = self.running[place], self.model[place[0]]
        task = model.tasks[place[1]]
        assert call.context.cancelled is task.cancelled
        if end == "report" and not task.cancelled:
            call.report(0.5, "half")
            assert self.batches[place[0]].tasks[place[1]].progress == 0.5
            return
        del self.running[place]
        if end == "finish":
            call.finish()
            task.status = "completed"
            model.marks.append(None)
        elif end == "fail":
            call.fail()
            if task.cancelled or task.tries >= self.retries:
                task.status = "failed"
            else:
                task.status = "queued"
                task.tries += 1
                self.queue.insert(0, place)
        else:
            with pytest.raises(Exception, match="was cancelled"):
                call.report(0.5)
            task.status = "cancelled"
        real = self.batches[place[0]].tasks[place[1]]
        wait_for(lambda: real.status != "running" or real.attempt > task.attempt)
        self.fill()

    @precondition(lambda self: any(model.marks for model in self.model))
    @rule(data=st.data(), mark=st.sampled_from(["favorite", "discarded", None]), all_of_them=st.booleans())
    def mark(self, data: st.DataObject, mark: str | None, all_of_them: bool) -> None:
        number = data.draw(st.sampled_from([i for i, model in enumerate(self.model) if model.marks]), "batch")
        marks, batch = self.model[number].marks, self.batches[number]
        chosen = range(len(marks)) if all_of_them else [data.draw(st.integers(0, len(marks) - 1), "asset")]
        self.session.set_marks([batch.results[index] for index in chosen], mark)  # type: ignore[arg-type]
        step = [(number, index, marks[index]) for index in chosen if marks[index] != mark]
        for index in chosen:
            marks[index] = mark
        if step:
            self.undo.append(step)

    @rule()
    def undo_mark(self) -> None:
        assert self.session.undo() is bool(self.undo)
        if self.undo:
            for number, index, mark in self.undo.pop():
                self.model[number].marks[index] = mark

    # What must hold after each of them

    @invariant()
    def everything_agrees(self) -> None:
        if not hasattr(self, "session"):
            return
        with self.session.project.ledger.lock:
            assert self.session.paused is self.paused
            for batch, model in zip(self.batches, self.model, strict=True):
                told = [(task.status, task.attempt, task.strength) for task in model.tasks]
                assert [(str(task.status), task.attempt, task.params["strength"]) for task in batch.tasks] == told
                assert sum(group.count for group in batch.failures) == batch.failed_count
                assert batch.counts == {s: sum(task.status == s for task in model.tasks) for s in TaskStatus}
                assert {task.index for task in batch.running} == {
                    i for i, task in enumerate(model.tasks) if task.status == "running"
                }
                assert str(batch.status) in model.status()
                assert (str(batch.status) == "paused") <= self.paused
                assert batch.wait(0) is model.ended()
                assert [asset.mark for asset in batch.results] == model.marks
                self._agrees_on_disk(batch)
            queue = [(self.batches.index(task.batch), task.index) for task in self.session.queue]
            assert queue == self.queue
            assert len(self.session.running) == len(self.running)
            assert self.session.history == self.batches

    def _agrees_on_disk(self, batch: Batch) -> None:
        ask = self.database.execute
        rows = ask("SELECT status, attempt, error, params FROM tasks WHERE batch_id = ? ORDER BY idx", (batch.id,))
        tasks = [(*row[:3], json.loads(row[3])) for row in rows]
        # What is queued again keeps its last error on show until it starts.
        assert tasks == [(str(task.status), task.attempt, task.error, dict(task.params)) for task in batch.tasks]
        assert ask("SELECT status FROM batches WHERE id = ?", (batch.id,)).fetchall() == [(str(batch.status),)]
        assets = ask("SELECT id, mark FROM assets WHERE batch_id = ? ORDER BY rowid", (batch.id,)).fetchall()
        assert assets == [(asset.id, asset.mark) for asset in batch.results]
        files = {path.name for path in (self.root / "assets" / batch.id).glob("*")}
        assert files >= {asset.path.name for asset in batch.results}


class RetryingMachine(SessionMachine):
    """With a retry by itself, at once."""

    retries = 1


SETTINGS = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    database=None,
)
for machine in (SessionMachine, RetryingMachine):
    machine.TestCase.settings = SETTINGS
TestSessionMachine = SessionMachine.TestCase
TestRetryingMachine = RetryingMachine.TestCase
