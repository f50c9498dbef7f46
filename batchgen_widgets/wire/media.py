"""Media in pieces, as a browser shows them: whoever sends them need not hold a whole film."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ..batches import Asset
from ..projects import AssetFiles

__all__ = ["CHUNK_BYTES", "PICTURES", "Chunk", "PictureCache", "read_chunk"]

CHUNK_BYTES: Final = 256 * 1024


class PictureCache:
    """The pictures last looked at, as they are shown, so that chunk after chunk need not encode them again."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, int, int], tuple[bytes, str]] = OrderedDict()
        self._size = 0

    def get(self, asset: Asset | AssetFiles) -> tuple[bytes, str]:
        """Give the bytes and MIME type to show an image with."""
        found = asset.path.stat()  # another file may have taken its place
        key = (str(asset.path), found.st_mtime_ns, found.st_size)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        from ..media import display_bytes

        made = display_bytes(asset.path, asset.kind)
        with self._lock:
            if key not in self._held and len(made[0]) <= self._limit:
                self._held[key] = made
                self._size += len(made[0])
                while self._size > self._limit:
                    _, (dropped, _) = self._held.popitem(last=False)
                    self._size -= len(dropped)
        return made


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an asset's media: its bytes, where it begins, and what it is a piece of."""

    data: bytes
    offset: int
    size: int
    mime: str

    @property
    def next(self) -> int | None:
        """Where the next piece begins; None at the end."""
        end = self.offset + len(self.data)
        return end if end < self.size else None


def read_chunk(asset: Asset | AssetFiles, offset: int, *, original: bool, length: int = CHUNK_BYTES) -> Chunk:
    """Read a piece of what a browser shows of an asset, or of its file as it is.

    Raises
    ------
    OSError
        When the file is gone or can't be read.
    ResultError
        When it is no media file any more.
    """
    offset = max(0, offset)
    if asset.kind == "image" and not original:
        data, mime = PICTURES.get(asset)
        return Chunk(data[offset : offset + length], offset, len(data), mime)
    from ..media import read_format

    with asset.path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(offset)
        return Chunk(file.read(length), offset, size, read_format(asset.path).mime_as(asset.kind))


PICTURES = PictureCache()
