"""Media to files: encoded, on disk for good, and never half there."""

from __future__ import annotations

import json
import os
import shutil
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from batchgen_widgets.media.formats import MediaKind
from batchgen_widgets.media.normalize import MediaItem
from batchgen_widgets.media.probe import probe
from batchgen_widgets.media.values import Audio, Video

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

METADATA_KEY = "batchgen"
"""Name of the text chunk of a PNG that says how the image was made."""

TEMPORARY_PREFIX = ".batchgen-"
"""How unfinished files begin, then the number of the process; what a killed one left behind can be told by it."""


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A media file that is safely on disk.

    Attributes
    ----------
    path : Path
    kind : {"image", "video", "audio"}
    width, height : int or None
        In pixels; None for audio.
    duration : float or None
        In seconds; None for images.
    file_size : int
        In bytes.
    """

    path: Path
    kind: MediaKind
    width: int | None
    height: int | None
    duration: float | None
    file_size: int


def write_media(
    item: MediaItem, directory: Path | str, stem: str, metadata: Mapping[str, Any] | None = None
) -> StoredMedia:
    """Write one item as ``stem`` + suffix into a directory, durably and whole or not at all.

    Images become PNG, `Audio` 16-bit WAV, `Video` H.264 MP4 that browsers play while it loads; encoded bytes and files
    are copied as they are. Where the name is taken, ``stem-2``, ``stem-3``... is used.

    Parameters
    ----------
    item : MediaItem
        From `normalize`.
    directory : Path or str
        Made if it is not there.
    stem : str
        File name without suffix, as from `readable_stem`.
    metadata : mapping, optional
        How it was made; a PNG that is encoded here carries it as JSON in its text chunk ``batchgen``.

    Returns
    -------
    StoredMedia

    Raises
    ------
    ResultError
        When a frame of a clip is no picture, or encoded media are damaged.
    OSError
        When the disk fails or is full. Nothing is left behind then.
    """
    if stem in {"", ".", ".."} or Path(stem).name != stem:
        raise ValueError(f"stem is {stem!r}; allowed is a file name without folders")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex}{item.suffix}"
    try:
        _write(item.source, temporary, metadata)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        info = probe(temporary)
        size = temporary.stat().st_size
        path = publish(temporary, directory, stem, item.suffix)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return StoredMedia(path, info.kind, info.width, info.height, info.duration, size)


def _write(source: Image.Image | Audio | Video | bytes | Path, path: Path, metadata: Mapping[str, Any] | None) -> None:
    if isinstance(source, bytes):
        path.write_bytes(source)
    elif isinstance(source, Path):
        shutil.copyfile(source, path)
    elif isinstance(source, Audio):
        with path.open("wb") as file:
            _write_wav(source, file)
    elif isinstance(source, Video):
        _write_mp4(source, str(path))
    else:
        _write_png(source, path, metadata)


def publish(temporary: Path, directory: Path, stem: str, suffix: str) -> Path:
    """Give a finished file its name, which nothing else has: an empty file holds the place against other writers."""
    for number in count(1):
        path = directory / f"{stem}{suffix if number == 1 else f'-{number}{suffix}'}"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        break
    try:
        os.replace(temporary, path)
        _sync_directory(directory)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder, and keeps names without it
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_png(image: Image.Image, path: Path, metadata: Mapping[str, Any] | None) -> None:
    from PIL.PngImagePlugin import PngInfo

    text = None
    if metadata is not None:
        text = PngInfo()
        # ASCII, so that any reader of tEXt reads it; what JSON does not know is written as its text.
        text.add_text(METADATA_KEY, json.dumps(dict(metadata), default=str))
    image.save(path, "PNG", compress_level=1, pnginfo=text)


def _write_wav(audio: Audio, file: IO[bytes]) -> None:
    with wave.open(file, "wb") as wav:
        wav.setnchannels(audio.channels)
        wav.setsampwidth(2)
        wav.setframerate(audio.sample_rate)
        wav.writeframes(audio.pcm16().astype("<i2", copy=False).tobytes())


def _write_mp4(video: Video, target: str | BytesIO) -> None:
    import av

    stream = None
    # FFmpeg reads a file again to move its index to the front, which it cannot do in memory.
    options = {} if isinstance(target, BytesIO) else {"movflags": "faststart"}
    with av.open(target, "w", format="mp4", options=options) as container:
        for index, pixels in enumerate(video):
            pixels = _pad_to_even(pixels)
            if stream is None:
                stream = container.add_stream("libx264", rate=video.rate, options={"preset": "veryfast", "crf": "18"})
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                # BT.709, and said so: players guess by size otherwise, and the colours shift.
                stream.color_primaries = stream.color_trc = stream.colorspace = stream.color_range = 1
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = index, 1 / video.rate
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))


def _pad_to_even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat the last row or column where a side is odd: yuv420p halves both."""
    import numpy as np

    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def encode_wav(audio: Audio) -> bytes:
    """Encode a sound as 16-bit WAV."""
    file = BytesIO()
    _write_wav(audio, file)
    return file.getvalue()


def encode_mp4(video: Video) -> bytes:
    """Encode a clip as H.264 MP4."""
    file = BytesIO()
    _write_mp4(video, file)
    return file.getvalue()
