"""Tasks that run together in one call of a generator that takes several."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import Any

import pytest

from batchgen_widgets import BatchConfig, TaskContext, VariationParams, generator
from batchgen_widgets.testing import wait_for_state

PATIENCE_S = 20


@dataclass
class Sketch:
    prompt: str = "A quiet harbour"
    seed: int = 0
    width: int = 64


class Studio:
    """A generator that waits in each call for what it shall return."""

    def __init__(self, size: int = 3) -> None:
        self.calls: queue.Queue[list[tuple[int, int]]] = queue.Queue()
        self.orders: queue.Queue[Any] = queue.Queue()

        @generator(max_batch_size=size)
        def sketches(items: list[Sketch], *, tasks: list[TaskContext]) -> Any:
            self.calls.put([(task.index, item.width) for item, task in zip(items, tasks, strict=True)])
            while True:
                tasks[0].raise_if_cancelled()
                try:
                    order = self.orders.get(timeout=0.005)
                except queue.Empty:
                    continue
                if isinstance(order, BaseException):
                    raise order
                return [{"score": item.seed} for item in items] if order is None else order

        self.generator = sketches

    def next_call(self) -> list[tuple[int, int]]:
        return self.calls.get(timeout=PATIENCE_S)

    def answer(self, order: Any = None) -> None:
        self.orders.put(order)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def widths(*values: int) -> BatchConfig:
    """Make as many tasks as values, with these widths and seeds from 0 on."""
    ranges = {"width": list(values), "seed": list(range(len(values)))}
    variation = VariationParams(vary_parameters=True, parameter_ranges=ranges, strategy="zip")
    return BatchConfig(enabled=True, batch_size=1, variation_params=variation)


def begin(open_session, studio, *values: int, **options):
    session = open_session(studio.generator, **options)
    session.set_batch_config(widths(*values))
    return session, session.start_batch()


def statuses(batch) -> list[str]:
    return [str(task.status) for task in batch.tasks]


def test_compatible_tasks_run_together_and_the_first_of_the_queue_goes_first(open_session, studio):
    session, batch = begin(open_session, studio, 64, 128, 64, 64, 64, 128)
    assert studio.next_call() == [(0, 64), (2, 64), (3, 64)]
    assert [task.index for task in session.queue] == [1, 4, 5]
    assert {task.started_at for task in session.running} == {batch.tasks[0].started_at}
    studio.answer()
    assert studio.next_call() == [(1, 128), (5, 128)]
    studio.answer()
    assert studio.next_call() == [(4, 64)]
    studio.answer()
    assert batch.wait(PATIENCE_S)
    assert [task.metrics for task in batch.tasks] == [{"score": seed} for seed in range(6)]
    assert [task.group_size for task in batch.tasks] == [3, 2, 3, 3, 1, 2]


def test_a_group_stays_within_its_batch(open_session, studio):
    session, first = begin(open_session, studio, 64, 64)
    second = session.start_batch()
    assert studio.next_call() == [(0, 64), (1, 64)]
    assert second.completed_count + len(second.running) == 0
    studio.answer()
    assert studio.next_call() == [(0, 64), (1, 64)]
    studio.answer()
    assert first.wait(PATIENCE_S)
    assert second.wait(PATIENCE_S)


def test_a_group_that_fails_is_split_and_only_the_guilty_fail(open_session, studio, rows):
    session, batch = begin(open_session, studio, 64, 64, 64)
    assert len(studio.next_call()) == 3
    studio.answer(MemoryError("too many at once"))
    for index in range(3):
        assert studio.next_call() == [(index, 64)]
        assert [task.index for task in session.queue] == list(range(index + 1, 3))
        studio.answer(ValueError("no such thing") if index == 1 else None)
    assert batch.wait(PATIENCE_S)
    assert statuses(batch) == ["completed", "failed", "completed"]
    assert batch.tasks[1].error == "ValueError: no such thing"
    assert rows("SELECT status, attempt, error FROM tasks") == [
        ("completed", 2, None), ("failed", 2, "ValueError: no such thing"), ("completed", 2, None),
    ]  # fmt: skip


def test_retries_come_after_the_try_alone(open_session, studio):
    _, batch = begin(open_session, studio, 64, 64, retries=1, retry_backoff=0)
    assert studio.next_call() == [(0, 64), (1, 64)]
    studio.answer(MemoryError("too many at once"))
    for index in (0, 0, 1, 1):
        assert studio.next_call() == [(index, 64)]
        studio.answer(ValueError("never"))
    assert batch.wait(PATIENCE_S)
    assert [task.attempt for task in batch.tasks] == [3, 3]


def test_one_whose_result_is_nonsense_fails_alone(open_session, studio):
    _, batch = begin(open_session, studio, 64, 64)
    studio.next_call()
    studio.answer([{"score": 1}, object()])
    assert batch.wait(PATIENCE_S)
    assert statuses(batch) == ["completed", "failed"]
    assert studio.calls.empty()


def test_cancelling_one_leaves_the_others_and_drops_its_result(open_session, studio, root):
    session, batch = begin(open_session, studio, 64, 64)
    studio.next_call()
    session.cancel_task(batch.tasks[0])
    assert statuses(batch) == ["running", "running"]
    studio.answer()
    assert batch.wait(PATIENCE_S)
    assert statuses(batch) == ["cancelled", "completed"]
    assert (batch.tasks[0].metrics, batch.tasks[1].metrics) == ({}, {"score": 1})


def test_one_that_was_cancelled_is_not_tried_alone(open_session, studio):
    session, batch = begin(open_session, studio, 64, 64)
    studio.next_call()
    session.cancel_task(batch.tasks[1])
    studio.answer(MemoryError("too many"))
    assert studio.next_call() == [(0, 64)]
    studio.answer()
    assert batch.wait(PATIENCE_S)
    assert statuses(batch) == ["completed", "cancelled"]


def test_cancelling_all_stops_the_call(open_session, studio):
    session, batch = begin(open_session, studio, 64, 64)
    studio.next_call()
    session.cancel_batch()
    assert batch.wait(PATIENCE_S)
    assert statuses(batch) == ["cancelled", "cancelled"]


def test_closing_interrupts_the_group_and_a_resume_runs_it_again(open_session, studio):
    session, batch = begin(open_session, studio, 64, 64)
    studio.next_call()
    session.close()
    wait_for_state(batch, "interrupted")
    assert statuses(batch) == ["interrupted"] * 2
    again = open_session(studio.generator)
    again.resume_batch(batch.id)
    assert studio.next_call() == [(0, 64), (1, 64)]
    studio.answer()
    assert again.project.batch(batch.id).wait(PATIENCE_S)


def test_an_edited_task_finds_its_group_anew(open_session, studio):
    session = open_session(studio.generator)
    session.pause()
    session.set_batch_config(widths(64, 64, 128))
    batch = session.start_batch()
    session.edit_task(batch.tasks[1], {"width": 128})
    session.resume()
    assert studio.next_call() == [(0, 64)]
    studio.answer()
    assert studio.next_call() == [(1, 128), (2, 128)]
    studio.answer()
    assert batch.wait(PATIENCE_S)


def test_the_time_of_a_call_is_shared_by_its_tasks(open_session, studio):
    session, batch = begin(open_session, studio, 64, 64, 64)
    studio.next_call()
    studio.answer()
    assert batch.wait(PATIENCE_S)
    task = batch.tasks[0]
    seconds = (task.completed_at - task.started_at).total_seconds() / 3
    assert batch.pace.seconds_per_task == pytest.approx(seconds, rel=0.5)
    estimate, _ = session.project.averages("sketches")
    assert estimate == pytest.approx(batch.pace.seconds_per_task, rel=0.01)
    path = session.project.path
    session.close()
    from batchgen_widgets import Project

    assert Project(path).batch(batch.id).tasks[0].group_size == 3
