"""A project that is only looked at: whole, up to date, and untouched."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.projects import database as module
from batchgen_widgets.projects import onlooking
from batchgen_widgets.projects.readonly import ReadOnlyProject
from batchgen_widgets.testing import GatedGenerator, wait_for_state

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "projects"


@bg.generator
def dots(prompt: str = "dots", seed: int = 0) -> Any:
    """Draw a picture of one colour."""
    if seed == 13:
        raise ValueError("unlucky")
    return {"image": Image.new("RGB", (32, 32), (seed, 90, 120)), "score": seed / 2}


@bg.generator
def copy(image: bg.Asset) -> Any:
    """Give the same picture again."""
    return image.open()


def tree(root: Path) -> dict[str, tuple[int, str]]:
    """Everything in a directory: when it was last written to, and what is in it."""
    return {
        path.relative_to(root).as_posix(): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [root, *root.rglob("*")]
    }


def look_at_everything(project: ReadOnlyProject) -> None:
    for entry in project.history():
        batch, rows = project.batch(entry.id), project.rows(entry.id)
        assert [asset.id for asset in rows.assets] == [asset.id for asset in batch.assets]
        assert [repr(task.params) for task in rows.tasks] == [repr(task.params) for task in batch.tasks]
        project.compare(entry.id, entry.id)
        for asset in batch.assets:
            project.lineage(asset.id)
        project.asset_files([asset.id for asset in batch.assets])
        project.reviews([asset.id for asset in batch.assets])
    project.generators()
    project.count_batches()


@pytest.fixture
def made(root: Path, open_session: Callable[..., bg.BatchSession]) -> tuple[bg.Batch, bg.Batch]:
    """A batch with a mark, a failure and something in the trash, and another made from the first."""
    with bg.BatchSession(dots, root) as session:
        varied = {"vary_parameters": True, "parameter_ranges": {"seed": [3, 5, 13, 7, 9]}, "strategy": "grid"}
        session.set_batch_config({"batch_size": 5, "variation_params": varied})
        first = session.start_batch()
        assert first.wait(20)
        session.set_marks([first.results[0]], "favorite")
        session.set_marks([first.results[1]], "discarded")
        second = session.start_batch(copy, inputs=[first.results[0]])
        assert second.wait(20)
        session.project.trash(first.results[3])
    return first, second


def copy_closed(root: Path, target: Path) -> Path:
    """A copy of a project that nobody has open, and nobody left a -wal in."""
    shutil.copytree(root, target)
    connection = sqlite3.connect(target / "batchgen.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert not list(target.glob("*-wal"))
    return target


def test_it_has_what_the_project_has(root: Path, made: tuple[bg.Batch, bg.Batch]) -> None:
    first, second = made
    project, other = bg.Project(root), ReadOnlyProject(root)
    assert [entry.to_json() for entry in other.history()] == [entry.to_json() for entry in project.history()]
    assert other.history(text="nothing like it").total == 0
    assert [entry.id for entry in other.history(favorites=True)] == [first.id]
    assert other.generators() == ["copy", "dots"]
    assert other.count_batches() == 2
    ids = [asset.id for asset in first.assets]
    assert other.asset_files(ids) == project.asset_files(ids)
    assert other.compare(first.id, second.id).to_json() == project.compare(first.id, second.id).to_json()
    assert other.lineage(second.assets[0].id).to_json() == project.lineage(second.assets[0].id).to_json()

    read = other.batch(first.id)
    assert read.status == "completed"
    assert [task.status for task in read.tasks] == [task.status for task in first.tasks]
    assert [(task.error, task.started_at, task.completed_at) for task in read.tasks] == [
        (task.error, task.started_at, task.completed_at) for task in first.tasks
    ]
    assert [(asset.id, asset.path, asset.mark, asset.metrics) for asset in read.assets] == [
        (asset.id, asset.path, asset.mark, asset.metrics) for asset in first.assets
    ]
    source = other.batch(second.id).tasks[0].params["image"]
    assert source.id == first.assets[0].id


def test_rows_are_the_batch_in_short(root: Path, made: tuple[bg.Batch, bg.Batch]) -> None:
    first, second = made
    rows = ReadOnlyProject(root).rows(first.id)
    assert (rows.kinds, rows.marks) == ("iiii", "fd-t")
    assert (rows.generator, rows.varied, rows.created_at) == ("dots", first.varied, first.created_at)
    assert [asset.id for asset in rows.assets[1:3]] == [asset.id for asset in first.assets[1:3]]
    assert rows.assets[-1].path == first.assets[-1].path
    assert [task.index for task in rows.tasks] == [0, 1, 2, 3, 4]
    assert str(rows.tasks[2].status) == "failed"
    assert rows.tasks[2].error == first.tasks[2].error
    other = ReadOnlyProject(root).rows(second.id)
    assert other.tasks[0].params["image"].id == other.assets[0].params["image"].id == first.assets[0].id
    with pytest.raises(IndexError):
        rows.assets[4]


class TestNothingChanges:
    def test_where_nobody_has_it_open(self, root: Path, made: object, tmp_path: Path) -> None:
        there = copy_closed(root, tmp_path / "copy")
        before = tree(there)
        look_at_everything(ReadOnlyProject(there))
        assert tree(there) == before

    def test_what_a_killed_writer_left_is_read(
        self, root: Path, made: tuple[bg.Batch, bg.Batch], tmp_path: Path
    ) -> None:
        there = copy_closed(root, tmp_path / "copy")
        code = f"""
import os, sqlite3
connection = sqlite3.connect({str(there / "batchgen.db")!r}, isolation_level=None)
connection.execute("UPDATE batches SET status = 'running' WHERE id = {made[0].id!r}")
os._exit(0)
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        assert (there / "batchgen.db-wal").stat().st_size
        before = tree(there)
        project = ReadOnlyProject(there)
        look_at_everything(project)
        assert project.batch(made[0].id).status == "running"  # as the database says; nobody marks it interrupted
        assert tree(there) == before

    def test_beside_a_living_writer(self, root: Path, open_session: Any, gate: GatedGenerator) -> None:
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        call = gate.next_call()
        project = ReadOnlyProject(root)
        assert len(project.batch(batch.id).assets) == 1
        before = tree(root)
        look_at_everything(project)
        # In one process SQLite shares the index with the writer; test_server has one in another.
        assert {name for name, told in tree(root).items() if before[name] != told} <= {"batchgen.db-shm"}
        assert str(project.batch(batch.id).tasks[1].status) == "running"
        stamp = project.stamp
        rows = project.rows(batch.id)
        call.finish()
        gate.next_call().finish()
        wait_for_state(batch, "completed")
        assert project.stamp != stamp
        assert len(project.rows(batch.id).assets) == 3
        assert rows.assets[0].id == batch.assets[0].id

    def test_a_rollback_journal_is_as_good(self, root: Path, made: object, tmp_path: Path) -> None:
        there = copy_closed(root, tmp_path / "copy")
        connection = sqlite3.connect(there / "batchgen.db")
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        connection.close()
        before = tree(there)
        look_at_everything(ReadOnlyProject(there))
        assert tree(there) == before

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
    def test_where_it_may_not_be_written(self, root: Path, made: object, tmp_path: Path) -> None:
        there = copy_closed(root, tmp_path / "copy")
        there.chmod(0o555)
        try:
            look_at_everything(ReadOnlyProject(there))
        finally:
            there.chmod(0o755)


def test_a_copy_without_its_index_is_read(root: Path, made: tuple[bg.Batch, bg.Batch], tmp_path: Path) -> None:
    there = tmp_path / "copy"
    shutil.copytree(root, there)
    connection = sqlite3.connect(there / "batchgen.db", isolation_level=None)
    connection.execute("UPDATE batches SET status = 'paused' WHERE id = ?", (made[0].id,))
    other = Path(shutil.copytree(there, tmp_path / "other", ignore=shutil.ignore_patterns("*-shm")))
    connection.close()
    before = tree(other)
    assert ReadOnlyProject(other).batch(made[0].id).status == "paused"
    after = tree(other)
    assert {name: after[name] for name in before if name != "."} == {
        name: told for name, told in before.items() if name != "."
    }
    assert set(after) - set(before) <= {"batchgen.db-shm"}


def test_a_writer_that_begins_meanwhile_is_noticed(root: Path, made: tuple[bg.Batch, bg.Batch], tmp_path: Path) -> None:
    there = copy_closed(root, tmp_path / "copy")
    project, writers = ReadOnlyProject(there), []
    seen = []

    def work(database: Any) -> Any:
        seen.append(database.batch_row(made[0].id)["status"])
        if not writers:
            writers.append(sqlite3.connect(there / "batchgen.db", isolation_level=None))
            writers[0].execute("UPDATE batches SET status = 'running' WHERE id = ?", (made[0].id,))
        return seen[-1]

    assert project._onlooker.read(work) == "running"
    assert seen == ["completed", "running"]
    writers[0].close()


class TestRefusals:
    def test_an_earlier_schema_is_left_for_a_notebook(self, tmp_path: Path) -> None:
        there = Path(shutil.copytree(FIXTURES / "schema1", tmp_path / "old"))
        before = tree(there)
        with pytest.raises(bg.ProjectError, match=r"earlier version .*schema 1.*open it once in a notebook"):
            ReadOnlyProject(there).count_batches()
        assert tree(there) == before

    def test_a_newer_schema_asks_for_an_upgrade(self, root: Path, made: object, tmp_path: Path) -> None:
        there = copy_closed(root, tmp_path / "copy")
        connection = sqlite3.connect(there / "batchgen.db")
        connection.execute(f"PRAGMA user_version = {len(module.MIGRATIONS) + 1}")
        connection.close()
        with pytest.raises(bg.ProjectError, match=r"newer version .*upgrade with pip"):
            ReadOnlyProject(there).history()

    @pytest.mark.parametrize("damage", ["cut", "scrambled", "text", "empty", "directory", "other", "bare"])
    def test_what_is_no_project_says_so(self, root: Path, made: tuple[bg.Batch, bg.Batch], tmp_path: Path, damage: str):
        there = copy_closed(root, tmp_path / "copy")
        file = there / "batchgen.db"
        data = file.read_bytes()
        file.unlink()
        if damage == "directory":
            file.mkdir()
        elif damage in ("other", "bare"):
            connection = sqlite3.connect(file)
            if damage == "other":
                connection.execute("CREATE TABLE notes (text)")
            else:
                connection.execute(f"PRAGMA application_id = {module.APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {len(module.MIGRATIONS)}")
            connection.close()
        else:
            content = {
                "cut": data[: len(data) // 2],
                "scrambled": data[:100] + bytes(reversed(data[100:])),
                "text": b"hello",
                "empty": b"",
            }
            file.write_bytes(content[damage])
        project = ReadOnlyProject(there)
        with pytest.raises(bg.ProjectError, match=r"batchgen\.db") as caught:
            project.batch(made[0].id)
        said = {
            "cut": "damaged",
            "scrambled": "damaged",
            "text": "damaged",
            "empty": "no project yet",
            "directory": "no file of a project",
            "other": "another program",
            "bare": "has not the tables",
        }
        assert said[damage] in str(caught.value)

    def test_what_somebody_made_up_is_refused(
        self, root: Path, made: tuple[bg.Batch, bg.Batch], tmp_path: Path
    ) -> None:
        tricks = {
            "CREATE VIEW more AS SELECT * FROM assets": "views, triggers or virtual tables",
            "CREATE TRIGGER now AFTER UPDATE ON tasks BEGIN SELECT 1; END": "views, triggers or virtual tables",
            "CREATE VIRTUAL TABLE words USING fts5(text)": "views, triggers or virtual tables",
            "UPDATE batches SET config = '['": "no version of batchgen_widgets",
            "UPDATE batches SET status = 'odd'": "no version of batchgen_widgets",
            "UPDATE batches SET created_at = 'noon'": "no version of batchgen_widgets",
            "UPDATE batches SET created_at = 1e300": "no version of batchgen_widgets",
            "UPDATE assets SET created_at = 1e18": "no version of batchgen_widgets",
            "UPDATE batches SET generator = printf('%.*c', 40000000, 'x')": "more than 33,554,432 bytes",
            "UPDATE tasks SET params = '3'": "no version of batchgen_widgets",
            "UPDATE assets SET params = x'ff'": "no version of batchgen_widgets",
        }
        for number, (sql, said) in enumerate(tricks.items()):
            there = copy_closed(root, tmp_path / f"copy-{number}")
            connection = sqlite3.connect(there / "batchgen.db")
            connection.execute("PRAGMA foreign_keys = OFF")
            with connection:
                connection.execute(sql)
            connection.close()
            with pytest.raises(bg.ProjectError, match=said):
                ReadOnlyProject(there).batch(made[0].id)

    def test_what_would_fill_the_memory_is_refused(
        self, root: Path, made: tuple[bg.Batch, bg.Batch], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(onlooking._Reading, "_left", 1_000)
        project = ReadOnlyProject(root)
        assert project.count_batches() == 2
        with pytest.raises(bg.ProjectError, match="too much to look at without a kernel"):
            project.batch(made[0].id)

    def test_what_a_killed_writer_left_half_done_is_left_for_a_notebook(
        self, root: Path, made: tuple[bg.Batch, bg.Batch], tmp_path: Path
    ) -> None:
        there = copy_closed(root, tmp_path / "copy")
        code = f"""
import os, sqlite3
connection = sqlite3.connect({str(there / "batchgen.db")!r}, isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN")
connection.execute("UPDATE batches SET status = 'odd'")
connection.execute("UPDATE tasks SET error = hex(randomblob(20000))")
os._exit(0)
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        before = tree(there)
        assert "batchgen.db-journal" in before
        with pytest.raises(bg.ProjectError, match=r"did not finish.*open it once in a notebook"):
            ReadOnlyProject(there).batch(made[0].id)
        assert tree(there) == before
        assert bg.Project(there).batch(made[0].id).status == "completed"
        assert ReadOnlyProject(there).batch(made[0].id).status == "completed"

    def test_nothing_can_be_changed_through_records(self, root: Path, made: tuple[bg.Batch, bg.Batch]) -> None:
        batch = ReadOnlyProject(root).batch(made[0].id)
        with pytest.raises(bg.StateError, match="only looked at"):
            batch.keeper.set_marks([(batch.assets[0], "favorite")])
        with pytest.raises(bg.StateError, match="only looked at"):
            batch.keeper.cancel_batch(batch)
        with pytest.raises(bg.ProjectError, match="no such batch"):
            ReadOnlyProject(root).batch("20990101-000000-abcdef")
        with pytest.raises(bg.ProjectError, match="no such asset"):
            ReadOnlyProject(root).asset("nothing")

    def test_what_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        with pytest.raises(bg.ProjectError, match="was the project moved"):
            ReadOnlyProject(tmp_path / "nowhere").count_batches()
        assert not (tmp_path / "nowhere").exists()
