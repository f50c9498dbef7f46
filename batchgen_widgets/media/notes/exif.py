"""Texts that other programs leave in the EXIF data of an image, and in the tags of an MP4.

These are read by the libraries for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from batchgen_widgets.media.notes.pieces import MAX_NOTE

_NAMES = {0x010E: "imagedescription", 0x010F: "make", 0x0110: "model", 0x0131: "software", 0x013B: "artist"}
_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286


def read_exif(data: bytes) -> Iterator[tuple[str, str]]:
    """Give the texts of EXIF data, as ``exif.usercomment`` and so on."""
    from PIL import Image

    try:
        exif = Image.Exif()
        exif.load(data)
        found: list[tuple[str, object]] = [(name, exif.get(tag)) for tag, name in _NAMES.items()]
        found.append(("usercomment", exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT, exif.get(_USER_COMMENT))))
    except Exception:  # whatever Pillow thinks of damaged data
        return
    for name, value in found:
        text = _decode(value) if isinstance(value, bytes) else value
        if isinstance(text, str) and text and len(text) <= MAX_NOTE:
            yield f"exif.{name}", text.rstrip("\0")


def read_exif_of_avif(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give the texts of an AVIF's EXIF data; the picture is not decoded."""
    from PIL import Image

    file.seek(0)
    try:
        with Image.open(file) as image:
            data = image.info.get("exif", b"")
    except Exception:  # whatever Pillow thinks of a damaged file
        return
    yield from read_exif(data)


def read_tags(file: BinaryIO) -> Iterator[tuple[str, str]]:
    """Give the tags of a video or sound, as FFmpeg reads them."""
    import av

    file.seek(0)
    try:
        with av.open(file, "r") as container:
            yield from container.metadata.items()
    except Exception:  # whatever FFmpeg thinks of a damaged file
        return


def _decode(value: bytes) -> str | None:
    """Decode a user comment: the first eight bytes name its encoding, and who writes it seldom agrees with the rest."""
    code, data = value[:8], value[8:]
    if code == b"UNICODE\0":
        texts = [data.decode(order, "replace") for order in ("utf-16-be", "utf-16-le")]
        # The wrong order of bytes turns letters into far-away signs.
        return max(texts, key=lambda text: sum(character < "\u0250" for character in text[:2000]))
    if code in (b"ASCII\0\0\0", b"\0" * 8):
        return data.decode("utf-8", "replace")
    return value.decode("utf-8", "replace")
