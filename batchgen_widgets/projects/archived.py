"""The records of an exported project, made from its manifest: to look at, with nothing imported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ..batches import Asset, Batch, BatchConfig, BatchStatus, Keeper, TaskStatus, utc_now
from .keeping import LookingOnly
from .manifest import AssetEntry, BatchEntry, Manifest, from_plain, when
from .reviews import Review, reviewer_name

__all__ = ["records_of"]


def records_of(manifest: Manifest, path: Path) -> list[Batch]:
    """Make the records of an archive, in the order of the manifest.

    Parameters
    ----------
    manifest : Manifest
        Checked, as `read_contents` gives it.
    path : Path
        Of the archive. The path of an asset is this one with that of its file within the archive behind it: to be told
        to people, since there is no such file. Thumbnails have the same path.

    Returns
    -------
    list of Batch
        With tasks, assets and reviews; sizes and durations are what the manifest says.
    """
    reviews = {asset.id: _read_reviews(asset) for batch in manifest.batches for asset in batch.assets if asset.reviews}
    keeper = LookingOnly(
        f"{path.name}: an archive is only looked at; import it into a project to change anything",
        lambda ids: {asset_id: reviews[asset_id] for asset_id in ids if asset_id in reviews},
    )
    return [_read_batch(entry, path, keeper) for entry in manifest.batches]


def _read_reviews(entry: AssetEntry) -> list[Review]:
    now = utc_now()
    reviews = [
        Review(reviewer_name(one.reviewer), one.mark, one.note, min(when(one.made_at), now)) for one in entry.reviews
    ]
    return sorted(reviews, key=lambda one: one.reviewer)


def _read_batch(entry: BatchEntry, path: Path, keeper: Keeper) -> Batch:
    batch = Batch(
        id=entry.id,
        generator=entry.generator,
        config=BatchConfig.from_json(entry.config.model_dump()),
        base_parameters=_values(entry.base_parameters),
        varied=tuple(entry.varied),
        created_at=when(entry.created_at),
        origin=_values(entry.origin),
        keeper=keeper,
    )
    batch.restored = True
    batch.status = BatchStatus(entry.status)
    batch.started_at, batch.completed_at = _maybe_when(entry.started_at), _maybe_when(entry.completed_at)
    tasks = batch.add_tasks([_values(task.params) for task in entry.tasks])
    by_task: defaultdict[int, list[Asset]] = defaultdict(list)
    batch.add_assets([_read_asset(each, batch, path, keeper) for each in entry.assets])
    for asset in batch.assets:
        by_task[asset.task_index].append(asset)
    for task, told in zip(tasks, entry.tasks, strict=True):
        task.error, task.traceback = told.error, told.traceback
        batch.count(task, TaskStatus(told.status))
        task.attempt = told.attempt
        task.restore_log(told.log)
        if told.metrics:
            task.metrics = _values(told.metrics)
        task.started_at, task.completed_at = _maybe_when(told.started_at), _maybe_when(told.completed_at)
        task.assets = tuple(by_task.get(task.index, ()))
        task.progress = 1.0 if task.status is TaskStatus.COMPLETED else 0.0
    return batch


def _read_asset(entry: AssetEntry, batch: Batch, path: Path, keeper: Keeper) -> Asset:
    place = path.joinpath(*entry.file.split("/"))
    return Asset(
        id=entry.id,
        batch_id=batch.id,
        task_index=entry.task,
        position=entry.position,
        name=entry.name,
        kind=entry.kind,
        path=place,
        thumbnail_path=place,
        width=entry.width,
        height=entry.height,
        duration=entry.duration,
        file_size=entry.size,
        created_at=when(entry.created_at),
        params=batch.tasks[entry.task].params,
        metrics=_values(entry.metrics),
        parents=tuple(entry.parents),
        mark=entry.mark,
        sha256=entry.sha256,
        keeper=keeper,
    )


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return from_plain(dict(values))


def _maybe_when(text: str | None) -> datetime | None:
    return when(text) if text else None
