"""Which paths of a request the server follows: those that lead to a project or an archive below its root."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["DATABASE", "inside", "is_project", "locate"]

DATABASE: Final = "batchgen.db"

_LONGEST: Final = 4096
_ARCHIVES: Final = (".batchgen", ".zip")


def locate(root: Path, path: str, *, allow_hidden: bool) -> Path | None:
    """Give the project or the archive at a path; None for whatever else it may lead to, or nothing.

    Parameters
    ----------
    root : Path
        The server's root, absolute and without links.
    path : str
        From there, with slashes; empty for the root itself.
    allow_hidden : bool
        Whether names may begin with a dot.

    Returns
    -------
    Path or None
        Without links, and inside the root.
    """
    parts = path.split("/") if path else []
    if len(path) > _LONGEST or "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in parts):
        return None
    if os.name == "nt" and ":" in path:  # drives, and what hides behind the name of a file
        return None
    try:
        found = root.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # it is not there, goes in circles, or can't be a path
        return None
    if not found.is_relative_to(root):
        return None
    if not allow_hidden and (_has_dots(parts) or _is_hidden(found, root)):
        return None
    return found if is_project(found) or _is_archive(found) else None


def is_project(folder: Path) -> bool:
    """Say whether a directory has the database of a project in it, whatever state that is in."""
    try:
        return stat.S_ISREG(os.lstat(folder / DATABASE).st_mode)
    except (OSError, ValueError):
        return False


def inside(root: Path, path: Path) -> Path:
    """Give a file that must be below a directory, without links.

    Parameters
    ----------
    root : Path
        The directory, absolute and without links.
    path : Path
        What somebody says is below it.

    Raises
    ------
    OSError
        When it is not there, is no file, or is elsewhere.
    """
    refusal = PermissionError(f"{path.name}: is not below {root.name}")
    try:
        parts = path.relative_to(root).parts
    except ValueError:
        raise refusal from None
    if not parts or ".." in parts:
        raise refusal
    try:
        found = path.resolve(strict=True)
        is_file = stat.S_ISREG(found.stat().st_mode)
    except (RuntimeError, ValueError):
        raise refusal from None
    if not found.is_relative_to(root) or not is_file:
        raise refusal
    return found


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() in _ARCHIVES and path.is_file()


def _has_dots(parts: list[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def _is_hidden(found: Path, root: Path) -> bool:
    from jupyter_core.paths import is_hidden

    return _has_dots(list(found.relative_to(root).parts)) or is_hidden(str(found), str(root))
