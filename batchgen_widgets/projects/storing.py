"""Files of a task: written by whoever ran it, wherever that is, before anybody hears of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..media import Encoding, Outputs
    from ..recipes import Recipe

__all__ = ["Destination", "StoredAsset", "remove_files", "store_outputs", "sweep_files"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the files of one task go; all that a worker in another process must know of a project.

    Attributes
    ----------
    root : Path
        The project's directory, absolute.
    batch_id : str
    index : int
        Of the task.
    width : int
        Digits of the index in file names.
    """

    root: Path
    batch_id: str
    index: int
    width: int

    def asset_id(self, position: int) -> str:
        """Give the id of what becomes an asset, by its place among the media of the task."""
        return f"{self.batch_id}-{self.index:0{self.width}d}" + (f"-{position}" if position else "")


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """One asset on disk that no database knows yet; plain, so that it travels between processes."""

    kind: Literal["image", "video", "audio"]
    path: Path
    thumbnail_path: Path
    name: str | None
    position: int
    width: int | None
    height: int | None
    duration: float | None
    file_size: int
    sha256: str | None = None


def store_outputs(
    outputs: Outputs,
    params: Mapping[str, Any],
    destination: Destination,
    *,
    recipe: Recipe | None = None,
    encoding: Encoding | None = None,
) -> list[StoredAsset]:
    """Write the media of a task as files with thumbnails.

    When one can't be written, those before it are removed again.

    Parameters
    ----------
    outputs : Outputs
    params : mapping
        Of the task, for the names of files.
    destination : Destination
    recipe : Recipe, optional
        How they were made, which goes into each file.
    encoding : Encoding, optional
        The formats of what has to be encoded.

    Raises
    ------
    OSError
        When the disk is full or can't be written.
    """
    if not outputs.items:  # metrics alone need no directories
        return []
    from ..media import Encoding, make_thumbnail, readable_stem, write_media

    directory = destination.root / "assets" / destination.batch_id
    thumbnails = destination.root / "thumbnails" / destination.batch_id
    directory.mkdir(parents=True, exist_ok=True)
    thumbnails.mkdir(parents=True, exist_ok=True)
    written: list[StoredAsset] = []
    try:
        for position, item in enumerate(outputs.items):
            stem = readable_stem(destination.index, params, name=item.name, position=position, width=destination.width)
            # From the value, which need not be decoded again; frames that can be read once are only peeked at.
            thumbnail = make_thumbnail(item.source, item.kind)
            stored = write_media(
                item, directory, stem, encoding=encoding or Encoding(), **_notes(recipe, destination, position)
            )
            asset = StoredAsset(
                kind=stored.kind,
                path=stored.path,
                thumbnail_path=thumbnails / f"{stored.path.name}.webp",
                name=item.name,
                position=position,
                width=stored.width,
                height=stored.height,
                duration=stored.duration,
                file_size=stored.file_size,
                sha256=stored.sha256,
            )
            written.append(asset)
            asset.thumbnail_path.write_bytes(thumbnail)
    except BaseException:
        remove_files(written)
        raise
    return written


def _notes(recipe: Recipe | None, destination: Destination, position: int) -> dict[str, str | None]:
    if recipe is None:
        return {}
    from ..recipes import write_automatic1111

    whole = replace(recipe, position=position, asset_id=destination.asset_id(position))
    return {"note": whole.to_json(), "parameters": write_automatic1111(recipe.params)}


def remove_files(assets: Iterable[StoredAsset]) -> None:
    """Remove files that never became part of a project."""
    for path in [path for asset in assets for path in (asset.path, asset.thumbnail_path)]:
        with suppress(OSError):  # what can't be removed must not hide why it should be
            path.unlink(missing_ok=True)


def sweep_files(destination: Destination, pid: int, kept: Iterable[StoredAsset] = ()) -> None:
    """Remove what a process that was killed left of one task: half-written files, and those that nobody will hear of.

    Parameters
    ----------
    destination : Destination
        Of the task, which has no assets in the project.
    pid : int
        Of the process.
    kept : iterable of StoredAsset
        What stays, as the process said before it ended that it is whole.
    """
    from ..media import TEMPORARY_PREFIX

    stay = {path for asset in kept for path in (asset.path, asset.thumbnail_path)}
    head = f"{destination.index:0{destination.width}d}"
    beginnings = (f"{TEMPORARY_PREFIX}{pid}-", *(f"{head}{mark}" for mark in "_-."))
    for folder in ("assets", "thumbnails"):
        with suppress(OSError):
            for path in (destination.root / folder / destination.batch_id).iterdir():
                if path.name.startswith(beginnings) and path not in stay:
                    with suppress(OSError):
                        path.unlink()
