"""The file formats that browsers show, told apart by their content, never by a name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from batchgen_widgets.errors import ResultError

MediaKind = Literal["image", "video", "audio"]

ALLOWED_FORMATS = "PNG, JPEG, WebP, GIF, AVIF, WAV, FLAC, OGG, MP3, MP4, WebM"

_HEAD_SIZE = 4096


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """One file format.

    Attributes
    ----------
    name : str
        As people write it, such as ``"JPEG"``.
    kind : {"image", "video", "audio"}
        What such a file usually holds; an MP4 or WebM without a picture is audio, which only `probe` can tell.
    suffix : str
        With its dot.
    mime : str
        MIME type for `kind`.
    """

    name: str
    kind: MediaKind
    suffix: str
    mime: str

    def mime_as(self, kind: MediaKind) -> str:
        """MIME type of a file of this format that holds `kind`: an MP4 may hold sound alone."""
        return self.mime if kind == self.kind else f"{kind}/{self.mime.partition('/')[2]}"

    def suffix_as(self, kind: MediaKind) -> str:
        """Suffix of a file of this format that holds `kind`."""
        return ".m4a" if kind == "audio" and self.suffix == ".mp4" else self.suffix


PNG = MediaFormat("PNG", "image", ".png", "image/png")
JPEG = MediaFormat("JPEG", "image", ".jpg", "image/jpeg")
WEBP = MediaFormat("WebP", "image", ".webp", "image/webp")
GIF = MediaFormat("GIF", "image", ".gif", "image/gif")
AVIF = MediaFormat("AVIF", "image", ".avif", "image/avif")
WAV = MediaFormat("WAV", "audio", ".wav", "audio/wav")
FLAC = MediaFormat("FLAC", "audio", ".flac", "audio/flac")
OGG = MediaFormat("OGG", "audio", ".ogg", "audio/ogg")
MP3 = MediaFormat("MP3", "audio", ".mp3", "audio/mpeg")
M4A = MediaFormat("M4A", "audio", ".m4a", "audio/mp4")
MP4 = MediaFormat("MP4", "video", ".mp4", "video/mp4")
WEBM = MediaFormat("WebM", "video", ".webm", "video/webm")

# ISO base media brands that are neither AVIF nor a film: HEIC pictures, QuickTime, Canon raw.
_OTHER_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"qt  ", b"crx "}


def sniff(head: bytes) -> MediaFormat | None:
    """Tell the format from the first bytes of a file (4096 are plenty); None when it is none of ours."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith((b"RIFF", b"RF64")):
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head.startswith(b"fLaC"):
        return FLAC
    if head.startswith(b"OggS"):
        return None if b"\x80theora" in head else OGG  # no browser plays Theora any more
    if head.startswith(b"\x1aE\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else None  # the same container is Matroska, which browsers refuse
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return MP3
    return None


def _sniff_iso_media(head: bytes) -> MediaFormat | None:
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    if b"avif" in brands or b"avis" in brands:
        return AVIF
    if brands[0] in _OTHER_BRANDS:
        return None
    return M4A if brands[0] in {b"M4A ", b"M4B "} else MP4


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in {0, 15} and rate != 3


def read_format(source: Path | bytes, where: str | None = None) -> MediaFormat:
    """Read the format of a file or of encoded bytes.

    Parameters
    ----------
    source : Path or bytes
        The encoded media.
    where : str, optional
        How an error names it; by default its path or its length.

    Raises
    ------
    ResultError
        When it is none of the formats that browsers show.
    OSError
        When the file cannot be read.
    """
    if isinstance(source, bytes):
        head = source[:_HEAD_SIZE]
    else:
        with source.open("rb") as file:
            head = file.read(_HEAD_SIZE)
    found = sniff(head)
    if found is None:
        start = f"it starts with {head[:8]!r}" if head else "it is empty"
        raise ResultError(
            f"{where or describe(source)} is no media file that a browser shows: {start}. "
            f"Allowed are {ALLOWED_FORMATS}; return anything else as a PIL image, an array, bg.Audio or bg.Video"
        )
    return found


def describe(source: Path | bytes) -> str:
    """Name encoded media in an error message."""
    return f"{len(source)} bytes" if isinstance(source, bytes) else f"the file {str(source)!r}"
