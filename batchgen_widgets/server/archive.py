"""An exported archive, looked at where it lies: nothing is imported, and nothing is written beside it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from ..batches import Asset, Batch
from ..errors import BatchgenError, ProjectError
from ..projects import archives
from ..projects.archived import records_of
from ..projects.contents import read_contents
from ..projects.history import history_of
from .gallery import GalleryReader
from .sources import Answer, Reply, Source
from .unpacked import AT_ONCE, Unpacked

__all__ = ["open_archive"]

EVERYTHING: Final = "list"
"""Name of the list of all assets of an archive."""

_MOST_POSITIONS: Final = 400
_MOST_ROWS: Final = 200
_MOST_THUMBNAILS: Final = 80


def open_archive(path: Path) -> Source:
    """Open a zip that `Project.export` wrote, to be looked at.

    Its table of contents and its manifest are checked as for an import. Media are checked one by one, each before
    anything of it is shown.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ProjectError
        When there is none, it is damaged, of a newer version, or anything in it is not as in an exported project.
    """
    if path.is_dir():
        raise ProjectError(f"{path.name}: a folder; give a file that was exported, such as results.batchgen")
    return _ArchiveSource(path)


class _ArchiveSource:
    """An open archive, as `sources.Source`."""

    def __init__(self, path: Path) -> None:
        self._label = path.name
        self._stamp = _stamp(path)
        self._archive = archives.open_archive(path, label=self._label, outcome="nothing of it is shown")
        try:
            self._batches = {batch.id: batch for batch in records_of(read_contents(self._archive), path)}
        except BaseException:
            self._archive.close()
            raise
        self._everything = [asset for batch in self._batches.values() for asset in batch.assets]
        self._assets = {asset.id: asset for asset in self._everything}
        self._files = Unpacked(self._archive)
        self._guard = threading.Lock()
        self._readers: dict[str, GalleryReader] = {}

    def answers(self) -> dict[str, Answer]:
        """Give the requests that an archive answers."""
        return {
            "gallery.open": self._open,
            "assets.get": self._pass("assets.get"),
            "assets.columns": self._pass("assets.columns"),
            "cells.get": self._pass("cells.get"),
            "assets.thumbnails": self._thumbnails,
            "assets.media": self._media,
            "history.get": self._history,
            "assets.thumbnails_by_id": self._thumbnails_by_id,
        }

    def close(self) -> None:
        """Let go of the archive, and remove what was unpacked of it."""
        self._files.close()
        self._archive.close()

    # Lists

    def _open(self, params: Mapping[str, Any]) -> Reply:
        return self._reader(params["batch"] or EVERYTHING).open(str(params["revision"]))

    def _reader(self, source: str) -> GalleryReader:
        with self._guard:
            if source not in self._readers:
                self._readers[source] = self._make_reader(source)
            return self._readers[source]

    def _make_reader(self, source: str) -> GalleryReader:
        batch: Batch | None
        if source == EVERYTHING:
            # An archive of one batch, as most are, can say of its tasks what any batch can.
            batch = next(iter(self._batches.values())) if len(self._batches) == 1 else None
            title = batch.generator if batch else self._label
        else:
            batch = self._batches.get(source)
            if batch is None:
                raise ProjectError(f"{self._label}: there is no batch {source} in it; open it again")
            title = batch.generator
        reader = GalleryReader(source, self._assets_of(source), batch, title, files=self._files)
        reader.revision = f"{self._stamp}-{source}"  # of the file: all that is in it may have changed
        return reader

    def _assets_of(self, source: str) -> Sequence[Asset]:
        return self._everything if source == EVERYTHING else self._batches[source].assets

    def _pass(self, method: str) -> Answer:
        return lambda params: self._reader(params["source"]).answers()[method](params)

    # Files

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        self._reader(params["source"])
        assets = self._assets_of(params["source"])
        asked = [int(position) for position in params["positions"]][:_MOST_POSITIONS]
        there = [position for position in asked if 0 <= position < len(assets)]
        # What was refused has no bytes, which its tile says.
        pictures = self._pictures([assets[position] for position in there])
        return {"items": [{"position": position, "type": "image/webp"} for position in there]}, pictures

    def _thumbnails_by_id(self, params: Mapping[str, Any]) -> Reply:
        names = [name for name in map(str, params["ids"]) if name in self._assets][:_MOST_THUMBNAILS]
        drawn = zip(names, self._pictures([self._assets[name] for name in names]), strict=True)
        found = [(name, picture) for name, picture in drawn if picture]
        return {"items": [{"id": name, "type": "image/webp"} for name, _ in found]}, [picture for _, picture in found]

    def _pictures(self, assets: Sequence[Asset]) -> list[bytes]:
        """Draw thumbnails; b"" stands for what was refused."""

        def draw(asset: Asset) -> bytes:
            try:
                return self._files.thumbnail(asset)
            except BatchgenError:
                return b""

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="batchgen-archive") as pool:
            return list(pool.map(draw, assets))

    def _media(self, params: Mapping[str, Any]) -> Reply:
        reader, assets, position = self._reader(params["source"]), self._assets_of(params["source"]), params["position"]
        if not 0 <= int(position) < len(assets):
            return reader.answers()["assets.media"](params)  # which says so
        with self._files.hold(assets[int(position)]):
            return reader.answers()["assets.media"](params)

    # Batches

    def _history(self, params: Mapping[str, Any]) -> Reply:
        start = max(0, int(params["start"]))
        found = history_of(
            self._batches.values(),
            text=params["text"],
            generator=params["generator"],
            status=params["status"],
            favorites=True if params["favorites"] else None,
            offset=start,
            limit=min(_MOST_ROWS, max(0, int(params["stop"]) - start)),
        )
        return {
            "start": start,
            "total": found.total,
            "rows": [entry.to_json() for entry in found],
            "generators": sorted({batch.generator for batch in self._batches.values()}),
            "own": None,
            "shown": "",
        }, []


def _stamp(path: Path) -> str:
    """Tell a file from what it was, and from others that take its place."""
    try:
        found = path.stat()
    except OSError as error:
        raise ProjectError(f"{path.name}: can't be read ({error.strerror or error})") from error
    return f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}"
