"""A place in the project for whatever a task writes on another machine, until its one result counts."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ...projects import Destination, StoredAsset, remove_files
from ..work import Result

__all__ = ["WANTED", "Home"]

WANTED = "wanted"
"""File in a home for as long as somebody waits for the result; a worker that does not find it sees another disk."""

_PREFIX = ".dask-"

_lock = threading.Lock()
_tidied: set[Path] = set()
_living: set[Path] = set()


class Home:
    """A directory in the project for one run of a task, with a folder for each time that it was begun.

    So what a worker wrote before it died, or writes when nobody waits for it any more, is in nobody's way.

    Parameters
    ----------
    destination : Destination
        Where the files shall be in the end.
    name : str
        Of the run, unique.
    """

    def __init__(self, destination: Destination, name: str) -> None:
        self._destination = destination
        self.path = destination.root / f"{_PREFIX}{name}"

    def open(self) -> None:
        """Make it, and remove those that a dead kernel left; only one kernel runs batches in a project."""
        root = self._destination.root
        with _lock:
            if root not in _tidied:
                _tidied.add(root)
                for path in set(root.glob(f"{_PREFIX}*")) - _living:
                    _remove(path)
            _living.add(self.path)
        self.path.mkdir(parents=True)
        (self.path / WANTED).touch()

    @property
    def begun(self) -> int:
        """How often a worker began the task."""
        return sum(path.is_dir() for path in self.path.iterdir())

    def take(self, result: Result) -> Result:
        """Give the files of a result their places in the project."""
        if not result.assets:
            return result
        from ...media.encode import publish

        root, batch_id = self._destination.root, self._destination.batch_id
        directory, thumbnails = root / "assets" / batch_id, root / "thumbnails" / batch_id
        directory.mkdir(parents=True, exist_ok=True)
        thumbnails.mkdir(parents=True, exist_ok=True)
        moved: Sequence[StoredAsset] = []
        try:
            for asset in result.assets:
                path = publish(asset.path, directory, asset.path.stem, asset.path.suffix)
                moved = [*moved, replace(asset, path=path, thumbnail_path=thumbnails / f"{path.name}.webp")]
                os.replace(asset.thumbnail_path, moved[-1].thumbnail_path)
        except BaseException:
            remove_files(moved)
            raise
        return replace(result, assets=moved)

    def close(self) -> None:
        """Remove it with all that is still in it; a worker that comes late does the same."""
        _remove(self.path)
        with _lock:
            _living.discard(self.path)


def _remove(path: Path) -> None:
    """Remove a home; first what says that somebody waits, so that a worker that writes on removes the rest itself."""
    with suppress(OSError):
        (path / WANTED).unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
