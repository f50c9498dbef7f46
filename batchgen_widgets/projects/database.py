"""The project's SQLite file: schema, and every statement that touches it.

One connection writes, guarded by the project's lock. WAL with ``synchronous=NORMAL`` survives the death of the process
at any moment; a loss of power may cost the last commits but never damages the file. WAL needs memory that all processes
share, which they don't on two machines: on network file systems a rollback journal with ``synchronous=FULL`` does the
same, slower.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..errors import ProjectError
from .filesystems import is_remote

__all__ = ["Database", "DatabaseReader", "Questions", "Statement", "Survey"]

BUSY_SECONDS = 5.0
"""How long a statement waits for another program that locks the file."""

APPLICATION_ID = 0x62617467  # "batg"

_SCHEMA_1 = """
CREATE TABLE batches (
    id              TEXT PRIMARY KEY,
    generator       TEXT NOT NULL,
    config          TEXT NOT NULL,
    base_parameters TEXT NOT NULL,
    varied          TEXT NOT NULL,
    status          TEXT NOT NULL,
    created_at      REAL NOT NULL,
    started_at      REAL,
    completed_at    REAL
);
CREATE INDEX batches_by_time ON batches (created_at);
CREATE TABLE tasks (
    batch_id     TEXT NOT NULL REFERENCES batches (id),
    idx          INTEGER NOT NULL,
    params       TEXT NOT NULL,
    status       TEXT NOT NULL DEFAULT 'queued',
    attempt      INTEGER NOT NULL DEFAULT 0,
    error        TEXT,
    traceback    TEXT,
    log          TEXT,
    metrics      TEXT,
    started_at   REAL,
    completed_at REAL,
    PRIMARY KEY (batch_id, idx)
) WITHOUT ROWID;
CREATE TABLE assets (
    id           TEXT PRIMARY KEY,
    batch_id     TEXT NOT NULL,
    task_idx     INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    name         TEXT,
    kind         TEXT NOT NULL,
    file         TEXT NOT NULL,
    thumbnail    TEXT NOT NULL,
    width        INTEGER,
    height       INTEGER,
    duration     REAL,
    file_size    INTEGER NOT NULL,
    created_at   REAL NOT NULL,
    params       TEXT NOT NULL,
    metrics      TEXT NOT NULL,
    parents      TEXT NOT NULL DEFAULT '[]',
    mark         TEXT CHECK (mark IN ('favorite', 'discarded')),
    FOREIGN KEY (batch_id, task_idx) REFERENCES tasks (batch_id, idx)
);
CREATE INDEX assets_by_batch ON assets (batch_id, created_at);
CREATE INDEX assets_by_mark ON assets (mark) WHERE mark IS NOT NULL;
"""

_SCHEMA_2 = """
ALTER TABLE batches ADD COLUMN origin TEXT NOT NULL DEFAULT '{}';
ALTER TABLE assets ADD COLUMN sha256 TEXT;
ALTER TABLE assets ADD COLUMN trashed_at REAL;
ALTER TABLE assets ADD COLUMN deleted_at REAL;
CREATE TABLE unsettled (
    asset_id TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE asset_columns (
    part  TEXT NOT NULL,
    name  TEXT NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    type  TEXT NOT NULL,
    cells BLOB NOT NULL,
    PRIMARY KEY (part, name, first, last, type)
);
CREATE TABLE reviews (
    asset_id TEXT NOT NULL REFERENCES assets (id),
    reviewer TEXT NOT NULL,
    mark     TEXT CHECK (mark IN ('favorite', 'discarded')),
    note     TEXT NOT NULL DEFAULT '',
    made_at  REAL NOT NULL,
    PRIMARY KEY (asset_id, reviewer)
) WITHOUT ROWID;
CREATE INDEX assets_by_time ON assets (created_at);
CREATE INDEX assets_in_trash ON assets (trashed_at) WHERE trashed_at IS NOT NULL;
CREATE INDEX assets_by_parent ON assets (json_extract(parents, '$[0]')) WHERE parents != '[]';
CREATE INDEX assets_of_several ON assets (id) WHERE json_array_length(parents) > 1;
CREATE INDEX tasks_running ON tasks (batch_id) WHERE status = 'running';
"""

# Each entry takes the file from the version of its place to the next one, in the transaction that records the version.
MIGRATIONS: tuple[str, ...] = (_SCHEMA_1, _SCHEMA_2)

DAMAGED = (
    "the file is damaged, the media in assets/ are not: bring it back from a backup, or move it away and save what can "
    "be read with sqlite3's .recover"
)
_CURES = {
    sqlite3.SQLITE_BUSY: "another program locks it: close that one (a database browser, a backup), then try again",
    sqlite3.SQLITE_LOCKED: "another program locks it: close that one (a database browser, a backup), then try again",
    sqlite3.SQLITE_FULL: "the disk is full: make room, then try again",
    sqlite3.SQLITE_READONLY: (
        "it is write-protected: see to its permissions and how its disk is mounted, or copy the project elsewhere"
    ),
    sqlite3.SQLITE_CANTOPEN: "give a directory that can be written",
    sqlite3.SQLITE_IOERR: "the disk fails or is full: see that it is mounted and has room, then try again",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


class Statement(NamedTuple):
    """SQL for `Database.write`: it runs once with its values, or once with each of its rows of values."""

    sql: str
    values: Sequence[Any] = ()
    rows: Iterable[Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a database says of the files, as one state.

    Attributes
    ----------
    damage : list of str
        What SQLite finds wrong with the file itself.
    assets : list of sqlite3.Row
        Of every asset: id, batch_id, kind, file, thumbnail, file_size, sha256, width, height, duration, trashed_at and
        deleted_at.
    running : list of tuple
        The tasks that run, as batch id and index.
    """

    damage: list[str]
    assets: list[sqlite3.Row]
    running: list[tuple[str, int]]


def failed(path: Path, what: str, error: sqlite3.Error) -> ProjectError:
    """Say which file failed at what, why, and what to do."""
    # Extended codes have the primary one in their low byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    cure = _CURES.get(code, "is the disk full, or the file locked by another program?")
    return ProjectError(f"{path}: can't be {what} ({error}); {cure}")


class Questions(Protocol):
    """What answers statements that only read."""

    def ask(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Read rows.

        Raises
        ------
        ProjectError
            When the database can't be read.
        """


class DatabaseReader:
    """What is read from the database of one project, over whichever connection.

    Parameters
    ----------
    path : Path
        The file.
    connection : sqlite3.Connection
        Closed along with it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        connection.row_factory = sqlite3.Row

    def _failed(self, what: str, error: sqlite3.Error) -> ProjectError:
        return failed(self.path, what, error)

    def _check(self) -> None:
        """Refuse what is not ours, before anything is written to it."""
        version = self._value("PRAGMA user_version")
        ours = self._value("PRAGMA application_id") == APPLICATION_ID
        if not ours and (version or self._value("SELECT count(*) FROM sqlite_master")):
            msg = f"{self.path}: a database of another program; choose another directory for the project"
            raise ProjectError(msg)
        if version > len(MIGRATIONS):
            msg = (
                f"{self.path}: written by a newer version of batchgen_widgets (schema {version}, this one knows up to "
                f"{len(MIGRATIONS)}); upgrade with pip install -U batchgen-widgets"
            )
            raise ProjectError(msg)

    def _value(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])

    def _ask(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Read rows.

        Raises
        ------
        ProjectError
            When the database can't be read.
        """
        try:
            return self._rows(sql, values)
        except UnicodeEncodeError:  # half a surrogate pair, which no text in here has
            return self._ask(sql, *(clean_text(value) if isinstance(value, str) else value for value in values))
        except sqlite3.Error as error:
            raise self._failed("read", error) from error

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def ask(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Read rows with a statement of another module of this room; the caller holds the project's lock.

        Raises
        ------
        ProjectError
            When the database can't be read.
        """
        return self._ask(sql, *values)

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._connection.close()

    def batch_rows(self) -> list[sqlite3.Row]:
        """Read every batch, oldest first."""
        return self._ask("SELECT * FROM batches ORDER BY created_at, id")

    def newest_batch(self, generator: str) -> str | None:
        """Give the id of the newest batch of a generator, or None."""
        rows = self._ask(
            "SELECT id FROM batches WHERE generator = ? ORDER BY created_at DESC, id DESC LIMIT 1", generator
        )
        return rows[0]["id"] if rows else None

    def generators(self) -> list[str]:
        """Give the generators of all batches, sorted."""
        return [row["generator"] for row in self._ask("SELECT DISTINCT generator FROM batches ORDER BY generator")]

    def batch_row(self, batch_id: str) -> sqlite3.Row | None:
        """Read one batch."""
        rows = self._ask("SELECT * FROM batches WHERE id = ?", batch_id)
        return rows[0] if rows else None

    def task_rows(self, batch_id: str) -> list[sqlite3.Row]:
        """Read the tasks of a batch, in order."""
        return self._ask("SELECT * FROM tasks WHERE batch_id = ? ORDER BY idx", batch_id)

    def asset_rows(self, batch_id: str) -> list[sqlite3.Row]:
        """Read the assets of a batch, in the order in which they were finished."""
        return self._ask("SELECT * FROM assets WHERE batch_id = ? ORDER BY rowid", batch_id)

    def batch_of_asset(self, asset_id: str) -> str | None:
        """Give the id of the batch that an asset is in, or None."""
        rows = self._ask("SELECT batch_id FROM assets WHERE id = ?", asset_id)
        return rows[0]["batch_id"] if rows else None

    def find_assets(self, conditions: Mapping[str, Any]) -> list[sqlite3.Row]:
        """Find assets that are not in the trash by column, oldest first; a value of None means unset."""
        where = " AND ".join(["trashed_at IS NULL", *(f"{column} IS ?" for column in conditions)])
        return self._ask(
            f"SELECT * FROM assets WHERE {where} ORDER BY created_at, rowid",  # columns come from code
            *conditions.values(),
        )

    def averages(self, generator: str) -> tuple[float | None, float | None]:
        """Measure the last 200 completed tasks of a generator: mean seconds, and mean bytes of their assets.

        Tasks that ran in one call, which started at the same moment, share its time.
        """
        (row,) = self._ask(
            """
            SELECT avg(max(t.completed_at - t.started_at, 0) / t.together) AS seconds,
                   avg((SELECT sum(file_size) FROM assets a
                        WHERE a.batch_id = t.batch_id AND a.task_idx = t.idx)) AS bytes
            FROM (SELECT l.*, count(*) OVER (PARTITION BY batch_id, started_at) AS together
                  FROM (SELECT t.* FROM tasks t JOIN batches b ON b.id = t.batch_id
                        WHERE b.generator = ? AND t.status = 'completed'
                        ORDER BY b.created_at DESC, t.idx DESC LIMIT 200) l) t
            """,
            generator,
        )
        return row["seconds"], row["bytes"]


class Database(DatabaseReader):
    """Statements on the database of one project.

    Parameters
    ----------
    path : Path
        The file; made when it does not exist.

    Raises
    ------
    ProjectError
        When the file is no project, was written by a newer version, or can't be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=BUSY_SECONDS)
        except sqlite3.Error as error:
            raise failed(path, "opened as a project", error) from error
        super().__init__(path, connection)
        self._identity: tuple[int, int] | None = None
        try:
            self._check()
            self._prepare()
            if not is_remote(path):  # there a file may be called by another number each time
                self._identity = _identity(path)
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._failed("opened as a project", error) from error
            raise
        # Not at the exit of the interpreter: workers may still write then.
        weakref.finalize(self, self._connection.close).atexit = False

    def check_place(self) -> None:
        """Let pass while the file is where it was opened: its connection would follow it elsewhere, other files not.

        Raises
        ------
        ProjectError
            When the project was moved, renamed or replaced.
        """
        if self.is_lost:
            why = "it was moved, renamed or deleted while it was open; open it where it is now"
            raise ProjectError(f"{self.path.parent}: can't be found any more; {why}")

    @property
    def is_lost(self) -> bool:
        """Whether the file is not where it was opened any more."""
        try:
            found = _identity(self.path)
        except FileNotFoundError:
            return True
        except OSError:  # a disk that is away for a moment
            return False
        return self._identity is not None and found != self._identity

    def _prepare(self) -> None:
        wanted = "delete" if is_remote(self.path) else "wal"
        mode = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != wanted:
            # The answer is what it is now; where WAL can't be, that is another one.
            mode = self._connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
        self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if self._value("PRAGMA user_version") == len(MIGRATIONS):
            return
        with self._transaction():
            # Asked again inside: another process may have done it while this one waited.
            for number in range(self._value("PRAGMA user_version"), len(MIGRATIONS)):
                # Not executescript, which would commit at once. No statement has a semicolon inside.
                for statement in MIGRATIONS[number].split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version = {number + 1}")

    def write(self, *statements: Statement) -> None:
        """Run statements: all of them have an effect, or none.

        Raises
        ------
        ProjectError
            When the database can't be written.
        """
        if len(statements) != 1 or statements[0].rows is not None:
            with self._transaction():
                for statement in statements:
                    self._run(statement)
            return
        # SQLite makes a lone statement a transaction by itself. Each call that is saved is one at which another thread
        # could run while this one holds the project's lock.
        try:
            self._run(statements[0])
        except sqlite3.Error as error:
            raise self._failed("written", error) from error

    def _run(self, statement: Statement) -> None:
        if statement.rows is None:
            self._connection.execute(statement.sql, statement.values)
        else:
            self._connection.executemany(statement.sql, statement.rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            # SQLite may have rolled back by itself, for example when the disk is full.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self._failed("written", error) from error
            raise

    def interrupt_running(self, when: float) -> None:
        """Mark what a dead kernel left running as interrupted; where it left nothing, nothing is written."""
        left = self._ask(
            "SELECT EXISTS (SELECT 1 FROM tasks WHERE status = 'running') "
            "OR EXISTS (SELECT 1 FROM batches WHERE status IN ('pending', 'running', 'paused'))"
        )
        if not left[0][0]:
            return
        with self._transaction():
            # Nothing ends before it began, though the clock may have been set back since.
            self._connection.execute(
                "UPDATE tasks SET status = 'interrupted', completed_at = max(?, ifnull(started_at, 0)) "
                "WHERE status = 'running'",
                (when,),
            )
            self._connection.execute(
                "UPDATE batches SET status = 'interrupted', completed_at = max(?, ifnull(started_at, 0)) "
                "WHERE status IN ('pending', 'running', 'paused')",
                (when,),
            )

    def survey(self, *, deep: bool = False) -> Survey:
        """Read what the database says of the files, through a connection of its own that holds up nobody.

        Parameters
        ----------
        deep : bool
            Whether SQLite also compares the indexes with their tables.
        """
        try:
            with closing(
                sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS)
            ) as connection:
                connection.row_factory = sqlite3.Row
                check = "integrity_check" if deep else "quick_check"
                try:
                    damage = [str(row[0]) for row in connection.execute(f"PRAGMA {check}") if row[0] != "ok"]
                except sqlite3.DatabaseError as error:
                    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (
                        sqlite3.SQLITE_CORRUPT,
                        sqlite3.SQLITE_NOTADB,
                    ):
                        raise
                    damage = [str(error)]
                connection.execute("BEGIN")
                assets = connection.execute(
                    "SELECT id, batch_id, kind, file, thumbnail, file_size, sha256, width, height, duration, "
                    "trashed_at, deleted_at "
                    "FROM assets ORDER BY created_at, rowid"
                ).fetchall()
                running = connection.execute("SELECT batch_id, idx FROM tasks WHERE status = 'running'").fetchall()
                return Survey(damage, assets, [(row["batch_id"], row["idx"]) for row in running])
        except sqlite3.Error as error:
            raise self._failed("read", error) from error


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def insert_batch(row: Mapping[str, Any]) -> Statement:
    """Add a batch."""
    return _insert("batches", row)


def insert_tasks(batch_id: str, tasks: Iterable[tuple[int, str]]) -> Statement:
    """Add queued tasks to a batch, given as index and JSON parameters."""
    rows = ((batch_id, index, params) for index, params in tasks)
    return Statement("INSERT INTO tasks (batch_id, idx, params) VALUES (?, ?, ?)", rows=rows)


def insert_asset(row: Mapping[str, Any]) -> Statement:
    """Add an asset."""
    return _insert("assets", row)


def update_batch(batch_id: str, **values: Any) -> Statement:
    """Change columns of a batch."""
    return Statement(_update("batches", tuple(values), "id = ?"), (*values.values(), batch_id))


def update_task(batch_id: str, index: int, **values: Any) -> Statement:
    """Change columns of a task."""
    sql = _update("tasks", tuple(values), "batch_id = ? AND idx = ?")
    return Statement(sql, (*values.values(), batch_id, index))


def set_task_status(keys: Iterable[tuple[str, int]], status: str, completed_at: float | None) -> Statement:
    """Give many tasks, by batch and index, one status."""
    rows = ((status, completed_at, batch_id, index) for batch_id, index in keys)
    return Statement("UPDATE tasks SET status = ?, completed_at = ? WHERE batch_id = ? AND idx = ?", rows=rows)


def set_marks(marks: Iterable[tuple[str | None, str]]) -> Statement:
    """Set the marks of assets, given as mark and asset id."""
    return Statement("UPDATE assets SET mark = ? WHERE id = ?", rows=marks)


def _insert(table: str, row: Mapping[str, Any]) -> Statement:
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    return Statement(sql, tuple(row.values()))


@cache
def _update(table: str, columns: tuple[str, ...], where: str) -> str:
    return f"UPDATE {table} SET {', '.join(f'{column} = ?' for column in columns)} WHERE {where}"


def dump_json(value: Any, default: Callable[[Any], Any] = str) -> str:
    """Write JSON for the database; what JSON has no word for becomes its text."""
    text = _encoder(default, ensure_ascii=False)(value)
    if clean_text(text) == text:
        return text
    # Half a surrogate pair, as in the name of a file that is not UTF-8, is read back whole only from an escape.
    return _encoder(default, ensure_ascii=True)(value)


@cache
def _encoder(default: Callable[[Any], Any], *, ensure_ascii: bool) -> Callable[[Any], str]:
    return json.JSONEncoder(ensure_ascii=ensure_ascii, separators=(",", ":"), default=default).encode


def clean_text(text: str) -> str:
    """Escape what the database can't hold in a text."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
