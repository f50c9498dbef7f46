"""Thumbnails on disk: read where they are whole, made anew where they are not."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from ..media.formats import MediaKind

__all__ = ["make_again", "read_thumbnail", "write_thumbnail"]

_HEAD = 12


def read_thumbnail(path: Path) -> bytes | None:
    """Read a thumbnail; None when it is missing, empty, broken off, or no WebP at all."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    # A WebP says how long it is, in all but its first eight bytes.
    whole = data[:4] == b"RIFF" and data[8:_HEAD] == b"WEBP" and int.from_bytes(data[4:8], "little") == len(data) - 8
    return data if whole and len(data) > _HEAD else None


def make_again(source: Path, kind: MediaKind) -> bytes:
    """Draw the thumbnail of a file.

    Raises
    ------
    OSError, ResultError
        When the file is gone or damaged.
    """
    # Only now: what it brings along would hold up the first sight of a gallery.
    from ..media import make_thumbnail

    return make_thumbnail(source, kind)


def write_thumbnail(data: bytes, path: Path) -> None:
    """Put a thumbnail in its place: there is the old one or the new one at any moment, never half of one.

    Raises
    ------
    OSError
        When it can't be written.
    """
    from ..media import TEMPORARY_PREFIX

    # Under a name that `Project.verify` clears away should this process be killed here.
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex}.webp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
