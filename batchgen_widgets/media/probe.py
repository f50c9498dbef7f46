"""What an encoded file holds: kind, size in pixels, length in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.formats import MediaKind, describe, read_format
from batchgen_widgets.media.pixels import upright_size

if TYPE_CHECKING:
    from av.container import InputContainer
    from PIL import Image


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What is in a media file.

    Attributes
    ----------
    kind : {"image", "video", "audio"}
        An MP4 or WebM without a picture is audio.
    width, height : int or None
        In pixels, the way the picture is shown; None for audio.
    duration : float or None
        In seconds; None for images, and where a stream does not say.
    """

    kind: MediaKind
    width: int | None = None
    height: int | None = None
    duration: float | None = None


def probe(path: Path | str | bytes, *, where: str | None = None) -> MediaInfo:
    """Look into a media file without decoding it.

    Parameters
    ----------
    path : Path, str or bytes
        A file, or the bytes of one.
    where : str, optional
        How an error names it; by default its path.

    Raises
    ------
    ResultError
        When it is no PNG, JPEG, WebP, GIF, AVIF, WAV, FLAC, OGG, MP3, MP4 or WebM, or a damaged one.
    OSError
        When the file cannot be read.
    """
    source = Path(path) if isinstance(path, str) else path
    found = read_format(source, where)
    if found.kind == "image":
        with open_image(source, where) as image:
            width, height = upright_size(image)
        return MediaInfo("image", width, height)
    from av.stream import Disposition

    with open_container(source, where) as container:
        duration = container.duration / 1_000_000 if container.duration else None
        picture = next((s for s in container.streams.video if not s.disposition & Disposition.attached_pic), None)
        if found.kind == "video" and picture is not None:
            return MediaInfo("video", picture.width, picture.height, duration)
        if container.streams.audio:
            return MediaInfo("audio", duration=duration)
    raise ResultError(f"{where or describe(source)} is {found.name} with neither a picture nor a sound in it")


@contextmanager
def open_image(source: Path | bytes, where: str | None = None) -> Iterator[Image.Image]:
    """Open an encoded image; what Pillow cannot decode inside the block is a ResultError."""
    from PIL import Image

    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
            yield image
    except Image.DecompressionBombError as error:
        raise ResultError(
            f"{where or describe(source)} is too large an image: {error}. Raise PIL.Image.MAX_IMAGE_PIXELS to allow it"
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the picture
        raise ResultError(f"{where or describe(source)} is a damaged image: {error}") from error


@contextmanager
def open_container(source: Path | bytes, where: str | None = None) -> Iterator[InputContainer]:
    """Open encoded video or audio; what FFmpeg cannot decode inside the block is a ResultError."""
    import av

    try:
        with av.open(BytesIO(source) if isinstance(source, bytes) else str(source), "r") as container:
            yield container
    except av.FFmpegError as error:
        raise ResultError(f"{where or describe(source)} is damaged video or audio: {error.strerror}") from error
