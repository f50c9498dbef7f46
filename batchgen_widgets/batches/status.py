"""The status machine of tasks and batches, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from ..errors import StateError

__all__ = ["BATCH_MOVES", "TASK_CODES", "TASK_MOVES", "BatchStatus", "TaskStatus", "check_move", "settled_status"]


class TaskStatus(StrEnum):
    """Where a task is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens unless somebody retries or resumes."""
        return self not in (TaskStatus.QUEUED, TaskStatus.RUNNING)


class BatchStatus(StrEnum):
    """Where a batch is."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens unless somebody retries or resumes."""
        return self not in (BatchStatus.PENDING, BatchStatus.RUNNING, BatchStatus.PAUSED)


_T, _B = TaskStatus, BatchStatus

# A crash leaves queued tasks queued; only what was running is interrupted.
TASK_MOVES: Final[Mapping[TaskStatus, frozenset[TaskStatus]]] = {
    _T.QUEUED: frozenset({_T.RUNNING, _T.CANCELLED}),
    _T.RUNNING: frozenset({_T.COMPLETED, _T.FAILED, _T.CANCELLED, _T.INTERRUPTED, _T.QUEUED}),
    _T.COMPLETED: frozenset(),
    _T.FAILED: frozenset({_T.QUEUED}),
    _T.CANCELLED: frozenset({_T.QUEUED}),
    _T.INTERRUPTED: frozenset({_T.QUEUED}),
}
"""What a task may become next. Running to queued is a retry by itself, finished to queued one that somebody wanted."""

_ENDS = frozenset({_B.COMPLETED, _B.FAILED, _B.CANCELLED, _B.INTERRUPTED})
_REVIVED = frozenset({_B.PENDING, _B.RUNNING})

BATCH_MOVES: Final[Mapping[BatchStatus, frozenset[BatchStatus]]] = {
    # A revived batch is pending again, and may end in any way without a task started: its queued ones are cancelled.
    _B.PENDING: frozenset({_B.RUNNING, _B.PAUSED}) | _ENDS,
    _B.RUNNING: frozenset({_B.PAUSED}) | _ENDS,
    # Tasks that run when a batch is paused go on, and may be its last ones.
    _B.PAUSED: frozenset({_B.PENDING, _B.RUNNING}) | _ENDS,
    _B.COMPLETED: _REVIVED,
    _B.FAILED: _REVIVED,
    _B.CANCELLED: _REVIVED,
    _B.INTERRUPTED: _REVIVED,
}
"""What a batch may become next. A finished one revives when its tasks are retried or it is resumed."""

TASK_CODES: Final[Mapping[TaskStatus, int]] = {status: code for code, status in enumerate(TaskStatus)}
"""One byte for each status, as the browser gets it."""

_Status = TypeVar("_Status", bound=TaskStatus | BatchStatus)


def check_move(old: _Status, new: _Status) -> None:
    """Let an allowed move pass.

    Raises
    ------
    StateError
        When `old` may not become `new`; it names what is allowed.
    """
    noun = "task" if isinstance(old, TaskStatus) else "batch"
    allowed: frozenset[str] = TASK_MOVES[old] if isinstance(old, TaskStatus) else BATCH_MOVES[old]
    # Statuses of tasks and batches are texts, and equal when the text is; so the type counts too.
    if type(new) is not type(old) or new not in allowed:
        order = [str(status) for status in type(old) if status in allowed]
        choices = f"it can become {' or '.join(order)}" if order else "it stays what it is"
        raise StateError(f"a {noun} that is {old} cannot become {new}; {choices}")


def settled_status(counts: Mapping[TaskStatus, int], cancel_requested: bool = False) -> BatchStatus | None:
    """Return the status of a batch whose tasks all came to an end.

    Parameters
    ----------
    counts : mapping of TaskStatus to int
        How many tasks are where; what is left out is 0.
    cancel_requested : bool
        Whether somebody cancelled the batch as a whole.

    Returns
    -------
    BatchStatus or None
        None while tasks are queued or running. Failures beside successes still make a completed batch, and so does a
        cancel that came too late to stop any task.
    """

    def some(status: TaskStatus) -> bool:
        return counts.get(status, 0) > 0

    if some(_T.QUEUED) or some(_T.RUNNING):
        return None
    if some(_T.CANCELLED) and (cancel_requested or not some(_T.COMPLETED)):
        return _B.CANCELLED
    if some(_T.INTERRUPTED):
        return _B.INTERRUPTED
    return _B.FAILED if some(_T.FAILED) and not some(_T.COMPLETED) else _B.COMPLETED
