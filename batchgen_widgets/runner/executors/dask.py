"""The executor for many machines: generators run on the workers of a Dask cluster."""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from ...errors import ParameterError
from ...generators import Generator, ProgressSink
from ..stopping import StopSignal
from ..work import Job, Result, describe
from .base import ended_late
from .dask_worker import Order, Outcome, request_stop, run_order
from .home import Home

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["DaskExecutor"]

_log = logging.getLogger(__name__)

# How often a waiting thread looks for what nobody tells it: a closed client, a cluster without a fitting worker.
_LOOK_EVERY_S = 0.5
# How long a task that took too long may take to hear of it, before nobody waits for it any more.
_GRACE_S = 5.0


class _NotToBlame(Exception):
    """Dask gave up a task that killed no worker."""


@dataclass(eq=False)
class _Run:
    """One job on its way: what the worker said, and what its thread waits for."""

    key: str
    job: Job
    sinks: Sequence[ProgressSink]
    home: Home
    # Set whenever there is something to look at.
    news: threading.Event = field(default_factory=threading.Event)
    since: float = field(default_factory=time.monotonic)
    # Where it runs, which execution that is, and since when its time counts; when a worker dies, Dask runs it again.
    worker: str | None = None
    execution: str | None = None
    begun: float | None = None
    # Where it ran before.
    lost: str | None = None
    # The execution that was told to stop.
    told: str | None = None
    waiting: bool = False

    def begin(self, worker: str, execution: str) -> None:
        lost, waited = self.worker or self.lost, self.waiting
        self.worker, self.execution, self.begun, self.waiting = worker, execution, None, False
        self.news.set()
        for sink in self.sinks:
            if lost is not None:
                sink.append_log(f"(the worker at {lost} was lost; the task began again at {worker})")
                sink.progress = 0.0
            if waited:
                sink.message = None

    def lose(self, execution: str | None) -> None:
        """Know that its worker is gone: it waits again."""
        with _entering:
            if self.execution == execution:
                self.lost, self.worker, self.begun, self.since = self.worker, None, None, time.monotonic()
        self.news.set()

    def report(self, report: Mapping[str, Any]) -> None:
        """Tell the sink of a task; one that raises must not end the task."""
        if "begun" in report:
            self.begun = time.monotonic()
            self.news.set()
        try:
            if "task" in report:
                _show(self.sinks[report["task"]], report)
        except Exception:
            _log.debug("a report of %s could not be shown", self.key, exc_info=True)


def _show(sink: ProgressSink, report: Mapping[str, Any]) -> None:
    if "progress" in report:
        sink.progress = report["progress"]
        sink.message = report["message"]
    for line in report.get("lines", ()):
        sink.append_log(line)
    if "preview" in report:
        from PIL import Image

        with Image.open(BytesIO(report["preview"])) as preview:
            preview.load()
            sink.show_preview(preview)


_runs: dict[str, _Run] = {}
"""What this process waits for, by key. Sessions that share a client share one topic: the scheduler remembers its last
thousand messages for as long as it lives."""
_entering = threading.Lock()


class DaskExecutor:
    """Runs generators on the workers of a Dask cluster.

    The project's directory must be on a disk that the kernel and all workers see under the same path, and this package
    must be installed where the workers are. A worker that dies costs nothing: Dask runs its tasks again elsewhere.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster; it stays open when the executor is closed.
    resources : mapping, optional
        What each task needs of its worker, such as ``{"GPU": 1}``.
    patience : float, default 10.0
        Seconds to wait for a worker with these resources where the cluster has none, before the task fails.

    Raises
    ------
    ParameterError
        When the client is not a `distributed.Client` that can be used from threads, or resources are not numbers.
    ImportError
        When `distributed` is not installed.

    Notes
    -----
    A running task is stopped as in threads, at its next report. One that does not listen can't be stopped: after its
    `timeout` it counts as failed, but it keeps its place on the worker until it ends by itself.
    """

    name = "dask"
    hard_cancel = False

    def __init__(self, client: Client, resources: Mapping[str, float] | None = None, *, patience: float = 10.0) -> None:
        try:
            import distributed
        except ImportError as error:
            raise ImportError("Dask is not installed; run: pip install 'batchgen-widgets[dask]'") from error
        if not isinstance(client, distributed.Client) or client.asynchronous:
            msg = f"client: {client!r} is not allowed; give a distributed.Client that is not asynchronous"
            raise ParameterError(msg, field="client", value=client)
        self.client = client
        self.resources = _checked(resources or {})
        self._patience = patience
        # Since when no worker had these resources, and when that was found last.
        self._lacked = (0.0, -math.inf)
        self._closed = False
        self._topic = f"batchgen-{client.id}"
        # The client keeps its handlers for as long as it lives, and must not be kept by them.
        self._listen = _listener(client)

    def run(self, job: Job, sinks: Sequence[ProgressSink], stop: StopSignal, timeout: float | None) -> list[Result]:
        """Run the job on a worker, and wait for its end."""
        first = job.inputs[0]
        to = first.destination
        name = f"{to.batch_id}-{to.index}-{first.attempt}-{uuid4().hex[:6]}"
        run = _Run(f"batchgen-{name}", job, sinks, Home(to, name))
        future: Future | None = None
        unsubscribe = stop.subscribe(run.news.set)
        _runs[run.key] = run
        try:
            order = self._order(run, job)
            run.home.open()
            # A client that lost its scheduler looks for it, and closes itself when it does not find it.
            while self.client.status == "connecting" and not stop.requested and not self._closed:
                run.news.wait(_LOOK_EVERY_S)
            if self.client.status != "running":
                return job.all(Result("cancelled") if stop.requested else _client_is(self.client.status))
            # Each time, as a client that lost its scheduler and found it again is not subscribed any more.
            self.client.subscribe_topic(self._topic, self._listen)
            for number in itertools.count(1):
                key = run.key if number == 1 else f"{run.key}-{number}"
                needs = dict(self.resources) or None
                future = self.client.submit(run_order, order, key=key, pure=False, retries=0, resources=needs)
                future.add_done_callback(lambda _: run.news.set())
                with suppress(_NotToBlame):
                    return [_take(run.home, result) for result in self._follow(run, future, stop, timeout)]
            raise AssertionError
        except Exception as error:
            _log.debug("task %s could not be run", run.key, exc_info=True)
            return job.all(Result("failed", error=describe(error)))
        finally:
            unsubscribe()
            with _entering:
                _runs.pop(run.key, None)
            if future is not None:
                with suppress(Exception):  # the client may be closed by now
                    if not future.done():
                        self._tell(run)
                    future.cancel()  # a queued one never starts, and what a finished one holds is freed
            run.home.close()

    def close(self) -> None:
        """Give up what still runs; the client stays open."""
        self._closed = True
        for run in list(_runs.values()):
            run.news.set()

    def _order(self, run: _Run, job: Job) -> bytes:
        import cloudpickle

        try:
            generator: bytes = cloudpickle.dumps(job.generator)
        except Exception as error:
            msg = f"the generator can't be sent to a worker ({describe(error)}); make what can't travel in its setup"
            raise TypeError(msg) from error
        rest = replace(job, generator=cast(Generator, None))
        # As bytes, in which Dask looks for nothing.
        order = Order(run.key, self._topic, run.home.path, job.generator.name, generator, rest)
        return bytes(cloudpickle.dumps(order))

    def _follow(self, run: _Run, future: Future, stop: StopSignal, timeout: float | None) -> list[Result]:
        """Wait for the one end of a run, whichever comes first."""
        expired = False
        while True:
            now = time.monotonic()
            deadline = run.begun + timeout if timeout and run.begun else None
            due = deadline if deadline is not None and deadline > now else now + _LOOK_EVERY_S
            run.news.wait(min(due - now, _LOOK_EVERY_S))
            run.news.clear()
            now = time.monotonic()
            if self.client.status in ("closing", "closed"):
                return run.job.all(_client_is(self.client.status))
            if future.done():
                outcome = _collect(run, future)
                if outcome is not None:
                    for report in outcome.rest:
                        run.report(report)
                    late = timeout and expired and not stop.requested
                    return ended_late(outcome.results, timeout) if timeout and late else outcome.results
            expired = deadline is not None and now >= deadline
            if stop.requested or self._closed or expired:
                if run.worker is None:
                    # It is queued, and never starts; should it do so right now, it is told to stop.
                    return run.job.all(Result("cancelled"))
                self._tell(run)
                if self._closed:
                    return run.job.all(Result("cancelled"))
                if timeout and deadline is not None and now >= deadline + _GRACE_S:
                    return ended_late(run.job.all(Result("cancelled")), timeout)
            elif run.worker is None and now - run.since > 2 * _LOOK_EVERY_S:
                if not run.waiting:
                    run.waiting = True
                    for sink in run.sinks:
                        sink.message = "Waiting for a Dask worker"
                lacking = self._lacking()
                # The tasks of a session wait for the same, so they wait for it only once.
                since, looked = self._lacked
                since = since if lacking and now - looked < 10 * _LOOK_EVERY_S else now
                self._lacked = since, now
                if lacking and now - since >= self._patience:
                    return run.job.all(Result("failed", error=lacking))

    def _tell(self, run: _Run) -> None:
        """Tell the worker of a run to stop it, once for each time that Dask began it; later, look whether it lives."""
        execution, worker = run.execution, run.worker
        if run.told != execution and worker:
            run.told = execution
            _stop_at(self.client, run.key, worker)
        elif worker and self.client.status == "running" and worker not in self._workers():
            run.lose(execution)

    def _workers(self) -> Mapping[str, Mapping[str, Any]]:
        return cast(Mapping[str, Mapping[str, Any]], self.client.scheduler_info(n_workers=-1)["workers"])

    def _lacking(self) -> str | None:
        """Say what no worker has, or None; Dask itself lets such a task wait for ever."""
        if not self.resources or self.client.status != "running":
            return None
        offers = [worker.get("resources") or {} for worker in self._workers().values()]
        if not offers or any(all(offer.get(n, 0) >= a for n, a in self.resources.items()) for offer in offers):
            return None
        best = {name: max(offer.get(name, 0) for offer in offers) for name in self.resources}
        asked = " ".join(f"{name}={amount:g}" for name, amount in self.resources.items())
        most = ", ".join(f"{name}={amount:g}" for name, amount in best.items())
        return (
            f"NoWorker: no worker of the Dask cluster offers {asked} (the most on any is {most}); start one with "
            f'dask worker --resources "{asked}", or ask for less'
        )


def _take(home: Home, result: Result) -> Result:
    """Take the files of one task; that it can't be done is no affair of the others in its job."""
    try:
        return home.take(result)
    except Exception as error:
        return Result("failed", error=describe(error))


def _checked(resources: Mapping[str, float]) -> Mapping[str, float]:
    for name, amount in resources.items():
        fine = isinstance(amount, (int, float)) and not isinstance(amount, bool) and 0 < amount < math.inf
        if not isinstance(name, str) or not fine:
            msg = f"resources: {name!r}: {amount!r} is not allowed; give names and numbers above 0, as {{'GPU': 1}}"
            raise ParameterError(msg, field="resources", value=resources)
    return MappingProxyType(dict(resources))


def _listener(client: Client) -> Callable[[tuple[float, dict[str, Any]]], None]:
    """Make what the client calls, in its own thread, with each message of a worker."""
    owner = weakref.ref(client)

    def hear(event: tuple[float, dict[str, Any]]) -> None:
        _, message = event
        with _entering:
            run = _runs.get(message["key"])
            if run is not None and "at" in message:
                with suppress(Exception):  # what the sink does is its own affair
                    run.begin(message["at"], message["execution"])
        if run is not None and message["execution"] == run.execution:
            run.report(message)
        elif run is None and "at" in message and (here := owner()) is not None:  # nobody waits for it any more
            _stop_at(here, message["key"], message["at"])

    return hear


def _stop_at(client: Client, key: str, worker: str) -> None:
    """Ask a worker to stop a run; in a thread of its own, as a worker that is stuck answers late or never."""

    def ask() -> None:
        try:
            client.run(request_stop, key, workers=[worker], on_error="ignore")
        except Exception:
            _log.debug("%s could not be asked to stop %s", worker, key, exc_info=True)

    threading.Thread(target=ask, name="batchgen-dask-stop", daemon=True).start()


def _collect(run: _Run, future: Future) -> Outcome | None:
    """Take the outcome of a task that Dask calls done; None when it was lost on the way, and Dask runs it again."""
    finished = future.status == "finished"
    try:
        outcome: Outcome = future.result(timeout=1.0)
        return outcome
    except Exception as error:
        if finished and isinstance(error, TimeoutError):
            return None
        text = f"{describe(error)} (on the way to a Dask worker, or back)"
        if type(error).__name__ == "KilledWorker":
            # Dask suspects every task of a worker that dies, also those that only waited there.
            deaths = run.home.begun
            if deaths <= getattr(error, "allowed_failures", 0):
                raise _NotToBlame from error
            last = getattr(getattr(error, "last_worker", None), "address", run.worker)
            text = f"WorkerDied: {deaths} Dask workers died while they ran the task, the last at {last}"
        elif future.cancelled():
            text = f"WorkerDied: Dask gave the task up ({describe(error)})"
        return Outcome(run.job.all(Result("failed", error=text)))


def _client_is(status: str) -> Result:
    return Result("failed", error=f"StateError: the Dask client is {status}; make a new session with a new client")
