"""The worker process of `ProcessExecutor`: takes one job after the other, and reports while it runs.

Generators run in its main thread. A second thread listens to the kernel: it hears that a task shall stop, and when the
kernel is gone it ends the process. While a task runs a third one sends what it reports, at most twenty times a second.
"""

from __future__ import annotations

import io
import os
import pickle
import queue
import signal
import threading
import time
from contextlib import suppress
from typing import Any, NoReturn

import cloudpickle

from ...generators import Generator, TaskContext
from ..work import Job, Result, describe, perform
from .channel import Channel

__all__ = ["main"]

_REPORT_EVERY_S = 0.05
_PREVIEW_EVERY_S = 0.2
# A little more than a task keeps, so that its log says that it is full.
_LOG_LIMIT = 80_000


class _Sink:
    """Holds what a task says until it is sent; what is newer takes the place of what is older."""

    def __init__(self, channel: Channel, job: int) -> None:
        self.progress = 0.0
        self.message: str | None = None
        self._channel = channel
        self._job = job
        self._sent: tuple[float, str | None] = (0.0, None)
        self._lines: list[str] = []
        self._log_size = 0
        self._preview: Any = None
        self._preview_due = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="batchgen-reports", daemon=True)
        self._thread.start()

    def show_preview(self, image: Any) -> None:
        now = time.monotonic()
        if now < self._preview_due:
            return
        from ...media import make_preview

        self._preview = make_preview(image)
        self._preview_due = time.monotonic() + _PREVIEW_EVERY_S

    def append_log(self, text: str) -> None:
        if self._log_size <= _LOG_LIMIT:
            self._log_size += len(text) + 1
            self._lines.append(text[:_LOG_LIMIT])

    def end(self) -> None:
        """Send the last state."""
        self._ended.set()
        self._thread.join()
        self._flush()

    def _report(self) -> None:
        while not self._ended.wait(_REPORT_EVERY_S):
            self._flush()

    def _flush(self) -> None:
        state, preview = (self.progress, self.message), self._preview
        count = len(self._lines)
        lines, self._lines[:count] = self._lines[:count], []
        if state == self._sent and preview is None and not lines:
            return
        self._sent = state
        if preview is not None:
            self._preview = None
        with suppress(OSError, ValueError):  # the kernel is gone, and so is this process in a moment
            self._channel.send("report", self._job, *state, lines, None if preview is None else _encode(preview))


def _encode(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()


class _Worker:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._jobs: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: tuple[int, TaskContext] | None = None
        self._stopped = -1
        self._generator: tuple[int, Generator] | None = None

    def listen(self) -> None:
        while (message := self._channel.receive()) is not None:
            kind, job, *rest = message
            if kind == "stop":
                with self._lock:
                    self._stopped = job
                    if self._current and self._current[0] == job:
                        self._current[1].cancel()
            else:
                self._jobs.put((job, *rest))
        _leave()

    def work(self) -> NoReturn:
        self._channel.send("ready", os.getpid())
        while True:
            number, token, source, values = self._jobs.get()
            sink = _Sink(self._channel, number)
            try:
                result = self._perform(number, token, source, values, sink)
            except BaseException as error:
                result = Result("failed", error=f"{describe(error)} (when the task arrived in its worker process)")
            sink.end()
            self._channel.send("result", number, _pack(result))

    def _perform(self, number: int, token: int, source: bytes, values: bytes, sink: _Sink) -> Result:
        if self._generator is None or self._generator[0] != token:
            self._generator = (token, cloudpickle.loads(source))
        params, rest = cloudpickle.loads(values)
        job = Job(self._generator[1], params, *rest)
        context = job.context(sink)
        with self._lock:
            self._current = (number, context)
            if self._stopped == number:
                context.cancel()
        try:
            return perform(job, context, sink, lambda: self._channel.send("begun", number))
        finally:
            with self._lock:
                self._current = None


def _pack(result: Result) -> bytes:
    try:
        return bytes(cloudpickle.dumps(result))
    except Exception as error:
        from ...projects import remove_files

        remove_files(result.assets)
        return pickle.dumps(Result("failed", error=f"{describe(error)} (when the result left its worker process)"))


def _leave() -> None:
    """End this process and those it started, whatever they do."""
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def main() -> NoReturn:
    """Serve the kernel at the other end of stdin and stdout, until it is gone.

    From then on, whoever reads stdin finds nothing, and what is written to stdout goes to stderr.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt of the kernel is not for its workers
    source, target = io.FileIO(os.dup(0), "r"), io.FileIO(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    worker = _Worker(Channel(source, target))
    threading.Thread(target=worker.listen, name="batchgen-listener", daemon=True).start()
    worker.work()
