from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from pathlib import Path

import pytest

from batchgen_widgets import BatchConfig, ParameterError, Project, ProjectError
from batchgen_widgets.projects import AssetsAdded, BatchAdded, BatchChanged, MarksChanged, TasksChanged
from batchgen_widgets.projects.database import MIGRATIONS
from batchgen_widgets.testing import reopen
from batchgen_widgets.testing.gates import picture


def plain(seed: int = 0, prompt: str = "A quiet harbour"):
    return picture({"seed": seed})


def test_everything_is_there_after_reopening(open_session, gate, root):
    session = open_session(gate, tasks=4)
    session.set_base_parameters({"prompt": "Ein Häuschen, früh – 朝", "strength": 0.25})
    batch = session.start_batch()
    first = gate.next_call()
    first.do(lambda: first.context.log("loaded"))
    first.do(lambda: first.context.log("drawn"))
    first.finish({"image": [picture({"seed": 1}), picture({"seed": 2})], "score": 0.5, "word": "so-so", "good": True})
    gate.next_call().fail(ValueError("no paint"))
    gate.next_call().finish({"score": 3})
    gate.next_call()
    session.cancel_task(batch.tasks[3])
    assert batch.wait(20)
    one, two = batch.results
    session.mark_as_favorite(batch.id, one.id)
    session.mark_as_discarded(batch.id, two.id)
    session.close()

    (again,) = reopen(session.project).batches()

    assert again is not batch
    for name in ("id", "generator", "config", "varied", "status", "created_at", "started_at", "completed_at", "counts"):
        assert getattr(again, name) == getattr(batch, name), name
    assert dict(again.base_parameters) == dict(batch.base_parameters)
    assert again.config == BatchConfig(batch_size=4, variation_params={"vary_seeds": True, "seed": 7})
    names = ("id", "index", "status", "error", "traceback", "log", "attempt", "started_at", "completed_at")
    for task, before in zip(again.tasks, batch.tasks, strict=True):
        assert {name: getattr(task, name) for name in names} == {name: getattr(before, name) for name in names}
        assert dict(task.params) == dict(before.params)
        assert dict(task.metrics) == dict(before.metrics)
        assert [asset.id for asset in task.assets] == [asset.id for asset in before.assets]
    assert again.tasks[0].log == "loaded\ndrawn"
    assert again.tasks[0].metrics == {"score": 0.5, "word": "so-so", "good": True}
    assert again.tasks[1].error == "ValueError: no paint"
    assert again.tasks[2].metrics == {"score": 3}
    assert [str(task.status) for task in again.tasks] == ["completed", "failed", "completed", "cancelled"]
    assert again.tasks[0].progress == 1.0
    names = ("id", "kind", "path", "thumbnail_path", "width", "height", "duration", "file_size", "created_at", "mark")
    for asset, before in zip(again.results, batch.results, strict=True):
        assert {name: getattr(asset, name) for name in names} == {name: getattr(before, name) for name in names}
        assert dict(asset.params) == dict(before.params)
        assert asset.metrics == {"score": 0.5, "word": "so-so", "good": True}
        assert asset.path.stat().st_size == asset.file_size
        assert asset.open().tobytes() == picture({"seed": 1 + asset.position}).tobytes()
    assert [asset.mark for asset in again.results] == ["favorite", "discarded"]
    assert again.status_column == batch.status_column
    assert again.pace.seconds_per_task is not None


def test_a_full_log_is_read_back_as_it_was(open_session, gate):
    session = open_session(gate)
    batch = session.start_batch()
    call = gate.next_call()
    call.do(lambda: [call.context.log("x" * 9) for _ in range(10_000)])
    call.finish()
    batch.wait(20)
    log = batch.tasks[0].log
    assert log.endswith("x\n(the log is full)")
    assert len(log) < 64_100
    assert log.count("full") == 1
    session.close()
    assert reopen(session.project).batch(batch.id).tasks[0].log == log


def test_listeners_hear_only_of_what_is_on_disk(open_session, gate, rows, root):
    session = open_session(gate, tasks=2)
    heard: Counter[str] = Counter()
    wrong: list[str] = []

    def listen(event: object) -> None:
        heard[type(event).__name__] += 1
        match event:
            case BatchAdded(batch):
                ((count,),) = rows("SELECT count(*) FROM tasks WHERE batch_id = ? AND status = 'queued'", batch.id)
                if count != len(batch.tasks):
                    wrong.append(f"{count} tasks on disk")
            case BatchChanged(batch):
                if rows("SELECT status FROM batches WHERE id = ?", batch.id) != [(str(batch.status),)]:
                    wrong.append(f"batch {batch.status}")
            case TasksChanged(batch, tasks):
                for task in tasks:
                    sql = "SELECT status, attempt, error FROM tasks WHERE batch_id = ? AND idx = ?"
                    if rows(sql, batch.id, task.index) != [(str(task.status), task.attempt, task.error)]:
                        wrong.append(f"task {task}")
            case AssetsAdded(_, assets):
                for asset in assets:
                    sql = "SELECT file, thumbnail, file_size FROM assets WHERE id = ?"
                    ((file, thumbnail, size),) = rows(sql, asset.id)
                    if (root / file).stat().st_size != size or not (root / thumbnail).read_bytes().startswith(b"RIFF"):
                        wrong.append(f"asset {asset}")
            case MarksChanged(assets):
                sql = "SELECT mark FROM assets WHERE id = ?"
                wrong.extend(f"mark of {asset}" for asset in assets if rows(sql, asset.id) != [(asset.mark,)])

    session.project.ledger.hub.subscribe(listen)
    batch = session.start_batch()
    gate.next_call().finish()
    gate.next_call().fail()
    batch.wait(20)
    session.mark_as_favorite(batch.id, batch.results[0].id)
    session.retry_failed(batch.id)
    gate.next_call().finish()
    batch.wait(20)
    assert wrong == []
    assert heard == {
        "BatchAdded": 1,
        "BatchChanged": 5,  # running, completed, pending, running, completed
        "TasksChanged": 7,  # 3 starts, 3 ends, 1 retry
        "AssetsAdded": 2,
        "MarksChanged": 1,
        "QueueChanged": 2,  # started, retried
        "SettingsChanged": 1,
    }


def test_a_listener_that_fails_stops_nothing(open_session, gate, caplog):
    session = open_session(gate)
    seen: list[object] = []

    def broken(_event: object) -> None:
        raise RuntimeError("a broken view")

    session.project.ledger.hub.subscribe(broken)
    session.project.ledger.hub.subscribe(seen.append)
    batch = session.start_batch()
    gate.next_call().finish()
    assert batch.wait(20)
    assert batch.results[0].path.exists()
    assert [type(event).__name__ for event in seen][-1] == "BatchChanged"
    assert "a broken view" in caplog.text


def test_files_have_readable_names(open_session, root):
    session = open_session(plain)
    batch = session.start_batch({"prompt": "A quiet harbour, at dawn", "seed": 482113})
    batch.wait(20)
    asset = batch.results[0]
    assert asset.path == root / "assets" / batch.id / "0000_a-quiet-harbour-at-dawn_seed-482113.png"
    assert asset.thumbnail_path == root / "thumbnails" / batch.id / "0000_a-quiet-harbour-at-dawn_seed-482113.png.webp"
    assert asset.thumbnail_path.exists()


def test_one_path_is_one_project(root, open_session, gate, monkeypatch):
    session = open_session(gate)
    batch = session.start_batch()
    gate.next_call().finish()
    batch.wait(20)
    monkeypatch.chdir(root.parent)
    other = Project("project/../project")
    assert other.batch(batch.id) is batch
    assert other.batches()[0] is batch
    other.set_marks([(other.assets()[0], "favorite")])
    assert batch.favorites == batch.results


def test_records_that_are_in_use_stay_the_same_without_a_project_object(open_session, root):
    session = open_session(plain)
    batch = session.start_batch()
    batch.wait(20)
    path = session.project.path
    session.close()
    reopen(session.project)
    held = Project(path).batches()[0]
    assert Project(path).batches()[0] is held


def test_finding_assets(open_session, gate):
    session = open_session(gate, tasks=3)
    batch = session.start_batch()
    for _ in range(3):
        gate.next_call().finish()
    batch.wait(20)
    a, b, c = batch.results
    session.mark_as_favorite(batch.id, a.id)
    session.mark_as_discarded(batch.id, b.id)
    project = session.project
    assert project.assets() == [a, b, c]
    assert project.assets(favorite=True) == [a]
    assert project.assets(favorite=False) == [b, c]
    assert project.assets(discarded=True) == [b]
    assert project.assets(favorite=False, discarded=False) == [c]
    assert project.assets(batch=batch, kind="image") == project.assets(batch=batch.id) == [a, b, c]
    assert project.assets(kind="video") == []
    assert project.assets(batch="none") == []
    with pytest.raises(ParameterError, match="kind: 'picture' is not allowed; choose 'image', 'video' or 'audio'"):
        project.assets(kind="picture")  # type: ignore[arg-type]
    with pytest.raises(ProjectError, match=r"nothing: no such batch in .*see Project.batches\(\)"):
        project.batch("nothing")
    with pytest.raises(ParameterError, match="mark: 'starred' is not allowed; choose 'favorite', 'discarded' or None"):
        project.set_marks([(c, "starred")])  # type: ignore[list-item]
    assert c.mark is None


def test_a_newer_schema_is_refused_and_left_alone(root):
    reopen(Project(root))
    file = root / "batchgen.db"
    newer = len(MIGRATIONS) + 1
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    connection.close()
    other = root.parent / "moved"
    root.rename(other)
    with pytest.raises(
        ProjectError, match=rf"newer version .*\(schema {newer}, .* {newer - 1}\); upgrade with pip"
    ) as error:
        Project(other)
    assert isinstance(error.value, OSError)
    assert str(other) in str(error.value)


@pytest.mark.parametrize("version", [0, 1, 9])
def test_a_database_of_another_program_is_refused_and_left_alone(root, version):
    root.mkdir()
    connection = sqlite3.connect(root / "batchgen.db")
    connection.execute("CREATE TABLE recipes (name)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    before = (root / "batchgen.db").read_bytes()
    with pytest.raises(ProjectError, match="a database of another program; choose another directory"):
        Project(root)
    assert (root / "batchgen.db").read_bytes() == before


def test_a_file_that_is_no_database_is_refused(root):
    root.mkdir()
    (root / "batchgen.db").write_text("shopping list\n" * 100)
    with pytest.raises(ProjectError, match="can't be opened as a project"):
        Project(root)


@pytest.mark.parametrize("where", ["taken", "taken/below"])
def test_a_path_that_cannot_be_a_directory_is_refused(tmp_path: Path, where: str):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ProjectError, match=r"can't be used as a project \(.+\); give a directory that can be written"):
        Project(tmp_path / where)


def test_an_empty_path_is_refused():
    with pytest.raises(ProjectError, match="path: an empty path is not allowed"):
        Project("")


def test_a_database_that_cannot_be_written_is_said_plainly(open_session, gate, root):
    session = open_session(gate)
    batch = session.start_batch()
    gate.next_call().finish()
    batch.wait(20)
    asset = batch.results[0]
    session.project._opened.database._connection.execute("PRAGMA busy_timeout = 1")
    blocker = sqlite3.connect(root / "batchgen.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProjectError, match=r"can't be written \(database is locked\)"):
        session.mark_as_favorite(batch.id, asset.id)
    assert asset.mark is None
    assert session.undo() is False
    blocker.close()
    session.mark_as_favorite(batch.id, asset.id)
    assert asset.favorite


def test_two_threads_that_open_a_project_share_it(root):
    barrier = threading.Barrier(8)
    opened: list[Project] = []

    def open_it() -> None:
        barrier.wait()
        opened.append(Project(root))

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(project.ledger) for project in opened}) == 1


def test_averages_count_completed_tasks_of_that_generator(open_session, gate):
    session = open_session(gate, tasks=2)
    assert session.project.averages("gated") == (None, None)
    batch = session.start_batch()
    gate.next_call().finish()
    gate.next_call().fail()
    batch.wait(20)
    seconds, size = session.project.averages("gated")
    assert seconds == pytest.approx((batch.tasks[0].completed_at - batch.tasks[0].started_at).total_seconds(), abs=1e-4)
    assert size == batch.results[0].file_size
    assert session.project.averages("another") == (None, None)
