"""Notes in RIFF files, which WebP and WAV are: a chunk of our own at the end."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from batchgen_widgets.media.notes.exif import read_exif
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

_OURS = b"bgen"
_FIRST = 12
_MOST = 0xFFFFFFF0
_ALPHA = 0x10
_INFO_COMMENT = b"ICMT"


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    size: int

    @property
    def end(self) -> int:
        """Where the next one begins, which is an even place."""
        return self.start + 8 + self.size + self.size % 2


def write(file: BinaryIO, note: str) -> None:
    """Put our note behind everything else."""
    riff, size, form = unpack_at(file, 0, "<4sI4s")
    end = 8 + size
    if riff != b"RIFF" or end > size_of(file):  # RF64 and streams that never learned how long they are
        raise NoRoom
    chunks = list(_chunks(file, end))
    if not chunks or chunks[-1].end not in (end, end + 1):
        raise NoRoom
    header = _webp_header(file) if form == b"WEBP" else b""
    data = note.encode("ascii")
    added = _OURS + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    if end + len(header) + len(added) > _MOST:
        raise NoRoom
    for chunk in reversed(chunks):
        if chunk.kind == _OURS:
            splice(file, chunk.start, min(chunk.end, end), b"")
            end -= min(chunk.end, end) - chunk.start
    splice(file, _FIRST, _FIRST, header)
    end += len(header)
    added = b"\0" * (end % 2) + added
    splice(file, end, end, added)
    write_at(file, 4, struct.pack("<I", end + len(added) - 8))


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give our note, the texts of a WebP's EXIF data, and the comment of a WAV."""
    for chunk in _chunks(file, size_of(file)):
        if chunk.size > MAX_NOTE:
            continue
        if chunk.kind == _OURS:
            yield NOTE, read_at(file, chunk.start + 8, chunk.size).decode("ascii", "replace")
        elif chunk.kind == b"EXIF":
            yield from read_exif(read_at(file, chunk.start + 8, chunk.size))
        elif chunk.kind == b"LIST" and read_at(file, chunk.start + 8, 4) == b"INFO":
            for entry in _chunks(file, chunk.end, chunk.start + 12):
                if entry.kind == _INFO_COMMENT:
                    text = read_at(file, entry.start + 8, entry.size).rstrip(b"\0")
                    yield "comment", text.decode("utf-8", "replace")


def _chunks(file: BinaryIO, end: int, at: int = _FIRST) -> Iterator[_Chunk]:
    for _ in range(MAX_PIECES):
        try:
            kind, size = unpack_at(file, at, "<4sI")
        except EOFError:
            return
        if at + 8 > end:
            return
        chunk = _Chunk(kind, at, size)
        if at + 8 + size > end:
            return
        yield chunk
        at = chunk.end


def _webp_header(file: BinaryIO) -> bytes:
    """Give what a plain WebP lacks to hold more than a picture: a header that says so."""
    kind = read_at(file, _FIRST, 4)
    if kind == b"VP8X":
        return b""
    if kind == b"VP8 ":
        start, bits = unpack_at(file, _FIRST + 11, "<3sI")
        fine, width, height, flags = start == b"\x9d\x01\x2a", bits & 0x3FFF, bits >> 16 & 0x3FFF, 0
    elif kind == b"VP8L":
        start, bits = unpack_at(file, _FIRST + 8, "<BI")
        fine, width, height = start == 0x2F, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = _ALPHA if bits >> 28 & 1 else 0
    else:
        fine = False
    if not fine or not width or not height:
        raise NoRoom
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (int(width), int(height)))
    return b"VP8X" + struct.pack("<II", 10, flags) + sides
