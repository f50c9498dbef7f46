"""The queue from the browser: what waits, and every command to it."""

from __future__ import annotations

from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.wire import types as wire


@pytest.fixture
def batches(session: bg.BatchSession) -> tuple[bg.Batch, bg.Batch]:
    """Two batches of four tasks that wait."""
    session.pause()
    return session.start_batch(), session.start_batch({"prompt": "later"})


@pytest.fixture
def display(session: bg.BatchSession, page: Any) -> Any:
    return page(bg.BatchProgressDisplay(session))


def places(session: bg.BatchSession, batches: tuple[bg.Batch, bg.Batch]) -> list[tuple[int, int]]:
    return [(batches.index(task.batch), task.index) for task in session.queue]


def batch_of(display: Any) -> dict[str, Any]:
    return display.shown("batch") or {}


def test_the_queue_comes_in_windows(display: Any, batches: Any) -> None:
    first, second = batches
    found = display.result("queue.get", start=3, stop=6)
    assert found["total"] == 8
    assert [(row["batch"], row["index"], row["position"]) for row in found["rows"]] == [
        (first.id, 3, 3),
        (second.id, 0, 4),
        (second.id, 1, 5),
    ]
    row = found["rows"][1]
    assert set(row) == set(wire.QueueRow.__annotations__)
    assert row["params"] == dict(second.tasks[0].params)
    assert (row["varied"], row["generator"]) == (["seed"], "dots")
    assert display.result("queue.get", start=7, stop=99)["rows"] == [
        {**row, "index": 3, "position": 7} | _of(second, 3)
    ]
    for start, stop in ((8, 9), (5, 2), (0, -3), (-4, 0)):
        assert display.result("queue.get", start=start, stop=stop) == {"total": 8, "rows": []}


def _of(batch: bg.Batch, index: int) -> dict[str, Any]:
    return {"params": dict(batch.tasks[index].params)}


def test_a_huge_window_is_cut(session: bg.BatchSession, display: Any) -> None:
    session.pause()
    session.set_batch_config({"batch_size": 250})
    session.start_batch()
    found = display.result("queue.get", start=0, stop=10_000)
    assert (found["total"], len(found["rows"])) == (250, 200)


def test_tasks_and_batches_move(session: bg.BatchSession, display: Any, batches: Any) -> None:
    first, second = batches
    display.result("queue.move", batch=second.id, index=2, to=1)
    assert places(session, batches) == [(0, 0), (1, 2), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 3)]
    display.result("queue.front", batch=second.id)
    assert places(session, batches) == [(1, 2), (1, 0), (1, 1), (1, 3), (0, 0), (0, 1), (0, 2), (0, 3)]
    display.wait_for(lambda: batch_of(display).get("id") == second.id, "the batch that is next now")
    display.result("queue.move", batch=first.id, index=0, to=99)
    assert places(session, batches)[-1] == (0, 0)
    error = display.error("queue.move", batch=first.id, index=0, to=-1)
    assert error["errors"] == [
        {"field": "new_index", "message": "-1 is not allowed; give a whole number, 0 for the front of the queue"}
    ]
    session.cancel_batch(first.id)
    assert "is cancelled and not in this queue" in display.error("queue.move", batch=first.id, index=0, to=0)["message"]
    assert "has no task in the queue" in display.error("queue.front", batch=first.id)["message"]


def test_the_revision_grows_with_each_change(session: bg.BatchSession, display: Any, batches: Any) -> None:
    first, second = batches
    display.wait_for(lambda: display.shown("queue")["tasks"] == 8)
    changes = [
        lambda: session.move_batch_to_front(second.id),
        lambda: session.reorder_queue(first.tasks[3].id, 0),
        lambda: session.edit_task(first.tasks[3], {"prompt": "edited"}),
        lambda: session.add_task({"seed": 1}),
        lambda: session.remove_task(second.tasks[0]),
        session.clear_queue,
    ]
    for change in changes:
        before = session.queue_revision
        change()
        assert session.queue_revision > before
        display.wait_for(lambda: display.shown("queue")["revision"] == session.queue_revision, "the new revision")
    assert display.shown("queue") == {
        "paused": True,
        "tasks": 0,
        "batches": 0,
        "revision": session.queue_revision,
    }
    assert set(display.shown("queue")) == set(wire.QueueSummary.__annotations__)


def test_another_session_of_the_kernel_changes_the_revision_too(
    session: bg.BatchSession, display: Any, batches: Any
) -> None:
    with bg.BatchSession(session.generator, session.project) as other:
        before = session.queue_revision
        other.cancel_task(batches[0].tasks[0])
        display.wait_for(lambda: display.shown("queue")["revision"] > before)
        assert display.result("queue.get", start=0, stop=1)["total"] == 7


def test_remove_and_clear(session: bg.BatchSession, display: Any, batches: Any) -> None:
    first, second = batches
    display.result("queue.remove", batch=first.id, index=1)
    assert first.tasks[1].status == "cancelled"
    assert len(session.queue) == 7
    error = display.error("queue.remove", batch=first.id, index=1)
    assert "is cancelled; only a queued task can be removed" in error["message"]
    display.result("queue.clear")
    assert session.queue == []
    assert [str(batch.status) for batch in batches] == ["cancelled", "cancelled"]
    assert "no task 4" in display.error("queue.remove", batch=second.id, index=4)["message"]


def test_a_queued_task_is_edited(session: bg.BatchSession, display: Any, batches: Any) -> None:
    first, _ = batches
    seed = first.tasks[1].params["seed"]
    display.result("task.edit", batch=first.id, index=1, params={"prompt": "edited"})
    assert dict(first.tasks[1].params) == {"prompt": "edited", "seed": seed, "fail": False}
    row = display.result("queue.get", start=1, stop=2)["rows"][0]
    assert row["params"]["prompt"] == "edited"
    assert row["varied"] == ["seed", "prompt"]
    error = display.error("task.edit", batch=first.id, index=1, params={"seed": "x", "promt": "y"})
    assert error["type"] == "ConfigError"
    assert {problem["field"] for problem in error["errors"]} == {"base.seed", "base.promt"}
    assert first.tasks[1].params["seed"] == seed
    session.resume()
    assert first.wait(20)
    assert first.tasks[1].assets[0].params["prompt"] == "edited"
    error = display.error("task.edit", batch=first.id, index=1, params={"prompt": "again"})
    assert "is completed; only a queued task can be edited" in error["message"]


@pytest.mark.parametrize("how", ["after_running", "now"])
def test_stopping(tmp_path: Any, page: Any, how: str) -> None:
    from batchgen_widgets.testing import GatedGenerator, wait_for_state

    gate = GatedGenerator()
    with bg.BatchSession(gate.generator, tmp_path / "project") as session:
        session.set_batch_config({"batch_size": 3, "variation_params": {"vary_seeds": True}})
        studio = page(bg.BatchStudio(session))
        batch = session.start_batch()
        call = gate.next_call()
        studio.result("batch.stop", batch=batch.id, how=how)
        if how == "after_running":
            assert batch.tasks[0].status == "running"
            call.finish()
        wait_for_state(batch.tasks[0], "completed" if how == "after_running" else "cancelled")
        studio.wait_for(lambda: batch_of(studio).get("status") == "paused" and not studio.shown("running"))
        assert studio.shown("queue")["paused"]
        assert [task.index for task in session.queue] == [1, 2]
        assert "not allowed; choose" in studio.error("batch.stop", batch=batch.id, how="softly")["message"]


def test_failures_come_by_cause(session: bg.BatchSession, display: Any) -> None:
    session.set_base_parameters({"fail": True})
    session.pause()
    batch = session.start_batch()
    session.edit_task(batch.tasks[0], {"prompt": "moon 1"})
    session.edit_task(batch.tasks[3], {"fail": False})
    session.resume()
    assert batch.wait(20)
    display.wait_for(lambda: batch_of(display).get("counts", {}).get("failed") == 3)
    assert display.shown("batch")["failures"] == [
        {"error": "ValueError: no dots for dots", "count": 2, "first": 1},
        {"error": "ValueError: no dots for moon 1", "count": 1, "first": 0},
    ]
    assert display.shown("batch")["executor"] == {"name": "thread", "hard_cancel": False}
    assert set(display.shown("batch")) == set(wire.BatchSummary.__annotations__)
    session.pause()
    display.result("task.retry", batch=batch.id, index=1)
    display.wait_for(lambda: display.shown("batch")["failures"][0]["count"] == 1)
