"""What lasts: the database, the asset files, and every change to them."""

from __future__ import annotations

from .events import AssetsAdded, BatchAdded, BatchChanged, Event, MarksChanged, TasksChanged
from .ledger import Ledger, find_task
from .project import Project

__all__ = [
    "AssetsAdded",
    "BatchAdded",
    "BatchChanged",
    "Event",
    "Ledger",
    "MarksChanged",
    "Project",
    "TasksChanged",
    "find_task",
]
