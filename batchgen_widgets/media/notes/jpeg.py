"""Notes in JPEG: application segments of our own, in as many parts as 64 kB a segment need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from batchgen_widgets.media.notes.exif import read_exif
from batchgen_widgets.media.notes.pieces import MAX_NOTE, MAX_PIECES, NOTE, NoRoom, read_at, size_of, splice, unpack_at

_APP0, _APP1, _OURS, _APP15 = 0xE0, 0xE1, 0xE9, 0xEF
_COMMENT = 0xFE
_EXIF = b"Exif\0\0"
_SIGNATURE = NOTE.encode() + b"\0"
_MOST_PADDING = 1024
_PART = 0xFFFF - 2 - len(_SIGNATURE) - 4


class _Segment(NamedTuple):
    marker: int
    start: int
    data: int
    end: int


def write(file: BinaryIO, note: str) -> None:
    """Put our note behind JFIF and EXIF, which have to be first.

    And before anything else: what points to places in the file, as the index of its further pictures does, counts from
    where it is itself.
    """
    data = note.encode("ascii")
    parts = [data[at : at + _PART] for at in range(0, len(data), _PART)] or [b""]
    segments = list(_segments(file))
    if not segments or len(parts) > 0xFFFF:
        raise NoRoom
    for segment in reversed(segments):
        if _is_ours(file, segment):
            splice(file, segment.start, segment.end, b"")
    place = 2
    for segment in _segments(file):
        if segment.marker not in (_APP0, _APP1):
            break
        place = segment.end
    count = len(parts).to_bytes(2, "big")
    added = [_segment(number.to_bytes(2, "big") + count, part) for number, part in enumerate(parts)]
    splice(file, place, place, b"".join(added))


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give our note, comments, and the texts of EXIF data."""
    parts: dict[int, bytes] = {}
    size, count = 0, 0
    for segment in _segments(file):
        if _is_ours(file, segment):
            data = read_at(file, segment.data + len(_SIGNATURE), segment.end - segment.data - len(_SIGNATURE))
            number, count = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
            size += len(data)
            if size <= MAX_NOTE:
                parts[number] = data[4:]
        elif segment.marker == _APP1 and read_at(file, segment.data, segment.end - segment.data).startswith(_EXIF):
            yield from read_exif(read_at(file, segment.data, segment.end - segment.data))
        elif segment.marker == _COMMENT:
            yield "comment", read_at(file, segment.data, segment.end - segment.data).decode("utf-8", "replace")
    if parts and len(parts) == count:
        yield NOTE, b"".join(parts[number] for number in sorted(parts)).decode("ascii", "replace")


def _segments(file: BinaryIO) -> Iterator[_Segment]:
    """Give the segments before the picture begins."""
    at, size = 2, size_of(file)
    for _ in range(MAX_PIECES):
        try:
            start = at
            while (marker := read_at(file, at, 2)) == b"\xff\xff" and at - start < _MOST_PADDING:
                at += 1
            (length,) = unpack_at(file, at + 2, ">H")
        except EOFError:
            return
        known = marker[0] == 0xFF and (_APP0 <= marker[1] <= _APP15 or marker[1] == _COMMENT or marker[1] == 0xDB)
        if not known or length < 2 or at + 2 + length > size:
            return
        yield _Segment(marker[1], start, at + 4, at + 2 + length)
        at += 2 + length


def _is_ours(file: BinaryIO, segment: _Segment) -> bool:
    if segment.marker != _OURS or segment.end - segment.data < len(_SIGNATURE) + 4:
        return False
    return read_at(file, segment.data, len(_SIGNATURE)) == _SIGNATURE


def _segment(place: bytes, part: bytes) -> bytes:
    data = _SIGNATURE + place + part
    return bytes([0xFF, _OURS]) + (len(data) + 2).to_bytes(2, "big") + data
