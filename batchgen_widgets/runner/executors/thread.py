"""The default executor: the generator runs in the worker's own thread."""

from __future__ import annotations

import threading

from ...generators import ProgressSink
from ..stopping import StopSignal
from ..work import Job, Result, perform
from .base import timed_out

__all__ = ["ThreadExecutor"]


class ThreadExecutor:
    """Runs generators in threads of the kernel: no copies and shared models, but a stop is heard only at a report."""

    name = "thread"
    hard_cancel = False

    def run(self, job: Job, sink: ProgressSink, stop: StopSignal, timeout: float | None) -> Result:
        """Run the job right here."""
        context = job.context(sink)
        late = threading.Event()

        def expire() -> None:
            late.set()
            context.cancel()

        timer = threading.Timer(timeout, expire) if timeout else None
        if timer:
            timer.daemon = True
        unsubscribe = stop.subscribe(context.cancel)
        try:
            result = perform(job, context, sink, timer.start if timer else None)
        finally:
            unsubscribe()
            if timer:
                timer.cancel()
        expired = timeout and late.is_set() and result.status == "cancelled" and not stop.requested
        return timed_out(timeout) if timeout and expired else result

    def close(self) -> None:
        """Nothing is held."""
