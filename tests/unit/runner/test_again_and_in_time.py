"""Retries by themselves, timeouts, checks of images, and results that are none."""

from __future__ import annotations

import io
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from batchgen_widgets import ParameterError, TaskContext
from batchgen_widgets.runner import Policy
from batchgen_widgets.runner import runner as runner_module
from batchgen_widgets.testing import wait_for, wait_for_state


def statuses(batch) -> list[str]:
    return [str(task.status) for task in batch.tasks]


def stopped_clock(monkeypatch) -> list[float]:
    """Give the time by which the runner goes, in a list; it stands still until somebody changes it."""
    now = [1000.0]
    monkeypatch.setattr(runner_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(runner_module, "_LOOK_S", 0.01)
    return now


class TestPolicy:
    def test_waits_double_up_to_five_minutes(self):
        policy = Policy(retries=100, retry_backoff=0.5)
        assert [policy.wait(tries) for tries in (1, 2, 3, 100)] == [0.5, 1, 2, 300]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("retries", value) for value in (-1, 101, 1.0, True, "2")),
            *(("retry_backoff", value) for value in (-1, float("nan"), float("inf"), "1", None)),
            *(("timeout", value) for value in (0, -1, float("nan"), float("inf"), True, "5")),
        ],
    )
    def test_what_is_not_allowed(self, open_session, root, field, value):
        with pytest.raises(ParameterError, match=f"^{field}: .* is not allowed; give") as error:
            open_session(lambda seed=0: {"score": 1}, **{field: value})
        assert error.value.field == field
        assert not root.exists()


class TestRetries:
    def test_a_task_is_tried_again_until_it_works(self, open_session, rows):
        seen: list[int] = []

        def flaky(seed: int = 0, *, task: TaskContext):
            seen.append(task.attempt)
            print("attempt", task.attempt)
            if task.attempt < 3:
                raise ValueError(f"attempt {task.attempt}")
            return {"score": 1}

        session = open_session(flaky, retries=5, retry_backoff=0)
        batch = session.start_batch()
        assert batch.wait(20)
        task = batch.tasks[0]
        assert seen == [1, 2, 3]
        assert (str(task.status), task.attempt, task.error, task.log) == ("completed", 3, None, "attempt 3")
        assert rows("SELECT status, attempt, error, log FROM tasks") == [("completed", 3, None, "attempt 3")]
        assert batch.failures == []

    def test_when_all_tries_fail_the_last_one_is_kept(self, open_session, gate):
        session = open_session(gate, retries=1, retry_backoff=0)
        batch = session.start_batch()
        for number in range(2):
            gate.next_call().fail(ValueError(f"try {number}"))
        assert batch.wait(20)
        assert (statuses(batch), batch.tasks[0].error) == (["failed"], "ValueError: try 1")
        session.retry_failed()  # with as many tries as at first
        for number in range(2):
            gate.next_call().fail(ValueError(f"again {number}"))
        assert batch.wait(20)
        assert (batch.tasks[0].attempt, batch.tasks[0].error) == (4, "ValueError: again 1")

    def test_others_run_while_one_waits_and_its_error_stays_on_show(self, open_session, gate, monkeypatch):
        now = stopped_clock(monkeypatch)
        session = open_session(gate, tasks=3, retries=2, retry_backoff=60)
        batch = session.start_batch()
        gate.next_call().fail(ValueError("busy"))
        call = gate.next_call()
        assert call.context.index == 1
        assert [task.index for task in session.queue] == [2, 0]
        assert (str(batch.tasks[0].status), batch.tasks[0].error) == ("queued", "ValueError: busy")
        now[0] += 59
        call.finish()
        call = gate.next_call()
        assert call.context.index == 2
        now[0] += 1
        assert [task.index for task in session.queue] == [0]
        call.finish()
        call = gate.next_call()
        assert (call.context.index, call.context.attempt) == (0, 2)
        call.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 3

    def test_tasks_whose_time_has_come_run_in_the_order_in_which_they_failed(self, open_session, gate, monkeypatch):
        now = stopped_clock(monkeypatch)
        session = open_session(gate, tasks=4, retries=1, retry_backoff=60)
        batch = session.start_batch()
        for _ in range(3):
            gate.next_call().fail()
        call = gate.next_call()
        session.pause()
        assert [task.index for task in session.queue] == [0, 1, 2]
        now[0] += 61
        revision = session.queue_revision
        assert [task.index for task in session.queue] == [0, 1, 2]
        assert session.queue_revision > revision
        call.finish()
        session.resume()
        for index in range(3):
            call = gate.next_call()
            assert call.context.index == index
            call.finish()
        assert batch.wait(20)

    def test_after_a_pause_as_many_workers_come_back_as_tries_wait(self, open_session, gate, monkeypatch):
        now = stopped_clock(monkeypatch)
        session = open_session(gate, tasks=2, workers=2, retries=1, retry_backoff=60)
        session.start_batch()
        calls = [gate.next_call(), gate.next_call()]
        session.pause()
        for call in calls:
            call.fail()
        wait_for(lambda: len(session.queue) == 2)
        session.resume()
        now[0] += 61
        calls = [gate.next_call(), gate.next_call()]  # at once, or this would wait for ever
        assert sorted(call.context.attempt for call in calls) == [2, 2]
        for call in calls:
            call.finish()

    def test_a_task_that_waits_can_be_moved_cancelled_and_edited(self, open_session, gate):
        session = open_session(gate, tasks=3, retries=1, retry_backoff=300)
        batch = session.start_batch()
        for _ in range(3):
            gate.next_call().fail()
        wait_for(lambda: len(session.queue) == 3)
        session.edit_task(batch.tasks[2], {"strength": 0.25})
        session.reorder_queue(batch.tasks[2].id, 0)  # waits no longer
        call = gate.next_call()
        assert (call.context.index, call.params["strength"]) == (2, 0.25)
        session.remove_task(batch.tasks[1])
        session.cancel_task(batch.tasks[0])
        call.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["cancelled", "cancelled", "completed"]
        wait_for(lambda: not any(thread.name == "batchgen-worker" for thread in threading.enumerate()))

    def test_what_was_told_to_stop_is_not_tried_again(self, open_session):
        from batchgen_widgets.testing import GatedGenerator

        gate = GatedGenerator(cooperative=False)
        session = open_session(gate, retries=5, retry_backoff=0)
        batch = session.start_batch()
        call = gate.next_call()
        session.cancel_task(batch.tasks[0])
        call.fail()
        assert batch.wait(20)
        assert (statuses(batch), batch.tasks[0].attempt) == (["failed"], 1)

    def test_closing_leaves_what_waits_queued(self, open_session, gate, rows):
        session = open_session(gate, retries=1, retry_backoff=300)
        batch = session.start_batch()
        gate.next_call().fail()
        wait_for(lambda: session.queue)
        session.close()
        assert (statuses(batch), str(batch.status)) == (["queued"], "interrupted")
        assert rows("SELECT status, attempt, error FROM tasks") == [("queued", 1, "RuntimeError: told to fail")]


class TestTimeout:
    def test_a_task_that_takes_too_long_is_asked_to_stop_and_fails(self, open_session):
        def endless(seed: int = 0, *, task: TaskContext):
            until = time.monotonic() + 20
            while seed == 1 and time.monotonic() < until:
                task.progress(0.5)
            return {"score": seed}

        session = open_session(endless, timeout=0.05)
        slow, quick = session.start_batch({"seed": 1}), session.start_batch({"seed": 2})
        assert slow.wait(20)
        assert quick.wait(20)
        assert (statuses(slow), slow.tasks[0].error) == (["failed"], "TimeoutError: ran longer than 0.05 s")
        assert statuses(quick) == ["completed"]

    def test_it_is_tried_again_like_any_failure(self, open_session):
        def slow_at_first(*, task: TaskContext):
            until = time.monotonic() + 20
            while task.attempt == 1 and time.monotonic() < until:
                task.progress(0.5)
            return {"score": task.attempt}

        session = open_session(slow_at_first, timeout=0.05, retries=1, retry_backoff=0)
        batch = session.start_batch()
        assert batch.wait(20)
        assert (statuses(batch), batch.tasks[0].metrics) == (["completed"], {"score": 2})


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def speck(colour: int) -> Image.Image:
    image = Image.new("RGB", (64, 48), (colour,) * 3)
    image.putpixel((10, 10), (colour + 2,) * 3)
    return image


class TestChecks:
    @pytest.mark.parametrize(
        ("result", "told"),
        [
            (Image.new("RGB", (8, 8)), "the image is black all over"),
            (Image.new("L", (8, 8), 255), "the image is white all over"),
            (np.full((8, 8, 3), 0.5), r"the image is rgb\(12[78], 12[78], 12[78]\) all over"),
            (jpeg(speck(90)), r"the image is rgb\(\d+, \d+, \d+\) all over"),
            ({"image": Image.new("RGB", (8, 8)), "score": 1}, "is black all over"),
            ([Image.linear_gradient("L"), Image.new("RGB", (8, 8))], "image 1 is black all over"),
        ],
        ids=["black", "white", "constant", "jpeg", "dict", "second"],
    )
    def test_an_image_of_one_colour_fails_its_task(self, open_session, root, result, told):
        session = open_session(lambda seed=0: result, check_images=True)
        batch = session.start_batch()
        assert batch.wait(20)
        assert statuses(batch) == ["failed"]
        assert batch.tasks[0].error.startswith("ResultError: ")
        with pytest.raises(AssertionError, match=told):
            raise AssertionError(batch.tasks[0].error)
        assert not list(root.glob("assets/*/*"))

    @pytest.mark.parametrize("result", [Image.linear_gradient("L"), jpeg(Image.linear_gradient("L")), {"score": 1}])
    def test_others_pass(self, open_session, result):
        session = open_session(lambda seed=0: result, check_images=True)
        batch = session.start_batch()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"]

    def test_nobody_checks_unless_asked(self, open_session):
        session = open_session(lambda seed=0: Image.new("RGB", (8, 8)))
        batch = session.start_batch()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"]


class TestNonsense:
    @pytest.mark.parametrize(
        ("result", "status", "metrics"),
        [
            (42, "failed", {}),
            ("words", "failed", {}),
            ({"score": 0.5}, "completed", {"score": 0.5}),
            ({"verdict": "fine", "score": 1}, "completed", {"verdict": "fine", "score": 1}),
            ([], "failed", {}),
            (np.full((4, 4, 3), np.nan), "failed", {}),
        ],
        ids=["number", "text", "metric", "metrics", "empty list", "NaN image"],
    )
    def test_results_without_media(self, open_session, result, status, metrics):
        session = open_session(lambda seed=0: result)
        batch = session.start_batch()
        assert batch.wait(20)
        assert (statuses(batch), batch.tasks[0].metrics) == ([status], metrics)
        if status == "failed":
            assert batch.tasks[0].error.startswith("ResultError: ")

    def test_system_exit_ends_only_its_task(self, open_session):
        def leaving(seed: int = 0):
            if seed == 0:
                sys.exit("bye")
            return {"score": seed}

        session = open_session(leaving)
        gone, there = session.start_batch({"seed": 0}), session.start_batch({"seed": 1})
        assert gone.wait(20)
        assert there.wait(20)
        assert gone.tasks[0].error == "SystemExit: bye"
        assert statuses(there) == ["completed"]


class TestStopLevels:
    def test_skip_now_cancels_one_and_goes_on(self, open_session, gate):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        gate.next_call()
        session.skip_task(batch.tasks[0], now=True)
        gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["cancelled", "completed"]

    def test_a_stop_is_hard_when_it_is_asked_now(self, open_session):
        from batchgen_widgets.testing import GatedGenerator

        gate = GatedGenerator(cooperative=False)
        session = open_session(gate, tasks=3, workers=3)
        batch = session.start_batch()
        calls = [gate.next_call() for _ in range(3)]
        first, second, third = (task.stop for task in batch.tasks)
        session.cancel_task(batch.tasks[0])
        assert (first.requested, first.hard) == (True, False)
        session.cancel_task(batch.tasks[0], now=True)
        assert (first.requested, first.hard) == (True, True)
        assert not second.requested
        session.cancel_batch(now=True)
        assert second.hard
        assert third.hard
        for call in calls:
            call.finish()
        assert batch.wait(20)

    def test_after_the_running_ones(self, open_session, gate):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        session.stop_after_running()
        assert not call.context.cancelled
        call.finish()
        wait_for_state(batch.tasks[0], "completed")
        assert (session.paused, [task.index for task in session.queue]) == (True, [1])
        session.resume()
        gate.next_call().finish()
        assert batch.wait(20)

    def test_now_leaves_the_queue_and_resume_batch_finishes_all(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call()
        session.stop_now()
        wait_for_state(batch.tasks[0], "cancelled")
        assert (str(batch.status), statuses(batch)) == ("paused", ["cancelled", "queued", "queued"])
        session.resume()
        call = gate.next_call()
        session.resume_batch(batch.id)
        call.finish()
        assert [gate_index(gate), gate_index(gate)] == [2, 0]
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 3

    def test_now_for_one_batch_leaves_the_others_running(self, open_session, gate):
        session = open_session(gate, workers=2)
        first, second = session.start_batch(), session.start_batch()
        calls = {call.context: call for call in (gate.next_call(), gate.next_call())}
        session.stop_now(first.id)
        wait_for_state(first, "cancelled")
        (call,) = [call for call in calls.values() if not call.context.cancelled]
        call.finish()
        assert second.wait(20)
        assert statuses(second) == ["completed"]
        assert session.paused


def gate_index(gate) -> int:
    call = gate.next_call()
    call.finish()
    return call.context.index
