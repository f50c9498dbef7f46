"""The model: what a batch shall be, the plan made from that, and the records of what happened."""

from __future__ import annotations

from .assets import Asset, Keeper, Mark
from .clock import Clock, utc_now
from .config import BatchConfig, VariationParams, arange, linspace
from .draft import Draft, complete
from .failures import FailureGroup
from .planning import Plan, make_plan, validate_config
from .records import Batch, Task
from .status import BATCH_MOVES, TASK_CODES, TASK_MOVES, BatchStatus, TaskStatus, check_move, settled_status

__all__ = [
    "BATCH_MOVES",
    "TASK_CODES",
    "TASK_MOVES",
    "Asset",
    "Batch",
    "BatchConfig",
    "BatchStatus",
    "Clock",
    "Draft",
    "FailureGroup",
    "Keeper",
    "Mark",
    "Plan",
    "Task",
    "TaskStatus",
    "VariationParams",
    "arange",
    "check_move",
    "complete",
    "linspace",
    "make_plan",
    "settled_status",
    "utc_now",
    "validate_config",
]
