"""A project's directory can be moved: while it is closed as if nothing were, while it is open with nothing lost."""

from __future__ import annotations

import shutil

import pytest

from batchgen_widgets import Project, ProjectError
from batchgen_widgets.projects.project import forget
from batchgen_widgets.testing import reopen, wait_for
from batchgen_widgets.testing.gates import picture


def sketch(seed: int = 0):
    return picture({"seed": seed})


def test_moved_while_closed(open_session, root, tmp_path):
    session = open_session(sketch, tasks=4)
    batch = session.start_batch()
    assert batch.wait(20)
    session.mark_as_favorite(batch.id, batch.results[0].id)
    session.trash(batch.results[1])
    before = [asset.open().tobytes() for asset in batch.assets]
    session.close()
    forget(session.project)
    place = tmp_path / "another folder" / "Ünïcode & spaces"
    place.parent.mkdir()
    shutil.move(root, place)

    project = Project(place)
    (again,) = project.batches()
    assert [asset.open().tobytes() for asset in again.assets] == before
    assert [asset.mark for asset in again.assets] == ["favorite", None, None, None]
    assert all(asset.path.is_relative_to(place) for asset in again.assets)
    assert project.verify(fix=True, deep=True).ok
    assert project.restore() == 1
    assert project.find(sort="seed").total == 4
    with_more = open_session(sketch, project, tasks=2)
    assert with_more.start_batch().wait(20)
    assert project.verify(deep=True).ok
    assert not root.exists()


def test_renamed_while_open(open_session, gate, root, tmp_path, monkeypatch):
    monkeypatch.setattr("batchgen_widgets.runner.runner._KEEP_S", 0.1)
    session = open_session(gate, tasks=3)
    batch = session.start_batch()
    gate.next_call().finish()
    wait_for(lambda: batch.results)
    call = gate.next_call()
    done = batch.results[0]
    data = done.path.read_bytes()
    place = tmp_path / "renamed"
    root.rename(place)

    lost = rf"{root}: can't be found any more; it was moved, renamed or deleted while it was open"
    for act in (
        lambda: session.trash(done),
        session.project.verify,
        session.project.empty_trash,
        session.project.claim,
        session.start_batch,
    ):
        with pytest.raises(ProjectError, match=lost):
            act()
    with pytest.raises(ProjectError, match="was the file of asset"):
        done.open()
    # What was being made has no place to go to; what has not begun waits.
    call.finish()
    wait_for(lambda: session.paused)
    assert [str(task.status) for task in batch.tasks] == ["completed", "failed", "queued"]
    assert "can't be found any more" in batch.tasks[1].error
    assert not list(root.rglob("*.png"))
    session.close()

    project = Project(place)
    again = project.batch(batch.id)
    assert again is not batch
    assert again.results[0].path.read_bytes() == data
    assert project.verify(deep=True).ok
    # This kernel can go on there, though it ran batches at the old place.
    later = open_session(gate, project)
    later.resume_batch(batch.id)
    gate.next_call().finish()
    assert later.retry_failed(batch.id) == 1
    gate.next_call().finish()
    assert again.wait(20)
    assert again.completed_count == 3
    assert project.verify(deep=True).ok


def test_the_old_path_is_free_again(open_session, root, tmp_path):
    session = open_session(sketch)
    assert session.start_batch().wait(20)
    session.close()
    root.rename(tmp_path / "renamed")
    fresh = Project(root)
    assert fresh.batches() == []
    assert len(Project(tmp_path / "renamed").batches()) == 1


def test_copied_and_put_in_its_place(open_session, root, tmp_path):
    """As a backup that is brought back while a notebook is open: it is another project by then."""
    session = open_session(sketch)
    assert session.start_batch().wait(20)
    shutil.copytree(root, tmp_path / "backup")
    root.rename(tmp_path / "old")
    (tmp_path / "backup").rename(root)
    with pytest.raises(
        ProjectError, match="it was moved, renamed or deleted while it was open; open it where it is now"
    ):
        session.start_batch()
    session.close()
    assert len(reopen(session.project).batches()) == 1
