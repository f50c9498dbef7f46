"""Projects and batches by what somebody types for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .exits import CommandError, Exit

if TYPE_CHECKING:
    from ..batches import Batch
    from ..projects import Project

__all__ = ["find_batch", "is_project", "open_project"]


def is_project(path: Path) -> bool:
    """Say whether a directory is a project."""
    try:
        return (path / "batchgen.db").is_file()
    except OSError:  # it can't be read
        return False


def open_project(path: Path) -> Project:
    """Open a project that exists; looking for one must not make one."""
    path = path.expanduser()
    if not is_project(path):
        reason = "is no project: it has no batchgen.db" if path.is_dir() else "no such directory"
        raise CommandError(f"{path}: {reason}; give the directory of a project", Exit.NOT_FOUND)
    from ..projects import Project

    return Project(path)


def find_batch(project: Project, wanted: str | None) -> Batch:
    """Find a batch by its id, by how that begins, or the newest one."""
    ids = project.history().ids
    if not ids:
        raise CommandError(f"{project.path}: no batch yet", Exit.NOT_FOUND)
    if wanted is None or wanted == "newest":
        return project.batch(ids[0])
    found = [wanted] if wanted in ids else [batch_id for batch_id in ids if batch_id.startswith(wanted)]
    if len(found) == 1:
        return project.batch(found[0])
    if found:
        some = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise CommandError(f"{wanted}: several batches begin like that: {some}", Exit.NOT_FOUND)
    raise CommandError(
        f"{wanted}: no such batch in {project.path}; `batchgen list` shows what there is", Exit.NOT_FOUND
    )
