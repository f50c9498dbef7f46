"""Assets as a page shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..batches import Asset, Batch
from .values import plain_params

__all__ = ["asset_record", "asset_thumbnail"]


def asset_record(position: int, asset: Asset, batch: Batch | None) -> dict[str, Any]:
    """Give everything about one asset but its bytes, as `types.AssetRecord`.

    Parameters
    ----------
    position : int
        Its place in the list on show.
    asset : Asset
    batch : Batch or None
        Its batch, where that is known; it says how long the task took.
    """
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
        "path": _short_path(asset.path),
        "task_seconds": seconds,
        "parents": [{"id": parent, "name": parent, "position": None} for parent in asset.parents],
    }


def _short_path(path: Path) -> str:
    """Give a path as a cell of this notebook would write it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def asset_thumbnail(asset: Asset) -> bytes:
    """Read the thumbnail of an asset, and make it anew when it is gone."""
    try:
        return asset.thumbnail_path.read_bytes()
    except FileNotFoundError:
        # Only now: what it brings along would hold up the first sight of a gallery.
        from ..media import make_thumbnail

        data = make_thumbnail(asset.path, asset.kind)
        asset.thumbnail_path.parent.mkdir(parents=True, exist_ok=True)
        asset.thumbnail_path.write_bytes(data)
        return data
