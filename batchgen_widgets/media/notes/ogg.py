"""Notes in Ogg, for Opus and Vorbis: a line in the packet of comments, which is the second one of the stream.

Pages carry a number and a checksum. Where the comments take more pages than before, all that follow are numbered anew.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from batchgen_widgets.media.notes.pieces import MAX_NOTE, MAX_PIECES, NoRoom, read_at, splice, unpack_at, write_at
from batchgen_widgets.media.notes.vorbis import add_line, read_lines

# How the packet of comments begins and ends, and how many packets come before the sound.
_OPUS = b"OpusTags", b"", 2
_VORBIS = b"\x03vorbis", b"\x01", 3

_BEGINS_STREAM, _CONTINUED = 2, 1
_NOTHING_ENDS: Final = -1
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    start: int
    data: int
    end: int
    flags: int
    serial: int
    number: int
    lacing: bytes


def write(file: BinaryIO, note: str) -> None:
    """Put our note among the comments."""
    first = _page(file, 0)
    begin, finish, wanted = _codec(file, first)
    packets, end, last = _packets(file, first, wanted)
    tail = packets[0][len(begin) :]
    if not packets[0].startswith(begin):
        raise NoRoom
    block = add_line(tail, note)
    pages = _lay_out([begin + block + finish, *packets[1:]], first.serial)
    splice(file, first.end, end, b"".join(pages))
    shift = len(pages) - last.number
    if shift:
        _renumber(file, first.end + sum(map(len, pages)), first.serial, shift)


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give the comments."""
    first = _page(file, 0)
    begin, _, _ = _codec(file, first)
    (comments,), _, _ = _packets(file, first, 2, whole=False)
    if comments.startswith(begin):
        yield from read_lines(comments[len(begin) :])


def _codec(file: BinaryIO, first: _Page) -> tuple[bytes, bytes, int]:
    head = read_at(file, first.data, min(8, first.end - first.data))
    if head == b"OpusHead":
        return _OPUS
    if head.startswith(b"\x01vorbis"):
        return _VORBIS
    raise NoRoom


def _page(file: BinaryIO, start: int) -> _Page:
    magic, _, flags, _, serial, number, _, count = unpack_at(file, start, "<4sBBqIIIB")
    if magic != b"OggS":
        raise EOFError
    lacing = read_at(file, start + 27, count)
    data = start + 27 + count
    return _Page(start, data, data + sum(lacing), flags, serial, number, lacing)


def _packets(file: BinaryIO, first: _Page, wanted: int, *, whole: bool = True) -> tuple[list[bytes], int, _Page]:
    """Read the packets after the first one, up to the wanted count; with `whole` the last must end a page."""
    packets, current, at, page, size = list[bytes](), bytearray(), first.end, first, 0
    for _ in range(MAX_PIECES):
        page = _page(file, at)
        if page.serial != first.serial or page.flags & _BEGINS_STREAM:
            raise NoRoom  # several streams side by side
        place = page.data
        for number, lace in enumerate(page.lacing):
            current += read_at(file, place, lace)
            place += lace
            size += lace
            if size > MAX_NOTE:
                raise NoRoom
            if lace < 255:
                packets.append(bytes(current))
                current.clear()
                if len(packets) == wanted - 1:
                    if whole and number + 1 < len(page.lacing):
                        raise NoRoom
                    return packets, page.end, page
        at = page.end
    raise NoRoom


def _lay_out(packets: list[bytes], serial: int) -> list[bytes]:
    """Put packets on pages, from the second page of the stream on; as they begin it, they have no time."""
    laces, data = bytearray(), b"".join(packets)
    for packet in packets:
        laces += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    pages, at = list[bytes](), 0
    for number, begin in enumerate(range(0, len(laces), 255), start=1):
        lacing = bytes(laces[begin : begin + 255])
        body = data[at : at + sum(lacing)]
        at += len(body)
        continued = begin > 0 and laces[begin - 1] == 255
        time = 0 if min(lacing) < 255 else _NOTHING_ENDS
        head = struct.pack(
            "<4sBBqIIIB", b"OggS", 0, _CONTINUED if continued else 0, time, serial, number, 0, len(lacing)
        )
        pages.append(_with_checksum(head + lacing + body))
    return pages


def _renumber(file: BinaryIO, at: int, serial: int, shift: int) -> None:
    while True:
        try:
            page = _page(file, at)
            data = bytearray(read_at(file, page.start, page.end - page.start))
        except EOFError:
            return
        if page.serial != serial:  # another stream begins when this one has ended
            return
        data[18:22] = struct.pack("<I", page.number + shift & 0xFFFFFFFF)
        write_at(file, page.start, _with_checksum(bytes(data)))
        at = page.end


def _with_checksum(page: bytes) -> bytes:
    return page[:22] + struct.pack("<I", _checksum(page[:22] + b"\0\0\0\0" + page[26:])) + page[26:]


def _checksum(data: bytes) -> int:
    """Compute Ogg's checksum: that of zlib with all bits the other way round, and neither begun nor ended with ones."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
