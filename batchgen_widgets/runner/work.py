"""What runs for a task, wherever it runs: in a thread, in another process, on another machine.

Nothing here knows of a ledger or a database. A job goes in, results come out, and the files are on disk by then.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import TaskCancelled
from ..generators import Generator, ProgressSink, TaskContext
from ..media import Outputs, check_images, normalize
from ..projects import Destination, StoredAsset, store_outputs
from .capture import captured

__all__ = ["Job", "Result", "describe", "perform"]


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a generator for one task.

    Attributes
    ----------
    generator : Generator
    params : mapping
        Valid parameters of the task.
    attempt : int
        1 for the first try.
    destination : Destination
        Where its files go.
    check_images : bool
        Whether an image of one colour is a failure.
    """

    generator: Generator
    params: Mapping[str, Any]
    attempt: int
    destination: Destination
    check_images: bool = False

    def context(self, sink: ProgressSink) -> TaskContext:
        """Make the context that the generator reports through."""
        return TaskContext(self.params, self.destination.index, self.attempt, sink=sink)


@dataclass(frozen=True, slots=True)
class Result:
    """How a task ended.

    Attributes
    ----------
    status : {"completed", "failed", "cancelled"}
    assets : list of StoredAsset
        What is on disk.
    metrics : dict
    error, traceback : str or None
        Why it failed, in one line and in full.
    """

    status: Literal["completed", "failed", "cancelled"]
    assets: Sequence[StoredAsset] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    traceback: str | None = None


def perform(job: Job, context: TaskContext, sink: ProgressSink, begun: Callable[[], None] | None = None) -> Result:
    """Call the generator, and write what it returned.

    Whatever the generator does, there is a result: `SystemExit` and `KeyboardInterrupt` in it are failures like others.
    What it prints and warns goes to the sink's log. `begun` is called after the generator's setup, when the time of the
    task itself begins.
    """
    try:
        with captured(sink.append_log):
            job.generator.prepare()
            if begun:
                begun()
            outputs: Outputs = normalize(job.generator.run(job.params, context))
            if job.check_images:
                check_images(outputs)
            assets = store_outputs(outputs, job.params, job.destination)
    except TaskCancelled:
        return Result("cancelled")
    except BaseException as error:
        trace = "".join(traceback.format_exception(_without_our_frames(error)))
        return Result("failed", error=describe(error), traceback=trace)
    return Result("completed", assets, outputs.metrics)


def describe(error: BaseException) -> str:
    """Give an error in one line: its kind and its message."""
    try:
        text = " ".join(str(error).split())
    except BaseException as second:
        text = f"(its message can't be read: {type(second).__name__})"
    kind = type(error).__name__
    line = f"{kind}: {text}" if text else kind
    return line if len(line) <= 500 else f"{line[:499]}…"


def _without_our_frames(error: BaseException) -> BaseException:
    """Let the traceback begin in the user's code, where the cause is, if it gets there at all."""
    trace = error.__traceback__
    ours = (__name__, "batchgen_widgets.generators.generator")
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in ours:
        trace = trace.tb_next
    return error.with_traceback(trace or error.__traceback__)
