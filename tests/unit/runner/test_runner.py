from __future__ import annotations

import asyncio
import gc
import re
import signal
import threading
from typing import Any

import pytest

from batchgen_widgets import BatchgenError, StateError, TaskCancelled, TaskContext
from batchgen_widgets.batches.records import Bell
from batchgen_widgets.testing import GatedGenerator, reopen, wait_for, wait_for_state
from batchgen_widgets.testing.gates import picture


def statuses(batch) -> list[str]:
    return [str(task.status) for task in batch.tasks]


class TestOrder:
    def test_tasks_run_in_order_and_one_at_a_time(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        for index in range(3):
            call = gate.next_call()
            assert call.context.index == index
            assert [task.index for task in session.running] == [index]
            assert [task.index for task in session.queue] == list(range(index + 1, 3))
            assert gate.idle
            call.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 3
        assert [asset.task_index for asset in batch.results] == [0, 1, 2]

    @pytest.mark.parametrize("workers", [1, 3])
    def test_no_more_tasks_run_at_once_than_there_are_workers(self, open_session, workers):
        now, most, lock = 0, 0, threading.Lock()
        full = threading.Barrier(workers)

        def busy(seed: int = 0):
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            full.wait(10)
            with lock:
                now -= 1
            return {"score": seed}

        session = open_session(busy, tasks=4 * workers, workers=workers)
        batch = session.start_batch()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 4 * workers
        assert most == workers

    def test_batches_wait_for_each_other(self, open_session, gate):
        session = open_session(gate)
        batches = [session.start_batch({"strength": number / 100}) for number in range(20)]
        assert len({batch.id for batch in batches}) == 20
        for number, batch in enumerate(batches):
            call = gate.next_call()
            assert call.params["strength"] == number / 100
            assert session.active_batch is batch
            assert len(session.queue) == 19 - number
            assert [str(other.status) for other in batches[number + 1 :]] == ["pending"] * (19 - number)
            call.finish()
        assert all(batch.wait(20) for batch in batches)
        assert session.history == batches
        assert session.active_batch is batches[-1]

    def test_workers_leave_when_there_is_nothing_to_do_and_come_back(self, open_session, gate):
        def threads() -> int:
            return sum(thread.name == "batchgen-worker" for thread in threading.enumerate())

        session = open_session(gate, tasks=2, workers=8)
        assert threads() == 0
        for _ in range(2):
            batch = session.start_batch()
            calls = [gate.next_call(), gate.next_call()]
            assert threads() == 2
            for call in calls:
                call.finish()
            assert batch.wait(20)
            wait_for(lambda: threads() == 0)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (ValueError("no  paint\nleft"), "ValueError: no paint left"),
            (KeyError(), "KeyError"),
            (SystemExit(3), "SystemExit: 3"),
            (KeyboardInterrupt(), "KeyboardInterrupt"),
            (GeneratorExit(), "GeneratorExit"),
            (MemoryError("all of it"), "MemoryError: all of it"),
            (Unspeakable(), "Unspeakable: (its message can't be read: RuntimeError)"),
            (ValueError("x" * 1000), "ValueError: " + "x" * 487 + "…"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
    )
    def test_what_a_generator_raises_fails_only_its_task(self, open_session, gate, error, told):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        gate.next_call().fail(error)
        gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed", "failed", "completed"]
        assert str(batch.status) == "completed"
        assert batch.failed_count == 1
        assert batch.tasks[1].error == told
        assert re.search(rf"^([\w.]+\.)?{type(error).__name__}", batch.tasks[1].traceback, re.MULTILINE)

    @pytest.mark.parametrize(
        ("result", "told"),
        [
            (None, "None: did the function forget its return?"),
            ([], "an empty list"),
            ({}, "an empty dict"),
            (float("nan"), "a float"),
            (b"not a picture at all", ""),
            (object(), "an? object"),
            ([None], r"result\[0\] is None"),
        ],
        ids=repr,
    )
    def test_what_is_no_media_fails_its_task(self, open_session, gate, result, told):
        session = open_session(gate)
        batch = session.start_batch()
        gate.next_call().finish(result)
        assert batch.wait(20)
        assert str(batch.status) == "failed"
        assert batch.tasks[0].error.startswith("ResultError: ")
        assert re.search(told, batch.tasks[0].error)
        assert batch.results == []

    def test_the_traceback_begins_in_the_code_of_the_user(self, open_session):
        def inner():
            raise ValueError("deep")

        def poster():
            inner()

        session = open_session(poster)
        batch = session.start_batch()
        assert batch.wait(20)
        lines = batch.tasks[0].traceback.splitlines()
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[1].startswith(f'  File "{__file__}"')
        assert lines[1].endswith("in poster")
        assert lines[-1] == "ValueError: deep"
        assert not any("batchgen_widgets/runner" in line for line in lines)

    def test_a_batch_of_failures_has_failed(self, open_session, gate):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        gate.next_call().fail()
        gate.next_call().fail()
        assert batch.wait(20)
        assert str(batch.status) == "failed"
        assert batch.completed_at is not None


class TestCancel:
    def test_a_queued_task(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        call = gate.next_call()
        session.cancel_task(batch.tasks[1])
        assert statuses(batch) == ["running", "cancelled", "queued"]
        assert [task.index for task in session.queue] == [2]
        call.finish()
        assert gate.next_call().context.index == 2
        session.cancel_task(batch.tasks[2])
        assert batch.wait(20)
        assert statuses(batch) == ["completed", "cancelled", "cancelled"]
        assert str(batch.status) == "completed"
        session.cancel_task(batch.tasks[0])  # what has ended stays
        assert statuses(batch)[0] == "completed"

    def test_a_running_task_at_its_next_report(self, open_session):
        gate = GatedGenerator(cooperative=False)
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        call.report(0.5, "half")
        session.cancel_task(batch.tasks[0])
        assert statuses(batch)[0] == "running"
        assert call.context.cancelled
        with pytest.raises(TaskCancelled):
            call.report(0.6)
        gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["cancelled", "completed"]
        assert (batch.tasks[0].progress, batch.tasks[0].message) == (0.5, "half")
        assert batch.tasks[0].error is None

    def test_a_batch(self, open_session, gate):
        session = open_session(gate, tasks=4, workers=2)
        batch = session.start_batch()
        gate.next_call().finish()
        wait_for(lambda: batch.completed_count == 1)
        session.cancel_batch()
        assert batch.wait(20)
        assert str(batch.status) == "cancelled"
        assert sorted(statuses(batch)) == ["cancelled"] * 3 + ["completed"]
        assert session.queue == []
        session.cancel_batch(batch.id)  # again, to no effect
        assert str(batch.status) == "cancelled"

    def test_a_generator_that_does_not_listen_keeps_its_result(self, open_session):
        gate = GatedGenerator(cooperative=False)
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        session.cancel_batch(batch.id)
        assert statuses(batch) == ["running", "cancelled"]
        assert not batch.status.is_finished
        call.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed", "cancelled"]
        assert str(batch.status) == "cancelled"
        assert len(batch.results) == 1
        assert batch.results[0].path.exists()

    def test_a_batch_that_waits_behind_another(self, open_session, gate):
        session = open_session(gate)
        first, second = session.start_batch(), session.start_batch()
        call = gate.next_call()
        session.cancel_batch(second.id)
        assert second.wait()
        assert str(second.status) == "cancelled"
        assert str(first.status) == "running"
        assert second.started_at is None
        call.finish()
        assert first.wait(20)

    def test_a_paused_batch(self, open_session, gate):
        session = open_session(gate, tasks=2)
        session.pause()
        batch = session.start_batch()
        session.cancel_batch()
        assert batch.wait()
        assert statuses(batch) == ["cancelled"] * 2

    def test_a_task_that_another_session_of_the_kernel_runs(self, open_session, gate):
        """As when the cell of a studio is run again."""
        first = open_session(gate, tasks=2)
        batch = first.start_batch()
        gate.next_call()
        second = open_session(gate)
        assert second.active_batch is batch
        second.cancel_batch()
        assert batch.wait(20)
        assert statuses(batch) == ["cancelled", "cancelled"]

    def test_a_cancelled_task_that_is_queued_again_takes_a_new_place_and_only_one(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        call = gate.next_call()
        session.cancel_task(batch.tasks[1])
        session.retry_task(batch.tasks[1])
        assert [task.index for task in session.queue] == [2, 1]
        call.finish()
        assert gate.next_call().context.index == 2
        session.cancel_batch()
        assert batch.wait(20)


class TestPause:
    def test_listeners_hear_of_it_also_while_the_queue_is_empty(self, open_session, gate):
        session = open_session(gate)
        heard: list[bool] = []
        session.project.ledger.hub.subscribe(lambda _event: heard.append(session.paused))
        session.pause()
        assert heard == [True]
        session.resume()
        assert heard == [True, False]

    def test_what_runs_goes_on_and_nothing_starts(self, open_session, gate):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        session.pause()
        assert session.paused
        assert str(batch.status) == "paused"
        call.finish()
        wait_for_state(batch.tasks[0], "completed")
        assert statuses(batch) == ["completed", "queued"]
        assert str(batch.status) == "paused"
        assert gate.idle
        assert batch.wait(0) is False
        with pytest.raises(
            StateError, match=rf"batch {batch.id} is paused and would never end; call session.resume\(\)"
        ):
            batch.wait()
        session.resume()
        assert str(batch.status) == "running"
        gate.next_call().finish()
        assert batch.wait(20)

    def test_a_wait_that_is_under_way_ends_when_nothing_runs_any_more(self, open_session, gate):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        errors: list[BaseException] = []

        def wait() -> None:
            try:
                batch.wait()
            except StateError as error:
                errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        session.pause()
        call.finish()
        thread.join(20)
        assert "is paused" in str(errors[0])

    def test_the_last_running_task_ends_a_paused_batch(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        call = gate.next_call()
        session.pause()
        call.finish()
        assert batch.wait(20)
        assert str(batch.status) == "completed"

    def test_a_batch_that_is_started_while_paused(self, open_session, gate):
        session = open_session(gate)
        session.pause()
        batch = session.start_batch()
        assert str(batch.status) == "paused"
        session.resume()
        gate.next_call().finish()
        assert batch.wait(20)


class TestWait:
    def test_with_a_timeout(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        call = gate.next_call()
        assert batch.wait(0) is False
        assert batch.wait(0.02) is False
        call.finish()
        assert batch.wait(20) is True
        assert batch.wait(0) is True
        assert batch.wait() is True

    def test_it_is_woken_and_does_not_look_now_and_then(self, open_session, gate, monkeypatch):
        session = open_session(gate)
        batch = session.start_batch()
        call = gate.next_call()
        real, woken, entered = Bell.wait, [], threading.Event()

        def wait(bell, timeout):
            entered.set()
            woken.append(real(bell, 20))
            return woken[-1]

        monkeypatch.setattr(Bell, "wait", wait)
        thread = threading.Thread(target=batch.wait)
        thread.start()
        assert entered.wait(20)
        call.finish()
        thread.join(20)
        assert woken[-1:] == [True]

    @pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has no alarm to interrupt with")
    def test_an_interrupt_leaves_the_batch_running(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        call = gate.next_call()
        before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                batch.wait()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert statuses(batch) == ["running"]
        call.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"]

    async def test_await(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        waiting = asyncio.ensure_future(_await(batch))
        call = await asyncio.to_thread(gate.next_call)
        assert not waiting.done()
        call.finish()
        assert await asyncio.wait_for(waiting, 20) is batch
        assert str(batch.status) == "completed"
        assert await batch is batch

    async def test_an_await_that_is_cancelled_leaves_the_batch_running(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        waiting = asyncio.ensure_future(_await(batch))
        call = await asyncio.to_thread(gate.next_call)
        await asyncio.sleep(0)
        assert len(batch._watchers) == 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert batch._watchers == []
        call.finish()
        await asyncio.wait_for(_await(batch), 20)
        assert statuses(batch) == ["completed"]

    def test_a_loop_that_closed_while_it_waited_stops_nothing(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        call = gate.next_call()
        loop = asyncio.new_event_loop()
        waiting = loop.create_task(_await(batch))
        loop.run_until_complete(asyncio.sleep(0))
        assert len(batch._watchers) == 1
        loop.close()
        call.finish()
        assert batch.wait(20)
        assert batch.results[0].path.exists()
        waiting._log_destroy_pending = False  # type: ignore[attr-defined]


async def _await(batch: Any) -> Any:
    return await batch


class TestClose:
    def test_what_runs_is_interrupted_and_what_waits_stays_queued(self, open_session, gate, rows):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call()
        session.close()
        assert statuses(batch) == ["interrupted", "queued", "queued"]
        assert str(batch.status) == "interrupted"
        assert batch.wait() is True
        assert rows("SELECT status FROM tasks ORDER BY idx") == [("interrupted",), ("queued",), ("queued",)]
        assert rows("SELECT status FROM batches") == [("interrupted",)]
        for command in (session.start_batch, session.pause, session.resume, session.retry_failed):
            with pytest.raises(StateError, match="the session is closed; make a new BatchSession"):
                command()
        with pytest.raises(StateError, match="the session is closed"):
            session.resume_batch(batch.id)
        session.close()

    def test_with_closes(self, open_session, gate):
        with open_session(gate) as session:
            batch = session.start_batch()
            gate.next_call()
        assert session.closed
        assert str(batch.status) == "interrupted"

    def test_a_result_that_comes_after_the_end_is_dropped(self, open_session, root):
        gate = GatedGenerator(cooperative=False)
        session = open_session(gate)
        batch = session.start_batch()
        call = gate.next_call()
        session._runner.close(timeout=0.01)
        session.close()
        assert statuses(batch) == ["interrupted"]
        call.finish()
        wait_for(lambda: not any(thread.name == "batchgen-worker" for thread in threading.enumerate()))
        assert statuses(batch) == ["interrupted"]
        assert batch.results == []
        assert [path for path in (root / "assets").rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("end", ["finish", "fail"])
    def test_a_call_of_a_closed_session_has_no_say_in_the_next_attempt(self, open_session, end):
        gate = GatedGenerator(cooperative=False)
        session = open_session(gate)
        batch = session.start_batch()
        old = gate.next_call()
        session._runner.close(timeout=0.01)
        session.close()
        second = open_session(gate)
        second.resume_batch(batch.id)
        new = gate.next_call()
        assert new.context.attempt == 2
        getattr(old, end)()
        wait_for(lambda: sum(thread.name == "batchgen-worker" for thread in threading.enumerate()) == 1)
        assert statuses(batch) == ["running"]
        new.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"]
        assert len(batch.results) == 1

    def test_closing_one_session_leaves_the_other_alone(self, open_session, gate):
        first, second = open_session(gate), open_session(gate)
        a, b = first.start_batch(), second.start_batch()
        calls = [gate.next_call(), gate.next_call()]
        first.close()
        assert str(a.status) == "interrupted"
        assert str(b.status) == "running"
        for call in calls:
            call.finish()
        assert b.wait(20)
        assert str(b.status) == "completed"

    def test_a_generator_that_closes_its_own_session(self, open_session):
        sessions: list[Any] = []

        def suicidal(*, task: TaskContext):
            sessions[0].close()
            return {"score": 1}

        session = open_session(suicidal)
        sessions.append(session)
        batch = session.start_batch()
        assert batch.wait(20)
        assert str(batch.status) == "interrupted"

    def test_a_session_that_is_forgotten_still_finishes_its_batch(self, root, gate):
        from batchgen_widgets import BatchSession

        session = BatchSession(gate.generator, root)
        session.set_batch_config({"batch_size": 2})
        batch = session.start_batch()
        call = gate.next_call()
        del session
        gc.collect()
        call.finish()
        gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 2
        wait_for(lambda: not any(thread.name == "batchgen-worker" for thread in threading.enumerate()))


class TestAgain:
    def test_retry_of_failed_tasks(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish([picture({}), picture({})])
        gate.next_call().fail(ValueError("once"))
        gate.next_call().fail()
        assert batch.wait(20)
        params = [dict(task.params) for task in batch.tasks]
        before = batch.results
        assert session.retry_failed() == 2
        assert not batch.status.is_finished
        assert batch.completed_at is None
        call = gate.next_call()
        assert str(batch.status) == "running"
        assert call.params == params[1]
        assert call.context.attempt == 2
        assert batch.tasks[1].error is None
        call.finish()
        gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 3
        assert [task.attempt for task in batch.tasks] == [1, 2, 2]
        assert [asset.task_index for asset in batch.results] == [0, 0, 1, 2]
        assert batch.results[:2] == before
        assert [asset.order for asset in batch.results] == [0, 1, 2, 3]
        assert session.retry_failed() == 0

    def test_only_what_ended_without_a_result_can_be_retried(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        call = gate.next_call()
        for index, status in enumerate(["completed", "running", "queued"]):
            with pytest.raises(StateError, match=f"is {status}; only one that is failed, cancelled or interrupted"):
                session.retry_task(batch.tasks[index])
        assert statuses(batch) == ["completed", "running", "queued"]
        call.finish()
        gate.next_call().finish()
        assert batch.wait(20)
        assert [task.attempt for task in batch.tasks] == [1, 1, 1]

    def test_resuming_a_cancelled_batch_repeats_nothing(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        gate.next_call()
        session.cancel_batch()
        assert batch.wait(20)
        assert session.resume_batch(batch.id) is batch
        assert [gate_call_index(gate), gate_call_index(gate)] == [1, 2]
        assert batch.wait(20)
        assert str(batch.status) == "completed"
        assert len(batch.results) == 3
        assert session.resume_batch(batch.id) is batch
        assert str(batch.status) == "completed"

    def test_resuming_while_paused(self, open_session, gate):
        session = open_session(gate)
        session.pause()
        batch = session.start_batch()
        session.cancel_batch()
        session.resume_batch(batch.id)
        assert str(batch.status) == "paused"
        session.resume()
        gate.next_call().finish()
        assert batch.wait(20)

    def test_a_batch_of_an_earlier_kernel(self, open_session, gate):
        session = open_session(gate, tasks=4)
        batch = session.start_batch()
        gate.next_call().finish()
        gate.next_call()
        session.close()
        second = open_session(gate, reopen(session.project))
        again = second.active_batch
        assert again is not batch
        assert again.id == batch.id
        assert statuses(again) == ["completed", "interrupted", "queued", "queued"]
        assert second.queue == []
        second.resume_batch(again.id)
        assert str(again.status) in ("pending", "running")
        params = []
        for _ in range(3):
            call = gate.next_call()
            params.append((call.params, call.context.attempt))
            call.finish()
        assert again.wait(20)
        wanted = [(dict(task.params), attempt) for task, attempt in zip(batch.tasks[1:], (2, 1, 1), strict=True)]
        assert params == wanted
        assert len({asset.id for asset in again.results}) == 4

    def test_a_batch_of_another_generator(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        gate.next_call()
        session.close()
        other = open_session(GatedGenerator("another"))
        with pytest.raises(StateError, match=f"batch {batch.id} was made by 'gated'; resume it with that generator"):
            other.resume_batch(batch.id)
        assert statuses(batch) == ["interrupted"]
        with pytest.raises(BatchgenError, match="no such batch"):
            other.resume_batch("nothing")


def gate_call_index(gate: GatedGenerator) -> int:
    call = gate.next_call()
    call.finish()
    return call.context.index
