"""Zips and folders that an export writes: there once they are whole, and the same for the same content."""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Protocol
from uuid import uuid4

from ..errors import ProjectError
from .archives import FORMAT, MANIFEST, ZIP_SUFFIXES

__all__ = ["ArchiveWriter", "create_archive"]

_STALE_SECONDS: Final = 24 * 3600.0


class ArchiveWriter(Protocol):
    """An archive in the making."""

    def open(self, name: str, size: int = 0, *, packed: bool = False) -> AbstractContextManager[IO[bytes]]:
        """Open a file to be written; `packed` says that its content shrinks."""

    def finish(self) -> None:
        """Put the last word in."""


@contextmanager
def create_archive(path: Path, *, overwrite: bool) -> Iterator[ArchiveWriter]:
    """Write a zip or a folder, by the suffix of its path, that is there once it is whole.

    Raises
    ------
    ProjectError
        When there is something already, or it can't be written. With `overwrite` a zip may replace a file, and a folder
        a folder that was exported; other folders are never replaced.
    """
    is_zip = path.suffix.lower() in ZIP_SUFFIXES
    _check_target(path, is_zip=is_zip, overwrite=overwrite)
    temporary = path.with_name(f".{path.name[:100]}.{uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        writer: _ZipWriter | _FolderWriter = _ZipWriter(temporary) if is_zip else _FolderWriter(temporary)
        try:
            yield writer
            writer.finish()
            _put_in_place(temporary, path, overwrite=overwrite)
        finally:
            writer.close()
            _remove(temporary)
    except OSError as error:
        if isinstance(error, ProjectError):
            raise
        reason = error.strerror or error
        raise ProjectError(f"{path}: can't be written ({reason}); nothing was left there") from error


def _check_target(path: Path, *, is_zip: bool, overwrite: bool) -> None:
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise ProjectError(f"{path}: there already; choose another name, or allow it with overwrite=True")
    if is_zip and path.is_dir():
        raise ProjectError(f"{path}: a folder; choose another name")
    if not is_zip and not (path.is_dir() and not path.is_symlink()):
        raise ProjectError(f"{path}: no folder; choose another name, or one that ends in .zip")
    if not is_zip and any(path.iterdir()) and not _is_export(path):
        raise ProjectError(f"{path}: a folder that is no export, which is never replaced; choose another name")


def _is_export(path: Path) -> bool:
    try:
        with (path / MANIFEST).open("rb") as file:
            return f'"format": "{FORMAT}"'.encode() in file.read(200)
    except OSError:
        return False


def _put_in_place(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if not overwrite and os.path.lexists(path):
        raise ProjectError(f"{path}: there already; choose another name, or allow it with overwrite=True")
    if not path.is_dir():
        os.replace(temporary, path)
        return
    before = path.with_name(f".{path.name[:100]}.{uuid4().hex}.before.partial")
    os.rename(path, before)
    try:
        os.rename(temporary, path)
    except BaseException:
        os.rename(before, path)
        raise
    _remove(before)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove what an export to this path left that was killed."""
    for left in path.parent.glob(f".{_escaped(path.name[:100])}.*.partial"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                _remove(left)


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


class _ZipWriter:
    """Every zip of the same content is the same, byte for byte: its entries have no time, and one order."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._zip = zipfile.ZipFile(self._file, "w")

    @contextmanager
    def open(self, name: str, size: int = 0, *, packed: bool = False) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.create_system = 3
        info.external_attr = (stat.S_IFREG | 0o644) << 16
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.file_size = size
        with self._zip.open(info, "w", force_zip64=size > 2**31) as file:
            yield file

    def finish(self) -> None:
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        if not self._file.closed:
            with suppress(OSError, ValueError):  # an entry may be open still; the file goes anyway
                self._zip.close()
            self._file.close()


class _FolderWriter:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir()

    @contextmanager
    def open(self, name: str, size: int = 0, *, packed: bool = False) -> Iterator[IO[bytes]]:
        target = self._path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            yield file

    def finish(self) -> None:
        """Do nothing: all is written."""

    def close(self) -> None:
        """Do nothing: every file is closed."""
