"""``list``, ``show`` and ``verify``."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .console import Console, safe
from .exits import CommandError, Exit
from .places import find_batch, is_project, open_project

if TYPE_CHECKING:
    from ..batches import Batch

__all__ = ["batch_json", "list_batches", "show", "verify"]

_PROMPT = 40
_VALUE = 200
_FAILURES = 5
_FILES = 10


def list_batches(arguments: argparse.Namespace, console: Console) -> int:
    """List the batches of a project, or the projects in a directory."""
    path: Path = (arguments.project or Path()).expanduser()
    if arguments.project is not None or is_project(path):
        return _list_project(path, arguments, console)
    found = sorted(place for place in path.iterdir() if place.is_dir() and is_project(place))
    if not found:
        raise CommandError(f"{path.resolve()}: no project here; give the directory of one", Exit.NOT_FOUND)
    projects = [(place, open_project(place).history()) for place in found]
    if arguments.json:
        rows = [
            {"path": str(place.resolve()), "batches": len(history), "newest": history[0].to_json() if history else None}
            for place, history in projects
        ]
        console.json({"projects": rows})
        return Exit.OK
    shown = [
        (place, len(history), f"{history[0].created_at.astimezone():%Y-%m-%d %H:%M}" if history else "")
        for place, history in projects
    ]
    console.table(("project", "batches", "newest"), shown)
    return Exit.OK


def _list_project(path: Path, arguments: argparse.Namespace, console: Console) -> int:
    project = open_project(path)
    history = project.history()
    if arguments.json:
        console.json({"project": str(project.path), "batches": [entry.to_json() for entry in history]})
        return Exit.OK
    if not history:
        console.note(f"{safe(project.path)}: no batch yet")
        return Exit.OK
    rows = [
        (
            entry.id,
            f"{entry.created_at.astimezone():%Y-%m-%d %H:%M}",
            safe(entry.generator, 24),
            str(entry.status),
            f"{entry.counts['completed']:,} of {entry.tasks:,}",  # type: ignore[index]  # a TaskStatus is its text
            f"{entry.counts['failed']:,}",  # type: ignore[index]
            f"{entry.assets:,}",
            f"{entry.favorites:,}",
            safe(entry.prompt, _PROMPT),
        )
        for entry in history
    ]
    headings = ("batch", "started", "generator", "status", "tasks", "failed", "results", "favorites", "prompt")
    console.table(headings, rows, status=3)
    return Exit.OK


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Show one batch."""
    batch = find_batch(open_project(arguments.project), arguments.batch)
    if arguments.code:
        if arguments.json:
            console.json({"code": batch.to_code()})
        else:
            console.say(batch.to_code().rstrip("\n"))
        return Exit.OK
    if arguments.json:
        console.json(batch_json(batch))
        return Exit.OK
    console.say(f"{console.paint('batch', 'dim')}      {batch.id}")
    console.say(f"{console.paint('generator', 'dim')}  {safe(batch.generator, _VALUE)}")
    console.say(f"{console.paint('status', 'dim')}     {console.status(str(batch.status))}")
    console.say(f"{console.paint('started', 'dim')}    {batch.created_at.astimezone():%Y-%m-%d %H:%M:%S}")
    if batch.started_at and batch.completed_at:
        seconds = (batch.completed_at - batch.started_at).total_seconds()
        console.say(f"{console.paint('took', 'dim')}       {seconds:,.1f} s")
    counts = [f"{count:,} {status}" for status, count in batch.counts.items() if count]
    console.say(f"{console.paint('tasks', 'dim')}      {len(batch.tasks):,}: {', '.join(counts)}")
    marks = f"{len(batch.favorites):,} starred, {len(batch.discarded):,} discarded"
    console.say(f"{console.paint('results', 'dim')}    {len(batch.results):,}: {marks}")
    config = batch.config.to_json()
    _say_values(console, "config", {"enabled": config["enabled"], "batch_size": config["batch_size"]})
    _say_values(
        console, "variation", {name: v for name, v in config["variation_params"].items() if v not in ({}, [], None)}
    )
    _say_values(console, "base parameters", batch.base_parameters)
    say_failures(batch, console)
    results = batch.results
    if results:
        console.say("", console.paint("files", "dim"))
        marks_of = {"favorite": "*", "discarded": "-"}
        console.say(*(f"  {marks_of.get(asset.mark or '', ' ')} {safe(asset.path)}" for asset in results[:_FILES]))
        if len(results) > _FILES:
            console.say(f"    and {len(results) - _FILES:,} more; --json has all of them")
    return Exit.OK


def _say_values(console: Console, heading: str, values: Mapping[str, Any]) -> None:
    if values:
        console.say("", console.paint(heading, "dim"))
        width = max(len(safe(name)) for name in values)
        console.say(*(f"  {safe(name).ljust(width)}  {safe(repr(value), _VALUE)}" for name, value in values.items()))


def say_failures(batch: Batch, console: Console) -> None:
    """Print why tasks failed."""
    groups = batch.failures
    if groups:
        console.say("", console.paint("failed", "red"))
        for group in groups[:_FAILURES]:
            console.say(f"  {group.count:,} × {safe(group.error, _VALUE)}")
        if len(groups) > _FAILURES:
            console.say(f"  and {len(groups) - _FAILURES:,} other reasons")


def batch_json(batch: Batch) -> dict[str, Any]:
    """Give all that is known of a batch."""
    return {
        "id": batch.id,
        "generator": batch.generator,
        "status": str(batch.status),
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "completed_at": batch.completed_at,
        "counts": {str(status): count for status, count in batch.counts.items()},
        "config": batch.config.to_json(),
        "base_parameters": batch.base_parameters,
        "varied": batch.varied,
        "tasks": [
            {
                "index": task.index,
                "status": str(task.status),
                "params": task.params,
                "metrics": task.metrics,
                "attempt": task.attempt,
                "error": task.error,
                "assets": [
                    {
                        "id": asset.id,
                        "kind": asset.kind,
                        "path": asset.path,
                        "bytes": asset.file_size,
                        "mark": asset.mark,
                    }
                    for asset in task.assets
                ],
            }
            for task in batch.tasks
        ],
    }


def verify(arguments: argparse.Namespace, console: Console) -> int:
    """Compare the files of a project with its database."""
    report = open_project(arguments.project).verify(fix=arguments.fix, deep=arguments.deep)
    if arguments.json:
        found = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
        console.json({"ok": report.ok, **found})
    else:
        head, *rest = repr(report).splitlines()
        console.say(console.paint(safe(head), "green" if report.ok else "red"), *map(safe, rest))
    return Exit.OK if report.ok else Exit.FAILURES
