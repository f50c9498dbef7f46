from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets
from batchgen_widgets import TaskContext, generator
from batchgen_widgets.projects import Destination, StoredAsset, sweep_files
from batchgen_widgets.runner.executors import ProcessExecutor, ThreadExecutor
from batchgen_widgets.runner.stopping import StopSignal
from batchgen_widgets.testing import wait_for
from batchgen_widgets.testing.executors import Call, ExecutorContract, RecordingSink, hold, make_job

REPOSITORY = Path(batchgen_widgets.__file__).resolve().parents[1]


def run(executor: Any, job: Any, timeout: float | None = None) -> Any:
    [result] = executor.run(job, [RecordingSink()], StopSignal(), timeout)
    return result


def alive(pid: int) -> bool:
    """Say whether a process runs; one that is dead and not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestThreadExecutor(ExecutorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls) -> ThreadExecutor:
        return ThreadExecutor()


class TestProcessExecutor(ExecutorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls) -> Iterator[ProcessExecutor]:
        made = ProcessExecutor(2, grace=0.2)
        yield made
        made.close()

    @pytest.fixture
    def disposable(self) -> ProcessExecutor:
        return ProcessExecutor(1)

    # Crashes

    @pytest.mark.parametrize(
        ("die", "error"),
        [
            (lambda: ctypes.string_at(0), "WorkerDied: exit code -11 (segmentation fault)"),
            (lambda: os._exit(3), "WorkerDied: exit code 3"),
            (lambda: os._exit(0), "WorkerDied: exit code 0"),
            (
                lambda: os.kill(os.getpid(), signal.SIGKILL),
                "WorkerDied: exit code -9 (killed, as the system does when memory runs out)",
            ),
        ],
        ids=["segmentation fault", "exit 3", "exit 0", "out of memory"],
    )
    def test_a_worker_that_dies_fails_its_task_and_no_other(self, executor, tmp_path, die, error):
        def dying(seed: int = 0) -> Any:
            print("last words", flush=True)
            die()

        def living(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release", task)
            return {"score": 1}

        beside = Call(executor, make_job(living, tmp_path, index=1))
        beside.wait_for_progress(0.5)
        result = run(executor, make_job(dying, tmp_path))
        (tmp_path / "release").touch()
        assert (result.status, result.error) == ("failed", error)
        assert beside.result().metrics == {"score": 1}

    def test_what_a_dead_worker_left_is_swept_and_the_rest_stays(self, executor, tmp_path):
        folder, thumbnails = tmp_path / "assets" / "batch", tmp_path / "thumbnails" / "batch"

        def torn(seed: int = 0) -> Any:
            for directory in (folder, thumbnails):
                directory.mkdir(parents=True)
            for name in (f".batchgen-{os.getpid()}-1.png", ".batchgen-1-1.png", "03_seed-0.png", "030_seed-0.png"):
                (folder / name).touch()
            (thumbnails / "03_seed-0.png.webp").touch()
            os._exit(1)

        run(executor, make_job(torn, tmp_path, index=3))
        assert sorted(path.name for path in tmp_path.rglob("*.*")) == [".batchgen-1-1.png", "030_seed-0.png"]

    def test_a_worker_that_dies_with_its_result_delivered_keeps_its_files(self, tmp_path):
        folder = tmp_path / "assets" / "batch"
        folder.mkdir(parents=True)
        paths = [folder / "03_a.png", folder / "03_b.png"]
        for path in paths:
            path.touch()
        asset = StoredAsset("image", paths[0], tmp_path / "none", None, 0, 1, 1, None, 0)
        sweep_files(Destination(tmp_path, "batch", 3, 2), 1, [asset])
        assert list(folder.iterdir()) == [paths[0]]

    # Stopping

    def test_a_task_that_does_not_listen_to_a_plain_stop_is_killed_in_the_end(self, executor, tmp_path):
        def deaf(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "release")

        call = Call(executor, make_job(deaf, tmp_path))
        call.wait_for_progress(0.5)
        call.stop.request()
        assert call.result().status == "cancelled"

    def test_code_that_holds_the_interpreter_is_killed(self, executor, tmp_path):
        def holding(*, task: TaskContext) -> Any:
            task.progress(0.5)
            hold(tmp_path / "go")
            ctypes.PyDLL(None).sleep(60)

        call = Call(executor, make_job(holding, tmp_path))
        call.wait_for_progress(0.5)
        (tmp_path / "go").touch()
        call.stop.request(hard=True)
        assert call.result().status == "cancelled"
        result = run(executor, make_job(lambda seed=0: ctypes.PyDLL(None).sleep(60), tmp_path), timeout=0.1)
        assert result.error == "TimeoutError: ran longer than 0.1 s"

    def test_a_kill_takes_what_the_worker_started_with_it(self, executor, tmp_path):
        def starting(*, task: TaskContext) -> Any:
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
            task.progress(0.5, str(child.pid))
            hold(tmp_path / "release")

        call = Call(executor, make_job(starting, tmp_path))
        call.wait_for_progress(0.5)
        pid = int(call.sink.message or 0)
        assert alive(pid)
        call.stop.request(hard=True)
        call.result()
        wait_for(lambda: not alive(pid))

    def test_closing_alone_cancels(self, disposable, tmp_path):
        def deaf(*, task: TaskContext) -> Any:
            task.progress(0.5, str(os.getpid()))
            hold(tmp_path / "release")

        call = Call(disposable, make_job(deaf, tmp_path))
        call.wait_for_progress(0.5)
        disposable.close()
        assert call.result().status == "cancelled"
        assert not alive(int(call.sink.message or 0))
        assert run(disposable, make_job(deaf, tmp_path)).status == "cancelled"

    def test_an_executor_that_is_forgotten_takes_its_workers_with_it(self, tmp_path):
        executor = ProcessExecutor(1)
        pid = run(executor, make_job(lambda seed=0: {"pid": os.getpid()}, tmp_path)).metrics["pid"]
        assert alive(pid)
        del executor
        assert not alive(pid)

    # What travels

    def test_a_worker_is_used_again_and_knows_the_modules_of_the_kernel(self, executor, tmp_path):
        def telling(seed: int = 0) -> Any:
            thread = "main" if threading.current_thread() is threading.main_thread() else "another"
            return {"pid": os.getpid(), "path": json.dumps(sys.path), "thread": thread}

        first, second = (run(executor, make_job(telling, tmp_path)).metrics for _ in range(2))
        assert first["pid"] == second["pid"] != os.getpid()
        assert set(filter(None, sys.path)) <= set(json.loads(first["path"]))
        assert first["thread"] == "main"

    def test_what_cannot_travel_is_named(self, executor, tmp_path):
        lock = threading.Lock()
        result = run(executor, make_job(lambda seed=0: {"score": lock.locked()}, tmp_path))
        assert result.status == "failed"
        assert "cannot pickle '_thread.lock' object" in result.error
        assert result.error.endswith(
            "the generator or its parameters can't be sent to a worker process; "
            "make what can't travel in a setup, or use the thread executor"
        )

    def test_reading_stdin_and_writing_to_file_descriptors_breaks_nothing(self, executor, tmp_path, capfd):
        def raw(seed: int = 0) -> Any:
            os.write(1, b"to descriptor 1\n")
            return {"read": sys.stdin.read(), "raw": os.read(0, 10).decode()}

        assert run(executor, make_job(raw, tmp_path)).metrics == {"read": "", "raw": ""}
        # Workers that started before had another stderr.
        assert capfd.readouterr().out == ""

    def test_an_interrupt_reaches_no_worker(self, executor, tmp_path):
        def steady(*, task: TaskContext) -> Any:
            task.progress(0.5, str(os.getpid()))
            hold(tmp_path / "release", task)
            return {"group": os.getpgrp()}

        call = Call(executor, make_job(steady, tmp_path))
        call.wait_for_progress(0.5)
        os.kill(int(call.sink.message or 0), signal.SIGINT)
        (tmp_path / "release").touch()
        assert call.result().metrics["group"] != os.getpgrp()

    # Setup

    def test_a_worker_does_the_setup_once(self, executor, tmp_path):
        def load() -> list[int]:
            with (tmp_path / "setups").open("a") as file:
                file.write(f"{os.getpid()}\n")
            return []

        @generator(setup=load)
        def counting(model: list[int], seed: int = 0, *, task: TaskContext) -> Any:
            model.append(seed)
            task.progress(0.5)
            hold(tmp_path / f"release {seed}", task)
            return {"calls": len(model), "pid": os.getpid()}

        calls = [Call(executor, make_job(counting, tmp_path, index=seed, seed=seed)) for seed in range(2)]
        for call in calls:
            call.wait_for_progress(0.5)
        for seed in range(4):
            (tmp_path / f"release {seed}").touch()
        results = [call.result() for call in calls]
        results += [run(executor, make_job(counting, tmp_path, index=seed, seed=seed)) for seed in (2, 3)]
        assert [result.metrics["calls"] for result in results] == [1, 1, 2, 3]
        pids = [int(line) for line in (tmp_path / "setups").read_text().split()]
        assert sorted(pids) == sorted({result.metrics["pid"] for result in results})

    def test_the_time_of_a_task_begins_after_the_setup(self, executor, tmp_path):
        def load() -> str:
            threading.Event().wait(0.3)
            return "a model"

        @generator(setup=load)
        def quick(model: str, seed: int = 0) -> Any:
            return {"model": model}

        assert run(executor, make_job(quick, tmp_path), timeout=0.25).metrics == {"model": "a model"}


class TestKernels:
    """Scripts as kernels: with generators defined in `__main__`, and no guard around what starts a batch."""

    SCRIPT = """
import sys, os, json, threading
import batchgen_widgets as bg

SCALE = 3

def load():
    return {"pid": os.getpid()}

@bg.generator(setup=load)
def painting(model, seed: int = 0, *, task: bg.TaskContext):
    from PIL import Image
    if sys.stdin.read() == "" and WAITS:
        task.progress(0.5, str(os.getpid()))
        threading.Event().wait(60)
    if seed == 2:
        os._exit(7)
    task.progress(0.5, "half", preview=Image.new("RGB", (64, 64)))
    print("seed", seed)
    return {"image": Image.new("RGB", (8, 8), (seed, 0, 0)), "scaled": SCALE * seed, "pid": model["pid"]}

WAITS = sys.argv[2] == "wait"
session = bg.BatchSession(painting, sys.argv[1], executor="process", workers=2)
ranges = {"vary_parameters": True, "parameter_ranges": {"seed": [0, 1, 2, 3]}, "strategy": "grid"}
session.set_batch_config({"batch_size": 4, "variation_params": ranges})
batch = session.start_batch()
if WAITS:
    from batchgen_widgets.testing import wait_for
    wait_for(lambda: len([task for task in session.running if task.message]) == 2)
    print(json.dumps([int(task.message) for task in session.running]), flush=True)
    sys.stdin.read()
batch.wait(30)
print(json.dumps([[str(t.status), t.error, t.log, dict(t.metrics), len(t.assets)] for t in batch.tasks]))
"""

    @pytest.fixture
    def start(self, tmp_path: Path) -> Iterator[Any]:
        script = tmp_path / "script.py"
        script.write_text(self.SCRIPT, encoding="utf-8")
        kernels: list[subprocess.Popen[str]] = []

        def start_one(how: str) -> subprocess.Popen[str]:
            kernels.append(
                subprocess.Popen(
                    [sys.executable, "-W", "error", str(script), str(tmp_path / "project"), how],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
                )
            )
            return kernels[-1]

        yield start_one
        for kernel in kernels:
            kernel.kill()
            kernel.communicate()

    def test_a_session_runs_what_a_script_defines(self, start):
        out, _ = start("run").communicate(timeout=50)
        tasks = json.loads(out)
        pids = {metrics.pop("pid") for *_, metrics, _ in tasks if metrics}
        assert tasks == [
            ["completed", None, "seed 0", {"scaled": 0}, 1],
            ["completed", None, "seed 1", {"scaled": 3}, 1],
            ["failed", "WorkerDied: exit code 7", None, {}, 0],
            ["completed", None, "seed 3", {"scaled": 9}, 1],
        ]
        assert 1 <= len(pids) <= 3

    def test_workers_leave_when_the_kernel_is_killed(self, start):
        kernel = start("wait")
        assert kernel.stdout is not None
        pids = json.loads(kernel.stdout.readline())
        assert len(pids) == 2
        assert all(map(alive, pids))
        kernel.kill()
        wait_for(lambda: not any(map(alive, pids)))
