"""Notes in ISO base media files, which MP4, M4A and AVIF are: a box of our own at the end.

There it moves nothing: the index of such a file counts from its beginning.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple
from uuid import UUID

from batchgen_widgets.media.notes.pieces import (
    MAX_NOTE,
    MAX_PIECES,
    NOTE,
    NoRoom,
    read_at,
    size_of,
    splice,
    unpack_at,
    write_at,
)

_OURS = UUID("6c0d6d9a-8a0f-4f6e-9d0b-3f1f2f1c7b52").bytes
_HEAD = 8 + len(_OURS)


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def write(file: BinaryIO, note: str) -> None:
    """Append our note."""
    data = note.encode("ascii")
    if _HEAD + len(data) > 0xFFFFFFFF:
        raise NoRoom
    boxes = list(_boxes(file))
    if not boxes or boxes[-1].end != size_of(file):
        raise NoRoom
    last = boxes[-1]
    endless = unpack_at(file, last.start, ">I") == (0,)
    if endless and last.end - last.start > 0xFFFFFFFF:
        raise NoRoom
    # The index of a fragmented file is looked for at the end.
    start = end = last.start if last.kind == b"mfra" else last.end
    for box in boxes:
        if not _is_ours(file, box):
            continue
        if box.end == end:
            start = box.start
        else:  # to take it away would move what is behind it
            write_at(file, box.start + 4, b"free")
    if endless and start == end:
        write_at(file, last.start, struct.pack(">I", last.end - last.start))
    splice(file, start, end, struct.pack(">I4s", _HEAD + len(data), b"uuid") + _OURS + data)


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give our note."""
    for box in _boxes(file):
        if box.end - box.start <= MAX_NOTE and _is_ours(file, box):
            yield NOTE, read_at(file, box.start + _HEAD, box.end - box.start - _HEAD).decode("ascii", "replace")


def _boxes(file: BinaryIO) -> Iterator[_Box]:
    """Give the outermost boxes that are whole."""
    at, size = 0, size_of(file)
    for _ in range(MAX_PIECES):
        try:
            length, kind = unpack_at(file, at, ">I4s")
            least = 8
            if length == 1:
                (length,) = unpack_at(file, at + 8, ">Q")
                least = 16
        except EOFError:
            return
        if length == 0:
            length = size - at
        if length < least or at + length > size:
            return
        yield _Box(kind, at, at + length)
        at += length


def _is_ours(file: BinaryIO, box: _Box) -> bool:
    # Small boxes have their length in the first four bytes, and ours is never a large one.
    return (
        box.kind == b"uuid"
        and box.end - box.start >= _HEAD
        and read_at(file, box.start, 4) != b"\0\0\0\1"
        and read_at(file, box.start + 8, len(_OURS)) == _OURS
    )
