from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media import Audio, Video
from tests.unit.media.samples import Tensor, noise, tone


@pytest.mark.parametrize("wrap", [np.asarray, Tensor, list])
@pytest.mark.parametrize("channels", [1, 2])
def test_audio_of_floats(wrap: Any, channels: int) -> None:
    values = np.array([-1.0, 0.0, 0.5, 1.0])
    audio = Audio(wrap(values if channels == 1 else np.stack([values, values], axis=1)), 8000)
    assert (audio.channels, audio.sample_rate, audio.duration) == (channels, 8000, 4 / 8000)
    assert audio.samples.dtype == np.float32
    assert audio.pcm16().tolist() == [[v] * channels for v in (-32767, 0, 16384, 32767)]


def test_audio_of_int16_is_kept() -> None:
    values = np.array([[-32768, 3], [32767, 4]], np.int16)
    audio = Audio(values, np.int64(44100))  # type: ignore[arg-type]
    assert audio.samples is values
    assert np.array_equal(audio.pcm16(), values)
    assert type(audio.sample_rate) is int
    assert repr(tone(2, 44100, 2)) == "Audio(2.00 s, 44100 Hz, stereo)"


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "shape (0,)"),
        (np.zeros((4, 4, 2)), "shape (4, 4, 2)"),
        (np.zeros((2, 100)), "samples.T"),
        (np.zeros((100, 9)), "1 to 8 channels"),
        (np.array([0, np.nan]), "1 NaN or infinite values of 2"),
        (np.array([0, np.inf]), "1 NaN or infinite values of 2"),
        (np.array([-1.2, 0.3]), "-1.2..0.3; allowed is -1..1. Divide it by its peak, samples / 1.2"),
        (np.array([-30000.0, 3]), "samples.astype(np.int16)"),
        (np.array([1, 2]), "int64; allowed are floats in -1..1, and int16"),
        ([[1.0], [1.0, 2.0]], "is no array"),
        ("loud", "allowed is (n,)"),
    ],
)
def test_bad_samples(samples: Any, said: str) -> None:
    with pytest.raises(ResultError) as caught:
        Audio(samples, 8000)
    assert said in str(caught.value)


@pytest.mark.parametrize("rate", [0, -1, 2999, 768_001, 44100.5, "44100", True, None, float("nan"), float("inf")])
def test_bad_sample_rates(rate: Any) -> None:
    with pytest.raises(ResultError, match="allowed is a whole number from 3000 to 768000"):
        Audio([0.0], rate)


@pytest.mark.parametrize("fps", [0, -1, 1001, "24", True, None, float("nan")])
def test_bad_fps(fps: Any) -> None:
    with pytest.raises(ResultError, match=r"fps of bg\.Video is .*0\.001 to 1000"):
        Video([noise()], fps)


@pytest.mark.parametrize(
    "frames",
    [
        [noise(), noise()],
        (Image.fromarray(noise()), noise()),
        np.stack([noise(), noise()]),
        Tensor(np.stack([noise(), noise()]) / 255),
        [Tensor(noise() / 255), noise() / 255],
        [np.dstack([noise(), noise()[:, :, 0]]), noise()],
    ],
)
def test_frames_of_every_kind_are_read_as_rgb_bytes(frames: Any) -> None:
    video = Video(frames, 24)
    for _ in range(2):
        read = list(video)
        assert len(read) == 2
        assert all(frame.dtype == np.uint8 and np.array_equal(frame, noise()) for frame in read)
    assert (video.fps, video.rate, repr(video)) == (24.0, Fraction(24), "Video(2 frames, 24 fps)")


def test_grey_frames_become_rgb() -> None:
    grey = noise()[:, :, 0]
    for frame in (grey, grey[:, :, None], Image.fromarray(grey)):
        assert np.array_equal(next(iter(Video([frame], 1))), np.dstack([grey] * 3))


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([], "no frames"),
        (np.zeros((0, 4, 4, 3)), "no frames"),
        (noise(), "shape (24, 40, 3); allowed is NxHxWx3"),
        (Image.new("RGB", (4, 4)), "is a Image"),
        ("clip.mp4", "is a str"),
        (5, "is a int"),
        ([noise(), "x"], "frame 1 of bg.Video is a str"),
        ([noise(), noise(10, 40)], "frame 1 of bg.Video is 40x10, but frame 0 is 40x24"),
        ([np.zeros((3, 8, 8))], "frame 0 is an array of shape (3, 8, 8)"),
    ],
)
def test_bad_frames_are_refused_at_once(frames: Any, said: str) -> None:
    with pytest.raises(ResultError) as caught:
        Video(frames, 24)
    assert said in str(caught.value)


def test_bad_pixels_and_iterators_are_refused_when_read() -> None:
    with pytest.raises(ResultError, match="frame 1 holds 2880 NaN"):
        list(Video([noise(), np.full((24, 40, 3), np.nan)], 24))
    with pytest.raises(ResultError, match=r"frame 0 has floats in 0\.\.2"):
        list(Video([np.array([[0.0, 2.0]])], 24))
    with pytest.raises(ResultError, match="no frames"):
        list(Video(iter([]), 24))
    with pytest.raises(ResultError, match=r"frame 1 .* is 40x10"):
        list(Video(iter([noise(), noise(10)]), 24))


def reusing_its_buffer(count: int) -> Iterator[np.ndarray[Any, Any]]:
    buffer = np.zeros((4, 4, 3), np.uint8)
    for index in range(count):
        buffer[...] = index
        yield buffer


def test_an_iterator_is_read_once_and_peeking_loses_nothing() -> None:
    video = Video(reusing_its_buffer(5), 24)
    assert [int(frame[0, 0, 0]) for frame in video.peek(2)] == [0, 1]
    assert [int(frame[0, 0, 0]) for frame in video.peek(3)] == [0, 1, 2]
    assert [int(frame[0, 0, 0]) for frame in video] == [0, 1, 2, 3, 4]
    with pytest.raises(ResultError, match="has been read; give it a list"):
        list(video)
    with pytest.raises(ResultError, match="has been read; give it a list"):
        video.peek(1)


def test_peeking_further_than_the_end_and_errors_after_a_peek() -> None:
    assert len(Video(reusing_its_buffer(2), 24).peek(9)) == 2
    assert len(Video([noise()] * 3, 24).peek(2)) == 2
    video = Video(iter([noise(), noise(10)]), 24)
    video.peek(1)
    with pytest.raises(ResultError, match=r"frame 1 .* is 40x10"):
        list(video)
