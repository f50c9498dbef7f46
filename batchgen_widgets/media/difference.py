"""How far two images, clips or sounds are apart for people.

- Images: the difference of colours in OKLab (B. Ottosson, "A perceptual color space for image processing", 2020), a
  distance of 0 to about 1. It is averaged over each of 8 x 8 tiles, and the worst tile counts, so that a change of one
  corner is not lost in the rest. CSS Color 4 calls 0.02 just noticeable.
- Clips: the same, averaged over the frames.
- Sounds: the log-spectral distance (A. Gray, J. Markel, "Distance measures for speech processing", IEEE Trans. ASSP 24,
  1976) in decibels: the root mean square over frequencies, averaged over time; the channel that differs most counts.
  What is below -80 dB of full scale counts as silence. K. Paliwal and B. Atal (IEEE Trans. SAP 1, 1993) call 1 dB on
  average transparent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Any

from .values import Audio, Video

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["AUDIO_LIMIT", "PICTURE_LIMIT", "Difference", "compare_media"]

PICTURE_LIMIT = 0.02
"""OKLab distance up to which pictures are close."""

AUDIO_LIMIT = 1.0
"""Decibels up to which sounds are close."""

_TILES = 8
_WINDOW, _HOP, _BLOCK = 2048, 1024, 256
_FLOOR_DB = -80.0


@dataclass(frozen=True, slots=True)
class Difference:
    """How two media differ.

    Attributes
    ----------
    identical : bool
        Whether all pixels or samples are the same.
    distance : float or None
        In the unit of `measure`; None where they can't be compared, such as pictures of two sizes.
    measure : str
        What was measured, in words.
    limit : float
        Up to which distance they are close.
    reason : str or None
        Why they can't be compared.
    """

    identical: bool
    distance: float | None
    measure: str
    limit: float
    reason: str | None = None

    @property
    def close(self) -> bool:
        """Whether people would hardly see or hear a difference."""
        return self.distance is not None and self.distance <= self.limit


def compare_media(first: Image.Image | Audio | Video, second: Image.Image | Audio | Video) -> Difference:
    """Compare two decoded media; those of different kinds are different.

    Parameters
    ----------
    first, second : PIL.Image.Image, Audio or Video
        Clips are read frame by frame, both at once.
    """
    if isinstance(first, Audio) and isinstance(second, Audio):
        return _compare_sounds(first, second)
    if isinstance(first, Video) and isinstance(second, Video):
        return _compare_clips(first, second)
    if isinstance(first, Audio | Video) or isinstance(second, Audio | Video):
        return _apart("no measure", 0.0, f"become {_kind(second)} instead of {_kind(first)}")
    return _compare_pictures(first, second)


def _kind(value: object) -> str:
    return "a sound" if isinstance(value, Audio) else "a clip" if isinstance(value, Video) else "an image"


def _apart(measure: str, limit: float, reason: str) -> Difference:
    return Difference(False, None, measure, limit, reason)


def _compare_pictures(first: Image.Image, second: Image.Image) -> Difference:
    measure = "OKLab difference of the worst tile"
    if first.size != second.size:
        reason = f"{second.width}×{second.height} pixels instead of {first.width}×{first.height}"
        return _apart(measure, PICTURE_LIMIT, reason)
    same = first.mode == second.mode and first.tobytes() == second.tobytes()
    if same and first.getpalette() == second.getpalette():
        return Difference(True, 0.0, measure, PICTURE_LIMIT)
    return Difference(False, _picture_distance(_pixels(first), _pixels(second)), measure, PICTURE_LIMIT)


def _compare_clips(first: Video, second: Video) -> Difference:
    measure = "OKLab difference of the worst tile, mean of the frames"
    total, count, same = 0.0, 0, True
    for a, b in zip_longest(first, second):
        if a is None or b is None:
            return _apart(measure, PICTURE_LIMIT, f"{'more' if a is None else 'fewer'} frames than then")
        if a.shape != b.shape:
            reason = f"{b.shape[1]}×{b.shape[0]} pixels instead of {a.shape[1]}×{a.shape[0]}"
            return _apart(measure, PICTURE_LIMIT, reason)
        count += 1
        if (a != b).any():
            same = False
            total += _picture_distance(a, b)
    if first.rate != second.rate:
        return _apart(measure, PICTURE_LIMIT, f"{second.fps:g} frames per second instead of {first.fps:g}")
    return Difference(same, total / max(1, count), measure, PICTURE_LIMIT)


def _compare_sounds(first: Audio, second: Audio) -> Difference:
    measure = "log-spectral distance in dB"
    for what, a, b in (
        ("samples per second", first.sample_rate, second.sample_rate),
        ("channels", first.channels, second.channels),
        ("samples", len(first.samples), len(second.samples)),
    ):
        if a != b:
            return _apart(measure, AUDIO_LIMIT, f"{b:,} {what} instead of {a:,}")
    if first.samples.dtype == second.samples.dtype and (first.samples == second.samples).all():
        return Difference(True, 0.0, measure, AUDIO_LIMIT)
    pairs = zip(_channels(first), _channels(second), strict=True)
    return Difference(False, max(_spectral_distance(a, b) for a, b in pairs), measure, AUDIO_LIMIT)


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    import numpy as np

    from .pixels import to_rgb

    return np.asarray(to_rgb(image).convert("RGBA"))


def _picture_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Give the mean OKLab distance in the worst tile; what is see-through is looked at on black and on white."""
    import numpy as np

    worst = 0.0
    for a, b in zip(_bands(first), _bands(second), strict=True):
        see_through = a.shape[2] == 4 and bool((a[..., 3] < 255).any() or (b[..., 3] < 255).any())
        for ground in (0.0, 1.0) if see_through else (0.0,):
            apart = np.linalg.norm(_oklab(a, ground) - _oklab(b, ground), axis=2)
            edges = np.linspace(0, apart.shape[1], min(_TILES, apart.shape[1]) + 1).astype(int)
            worst = max(
                worst, float((np.add.reduceat(apart.sum(axis=0), edges[:-1]) / np.diff(edges)).max() / len(apart))
            )
    return worst


def _bands(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    import numpy as np

    edges = np.linspace(0, len(pixels), min(_TILES, len(pixels)) + 1).astype(int)
    for start, stop in pairwise(edges):
        yield pixels[start:stop]


def _oklab(pixels: NDArray[np.uint8], ground: float) -> NDArray[np.float32]:
    import numpy as np

    colours = pixels[..., :3].astype(np.float32) / 255
    if pixels.shape[2] == 4:
        cover = pixels[..., 3:].astype(np.float32) / 255
        colours = colours * cover + ground * (1 - cover)
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        np.float32,
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ],
        np.float32,
    )
    lab: NDArray[np.float32] = np.cbrt(linear @ to_cones.T) @ to_lab.T
    return lab


def _channels(audio: Audio) -> list[NDArray[Any]]:
    import numpy as np

    samples = audio.samples.reshape(len(audio.samples), -1)
    scale = 32768 if samples.dtype == np.int16 else 1
    return [samples[:, channel].astype(np.float32) / scale for channel in range(samples.shape[1])]


def _spectral_distance(first: NDArray[Any], second: NDArray[Any]) -> float:
    import numpy as np

    total, count = 0.0, 0
    for a, b in zip(_spectra(first), _spectra(second), strict=True):
        total += float(np.sqrt(((a - b) ** 2).mean(axis=1)).sum())
        count += len(a)
    return total / count


def _spectra(samples: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield power spectra in decibels of full scale, a block of windows at a time."""
    import numpy as np

    padded = np.pad(samples, (0, _WINDOW - min(_WINDOW, len(samples)) + (-len(samples)) % _HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    shape = np.hanning(_WINDOW).astype(np.float32)
    for start in range(0, len(windows), _BLOCK):
        power = np.abs(np.fft.rfft(windows[start : start + _BLOCK] * shape, axis=1) / (_WINDOW / 4)) ** 2
        yield np.maximum(10 * np.log10(power + 1e-20), _FLOOR_DB)
