"""Waiting for what shall become so, and looking at a project as a new kernel would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..batches import Batch, Task
from ..projects import Ledger, Project
from ..projects.project import forget

__all__ = ["reopen", "wait_for", "wait_for_state"]


def wait_for(condition: Callable[[], object], what: str = "the condition", timeout: float = 20.0) -> None:
    """Wait until a condition holds, asking again and again.

    Raises
    ------
    TimeoutError
        When it does not come to hold.
    """
    deadline = time.monotonic() + timeout
    asked = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come to hold within {timeout:g} s")
        asked.wait(0.002)


def wait_for_state(record: Task | Batch, *states: str, timeout: float = 20.0) -> None:
    """Wait until a task or a batch is in one of some states.

    Raises
    ------
    TimeoutError
        When it does not get there; the message says where it is instead.
    """
    ledger = record.batch.keeper if isinstance(record, Task) else record.keeper
    assert isinstance(ledger, Ledger)
    told = threading.Event()
    stop = ledger.hub.subscribe(lambda _event: told.set())
    deadline = time.monotonic() + timeout
    try:
        while record.status not in states:
            if not told.wait(max(0.0, deadline - time.monotonic())):
                raise TimeoutError(f"{record!r} did not become {' or '.join(states)} within {timeout:g} s")
            told.clear()
    finally:
        stop()


def reopen(project: Project) -> Project:
    """Open a project as a new kernel does: everything is read from disk, and records of before are left behind.

    Sessions of the project must be closed.
    """
    forget(project)
    return Project(project.path)
