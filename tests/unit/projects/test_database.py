"""What is written together is on disk together, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchgen_widgets import ProjectError
from batchgen_widgets.projects import database as module
from batchgen_widgets.projects.database import (
    Database,
    insert_asset,
    insert_batch,
    insert_tasks,
    set_task_status,
    update_batch,
    update_task,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "batchgen.db"


@pytest.fixture
def database(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A file with one batch of two tasks."""
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    database = Database(path)
    batch = dict.fromkeys(("generator", "config", "base_parameters", "varied"), "{}")
    database.write(
        insert_batch({"id": "b", "status": "pending", "created_at": 1.0, **batch}),
        insert_tasks("b", ((index, "{}") for index in range(2))),
    )
    yield database
    database.close()


@pytest.fixture
def other(database: Database, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program, which sees what is on disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def statuses(other: sqlite3.Connection) -> list[str]:
    rows = other.execute("SELECT status FROM batches UNION ALL SELECT * FROM (SELECT status FROM tasks ORDER BY idx)")
    return [status for (status,) in rows]


def test_each_write_is_on_disk_when_it_returns(database, other):
    database.write(update_task("b", 0, status="running", attempt=1))
    assert statuses(other) == ["pending", "running", "queued"]
    database.write(update_task("b", 1, status="running"), update_batch("b", status="running"))
    assert statuses(other) == ["running", "running", "running"]
    database.write(set_task_status([("b", 0), ("b", 1)], "cancelled", 2.0))
    assert statuses(other) == ["running", "cancelled", "cancelled"]


@pytest.mark.parametrize(
    "statements",
    [
        (update_batch("b", status="running"), insert_asset({"id": "a"})),
        (update_task("b", 0, status="running"), update_batch("b", config=None)),
        (update_batch("b", status=None),),
        (module.Statement("UPDATE tasks SET status = ? WHERE idx = ?", rows=[("failed", 0), (None, 1)]),),
    ],
    ids=["second", "second of another table", "lone", "second row"],
)
def test_what_fails_has_no_effect_and_leaves_nothing_open(database, other, statements):
    with pytest.raises(ProjectError, match=r"batchgen\.db: can't be written \(NOT NULL constraint failed"):
        database.write(*statements)
    assert statuses(other) == ["pending", "queued", "queued"]
    other.execute("UPDATE tasks SET status = 'running' WHERE idx = 1")  # it holds no lock
    database.write(update_task("b", 0, status="running"))
    assert statuses(other) == ["pending", "running", "running"]


@pytest.mark.parametrize("count", [1, 2])
def test_a_lock_of_another_program_is_told_and_then_over(database, other, count):
    statements = [update_task("b", index, status="running") for index in range(count)]
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProjectError, match="another program locks it: close that one"):
        database.write(*statements)
    other.execute("COMMIT")
    database.write(*statements)
    assert statuses(other) == ["pending", *["running"] * count, *["queued"] * (2 - count)]
