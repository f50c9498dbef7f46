"""What runs: the queue, its workers, and where generators are called."""

from __future__ import annotations

from .executors import EXECUTORS, Executor
from .executors.choose import make_executor
from .intake import Intake
from .policy import Policy
from .reproduce import Reproduction, Watch, reproduce
from .runner import Runner

__all__ = ["EXECUTORS", "Executor", "Intake", "Policy", "Reproduction", "Runner", "Watch", "make_executor", "reproduce"]
