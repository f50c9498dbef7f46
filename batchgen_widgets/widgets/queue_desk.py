"""The queue in the progress display: what waits, in which order, and every way to change that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..batches import Task, TaskStatus
from ..errors import ParameterError
from ..sessions import BatchSession
from ..wire import plain_params
from .base import Answer, Reply, command

__all__ = ["QueueDesk", "task_of"]

_MAX_ROWS = 200


class QueueDesk:
    """Shows what waits in a session's queue, and takes commands to it."""

    is_live = False

    def __init__(self, session: BatchSession) -> None:
        self._session = session

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""
        session = self._session
        with session.project.ledger.lock:
            queued = session.queued_batches
            return {
                "queue": {
                    "paused": session.paused,
                    "tasks": sum(batch.counts[TaskStatus.QUEUED] for batch in queued),
                    "batches": len(queued),
                    "revision": session.queue_revision,
                }
            }

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        session = self._session

        def edit(params: Mapping[str, Any]) -> None:
            session.edit_task(task_of(session, params), params["params"])

        def move(params: Mapping[str, Any]) -> None:
            session.reorder_queue(task_of(session, params).id, int(params["to"]))

        def stop(params: Mapping[str, Any]) -> None:
            how = params["how"]
            if how == "after_running":
                session.stop_after_running()
            elif how == "now":
                session.stop_now(params["batch"])
            else:
                msg = f"how: {how!r} is not allowed; choose 'after_running' or 'now'"
                raise ParameterError(msg, field="how", value=how)

        return {
            "queue.pause": command(lambda _params: session.pause()),
            "queue.resume": command(lambda _params: session.resume()),
            "queue.get": self._rows,
            "queue.move": command(move),
            "queue.front": command(lambda params: session.move_batch_to_front(params["batch"])),
            "queue.remove": command(lambda params: session.remove_task(task_of(session, params))),
            "queue.clear": command(lambda _params: session.clear_queue()),
            "task.edit": command(edit),
            "batch.stop": command(stop),
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give no slow requests: there are none."""
        return {}

    def _rows(self, params: Mapping[str, Any]) -> Reply:
        start = max(0, int(params["start"]))
        stop = max(start, min(int(params["stop"]), start + _MAX_ROWS))
        with self._session.project.ledger.lock:
            queue = self._session.queue
            rows = [_row(task, position) for position, task in enumerate(queue[start:stop], start)]
            return {"total": len(queue), "rows": rows}, []


def task_of(session: BatchSession, params: Mapping[str, Any]) -> Task:
    """Give the task that a request names."""
    return session.find_task(params["batch"], int(params["index"]))


def _row(task: Task, position: int) -> dict[str, Any]:
    return {
        "batch": task.batch.id,
        "index": task.index,
        "position": position,
        "params": plain_params(task.params),
        "varied": list(task.batch.varied),
        "generator": task.batch.generator,
    }
