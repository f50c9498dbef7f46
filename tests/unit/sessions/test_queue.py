"""Commands to the queue: what they refuse, what they tell, and what is on disk afterwards."""

from __future__ import annotations

import json
import signal
import threading
from typing import Annotated

import pytest

from batchgen_widgets import ConfigError, ParameterError, ProjectError, Range, StateError
from batchgen_widgets.testing import GatedGenerator, reopen, wait_for, wait_for_state


def draw(prompt: str, seed: int = 0, steps: Annotated[int, Range(1, 50)] = 20):
    return {"score": seed}


def statuses(batch) -> list[str]:
    return [str(task.status) for task in batch.tasks]


def problems(error) -> dict[str, str]:
    return {problem.field: problem.message for problem in error.value.errors}


class TestAdd:
    def test_without_a_batch_it_is_one_of_its_own(self, open_session):
        session = open_session(draw)
        session.set_base_parameters({"steps": 30})
        session.pause()
        first = session.add_task({"prompt": "moon", "seed": "7"})
        assert dict(first.params) == {"prompt": "moon", "seed": 7, "steps": 30}
        assert (len(first.batch), str(first.batch.status), first.batch.config.enabled) == (1, "paused", False)
        second = session.add_task({"prompt": "sun"}, front=True)
        assert second.batch is first.batch
        assert session.queue == [second, first]
        session.resume()
        assert first.batch.wait(20)
        third = session.add_task({"prompt": "star"})
        assert third.batch is not first.batch
        assert third.batch.wait(20)

    def test_a_batch_that_has_ended_goes_on(self, open_session, gate, rows):
        session = open_session(gate)
        batch = session.start_batch()
        gate.next_call().finish()
        assert batch.wait(20)
        task = session.add_task({"strength": 0.75}, batch_id=batch.id)
        assert (task.index, batch.completed_at) == (1, None)
        gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 2
        assert set(batch.varied) >= {"strength"}
        assert [json.loads(row[0])["strength"] for row in rows("SELECT params FROM tasks ORDER BY idx")] == [0.5, 0.75]
        session.close()
        again = reopen(session.project).batch(batch.id)
        assert (len(again), again.varied, str(again.status)) == (2, batch.varied, "completed")

    def test_what_is_refused_changes_nothing(self, open_session):
        session = open_session(draw)
        with pytest.raises(ConfigError) as error:
            session.add_task({"steps": 51, "promt": "x"})
        assert problems(error) == {
            "base.steps": "51 is not allowed; give a whole number from 1 to 50",
            "base.promt": "no such parameter; did you mean 'prompt'? allowed: prompt, seed, steps",
        }
        with pytest.raises(ConfigError) as error:
            session.add_task({})
        assert problems(error)["base.prompt"].startswith("required, but not given")
        with pytest.raises(ProjectError, match="no such batch"):
            session.add_task({"prompt": "x"}, batch_id="nothing")
        assert session.history == session.queue == []

    def test_a_batch_of_another_generator(self, open_session, gate):
        batch = open_session(draw).add_task({"prompt": "x"}).batch
        other = open_session(gate)
        with pytest.raises(StateError, match="was made by 'draw'"):
            other.add_task({}, batch_id=batch.id)
        assert len(batch) == 1
        assert batch.wait(20)

    def test_what_was_left_in_an_interrupted_batch_goes_on_with_it(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call()
        session.close()
        second = open_session(gate)
        added = second.add_task({"strength": 0.25}, batch_id=batch.id, front=True)
        assert statuses(batch)[0] == "interrupted"
        for index in (3, 1, 2):
            call = gate.next_call()
            assert call.context.index == index
            call.finish()
        assert batch.wait(20)  # or it would wait for ever for tasks that nobody runs
        assert str(added.status) == "completed"

    def test_a_retry_in_an_interrupted_batch_takes_the_rest_along(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call()
        session.close()
        second = open_session(gate)
        second.retry_task(batch.tasks[0])
        for _ in range(3):
            gate.next_call().finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed"] * 3


class TestEditAndRemove:
    def test_an_edit_is_kept_and_runs(self, open_session, gate, rows):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        task, seed = batch.tasks[1], batch.tasks[1].params["seed"]
        session.edit_task(task, {"prompt": "moon"})
        assert json.loads(rows("SELECT params FROM tasks WHERE idx = 1")[0][0])["prompt"] == "moon"
        with pytest.raises(ConfigError) as error:
            session.edit_task(task, {"strength": "much", "color": 1})
        assert set(problems(error)) == {"base.strength", "base.color"}
        with pytest.raises(StateError, match="is running; only a queued task can be edited"):
            session.edit_task(batch.tasks[0], {"prompt": "late"})
        call.finish()
        call = gate.next_call()
        assert call.params == {"prompt": "moon", "seed": seed, "strength": 0.5}
        call.finish()
        assert batch.wait(20)

    def test_a_running_task_is_cancelled_and_not_removed(self, open_session, gate):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        words = r"is running; only a queued task can be removed; stop it with cancel_task\(\)"
        with pytest.raises(StateError, match=words):
            session.remove_task(batch.tasks[0])
        session.remove_task(batch.tasks[1])
        with pytest.raises(StateError, match=r"is cancelled; only a queued task can be removed$"):
            session.remove_task(batch.tasks[1])
        call.finish()
        assert batch.wait(20)
        assert statuses(batch) == ["completed", "cancelled"]
        session.retry_task(batch.tasks[1])
        gate.next_call().finish()
        assert batch.wait(20)


class TestOrder:
    @pytest.mark.parametrize("index", [-1, 1.0, True, "1", None])
    def test_impossible_places(self, open_session, gate, index):
        session = open_session(gate)
        session.pause()
        task = session.start_batch().tasks[0]
        with pytest.raises(ParameterError, match=r"new_index: .* is not allowed; give a whole number, 0 for the front"):
            session.reorder_queue(task.id, index)

    def test_impossible_tasks(self, open_session, gate):
        session = open_session(gate)
        session.pause()
        batch = session.start_batch()
        for name in ("", "nothing", f"{batch.id}/x", f"{batch.id}/-1"):
            with pytest.raises(StateError, match=r"names no task; give the id of one in session\.queue"):
                session.reorder_queue(name, 0)
        with pytest.raises(StateError, match="has no task 5"):
            session.reorder_queue(f"{batch.id}/5", 0)
        with pytest.raises(ProjectError, match="no such batch"):
            session.reorder_queue("nothing/0", 0)

    def test_across_batches(self, open_session, gate):
        session = open_session(gate, tasks=2)
        session.pause()
        a, b = session.start_batch(), session.start_batch()
        session.reorder_queue(b.tasks[1].id, 1)
        assert session.queue == [a.tasks[0], b.tasks[1], a.tasks[1], b.tasks[0]]
        assert session.active_batch is a
        session.move_batch_to_front(b.id)
        assert session.queue == [b.tasks[1], b.tasks[0], a.tasks[0], a.tasks[1]]
        assert session.active_batch is b
        session.resume()
        for task in [b.tasks[1], b.tasks[0], a.tasks[0], a.tasks[1]]:
            call = gate.next_call()
            assert call.params["seed"] == task.params["seed"]
            call.finish()
        assert a.wait(20)

    def test_clearing(self, open_session, gate):
        session = open_session(gate, tasks=2)
        a, b = session.start_batch(), session.start_batch()
        call = gate.next_call()
        assert session.clear_queue() == 3
        assert session.clear_queue() == 0
        assert str(b.status) == "cancelled"
        call.finish()
        assert a.wait(20)
        assert (statuses(a), str(a.status)) == (["completed", "cancelled"], "completed")


def test_commands_of_a_closed_session(open_session, gate):
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    session.close()
    commands = [
        lambda: session.add_task({}),
        lambda: session.edit_task(batch.tasks[1], {}),
        lambda: session.remove_task(batch.tasks[1]),
        lambda: session.reorder_queue(batch.tasks[1].id, 0),
        lambda: session.move_batch_to_front(batch.id),
        session.stop_after_running,
        session.stop_now,
    ]
    for command in commands:
        with pytest.raises(StateError, match="the session is closed"):
            command()


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has no alarm to interrupt with")
class TestInterrupts:
    @pytest.fixture
    def interrupted(self):
        """Interrupts what is done in the main thread; says whether it was still under way."""

        def stop(*_) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, stop)

        def run(action) -> bool:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                action()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                return True
            return False

        yield run
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    @pytest.mark.parametrize("timeout", [None, 20])
    def test_a_wait_that_cancels(self, open_session, gate, interrupted, timeout):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call()
        assert interrupted(lambda: batch.wait(timeout, on_interrupt="cancel"))
        assert statuses(batch)[1:] == ["cancelled"] * 2
        assert batch.wait(20)
        assert str(batch.status) == "cancelled"

    def test_a_wait_that_goes_on(self, open_session, gate, interrupted):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        assert interrupted(lambda: batch.wait(on_interrupt="continue"))
        assert statuses(batch) == ["running", "queued"]
        call.finish()
        gate.next_call().finish()
        assert batch.wait(20)

    def test_waits_of_a_busy_batch_never_keep_the_lock(self, open_session, interrupted):
        session = open_session(lambda seed=0: {"score": seed}, tasks=2000, workers=2)
        batch = session.start_batch()
        while interrupted(batch.wait):
            free = threading.Thread(target=lambda: session.queue)
            free.start()
            free.join(10)
            assert not free.is_alive()
        assert batch.wait(0)
        assert batch.completed_count == 2000


def test_waits_know_only_two_ways(open_session, gate):
    session = open_session(gate)
    session.pause()
    batch = session.start_batch()
    with pytest.raises(ParameterError, match="on_interrupt: 'stop' is not allowed; choose 'continue' or 'cancel'"):
        batch.wait(0, on_interrupt="stop")


def test_a_cancel_by_the_records_reaches_every_session(open_session):
    gate = GatedGenerator()
    first, second = open_session(gate), open_session(gate)
    batch = first.start_batch()
    second.pause()
    gate.next_call()
    second.add_task({}, batch_id=batch.id)
    batch.keeper.cancel_batch(batch)
    wait_for_state(batch, "cancelled")
    assert second.queue == []
    wait_for(lambda: statuses(batch) == ["cancelled"] * 2)
