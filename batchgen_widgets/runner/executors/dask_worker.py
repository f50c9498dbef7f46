"""What happens in a Dask worker: a job runs, the kernel hears of it, and it can be told to stop.

This module is imported by workers. Nothing here knows of a client.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ...generators import Generator, ProgressSink, TaskContext
from ..work import Job, Result, describe, perform
from .home import WANTED

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Order", "Outcome", "request_stop", "run_order"]

_log = logging.getLogger(__name__)

_REPORT_EVERY_S = 0.05
# More than the fifth of a second that a task keeps between previews, so that none that was sent is dropped there.
_PREVIEW_EVERY_S = 0.3
_LOG_LIMIT = 64_000

_contexts: dict[str, list[TaskContext]] = {}
_generators: dict[str, tuple[str, Generator]] = {}
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Order:
    """All that a worker needs for one run.

    Attributes
    ----------
    key : str
        Of the Dask task.
    topic : str
        Where the kernel listens.
    home : Path
        The path of a `Home`.
    name : str
        Of the generator.
    generator : bytes
        With cloudpickle.
    job : Job
        Without its generator.
    """

    key: str
    topic: str
    home: Path
    name: str
    generator: bytes
    job: Job


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of an execution, one for each task, and what was not reported before it ended."""

    results: list[Result]
    rest: list[dict[str, Any]] = field(default_factory=list)


def run_order(pickled: bytes) -> Outcome:
    """Run an order to its end; this is what Dask calls a task."""
    from distributed import get_worker

    order: Order = pickle.loads(pickled)
    worker = get_worker()
    execution = uuid4().hex[:8]

    def send(report: dict[str, Any]) -> None:
        try:
            worker.log_event(order.topic, {"key": order.key, "execution": execution, **report})
        except Exception:  # the worker is being closed
            _log.debug("a report of %s could not be sent", order.key, exc_info=True)

    if not (order.home / WANTED).exists():
        problem = f"the Dask worker at {worker.address} can't see the project's directory {order.home.parent}"
        line = f"ProjectError: {problem}; keep it on a disk that all workers share"
        return Outcome(order.job.all(Result("failed", error=line)))
    # Should this process die, its traces can be counted.
    (order.home / execution).mkdir()
    sinks = [_Sink(place) for place in range(len(order.job.inputs))]
    reporter = _Reporter(sinks, send)
    contexts = _contexts[order.key] = order.job.contexts(sinks)
    # Once the kernel hears this it can stop the job here.
    send({"at": worker.address})
    reporter.start()
    try:
        results = _perform(order, contexts, sinks, execution, worker.address, lambda: send({"begun": True}))
    finally:
        if _contexts.get(order.key) is contexts:
            del _contexts[order.key]
        reporter.stop()
    if not (order.home / WANTED).exists():  # the kernel gave up waiting, and has tidied up already
        shutil.rmtree(order.home, ignore_errors=True)
    return Outcome(results, reporter.take())


def request_stop(key: str) -> None:
    """Ask a run to stop at its next report, if it runs in this worker."""
    for context in _contexts.get(key, ()):
        context.cancel()


def _perform(
    order: Order,
    contexts: Sequence[TaskContext],
    sinks: Sequence[ProgressSink],
    execution: str,
    address: str,
    begun: Callable[[], None],
) -> list[Result]:
    try:
        generator = _load(order.name, order.generator)
    except BaseException as error:
        line = f"{describe(error)} (while the Dask worker at {address} loaded the generator)"
        return order.job.all(Result("failed", error=line))
    inputs = [
        replace(given, destination=replace(given.destination, root=order.home / execution))
        for given in order.job.inputs
    ]
    return perform(replace(order.job, generator=generator, inputs=inputs), contexts, sinks, begun)


def _load(name: str, pickled: bytes) -> Generator:
    """Unpickle a generator, once: what it keeps between calls, such as a model, stays until it is another one."""
    digest = hashlib.sha256(pickled).hexdigest()
    with _loading:
        known = _generators.get(name)
        if known is None or known[0] != digest:
            known = _generators[name] = (digest, pickle.loads(pickled))
        return known[1]


class _Sink:
    """Keeps the newest state of one task of a job until it is sent."""

    def __init__(self, place: int) -> None:
        self.progress = 0.0
        self.message: str | None = None
        self._place = place
        self._sent: tuple[float, str | None] = (0.0, None)
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._size = 0
        self._preview: Image.Image | None = None
        self._preview_due = 0.0

    def show_preview(self, image: Any) -> None:
        now = time.monotonic()
        if now < self._preview_due:
            return
        from ...media import make_preview

        self._preview = make_preview(image)
        self._preview_due = now + _PREVIEW_EVERY_S

    def append_log(self, text: str) -> None:
        with self._lock:
            # The line that goes over the limit is sent too: with it the task's own log says that it is full.
            if self._size <= _LOG_LIMIT:
                self._size += len(text) + 1
                self._lines.append(text[: _LOG_LIMIT + 1])

    def take(self) -> dict[str, Any]:
        """Give what changed since the last time, as MessagePack takes it."""
        report: dict[str, Any] = {}
        state = self.progress, self.message
        if state != self._sent:
            self._sent = state
            report["progress"] = state[0]
            report["message"] = None if state[1] is None else _plain(state[1])
        with self._lock:
            lines, self._lines = self._lines, []
        if lines:
            report["lines"] = [_plain(line) for line in lines]
        preview, self._preview = self._preview, None
        if preview is not None:
            try:
                file = BytesIO()
                preview.save(file, "WEBP", method=2, quality=75)
                report["preview"] = file.getvalue()
            except Exception:  # a preview must not cost a result
                _log.exception("a preview could not be encoded")
        return {"task": self._place, **report} if report else report


class _Reporter:
    """Sends what the tasks of a job say, twenty times a second."""

    def __init__(self, sinks: Sequence[_Sink], send: Callable[[dict[str, Any]], None]) -> None:
        self._sinks = sinks
        self._send = send
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="batchgen-report", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def take(self) -> list[dict[str, Any]]:
        """Give what changed since the last time, one report for each task that has one."""
        return [report for sink in self._sinks if (report := sink.take())]

    def _report(self) -> None:
        while not self._ended.wait(_REPORT_EVERY_S):
            for report in self.take():
                self._send(report)


def _plain(text: str) -> str:
    """Make text that UTF-8 can hold; what a terminal or a file name brings may have lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
