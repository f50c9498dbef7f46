"""Disks full or read-only, files locked or damaged, clocks that go back: said plainly, or it just works."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from batchgen_widgets import Project, ProjectError
from batchgen_widgets.batches import Clock, clock
from batchgen_widgets.projects.project import forget
from batchgen_widgets.testing import reopen, wait_for_state
from batchgen_widgets.testing.gates import picture


def files(root: Path) -> set[Path]:
    return {path for folder in ("assets", "thumbnails") for path in (root / folder).rglob("*") if path.is_file()}


def known(project: Project) -> set[Path]:
    return {path for asset in project.assets() for path in (asset.path, asset.thumbnail_path)}


def away(project: Project) -> None:
    """Leave a project as the end of a kernel does."""
    project._opened.database.close()
    forget(project)


@pytest.fixture
def finished(open_session, gate, root):
    """A project with one batch of two tasks, which nobody has open."""
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    for _ in range(2):
        gate.next_call().finish()
    assert batch.wait(20)
    session.close()
    away(session.project)
    return batch


# The disk is full


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_disk_that_is_full_fails_that_task_alone(open_session, gate, root, monkeypatch, call):
    session = open_session(gate, tasks=2)
    real, left = getattr(os, call), [1]

    def full(*args, **options):
        if left and "batchgen-worker" in threading.current_thread().name:
            left.pop()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args, **options)

    monkeypatch.setattr(os, call, full)
    batch = session.start_batch()
    for _ in range(2):
        gate.next_call().finish()
    assert batch.wait(20)
    assert [str(task.status) for task in batch.tasks] == ["failed", "completed"]
    assert batch.tasks[0].error == "OSError: [Errno 28] No space left on device"
    assert files(root) == known(session.project)
    session.retry_failed(batch.id)
    gate.next_call().finish()
    assert batch.wait(20)
    assert batch.completed_count == 2
    assert session.project.verify(deep=True).ok


def test_a_database_that_cannot_grow_says_that_the_disk_is_full(open_session, gate, root):
    session = open_session(gate, tasks=2000)
    connection = session.project._opened.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    words = rf"^{root}/batchgen\.db: can't be written \(database or disk is full\); the disk is full: make room"
    with pytest.raises(ProjectError, match=words):
        session.start_batch()
    assert session.history == session.queue == []
    connection.execute("PRAGMA max_page_count = 100000")
    batch = session.start_batch()
    session.cancel_batch(batch.id)


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """Mount file systems, as root on Linux alone can; they are gone after the test."""
    if not sys.platform.startswith("linux") or os.geteuid() or shutil.which("mount") is None:
        pytest.skip("only root on Linux can mount a file system")
    places: list[Path] = []

    def do(place: Path, *options: str) -> None:
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        places.append(place)

    yield do
    for place in dict.fromkeys(reversed(places)):
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def fill(root: Path) -> Path:
    """Leave no room on the disk; give the file that takes it."""
    ballast = root / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    return ballast


def test_a_real_disk_that_fills_up(open_session, gate, root, mount, caplog):
    mount(root, "-t", "tmpfs", "-o", "size=1m", "none")
    session = open_session(gate, tasks=3)
    batch = session.start_batch()
    gate.next_call().finish()
    call = gate.next_call()
    ballast = fill(root)
    call.finish()  # neither its file nor a row can be written
    # Nothing more can be written at all, so the queue waits for somebody to make room.
    wait_for_state(batch, "paused", "failed", "completed")
    assert str(batch.status) == "paused"
    assert session.paused
    assert str(batch.tasks[1].status) == "failed"
    assert "No space left on device" in batch.tasks[1].error or "disk is full" in batch.tasks[1].error
    assert "the queue is paused" in caplog.text
    assert files(root) == known(session.project)

    ballast.unlink()
    session.resume()
    gate.next_call().finish()
    session.retry_failed(batch.id)
    gate.next_call().finish()
    assert batch.wait(20)
    assert batch.completed_count == 3
    session.close()
    project = reopen(session.project)
    assert project.verify(deep=True).ok
    assert [str(task.status) for task in project.batch(batch.id).tasks] == ["completed"] * 3
    away(project)


# The directory is read-only


def test_a_project_on_a_read_only_disk_is_refused(root, mount):
    mount(root, "-t", "tmpfs", "none")
    away(Project(root))
    mount(root, "-o", "remount,ro")
    with pytest.raises(ProjectError, match=rf"^{root}/batchgen\.db: can't be opened as a project \(.+\); \w+"):
        Project(root)
    with pytest.raises(ProjectError, match=r"below: can't be used as a project \(Read-only file system\); give a dir"):
        Project(root / "below")


def test_assets_on_a_read_only_disk_fail_their_tasks(open_session, gate, root, mount):
    session = open_session(gate, tasks=2)
    mount(root / "assets", "--bind", str(root / "assets"))
    mount(root / "assets", "-o", "remount,bind,ro")
    batch = session.start_batch()
    for _ in range(2):
        gate.next_call().finish()
    assert batch.wait(20)
    assert [task.error.split(": '")[0] for task in batch.tasks] == ["OSError: [Errno 30] Read-only file system"] * 2
    assert str(batch.status) == "failed"


def test_a_database_that_is_write_protected_says_so(finished, root):
    project = Project(root)
    project._opened.database._connection.execute("PRAGMA query_only = 1")
    words = r"batchgen\.db: can't be written \(attempt to write a readonly database\); it is write-protected: see to"
    with pytest.raises(ProjectError, match=words):
        project.set_marks([(project.assets()[0], "favorite")])
    assert project.assets(favorite=True) == []


def test_a_lock_file_that_cannot_be_locked_keeps_from_running_and_not_from_looking(finished, root, open_session, gate):
    (root / ".owner.lock").unlink(missing_ok=True)
    (root / ".owner.lock").mkdir()
    session = open_session(gate)
    assert len(session.project.assets()) == 2
    words = rf"^{root}/\.owner\.lock: can't be locked \(.+\); batches run only where a lock file can be"
    with pytest.raises(ProjectError, match=words):
        session.start_batch()


# The database is locked


@pytest.fixture
def blocker(root: Path) -> Iterator[sqlite3.Connection]:
    """Another program with the file open."""
    connection = sqlite3.connect(root / "batchgen.db", isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


def test_a_lock_that_ends_soon_is_waited_for(finished, root, blocker):
    project = Project(root)
    asset = project.assets()[0]
    blocker.execute("BEGIN IMMEDIATE")
    trying = threading.Event()
    project._opened.database._connection.set_trace_callback(lambda sql: trying.set() if "BEGIN" in sql else None)
    thread = threading.Thread(target=lambda: project.set_marks([(asset, "favorite")]))
    thread.start()
    assert trying.wait(10)
    assert asset.mark is None
    blocker.execute("COMMIT")
    thread.join(10)
    assert asset.mark == "favorite"


def test_a_lock_that_does_not_end_is_said_with_what_to_do(finished, root, blocker, open_session, gate, monkeypatch):
    monkeypatch.setattr("batchgen_widgets.projects.database.BUSY_SECONDS", 0.01)
    monkeypatch.setattr("batchgen_widgets.runner.runner._KEEP_S", 0.0)
    session = open_session(gate)
    batch = session.start_batch()
    call = gate.next_call()
    blocker.execute("BEGIN IMMEDIATE")
    call.finish()
    wait_for_state(batch, "failed")
    # The picture is gone, and no file without a row is left; the reason says whom to ask.
    assert batch.tasks[0].error == (
        f"ProjectError: {root}/batchgen.db: can't be written (database is locked); another program locks it: close "
        "that one (a database browser, a backup), then try again"
    )
    assert files(root) == known(session.project)
    blocker.execute("COMMIT")
    session.retry_failed(batch.id)
    gate.next_call().finish()
    assert batch.wait(20)
    assert batch.completed_count == 1


def test_a_project_that_is_locked_can_be_looked_at(finished, root, blocker, monkeypatch):
    monkeypatch.setattr("batchgen_widgets.projects.database.BUSY_SECONDS", 0.01)
    blocker.execute("BEGIN IMMEDIATE")
    project = Project(root)
    assert len(project.assets()) == 2
    assert project.verify(deep=True).ok


def test_a_project_that_is_locked_to_all_is_refused(finished, root, blocker, monkeypatch):
    monkeypatch.setattr("batchgen_widgets.projects.database.BUSY_SECONDS", 0.01)
    blocker.execute("PRAGMA locking_mode = EXCLUSIVE")
    blocker.execute("BEGIN EXCLUSIVE")
    words = r"batchgen\.db: can't be opened as a project \(database is locked\); another program locks it: close that"
    with pytest.raises(ProjectError, match=words):
        Project(root)
    blocker.close()
    assert len(Project(root).assets()) == 2


# The clock goes back


class Hands:
    """A clock that a test sets; it stands still otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.wall = 2_000_000_000.0
        self.steady = 100.0
        self.start_kernel()

    def start_kernel(self) -> None:
        self.monkeypatch.setattr(clock, "_CLOCK", Clock(lambda: self.wall, lambda: self.steady))

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_a_clock_that_goes_back_while_tasks_run(open_session, gate, monkeypatch, root):
    hands = Hands(monkeypatch)
    session = open_session(gate, tasks=4)
    batch = session.start_batch()
    for _ in range(3):
        call = gate.next_call()
        hands.pass_by(2)
        hands.wall -= 3600
        call.finish()
    call = gate.next_call()
    seconds = [(task.completed_at - task.started_at).total_seconds() for task in batch.tasks[:3]]
    assert seconds == pytest.approx([2, 2, 2], abs=1e-3)
    assert batch.pace.eta(1, 1) == pytest.approx(2, abs=1e-3)
    assert session.project.averages("gated")[0] == pytest.approx(2, abs=1e-3)
    call.finish()
    assert batch.wait(20)
    second = session.start_batch()
    assert second.created_at >= batch.completed_at >= batch.started_at >= batch.created_at
    assert session.history == [batch, second]
    session.cancel_batch(second.id)


def test_a_clock_that_goes_back_between_kernels(open_session, gate, monkeypatch, root):
    hands = Hands(monkeypatch)
    session = open_session(gate, tasks=2)
    older = session.start_batch()
    gate.next_call().finish()
    gate.next_call()
    with sqlite3.connect(root / "batchgen.db") as connection:  # as it is when the kernel is killed now
        copied = {name: list(connection.execute(f"SELECT * FROM {name}")) for name in ("batches", "tasks")}
    connection.close()
    session.close()
    with sqlite3.connect(root / "batchgen.db") as connection:
        for name, kept in copied.items():
            marks = ", ".join("?" * len(kept[0]))
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.executemany(f"REPLACE INTO {name} VALUES ({marks})", kept)
    connection.close()
    away(session.project)

    hands.wall -= 86_400
    hands.start_kernel()
    session = open_session(gate, tasks=1)
    again = session.project.batch(older.id)
    assert [str(task.status) for task in again.tasks] == ["completed", "interrupted"]
    for record in (again, *again.tasks):
        assert record.completed_at >= record.started_at
    session.resume_batch(older.id)
    gate.next_call().finish()
    assert again.wait(20)
    for record in (again, *again.tasks):
        assert record.completed_at >= record.started_at
    newer = session.start_batch()
    gate.next_call().finish()
    assert newer.wait(20)
    # By the dates that they bear, whoever asks.
    assert newer.created_at < again.created_at
    assert session.history == [newer, again]
    assert session.project.averages("gated")[0] >= 0
    session.close()
    assert [batch.id for batch in reopen(session.project).batches()] == [newer.id, older.id]


def test_batches_of_one_moment_have_ids_of_their_own_and_one_order(open_session, gate, monkeypatch):
    Hands(monkeypatch)
    session = open_session(gate)
    session.pause()
    batches = [session.start_batch() for _ in range(30)]
    assert len({batch.created_at for batch in batches}) == 1
    assert len({batch.id for batch in batches}) == 30
    assert [batch.id for batch in session.history] == sorted(batch.id for batch in batches)
    for batch in batches:
        session.cancel_batch(batch.id)


# Something is damaged or gone


def garble(root: Path, table: str) -> None:
    """Write nonsense over the first page of a table."""
    connection = sqlite3.connect(root / "batchgen.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    data = bytearray((root / "batchgen.db").read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    (root / "batchgen.db").write_bytes(data)


DAMAGED = "the file is damaged, the media in assets/ are not: bring it back from a backup, or move it away"


@pytest.mark.parametrize("table", ["batches", "tasks"])
def test_a_damaged_database_is_named_with_what_to_do(finished, root, table):
    garble(root, table)
    before = (root / "batchgen.db").read_bytes()
    with pytest.raises(ProjectError, match=rf"^{root}/batchgen\.db: can't be read \(.*malformed\); {DAMAGED}"):
        Project(root).batches()
    assert (root / "batchgen.db").read_bytes() == before


def test_damage_that_comes_to_light_later_is_named_too(finished, root):
    garble(root, "assets")
    project = Project(root)
    with pytest.raises(ProjectError, match=rf"^{root}/batchgen\.db: can't be read \(.*malformed\); {DAMAGED}"):
        project.assets()
    with pytest.raises(ProjectError, match=r"can't be read \(.*malformed\)"):
        project.verify()


def test_a_database_cut_short_is_named(finished, root):
    data = (root / "batchgen.db").read_bytes()
    (root / "batchgen.db").write_bytes(data[: len(data) // 2])
    with pytest.raises(ProjectError, match=rf"^{root}/batchgen\.db: can't be \w+ .*\(.*malformed\); {DAMAGED}"):
        Project(root).batches()


def test_nonsense_instead_of_a_database_is_named(root):
    root.mkdir()
    (root / "batchgen.db").write_bytes(os.urandom(4096))
    words = rf"^{root}/batchgen\.db: can't be opened as a project \(file is not a database\); {DAMAGED}"
    with pytest.raises(ProjectError, match=words):
        Project(root)


def test_a_missing_assets_directory(finished, root, open_session, gate):
    shutil.rmtree(root / "assets")
    session = open_session(gate)
    project = session.project
    assert (root / "assets").is_dir()
    assert len(project.assets()) == 2
    with pytest.raises(ProjectError, match=r"can't be read \(.*\); was the file of asset .* moved or changed\?"):
        project.assets()[0].open()
    # And once more while it is in use.
    shutil.rmtree(root / "assets")
    shutil.rmtree(root / "thumbnails")
    batch = session.start_batch()
    gate.next_call().finish([picture({"seed": 3})])
    assert batch.wait(20)
    assert batch.results[0].open().size == (8, 6)
    assert batch.results[0].thumbnail_path.exists()
    assert len(project.verify().missing_files) == 2
