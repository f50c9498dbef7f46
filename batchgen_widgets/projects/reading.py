"""Rows of the database back into records."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ..batches import Asset, Batch, BatchConfig, BatchStatus, Keeper, Task, TaskStatus
from .database import DatabaseReader
from .trash import place_of

__all__ = ["read_asset", "read_batch", "read_head", "read_outcome"]


def read_head(row: sqlite3.Row, keeper: Keeper) -> Batch:
    """Read what is known of a batch beside its tasks and assets."""
    batch = Batch(
        id=row["id"],
        generator=row["generator"],
        config=BatchConfig.model_validate_json(row["config"]),
        base_parameters=json.loads(row["base_parameters"]),
        varied=tuple(json.loads(row["varied"])),
        created_at=_time(row["created_at"]),
        origin=json.loads(row["origin"]),
        keeper=keeper,
    )
    batch.restored = True
    batch.status = BatchStatus(row["status"])
    batch.cancel_requested = batch.status is BatchStatus.CANCELLED
    batch.started_at = _maybe_time(row["started_at"])
    batch.completed_at = _maybe_time(row["completed_at"])
    return batch


def read_batch(
    database: DatabaseReader,
    row: sqlite3.Row,
    root: Path,
    keeper: Keeper,
    known_asset: Callable[[str], Asset | None] = lambda _id: None,
) -> Batch:
    """Read a batch with its tasks and assets, but for the assets that are known already."""
    batch = read_head(row, keeper)
    task_rows = list(database.task_rows(batch.id))
    by_task: defaultdict[int, list[Asset]] = defaultdict(list)
    tasks = batch.add_tasks([json.loads(task_row["params"]) for task_row in task_rows])
    for asset_row in database.asset_rows(batch.id):
        asset = known_asset(asset_row["id"]) or read_asset(asset_row, root, keeper)
        batch.add_assets([asset])
        by_task[asset.task_index].append(asset)
    together = Counter(task_row["started_at"] for task_row in task_rows)
    for task, task_row in zip(tasks, task_rows, strict=True):
        read_outcome(task, task_row)
        batch.count(task, TaskStatus(task_row["status"]))
        task.assets = tuple(by_task.get(task.index, ()))
        if task.status is TaskStatus.COMPLETED:
            task.progress = 1.0
            if task.started_at and task.completed_at:
                # Only tasks of one call start at the same moment.
                task.group_size = together[task_row["started_at"]]
                batch.pace.add((task.completed_at - task.started_at).total_seconds() / task.group_size)
    return batch


def read_outcome(task: Task, row: sqlite3.Row) -> None:
    """Give a task what its row says beside its parameters, its status and its assets."""
    task.error, task.traceback = row["error"], row["traceback"]
    task.attempt = row["attempt"]
    task.restore_log(row["log"])
    if row["metrics"]:
        task.metrics = json.loads(row["metrics"])
    task.started_at = _maybe_time(row["started_at"])
    task.completed_at = _maybe_time(row["completed_at"])


def read_asset(row: sqlite3.Row, root: Path, keeper: Keeper) -> Asset:
    """Read one asset."""
    return Asset(
        id=row["id"],
        batch_id=row["batch_id"],
        task_index=row["task_idx"],
        position=row["position"],
        name=row["name"],
        kind=row["kind"],
        path=place_of(root, row, "file"),
        thumbnail_path=place_of(root, row, "thumbnail"),
        width=row["width"],
        height=row["height"],
        duration=row["duration"],
        file_size=row["file_size"],
        created_at=_time(row["created_at"]),
        params=json.loads(row["params"]),
        metrics=json.loads(row["metrics"]),
        parents=tuple(json.loads(row["parents"])),
        mark=row["mark"],
        sha256=row["sha256"],
        trashed_at=_maybe_time(row["trashed_at"]),
        deleted_at=_maybe_time(row["deleted_at"]),
        keeper=keeper,
    )


def _time(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def _maybe_time(stamp: float | None) -> datetime | None:
    return None if stamp is None else _time(stamp)
