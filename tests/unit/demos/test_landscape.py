from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from batchgen_widgets.errors import TaskCancelled
from batchgen_widgets.generators import TaskContext
from batchgen_widgets.generators.demos import landscape

SMALL: dict[str, Any] = {"width": 128, "height": 128, "steps": 4}


class Sink:
    def __init__(self) -> None:
        self.reports: list[float] = []
        self.message: str | None = None
        self.previews: list[Any] = []

    @property
    def progress(self) -> float:
        return self.reports[-1]

    @progress.setter
    def progress(self, value: float) -> None:
        self.reports.append(value)

    def show_preview(self, image: Any) -> None:
        self.previews.append(image)

    def append_log(self, text: str) -> None:
        raise AssertionError(text)


class StopAt(Sink):
    """Cancels its context when a step is reported."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step
        self.context: TaskContext | None = None

    def show_preview(self, image: Any) -> None:
        super().show_preview(image)
        if len(self.previews) == self.step and self.context:
            self.context.cancel()


def pixels(**params: Any) -> np.ndarray:
    return np.asarray(landscape(**{**SMALL, **params}), dtype=np.int16)


def mean(prompt: str, **params: Any) -> np.ndarray:
    """Mean colour over a few seeds, so that no single composition decides."""
    return np.asarray(
        np.mean([pixels(prompt=prompt, seed=seed, **params).mean(axis=(0, 1)) for seed in range(3)], axis=0)
    )


def saturation(image: np.ndarray) -> float:
    return float((image.max(axis=2) - image.min(axis=2)).mean())


def roughness(image: np.ndarray) -> float:
    """How much a pixel differs from the mean of its neighbours."""
    inner = image[1:-1, 1:-1]
    around = (image[:-2, 1:-1] + image[2:, 1:-1] + image[1:-1, :-2] + image[1:-1, 2:]) / 4
    return float(np.abs(inner - around).mean())


def test_form_matches_the_poster_of_the_documentation() -> None:
    parameters = landscape.parameters
    assert landscape.name == "landscape"
    assert landscape.kind == "image"
    assert landscape.context_parameter == "task"
    assert landscape.defaults() == {
        "prompt": "A beautiful landscape",
        "seed": 0,
        "width": 512,
        "height": 512,
        "steps": 20,
        "cfg_scale": 7.5,
        "sampler": "euler",
    }
    limits = {name: (p.minimum, p.maximum, p.step) for name, p in parameters.items()}
    assert limits["width"] == limits["height"] == (64, 2048, 64)
    assert limits["steps"] == (1, 150, None)
    assert limits["cfg_scale"] == (1.0, 20.0, 0.5)
    assert parameters["sampler"].choices == ("euler", "ddim", "dpm++")
    assert all(p.description for p in parameters.values())
    assert (parameters["prompt"].role, parameters["seed"].role) == ("prompt", "seed")


@pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 256), (320, 64), (192, 128)])
def test_size_and_mode(width: int, height: int) -> None:
    image = landscape(width=width, height=height, steps=2)
    assert image.size == (width, height)
    assert image.mode == "RGB"


def test_every_place_and_weather_is_painted_at_any_shape() -> None:
    places = ("mountains", "forest", "desert", "canyon", "ocean", "meadow", "city", "alpine lake")
    skies = (
        "dawn",
        "stormy day",
        "snow at night",
        "misty sunset",
        "aurora",
        "rain at dusk",
        "autumn",
        "winter morning",
    )
    for seed, (place, sky) in enumerate(zip(places, skies, strict=True)):
        image = pixels(prompt=f"{place} {sky}", seed=seed, width=128, height=64, steps=2)
        assert image.std() > 8, (place, sky)


def test_same_parameters_give_the_same_bytes_across_threads_and_after_other_draws() -> None:
    first = landscape(prompt="misty fjord", seed=5, **SMALL).tobytes()
    np.random.default_rng(0).random(100)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: landscape(prompt="misty fjord", seed=5, **SMALL).tobytes(), range(4)))
    assert set(again) == {first}


def test_same_bytes_in_another_process_with_another_hash_seed() -> None:
    code = (
        "import hashlib; from batchgen_widgets.generators.demos import landscape;"
        "image = landscape(prompt='crimson autumn storm over a city', seed=3, width=64, height=64, steps=2);"
        "print(hashlib.sha256(image.tobytes()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_does_not_touch_the_global_random_state() -> None:
    before = repr(np.random.get_state())
    landscape(**SMALL)
    assert repr(np.random.get_state()) == before


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "A beautiful landscape at night"},
        {"prompt": "A beautiful landscape zorblax"},
        {"seed": 1},
        {"seed": 2**32},
        {"seed": -1},
        {"steps": 5},
        {"cfg_scale": 8.0},
        {"sampler": "ddim"},
        {"sampler": "dpm++"},
    ],
    ids=str,
)
def test_every_parameter_changes_the_picture(change: dict[str, Any]) -> None:
    difference = np.abs(pixels() - pixels(**change))
    assert difference.mean() > 0.5


def test_times_of_day_differ_in_brightness_and_warmth() -> None:
    dawn, day, night = (mean(f"mountain lake at {time}") for time in ("dawn", "noon", "night"))
    assert night.mean() < 0.5 * dawn.mean()
    assert night.mean() < 0.5 * day.mean()
    assert night[2] > night[0] * 1.2
    assert dawn[0] - dawn[2] > day[0] - day[2] + 15


def test_seasons_and_places_have_their_colours() -> None:
    summer, autumn, winter = (mean(f"{season} meadow at noon") for season in ("summer", "autumn", "winter"))
    assert autumn[0] - autumn[1] > summer[0] - summer[1] + 8
    assert winter.mean() > summer.mean() + 15
    desert, ocean = mean("desert at noon"), mean("ocean at noon")
    assert desert[0] - desert[2] > ocean[0] - ocean[2] + 40


def test_styles_and_colour_words_are_followed() -> None:
    assert saturation(pixels(prompt="ink mountains", seed=2)) < 0.5 * saturation(pixels(prompt="mountains", seed=2))
    corner = pixels(prompt="watercolor mountains", steps=20)[:2, :2]
    assert corner.min() > 215
    plain, red = mean("mountains at noon"), mean("crimson mountains at noon")
    assert red[0] - red[1] > plain[0] - plain[1] + 10
    assert pixels(prompt="misty mountains at noon").std() < pixels(prompt="mountains at noon").std()


def test_known_words_keep_the_composition() -> None:
    dawn, morning, other = (
        pixels(prompt=prompt, seed=seed, steps=20).mean(axis=2)
        for prompt, seed in (("mountains at dawn", 4), ("mountains in the morning", 4), ("mountains at dawn", 5))
    )

    def alike(a: np.ndarray, b: np.ndarray) -> float:
        first, second = (np.abs(np.diff(image[40:], axis=0)).ravel() for image in (a, b))
        return float(np.corrcoef(first, second)[0, 1])

    assert alike(dawn, morning) > 0.6 > 0.45 > alike(dawn, other)


def test_negated_words_are_not_painted() -> None:
    assert landscape(prompt="mountains, no snow", **SMALL) == landscape(prompt="mountains", **SMALL)


def test_more_steps_are_less_grainy() -> None:
    grain = [roughness(pixels(prompt="ocean at dawn", seed=3, steps=steps)[:40]) for steps in (1, 4, 30)]
    assert grain[0] > 1.4 * grain[1] > 2 * grain[2]


def test_guidance_raises_saturation() -> None:
    levels = [saturation(pixels(prompt="lake at sunset", seed=4, cfg_scale=cfg)) for cfg in (1.0, 7.5, 20.0)]
    assert levels[0] < 0.8 * levels[1] < levels[1] < 0.95 * levels[2]


def test_sky_has_no_bands() -> None:
    sky = np.asarray(landscape(prompt="clear desert at dusk", seed=1, width=512, height=512, steps=8))[:120]
    assert len(np.unique(sky.reshape(-1, 3), axis=0)) > 1_500
    assert (np.ptp(sky.astype(int), axis=1) > 0).all(), "a row of one colour shows as a band"


def test_progress_rises_to_one_with_previews() -> None:
    sink = Sink()
    [image] = landscape.run([{**landscape.defaults(), **SMALL, "steps": 30}], [TaskContext(sink=sink)])
    assert sink.reports == sorted(set(sink.reports))
    assert sink.reports == pytest.approx([(step + 1) / 30 for step in range(30)])
    assert sink.message == "step 30/30"
    assert 5 <= len(sink.previews) <= 10
    assert all(max(preview.size) <= 256 and preview.mode == "RGB" for preview in sink.previews)
    assert len({preview.tobytes() for preview in sink.previews}) == len(sink.previews)
    assert image.size == (128, 128)


def test_previews_are_small_copies_of_large_pictures() -> None:
    sink = Sink()
    landscape.run([{**landscape.defaults(), "width": 640, "height": 320, "steps": 2}], [TaskContext(sink=sink)])
    assert [preview.size for preview in sink.previews] == [(214, 107)]


def test_cancel_in_the_middle_stops_there() -> None:
    sink = StopAt(2)
    sink.context = TaskContext(sink=sink)
    with pytest.raises(TaskCancelled):
        landscape.run([{**landscape.defaults(), **SMALL, "steps": 20}], [sink.context])
    assert len(sink.previews) == 2
    assert 0 < len(sink.reports) <= 3


def test_cancelled_before_the_start_paints_nothing() -> None:
    sink = Sink()
    context = TaskContext(sink=sink)
    context.cancel()
    with pytest.raises(TaskCancelled):
        landscape.run([landscape.defaults()], [context])
    assert sink.reports == []


def test_small_pictures_are_fast() -> None:
    landscape(**SMALL)
    times = []
    for seed in range(5):
        start = time.process_time()
        landscape(seed=seed, **SMALL)
        times.append(time.process_time() - start)
    assert min(times) < 0.12


def test_importing_the_demos_is_light() -> None:
    code = (
        "import sys, batchgen_widgets.generators.demos; print([m for m in ('numpy', 'PIL', 'av') if m in sys.modules])"
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=path)
    assert done.stdout.strip() == "[]"
