"""Where an import is prepared: a hidden folder of the project, for one import at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from filelock import FileLock, Timeout

from ..errors import ProjectError
from .archives import ArchiveReader
from .contents import Media

__all__ = ["STAGING", "NewFile", "alone", "leftovers", "staged"]

STAGING: Final = ".import-"
"""How the hidden folders begin in which imports are prepared."""

_LOCK: Final = ".import.lock"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file of an archive on its way into a project; what tasks were given has no thumbnail."""

    source: str
    media: Media
    target: Path
    thumbnail: Path | None


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let no other import into a project go on meanwhile, and clear away what one left that was killed."""
    lock = FileLock(root / _LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise ProjectError(f"{root}: another import into this project is going on; wait for its end") from None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProjectError(f"{lock.lock_file}: can't be locked ({reason}); nothing was imported") from error
    try:
        for left in root.glob(f"{STAGING}*"):  # of one that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        lock.release()


def leftovers(root: Path) -> list[Path]:
    """Give the files that an import left which was killed; none while one goes on."""
    folders = [folder for folder in root.glob(f"{STAGING}*") if folder.is_dir() and not folder.is_symlink()]
    if not folders:
        return []
    lock = FileLock(root / _LOCK, timeout=0, thread_local=False)
    try:
        with lock:
            return [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    except (Timeout, OSError, NotImplementedError):
        return []


@contextmanager
def staged(
    root: Path, archive: ArchiveReader, files: Sequence[NewFile], thumbnail_of: Callable[[str], bytes]
) -> Iterator[list[tuple[Path, Path]]]:
    """Copy files into a hidden folder, with their thumbnails; give where each is, and where it is to be.

    Raises
    ------
    ProjectError
        When there is no room, the project can't be written, or the archive is not what it was a moment ago.
    """
    if not files:
        yield []
        return
    needed = sum(archive.files[file.source] for file in files)
    if (free := shutil.disk_usage(root).free) < needed * 1.05:
        raise ProjectError(f"{root}: {needed:,} bytes are needed, and {free:,} are free; nothing was imported")
    folder = root / f"{STAGING}{uuid4().hex}"
    try:
        try:
            folder.mkdir()
            moves: list[tuple[Path, Path]] = []
            for number, file in enumerate(files):
                moves += _stage(folder, number, archive, file, thumbnail_of)
        except OSError as error:
            if isinstance(error, ProjectError):
                raise
            raise ProjectError(f"{root}: can't be written ({error.strerror or error}); nothing was imported") from error
        yield moves
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stage(
    folder: Path, number: int, archive: ArchiveReader, file: NewFile, thumbnail_of: Callable[[str], bytes]
) -> Iterator[tuple[Path, Path]]:
    place = folder / f"{number}{file.media.suffix}"
    with place.open("xb") as into:
        if archive.copy(file.source, into) != file.media.sha256:
            raise archive.refusal(file.source, "it changed while it was read")
    yield place, file.target
    if file.thumbnail is not None:
        small = folder / f"{number}.thumbnail"
        small.write_bytes(thumbnail_of(file.source))
        yield small, file.thumbnail
