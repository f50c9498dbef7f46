"""The projects below the server's root: looked for within bounds, by one search at a time."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BatchgenError
from .places import DATABASE, is_project

if TYPE_CHECKING:
    from ..projects.onlooking import Stamp
    from ..wire.sidebar import FoundProject, FoundProjects

__all__ = ["Bounds", "ProjectSearch"]

# What only programs fill. Hidden directories are left out as well, and so are virtual environments.
_HEAVY: Final = frozenset({"node_modules", "site-packages", "__pycache__", "__MACOSX", "venv", "env", "lost+found"})
_TRUST_A_PROBLEM_S: Final = 60.0
_OF_A_PROJECT: Final = frozenset({"assets", "thumbnails", "trash", "inputs"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a search goes.

    Attributes
    ----------
    depth : int
        Directories below the root, one in the other.
    directories, entries : int
        How many are looked into, and how many names are read in them.
    projects : int
    seconds : float
        For the search, and as many again to look into what was found.
    """

    depth: int = 8
    directories: int = 20_000
    entries: int = 500_000
    projects: int = 500
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class _Known:
    """What was told of a project, as long as its files are the same, and for so long."""

    stamp: Stamp
    told: FoundProject
    until: float = math.inf


class ProjectSearch:
    """Finds the projects below a directory.

    Parameters
    ----------
    root : Path
        Absolute and without links.
    bounds : Bounds, optional
    keep_s : float, default 2.0
        Seconds for which an answer is given again.
    """

    def __init__(self, root: Path, bounds: Bounds | None = None, keep_s: float = 2.0) -> None:
        self._root = root
        self._bounds = bounds or Bounds()
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._found: FoundProjects | None = None
        self._found_at = 0.0
        self._known: dict[Path, _Known] = {}

    def find(self) -> FoundProjects:
        """Give the projects, the last changed first; who asks while a search goes on gets what that one finds."""
        with self._lock:
            if self._found is None or time.monotonic() - self._found_at > self._keep_s:
                self._found = self._search()
                self._found_at = time.monotonic()
            return self._found

    def _search(self) -> FoundProjects:
        folders, complete = self._folders()
        known, self._known = self._known, {}
        deadline = time.monotonic() + self._bounds.seconds
        found = [self._describe(folder, known, deadline) for folder in folders]
        found.sort(key=lambda project: (-project["changed_at"], project["path"]))
        return {"projects": found, "complete": complete}

    def _folders(self) -> tuple[list[Path], bool]:
        """Walk from the root down, level by level; say whether that was all."""
        bounds, deadline = self._bounds, time.monotonic() + self._bounds.seconds
        found: list[Path] = []
        complete = True
        directories = entries = 0
        waiting = deque([(self._root, 0)])
        while waiting:
            folder, depth = waiting.popleft()
            directories += 1
            if directories > bounds.directories or entries > bounds.entries or time.monotonic() > deadline:
                return found, False
            inner: list[str] = []
            names: set[str] = set()
            try:
                with os.scandir(folder) as listed:
                    for entry in listed:
                        entries += 1
                        if entries > bounds.entries:
                            complete = False
                            break
                        names.add(entry.name)
                        if not _is_left_out(entry.name) and entry.is_dir(follow_symlinks=False):
                            inner.append(entry.name)
            except OSError:  # it may not be read, or went away
                continue
            if "pyvenv.cfg" in names:
                continue
            if DATABASE in names and is_project(folder):
                if len(found) == bounds.projects:
                    return found, False
                found.append(folder)
                inner = [name for name in inner if name not in _OF_A_PROJECT]
            if depth < bounds.depth:
                waiting.extend((folder / name, depth + 1) for name in sorted(inner))
            elif inner:
                complete = False
        return found, complete

    def _describe(self, folder: Path, known: dict[Path, _Known], deadline: float) -> FoundProject:
        from ..projects import project_key
        from ..projects.readonly import ReadOnlyProject

        project = ReadOnlyProject(folder)
        place = folder.relative_to(self._root).as_posix()
        told: FoundProject = {
            "key": project_key(folder),
            "name": folder.name,
            "path": "" if place == "." else place,
            "batches": 0,
            "changed_at": 0.0,
        }
        try:
            stamp = project.stamp
            before = known.get(folder)
            if before and before.stamp == stamp and time.monotonic() < before.until:
                self._known[folder] = before
                return before.told
            told["changed_at"] = project.changed_at
            if time.monotonic() > deadline:  # what was looked into is known the next time
                told["problem"] = "there was no time to look into it; refresh the list"
                return told
            try:
                told["batches"] = project.count_batches()
                self._known[folder] = _Known(stamp, told)
            except BatchgenError as error:
                told["problem"] = str(error)
                # To find that out may have taken seconds, and may change without a change of the files.
                self._known[folder] = _Known(stamp, told, time.monotonic() + _TRUST_A_PROBLEM_S)
        except (BatchgenError, OSError) as error:
            told["problem"] = str(error)
        return told


def _is_left_out(name: str) -> bool:
    # What a backslash is in depends on the system; a path with one is none that the server follows.
    return name.startswith(".") or name in _HEAVY or "\\" in name
