"""Where a task's call of the generator runs."""

from __future__ import annotations

from collections.abc import Callable

from .base import Executor
from .process import ProcessExecutor
from .thread import ThreadExecutor

__all__ = ["EXECUTORS", "Executor", "ProcessExecutor", "ThreadExecutor"]

EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "thread": lambda workers: ThreadExecutor(),
    "process": ProcessExecutor,
}
"""What makes an executor for a number of workers, by the name that a session takes."""
