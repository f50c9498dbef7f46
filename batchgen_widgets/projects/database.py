"""The project's SQLite file: schema, and every statement that touches it.

One connection writes, guarded by the project's lock. WAL with ``synchronous=NORMAL`` survives the death of the process
at any moment; a loss of power may cost the last commits but never damages the file.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ProjectError

__all__ = ["Database"]

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

# Each entry takes the file from the version of its place to the next one, in the transaction that records the version.
MIGRATIONS: tuple[str, ...] = (_SCHEMA_1,)


class Database:
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
        self.path = path
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5.0)
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        self._connection.row_factory = sqlite3.Row
        try:
            self._check()
            self._prepare()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._unusable(error) from error
            raise
        # Not at the exit of the interpreter: workers may still write then.
        weakref.finalize(self, self._connection.close).atexit = False

    def _unusable(self, error: sqlite3.Error) -> ProjectError:
        cure = "give a writable directory, or the one of a project"
        return ProjectError(f"{self.path}: can't be opened as a project ({error}); {cure}")

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

    def _prepare(self) -> None:
        if self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if self._value("PRAGMA user_version") == len(MIGRATIONS):
            return
        with self.transaction():
            # Asked again inside: another process may have done it while this one waited.
            for number in range(self._value("PRAGMA user_version"), len(MIGRATIONS)):
                # Not executescript, which would commit at once. No statement has a semicolon inside.
                for statement in MIGRATIONS[number].split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version = {number + 1}")

    def _value(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one: all of them, or none.

        Raises
        ------
        ProjectError
            When the database can't be written.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            # SQLite may have rolled back by itself, for example when the disk is full.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                msg = (
                    f"{self.path}: can't be written ({error}); is the disk full, or the file locked by another program?"
                )
                raise ProjectError(msg) from error
            raise

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._connection.close()

    def insert_batch(self, row: Mapping[str, Any], tasks: Iterable[tuple[int, str]]) -> None:
        """Write a batch with its queued tasks, given as index and JSON parameters."""
        with self.transaction():
            self._insert("batches", row)
            self._insert_tasks(row["id"], tasks)

    def insert_tasks(self, batch_id: str, tasks: Iterable[tuple[int, str]]) -> None:
        """Write more queued tasks of a batch, all or none."""
        with self.transaction():
            self._insert_tasks(batch_id, tasks)

    def _insert_tasks(self, batch_id: str, tasks: Iterable[tuple[int, str]]) -> None:
        self._connection.executemany(
            "INSERT INTO tasks (batch_id, idx, params) VALUES (?, ?, ?)",
            ((batch_id, index, params) for index, params in tasks),
        )

    def update_batch(self, batch_id: str, **values: Any) -> None:
        """Change columns of a batch."""
        self._update("batches", values, "id = ?", (batch_id,))

    def update_task(self, batch_id: str, index: int, **values: Any) -> None:
        """Change columns of a task."""
        self._update("tasks", values, "batch_id = ? AND idx = ?", (batch_id, index))

    def set_task_status(self, keys: Iterable[tuple[str, int]], status: str, completed_at: float | None) -> None:
        """Give many tasks, by batch and index, one status, in the transaction of the caller."""
        self._connection.executemany(
            "UPDATE tasks SET status = ?, completed_at = ? WHERE batch_id = ? AND idx = ?",
            ((status, completed_at, batch_id, index) for batch_id, index in keys),
        )

    def insert_asset(self, row: Mapping[str, Any]) -> None:
        """Write an asset, in the transaction of the caller."""
        self._insert("assets", row)

    def set_marks(self, marks: Iterable[tuple[str | None, str]]) -> None:
        """Set the marks of assets, given as mark and asset id, all or none."""
        with self.transaction():
            self._connection.executemany("UPDATE assets SET mark = ? WHERE id = ?", marks)

    def interrupt_running(self, when: float) -> None:
        """Mark what a dead kernel left running as interrupted."""
        with self.transaction():
            self._connection.execute(
                "UPDATE tasks SET status = 'interrupted', completed_at = ? WHERE status = 'running'", (when,)
            )
            self._connection.execute(
                "UPDATE batches SET status = 'interrupted', completed_at = ? "
                "WHERE status IN ('pending', 'running', 'paused')",
                (when,),
            )

    def batch_rows(self) -> list[sqlite3.Row]:
        """Read every batch, oldest first."""
        return self._connection.execute("SELECT * FROM batches ORDER BY created_at, id").fetchall()

    def batch_row(self, batch_id: str) -> sqlite3.Row | None:
        """Read one batch."""
        row: sqlite3.Row | None = self._connection.execute("SELECT * FROM batches WHERE id = ?", (batch_id,)).fetchone()
        return row

    def task_rows(self, batch_id: str) -> Iterator[sqlite3.Row]:
        """Read the tasks of a batch, in order."""
        return self._connection.execute("SELECT * FROM tasks WHERE batch_id = ? ORDER BY idx", (batch_id,))

    def asset_rows(self, batch_id: str) -> Iterator[sqlite3.Row]:
        """Read the assets of a batch, in the order in which they were finished."""
        return self._connection.execute("SELECT * FROM assets WHERE batch_id = ? ORDER BY rowid", (batch_id,))

    def find_assets(self, conditions: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Find assets by column, as batch id and asset id, oldest first; a value of None means unset."""
        clauses = [f"{column} IS ?" for column in conditions]
        where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
        rows = self._connection.execute(
            f"SELECT batch_id, id FROM assets {where} ORDER BY created_at, rowid",  # columns come from code
            tuple(conditions.values()),
        )
        return [(row["batch_id"], row["id"]) for row in rows]

    def averages(self, generator: str) -> tuple[float | None, float | None]:
        """Measure the last 200 completed tasks of a generator: mean seconds, and mean bytes of their assets."""
        row = self._connection.execute(
            """
            SELECT avg(t.completed_at - t.started_at) AS seconds,
                   avg((SELECT sum(file_size) FROM assets a
                        WHERE a.batch_id = t.batch_id AND a.task_idx = t.idx)) AS bytes
            FROM (SELECT t.* FROM tasks t JOIN batches b ON b.id = t.batch_id
                  WHERE b.generator = ? AND t.status = 'completed' ORDER BY b.created_at DESC, t.idx DESC LIMIT 200) t
            """,
            (generator,),
        ).fetchone()
        return row["seconds"], row["bytes"]

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self._connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))

    def _update(self, table: str, values: Mapping[str, Any], where: str, keys: tuple[Any, ...]) -> None:
        columns = ", ".join(f"{column} = ?" for column in values)
        self._connection.execute(f"UPDATE {table} SET {columns} WHERE {where}", (*values.values(), *keys))


def dump_json(value: Any, default: Callable[[Any], Any] = str) -> str:
    """Write JSON for the database; what JSON has no word for becomes its text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=default)
    if clean_text(text) == text:
        return text
    # Half a surrogate pair, as in the name of a file that is not UTF-8, is read back whole only from an escape.
    return json.dumps(value, separators=(",", ":"), default=default)


def clean_text(text: str) -> str:
    """Escape what the database can't hold in a text."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
