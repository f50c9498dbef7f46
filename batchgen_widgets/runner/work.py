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
from ..media import Encoding, Outputs, check_images, normalize
from ..projects import Destination, StoredAsset, store_outputs
from ..recipes import Recipe, make_recipe
from .capture import captured

__all__ = ["Input", "Job", "Result", "describe", "perform"]

_USUAL = Encoding()


@dataclass(frozen=True, slots=True)
class Input:
    """What one task brings to a call.

    Attributes
    ----------
    params : mapping
        Valid parameters of the task.
    attempt : int
        1 for the first try.
    destination : Destination
        Where its files go.
    """

    params: Mapping[str, Any]
    attempt: int
    destination: Destination


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a generator: for one task or, when the generator takes several at once, for a group of them.

    Attributes
    ----------
    generator : Generator
    inputs : sequence of Input
        One for each task, all of one batch and with the same `Generator.group_key`.
    check_images : bool
        Whether an image of one colour is a failure.
    encoding : Encoding
        The formats of files.
    source_sha256 : str or None
        Of the generator, which can be read only where it was defined.
    template : str or None
        The prompt that the batch began with.
    """

    generator: Generator
    inputs: Sequence[Input]
    check_images: bool = False
    encoding: Encoding = _USUAL
    source_sha256: str | None = None
    template: str | None = None

    @property
    def batch_id(self) -> str:
        """Id of the batch that the tasks belong to."""
        return self.inputs[0].destination.batch_id

    def recipe(self, given: Input) -> Recipe:
        """Say how the media of a task are made, in this process."""
        return make_recipe(
            given.params,
            self.generator.parameters,
            generator=self.generator.name,
            source_sha256=self.source_sha256,
            template=self.template,
            batch_id=given.destination.batch_id,
            task_index=given.destination.index,
        )

    def contexts(self, sinks: Sequence[ProgressSink]) -> list[TaskContext]:
        """Make the contexts that the generator reports through, one for each task."""
        return [
            TaskContext(given.params, given.destination.index, given.attempt, sink=sink)
            for given, sink in zip(self.inputs, sinks, strict=True)
        ]

    def all(self, result: Result) -> list[Result]:
        """Give every task the same result."""
        return [result] * len(self.inputs)


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


def perform(
    job: Job, contexts: Sequence[TaskContext], sinks: Sequence[ProgressSink], begun: Callable[[], None] | None = None
) -> list[Result]:
    """Call the generator, and write what it returned.

    Whatever the generator does, there is a result for each task: `SystemExit` and `KeyboardInterrupt` in it are
    failures like others. What it prints and warns goes to the log of every sink. `begun` is called after the
    generator's setup, when the time of the tasks themselves begins.
    """
    try:
        with captured(_logs(sinks)):
            job.generator.prepare()
            if begun:
                begun()
            returned = job.generator.run([given.params for given in job.inputs], contexts)
            return [_keep(job, given, value) for given, value in zip(job.inputs, returned, strict=True)]
    except TaskCancelled:
        return job.all(Result("cancelled"))
    except BaseException as error:
        return job.all(_failed(error))


def _logs(sinks: Sequence[ProgressSink]) -> Callable[[str], None]:
    if len(sinks) == 1:
        return sinks[0].append_log

    def append(line: str) -> None:
        for sink in sinks:
            sink.append_log(line)

    return append


def _keep(job: Job, given: Input, value: Any) -> Result:
    """Write what a task made; what is wrong with that is no affair of the others in its group."""
    try:
        outputs: Outputs = normalize(value)
        if job.check_images:
            check_images(outputs)
        recipe = job.recipe(given) if outputs.items else None
        assets = store_outputs(outputs, given.params, given.destination, recipe=recipe, encoding=job.encoding)
    except TaskCancelled:
        return Result("cancelled")
    except BaseException as error:
        return _failed(error)
    return Result("completed", assets, outputs.metrics)


def _failed(error: BaseException) -> Result:
    trace = "".join(traceback.format_exception(_without_our_frames(error)))
    return Result("failed", error=describe(error), traceback=trace)


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
