"""Where a task's call of the generator runs."""

from __future__ import annotations

from .base import Executor
from .thread import ThreadExecutor

__all__ = ["EXECUTORS", "Executor", "ThreadExecutor"]

EXECUTORS: dict[str, type[Executor]] = {"thread": ThreadExecutor}
"""Executors by the name that a session takes."""
