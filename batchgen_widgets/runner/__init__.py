"""What runs: the queue, its workers, and where generators are called."""

from __future__ import annotations

from .executors import EXECUTORS, Executor
from .policy import Policy
from .runner import Runner

__all__ = ["EXECUTORS", "Executor", "Policy", "Runner"]
