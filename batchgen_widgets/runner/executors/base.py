"""What an executor is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...generators import ProgressSink
from ..stopping import StopSignal
from ..work import Job, Result

__all__ = ["Executor"]


class Executor(Protocol):
    """Decides where `perform` runs. Each worker of the runner is a thread that waits in `run`.

    **One end.** `run` returns exactly one result for each task of the job, whatever the generator does, and does not
    raise: a worker that dies is a failed result whose error begins with "WorkerDied". Jobs beside it are not affected.

    **Reports.** What the generator says through the context of a task reaches the sink of that task while it runs.

    **Stopping.** When the signal is requested, the generator's next report raises `TaskCancelled`, and the result is
    "cancelled". When it is hard and the executor has `hard_cancel`, the task is stopped although it does not listen. A
    generator that finishes all the same keeps its result.

    **Time.** After `timeout` seconds the same happens, and the result is "failed" with an error that begins with
    "TimeoutError".
    """

    name: str
    hard_cancel: bool

    def run(self, job: Job, sinks: Sequence[ProgressSink], stop: StopSignal, timeout: float | None) -> list[Result]:
        """Run a job to its end, and give the ends of its tasks, in the order of its inputs."""

    def close(self) -> None:
        """Let go of whatever the executor holds; jobs that still run are stopped."""


def ended_late(results: Sequence[Result], timeout: float) -> list[Result]:
    """Say of a job that was stopped by its timeout, and by nobody else, that this is why it was stopped."""
    late = Result("failed", error=f"TimeoutError: ran longer than {timeout:g} s")
    return [late if result.status == "cancelled" else result for result in results]
