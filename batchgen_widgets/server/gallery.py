"""A gallery that is only looked at: assets of a project or an archive, answered without a kernel."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from ..batches import Asset
from ..errors import BatchgenError, ProjectError, StateError
from ..projects import AssetFiles
from ..projects.thumbnails import make_again, read_thumbnail
from ..wire import (
    TaskTable,
    asset_columns,
    asset_record,
    asset_reviews,
    kind_code,
    mark_code,
    read_chunk,
    read_range,
    task_columns,
    write_columns,
)
from ..wire import types as wire
from .sources import Answer, Reply

__all__ = ["Files", "GalleryReader", "draw_thumbnail"]

_MAX_POSITIONS: Final = 400
_LONGEST_THUMBNAIL: Final = 1024 * 1024
_DRAWN_BYTES: Final = 16 * 1024 * 1024


class Files(Protocol):
    """Where the files of assets are, as far as they may be read."""

    def has(self, asset: Asset) -> bool:
        """Say whether the file is there, without reading or unpacking it."""

    def place(self, asset: Asset) -> str:
        """Say for people where the file is."""

    def get(self, asset: Asset) -> AssetFiles:
        """Give files that can be read; where there is no thumbnail, its path need not lead to one.

        Raises
        ------
        OSError
            When it is not there, or outside of what may be read.
        """


class GalleryReader:
    """Answers what a page asks of one list of assets.

    Parameters
    ----------
    source : str
        Name of the list; what is asked about another one is refused.
    assets : sequence of Asset
        In order of arrival, those in the trash too.
    batch : Batch or TaskTable or None
        What all of them belong to; None for a list without one.
    title : str
        What the list is called; empty where there is nothing to tell it from.
    files : Files
    offers : sequence of str, optional
        Names of the tools that work through `answers`, such as "lineage".
    codes : tuple of bytes, optional
        Kinds and marks as on the wire, one byte for each asset, where they are known without looking at each one.
    """

    def __init__(
        self,
        source: str,
        assets: Sequence[Asset],
        batch: TaskTable | None,
        title: str,
        *,
        files: Files,
        offers: Sequence[str] = (),
        codes: tuple[bytes, bytes] | None = None,
    ) -> None:
        self._source = source
        self._assets = assets
        self._batch = batch
        self._title = title
        self._files = files
        self._offers = list(offers)
        self._kinds, self._marks = codes or _codes(assets)
        seen = hashlib.sha256(f"{source}\0{title}\0{len(assets)}\0".encode("utf-8", "surrogatepass"))
        for part in (self._kinds, self._marks):
            seen.update(part)
        self.revision = seen.hexdigest()[:32]
        """The same as long as nothing that a gallery shows at first has changed."""

    def open(self, known: str) -> Reply:
        """Answer ``gallery.open``: the list in short with its kinds and marks, or that the page has it already.

        Parameters
        ----------
        known : str
            The revision that the page has, empty for none.
        """
        if known == self.revision:
            return {"revision": self.revision, "gallery": None}, []
        summary = {
            "source": self._source,
            "title": self._title,
            "total": len(self._assets),
            "undoable": False,
            "offers": self._offers,
            "read_only": True,
        }
        return {"revision": self.revision, "gallery": summary}, [self._kinds, self._marks]

    def answers(self) -> dict[str, Answer]:
        """Answer ``assets.get``, ``assets.thumbnails``, ``assets.media``, ``assets.columns`` and ``cells.get``."""
        return {
            "assets.get": self._records,
            "assets.thumbnails": self._thumbnails,
            "assets.media": self._media,
            "assets.columns": self._columns,
            "cells.get": self._cells,
        }

    def _check(self, params: Mapping[str, Any]) -> None:
        if params["source"] != self._source:
            raise StateError("the gallery shows another batch now; open it again")

    def _few(self, params: Mapping[str, Any]) -> list[tuple[int, Asset]]:
        self._check(params)
        positions = [int(position) for position in list(params["positions"])[:_MAX_POSITIONS]]
        total = len(self._assets)
        return [(position, self._assets[position]) for position in positions if 0 <= position < total]

    def _records(self, params: Mapping[str, Any]) -> Reply:
        few = self._few(params)
        # Of parents only those among what was asked for: to look for others is to read the whole list.
        places = {asset.id: position for position, asset in few}
        records = [
            asset_record(
                position,
                asset,
                self._batch,
                places,
                path=self._files.place(asset),
                missing=not self._files.has(asset),
            )
            for position, asset in few
        ]
        reviews = asset_reviews([asset for _, asset in few])
        return {"records": [record | {"reviews": reviews.get(record["id"], [])} for record in records]}, []

    def _columns(self, params: Mapping[str, Any]) -> Reply:
        self._check(params)
        total = len(self._assets)
        start, stop = read_range(params, total)
        return write_columns(asset_columns(self._assets[start:stop]), start, stop, total)

    def _cells(self, params: Mapping[str, Any]) -> Reply:
        self._check(params)
        if self._batch is None:
            raise StateError("this is a list of results, which has no tasks; open one of its batches")
        total = len(self._batch.tasks)
        start, stop = read_range(params, total)
        return write_columns(task_columns(self._batch, self._batch.tasks[start:stop]), start, stop, total)

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        items, buffers = [], []
        for position, asset in self._few(params):
            items.append({"position": position, "type": "image/webp"})
            try:
                buffers.append(draw_thumbnail(self._files.get(asset)))
            except (OSError, BatchgenError, ValueError):  # its file is gone or damaged, which its tile says
                buffers.append(b"")
        return {"items": items}, buffers

    def _media(self, params: Mapping[str, Any]) -> Reply:
        few = self._few({**params, "positions": [params["position"]]})
        if not few:
            raise StateError(f"the gallery has no result at {int(params['position'])}; open it again")
        files = self._files.get(few[0][1])
        chunk = read_chunk(files, int(params["offset"]), original=bool(params.get("original")))
        reply = {"size": chunk.size, "type": chunk.mime, "offset": chunk.offset, "next": chunk.next}
        return reply, [chunk.data]


def _codes(assets: Sequence[Asset]) -> tuple[bytes, bytes]:
    strange = next((asset for asset in assets if asset.kind not in wire.ASSET_KINDS), None)
    if strange is not None:
        raise ProjectError(f"{strange.id}: {strange.kind!r} is no kind of media")
    return bytes(map(kind_code, assets)), bytes(map(mark_code, assets))


class _Drawn:
    """Thumbnails that were drawn since nobody kept them, the last used ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Path, int, int], bytes] = OrderedDict()
        self._size = 0

    def get(self, files: AssetFiles) -> bytes:
        """Give the thumbnail of a file as it is now."""
        found = files.path.stat()
        key = (files.path, found.st_mtime_ns, found.st_size)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make_again(files.path, files.kind)
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._size += len(made)
            while self._size > _DRAWN_BYTES:
                _, dropped = self._held.popitem(last=False)
                self._size -= len(dropped)
        return made


_drawn = _Drawn()


def draw_thumbnail(files: AssetFiles) -> bytes:
    """Read a thumbnail, or draw the one that is missing, which is written nowhere.

    Raises
    ------
    OSError, ResultError
        When the medium itself is gone or damaged.
    """
    try:
        is_small = files.thumbnail_path.stat().st_size <= _LONGEST_THUMBNAIL
    except OSError:
        is_small = False
    kept = read_thumbnail(files.thumbnail_path) if is_small else None
    return kept or _drawn.get(files)
