"""Notes in FLAC: a line among its comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from batchgen_widgets.media.notes.pieces import MAX_NOTE, MAX_PIECES, NoRoom, read_at, size_of, splice
from batchgen_widgets.media.notes.vorbis import add_line, read_lines

_FIRST = 4
_COMMENTS = 4
_LONGEST = 2**24 - 1


class _Block(NamedTuple):
    kind: int
    is_last: bool
    start: int
    end: int


def write(file: BinaryIO, note: str) -> None:
    """Put our note among the comments, or make some behind the first block."""
    blocks = list(_blocks(file))
    if not blocks or not blocks[-1].is_last:
        raise NoRoom
    for block in blocks:
        if block.kind == _COMMENTS:
            comments = add_line(read_at(file, block.start + 4, block.end - block.start - 4), note)
            splice(file, block.start, block.end, _pack(block.is_last, comments))
            return
    first = blocks[0]
    added = _pack(first.is_last, add_line(None, note))
    splice(file, first.end, first.end, added)
    file.seek(first.start)
    file.write(bytes([first.kind]))


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give the comments."""
    for block in _blocks(file):
        if block.kind == _COMMENTS and block.end - block.start <= MAX_NOTE:
            yield from read_lines(read_at(file, block.start + 4, block.end - block.start - 4))


def _blocks(file: BinaryIO) -> Iterator[_Block]:
    at, size = _FIRST, size_of(file)
    for _ in range(MAX_PIECES):
        try:
            head = read_at(file, at, 4)
        except EOFError:
            return
        block = _Block(head[0] & 0x7F, bool(head[0] & 0x80), at, at + 4 + int.from_bytes(head[1:], "big"))
        if block.end > size:
            return
        yield block
        if block.is_last:
            return
        at = block.end


def _pack(is_last: bool, comments: bytes) -> bytes:
    if len(comments) > _LONGEST:
        raise NoRoom
    return bytes([_COMMENTS | (0x80 if is_last else 0)]) + len(comments).to_bytes(3, "big") + comments
