"""What a generator returns for sound and for moving pictures: `Audio` and `Video`."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from numbers import Real
from typing import TYPE_CHECKING, Any

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.pixels import (
    as_array,
    check_range,
    check_shape,
    is_array,
    is_picture,
    to_picture,
    to_pixels,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What browsers play.
_MIN_RATE, _MAX_RATE = 3_000, 768_000
_MAX_CHANNELS = 8


class Audio:
    """A sound.

    Parameters
    ----------
    samples : array-like
        Shape ``(n,)`` or ``(n, channels)`` with 1 to 8 channels; floats in -1..1, or int16. NumPy, torch or a list.
    sample_rate : int
        Samples per second, 3,000 to 768,000.

    Raises
    ------
    ResultError
        When the shape, the type, the values or the rate are not allowed.
    """

    def __init__(self, samples: Any, sample_rate: int) -> None:
        self._samples = _check_samples(samples)
        self._sample_rate = _check_sample_rate(sample_rate)

    @property
    def samples(self) -> NDArray[Any]:
        """The samples, float32 or int16, of shape ``(n,)`` or ``(n, channels)``."""
        return self._samples

    @property
    def sample_rate(self) -> int:
        """Samples per second."""
        return self._sample_rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return 1 if self._samples.ndim == 1 else int(self._samples.shape[1])

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self._samples) / self._sample_rate

    def pcm16(self) -> NDArray[np.int16]:
        """Return the samples as int16 of shape ``(n, channels)``."""
        import numpy as np

        samples = self._samples.reshape(len(self._samples), -1)
        if samples.dtype == np.int16:
            return samples
        rounded: NDArray[np.int16] = np.rint((samples * 32767).clip(-32767, 32767)).astype(np.int16)
        return rounded

    def __repr__(self) -> str:
        layout = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"Audio({self.duration:.2f} s, {self.sample_rate} Hz, {layout})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from batchgen_widgets.media.display import show_audio

        return {"text/plain": repr(self), **show_audio(self)}


class Video:
    """A clip without sound.

    Parameters
    ----------
    frames : iterable
        Pictures of one size: PIL images, or HxWx3 arrays or tensors (uint8, or floats in 0..1); also one array of shape
        NxHxWx3. An iterator is read once, while the clip is written, so that a long clip never has to fit in memory.
    fps : float
        Frames per second, above 0 and at most 1,000.

    Raises
    ------
    ResultError
        When there is no frame, the sizes differ, a frame is no picture, or `fps` is not allowed. What an iterator
        yields is checked when it is read.
    """

    def __init__(self, frames: Any, fps: float) -> None:
        self._fps = _check_fps(fps)
        if is_array(frames):
            frames = as_array(frames)
            if frames.ndim != 4:
                raise ResultError(f"frames of bg.Video is an array of shape {frames.shape}; allowed is NxHxWx3")
        elif is_picture(frames) or isinstance(frames, str | bytes | dict) or not isinstance(frames, Iterable):
            raise ResultError(
                f"frames of bg.Video is a {type(frames).__name__}; allowed are a list or an iterator of pictures, "
                "or one array of shape NxHxWx3"
            )
        self._frames: Iterable[Any] = frames
        self._once = frames if isinstance(frames, Iterator) else None
        self._ahead: deque[NDArray[np.uint8]] = deque()
        self._used = False
        # Only a list is checked here: the frames of a file would be decoded for it.
        self._frame_count = len(frames) if isinstance(frames, Sequence) or is_array(frames) else None
        if self._frame_count is not None:
            self._check_sizes()

    def _check_sizes(self) -> None:
        first: tuple[int, ...] | None = None
        for index, frame in enumerate(self._frames):
            size = _frame_size(frame, f"frame {index}")
            first = first or size
            _check_same_size(first, size, index)
        if first is None:
            raise ResultError("bg.Video has no frames; give it at least one")

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self._fps

    @property
    def rate(self) -> Fraction:
        """Frames per second, exactly."""
        return Fraction(self._fps).limit_denominator(1001)

    @property
    def frames(self) -> Iterable[Any]:
        """The frames as they were given."""
        return self._frames

    @property
    def frame_count(self) -> int | None:
        """Number of frames; None where only reading them would tell."""
        return self._frame_count

    @property
    def reads_once(self) -> bool:
        """Whether the frames are an iterator, which can be read only once."""
        return self._once is not None

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Yield each frame as uint8 HxWx3, checked.

        Raises
        ------
        ResultError
            When a frame is no picture or has another size, when there is none, or when the frames were an iterator
            that has been read already.
        """
        if self._once is not None:
            if self._used:
                raise ResultError("the frames of this bg.Video were an iterator, which has been read; give it a list")
            self._used = True
        first: tuple[int, ...] | None = None
        done = 0
        while self._ahead:
            frame = self._ahead.popleft()
            first, done = frame.shape, done + 1
            yield frame
        yield from self._read(first, done)

    def _read(self, first: tuple[int, ...] | None, done: int) -> Iterator[NDArray[np.uint8]]:
        for index, frame in enumerate(self._frames, start=done):
            pixels = _frame_pixels(frame, f"frame {index}")
            first = first or pixels.shape
            _check_same_size(first[:2], pixels.shape[:2], index)
            yield pixels
        if first is None:
            raise ResultError("bg.Video has no frames; give it at least one")

    def peek(self, count: int) -> list[NDArray[np.uint8]]:
        """Return the first `count` frames, or fewer, without using up an iterator."""
        if self._once is None:
            return list(islice(self, count))
        if self._used:
            return list(iter(self))  # raises, and says why
        missing = count - len(self._ahead)
        if missing > 0:
            first = self._ahead[0].shape if self._ahead else None
            # A frame may live in a buffer that the iterator fills anew.
            self._ahead.extend(frame.copy() for frame in islice(self._read(first, len(self._ahead)), missing))
        return list(islice(self._ahead, count))

    def __repr__(self) -> str:
        count = "" if self._frame_count is None else f"{self._frame_count} frames, "
        return f"Video({count}{self.fps:g} fps)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from batchgen_widgets.media.display import show_video

        # An iterator that has been read has nothing left to show.
        return {"text/plain": repr(self), **({} if self._used else show_video(self))}


def _check_samples(value: Any) -> NDArray[Any]:
    import numpy as np

    where = "samples of bg.Audio"
    allowed = "allowed is (n,) or (n, channels) with 1 to 8 channels"
    try:
        samples = as_array(value)
    except ValueError as error:  # rows of unequal length
        raise ResultError(f"{where} is no array: {error}; {allowed}") from error
    if samples.ndim not in {1, 2} or 0 in samples.shape:
        raise ResultError(f"{where} has shape {samples.shape}; {allowed}, and at least one sample")
    if samples.ndim == 2 and samples.shape[1] > _MAX_CHANNELS:
        turn = ". It looks like channels first: samples.T turns it round" if samples.shape[0] <= _MAX_CHANNELS else ""
        raise ResultError(f"{where} has shape {samples.shape}; {allowed}{turn}")
    if samples.dtype == np.int16:
        return samples
    if samples.dtype.kind != "f":
        raise ResultError(f"{where} is an array of {samples.dtype}; allowed are floats in -1..1, and int16")
    samples = samples.astype(np.float32, copy=False)
    check_range(samples, where, -1, 1, _loudness_hint)
    return samples


def _loudness_hint(low: float, high: float) -> str:
    peak = max(-low, high)
    if 2 < peak <= 32768:
        return "From 16-bit numbers it is samples.astype(np.int16)"
    return f"Divide it by its peak, samples / {peak:.4g}"


def _check_sample_rate(value: object) -> int:
    rate = _to_number(value)
    if rate.is_integer() and _MIN_RATE <= rate <= _MAX_RATE:
        return int(rate)
    raise ResultError(
        f"sample_rate of bg.Audio is {value!r}; allowed is a whole number from {_MIN_RATE} to {_MAX_RATE}"
    )


def _to_number(value: object) -> float:
    if isinstance(value, bool):
        return math.nan
    return float(value) if isinstance(value, Real) else math.nan


def _check_fps(value: object) -> float:
    # Below a frame in 1,000 s the exact rate would round to 0.
    fps = _to_number(value)
    if 1e-3 <= fps <= 1000:
        return fps
    raise ResultError(f"fps of bg.Video is {value!r}; allowed is a number from 0.001 to 1000")


def _frame_size(frame: Any, where: str) -> tuple[int, ...]:
    if is_picture(frame):
        return frame.height, frame.width
    if not is_array(frame):
        raise _not_a_frame(frame, where)
    shape = tuple(frame.shape)
    check_shape(shape, where)
    return shape[:2]


def _frame_pixels(frame: Any, where: str) -> NDArray[np.uint8]:
    import numpy as np

    if is_picture(frame):
        return np.asarray(to_picture(frame, where).convert("RGB"))
    if not is_array(frame):
        raise _not_a_frame(frame, where)
    pixels = to_pixels(frame, where)
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    return np.ascontiguousarray(pixels[:, :, :3])


def _not_a_frame(frame: object, where: str) -> ResultError:
    return ResultError(f"{where} of bg.Video is a {type(frame).__name__}; allowed are PIL images and HxWx3 arrays")


def _check_same_size(first: tuple[int, ...], size: tuple[int, ...], index: int) -> None:
    if first[:2] != size[:2]:
        raise ResultError(
            f"frame {index} of bg.Video is {size[1]}x{size[0]}, but frame 0 is {first[1]}x{first[0]}; "
            "the frames of a clip have one size"
        )
