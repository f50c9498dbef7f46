"""What runs: the queue, its workers, and where generators are called."""

from __future__ import annotations

from .executors import EXECUTORS, Executor
from .executors.choose import make_executor
from .intake import Intake
from .policy import Policy
from .runner import Runner

__all__ = ["EXECUTORS", "Executor", "Intake", "Policy", "Runner", "make_executor"]
