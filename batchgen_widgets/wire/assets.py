"""Assets as a page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..batches import Asset
from ..generators.inputs import assets_in
from ..projects import AssetFiles
from ..projects.thumbnails import make_again, read_thumbnail, write_thumbnail
from .columns import TaskTable
from .types import ASSET_KINDS, ASSET_MARKS
from .values import plain_params

__all__ = ["asset_record", "asset_reviews", "asset_thumbnail", "kind_code", "mark_code"]

_KINDS = {kind: code for code, kind in enumerate(ASSET_KINDS)}
_MARKS = {mark: code for code, mark in enumerate(ASSET_MARKS)}


def kind_code(asset: Asset) -> int:
    """Give the place of an asset's kind in ``ASSET_KINDS``."""
    return _KINDS[asset.kind]


def mark_code(asset: Asset) -> int:
    """Give the place of an asset's mark in ``ASSET_MARKS``; the trash counts as one."""
    return _MARKS["trashed" if asset.trashed_at is not None else asset.mark or "none"]


def asset_record(
    position: int,
    asset: Asset,
    batch: TaskTable | None,
    places: Mapping[str, int] = MappingProxyType({}),
    *,
    path: str | None = None,
    missing: bool | None = None,
) -> dict[str, Any]:
    """Give everything about one asset but its bytes, as `types.AssetRecord`.

    Parameters
    ----------
    position : int
        Its place in the list on show.
    asset : Asset
    batch : Batch or TaskTable or None
        Its batch, where that is known; it says how long the task took.
    places : mapping of str to int, optional
        Positions of assets by id, for its parents.
    path : str, optional
        Where its file is, for people; as a cell of this notebook would write it when not given.
    missing : bool, optional
        Whether its file is gone; looked up when not given.
    """
    if missing is None:
        missing = not asset.path.exists()
    names = {parent.id: parent.path.name for value in asset.params.values() for parent in assets_in(value)}
    task = batch.tasks[asset.task_index] if batch else None
    seconds = (
        (task.completed_at - task.started_at).total_seconds()
        if task and task.completed_at and task.started_at
        else None
    )
    return {
        "position": position,
        "id": asset.id,
        "name": asset.path.name,
        "kind": asset.kind,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "file_size": asset.file_size,
        "created_at": asset.created_at.timestamp(),
        "params": plain_params(asset.params),
        "metrics": plain_params(asset.metrics),
        "task_index": asset.task_index,
        "alt": asset.alt,
        "path": _short_path(asset.path) if path is None else path,
        "task_seconds": seconds,
        "parents": [
            {"id": parent, "name": names.get(parent, parent), "position": places.get(parent)}
            for parent in asset.parents
        ],
        **({"missing": True} if missing else {}),
    }


def asset_reviews(assets: Sequence[Asset]) -> dict[str, list[dict[str, Any]]]:
    """Give what reviewers say of assets of one project, by asset, as `types.AssetReview`; it is no part of a record.

    An exported page shows records to reviewers, who judge for themselves.
    """
    if not assets:
        return {}
    found = assets[0].keeper.reviews([asset.id for asset in assets])
    return {
        name: [{"reviewer": one.reviewer, "mark": one.mark, "note": one.note} for one in several if one.says_something]
        for name, several in found.items()
    }


def _short_path(path: Path) -> str:
    """Give a path as a cell of this notebook would write it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def asset_thumbnail(asset: Asset | AssetFiles) -> bytes:
    """Read the thumbnail of an asset, and make it anew when it is gone or broken off.

    Raises
    ------
    OSError, ResultError
        When the asset's own file is gone or damaged, too.
    """
    data = read_thumbnail(asset.thumbnail_path)
    if data is None:
        data = make_again(asset.path, asset.kind)
        with suppress(OSError):  # a project that can only be read is shown all the same
            write_thumbnail(data, asset.thumbnail_path)
    return data
