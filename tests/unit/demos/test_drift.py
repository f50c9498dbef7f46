from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from batchgen_widgets.errors import TaskCancelled
from batchgen_widgets.generators import TaskContext
from batchgen_widgets.generators.demos import drift

SMALL: dict[str, Any] = {"seconds": 1.0, "fps": 12, "width": 64, "height": 64}


class Sink:
    def __init__(self) -> None:
        self.reports: list[float] = []
        self.message: str | None = None
        self.previews: list[Any] = []
        self.context: TaskContext | None = None

    @property
    def progress(self) -> float:
        return self.reports[-1]

    @progress.setter
    def progress(self, value: float) -> None:
        self.reports.append(value)
        if self.context and len(self.reports) == 3:
            self.context.cancel()

    def show_preview(self, image: Any) -> None:
        self.previews.append(image)

    def append_log(self, text: str) -> None:
        raise AssertionError(text)


def frames(**params: Any) -> np.ndarray:
    return np.stack([np.asarray(frame) for frame in drift(**{**SMALL, **params}).frames])


def test_form() -> None:
    assert drift.kind == "video"
    assert list(drift.parameters) == ["prompt", "seed", "seconds", "fps", "width", "height", "turbulence", "palette"]
    assert drift.defaults()["width"] == drift.defaults()["height"] == 256
    assert (drift.parameters["seconds"].minimum, drift.parameters["seconds"].maximum) == (0.5, 10.0)
    assert (drift.parameters["fps"].minimum, drift.parameters["fps"].maximum) == (8, 30)
    assert all(p.description for p in drift.parameters.values())


@pytest.mark.parametrize(("seconds", "fps", "count"), [(0.5, 8, 4), (1.0, 24, 24), (1.5, 9, 14)])
def test_frame_count_size_and_rate(seconds: float, fps: int, count: int) -> None:
    clip = drift(seconds=seconds, fps=fps, width=96, height=64)
    shapes = {np.asarray(frame).shape for frame in clip.frames}
    assert len(list(clip.frames)) == count
    assert shapes == {(64, 96, 3)}
    assert clip.fps == fps


def test_loop_has_no_seam_and_moves_smoothly() -> None:
    clip = frames(seconds=2.0, fps=24).astype(int)
    steps = [np.abs(clip[i] - clip[(i + 1) % len(clip)]).mean() for i in range(len(clip))]
    assert min(steps) > 0.2, "it moves"
    assert steps[-1] < 1.6 * np.median(steps), "the last frame flows into the first"
    assert max(steps) < 2.5 * np.median(steps)
    assert np.abs(clip[0] - clip[len(clip) // 2]).mean() > 3 * np.median(steps)


@pytest.mark.parametrize("palette", ["auto", "ink", "ember", "lagoon", "orchid", "aurora", "gold"])
def test_every_palette_fills_the_frame_with_more_than_one_tone(palette: str) -> None:
    for seed in range(4):
        clip = frames(palette=palette, seed=seed, seconds=0.5)
        assert clip.std() > 15


def test_same_parameters_give_the_same_frames_across_threads() -> None:
    first = frames(prompt="wild violet smoke", seed=3).tobytes()
    with ThreadPoolExecutor(3) as pool:
        again = list(pool.map(lambda _: frames(prompt="wild violet smoke", seed=3).tobytes(), range(3)))
    assert set(again) == {first}


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "Ink in water zorblax"},
        {"prompt": "Red ink in water"},
        {"prompt": "Fire"},
        {"seed": 1},
        {"seed": 2**40},
        {"turbulence": 0.9},
        {"palette": "gold"},
    ],
    ids=str,
)
def test_every_parameter_changes_the_clip(change: dict[str, Any]) -> None:
    assert np.abs(frames().astype(int) - frames(**change)).mean() > 1


def test_words_choose_the_colours() -> None:
    fire, sea = frames(prompt="fire").mean(axis=(0, 1, 2)), frames(prompt="ocean").mean(axis=(0, 1, 2))
    assert fire[0] > fire[2] + 20
    assert sea[2] > sea[0] + 20


def test_progress_rises_to_one_with_previews() -> None:
    sink = Sink()
    drift.run([{**drift.defaults(), **SMALL}], [TaskContext(sink=sink)])
    assert sink.reports == pytest.approx([(index + 1) / 12 for index in range(12)])
    assert sink.message == "frame 12/12"
    assert 4 <= len(sink.previews) <= 8
    assert np.asarray(sink.previews[0]).shape == (64, 64, 3)


def test_cancel_in_the_middle() -> None:
    sink = Sink()
    sink.context = TaskContext(sink=sink)
    with pytest.raises(TaskCancelled):
        drift.run([{**drift.defaults(), **SMALL}], [sink.context])
    assert len(sink.reports) == 3
