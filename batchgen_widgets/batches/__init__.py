"""The model: what a batch shall be, the plan made from that, and the records of what happened."""

from __future__ import annotations

from .assets import Asset, Keeper, Mark
from .clock import Clock, utc_now
from .config import BatchConfig, VariationParams, arange, linspace
from .draft import Draft, complete
from .failures import FailureGroup
from .fields import Column, Fields, make_column
from .inputs import GivenInputs
from .narrowing import Proposal, propose
from .order import Order
from .planning import Plan, make_plan, validate_config
from .query import MarkFilter, Query
from .records import Batch, Task
from .status import BATCH_MOVES, TASK_CODES, TASK_MOVES, BatchStatus, TaskStatus, check_move, settled_status
from .winners import ParameterWinners, Winners, WinningValue, find_winners

__all__ = [
    "BATCH_MOVES",
    "TASK_CODES",
    "TASK_MOVES",
    "Asset",
    "Batch",
    "BatchConfig",
    "BatchStatus",
    "Clock",
    "Column",
    "Draft",
    "FailureGroup",
    "Fields",
    "GivenInputs",
    "Keeper",
    "Mark",
    "MarkFilter",
    "Order",
    "ParameterWinners",
    "Plan",
    "Proposal",
    "Query",
    "Task",
    "TaskStatus",
    "VariationParams",
    "Winners",
    "WinningValue",
    "arange",
    "check_move",
    "complete",
    "find_winners",
    "linspace",
    "make_column",
    "make_plan",
    "propose",
    "settled_status",
    "utc_now",
    "validate_config",
]
