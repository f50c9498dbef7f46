"""The handle of a running generator."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.errors import ParameterError, TaskCancelled
from batchgen_widgets.generators import TaskContext


class Sink:
    def __init__(self) -> None:
        self.progress = 0.0
        self.message: str | None = None
        self.previews: list[object] = []
        self.lines: list[str] = []

    def show_preview(self, image: object) -> None:
        self.previews.append(image)

    def append_log(self, text: str) -> None:
        self.lines.append(text)


def test_reports_reach_the_sink() -> None:
    sink = Sink()
    task = TaskContext({"seed": 3}, 7, 2, sink=sink)
    task.progress(0.25, "step 1", preview="picture")
    task.progress(0.5)
    task.log(12)
    assert (sink.progress, sink.message, sink.previews, sink.lines) == (0.5, "step 1", ["picture"], ["12"])
    assert (task.index, task.attempt, dict(task.params), task.cancelled) == (7, 2, {"seed": 3}, False)


@given(st.floats(allow_nan=False) | st.integers(-(10**300), 10**300))
def test_fractions_are_clamped(fraction: float) -> None:
    sink = Sink()
    TaskContext(sink=sink).progress(fraction)
    assert sink.progress == min(max(fraction, 0.0), 1.0)
    assert type(sink.progress) is float


@pytest.mark.parametrize("fraction", [math.nan, "half", None, [0.5]])
def test_a_fraction_that_is_no_number_is_refused(fraction: object) -> None:
    with pytest.raises(ParameterError, match=r"^fraction: .* is not allowed; give a number from 0 to 1$") as caught:
        TaskContext(sink=Sink()).progress(fraction)  # type: ignore[arg-type]
    assert caught.value.field == "fraction"


def test_cancel_is_heard_at_the_next_report() -> None:
    sink = Sink()
    task = TaskContext(index=4, sink=sink)
    task.raise_if_cancelled()
    task.cancel()
    assert task.cancelled
    for stop in (task.raise_if_cancelled, lambda: task.progress(0.9)):
        with pytest.raises(TaskCancelled, match="task 4 was cancelled"):
            stop()
    assert sink.progress == 0.0


def test_a_detached_context_takes_every_report() -> None:
    task = TaskContext()
    task.progress(0.5, "m", preview=object())
    task.log("line")
    with pytest.raises(ParameterError):
        task.progress(math.nan)


def test_params_are_read_only_and_a_copy() -> None:
    given_params = {"seed": 1}
    task = TaskContext(given_params)
    given_params["seed"] = 2
    assert task.params["seed"] == 1
    with pytest.raises(TypeError):
        task.params["seed"] = 3  # type: ignore[index]


def test_a_report_costs_under_two_microseconds() -> None:
    task = TaskContext(sink=Sink())
    best = math.inf
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(5_000):
            task.progress(0.5, "step")
        best = min(best, (time.perf_counter() - started) / 5_000)
    assert best < 2e-6
