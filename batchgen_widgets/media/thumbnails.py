"""Small pictures of media: tiles for the gallery, previews of running tasks, and what a browser gets to show large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.decode import audio_blocks, video_frames
from batchgen_widgets.media.formats import WEBP, MediaKind, read_format
from batchgen_widgets.media.normalize import MediaItem
from batchgen_widgets.media.pixels import as_array, check_shape, is_array, is_picture, shrink, to_picture
from batchgen_widgets.media.probe import open_image
from batchgen_widgets.media.values import Audio, Video

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

Source = MediaItem | Path | str | bytes | Audio | Video
"""What thumbnails are made of; also a PIL image."""

_WAVE_COLOUR = 0x7A, 0x8C, 0xA8  # a grey-blue that can be read on white and on black
_SAMPLES_PER_PEAK = 16

# A film may fade in: look this far for a poster, and call a frame black below this mean of 0..255.
_POSTER_FRAMES = 60
_BLACK = 16

# A file up to this size travels as it is.
_DISPLAY_BYTES = 400_000


def make_thumbnail(item_or_path: Source | Image.Image, kind: MediaKind, size: int = 256) -> bytes:
    """Draw a small WebP of a picture, of a clip's first frame that is not black, or of a sound's waveform.

    Parameters
    ----------
    item_or_path : MediaItem, Path, str, bytes, PIL.Image.Image, Audio or Video
        The media. An iterator in a `Video` is not used up.
    kind : {"image", "video", "audio"}
        What it is.
    size : int, default 256
        Longest side in pixels. Images keep their proportions and alpha and are never enlarged; a waveform is 2:1.

    Raises
    ------
    ResultError
        When it cannot be decoded.
    OSError
        When the file cannot be read.
    """
    source = item_or_path.source if isinstance(item_or_path, MediaItem) else item_or_path
    if isinstance(source, str):
        source = Path(source)
    if kind == "audio" and isinstance(source, Audio | bytes | Path):
        picture = _waveform([source.pcm16()] if isinstance(source, Audio) else audio_blocks(source), size)
        return _webp(picture, lossless=True)
    if kind == "video" and isinstance(source, Video | bytes | Path):
        return _webp(_poster(_opening(source), size), quality=80)
    if kind == "image" and is_picture(source):
        return _webp(shrink(source, size), quality=80)
    if kind == "image" and isinstance(source, bytes | Path):
        with open_image(source) as image:
            return _webp(shrink(image, size), quality=80)
    raise ResultError(f"no thumbnail of kind {kind!r} can be made from a {type(source).__name__}")


def make_preview(image_like: Any, size: int = 256) -> Image.Image:
    """Make a small RGB or RGBA copy of what a running task shows.

    Parameters
    ----------
    image_like : PIL.Image.Image, ndarray or tensor
        HxW, HxWx1, HxWx3 or HxWx4; floats are clipped to 0..1, since a preview must not stop a task.
    size : int, default 256
        Longest side in pixels.

    Raises
    ------
    ResultError
        When it is no picture.
    """
    if is_array(image_like):
        image_like = as_array(image_like)
        check_shape(image_like.shape, "preview")
        step = max(1, max(image_like.shape[:2]) // (2 * size))
        image_like = image_like[::step, ::step]  # twice the size is enough to shrink smoothly, and much faster
    elif not is_picture(image_like):
        raise ResultError(
            f"preview is a {type(image_like).__name__}; allowed are a PIL image, and a NumPy array or torch tensor of "
            "shape HxW, HxWx3 or HxWx4"
        )
    return shrink(to_picture(image_like, "preview", lenient=True), size)


def display_bytes(path: Path | str, kind: MediaKind, limit: int = 2048) -> tuple[bytes, str]:
    """Read what a browser shows of a media file.

    Parameters
    ----------
    path : Path or str
        The file.
    kind : {"image", "video", "audio"}
        What it holds.
    limit : int, default 2048
        Longest side in pixels of an image that is larger than 400 kB, which is sent as WebP. Animations, videos and
        sounds are sent as they are.

    Returns
    -------
    data : bytes
    mime : str

    Raises
    ------
    ResultError
        When it is no media file, or a damaged one.
    OSError
        When the file cannot be read.
    """
    path = Path(path)
    found = read_format(path)
    file_size = path.stat().st_size
    if kind == "image" and file_size > _DISPLAY_BYTES:
        with open_image(path) as image:
            if not getattr(image, "is_animated", False):
                fits = max(image.size) <= limit
                data = _webp(shrink(image, limit), quality=92)
                if len(data) < file_size or not fits:
                    return data, WEBP.mime
    return path.read_bytes(), found.mime_as(kind)


def _webp(image: Image.Image, *, quality: int = 80, lossless: bool = False) -> bytes:
    file = BytesIO()
    profile = image.info.get("icc_profile")
    image.save(file, "WEBP", method=2, quality=quality, lossless=lossless, icc_profile=profile or b"", exif=b"")
    return file.getvalue()


def _opening(video: Video | Path | bytes) -> Iterator[NDArray[np.uint8]]:
    if not isinstance(video, Video):
        yield from video_frames(video)
    elif not video.reads_once:
        yield from video
    else:
        known = 0
        while len(frames := video.peek(known + 1)) > known:
            yield frames[known]
            known += 1


def _poster(frames: Iterable[NDArray[np.uint8]], size: int) -> Image.Image:
    import numpy as np
    from PIL import Image

    best: tuple[float, Image.Image] | None = None
    for frame in islice(frames, _POSTER_FRAMES):
        picture = shrink(Image.fromarray(frame), size)
        light = float(np.asarray(picture.convert("L")).mean())
        if light >= _BLACK:
            return picture
        if best is None or light > best[0]:
            best = light, picture
    if best is None:
        raise ResultError("the video has no frame that can be decoded")
    return best[1]


def _waveform(blocks: Iterable[NDArray[np.int16]], width: int) -> Image.Image:
    import numpy as np
    from PIL import Image

    height = max(1, width // 2)
    low, high = _peaks(blocks, width)
    middle = height / 2
    # At least a line where there is silence.
    half_line = min(0.75, middle)
    top = np.minimum(middle - high * middle, middle - half_line)
    bottom = np.maximum(middle - low * middle, middle + half_line)
    row = np.arange(height)[:, None]
    covered = np.clip(np.minimum(row + 1, bottom) - np.maximum(row, top), 0, 1)
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = _WAVE_COLOUR
    pixels[..., 3] = np.rint(covered * 255)
    return Image.fromarray(pixels)


def _peaks(blocks: Iterable[NDArray[np.int16]], columns: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Lowest and highest sample, in -1..1 and over all channels, of each column."""
    import numpy as np

    lows, highs = [], []
    for block in blocks:
        starts = np.arange(0, block.size, _SAMPLES_PER_PEAK * block.shape[1])
        if starts.size:
            flat = block.reshape(-1)
            lows.append(np.minimum.reduceat(flat, starts))
            highs.append(np.maximum.reduceat(flat, starts))
    if not lows:
        raise ResultError("the audio has no sample that can be decoded")
    low, high = np.concatenate(lows), np.concatenate(highs)
    starts = np.linspace(0, len(low), columns, endpoint=False).astype(np.intp)
    return np.minimum.reduceat(low, starts) / 32768, np.maximum.reduceat(high, starts) / 32768
