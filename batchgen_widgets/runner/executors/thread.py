"""The default executor: the generator runs in the worker's own thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ...generators import ProgressSink
from ..stopping import StopSignal
from ..work import Job, Result, perform
from .base import ended_late

__all__ = ["ThreadExecutor"]


class ThreadExecutor:
    """Runs generators in threads of the kernel: no copies and shared models, but a stop is heard only at a report."""

    name = "thread"
    hard_cancel = False

    def run(self, job: Job, sinks: Sequence[ProgressSink], stop: StopSignal, timeout: float | None) -> list[Result]:
        """Run the job right here."""
        contexts = job.contexts(sinks)
        late = threading.Event()

        def cancel() -> None:
            for context in contexts:
                context.cancel()

        def expire() -> None:
            late.set()
            cancel()

        timer = threading.Timer(timeout, expire) if timeout else None
        if timer:
            timer.daemon = True
        unsubscribe = stop.subscribe(cancel)
        try:
            results = perform(job, contexts, sinks, timer.start if timer else None)
        finally:
            unsubscribe()
            if timer:
                timer.cancel()
        expired = late.is_set() and not stop.requested
        return ended_late(results, timeout) if timeout and expired else results

    def close(self) -> None:
        """Nothing is held."""
