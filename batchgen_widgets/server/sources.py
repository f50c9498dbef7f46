"""What the server reads: projects and exported archives, a few of them held open between requests."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from ..errors import BatchgenError, ProjectError
from .places import DATABASE

__all__ = ["Answer", "Reply", "Source", "Sources"]

Reply: TypeAlias = tuple[Mapping[str, Any], list[bytes]]
"""The result of a request, and its buffers."""

Answer: TypeAlias = Callable[[Mapping[str, Any]], Reply]
"""Takes the parameters of a request; raises a `BatchgenError` where they, or what is read, are wrong."""

_MOST: Final = 6
_IDLE_SECONDS: Final = 300.0


class Source(Protocol):
    """One thing that can be looked at. Several threads ask it at once."""

    def answers(self) -> dict[str, Answer]:
        """Give the requests that it answers, by name, as in `SERVER_REQUESTS`."""

    def close(self) -> None:
        """Let go of files; nobody asks any more."""


Identity: TypeAlias = tuple[int, ...]


class _Held:
    """An open source, who uses it, and what its file was when it was opened."""

    def __init__(self, source: Source, identity: Identity) -> None:
        self.source = source
        self.identity = identity
        self.users = 0
        self.dropped = False
        self.used_at = time.monotonic()


class Sources:
    """Opens sources, and keeps the last used ones open; closes those that nobody asks any more.

    Parameters
    ----------
    open_project, open_archive : callable
        Take the path of a directory, or of a file.
    most : int, default 6
        How many stay open.
    """

    def __init__(
        self,
        open_project: Callable[[Path], Source],
        open_archive: Callable[[Path], Source],
        most: int = _MOST,
    ) -> None:
        self._open = {True: open_project, False: open_archive}
        self._most = most
        self._guard = threading.Lock()
        self._held: OrderedDict[Path, _Held] = OrderedDict()

    @contextmanager
    def use(self, path: Path) -> Iterator[Source]:
        """Give the source at a path, open for as long as the block runs.

        Parameters
        ----------
        path : Path
            A project's directory, or an archive; resolved, as `places.locate` gives it.

        Raises
        ------
        ProjectError
            When something else took its place while it was opened, or it can't be opened.
        """
        held = self._take(path)
        try:
            yield held.source
        finally:
            with self._guard:
                held.users -= 1
                held.used_at = time.monotonic()
                idle = held.dropped and not held.users
            if idle:
                held.source.close()

    def close(self) -> None:
        """Close all of them; those in use as soon as they are not any more."""
        with self._guard:
            gone = [self._drop(path) for path in list(self._held)]
        _close(gone)

    def _take(self, path: Path) -> _Held:
        is_project = path.is_dir()
        identity = _identity(path, is_project)
        gone: list[_Held | None] = []
        with self._guard:
            held = self._held.get(path)
            if held and held.identity != identity:
                gone.append(self._drop(path))
                held = None
            if held:
                self._held.move_to_end(path)
                held.users += 1
        _close(gone)
        gone.clear()
        if held is None:
            # Outside of the lock: an archive may take a while, and others are to be answered meanwhile.
            made = _Held(self._open[is_project](path), identity)
            if not _is_still(path, is_project, identity):
                _close([made])
                raise ProjectError(f"{path.name}: something else took its place meanwhile, try again")
            with self._guard:
                held = self._held.setdefault(path, made)
                held.users += 1
                self._held.move_to_end(path)
            if held is not made:
                made.source.close()
        now = time.monotonic()
        with self._guard:
            over = len(self._held) - self._most
            for place, (other, each) in enumerate(list(self._held.items())):
                if other != path and (place < over or (not each.users and now - each.used_at > _IDLE_SECONDS)):
                    gone.append(self._drop(other))
        _close(gone)
        return held

    def _drop(self, path: Path) -> _Held | None:
        """Forget a source; give it where it can be closed at once. The caller holds the lock."""
        held = self._held.pop(path)
        held.dropped = True
        return None if held.users else held


def _close(several: list[_Held | None]) -> None:
    for held in several:
        if held:
            with suppress(OSError, BatchgenError):
                held.source.close()


def _identity(path: Path, is_project: bool) -> Identity:
    """Tell a file from another one that takes its place; an archive also from what it was before."""
    try:
        found = (path / DATABASE if is_project else path).stat()
    except OSError:
        return ()
    if is_project:  # its database is written to while it stays the same
        return (found.st_dev, found.st_ino)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _is_still(path: Path, is_project: bool, identity: Identity) -> bool:
    """Say whether what was opened is what was asked for: it is kept by that name, and a link may lead anywhere."""
    try:
        return path.resolve(strict=True) == path and _identity(path, is_project) == identity
    except (OSError, RuntimeError):
        return False
