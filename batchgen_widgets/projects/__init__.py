"""What lasts: the database, the asset files, and every change to them."""

from __future__ import annotations

from .comparison import Comparison
from .events import AssetsAdded, BatchAdded, BatchChanged, Event, MarksChanged, QueueChanged, TasksChanged, TrashChanged
from .history import AssetFiles, BatchList, History, HistoryEntry
from .ledger import Ledger, find_task
from .lineage import Lineage, LineageEdge, LineageNode
from .marks import MarkHistory
from .project import Project, project_key
from .reviews import Review, ReviewImported, Reviews, ReviewsChanged
from .storing import Destination, StoredAsset, remove_files, store_outputs, sweep_files
from .trash import Cleanup, Trashed
from .verify import Flaw, Report

__all__ = [
    "AssetFiles",
    "AssetsAdded",
    "BatchAdded",
    "BatchChanged",
    "BatchList",
    "Cleanup",
    "Comparison",
    "Destination",
    "Event",
    "Flaw",
    "History",
    "HistoryEntry",
    "Ledger",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "MarkHistory",
    "MarksChanged",
    "Project",
    "QueueChanged",
    "Report",
    "Review",
    "ReviewImported",
    "Reviews",
    "ReviewsChanged",
    "StoredAsset",
    "TasksChanged",
    "TrashChanged",
    "Trashed",
    "find_task",
    "project_key",
    "remove_files",
    "store_outputs",
    "sweep_files",
]
