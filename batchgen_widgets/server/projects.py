"""A project as a source: whatever its rows say, nothing outside of its directory is read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..batches import Asset
from ..errors import BatchgenError, ParameterError, ProjectError
from ..projects import AssetFiles
from ..projects.readonly import BatchRows, ReadOnlyProject
from ..wire import history_page, nearest
from .gallery import GalleryReader, draw_thumbnail
from .places import DATABASE, inside
from .sources import Answer, Reply

__all__ = ["ProjectFiles", "ProjectSource"]

_BATCHES_HELD: Final = 4
_MAX_THUMBNAILS: Final = 80
_KINDS: Final = bytes.maketrans(b"iva", bytes([0, 1, 2]))
_MARKS: Final = bytes.maketrans(b"-fdt", bytes([0, 1, 2, 3]))


class ProjectFiles:
    """The files of a project's assets.

    Parameters
    ----------
    root : Path
        The project's directory, absolute and without links.
    place : str
        The same for people: from the server's root, with slashes.
    """

    def __init__(self, root: Path, place: str) -> None:
        self._root = root
        self._place = place

    def has(self, asset: Asset) -> bool:
        """Say whether the file is there, and in the project."""
        try:
            self._inside(asset.path)
        except OSError:
            return False
        return True

    def place(self, asset: Asset) -> str:
        """Say for people where the file is, from the server's root."""
        try:
            return "/".join(filter(None, [self._place, asset.path.relative_to(self._root).as_posix()]))
        except ValueError:  # the row says that it is elsewhere
            return asset.path.name

    def get(self, asset: Asset | AssetFiles) -> AssetFiles:
        """Give files that can be read.

        Raises
        ------
        OSError
            When the file is not there, or not in the project.
        """
        path = self._inside(asset.path)
        try:
            thumbnail = self._inside(asset.thumbnail_path)
        except OSError:
            thumbnail = self._root  # where none can be read
        return AssetFiles(asset.kind, path, thumbnail)

    def _inside(self, path: Path) -> Path:
        found = inside(self._root, path)
        # To read the database here would drop the locks of who reads it as what it is; some systems know it by any
        # case. Nothing of a project's is hidden, and what else is, is not the server's to show.
        hidden = any(part.startswith(".") for part in found.relative_to(self._root).parts)
        if hidden or found.name.casefold().startswith(DATABASE):
            raise PermissionError(f"{path.name}: is no result")
        return found


class ProjectSource:
    """Answers for one project.

    Parameters
    ----------
    path : Path
        The directory, absolute and without links.
    place : str
        The same from the server's root, with slashes.
    """

    def __init__(self, path: Path, place: str) -> None:
        self._project = ReadOnlyProject(path)
        self._files = ProjectFiles(path, place)
        self._lock = threading.Lock()
        self._readers: OrderedDict[str, tuple[object, GalleryReader]] = OrderedDict()

    def answers(self) -> dict[str, Answer]:
        """Give every request of `SERVER_REQUESTS`."""
        return {
            "gallery.open": self._open,
            **{name: self._ask_reader(name) for name in _OF_ONE_LIST},
            "history.get": self._history,
            "history.compare": self._compare,
            "assets.thumbnails_by_id": self._thumbnails,
            "lineage.get": self._lineage,
        }

    def close(self) -> None:
        """Forget what was read; no file is open between requests."""
        with self._lock:
            self._readers.clear()

    def _open(self, params: Mapping[str, Any]) -> Reply:
        batch, revision = params["batch"], str(params["revision"])
        if batch is None:
            raise ParameterError("batch: a project is shown one batch at a time; name one", field="batch")
        return self._reader(str(batch), fresh=True).open(revision)

    def _ask_reader(self, name: str) -> Answer:
        def answer(params: Mapping[str, Any]) -> Reply:
            return self._reader(str(params["source"]), fresh=False).answers()[name](params)

        return answer

    def _reader(self, batch_id: str, *, fresh: bool) -> GalleryReader:
        """Give the reader of a batch, read anew where that is asked for and the project has changed."""
        # Held while it is read: who asks for the same thing meanwhile would read it again.
        with self._lock:
            stamp = self._project.stamp
            held = self._readers.get(batch_id)
            if held is None or (fresh and held[0] != stamp):
                made = self._read(self._project.rows(batch_id))
                # The one that is held has read some of its records already.
                held = (stamp, held[1] if held and held[1].revision == made.revision else made)
                self._readers[batch_id] = held
            self._readers.move_to_end(batch_id)
            while len(self._readers) > _BATCHES_HELD:
                self._readers.popitem(last=False)
            return held[1]

    def _read(self, rows: BatchRows) -> GalleryReader:
        if "?" in rows.kinds:
            raise ProjectError(f"batch {rows.id} holds what is neither an image, a video nor a sound")
        return GalleryReader(
            rows.id,
            rows.assets,
            rows,
            rows.generator,
            files=self._files,
            offers=["lineage"],
            codes=(rows.kinds.encode().translate(_KINDS), rows.marks.encode().translate(_MARKS)),
        )

    def _history(self, params: Mapping[str, Any]) -> Reply:
        return history_page(self._project, params, own=None, shown=""), []

    def _compare(self, params: Mapping[str, Any]) -> Reply:
        return self._project.compare(str(params["a"]), str(params["b"])).to_json(), []

    def _lineage(self, params: Mapping[str, Any]) -> Reply:
        return nearest(self._project.lineage(str(params["asset"])).to_json()), []

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        items, buffers = [], []
        wanted = list(map(str, params["ids"]))[:_MAX_THUMBNAILS]
        for asset_id, each in self._project.asset_files(wanted).items():
            try:
                picture = draw_thumbnail(self._files.get(each))
            except (OSError, BatchgenError, ValueError):  # the file is gone, or no medium: there is no picture
                continue
            items.append({"id": asset_id, "type": "image/webp"})
            buffers.append(picture)
        return {"items": items}, buffers


_OF_ONE_LIST: Final = ("assets.get", "assets.thumbnails", "assets.media", "assets.columns", "cells.get")
