"""The status machine."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.batches import (
    BATCH_MOVES,
    TASK_CODES,
    TASK_MOVES,
    BatchStatus,
    TaskStatus,
    check_move,
    settled_status,
)
from batchgen_widgets.errors import StateError

T, B = TaskStatus, BatchStatus
TABLES = [TASK_MOVES, BATCH_MOVES]


@pytest.mark.parametrize(("status", "table"), [(T, TASK_MOVES), (B, BATCH_MOVES)])
def test_every_pair_is_either_allowed_or_refused(status, table) -> None:
    for old, new in itertools.product(status, repeat=2):
        if new in table[old]:
            check_move(old, new)
            continue
        with pytest.raises(StateError) as caught:
            check_move(old, new)
        message = str(caught.value)
        noun = "task" if status is T else "batch"
        assert message.startswith(f"a {noun} that is {old.value} cannot become {new.value}; ")
        allowed = message.partition("; ")[2]
        for other in status:
            assert (other.value in allowed.split()) is (other in table[old])


@given(st.sampled_from([T, B]), st.data())
def test_random_walks_move_only_as_the_table_says(status, data: st.DataObject) -> None:
    table = TASK_MOVES if status is T else BATCH_MOVES
    now = next(iter(status))
    for wish in data.draw(st.lists(st.sampled_from(list(status)), max_size=40)):
        before = now
        try:
            check_move(now, wish)
        except StateError:
            assert wish not in table[now]
        else:
            now = wish
            assert now in table[before]
            assert now is not before
            # What is finished was running or waiting, and leaves that state only to wait or run again.
            assert not (before.is_finished and now.is_finished)
    assert now is T.COMPLETED or table[now]


def test_a_completed_task_stays_completed() -> None:
    assert TASK_MOVES[T.COMPLETED] == frozenset()
    with pytest.raises(StateError, match="it stays what it is"):
        check_move(T.COMPLETED, T.QUEUED)


def test_every_status_is_reachable_and_every_batch_can_go_on() -> None:
    for table in TABLES:
        first = next(iter(table))
        reached, front = {first}, [first]
        while front:
            for status in table[front.pop()] - reached:
                reached.add(status)
                front.append(status)
        assert reached == set(table)
    for status in B:
        assert status.is_finished is (status in {B.COMPLETED, B.FAILED, B.CANCELLED, B.INTERRUPTED})
        assert status is B.RUNNING or B.RUNNING in BATCH_MOVES[status]


def test_statuses_of_tasks_and_batches_do_not_mix() -> None:
    with pytest.raises(StateError):
        check_move(T.QUEUED, B.RUNNING)
    with pytest.raises(StateError):
        check_move(B.PENDING, T.RUNNING)


def test_codes_of_the_wire() -> None:
    assert {str(status): code for status, code in TASK_CODES.items()} == {
        "queued": 0, "running": 1, "completed": 2, "failed": 3, "cancelled": 4, "interrupted": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "cancel", "status"),
    [
        ({T.QUEUED: 1, T.COMPLETED: 5}, False, None),
        ({T.RUNNING: 1}, True, None),
        ({T.COMPLETED: 3}, False, B.COMPLETED),
        ({T.COMPLETED: 1, T.FAILED: 9}, False, B.COMPLETED),
        ({T.COMPLETED: 1, T.CANCELLED: 2}, False, B.COMPLETED),
        ({T.COMPLETED: 1, T.CANCELLED: 2}, True, B.CANCELLED),
        ({T.FAILED: 1, T.CANCELLED: 2}, False, B.CANCELLED),
        ({T.CANCELLED: 1, T.INTERRUPTED: 1}, False, B.CANCELLED),
        ({T.COMPLETED: 5, T.INTERRUPTED: 1, T.FAILED: 1}, False, B.INTERRUPTED),
        ({T.FAILED: 2}, False, B.FAILED),
        ({T.FAILED: 1, T.COMPLETED: 0, T.QUEUED: 0}, False, B.FAILED),
    ],
)
def test_how_a_batch_ends(counts: dict[T, int], cancel: bool, status: B | None) -> None:
    assert settled_status(counts, cancel) is status


@given(st.dictionaries(st.sampled_from(list(T)), st.integers(0, 3)), st.booleans())
def test_a_batch_ends_exactly_when_its_tasks_have(counts: dict[T, int], cancel: bool) -> None:
    status = settled_status(counts, cancel)
    waiting = counts.get(T.QUEUED, 0) + counts.get(T.RUNNING, 0)
    assert (status is None) is (waiting > 0)
    if status is not None:
        assert status.is_finished
        for active in (B.PENDING, B.RUNNING, B.PAUSED):
            check_move(active, status)
