"""``run`` and ``resume``: a batch from its start to its end, or to the first Ctrl+C."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from ..batches import Batch, Plan, make_plan
from ..batches.strategies import plural
from ..batches.textprogress import TextProgress, wants_progress
from ..errors import ConfigError
from ..generators import Generator
from ..sessions import BatchSession
from .console import Console, safe
from .exits import CommandError, Exit
from .look import batch_json, say_failures
from .places import find_batch, open_project
from .settings import read_settings, reword
from .targets import load_generator

__all__ = ["follow", "resume", "run"]

_LOOK_EVERY_S = 0.2
_SHOWN = 20


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run a batch."""
    project = arguments.project.expanduser().absolute()
    export = arguments.export and arguments.export.expanduser().absolute()
    if export and export.exists() and not arguments.overwrite:
        # Told now, and not after hours of work.
        msg = f"{export}: there already; choose another name, or allow it with --overwrite"
        raise CommandError(msg, Exit.NOT_FOUND)
    generator = load_generator(arguments.target, _warn(arguments, console))
    config, base, inputs = read_settings(arguments, generator)
    try:
        plan = make_plan(generator.parameters, {**generator.defaults(), **base}, config, inputs=inputs)
    except ConfigError as error:
        raise reword(error) from None
    if arguments.dry_run:
        _show_plan(plan, arguments, console)
        return Exit.OK
    with _open(generator, project, arguments) as session:
        batch = session.start_batch(base, inputs=inputs, config=config)
        if not arguments.quiet:
            console.note(f"{safe(generator.name)}: {safe(plan.summary)}, batch {batch.id} in {safe(project)}")
        code = follow(session, batch, arguments, console, _resume_command(project, batch, arguments))
        if export and code in (Exit.OK, Exit.FAILURES):
            written = batch.export(export, overwrite=arguments.overwrite)
            console.note(f"exported to {safe(written)}")
        return code


def resume(arguments: argparse.Namespace, console: Console) -> int:
    """Finish a batch."""
    project = open_project(arguments.project)
    batch_id = find_batch(project, arguments.batch).id
    generator = load_generator(arguments.target, _warn(arguments, console))
    with _open(generator, project.path, arguments) as session:
        batch = session.resume_batch(batch_id)
        if arguments.failed:
            session.retry_failed(batch.id)
        if batch.status.is_finished and not arguments.quiet:
            console.note(f"batch {batch.id} is {batch.status}: nothing is left to do")
        return follow(session, batch, arguments, console, _resume_command(project.path, batch, arguments))


def _open(generator: Generator, project: Path, arguments: argparse.Namespace) -> BatchSession:
    return BatchSession(
        generator,
        project,
        workers=arguments.workers,
        executor=arguments.executor,
        retries=arguments.retries,
        timeout=arguments.timeout,
    )


def follow(
    session: BatchSession, batch: Batch, arguments: argparse.Namespace, console: Console, resume: Sequence[str]
) -> int:
    """Wait for the end of a batch, or for a signal, and tell what came of it.

    The first Ctrl+C or SIGTERM stops what runs, which becomes interrupted; a second one leaves at once. Either way the
    batch can be resumed.

    Parameters
    ----------
    resume : sequence of str
        The command that goes on with it, without those options that don't differ.
    """
    with ExitStack() as stack:
        stop = stack.enter_context(_Stop(console))
        shown = None
        if not arguments.quiet and wants_progress(None, console.err):
            shown = stack.enter_context(TextProgress(batch, console.err))
        while not stop.signal and not batch.wait(_LOOK_EVERY_S, progress=False):
            if shown:
                shown.update()
        if stop.signal and not batch.status.is_finished:
            session.close()
    interrupted = stop.signal is not None and (not batch.status.is_finished or batch.status == "interrupted")
    if arguments.json:
        console.json({"project": session.project.path, **batch_json(batch), "resume": resume if interrupted else None})
    elif interrupted or not arguments.quiet:
        _summarize(batch, session.project.path, console)
    if interrupted:
        console.note("Nothing that was done is lost. To go on:", f"  {safe(shlex.join(resume))}")
        return 128 + int(stop.signal or signal.SIGINT)
    return Exit.OK if batch.status == "completed" and not batch.failed_count else Exit.FAILURES


def _summarize(batch: Batch, project: Path, console: Console) -> None:
    done = f"{batch.completed_count:,} of {plural(len(batch.tasks), 'task')} done"
    failed = f", {batch.failed_count:,} failed" if batch.failed_count else ""
    results = plural(len(batch.results), "result")
    console.say(f"{batch.id}  {console.status(str(batch.status))}  {done}{failed}, {results}")
    if batch.results:
        console.say(safe(project / "assets" / batch.id))
    say_failures(batch, console)


class _Stop:
    """Hears Ctrl+C and SIGTERM: notes the first, and leaves at the second.

    Attributes
    ----------
    signal : int or None
        The first one that came.
    """

    def __init__(self, console: Console) -> None:
        self.signal: int | None = None
        self._console = console
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        # Only the main thread may; elsewhere, as in a test, whoever calls hears signals.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            # Whatever the threads do, and without waiting for them; the project is whole at any moment.
            os._exit(128 + number)
        self.signal = number
        os.write(2, b"\nStopping what runs; once more to leave at once.\n")


def _resume_command(project: Path, batch: Batch, arguments: argparse.Namespace) -> list[str]:
    command = ["batchgen", "resume", str(project), batch.id, arguments.target]
    usual = {"workers": 1, "executor": "thread", "retries": 0, "timeout": None}
    for name, value in usual.items():
        given = getattr(arguments, name)
        if given != value:
            command += [f"--{name}", f"{given:g}" if isinstance(given, float) else str(given)]
    return command


def _show_plan(plan: Plan, arguments: argparse.Namespace, console: Console) -> None:
    if arguments.json:
        console.json(
            {
                "count": plan.count,
                "summary": plan.summary,
                "config": plan.config.to_json(),
                "draw": plan.entropy,
                "base_parameters": _json(plan, plan.base),
                "tasks": [_json(plan, task) for task in plan],
            }
        )
        return
    console.say(safe(plan.summary))
    if plan.varied:
        rows = [[index, *(safe(repr(value), 60) for value in row.values())] for index, row in _rows(plan)]
        console.table(("task", *map(safe, plan.varied)), rows)
        if plan.count > _SHOWN:
            console.say(f"and {plan.count - _SHOWN:,} more")
        if plan.config.variation_params.seed is None:
            console.say(f"To run this very draw, add --draw {plan.entropy}")


def _rows(plan: Plan) -> Sequence[tuple[int, dict[str, Any]]]:
    return list(enumerate(plan.first_rows(_SHOWN)))


def _json(plan: Plan, params: Any) -> dict[str, Any]:
    return {name: plan.parameters[name].to_json(value) for name, value in params.items()}


def _warn(arguments: argparse.Namespace, console: Console) -> Callable[[str], None]:
    return lambda text: None if arguments.quiet else console.complain(text, "warning")
