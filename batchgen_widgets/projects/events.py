"""What happened in a project, told to whoever listens.

Events carry the records themselves. They are emitted under the project's lock, after the change is on disk and in
memory; listeners take note and return at once, and do their work elsewhere.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..batches import Asset, Batch, Task

__all__ = [
    "AssetsAdded",
    "BatchAdded",
    "BatchChanged",
    "Event",
    "Hub",
    "Listener",
    "MarksChanged",
    "QueueChanged",
    "TasksChanged",
    "TrashChanged",
]


@dataclass(frozen=True, slots=True)
class BatchAdded:
    """A batch was made; its tasks are queued."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class BatchChanged:
    """The status of a batch changed."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class TasksChanged:
    """Tasks of a batch changed: their status, or the parameters of queued ones; or they are new."""

    batch: Batch
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Queued tasks run in another order than before, or a queue was paused or goes on, whether it has tasks or not."""


@dataclass(frozen=True, slots=True)
class AssetsAdded:
    """A task made assets; they are on disk."""

    batch: Batch
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class MarksChanged:
    """Marks of assets changed."""

    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class TrashChanged:
    """Assets went to the trash, came back from it, or were deleted in it; those that nobody holds are not named."""

    assets: tuple[Asset, ...]


_log = logging.getLogger(__name__)

Event: TypeAlias = BatchAdded | BatchChanged | TasksChanged | QueueChanged | AssetsAdded | MarksChanged | TrashChanged
"""What the ledger tells; a session adds events of its own."""

Listener: TypeAlias = Callable[[object], None]


class Hub:
    """The listeners of a project."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._guard = threading.Lock()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every event from now on; call what is returned to stop."""
        with self._guard:
            self._listeners = (*self._listeners, listener)

        def stop() -> None:
            with self._guard:
                self._listeners = tuple(known for known in self._listeners if known is not listener)

        return stop

    def emit(self, event: object) -> None:
        """Tell every listener; one that fails is logged, and stops neither the others nor what happened."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                _log.exception("a listener failed at %s", type(event).__name__)
