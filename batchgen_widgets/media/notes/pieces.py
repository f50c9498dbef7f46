"""What the containers have in common: reading within bounds, and replacing a stretch of a file by another."""

from __future__ import annotations

import os
import struct
from typing import Any, BinaryIO, Final

NOTE: Final = "batchgen"
"""How our note is called, where the container has names."""

MAX_NOTE: Final = 16 * 2**20
"""The most that is written, and that is read of a file: whoever made it may be hostile."""

MAX_PIECES: Final = 200_000
"""After so many chunks, boxes or pages nobody looks for notes any more."""

_BLOCK = 1 << 20


class NoRoom(Exception):
    """The file can't take a note without being encoded or muxed anew."""


def size_of(file: BinaryIO) -> int:
    """Give the length of a file in bytes."""
    return file.seek(0, os.SEEK_END)


def read_at(file: BinaryIO, start: int, length: int) -> bytes:
    """Read some bytes; a length beyond the end of the file costs no memory.

    Raises
    ------
    EOFError
        When the file ends before.
    """
    if length < 0 or start < 0 or start + length > size_of(file):
        raise EOFError
    file.seek(start)
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data


def unpack_at(file: BinaryIO, start: int, layout: str) -> tuple[Any, ...]:
    """Read numbers and bytes, as `struct` lays them out."""
    return struct.unpack(layout, read_at(file, start, struct.calcsize(layout)))


def write_at(file: BinaryIO, start: int, data: bytes) -> None:
    """Overwrite some bytes."""
    file.seek(start)
    file.write(data)


def splice(file: BinaryIO, start: int, end: int, data: bytes) -> None:
    """Put `data` in the place of the bytes from `start` to `end`, and move what is behind them.

    Raises
    ------
    EOFError
        When the file ends before; nothing is changed then.
    """
    size, shift = size_of(file), len(data) - (end - start)
    if end > size:
        raise EOFError
    if shift > 0:  # from the back, so that nothing is overwritten before it has moved
        at = size
        while at > end:
            begin = max(end, at - _BLOCK)
            write_at(file, begin + shift, read_at(file, begin, at - begin))
            at = begin
    elif shift < 0:
        for begin in range(end, size, _BLOCK):
            write_at(file, begin + shift, read_at(file, begin, min(_BLOCK, size - begin)))
        file.truncate(size + shift)
    write_at(file, start, data)
