"""``export`` and ``html``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .console import Console, safe
from .exits import CommandError, Exit
from .places import find_batch, open_project

__all__ = ["export", "html"]


def export(arguments: argparse.Namespace, console: Console) -> int:
    """Write a project or a batch to a zip or a folder."""
    places: list[str] = arguments.places
    if len(places) not in (2, 3):
        raise CommandError(f"export takes PROJECT [BATCH] PATH, not {len(places)} of them")
    project = open_project(Path(places[0]))
    target = Path(places[-1]).expanduser()
    options = {"only": arguments.only, "overwrite": arguments.overwrite}
    if len(places) == 3:
        written = find_batch(project, places[1]).export(target, **options)
    else:
        written = project.export(target, **options)
    return _tell(written, arguments, console)


def html(arguments: argparse.Namespace, console: Console) -> int:
    """Write a batch as an HTML page."""
    batch = find_batch(open_project(arguments.project), arguments.batch)
    size = {} if arguments.max_mb is None else {"max_bytes": round(arguments.max_mb * 1e6)}
    written = batch.to_html(
        arguments.path.expanduser(),
        only=arguments.only,
        title=arguments.title,
        marks=not arguments.no_marks,
        overwrite=arguments.overwrite,
        **size,
    )
    return _tell(written, arguments, console)


def _tell(written: Path, arguments: argparse.Namespace, console: Console) -> int:
    if arguments.json:
        size = written.stat().st_size if written.is_file() else None
        console.json({"path": written, "bytes": size})
    else:
        console.say(safe(written))
    return Exit.OK
