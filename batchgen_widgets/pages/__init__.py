"""Batches as pages and pictures that need no kernel."""

from __future__ import annotations

from .page import Only, write_page
from .snapshot import SNAPSHOT_BYTES, Snapshot, snapshot, snapshot_of_results, snapshot_of_words

__all__ = [
    "SNAPSHOT_BYTES",
    "Only",
    "Snapshot",
    "snapshot",
    "snapshot_of_results",
    "snapshot_of_words",
    "write_page",
]
