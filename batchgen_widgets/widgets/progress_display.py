"""The progress display: what runs, how far it is, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

import traitlets

from ..batches import Batch, Task, TaskStatus
from ..pages import SNAPSHOT_BYTES
from ..sessions import BatchSession
from ..texts import cut
from ..wire import plain_params
from .base import Answer, BatchgenWidget, Live, Reply, command
from .config_panel import check_session
from .frontend import module
from .queue_desk import QueueDesk, task_of
from .snapshot import batch_in_words

__all__ = ["BatchProgressDisplay", "ProgressDesk", "ProgressView", "fraction_done", "summarize"]

_MAX_ROWS = 200
_MAX_CAUSES = 5
_LONGEST_ERROR = 2_000
_LONGEST_LOG = 64_000


def _status(view: ProgressView) -> str | None:
    batch = view.session.active_batch
    return batch.status if batch else None


def _progress(view: ProgressView) -> float:
    batch = view.session.active_batch
    return fraction_done(batch) if batch else 0.0


def fraction_done(batch: Batch) -> float:
    """Say how much of a batch is done, 0 to 1."""
    done = sum(count for status, count in batch.counts.items() if status.is_finished)
    partial = sum(task.progress for task in batch.running)
    return (done + partial) / len(batch.tasks) if batch.tasks else 0.0


class ProgressView(traitlets.HasTraits):
    """Traits of the progress display."""

    session: BatchSession

    batch = traitlets.Dict(allow_none=True, read_only=True).tag(sync=True)
    queue = traitlets.Dict(read_only=True).tag(sync=True)
    task_status = traitlets.Bytes(read_only=True).tag(sync=True)
    running: Any = traitlets.List(read_only=True).tag(sync=True)

    status = Live(_status, help="Status of the active batch, or None.")
    progress = Live(_progress, help="How much of the active batch is done, 0 to 1.")


class ProgressDesk:
    """Shows a session's active batch, and takes commands to it."""

    def __init__(self, session: BatchSession) -> None:
        self._session = session

    @property
    def is_live(self) -> bool:
        """Whether tasks run, whose progress moves without an event."""
        return bool(self._session.running)

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""
        with self._session.project.ledger.lock:
            batch = self._session.active_batch
            return {
                "batch": summarize(self._session, batch) if batch else None,
                "task_status": bytes(batch.status_column) if batch else b"",
                "running": [_running_entry(task) for task in batch.running] if batch else [],
            }

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        session = self._session

        return {
            "batch.cancel": command(lambda params: session.cancel_batch(params["batch"])),
            "batch.resume": command(lambda params: session.resume_batch(params["batch"])),
            "batch.retry_failed": command(lambda params: session.retry_failed(params["batch"])),
            "task.cancel": command(lambda params: session.cancel_task(task_of(session, params))),
            "task.retry": command(lambda params: session.retry_task(task_of(session, params))),
            "tasks.get": self._rows,
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that encode pictures."""
        return {"tasks.preview": self._preview}

    def _rows(self, params: Mapping[str, Any]) -> Reply:
        batch = self._session.project.batch(params["batch"])
        start = max(0, int(params["start"]))
        stop = max(start, min(int(params["stop"]), start + _MAX_ROWS))
        with self._session.project.ledger.lock:
            return {"rows": [_row(task, batch) for task in batch.tasks[start:stop]]}, []

    def _preview(self, params: Mapping[str, Any]) -> Reply:
        task = task_of(self._session, params)
        version, image = task.preview_version, task.preview
        if image is None:
            return {"version": 0, "type": ""}, []
        buffer = BytesIO()
        image.save(buffer, "WEBP", quality=75, method=0)
        return {"version": version, "type": "image/webp"}, [buffer.getvalue()]


def summarize(session: BatchSession, batch: Batch) -> dict[str, Any]:
    """Give what `types.BatchSummary` says of a batch of a session; under the lock of its project."""
    workers, executor = session.workers, session.executor
    counts = batch.counts
    partial = sum(task.progress for task in batch.running)
    left = counts[TaskStatus.QUEUED] + counts[TaskStatus.RUNNING] - partial
    eta = None if batch.status.is_finished else batch.pace.eta(left, workers)
    rate = batch.pace.rate_per_min(min(workers, len(batch.tasks)))
    return {
        "id": batch.id,
        "generator": batch.generator,
        "status": str(batch.status),
        "total": len(batch.tasks),
        "counts": {str(status): count for status, count in counts.items()},
        "created_at": batch.created_at.timestamp(),
        "started_at": _stamp(batch.started_at),
        "completed_at": _stamp(batch.completed_at),
        "eta_s": None if eta is None else round(eta, 1),
        "rate_per_min": None if rate is None else round(rate, 1),
        "failures": [
            {"error": cut(group.error, _LONGEST_ERROR), "count": group.count, "first": group.first}
            for group in batch.causes.largest(_MAX_CAUSES)
        ],
        "executor": {"name": executor.name, "hard_cancel": executor.hard_cancel},
    }


def _running_entry(task: Task) -> dict[str, Any]:
    return {
        "index": task.index,
        "progress": round(task.progress, 3),
        "message": task.message[:200] if task.message else None,
        "preview": task.preview_version if task.preview is not None else 0,
        "started_at": _stamp(task.started_at),
    }


def _row(task: Task, batch: Batch) -> dict[str, Any]:
    return {
        "index": task.index,
        "id": task.id,
        "status": str(task.status),
        "progress": task.progress,
        "message": task.message[:200] if task.message else None,
        "params": plain_params(task.params),
        "varied": list(batch.varied),
        "error": cut(task.error, _LONGEST_ERROR) if task.error else None,
        "traceback": task.traceback[-20_000:] if task.traceback else None,
        "log": cut(task.log, _LONGEST_LOG) if task.log else None,
        "attempt": task.attempt,
        "started_at": _stamp(task.started_at),
        "completed_at": _stamp(task.completed_at),
        "assets": [asset.order for asset in task.assets],
    }


def _stamp(when: datetime | None) -> float | None:
    return when.timestamp() if when else None


class BatchProgressDisplay(ProgressView, BatchgenWidget):
    """Progress of the session's active batch, task by task, with everything that can be done about it.

    Parameters
    ----------
    session : BatchSession
        What it shows.
    snapshot_bytes : int, default 300_000
        0 leaves out of the notebook's file what the cell shows without its kernel: a few words on the batch.
    layout, tooltip, tabbable : optional
        As with any widget.

    Attributes
    ----------
    status : str or None
        Status of the active batch; can be observed and linked.
    progress : float
        How much of the active batch is done, 0 to 1; can be observed and linked.
    """

    _esm = module("progress")
    options = ("snapshot_bytes",)

    def __init__(self, session: BatchSession, *, snapshot_bytes: int | None = SNAPSHOT_BYTES, **layout: Any) -> None:
        self.session = check_session(type(self), session)
        saved = batch_in_words(session, snapshot_bytes)
        super().__init__(session.project.ledger, [ProgressDesk(session), QueueDesk(session)], saved=saved, **layout)
