"""What lasts: the database, the asset files, and every change to them."""

from __future__ import annotations

from .events import AssetsAdded, BatchAdded, BatchChanged, Event, MarksChanged, TasksChanged
from .ledger import Ledger, find_task
from .project import Project
from .storing import Destination, StoredAsset, remove_files, store_outputs

__all__ = [
    "AssetsAdded",
    "BatchAdded",
    "BatchChanged",
    "Destination",
    "Event",
    "Ledger",
    "MarksChanged",
    "Project",
    "StoredAsset",
    "TasksChanged",
    "find_task",
    "remove_files",
    "store_outputs",
]
