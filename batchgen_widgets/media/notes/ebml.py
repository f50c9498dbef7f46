"""Notes in WebM: a tag at the end of the segment, where it moves nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from batchgen_widgets.media.notes.pieces import (
    MAX_NOTE,
    MAX_PIECES,
    NOTE,
    NoRoom,
    read_at,
    size_of,
    splice,
    write_at,
)

_EBML = 0x1A45DFA3
_SEGMENT = 0x18538067
_TAGS = 0x1254C367
_TAG = 0x7373
_TARGETS = 0x63C0
_SIMPLE_TAG = 0x67C8
_NAME = 0x45A3
_TEXT = 0x4487
_VOID = 0xEC


class _Element(NamedTuple):
    id: int
    start: int
    data: int
    end: int | None
    """None where it does not say how long it is, as in a recording that was streamed."""


def write(file: BinaryIO, note: str) -> None:
    """Append our note to the segment, and let the segment know how long it is now."""
    size = size_of(file)
    head = _element(file, 0)
    if head.id != _EBML or head.end is None:
        raise NoRoom
    segment = _element(file, head.end)
    if segment.id != _SEGMENT or (segment.end or 0) > size:
        raise NoRoom
    name, text = _pack(_NAME, NOTE.upper().encode()), _pack(_TEXT, note.encode("ascii"))
    tags = _pack(_TAGS, _pack(_TAG, _pack(_TARGETS, b"") + _pack(_SIMPLE_TAG, name + text)))
    at = segment.start + _id_width(_SEGMENT)
    width, end = segment.data - at, segment.end or size
    place = _place(file, segment.data, end)
    length = place - segment.data + len(tags)
    if segment.end and length >= (1 << 7 * width) - 1:
        raise NoRoom
    for earlier, key, _ in list(_texts(file, segment.data, place)):
        if key.lower() == NOTE:
            write_at(file, earlier.start, _void(earlier))
    splice(file, place, end, tags)
    if segment.end:
        write_at(file, at, (length | 1 << 7 * width).to_bytes(width, "big"))


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give the texts of all tags."""
    head = _element(file, 0)
    if head.id != _EBML or head.end is None:
        return
    segment = _element(file, head.end)
    if segment.id != _SEGMENT:
        return
    for _, name, text in _texts(file, segment.data, segment.end or size_of(file)):
        yield name, text


def _place(file: BinaryIO, start: int, end: int) -> int:
    """Say where our note begins: at the end, or where the last element holds nothing but an earlier one."""
    last = next(iter(deque(_children(file, start, end), maxlen=1)), None)
    if last is None or last.id != _TAGS or last.end != end:
        return end
    names = [name.lower() for _, name, _ in _texts(file, last.start, end)]
    return last.start if names == [NOTE] else end


def _texts(file: BinaryIO, start: int, end: int) -> Iterator[tuple[_Element, str, str]]:
    """Give the tags of a segment that are texts: where they are, their names and what they say."""
    for tags in _children(file, start, end, _TAGS):
        for tag in _children(file, tags.data, tags.end or tags.data, _TAG):
            for simple in _children(file, tag.data, tag.end or tag.data, _SIMPLE_TAG):
                if simple.end is None or simple.end - simple.data > MAX_NOTE:
                    continue
                parts = {
                    part.id: read_at(file, part.data, (part.end or part.data) - part.data).decode("utf-8", "replace")
                    for part in _children(file, simple.data, simple.end)
                    if part.id in (_NAME, _TEXT)
                }
                if len(parts) == 2:
                    yield simple, parts[_NAME], parts[_TEXT]


def _children(file: BinaryIO, at: int, end: int, wanted: int | None = None) -> Iterator[_Element]:
    """Give the elements of a stretch, or only those of one kind.

    What is in an element without a length comes as if it stood beside it.
    """
    for _ in range(MAX_PIECES):
        if at >= end:
            return
        try:
            element = _element(file, at)
        except EOFError:
            return
        if element.end is not None and element.end > end:
            return
        if wanted in (None, element.id):
            yield element
        at = element.data if element.end is None else element.end


def _element(file: BinaryIO, start: int) -> _Element:
    first = read_at(file, start, 1)[0]
    width = 9 - first.bit_length()
    if width > 4:
        raise EOFError
    number = int.from_bytes(read_at(file, start, width), "big")
    at = start + width
    first = read_at(file, at, 1)[0]
    width = 9 - first.bit_length()
    if width > 8:
        raise EOFError
    mask = (1 << 7 * width) - 1
    length = int.from_bytes(read_at(file, at, width), "big") & mask
    data = at + width
    return _Element(number, start, data, None if length == mask else data + length)


def _id_width(number: int) -> int:
    return (number.bit_length() + 7) // 8


def _pack(number: int, data: bytes) -> bytes:
    # Eight bytes for a length are always enough.
    return number.to_bytes(_id_width(number), "big") + (len(data) | 1 << 56).to_bytes(8, "big") + data


def _void(element: _Element) -> bytes:
    """Make a head that lets an element of nine bytes or more mean nothing."""
    assert element.end is not None
    return bytes([_VOID]) + (element.end - element.start - 9 | 1 << 56).to_bytes(8, "big")
