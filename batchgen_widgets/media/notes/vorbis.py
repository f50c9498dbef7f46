"""Comments as FLAC and Ogg have them: a vendor, and lines such as ``TITLE=At dawn``."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from batchgen_widgets.media.notes.pieces import NOTE

_VENDOR = b"batchgen_widgets"
_LINE = NOTE.upper().encode() + b"="


def add_line(block: bytes | None, note: str) -> bytes:
    """Give a block of comments with our note in the place of an earlier one; None for a file that has no block.

    Raises
    ------
    EOFError
        When the block is damaged.
    """
    vendor, lines = _VENDOR, list[bytes]()
    if block is not None:
        vendor, *lines = _lines(block)
    lines = [line for line in lines if not line.upper().startswith(_LINE)]
    lines.append(_LINE + note.encode("ascii"))
    packed = b"".join(struct.pack("<I", len(line)) + line for line in lines)
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(lines)) + packed


def read_lines(block: bytes) -> Iterator[tuple[str, str]]:
    """Give the lines of a block by name."""
    for line in _lines(block)[1:]:
        name, equals, text = line.partition(b"=")
        if equals:
            yield name.decode("ascii", "replace"), text.decode("utf-8", "replace")


def _lines(block: bytes) -> list[bytes]:
    """Give the vendor, then each line."""
    vendor, at = _counted(block, 0)
    (count,) = struct.unpack_from("<I", block, at) if at + 4 <= len(block) else (0,)
    at += 4
    lines = [vendor]
    # Each line takes four bytes at least, so the count can't make this long.
    for _ in range(count):
        line, at = _counted(block, at)
        lines.append(line)
    return lines


def _counted(block: bytes, at: int) -> tuple[bytes, int]:
    if at + 4 > len(block):
        raise EOFError
    (length,) = struct.unpack_from("<I", block, at)
    end = at + 4 + length
    if end > len(block):
        raise EOFError
    return block[at + 4 : end], end
