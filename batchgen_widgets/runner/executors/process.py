"""Worker processes: what a generator does there harms nobody else, and it can be stopped at any moment."""

from __future__ import annotations

import io
import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ...generators import ProgressSink
from ...projects import sweep_files
from ..stopping import StopSignal
from ..work import Job, Result, describe
from .base import ended_late
from .channel import Channel

if TYPE_CHECKING:
    from ...generators import Generator

__all__ = ["ProcessExecutor"]

_TIMEOUT_GRACE_S = 0.5
# The first line of stdin says where modules are; the rest is messages.
_START = """
import json, sys
line = open(0, "rb", buffering=0, closefd=False).readline()
if not line.endswith(b"\\n"):
    sys.exit(1)  # the kernel is gone
sys.path[:] = json.loads(line)
from batchgen_widgets.runner.executors.worker import main
main()
"""
_CAUSES = {
    "SIGSEGV": "segmentation fault",
    "SIGKILL": "killed, as the system does when memory runs out",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "arithmetic error",
    "SIGILL": "illegal instruction",
    "SIGTERM": "terminated",
}


class ProcessExecutor:
    """Runs each generator call in a worker process: a crash fails one task, and any task can be stopped.

    Workers start when they are needed and stay, with what the generator's setup made, until the executor is closed.
    They run in sessions of their own, so that an interrupt of the kernel does not reach them; they end when the kernel
    is gone. Functions defined in a notebook or script travel with all that they use, and that program is not imported
    again: no ``if __name__ == "__main__"`` is needed.

    Parameters
    ----------
    workers : int
        How many worker processes stay for later tasks: as many as tasks run at once.
    grace : float
        Seconds that a task has to hear that it shall stop, before its worker is killed.
    """

    name = "process"
    hard_cancel = True

    def __init__(self, workers: int, *, grace: float = 2.0) -> None:
        self.grace = grace
        self._workers = workers
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False
        self._numbers = itertools.count(1)
        self._packed: tuple[Generator, str, int, bytes] | None = None
        # An executor that is forgotten takes its workers with it. When the kernel ends they find that out themselves.
        weakref.finalize(self, _kill_all, self._idle).atexit = False

    def run(self, job: Job, sinks: Sequence[ProgressSink], stop: StopSignal, timeout: float | None) -> list[Result]:
        """Run the job in a worker, and relay its reports."""
        number = next(self._numbers)
        try:
            message = self._pack(job)
        except Exception as error:
            line = (
                f"{describe(error)}: the generator or its parameters can't be sent to a worker process; "
                "make what can't travel in a setup, or use the thread executor"
            )
            return job.all(Result("failed", error=line, traceback=traceback.format_exc()))
        if stop.requested:
            return job.all(Result("cancelled"))
        try:
            worker = self._take()
        except OSError as error:
            line = f"WorkerDied: no worker process can be started: {describe(error)}"
            return job.all(Result("failed", error=line))
        if worker is None:
            return job.all(Result("cancelled"))
        watch = _Watch(worker, number, self.grace, stop)
        unsubscribe = stop.subscribe(watch.on_stop)
        try:
            results = _follow(worker, number, message, sinks, watch, timeout)
        finally:
            unsubscribe()
            watch.end()
            alive = self._give_back(worker)
        if not alive:
            for given, result in zip(job.inputs, results or job.all(Result("failed")), strict=True):
                sweep_files(given.destination, worker.pid, result.assets)
        if results is None:
            stopped = watch.killed or self._closed
            results = job.all(Result("cancelled") if stopped else worker.died())
        expired = watch.expired and not stop.requested
        return ended_late(results, timeout) if timeout and expired else results

    def close(self) -> None:
        """End every worker; tasks that still run are cancelled."""
        with self._lock:
            self._closed = True
            idle, busy = list(self._idle), list(self._busy)
            self._idle.clear()
        for worker in busy:  # who waits for them takes leave of them
            worker.kill()
        _kill_all(idle)
        for worker in busy:
            worker.process.wait()

    def _pack(self, job: Job) -> tuple[int, bytes, bytes, int]:
        """Pickle a job; the generator once for a batch, so that it is the same one for all of the batch's tasks."""
        import cloudpickle

        with self._lock:
            batch = job.batch_id
            if self._packed is None or self._packed[0] is not job.generator or self._packed[1] != batch:
                self._packed = (job.generator, batch, next(self._numbers), cloudpickle.dumps(job.generator))
            _, _, token, source = self._packed
        inputs = [replace(given, params=dict(given.params)) for given in job.inputs]
        # One by one, as a dataclass takes twice as long.
        rest = (job.check_images, job.encoding, job.source_sha256, job.template)
        return token, source, cloudpickle.dumps((inputs, *rest)), len(inputs)

    def _take(self) -> _Worker | None:
        with self._lock:
            while self._idle and not self._closed:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    self._busy.add(worker)
                    return worker
                worker.reap()
        worker = _Worker()
        with self._lock:
            if not self._closed:
                self._busy.add(worker)
                return worker
        _kill_all([worker])
        return None

    def _give_back(self, worker: _Worker) -> bool:
        """Keep a worker for the next task, and say whether it lives."""
        with self._lock:
            self._busy.discard(worker)
            alive = worker.free and worker.process.poll() is None
            if alive and not self._closed and len(self._idle) < self._workers:
                self._idle.append(worker)
                return True
        _kill_all([worker])
        return alive


class _Worker:
    """A worker process, seen from the kernel."""

    def __init__(self) -> None:
        self.free = False  # whether it has no task
        self.ready = False
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.pid = self.process.pid
        stdin, stdout = cast(io.RawIOBase, self.process.stdin), cast(io.RawIOBase, self.process.stdout)
        self.channel = Channel(stdout, stdin)
        path = [os.getcwd() if entry == "" else entry for entry in sys.path]
        with suppress(OSError):  # a worker that is dead already is noticed by whoever listens to it
            stdin.write(json.dumps(path).encode() + b"\n")

    def kill(self) -> None:
        """End it at once, and the processes that it started."""
        if self.process.returncode is not None:
            return  # its number may be somebody else's by now
        with suppress(OSError):
            if os.name == "nt":
                self.process.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> None:
        """Take leave of one that is dead or killed."""
        self.process.wait()
        self.channel.close()

    def died(self) -> Result:
        """Say why a task has no result."""
        code = self.process.returncode
        cause = ""
        if code < 0:
            with suppress(ValueError):
                cause = signal.Signals(-code).name
        cause = f" ({_CAUSES.get(cause, cause)})" if cause else ""
        where = "" if self.ready else "; it could not start, and its messages went to the kernel's stderr"
        return Result("failed", error=f"WorkerDied: exit code {code}{cause}{where}")


class _Watch:
    """Stops one job of a worker: asks first, and kills the worker when it does not listen."""

    def __init__(self, worker: _Worker, number: int, grace: float, stop: StopSignal) -> None:
        self.killed = False
        self.expired = False
        self._worker = worker
        self._number = number
        self._grace = grace
        self._stop = stop
        self._lock = threading.Lock()
        self._asked = False
        self._over = threading.Event()

    def on_stop(self) -> None:
        """Hear that a stop was asked for; comes from any thread, perhaps with locks held, so it does not wait."""
        if self._stop.hard:
            self._kill()
        else:
            self._start(0.0, self._grace)

    def start_clock(self, timeout: float) -> None:
        """Stop the job when that time is over."""
        self._start(timeout, _TIMEOUT_GRACE_S, expire=True)

    def end(self) -> None:
        """Leave the worker alone: the job is over."""
        with self._lock:
            self._over.set()

    def _start(self, wait: float, grace: float, *, expire: bool = False) -> None:
        threading.Thread(
            target=self._ask_and_kill, args=(wait, grace, expire), name="batchgen-stop", daemon=True
        ).start()

    def _ask_and_kill(self, wait: float, grace: float, expire: bool) -> None:
        if self._over.wait(wait):
            return
        self.expired = self.expired or expire
        with suppress(OSError, ValueError):  # it is dead already
            self._worker.channel.send("stop", self._number)
        if not self._over.wait(grace):
            self._kill()

    def _kill(self) -> None:
        with self._lock:
            if not self._over.is_set():
                self.killed = True
                self._worker.kill()


def _follow(
    worker: _Worker,
    number: int,
    message: tuple[int, bytes, bytes, int],
    sinks: Sequence[ProgressSink],
    watch: _Watch,
    timeout: float | None,
) -> list[Result] | None:
    """Give a worker a job and relay what it reports, to the results; None when it died."""
    worker.free = False
    try:
        worker.channel.send("job", number, *message)
    except (OSError, ValueError):
        return None
    while (said := worker.channel.receive()) is not None:
        kind, about, *values = said
        if kind == "ready":
            worker.ready = True
        elif about != number:
            continue
        elif kind == "begun":
            if timeout:
                watch.start_clock(timeout)
        elif kind == "report":
            place, *report = values
            _apply(sinks[place], *report)
        else:
            worker.free = True
            return cast(list[Result], pickle.loads(values[0]))
    return None


def _apply(sink: ProgressSink, progress: float, message: str | None, lines: list[str], preview: bytes | None) -> None:
    # Whoever looks at the reports must not end the task.
    with suppress(Exception):
        sink.progress = progress
        if message is not None:
            sink.message = message
    with suppress(Exception):
        for line in lines:
            sink.append_log(line)
    if preview is not None:
        with suppress(Exception):
            sink.show_preview(_decode(preview))


def _decode(preview: bytes) -> Any:
    from PIL import Image

    image = Image.open(io.BytesIO(preview))
    image.load()
    return image


def _kill_all(workers: list[_Worker]) -> None:
    """Kill first and wait then, so that many take no longer than one."""
    for worker in list(workers):
        worker.kill()
    for worker in list(workers):
        worker.reap()
