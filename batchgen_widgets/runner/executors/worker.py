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
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import cloudpickle

from ...generators import Generator, ProgressSink, TaskContext
from ..work import Job, Result, describe, perform
from .channel import Channel

__all__ = ["main"]

_REPORT_EVERY_S = 0.05
_PREVIEW_EVERY_S = 0.2
# A little more than a task keeps, so that its log says that it is full.
_LOG_LIMIT = 80_000


class _Sink:
    """Holds what a task says until it is sent; what is newer takes the place of what is older."""

    def __init__(self) -> None:
        self.progress = 0.0
        self.message: str | None = None
        self._sent: tuple[float, str | None] = (0.0, None)
        self._lines: list[str] = []
        self._log_size = 0
        self._preview: Any = None
        self._preview_due = 0.0

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

    def take(self) -> tuple[Any, ...] | None:
        """Give what is new since the last time, or None."""
        state, preview = (self.progress, self.message), self._preview
        count = len(self._lines)
        lines, self._lines[:count] = self._lines[:count], []
        if state == self._sent and preview is None and not lines:
            return None
        self._sent = state
        if preview is not None:
            self._preview = None
        return *state, lines, None if preview is None else _encode(preview)


class _Reporter:
    """Sends what the tasks of a job say, while it runs."""

    def __init__(self, channel: Channel, job: int, sinks: Sequence[_Sink]) -> None:
        self._channel = channel
        self._job = job
        self._sinks = sinks
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="batchgen-reports", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Send the last state."""
        self._ended.set()
        self._thread.join()
        self._flush()

    def _report(self) -> None:
        while not self._ended.wait(_REPORT_EVERY_S):
            self._flush()

    def _flush(self) -> None:
        for place, sink in enumerate(self._sinks):
            report = sink.take()
            if report:
                with suppress(OSError, ValueError):  # the kernel is gone, and so is this process in a moment
                    self._channel.send("report", self._job, place, *report)


def _encode(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()


class _Worker:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._jobs: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: tuple[int, list[TaskContext]] | None = None
        self._stopped = -1
        self._generator: tuple[int, Generator] | None = None

    def listen(self) -> None:
        while (message := self._channel.receive()) is not None:
            kind, job, *rest = message
            if kind == "stop":
                with self._lock:
                    self._stopped = job
                    if self._current and self._current[0] == job:
                        _cancel(self._current[1])
            else:
                self._jobs.put((job, *rest))
        _leave()

    def work(self) -> NoReturn:
        self._channel.send("ready", os.getpid())
        while True:
            number, token, source, values, count = self._jobs.get()
            sinks = [_Sink() for _ in range(count)]
            reporter = _Reporter(self._channel, number, sinks)
            try:
                results = self._perform(number, token, source, values, sinks)
            except BaseException as error:
                line = f"{describe(error)} (when the task arrived in its worker process)"
                results = [Result("failed", error=line)] * count
            reporter.end()
            self._channel.send("result", number, _pack(results))

    def _perform(
        self, number: int, token: int, source: bytes, values: bytes, sinks: Sequence[ProgressSink]
    ) -> list[Result]:
        if self._generator is None or self._generator[0] != token:
            self._generator = (token, cloudpickle.loads(source))
        job = Job(self._generator[1], *cloudpickle.loads(values))
        contexts = job.contexts(sinks)
        with self._lock:
            self._current = (number, contexts)
            if self._stopped == number:
                _cancel(contexts)
        try:
            return perform(job, contexts, sinks, lambda: self._channel.send("begun", number))
        finally:
            with self._lock:
                self._current = None


def _cancel(contexts: Sequence[TaskContext]) -> None:
    for context in contexts:
        context.cancel()


def _pack(results: list[Result]) -> bytes:
    try:
        return bytes(cloudpickle.dumps(results))
    except Exception as error:
        from ...projects import remove_files

        for result in results:
            remove_files(result.assets)
        line = f"{describe(error)} (when the result left its worker process)"
        return pickle.dumps([Result("failed", error=line)] * len(results))


def _leave() -> NoReturn:
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
    with suppress(OSError, ValueError):  # nobody hears it any more
        worker.work()
    _leave()
