from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from batchgen_widgets.errors import TaskCancelled
from batchgen_widgets.generators import TaskContext
from batchgen_widgets.generators.demos import chime

SHORT: dict[str, Any] = {"duration": 1.0}


class Sink:
    def __init__(self) -> None:
        self.reports: list[float] = []
        self.message: str | None = None

    @property
    def progress(self) -> float:
        return self.reports[-1]

    @progress.setter
    def progress(self, value: float) -> None:
        self.reports.append(value)

    def show_preview(self, image: Any) -> None:
        raise AssertionError("a sound has no preview")

    def append_log(self, text: str) -> None:
        raise AssertionError(text)


class StopSink(Sink):
    context: TaskContext

    @property
    def progress(self) -> float:
        return self.reports[-1]

    @progress.setter
    def progress(self, value: float) -> None:
        self.reports.append(value)
        if len(self.reports) == 2:
            self.context.cancel()


def samples(**params: Any) -> np.ndarray:
    return np.asarray(chime(**{**SHORT, **params}).samples)


def brightness_of(sound: np.ndarray) -> float:
    """Centre of gravity of the spectrum in hertz."""
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / 44_100)
    return float((power * hertz).sum() / power.sum())


def test_form() -> None:
    assert chime.kind == "audio"
    assert list(chime.parameters) == ["prompt", "seed", "duration", "tempo", "scale", "brightness"]
    assert chime.parameters["duration"].minimum == 0.5
    assert chime.parameters["duration"].maximum == 30.0
    assert chime.parameters["tempo"].maximum == 200
    assert all(p.description for p in chime.parameters.values())


@pytest.mark.parametrize("duration", [0.5, 1.0, 2.5])
def test_length_layout_and_level(duration: float) -> None:
    sound = chime(duration=duration)
    assert sound.sample_rate == 44_100
    assert sound.samples.shape == (round(duration * 44_100), 2)
    assert sound.samples.dtype == np.float32
    peak = np.abs(sound.samples).max()
    assert 0.8 < peak <= 0.9
    assert np.isfinite(sound.samples).all()


@pytest.mark.parametrize(
    "prompt", ["", "fast bright glass rain", "deep dark church bells", "harp", "wooden marimba", "ocean wind"]
)
def test_every_mood_is_heard_and_never_clips(prompt: str) -> None:
    for seed in range(2):
        sound = samples(prompt=prompt, seed=seed, duration=2.0)
        assert np.abs(sound).max() <= 0.9
        assert np.sqrt((sound**2).mean()) > 0.02
        assert np.abs(sound.mean(axis=0)).max() < 0.01


def test_fades_at_both_ends() -> None:
    sound = samples(duration=2.0)
    assert np.abs(sound[0]).max() == 0
    assert np.abs(sound[-1]).max() < 1e-4
    assert np.abs(sound[-200:]).max() < 0.02


def test_no_clicks() -> None:
    sound = samples(duration=2.0, brightness=0.2)
    assert np.abs(np.diff(sound, axis=0)).max() < 0.45


def test_stereo() -> None:
    sound = samples()
    assert np.abs(sound[:, 0] - sound[:, 1]).mean() > 0.01


def test_same_parameters_give_the_same_samples_across_threads() -> None:
    first = samples(prompt="harp in the wind", seed=4).tobytes()
    with ThreadPoolExecutor(3) as pool:
        again = list(pool.map(lambda _: samples(prompt="harp in the wind", seed=4).tobytes(), range(3)))
    assert set(again) == {first}


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "Temple bells"},
        {"prompt": "Wind chimes at dusk zorblax"},
        {"seed": 1},
        {"seed": -7},
        {"tempo": 160},
        {"scale": "hirajoshi"},
        {"brightness": 0.9},
    ],
    ids=str,
)
def test_every_parameter_changes_the_sound(change: dict[str, Any]) -> None:
    assert np.abs(samples(duration=2.0) - samples(duration=2.0, **change)).mean() > 1e-3


def test_brightness_and_words_move_the_spectrum() -> None:
    def center(**params: Any) -> float:
        return float(np.mean([brightness_of(samples(seed=seed, duration=2.0, **params)) for seed in range(2)]))

    assert center(brightness=1.0) > 1.3 * center(brightness=0.0)
    assert center(prompt="high glass") > 1.5 * center(prompt="deep bell")


def test_progress_rises_to_one() -> None:
    sink = Sink()
    chime.run([{**chime.defaults(), **SHORT}], [TaskContext(sink=sink)])
    assert sink.reports[0] == 0
    assert sink.reports == sorted(set(sink.reports))
    assert sink.reports[-1] == 1
    assert sink.message == "done"


def test_cancel_in_the_middle() -> None:
    sink = StopSink()
    sink.context = TaskContext(sink=sink)
    with pytest.raises(TaskCancelled):
        chime.run([chime.defaults()], [sink.context])
    assert len(sink.reports) == 2
