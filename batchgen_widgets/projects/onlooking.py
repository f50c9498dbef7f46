"""A database as somebody reads it who must leave no trace, whether a process writes to it meanwhile or not.

What SQLite does to the files of a database in WAL mode that is opened with ``mode=ro`` (measured with 3.40):

- Nobody has it open, so there is no ``-wal``: it makes ``-wal`` and ``-shm`` and leaves them behind, or fails where it
  may not write. ``immutable=1`` changes nothing, and never looks at a ``-wal``.
- There is a ``-wal``, of a living writer or a dead one: it writes to ``-shm``, what is in the others stays. With
  ``readonly_shm=1`` it changes nothing; where no writer lives it makes the index of ``-shm`` in memory. It fails where
  there is no ``-shm``, as in a copy that left it out; only there one is made, and where that may not be, we say so.
- It has a ``-journal`` instead: nothing changes, but what a dead writer left half done can't be read.

So ``immutable=1`` is for what has neither, or an empty ``-wal``, and ``readonly_shm=1`` for what has one. Nothing holds
a writer back from beginning while an immutable database is read, so who did read it looks whether the files are as they
were, and else reads again. On network file systems, where that may be told late, it is read with locks.

Each reading has a connection of its own and ends in a moment: while one is open a writer that leaves would not clear
its ``-wal`` away.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from ..errors import ProjectError
from .database import BUSY_SECONDS, DAMAGED, MIGRATIONS, DatabaseReader, failed
from .filesystems import is_remote

__all__ = ["Onlooker", "Stamp"]

T = TypeVar("T")

Stamp: TypeAlias = tuple[int, ...]
"""What the files of a database were like; the same as long as nobody wrote to them."""

_TRIES: Final = 8
_LONGEST_SECONDS: Final = 30.0
_STEPS: Final = 1_000_000  # of SQLite's machine, about 10 ms, between two looks at the time
_LONGEST_VALUE: Final = 32 * 1024 * 1024
_MOST_CHARACTERS: Final = 256 * 1024 * 1024  # of all texts of one reading
_ROWS_AT_ONCE: Final = 256
_JUST_NOW_S: Final = 0.05  # in which a file may change twice at what its file system calls one time

_OLDER: Final = "open it once in a notebook, with Project(path), which brings it up to date"
_UNFINISHED: Final = (
    "the process that wrote to it last did not finish, and to mend that is to write to it: open it once in a notebook, "
    "with Project(path)"
)

_ALONE: Final = "&immutable=1"
_SHARED: Final = "&readonly_shm=1"

_NEEDS_WRITING: Final = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)

_moments = itertools.count(1)


class _Changed(Exception):
    """Somebody wrote to an immutable database."""


class Onlooker:
    """Reads the database of one project from several threads, each time with a connection of its own.

    Parameters
    ----------
    path : Path
        The file, absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Read rows; see `Questions.ask`."""
        return self.read(lambda database: database.ask(sql, *values))

    def read(self, work: Callable[[DatabaseReader], T]) -> T:
        """Read several things of one state; `work` may be called more than once.

        Raises
        ------
        ProjectError
            When it is no project of this version, damaged, or can't be read without changing it.
        """
        for _ in range(_TRIES):
            try:
                return self._read(work)
            except _Changed:
                continue
        raise ProjectError(f"{self.path}: can't be read while it is written to so often; try again in a moment")

    @property
    def stamp(self) -> Stamp:
        """What the files are like now; one that was written just now is never like any other.

        Raises
        ------
        ProjectError
            When there is no such file.
        """
        found = self._look()
        newest = max(found[3], found[5])
        # The clock of the files may be another one: what they have of the future is as good as old.
        if 0 <= time.time_ns() - newest < _JUST_NOW_S * 1e9:
            return (*found, next(_moments))
        return found

    @property
    def changed_at(self) -> float:
        """When somebody last wrote to it, in seconds since 1970."""
        found = self._look()
        return max(found[3], found[5]) / 1e9

    def _look(self) -> Stamp:
        try:
            main = os.lstat(self.path)
        except OSError as error:
            raise ProjectError(f"{self.path}: can't be read ({error.strerror}); was the project moved?") from error
        if not stat.S_ISREG(main.st_mode):
            raise ProjectError(f"{self.path}: no file of a project")
        wal = self._beside("-wal")
        rest = (wal.st_size, wal.st_mtime_ns) if wal else (0, 0)
        journal = 1 if self._beside("-journal") else 0
        return (main.st_dev, main.st_ino, main.st_size, main.st_mtime_ns, *rest, journal)

    def _beside(self, ending: str) -> os.stat_result | None:
        try:
            found = os.lstat(f"{self.path}{ending}")
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise ProjectError(f"{self.path}{ending}: no file of a project")
        return found

    def _read(self, work: Callable[[DatabaseReader], T]) -> T:
        before = self._look()
        options = self._options(before)
        if options != _SHARED:
            return self._read_with(work, options, before)
        try:
            return self._read_with(work, options, before)
        except ProjectError as error:
            # The index in -shm is not one that can be used as it is.
            if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF not in _NEEDS_WRITING:
                raise
            return self._read_with(work, "", before)

    def _read_with(self, work: Callable[[DatabaseReader], T], options: str, before: Stamp) -> T:
        try:
            connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode=ro{options}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
            )
        except sqlite3.Error as error:
            raise _explained(self.path, error) from error
        with closing(_Reading(self.path, connection)) as reading:
            try:
                reading.prepare()
                result = work(reading)
            except Exception:
                # What is read while somebody writes to it may look damaged.
                if options == _ALONE and self._look() != before:
                    raise _Changed from None
                raise
        if options == _ALONE and self._look() != before:
            raise _Changed
        return result

    def _options(self, found: Stamp) -> str:
        """Say how SQLite is to open it; see the head of this module.

        The file itself is not looked into: on POSIX, to close it again would drop the locks of other threads.
        """
        if not found[2]:
            raise ProjectError(f"{self.path}: is empty, so this is no project yet")
        if found[4]:
            return _SHARED if self._beside("-shm") else ""
        return "" if self._beside("-journal") or is_remote(self.path) else _ALONE


class _Reading(DatabaseReader):
    """One reading: everything in it is of one state of the database, which may have been made by anybody."""

    _left = _MOST_CHARACTERS

    def prepare(self) -> None:
        """Refuse what is not a project of this version, and what no project has in it."""
        connection = self._connection
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        deadline = time.monotonic() + _LONGEST_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            for pragma in ("cell_size_check = ON", "query_only = ON"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            self._check()
            version = self._value("PRAGMA user_version")
            # Triggers, views and virtual tables run what their author wrote; a project has none.
            strange = "type NOT IN ('table', 'index') OR (type = 'table' AND ifnull(rootpage, 0) = 0)"
            foreign = self._value(f"SELECT count(*) FROM sqlite_master WHERE {strange}")
        except sqlite3.Error as error:
            raise self._failed("read", error) from error
        if version < len(MIGRATIONS):
            if version == 0:
                raise ProjectError(f"{self.path}: no project yet")
            was = (
                f"written by an earlier version of batchgen_widgets (schema {version}, this one has {len(MIGRATIONS)})"
            )
            raise ProjectError(f"{self.path}: {was}; {_OLDER}")
        if foreign:
            raise ProjectError(f"{self.path}: holds views, triggers or virtual tables, which no project does")

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        cursor = self._connection.execute(sql, values)
        rows: list[sqlite3.Row] = []
        while part := cursor.fetchmany(_ROWS_AT_ONCE):
            self._left -= sum(len(value) for row in part for value in row if isinstance(value, (str, bytes)))
            if self._left < 0:
                raise ProjectError(f"{self.path}: this is too much to look at without a kernel; open it in a notebook")
            rows += part
        return rows

    def _failed(self, what: str, error: sqlite3.Error) -> ProjectError:
        return _explained(self.path, error)


def _explained(path: Path, error: sqlite3.Error) -> ProjectError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _NEEDS_WRITING:
        return ProjectError(f"{path}: can't be read ({error}); {_UNFINISHED}")
    if code == sqlite3.SQLITE_INTERRUPT:
        return ProjectError(f"{path}: took longer than {_LONGEST_SECONDS:.0f} seconds to read; try again later")
    if code == sqlite3.SQLITE_TOOBIG:
        return ProjectError(f"{path}: holds a value of more than {_LONGEST_VALUE:,} bytes, which no result needs")
    if code == sqlite3.SQLITE_PROTOCOL:  # it gives up after about ten seconds
        return ProjectError(f"{path}: can't be read ({error}); {_UNFINISHED}")
    if code == sqlite3.SQLITE_ERROR:
        return ProjectError(f"{path}: has not the tables of a project ({error}); {DAMAGED}")
    return failed(path, "read", error)
