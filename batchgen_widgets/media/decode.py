"""Files back to values: PIL images, sound in blocks, clips frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.formats import MediaKind, describe
from batchgen_widgets.media.probe import open_container, open_image, probe
from batchgen_widgets.media.values import Audio, Video

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True, slots=True)
class _FileFrames:
    """The frames of a file, decoded anew each time they are read."""

    path: Path

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return video_frames(self.path)


def open_media(path: Path | str, kind: MediaKind | None = None) -> Image.Image | Audio | Video:
    """Open a media file as the value that a generator would return.

    Parameters
    ----------
    path : Path or str
        Any format that `probe` knows.
    kind : {"image", "video", "audio"}, optional
        What it holds, where that is known; it saves a look.

    Returns
    -------
    PIL.Image.Image, Audio or Video
        Images are loaded; the frames of a clip are decoded while they are read, as often as wanted.

    Raises
    ------
    ResultError
        When it is no media file, or a damaged one.
    OSError
        When the file cannot be read.
    """
    path = Path(path)
    kind = kind or probe(path).kind
    if kind == "image":
        with open_image(path) as image:
            image.load()
            return image
    if kind == "audio":
        return _open_audio(path)
    with open_container(path) as container:
        rate = container.streams.video[0].average_rate
    return Video(_FileFrames(path), float(rate or 25))


def _open_audio(path: Path) -> Audio:
    import numpy as np

    with open_container(path) as container:
        stream = container.streams.audio[0]
        rate, narrow = stream.rate, stream.format.name in {"u8", "u8p", "s16", "s16p"}
    blocks = list(audio_blocks(path, "s16" if narrow else "flt"))
    if not blocks:
        raise ResultError(f"{describe(path)} holds no sound")
    samples = np.concatenate(blocks)
    if not narrow:  # lossy codecs overshoot
        np.clip(samples, -1, 1, out=samples)
    return Audio(samples[:, 0] if samples.shape[1] == 1 else samples, rate)


def video_frames(source: Path | bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a video as uint8 HxWx3."""
    import numpy as np

    with open_container(source) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def audio_blocks(source: Path | bytes, sample_format: str = "s16") -> Iterator[NDArray[Any]]:
    """Yield the sound of a file in blocks of shape ``(n, channels)``: int16 for "s16", float32 for "flt"."""
    from av import AudioResampler

    with open_container(source) as container:
        resampler = AudioResampler(format=sample_format)
        for frame in (*container.decode(audio=0), None):
            for block in resampler.resample(frame):
                yield block.to_ndarray().reshape(-1, block.layout.nb_channels)
