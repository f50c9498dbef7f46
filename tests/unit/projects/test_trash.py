"""What goes to the trash comes back whole, wherever the process dies; what is deleted leaves its row."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from batchgen_widgets import ParameterError, Project, ProjectError, StateError
from batchgen_widgets.projects import MarksChanged, TrashChanged
from batchgen_widgets.projects import trash as module
from batchgen_widgets.projects.project import forget
from batchgen_widgets.testing import reopen, wait_for
from batchgen_widgets.testing.gates import picture

COUNT = 4


def sketch(seed: int = 0):
    return picture({"seed": seed})


@pytest.fixture
def session(open_session):
    session = open_session(sketch, tasks=COUNT)
    assert session.start_batch().wait(20)
    return session


@pytest.fixture
def batch(session):
    return session.active_batch


@pytest.fixture
def project(session):
    return session.project


def pixels(assets):
    return [asset.open().tobytes() for asset in assets]


def test_there_and_back(project, batch, root):
    first, second, *others = batch.results
    names = first.path, first.thumbnail_path
    before = pixels([first, second])
    project.set_marks([(first, "favorite")])
    heard = []
    project.ledger.hub.subscribe(heard.append)

    assert project.trash([first, second.id]) == 2
    assert heard == [TrashChanged((first, second))]
    assert batch.results == others
    assert batch.favorites == []
    assert batch.assets == [first, second, *others]
    assert [asset.order for asset in batch.assets] == [0, 1, 2, 3]
    assert project.assets() == others
    assert not any(path.exists() for path in names)
    assert first.path == root / "trash" / names[0].relative_to(root)
    assert pixels([first, second]) == before
    assert first.thumbnail_path.read_bytes().startswith(b"RIFF")
    assert {asset.id for asset in project.trashed} == {first.id, second.id}
    assert project.trash_size == first.file_size + second.file_size
    assert project.trash(first) == 0
    assert project.verify(deep=True).ok

    assert project.restore([first]) == 1
    assert (first.path, first.thumbnail_path) == names
    assert first.trashed_at is None
    assert batch.favorites == [first]
    assert project.restore() == 1
    assert project.restore(second) == 0
    assert batch.results == [first, second, *others]
    assert pixels([first, second]) == before
    assert project.verify(deep=True).ok
    assert not any(isinstance(event, MarksChanged) for event in heard)


def test_it_is_still_in_the_trash_for_the_next_kernel(session, project, batch):
    trashed = batch.results[0]
    project.trash(trashed)
    session.close()
    again = reopen(project)
    (found,) = again.trashed
    assert found.id == trashed.id
    assert found.trashed_at == trashed.trashed_at
    assert found.open().tobytes() == trashed.open().tobytes()
    # Held before its batch was read, it is the one that the batch has.
    assert again.batch(batch.id).assets[0] is found
    assert again.asset(found.id) is found
    assert len(again.batch(batch.id).results) == COUNT - 1


def test_emptying_is_the_one_thing_that_deletes(session, project, batch, root):
    gone, *others = batch.results
    sizes = gone.file_size + gone.thumbnail_path.stat().st_size
    project.trash(gone)
    stray = root / "trash" / "strays" / "assets" / "half.png"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half")

    assert project.empty_trash() == sizes + 4
    assert project.trashed == []
    assert project.trash_size == 0
    assert [path for path in root.rglob("*") if "trash" in path.parts] == []
    with pytest.raises(
        ProjectError, match=rf"{gone.path.name}: was deleted on 20\d\d-\d\d-\d\d \d\d:\d\d, when the trash"
    ):
        gone.open()
    assert project.restore(gone) == 0
    assert project.empty_trash() == 0
    assert project.verify(fix=True, deep=True).ok
    session.close()
    again = reopen(project).asset(gone.id)
    assert again.deleted_at == gone.deleted_at is not None
    assert dict(again.params) == dict(gone.params)
    # Its place in the batch and in lineage stays.
    assert [asset.id for asset in reopen(project).batch(batch.id).assets] == [gone.id, *(one.id for one in others)]
    assert pixels(others)


class Died(BaseException):
    """The process ends here."""


def dying(monkeypatch, after: int) -> None:
    """Let the process die at the step after so many: statements that are written, files that are moved or deleted."""
    left = [after]

    def step(do):
        def stepped(*args, **kwargs):
            if left[0] == 0:
                raise Died
            left[0] -= 1
            return do(*args, **kwargs)

        return stepped

    monkeypatch.setattr(os, "replace", step(os.replace))
    monkeypatch.setattr(module, "_delete", step(module._delete))
    monkeypatch.setattr(module.Database, "write", step(module.Database.write))


def everything(root: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for folder in ("assets", "thumbnails", "trash")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("mend", ["open", "verify"])
@pytest.mark.parametrize("after", range(7))
@pytest.mark.parametrize("what", ["trash", "restore", "empty_trash"])
def test_wherever_it_dies_rows_and_files_agree_again(session, project, batch, root, monkeypatch, what, after, mend):
    two = [asset.id for asset in batch.results[:2]]
    if what != "trash":
        project.trash(two)
    session.close()
    before = everything(root)
    with monkeypatch.context() as patch:
        dying(patch, after)
        with pytest.raises(Died) if after < (8 if what == "empty_trash" else 6) else _nothing():
            if what == "empty_trash":
                project.empty_trash()
            else:
                getattr(project, what)(two)
    assert everything(root).items() <= before.items()
    if what != "empty_trash":
        assert everything(root) == before

    if mend == "verify":  # as in a process that did not die, where the disk failed
        report = project.verify(fix=True)
        assert report.ok, report
    again = reopen(project)
    assert again.verify(deep=True).ok
    assert len(again.batch(batch.id).assets) == COUNT
    for asset in again.batch(batch.id).assets:
        if asset.deleted_at is None:
            assert asset.open().size == (8, 6)
        else:
            assert what == "empty_trash"
    if mend == "open":
        # Either all of it happened or nothing did: the row is the word.
        moved = {bool(again.asset(name).trashed_at) for name in two}
        assert len(moved) == 1
        if what == "empty_trash" and after:
            assert {bool(again.asset(name).deleted_at) for name in two} == {True}
            assert not any((root / "trash").rglob("*.png"))


class _nothing:  # reads like pytest.raises
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


BUSY = """
import sys
from batchgen_widgets import Project
project = Project(sys.argv[1])
ids = [asset.id for asset in project.assets()]
print("ready", flush=True)
while True:
    project.trash(ids)
    print("away", flush=True)
    project.restore(ids)
    print("back", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_process_loses_nothing(open_session, root):
    session = open_session(sketch, tasks=40)
    batch = session.start_batch()
    assert batch.wait(20)
    session.close()
    forget(session.project)
    before = everything(root)
    for said in (1, 2, 4):
        child = subprocess.Popen([sys.executable, "-c", BUSY, str(root)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(said):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        again = Project(root)
        assert again.verify(fix=True, deep=True).ok
        assert everything(root) == before
        assert len(again.batch(batch.id).assets) == 40
        again.restore()
        assert len(again.batch(batch.id).results) == 40
        forget(again)


def test_several_processes_share_one_trash(session, project, batch, root):
    """The session's process owns the project; another one looks, marks and throws away."""
    child = (
        "import sys; from batchgen_widgets import Project; p = Project(sys.argv[1]); "
        "p.trash(sys.argv[2]); print(p.trashed[0].id)"
    )
    wanted = batch.results[0].id
    done = subprocess.run([sys.executable, "-c", child, str(root), wanted], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == wanted
    # This process hears nothing of it, yet does not undo it by mistake.
    assert project.trash(wanted) == 0
    assert project.restore(wanted) == 1
    assert batch.assets[0].trashed_at is None
    assert batch.assets[0].path.exists()
    assert project.verify(deep=True).ok


def test_who_comes_while_another_is_at_it_is_told(project, batch, root, monkeypatch):
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.05)
    with FileLock(root / ".trash.lock"), pytest.raises(ProjectError, match="another kernel is busy with the trash"):
        project.trash(batch.results)
    assert len(batch.results) == COUNT


def test_inputs_of_tasks_to_come_stay(open_session, gate, project, batch, root):
    session = open_session(gate, project, tasks=2)
    other = session.start_batch()
    call = gate.next_call()
    used = batch.results[0]
    params = json.dumps({"image": {"asset": used.id}}, separators=(",", ":"))
    with sqlite3.connect(root / "batchgen.db") as connection:
        connection.execute("UPDATE tasks SET params = ? WHERE batch_id = ? AND idx = 1", (params, other.id))
    connection.close()
    with pytest.raises(StateError, match=f"{used.id}: can't go to the trash while tasks that wait or run take it"):
        project.trash(batch.results)
    assert len(batch.results) == COUNT
    project.set_marks([(batch.results[1], "favorite")])
    done = project.keep_only_favorites(batch)
    assert (done.count, done.kept, done.in_use) == (COUNT - 2, 1, 1)
    assert used in batch.results
    session.cancel_batch(other.id)
    call.finish()
    other.wait(20)
    assert project.trash(used) == 1


def test_only_assets_of_this_project(project, tmp_path):
    with pytest.raises(ParameterError, match=r"assets: 7 is no asset; give assets such as"):
        project.trash([7])
    with pytest.raises(ParameterError, match="nobody is no asset of"):
        project.trash("nobody")
    with pytest.raises(ParameterError, match="nobody is no asset of"):
        project.restore(["nobody"])


def test_asset_by_id(project, batch):
    assert project.asset(batch.results[1].id) is batch.results[1]
    with pytest.raises(ProjectError, match=r"nobody: no such asset in .*; see Project.find"):
        project.asset("nobody")


def test_keep_only_favorites(session, project, batch):
    with pytest.raises(StateError, match=f"batch {batch.id}: no favorites; star what is to stay first"):
        session.keep_only_favorites()
    favorite, discarded, *others = batch.results
    session.mark_as_favorite(batch.id, favorite.id)
    session.mark_as_discarded(batch.id, discarded.id)
    preview = session.keep_only_favorites(preview=True)
    size = sum(asset.file_size for asset in (discarded, *others))
    assert (preview.count, preview.bytes, preview.kept, preview.done) == (3, size, 1, False)
    assert preview.kinds == {"image": (3, size)}
    assert repr(preview) == f"<Cleanup: to the trash: 3 ({size:,} bytes, 3 image), to stay: 1 starred>"
    assert len(batch.results) == COUNT

    done = session.keep_only_favorites(batch.id)
    assert (done.count, done.bytes, done.done) == (3, size, True)
    assert batch.results == [favorite]
    assert len(batch.to_dataframe()) == COUNT
    assert sum(map(len, batch.to_dataframe()["files"])) == 1
    batch.contact_sheet()
    assert session.undo()
    assert len(batch.results) == COUNT
    assert batch.discarded == [discarded]
    # The steps before are still there.
    assert session.undo()
    assert batch.discarded == []
    assert project.keep_only_favorites(preview=True).count == 3


def test_undo_brings_back_what_went(session, batch):
    first, second, *_ = batch.results
    session.trash(first)
    session.mark_as_favorite(batch.id, second.id)
    assert session.trash([first, second]) == 1
    assert session.undo()
    assert second in batch.results
    assert first not in batch.results
    assert session.undo()
    assert not second.favorite
    assert session.undo()
    assert first in batch.results
    assert not session.can_undo
    session.mark_as_favorite(batch.id, second.id)
    session.trash(first)
    session.project.empty_trash()
    assert session.undo()  # of the step before, since nothing is left to bring back
    assert not second.favorite
    assert not session.undo()
    assert first.deleted_at is not None
    assert session.restore(first) == 0


def test_what_lies_at_its_place_in_the_trash_makes_way(project, batch, root):
    asset = batch.results[0]
    home, away = asset.path, root / "trash" / asset.path.relative_to(root)
    away.parent.mkdir(parents=True)
    away.write_bytes(b"somebody's")
    before = home.read_bytes()
    project.trash(asset)
    assert away.read_bytes() == before
    assert (root / "trash" / "strays" / home.relative_to(root)).read_bytes() == b"somebody's"
    home.write_bytes(b"another")
    project.restore(asset)
    assert home.read_bytes() == before
    aside = home.relative_to(root).with_name(f"{home.stem}-2.png")
    assert (root / "trash" / "strays" / aside).read_bytes() == b"another"


def test_a_file_that_cannot_be_moved_now_is_moved_later(project, batch, monkeypatch):
    asset = batch.results[0]
    home = asset.path

    def refuse(*_: object) -> None:
        raise PermissionError(13, "held open by another program")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", refuse)
        assert project.trash(asset) == 1
    assert home.exists()
    assert asset not in batch.results
    report = project.verify()
    assert not report.ok
    assert "2 files on the wrong side of the trash" in repr(report)
    reopen(project)
    assert not home.exists()
    assert project.verify(deep=True).ok


def test_another_disk_behind_the_folder(project, batch, monkeypatch):
    asset = batch.results[0]
    replace, before = os.replace, asset.path.read_bytes()

    def across(source, target):
        if Path(source).parent != Path(target).parent:
            raise OSError(18, "Invalid cross-device link")
        replace(source, target)

    monkeypatch.setattr("os.replace", across)
    home = asset.path
    project.trash(asset)
    assert (home.exists(), asset.path.read_bytes()) == (False, before)
    project.restore(asset)
    assert (home.read_bytes(), asset.path) == (before, home)


def test_a_row_that_leads_outside_deletes_nothing_there(session, project, batch, root, tmp_path):
    precious = tmp_path / "precious.png"
    shutil.copy(batch.results[0].path, precious)
    with sqlite3.connect(root / "batchgen.db") as connection:
        connection.execute("UPDATE assets SET file = '../precious.png' WHERE id = ?", (batch.results[0].id,))
    connection.close()
    session.close()
    again = reopen(project)
    again.trash(batch.results[0].id)
    again.empty_trash()
    assert precious.exists()


def test_trashing_while_the_batch_runs(open_session, gate):
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    gate.next_call().finish()
    wait_for(lambda: batch.results)
    session.trash(batch.results)
    gate.next_call().finish()
    assert batch.wait(20)
    assert [asset.order for asset in batch.assets] == [0, 1]
    assert batch.results == batch.assets[1:]
