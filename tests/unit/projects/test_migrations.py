"""Projects of every earlier schema go on; what a newer version wrote is left as it is."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from batchgen_widgets import BatchSession, Project, ProjectError, demos, generator
from batchgen_widgets.batches import Query
from batchgen_widgets.projects import database as module
from batchgen_widgets.testing import reopen
from batchgen_widgets.testing.gates import picture

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "projects"
LATEST = len(module.MIGRATIONS)


@pytest.fixture
def copy(tmp_path):
    def make(name: str) -> Path:
        # Elsewhere than it was made, and under another name.
        return Path(shutil.copytree(FIXTURES / name, tmp_path / "moved" / "my project"))

    return make


def ask(root: Path, sql: str) -> list[tuple]:
    connection = sqlite3.connect(f"file:{root / 'batchgen.db'}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def tree(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in root.rglob("*")
    }


def columns_of_schema_1(root: Path) -> dict[str, list[tuple]]:
    """Everything that schema 1 knew, read with its own words."""
    tables = {
        "batches": "id, generator, config, base_parameters, varied, status, created_at, started_at, completed_at",
        "tasks": "batch_id, idx, params, status, attempt, error, traceback, log, metrics, started_at, completed_at",
        "assets": "id, batch_id, task_idx, position, name, kind, file, thumbnail, width, height, duration, file_size, "
        "created_at, params, metrics, parents, mark",
    }
    order = {"tasks": "batch_id, idx"}
    return {
        table: ask(root, f"SELECT {columns} FROM {table} ORDER BY {order.get(table, 'rowid')}")
        for table, columns in tables.items()
    }


def test_schema_1_goes_on_with_everything(copy):
    root = copy("schema1")
    before, files = columns_of_schema_1(root), {name: sha for name, sha in tree(root).items() if name != "batchgen.db"}
    project = Project(root)
    assert ask(root, "PRAGMA user_version") == [(LATEST,)]
    assert columns_of_schema_1(root) == before
    assert {name: sha for name, sha in tree(root).items() if name in files} == files

    pictures, sound = project.batches()
    assert [asset.mark for asset in pictures.results] == ["favorite", None, None, "discarded"]
    assert [asset.params["prompt"] for asset in pictures.results] == ["at dawn", "at dawn", "at night", "at night"]
    assert all(asset.open().size == (64, 64) for asset in pictures.results)
    assert sound.results[0].open().duration == pytest.approx(0.5)
    assert pictures.origin == {}
    assert {asset.sha256 for asset in project.assets()} == {None}
    assert project.verify(deep=True).ok
    assert [asset.id for asset in project.find(Query.of(text="night"), sort="-seed")] == [
        pictures.results[3].id,
        pictures.results[2].id,
    ]


def test_schema_1_stays_in_use(copy):
    root = copy("schema1")
    with BatchSession(demos.landscape, root) as session:
        old = session.project.batches()[0]
        session.set_batch_config(old.config)
        session.set_base_parameters(old.base_parameters)
        batch = session.start_batch()
        assert batch.wait(60)
        assert [dict(task.params) for task in batch.tasks] == [dict(task.params) for task in old.tasks]
        # Drawn by today's code, they are the same pictures.
        assert [one.open().tobytes() for one in batch.results] == [one.open().tobytes() for one in old.results]
        session.trash(old.results[1])
        session.pause()
        cut = session.start_batch()
        session.cancel_batch(cut.id)
        session.resume()
        session.resume_batch(cut.id)
        assert cut.wait(60)
        assert len(cut.results) == 4
    again = reopen(session.project)
    assert [len(one.results) for one in again.batches()] == [3, 1, 4, 4]
    assert again.verify(deep=True).ok


def test_schema_2_opens_with_everything(copy):
    """What `tools/make_project_fixture.py` made once; it must never change any more."""
    root = copy("schema2")
    project = Project(root)
    pictures, sound, cut = project.batches()
    assert len(pictures.assets) == 4
    first, second, deleted, trashed = pictures.assets
    assert pictures.results == [first, second]
    assert (first.mark, second.mark) == ("favorite", "discarded")
    assert project.trashed == [trashed]
    assert trashed.open().size == (64, 64)
    assert deleted.deleted_at is not None
    with pytest.raises(ProjectError, match="was deleted on"):
        deleted.open()
    assert sound.results[0].open().duration == pytest.approx(0.5)
    assert [str(task.status) for task in cut.tasks] == ["failed", "completed", "queued"]
    assert cut.tasks[0].error == "ValueError: no paint"
    assert project.verify(deep=True).ok
    assert project.restore() == 1
    assert project.find(Query.of(prompt="at night")).total == 1

    @generator(name="fragile")
    def fragile(seed: int = 0):
        return picture({"seed": seed})

    with BatchSession(fragile, project) as session:
        session.resume_batch(cut.id)
        assert cut.wait(20)
        assert session.retry_failed(cut.id) == 1
        assert cut.wait(20)
    assert cut.completed_count == 3
    assert project.verify(deep=True).ok


@pytest.mark.parametrize("after", [0, 1, 3, 6, 100])
def test_a_migration_that_fails_halfway_leaves_schema_1(copy, monkeypatch, after):
    root = copy("schema1")
    before, rows = tree(root), columns_of_schema_1(root)
    steps = module.MIGRATIONS[1].split(";")
    broken = ";".join([*steps[:after], "SELECT no_such_function()", *steps[after:]])
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (module.MIGRATIONS[0], broken))
        with pytest.raises(
            ProjectError, match=r"batchgen\.db: can't be (written|opened as a project) \(no such function"
        ):
            Project(root)
    assert ask(root, "PRAGMA user_version") == [(1,)]
    assert columns_of_schema_1(root) == rows
    assert ask(root, "SELECT count(*) FROM sqlite_master WHERE name = 'reviews'") == [(0,)]
    assert {name: sha for name, sha in tree(root).items() if name in before and not name.startswith("batchgen.db")} == {
        name: sha for name, sha in before.items() if not name.startswith("batchgen.db")
    }
    # The next version, which is not broken, goes on from there.
    assert len(Project(root).batches()) == 2


def test_a_process_that_dies_while_it_migrates_leaves_schema_1(copy, monkeypatch):
    root = copy("schema1")
    rows = columns_of_schema_1(root)

    class Died(BaseException):
        pass

    class Dying(str):
        def split(self, *_args):
            yield "ALTER TABLE assets ADD COLUMN half TEXT"
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (module.MIGRATIONS[0], Dying()))
        with pytest.raises(Died):
            Project(root)
    assert ask(root, "PRAGMA user_version") == [(1,)]
    assert columns_of_schema_1(root) == rows
    assert len(Project(root).batches()) == 2


def test_a_newer_schema_is_refused_and_not_a_byte_is_written(copy):
    root = copy("schema2")
    connection = sqlite3.connect(root / "batchgen.db")
    connection.execute(f"PRAGMA user_version = {LATEST + 1}")
    connection.close()
    shutil.rmtree(root / "thumbnails")  # a newer version may have other folders
    before = tree(root)
    with pytest.raises(
        ProjectError, match=rf"written by a newer version .*\(schema {LATEST + 1}, this one knows up to"
    ):
        Project(root)
    assert tree(root) == before


def test_a_new_project_is_of_the_latest_schema(root):
    Project(root)
    assert ask(root, "PRAGMA user_version") == [(LATEST,)]
    assert json.loads(json.dumps(ask(root, "PRAGMA integrity_check"))) == [["ok"]]
