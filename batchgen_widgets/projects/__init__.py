"""What lasts: the database, the asset files, and every change to them."""

from __future__ import annotations

from .events import AssetsAdded, BatchAdded, BatchChanged, Event, MarksChanged, QueueChanged, TasksChanged
from .ledger import Ledger, find_task
from .marks import MarkHistory
from .project import Project
from .storing import Destination, StoredAsset, remove_files, store_outputs, sweep_files
from .verify import Flaw, Report

__all__ = [
    "AssetsAdded",
    "BatchAdded",
    "BatchChanged",
    "Destination",
    "Event",
    "Flaw",
    "Ledger",
    "MarkHistory",
    "MarksChanged",
    "Project",
    "QueueChanged",
    "Report",
    "StoredAsset",
    "TasksChanged",
    "find_task",
    "remove_files",
    "store_outputs",
    "sweep_files",
]
