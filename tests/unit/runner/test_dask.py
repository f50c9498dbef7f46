"""On a real cluster of two worker processes; each has one thread and one GPU that is only a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from batchgen_widgets import ParameterError, TaskContext, generator
from batchgen_widgets.runner.executors import ThreadExecutor
from batchgen_widgets.runner.executors.choose import make_executor
from batchgen_widgets.runner.stopping import StopSignal
from batchgen_widgets.runner.work import Result
from batchgen_widgets.testing import wait_for
from batchgen_widgets.testing.executors import Call, ExecutorContract, RecordingSink, hold, make_job

distributed = pytest.importorskip("distributed")

from batchgen_widgets.runner.executors.dask import DaskExecutor  # noqa: E402


@contextmanager
def cluster_of(workers: int, **options: Any) -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port; without one it takes a fixed port
            silence_logs=50,
            **options,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with cluster_of(2, resources={"GPU": 1}) as client:
        yield client


def run(executor: Any, job: Any, timeout: float | None = None) -> tuple[Result, RecordingSink]:
    sink = RecordingSink()
    [result] = executor.run(job, [sink], StopSignal(), timeout)
    return result, sink


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def painting(seed: int = 0) -> Any:
    from PIL import Image

    return [Image.new("RGB", (8, 6), (seed % 256, 0, 0)), Image.new("RGB", (4, 4), (0, seed % 256, 9))]


class TestDaskExecutor(ExecutorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls, client: Any) -> Iterator[DaskExecutor]:
        made = DaskExecutor(client)
        yield made
        made.close()

    @pytest.fixture
    def disposable(self, client: Any) -> DaskExecutor:
        return DaskExecutor(client)


@pytest.fixture
def executor(client: Any) -> Iterator[DaskExecutor]:
    made = DaskExecutor(client)
    yield made
    made.close()


class TestWorkers:
    def test_tasks_run_elsewhere_and_leave_nothing_on_the_scheduler(self, client: Any, executor: Any, tmp_path: Path):
        result, _ = run(executor, make_job(lambda seed=0: {"pid": os.getpid()}, tmp_path))
        assert result.metrics["pid"] != os.getpid()
        wait_for(lambda: not client.run_on_scheduler(_keys), "that the scheduler forgets it")

    def test_a_worker_that_is_killed_costs_nothing(self, executor: Any, tmp_path: Path):
        def stubborn(*, task: TaskContext) -> Any:
            from PIL import Image

            first = not (tmp_path / "pid").exists()
            task.log("here")
            task.progress(0.5 if first else 0.75)
            if first:
                (tmp_path / "part").write_text(str(os.getpid()), "utf-8")
                (tmp_path / "part").rename(tmp_path / "pid")
            hold(tmp_path / "release", task)
            return [Image.new("RGB", (8, 6)), Image.new("RGB", (4, 4))]

        root = tmp_path / "project"
        call = Call(executor, make_job(stubborn, root))
        call.wait_for_progress(0.5)
        os.kill(int((tmp_path / "pid").read_text("utf-8")), signal.SIGKILL)
        call.wait_for_progress(0.75)
        (tmp_path / "release").touch()
        result = call.result()
        assert result.status == "completed", result.error
        first, note, second = call.sink.lines
        assert first == second == "here"
        assert "was lost; the task began again at tcp://" in note
        assert files(root / "assets") == ["batch/00.png", "batch/00_2.png"]
        assert files(root / "thumbnails") == ["batch/00.png.webp", "batch/00_2.png.webp"]
        assert sorted(path.name for path in root.iterdir()) == ["assets", "thumbnails"]

    def test_what_one_that_was_killed_had_written_is_gone(self, executor: Any, tmp_path: Path):
        """It dies after its files are written, and before it could say so."""

        def deadly(seed: int = 0) -> Any:
            import batchgen_widgets.runner.work as work

            store = work.store_outputs

            def store_and_die(*args: Any, **options: Any) -> Any:
                stored = store(*args, **options)
                if not (tmp_path / "died").exists():
                    (tmp_path / "died").write_text(str(stored[0].path), "utf-8")
                    os.kill(os.getpid(), signal.SIGKILL)
                work.store_outputs = store
                return stored

            work.store_outputs = store_and_die
            return painting(seed)

        root = tmp_path / "project"
        result, _ = run(executor, make_job(deadly, root, seed=3))
        assert result.status == "completed", result.error
        assert not Path((tmp_path / "died").read_text("utf-8")).exists()
        assert len(files(root)) == 4
        assert all(asset.path.stat().st_size == asset.file_size for asset in result.assets)

    def test_a_task_that_kills_each_worker_fails(self, tmp_path: Path):
        with cluster_of(2) as client:
            client.cluster.scheduler.allowed_failures = 1
            executor = DaskExecutor(client)
            result, _ = run(executor, make_job(lambda seed=0: os._exit(3), tmp_path))
            assert result.status == "failed"
            assert result.error.startswith(
                "WorkerDied: 2 Dask workers died while they ran the task, the last at tcp://"
            )
            after, _ = run(executor, make_job(lambda seed=0: {"score": 1}, tmp_path))
            assert after.status == "completed"
            assert files(tmp_path) == []

    def test_one_that_waited_behind_it_does_not(self, tmp_path: Path):
        """Dask gives up whatever was on a worker that died, also what did not run there."""

        def deadly(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)
            os._exit(3)

        with cluster_of(1) as client:
            client.cluster.scheduler.allowed_failures = 0
            executor = DaskExecutor(client)
            killer = Call(executor, make_job(deadly, tmp_path / "project"))
            killer.wait_for_progress(0.5)
            innocent = Call(executor, make_job(lambda seed=0: {"score": 1}, tmp_path / "project", index=1))
            wait_for(lambda: innocent.sink.message == "Waiting for a Dask worker", "that it waits")
            (tmp_path / "release").touch()
            assert killer.result().error.startswith("WorkerDied: 1 Dask workers died")
            assert innocent.result().status == "completed"

    def test_a_directory_that_workers_do_not_see_is_an_error_that_names_one(
        self, executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        # As where every machine has a directory of that name, and each its own.
        monkeypatch.setattr("batchgen_widgets.runner.executors.home.WANTED", "wanted-here")
        result, _ = run(executor, make_job(painting, tmp_path))
        assert result.status == "failed"
        assert result.error.startswith("ProjectError: the Dask worker at tcp://127.0.0.1:")
        assert f"can't see the project's directory {tmp_path};" in result.error

    def test_a_setup_is_done_once_in_each_worker_and_its_time_does_not_count(self, executor: Any, tmp_path: Path):
        def load() -> int:
            threading.Event().wait(0.5)  # longer than a task may take
            with (tmp_path / "loads").open("a") as file:
                file.write(f"{os.getpid()}\n")
            return 7

        made = generator(lambda model, seed=0: {"product": model * seed}, setup=load, name="loaded")
        for seed in range(6):
            result, _ = run(executor, make_job(made, tmp_path, seed=seed), timeout=0.4)
            assert result.metrics == {"product": 7 * seed}, result.error
        pids = (tmp_path / "loads").read_text("utf-8").split()
        assert len(pids) == len(set(pids)) <= 2

    def test_a_generator_that_cannot_travel_is_a_clear_error(self, executor: Any, tmp_path: Path):
        lock = threading.Lock()
        result, _ = run(executor, make_job(lambda seed=0: {"locked": lock.locked()}, tmp_path))
        assert result.error.startswith("TypeError: the generator can't be sent to a worker (TypeError: ")

    def test_what_a_kernel_that_was_killed_left_is_gone(self, client: Any, tmp_path: Path):
        old = tmp_path / ".dask-batch-0-1-abcdef" / "12345678" / "assets"
        old.mkdir(parents=True)
        (old / "00.png").touch()
        made = DaskExecutor(client)
        assert run(made, make_job(lambda seed=0: {"score": 1}, tmp_path))[0].status == "completed"
        assert list(tmp_path.iterdir()) == []


class TestStops:
    def test_a_task_in_the_cluster_s_queue_never_starts(self, client: Any, executor: Any, tmp_path: Path):
        def held(seed: int = 0, *, task: TaskContext) -> Any:
            task.progress(0.5)
            (tmp_path / f"began-{seed}").touch()
            hold(tmp_path / "release", task)
            return {"score": seed}

        calls = [Call(executor, make_job(held, tmp_path / "project", index=n, seed=n)) for n in range(2)]
        for call in calls:
            call.wait_for_progress(0.5)
        third = Call(executor, make_job(held, tmp_path / "project", index=2, seed=2))
        wait_for(lambda: third.sink.message == "Waiting for a Dask worker", "that it says so")
        third.stop.request()
        assert third.result() == Result("cancelled")
        (tmp_path / "release").touch()
        assert [call.result().status for call in calls] == ["completed", "completed"]
        assert run(executor, make_job(lambda seed=0: {"score": 1}, tmp_path))[0].status == "completed"
        assert not (tmp_path / "began-2").exists()

    def test_one_that_does_not_listen_counts_as_failed_after_its_time(
        self, executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("batchgen_widgets.runner.executors.dask._GRACE_S", 0.2)

        def deaf(seed: int = 0) -> Any:
            hold(tmp_path / "release")
            return painting(seed)

        root = tmp_path / "project"
        result, _ = run(executor, make_job(deaf, root), timeout=0.2)
        assert (result.status, result.error) == ("failed", "TimeoutError: ran longer than 0.2 s")
        (tmp_path / "release").touch()
        # What it returns now is wanted by nobody: when both workers are free again, it has left nothing.
        both = [Call(executor, make_job(_meet(tmp_path, 2), root, index=n, seed=n)) for n in range(2)]
        assert [call.result().status for call in both] == ["completed", "completed"]
        wait_for(lambda: files(root) == [], "that nothing is left")

    def test_a_timeout_starts_when_the_task_does(self, executor: Any, tmp_path: Path):
        def held(seed: int = 0, *, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)
            return {"score": 1}

        calls = [Call(executor, make_job(held, tmp_path, index=index)) for index in range(2)]
        for call in calls:
            call.wait_for_progress(0.5)
        third = Call(executor, make_job(lambda seed=0: {"score": 1}, tmp_path, index=2), timeout=0.5)
        wait_for(lambda: third.sink.message == "Waiting for a Dask worker", "that more than its time has passed")
        (tmp_path / "release").touch()
        assert third.result().status == "completed"
        assert third.sink.message is None

    def test_a_client_that_is_closed_ends_its_tasks(self, tmp_path: Path):
        def held(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)

        with cluster_of(1) as client:
            executor = DaskExecutor(client)
            call = Call(executor, make_job(held, tmp_path / "project"))
            call.wait_for_progress(0.5)
            client.close()
            result = call.result()
            (tmp_path / "release").touch()
            assert result.status == "failed"
            assert result.error.startswith("StateError: the Dask client is clos")
            again, _ = run(executor, make_job(held, tmp_path / "project"))
            assert again.error == "StateError: the Dask client is closed; make a new session with a new client"
            executor.close()

    def test_a_task_whose_worker_never_comes_back_can_be_stopped(self, tmp_path: Path):
        def held(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "never", task)

        with cluster_of(0) as client:
            executor = DaskExecutor(client)
            call = Call(executor, make_job(held, tmp_path / "project"))
            command = [sys.executable, "-m", "distributed.cli.dask_worker", client.scheduler.address]
            worker = subprocess.Popen(
                [*command, "--no-nanny", "--no-dashboard", "--nthreads=1", f"--local-directory={tmp_path}"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
                stderr=subprocess.DEVNULL,
            )
            try:
                call.wait_for_progress(0.5)
            finally:
                worker.kill()
                worker.wait()
            call.stop.request()
            assert call.result() == Result("cancelled")


class TestResources:
    def test_a_worker_runs_as_many_at_once_as_it_has(self, client: Any, tmp_path: Path):
        executor = DaskExecutor(client, {"GPU": 1})
        calls = [Call(executor, make_job(_meet(tmp_path, 2), tmp_path, index=n, seed=n)) for n in range(2)]
        assert [call.result().status for call in calls] == ["completed", "completed"]

    def test_what_no_worker_has_is_a_clear_error(self, client: Any, tmp_path: Path):
        executor = DaskExecutor(client, {"GPU": 4, "disk": 1}, patience=0.1)
        result, _ = run(executor, make_job(painting, tmp_path))
        assert result.status == "failed"
        assert result.error == (
            "NoWorker: no worker of the Dask cluster offers GPU=4 disk=1 (the most on any is GPU=1, disk=0); "
            'start one with dask worker --resources "GPU=4 disk=1", or ask for less'
        )
        assert files(tmp_path) == []

    def test_the_tasks_of_a_session_wait_for_it_only_once(self, client: Any, tmp_path: Path):
        executor = DaskExecutor(client, {"GPU": 4}, patience=2.0)
        waits = []
        for _ in range(2):
            start = time.monotonic()
            assert run(executor, make_job(painting, tmp_path))[0].error.startswith("NoWorker: ")
            waits.append(time.monotonic() - start)
        assert waits[0] >= 2.0
        assert waits[1] < waits[0] - 0.5

    @pytest.mark.parametrize("resources", [{"GPU": 0}, {"GPU": "1"}, {"GPU": True}, {1: 1}])
    def test_amounts_are_numbers_above_0(self, client: Any, resources: Any):
        with pytest.raises(ParameterError, match=r"^resources: .* give names and numbers above 0"):
            DaskExecutor(client, resources)


class TestSessions:
    def test_two_sessions_share_a_client(self, client: Any, open_session: Any, tmp_path: Path):
        sessions = [
            open_session(painting, tmp_path / name, tasks=6, workers=2, executor=client) for name in ("one", "two")
        ]
        batches = [session.start_batch() for session in sessions]
        assert all(batch.wait(50) for batch in batches)
        for batch in batches:
            assert batch.completed_count == 6, [task.error for task in batch.tasks]
            assert [asset.open().size for asset in batch.results] == [(8, 6), (4, 4)] * 6
        for name in ("one", "two"):
            assert not list((tmp_path / name).glob(".dask-*"))

    def test_progress_cancel_and_retries_as_everywhere(self, client: Any, open_session: Any, tmp_path: Path):
        def flaky(seed: int = 0, *, task: TaskContext) -> Any:
            print("attempt", task.attempt)
            if task.index == 0 and task.attempt == 1:
                raise RuntimeError("not yet")
            if task.index == 2:
                task.progress(0.5, "halfway")
                hold(tmp_path / "never", task)
            return {"score": task.index}

        session = open_session(flaky, tasks=3, workers=2, executor=client, retries=1, retry_backoff=0)
        batch = session.start_batch()
        wait_for(lambda: batch.tasks[2].message == "halfway", "progress")
        assert session.executor.name == "dask"
        session.cancel_task(batch.tasks[2])
        assert batch.wait(30)
        assert [str(task.status) for task in batch.tasks] == ["completed", "completed", "cancelled"]
        assert [task.attempt for task in batch.tasks] == [2, 1, 1]
        assert batch.tasks[0].log == "attempt 2"


class TestChoice:
    def test_names_clients_and_executors(self, client: Any):
        assert make_executor("thread", 1).name == "thread"
        made = ThreadExecutor()
        assert make_executor(made, 1) is made
        dask = make_executor(client, 1, {"GPU": 1})
        assert isinstance(dask, DaskExecutor)
        assert dask.resources == {"GPU": 1}

    def test_others_are_refused_with_what_is_allowed(self, client: Any):
        for wrong in ("gpu", 3, None, ThreadExecutor, client.cluster):
            with pytest.raises(ParameterError, match=r"choose from 'thread', 'process', a distributed\.Client"):
                make_executor(wrong, 1)
        with pytest.raises(ParameterError, match=r"^resources: .* give a Dask client as executor"):
            make_executor("thread", 1, {"GPU": 1})
        with pytest.raises(ParameterError, match=r"give a distributed\.Client that is not asynchronous"):
            DaskExecutor("tcp://127.0.0.1:8786")

    def test_without_distributed_it_says_how_to_get_it(self):
        code = """
import sys
sys.modules["distributed"] = None
from batchgen_widgets.runner.executors.choose import make_executor
from batchgen_widgets.runner.executors.dask import DaskExecutor
print(make_executor("thread", 1).name)
try:
    DaskExecutor(object())
except ImportError as error:
    print(error)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout == "thread\nDask is not installed; run: pip install 'batchgen-widgets[dask]'\n"


def _meet(place: Path, count: int) -> Any:
    """Make a generator whose calls end when that many run at once."""

    def meeting(seed: int = 0, *, task: TaskContext) -> Any:
        (place / f"met-{seed}").touch()
        for other in range(count):
            hold(place / f"met-{other}", task)
        return {"score": 1}

    return meeting


def _keys(dask_scheduler: Any) -> list[str]:
    return [str(key) for key in dask_scheduler.tasks if str(key).startswith("batchgen-")]
