"""What every executor has to do, as tests: subclass `ExecutorContract` and give it an executor.

::

    class TestMyExecutor(ExecutorContract):
        @pytest.fixture(scope="class")
        @classmethod
        def executor(cls):
            made = MyExecutor(2)
            yield made
            made.close()

Generators of these tests are closures, wait for files that the test makes, and give up after a while, so that a broken
executor fails instead of hanging.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ..generators import Generator, ProgressSink, TaskContext, generator
from ..media import Encoding
from ..projects import Destination
from ..recipes import recall
from ..runner.executors import Executor
from ..runner.stopping import StopSignal
from ..runner.work import Input, Job, Result
from .states import wait_for

__all__ = ["Call", "ExecutorContract", "RecordingSink", "Spot", "hold", "make_group", "make_job"]

_PATIENCE_S = 30.0


class RecordingSink:
    """Remembers all that was reported: `progress`, `message`, `previews` (made small) and `lines`."""

    def __init__(self) -> None:
        self.progress = 0.0
        self.message: str | None = None
        self.previews: list[Any] = []
        self.lines: list[str] = []

    def show_preview(self, image: Any) -> None:
        """Keep a small copy."""
        from ..media import make_preview

        self.previews.append(make_preview(image))

    def append_log(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)


class _BrokenSink:
    """Raises whatever it is told."""

    @property
    def progress(self) -> float:
        return 0.0

    @progress.setter
    def progress(self, value: float) -> None:
        raise RuntimeError("this sink is broken")

    @property
    def message(self) -> str | None:
        return None

    @message.setter
    def message(self, value: str | None) -> None:
        raise RuntimeError("this sink is broken")

    def show_preview(self, image: Any) -> None:
        raise RuntimeError("this sink is broken")

    def append_log(self, text: str) -> None:
        raise RuntimeError("this sink is broken")


def hold(release: Path, task: TaskContext | None = None, patience: float = _PATIENCE_S) -> None:
    """Wait in a generator until a file is there; with a context, also until the task is cancelled."""
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while not release.exists():
        if task is not None:
            task.raise_if_cancelled()
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody made {release.name} within {patience:g} s")
        pause.wait(0.005)


def make_job(source: Generator | Callable[..., Any], root: Path, *, index: int = 0, **params: Any) -> Job:
    """Make the first attempt of a task of batch "batch", with files below `root`."""
    made = source if isinstance(source, Generator) else generator(source)
    return Job(made, [Input(made.validate(params), 1, Destination(root, "batch", index, 2))])


@dataclass
class Spot:
    """The parameters of generators that take several sets at once."""

    seed: int = 0
    size: int = 4


def make_group(function: Callable[..., Any], root: Path, sets: Sequence[Mapping[str, Any]]) -> Job:
    """Make one call for several tasks of batch "batch", of a function that takes a list of `Spot`."""
    made = generator(function, max_batch_size=8)
    inputs = [
        Input(made.validate(params), 1, Destination(root, "batch", index, 2)) for index, params in enumerate(sets)
    ]
    return Job(made, inputs)


class Call:
    """A job that runs in a thread of its own, as the runner's workers do.

    Attributes
    ----------
    sink : RecordingSink
        Of the first task.
    stop : StopSignal
    """

    def __init__(
        self, executor: Executor, job: Job, *, timeout: float | None = None, sink: ProgressSink | None = None
    ) -> None:
        self.sink = RecordingSink()
        self.stop = StopSignal()
        self._results: list[Result] = []

        def run() -> None:
            others = [RecordingSink() for _ in job.inputs[1:]]
            self._results += executor.run(job, [sink or self.sink, *others], self.stop, timeout)

        self._thread = threading.Thread(target=run, name="batchgen-contract", daemon=True)
        self._thread.start()

    def wait_for_progress(self, fraction: float) -> None:
        """Wait until the sink has heard of some progress."""
        wait_for(lambda: self.sink.progress >= fraction or self._results, f"progress {fraction:g}", timeout=_PATIENCE_S)
        assert self.sink.progress >= fraction, self._results

    def results(self) -> list[Result]:
        """Wait for the results, one for each task."""
        self._thread.join(_PATIENCE_S)
        assert self._results, "the executor gave no result"
        return self._results

    def result(self) -> Result:
        """Wait for the one result."""
        (result,) = self.results()
        return result


class ExecutorContract:
    """The tests; a subclass gives the fixture `executor`, which runs at least two jobs at once and may be shared."""

    @pytest.fixture
    def disposable(self, executor: Executor) -> Executor:
        """Give one that a test may close: the shared one, unless a subclass gives another."""
        return executor

    def run(self, executor: Executor, job: Job, timeout: float | None = None) -> tuple[Result, RecordingSink]:
        """Run a job to its end."""
        sink = RecordingSink()
        [result] = executor.run(job, [sink], StopSignal(), timeout)
        return result, sink

    def run_group(
        self,
        executor: Executor,
        function: Callable[..., Any],
        sets: Sequence[Mapping[str, Any]],
        root: Path,
        timeout: float | None = None,
    ) -> tuple[list[Result], list[RecordingSink]]:
        """Run a function that takes several parameter sets, once for all of these."""
        sinks = [RecordingSink() for _ in sets]
        return executor.run(make_group(function, root, sets), sinks, StopSignal(), timeout), sinks

    # Results

    def test_files_are_on_disk_when_the_result_comes(self, executor: Executor, tmp_path: Path) -> None:
        def painting(seed: int = 0) -> Any:
            from PIL import Image

            return [Image.new("RGB", (8, 6), (seed, 0, 0)), Image.new("RGB", (4, 4), (0, seed, 9))]

        result, _ = self.run(executor, make_job(painting, tmp_path, index=3, seed=200))

        assert result.status == "completed", result.traceback
        assert result.error is result.traceback is None
        assert [(asset.kind, asset.width, asset.height, asset.position) for asset in result.assets] == [
            ("image", 8, 6, 0),
            ("image", 4, 4, 1),
        ]
        for asset in result.assets:
            assert asset.path.is_relative_to(tmp_path)
            assert asset.path.stat().st_size == asset.file_size
            assert asset.thumbnail_path.stat().st_size > 0
        files = {path for path in tmp_path.rglob("*") if path.is_file()}
        assert files == {path for asset in result.assets for path in (asset.path, asset.thumbnail_path)}

    def test_files_carry_their_recipe_and_have_the_formats_that_were_chosen(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        def painting(prompt: str = "", seed: int = 0) -> Any:
            from PIL import Image

            return Image.new("RGB", (8, 6), (seed, 0, 0))

        job = make_job(painting, tmp_path, index=3, prompt="a fox, 狐, \ud800", seed=200)
        job = replace(job, encoding=Encoding(image="webp"), source_sha256="0a1b2c", template="a fox")
        result, _ = self.run(executor, job)
        assert result.status == "completed", result.traceback
        (asset,) = result.assets
        recipe = recall(asset.path)
        assert asset.path.suffix == ".webp"
        assert recipe.params == {"prompt": "a fox, 狐, \ud800", "seed": 200}
        assert (recipe.generator, recipe.source_sha256, recipe.template) == ("painting", "0a1b2c", "a fox")
        assert (recipe.batch_id, recipe.task_id, recipe.asset_id) == ("batch", "batch/3", "batch-03")
        assert asset.sha256 == hashlib.sha256(asset.path.read_bytes()).hexdigest()

    def test_metrics_come_back(self, executor: Executor, tmp_path: Path) -> None:
        result, _ = self.run(executor, make_job(lambda seed=1: {"score": seed / 4, "word": "Häuschen"}, tmp_path))
        assert result == Result("completed", [], {"score": 0.25, "word": "Häuschen"})

    def test_the_context_knows_its_task(self, executor: Executor, tmp_path: Path) -> None:
        def curious(*, strength: float = 0.5, task: TaskContext) -> Any:
            return {"index": task.index, "attempt": task.attempt, "strength": task.params["strength"]}

        result, _ = self.run(executor, make_job(curious, tmp_path, index=7, strength=0.75))
        assert result.metrics == {"index": 7, "attempt": 1, "strength": 0.75}

    def test_closures_and_lambdas_are_generators_too(self, executor: Executor, tmp_path: Path) -> None:
        def make(factor: int) -> Callable[..., Any]:
            return lambda seed=0: {"product": factor * seed}

        for factor in (2, 3):
            result, _ = self.run(executor, make_job(make(factor), tmp_path, seed=7))
            assert result.metrics == {"product": factor * 7}, result.error

    def test_media_are_decoded_where_the_generator_runs(self, executor: Executor, tmp_path: Path) -> None:
        from PIL import Image

        def enlarge(image: Image.Image, factor: int = 2) -> Any:
            return {"image": image.resize((image.width * factor, image.height)), "mode": image.mode}

        Image.new("L", (8, 6), 77).save(tmp_path / "given.png")
        for image in (tmp_path / "given.png", Image.new("RGB", (8, 6))):
            result, _ = self.run(executor, make_job(enlarge, tmp_path, image=image))
            assert (result.error, result.metrics) == (None, {"mode": "RGB"})
            assert [(asset.width, asset.height) for asset in result.assets] == [(16, 6)]

        (tmp_path / "torn.png").write_bytes((tmp_path / "given.png").read_bytes()[:40])
        result, _ = self.run(executor, make_job(enlarge, tmp_path, image=tmp_path / "torn.png"))
        assert result.status == "failed"
        assert "is a damaged image" in (result.error or "")

    def test_two_jobs_run_at_once(self, executor: Executor, tmp_path: Path) -> None:
        def held(seed: int = 0, *, task: TaskContext) -> Any:
            task.progress(0.5, f"job {seed}")
            hold(tmp_path / "release", task)
            return {"seed": seed}

        calls = [Call(executor, make_job(held, tmp_path, index=index, seed=index)) for index in range(2)]
        for call in calls:
            call.wait_for_progress(0.5)
        (tmp_path / "release").touch()
        assert [call.result().metrics["seed"] for call in calls] == [0, 1]
        assert [call.sink.message for call in calls] == ["job 0", "job 1"]

    # Reports

    def test_progress_and_messages_arrive_while_the_task_runs(self, executor: Executor, tmp_path: Path) -> None:
        def steady(*, task: TaskContext) -> Any:
            task.progress(0.25, "a quarter")
            hold(tmp_path / "release", task)
            task.progress(0.75)
            task.progress(0.875, "nearly")
            return {"score": 1}

        call = Call(executor, make_job(steady, tmp_path))
        call.wait_for_progress(0.25)
        assert call.sink.message == "a quarter"
        (tmp_path / "release").touch()
        assert call.result().status == "completed"
        assert (call.sink.progress, call.sink.message) == (0.875, "nearly")

    def test_previews_arrive_while_the_task_runs(self, executor: Executor, tmp_path: Path) -> None:
        def showing(*, task: TaskContext) -> Any:
            from PIL import Image

            task.progress(0.5, preview=Image.new("RGB", (1024, 512), (200, 30, 30)))
            hold(tmp_path / "release", task)
            return {"score": 1}

        call = Call(executor, make_job(showing, tmp_path))
        wait_for(lambda: call.sink.previews, "a preview", timeout=_PATIENCE_S)
        (tmp_path / "release").touch()
        preview = call.sink.previews[0]
        assert max(preview.size) <= 256
        assert preview.width == 2 * preview.height
        red, green, _ = preview.convert("RGB").getpixel((20, 20))
        assert red > 150 > green
        assert call.result().status == "completed"

    def test_what_a_task_prints_warns_and_logs_is_in_its_log(self, executor: Executor, tmp_path: Path) -> None:
        def talking(*, task: TaskContext) -> Any:
            print("to stdout")
            print("to stderr", file=sys.stderr)
            task.log("to the log")
            warnings.warn("careful now", UserWarning, stacklevel=1)
            return {"score": 1}

        with warnings.catch_warnings():
            warnings.simplefilter("always")  # for executors that run here
            result, sink = self.run(executor, make_job(talking, tmp_path))
        assert result.status == "completed", result.traceback
        assert sink.lines == ["to stdout", "to stderr", "to the log", "UserWarning: careful now"]

    def test_every_line_and_the_last_state_arrive_however_fast(self, executor: Executor, tmp_path: Path) -> None:
        def hasty(*, task: TaskContext) -> Any:
            for number in range(1000):
                task.progress((number + 1) / 1000, f"step {number}")
                task.log(f"line {number}")
            return {"score": 1}

        result, sink = self.run(executor, make_job(hasty, tmp_path))
        assert result.status == "completed"
        assert (sink.progress, sink.message) == (1.0, "step 999")
        assert sink.lines == [f"line {number}" for number in range(1000)]

    def test_a_sink_that_raises_breaks_nothing_else(self, executor: Executor, tmp_path: Path) -> None:
        def telling(*, task: TaskContext) -> Any:
            print("a line")
            task.progress(0.5, "half")
            return {"score": 1}

        assert Call(executor, make_job(telling, tmp_path), sink=_BrokenSink()).result().status != "cancelled"
        result, sink = self.run(executor, make_job(telling, tmp_path))
        assert result.metrics == {"score": 1}
        assert sink.lines == ["a line"]

    # Failures

    def test_an_error_is_one_line_and_its_traceback_begins_where_the_user_is(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        def inner() -> None:
            raise ZeroDivisionError("no\n  zero here")

        def clumsy(seed: int = 0) -> Any:
            inner()

        result, _ = self.run(executor, make_job(clumsy, tmp_path))
        assert result.status == "failed"
        assert result.error == "ZeroDivisionError: no zero here"
        assert result.traceback is not None
        assert "in clumsy" in result.traceback.split("File ")[1]
        assert "in inner" in result.traceback.split("File ")[2]

    def test_system_exit_is_a_failure_like_others(self, executor: Executor, tmp_path: Path) -> None:
        def leaving(seed: int = 0) -> Any:
            sys.exit(3)

        result, _ = self.run(executor, make_job(leaving, tmp_path))
        assert (result.status, result.error) == ("failed", "SystemExit: 3")

    def test_nonsense_is_a_failure(self, executor: Executor, tmp_path: Path) -> None:
        result, _ = self.run(executor, make_job(lambda seed=0: object(), tmp_path))
        assert result.status == "failed"
        assert result.error is not None
        assert result.error.startswith("ResultError: ")
        assert list(tmp_path.rglob("*.*")) == []

    # Groups

    def test_a_group_runs_in_one_call(self, executor: Executor, tmp_path: Path) -> None:
        def paint(items: list[Spot], *, tasks: list[TaskContext]) -> Any:
            from PIL import Image

            print("one call")
            for item, task in zip(items, tasks, strict=True):
                task.progress(0.5, f"{item.seed} of task {task.index}", preview=Image.new("RGB", (64, 64)))
                task.log(f"seed {task.params['seed']}")
            return [{"image": Image.new("RGB", (item.size, 4)), "score": item.seed} for item in items]

        results, sinks = self.run_group(executor, paint, [{"seed": 5, "size": 6}, {"seed": 7, "size": 8}], tmp_path)
        assert [result.status for result in results] == ["completed"] * 2, results
        assert [result.metrics for result in results] == [{"score": 5}, {"score": 7}]
        assert [result.assets[0].width for result in results] == [6, 8]
        assert all(asset.path.exists() for result in results for asset in result.assets)
        assert [(sink.progress, sink.message) for sink in sinks] == [(0.5, "5 of task 0"), (0.5, "7 of task 1")]
        assert [sink.lines for sink in sinks] == [["one call", "seed 5"], ["one call", "seed 7"]]
        assert all(sink.previews for sink in sinks)

    def test_what_one_task_of_a_group_made_is_judged_by_itself(self, executor: Executor, tmp_path: Path) -> None:
        def paint(items: list[Spot]) -> Any:
            return [{"score": item.seed} if item.seed else object() for item in items]

        results, _ = self.run_group(executor, paint, [{"seed": 1}, {"seed": 0}, {"seed": 3}], tmp_path)
        assert [result.status for result in results] == ["completed", "failed", "completed"]
        assert results[1].error is not None
        assert results[1].error.startswith("ResultError: ")

    def test_an_error_is_that_of_the_whole_group(self, executor: Executor, tmp_path: Path) -> None:
        def paint(items: list[Spot]) -> Any:
            raise MemoryError(f"no room for {len(items)}")

        results, _ = self.run_group(executor, paint, [{}, {}], tmp_path)
        assert [(result.status, result.error) for result in results] == [("failed", "MemoryError: no room for 2")] * 2

    def test_too_few_results_are_an_error(self, executor: Executor, tmp_path: Path) -> None:
        def paint(items: list[Spot]) -> Any:
            return [{"score": 1}]

        results, _ = self.run_group(executor, paint, [{}, {}], tmp_path)
        assert {result.status for result in results} == {"failed"}
        assert "returned 1 results; return a list with one result for each of the 2" in str(results[0].error)

    def test_a_group_that_listens_is_stopped(self, executor: Executor, tmp_path: Path) -> None:
        def paint(items: list[Spot], *, tasks: list[TaskContext]) -> Any:
            tasks[0].progress(0.5)
            hold(tmp_path / "release", tasks[1])

        call = Call(executor, make_group(paint, tmp_path, [{}, {}]))
        call.wait_for_progress(0.5)
        call.stop.request()
        assert call.results() == [Result("cancelled")] * 2

    def test_a_group_that_takes_too_long_fails(self, executor: Executor, tmp_path: Path) -> None:
        def paint(items: list[Spot], *, tasks: list[TaskContext]) -> Any:
            hold(tmp_path / "release", tasks[0])

        results, _ = self.run_group(executor, paint, [{}, {}], tmp_path, timeout=0.2)
        assert [result.error for result in results] == ["TimeoutError: ran longer than 0.2 s"] * 2

    # Stopping

    def test_a_task_that_listens_is_stopped(self, executor: Executor, tmp_path: Path) -> None:
        def listening(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)

        call = Call(executor, make_job(listening, tmp_path))
        call.wait_for_progress(0.5)
        call.stop.request()
        assert call.result() == Result("cancelled")

    def test_a_task_that_finishes_all_the_same_keeps_its_result(self, executor: Executor, tmp_path: Path) -> None:
        def finishing(*, task: TaskContext) -> Any:
            from PIL import Image

            task.progress(0.5)
            pause, deadline = threading.Event(), time.monotonic() + _PATIENCE_S
            while not task.cancelled and time.monotonic() < deadline:
                pause.wait(0.005)
            return Image.new("RGB", (2, 2))

        call = Call(executor, make_job(finishing, tmp_path))
        call.wait_for_progress(0.5)
        call.stop.request()
        result = call.result()
        assert result.status == "completed"
        assert result.assets[0].path.exists()

    def test_a_hard_stop_needs_no_listener(self, executor: Executor, tmp_path: Path) -> None:
        if not executor.hard_cancel:
            pytest.skip("this executor stops only what listens")

        def deaf(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release")

        call = Call(executor, make_job(deaf, tmp_path))
        call.wait_for_progress(0.5)
        call.stop.request(hard=True)
        assert call.result() == Result("cancelled")
        after, _ = self.run(executor, make_job(lambda seed=0: {"score": 1}, tmp_path))
        assert after.status == "completed"

    def test_a_stop_before_the_start_is_heard(self, executor: Executor, tmp_path: Path) -> None:
        def listening(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)

        stop = StopSignal()
        stop.request()
        assert executor.run(make_job(listening, tmp_path), [RecordingSink()], stop, None) == [Result("cancelled")]

    def test_a_task_that_takes_too_long_fails(self, executor: Executor, tmp_path: Path) -> None:
        def slow(*, task: TaskContext) -> Any:
            hold(tmp_path / "release", None if executor_is_hard else task)

        executor_is_hard = executor.hard_cancel
        result, _ = self.run(executor, make_job(slow, tmp_path), timeout=0.2)
        assert result.status == "failed"
        assert result.error == "TimeoutError: ran longer than 0.2 s"
        after, _ = self.run(executor, make_job(lambda seed=0: {"score": 1}, tmp_path), timeout=20)
        assert after.status == "completed"

    def test_a_task_within_its_time_is_left_alone(self, executor: Executor, tmp_path: Path) -> None:
        result, _ = self.run(executor, make_job(lambda seed=0: {"score": 1}, tmp_path), timeout=20)
        assert result.status == "completed"

    def test_closing_ends_what_runs(self, disposable: Executor, tmp_path: Path) -> None:
        def listening(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)

        call = Call(disposable, make_job(listening, tmp_path))
        call.wait_for_progress(0.5)
        call.stop.request(hard=True)  # as the runner does before it closes
        disposable.close()
        assert call.result() == Result("cancelled")
        disposable.close()
