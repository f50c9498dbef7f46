"""What an executor is."""

from __future__ import annotations

from typing import Protocol

from ...generators import ProgressSink
from ..stopping import StopSignal
from ..work import Job, Result

__all__ = ["Executor"]


class Executor(Protocol):
    """Decides where `perform` runs. Each worker of the runner is a thread that waits in `run`.

    **One end.** `run` returns exactly one result, whatever the generator does, and does not raise: a worker that dies
    is a failed result whose error begins with "WorkerDied". Tasks beside it are not affected.

    **Reports.** What the generator says through its context reaches the sink while it runs.

    **Stopping.** When the signal is requested, the generator's next report raises `TaskCancelled`, and the result is
    "cancelled". When it is hard and the executor has `hard_cancel`, the task is stopped although it does not listen. A
    generator that finishes all the same keeps its result.

    **Time.** After `timeout` seconds the same happens, and the result is "failed" with an error that begins with
    "TimeoutError".
    """

    name: str
    hard_cancel: bool

    def run(self, job: Job, sink: ProgressSink, stop: StopSignal, timeout: float | None) -> Result:
        """Run a job to its end, and give it."""

    def close(self) -> None:
        """Let go of whatever the executor holds; jobs that still run are stopped."""


def timed_out(timeout: float) -> Result:
    """Give the result of a task that took too long."""
    return Result("failed", error=f"TimeoutError: ran longer than {timeout:g} s")
