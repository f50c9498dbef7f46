"""A disk or a database that fails: only that task fails, and no file is left that the database does not know."""

from __future__ import annotations

import pytest

from batchgen_widgets import ProjectError, StateError
from batchgen_widgets.testing import reopen, wait_for, wait_for_state
from batchgen_widgets.testing.gates import picture


def files(root) -> set[str]:
    return {path.name for folder in ("assets", "thumbnails") for path in (root / folder).rglob("*") if path.is_file()}


def known(project) -> set[str]:
    return {path.name for asset in project.assets() for path in (asset.path, asset.thumbnail_path)}


def test_a_disk_that_fails_at_the_second_item(open_session, gate, root, monkeypatch):
    import batchgen_widgets.media as media

    session = open_session(gate, tasks=2)
    real, calls = media.write_media, []

    def write(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(*args, **options)

    monkeypatch.setattr(media, "write_media", write)
    batch = session.start_batch()
    for _ in range(2):
        gate.next_call().finish([picture({"seed": 1}), picture({"seed": 2})])
    assert batch.wait(20)
    assert [str(task.status) for task in batch.tasks] == ["failed", "completed"]
    assert batch.tasks[0].error == "OSError: [Errno 28] No space left on device"
    assert len(batch.results) == 2
    assert files(root) == known(session.project)


def test_a_thumbnail_that_fails(open_session, gate, root, monkeypatch):
    import batchgen_widgets.media as media

    session = open_session(gate)
    monkeypatch.setattr(media, "make_thumbnail", lambda *_: 1 / 0)
    batch = session.start_batch()
    gate.next_call().finish()
    assert batch.wait(20)
    assert batch.tasks[0].error == "ZeroDivisionError: division by zero"
    assert files(root) == set()


class Broken:
    """A connection that fails at chosen statements."""

    def __init__(self, real, *, at: str, times: int):
        self.real, self.at, self.times = real, at, times

    def execute(self, sql, *values):
        if self.times and self.at in sql:
            self.times -= 1
            import sqlite3

            raise sqlite3.OperationalError("disk I/O error")
        return self.real.execute(sql, *values)

    def __getattr__(self, name):
        return getattr(self.real, name)


@pytest.fixture
def break_at(monkeypatch):
    def breaking(session, at: str, times: int = 1) -> None:
        database = session.project._opened.database
        monkeypatch.setattr(database, "_connection", Broken(database._connection, at=at, times=times))

    return breaking


@pytest.mark.parametrize("at", ["INSERT INTO assets", "UPDATE tasks", "UPDATE batches", "COMMIT"])
def test_a_database_that_fails_at_completion(open_session, gate, root, break_at, monkeypatch, at):
    monkeypatch.setattr("batchgen_widgets.runner.runner._KEEP_S", 0.0)
    session = open_session(gate)
    batch = session.start_batch()
    call = gate.next_call()
    break_at(session, at)
    call.finish()
    assert batch.wait(20)
    assert batch.tasks[0].error.startswith("ProjectError: ")
    assert "can't be written (disk I/O error)" in batch.tasks[0].error
    assert files(root) == set()
    assert batch.results == []
    assert str(batch.status) == "failed"
    session.retry_failed(batch.id)
    gate.next_call().finish()
    assert batch.wait(20)
    assert files(root) == known(session.project)
    session.close()
    again = reopen(session.project).batch(batch.id)
    assert (str(again.status), again.tasks[0].attempt) == ("completed", 2)


def test_a_result_that_can_be_written_a_moment_later_is_kept(open_session, gate, root, break_at, monkeypatch, caplog):
    monkeypatch.setattr("batchgen_widgets.runner.runner._KEEP_PAUSE_S", 0.01)
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    call = gate.next_call()
    break_at(session, "COMMIT", times=3)
    call.finish()
    gate.next_call().finish()
    assert batch.wait(20)
    assert [str(task.status) for task in batch.tasks] == ["completed", "completed"]
    assert batch.tasks[0].attempt == 1
    assert files(root) == known(session.project)
    assert "disk I/O error" in caplog.text


def test_a_session_that_closes_gives_a_result_one_more_chance(open_session, gate, root, break_at):
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    call = gate.next_call()
    break_at(session, "COMMIT", times=1_000)
    call.finish()
    wait_for(lambda: session.project._opened.database._connection.times < 1_000)
    session.close()  # long before the minute is over
    assert str(batch.tasks[0].status) == "failed"
    assert files(root) == set()


def test_a_failure_that_cannot_be_written_still_ends_the_task(open_session, gate, break_at, caplog):
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    call = gate.next_call()
    break_at(session, "UPDATE tasks")
    call.fail(ValueError("no paint"))
    gate.next_call().finish()
    assert batch.wait(20)
    assert [str(task.status) for task in batch.tasks] == ["failed", "completed"]
    assert batch.tasks[0].error == "ValueError: no paint"
    assert "could not be written; it holds for this kernel only" in caplog.text
    session.close()
    again = reopen(session.project).batch(batch.id)
    assert [str(task.status) for task in again.tasks] == ["interrupted", "completed"]


def test_a_task_that_cannot_be_started_pauses_the_queue(open_session, gate, break_at, caplog):
    session = open_session(gate, tasks=2)
    session.pause()
    batch = session.start_batch()
    break_at(session, "UPDATE tasks")
    session.resume()
    wait_for_state(batch, "paused")
    assert session.paused
    assert [task.index for task in session.queue] == [0, 1]
    assert "the queue is paused" in caplog.text
    with pytest.raises(StateError, match=r"paused and would never end; call session.resume\(\) before wait\(\)"):
        batch.wait()
    session.resume()
    for _ in range(2):
        gate.next_call().finish()
    assert batch.wait(20)
    assert batch.completed_count == 2


def test_a_batch_that_cannot_be_written_does_not_exist(open_session, gate, break_at):
    session = open_session(gate)
    break_at(session, "INSERT INTO batches")
    with pytest.raises(ProjectError, match="can't be written"):
        session.start_batch()
    assert session.history == []
    assert session.queue == []
    batch = session.start_batch()
    gate.next_call().finish()
    assert batch.wait(20)


def test_an_error_message_that_is_no_unicode_is_kept(open_session, gate):
    session = open_session(gate)
    batch = session.start_batch()
    call = gate.next_call()
    call.do(lambda: call.context.log("reading caf\udce9.png"))
    call.fail(ValueError("caf\udce9.png is no picture"))
    assert batch.wait(20)
    assert batch.tasks[0].error == "ValueError: caf\\udce9.png is no picture"
    session.close()
    again = reopen(session.project).batch(batch.id).tasks[0]
    assert again.error == batch.tasks[0].error
    assert again.log == "reading caf\\udce9.png"


def test_parameters_that_are_no_unicode_are_read_back_whole(open_session, gate):
    session = open_session(gate)
    batch = session.start_batch({"prompt": "caf\udce9 – 朝"})
    gate.next_call().finish()
    assert batch.wait(20)
    session.close()
    assert reopen(session.project).batch(batch.id).tasks[0].params["prompt"] == "caf\udce9 – 朝"
