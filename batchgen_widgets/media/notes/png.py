"""Notes in PNG: text chunks."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from batchgen_widgets.media.notes.pieces import MAX_NOTE, MAX_PIECES, NOTE, NoRoom, read_at, splice, unpack_at

_FIRST = 8
_AFTER_HEADER = _FIRST + 25
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_LONGEST_KEY = 79


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start - 12


def write(file: BinaryIO, note: str, parameters: str | None) -> None:
    """Put our note, and where the file has none yet the text ``parameters``, behind the header."""
    chunks = list(_chunks(file))
    if not chunks or chunks[0].kind != b"IHDR" or chunks[0].end != _AFTER_HEADER or chunks[-1].kind != b"IEND":
        raise NoRoom
    keys = [_key(file, chunk) for chunk in chunks]
    added = _text(NOTE, note)
    if parameters is not None and "parameters" not in keys:
        added += _text("parameters", parameters)
    for chunk, key in reversed(list(zip(chunks, keys, strict=True))):
        if key == NOTE:
            splice(file, chunk.start, chunk.end, b"")
    splice(file, _AFTER_HEADER, _AFTER_HEADER, added)


def read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give every text of the file with its keyword."""
    room = MAX_NOTE
    for chunk in _chunks(file):
        if chunk.kind not in _TEXTS or chunk.length > room:
            continue
        key, _, value = read_at(file, chunk.start + 8, chunk.length).partition(b"\0")
        data, encoding = _unpack(chunk.kind, value, room)
        room -= len(data)
        if room <= 0:  # a little that becomes a lot
            return
        yield key.decode("latin-1"), data.decode(encoding, "replace")


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    at = _FIRST
    for _ in range(MAX_PIECES):
        try:
            length, kind = unpack_at(file, at, ">I4s")
        except EOFError:
            return
        chunk = _Chunk(kind, at, at + 12 + length)
        yield chunk
        if kind == b"IEND":
            return
        at = chunk.end


def _key(file: BinaryIO, chunk: _Chunk) -> str | None:
    if chunk.kind not in _TEXTS:
        return None
    head = read_at(file, chunk.start + 8, min(_LONGEST_KEY + 1, chunk.length))
    return head.partition(b"\0")[0].decode("latin-1")


def _unpack(kind: bytes, value: bytes, room: int) -> tuple[bytes, str]:
    """Give the text behind a keyword, in bytes and at most so many, with its encoding."""
    if kind == b"tEXt":
        return value, "latin-1"
    if kind == b"zTXt":
        return _inflate(value[1:], room), "latin-1"
    # Whether it is compressed and how, a language, a translated keyword.
    data = value[2:].partition(b"\0")[2].partition(b"\0")[2]
    return (_inflate(data, room) if value[:1] == b"\1" else data), "utf-8"


def _inflate(data: bytes, room: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, room)
    except zlib.error:
        return b""


def _text(key: str, text: str) -> bytes:
    """Make a text chunk; there is no place for NUL in one."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        kind, data = b"tEXt", key.encode() + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        # Neither compressed, nor with a language or a translated keyword.
        kind, data = b"iTXt", key.encode() + b"\0\0\0\0\0" + text.encode("utf-8", "replace")
    if len(data) >= 2**31:
        raise NoRoom
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
