"""What an import adds, what it leaves alone, and that there is all of it or nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.batches import Asset
from batchgen_widgets.projects import AssetsAdded, BatchAdded, MarksChanged, importing, staging
from batchgen_widgets.projects.importing import Imported
from batchgen_widgets.projects.staging import STAGING
from batchgen_widgets.testing import wait_for

from .exports import Archive, content_of, dots, make_batch, reopened, speckle, state_of


@pytest.fixture
def batch(root: Path) -> bg.Batch:
    return make_batch(root)


@pytest.fixture
def archive(batch: bg.Batch, root: Path, tmp_path: Path) -> Path:
    bg.Project(root).set_marks([(batch.results[0], "favorite"), (batch.results[2], "discarded")])
    return bg.Project(root).export(tmp_path / "x.zip")


@pytest.fixture
def other(tmp_path: Path) -> bg.Project:
    return bg.Project(tmp_path / "other")


class TestRoundTrip:
    def test_everything_is_as_it_was(self, archive, batch, root, other):
        done = other.import_(archive)
        assert done == Imported(batches=[batch.id], assets=[asset.id for asset in batch.results])
        assert content_of(other.path) == content_of(root)
        found = reopened(other.path).batch(batch.id)
        assert (found.status, found.generator, found.varied) == (batch.status, batch.generator, batch.varied)
        assert (found.config, dict(found.base_parameters)) == (batch.config, dict(batch.base_parameters))
        assert (found.created_at, found.started_at, found.completed_at) == (
            batch.created_at,
            batch.started_at,
            batch.completed_at,
        )
        assert [(task.attempt, task.metrics, task.status) for task in found.tasks] == [
            (task.attempt, task.metrics, task.status) for task in batch.tasks
        ]
        assert found.origin["source_sha256"] == batch.origin["source_sha256"]
        assert (found.origin["imported"]["batch"], found.origin["imported"]["from"]) == (batch.id, "x.zip")
        assert other.verify(deep=True).ok
        assert sorted(name for name in os.listdir(other.path) if not name.startswith(("batchgen", ".owner"))) == sorted(
            [".import.lock", "assets", "thumbnails"]
        )

    def test_twice_adds_nothing(self, archive, other):
        first = other.import_(archive)
        before = state_of(other.path)
        second = other.import_(archive)
        assert (second.changed, second.skipped) == (False, len(first.assets))
        assert state_of(other.path) == before

    def test_into_where_it_came_from_adds_nothing(self, archive, root):
        before = state_of(root)
        assert bg.Project(root).import_(archive) == Imported(skipped=3)
        assert state_of(root) == before
        assert reopened(root).import_(archive) == Imported(skipped=3)

    def test_there_and_back_again(self, archive, root, other, tmp_path):
        other.import_(archive)
        back = other.export(tmp_path / "back")
        assert not bg.Project(root).import_(back).changed

    def test_failed_and_unfinished_tasks(self, open_session, gate, other, tmp_path):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        gate.next_call().fail(ValueError("too dark"))
        gate.next_call()
        wait_for(lambda: batch.failed_count == 1, "one failure")
        path = session.export(tmp_path / "x.zip")
        found = other.batch(other.import_(path).batches[0])
        assert [str(task.status) for task in found.tasks] == ["completed", "failed", "interrupted"]
        assert (found.tasks[1].error, str(found.status)) == ("ValueError: too dark", "interrupted")
        session.cancel_batch(batch.id, now=True)

    def test_the_ending_by_which_jupyterlab_opens_it(self, open_session, gate, other, tmp_path):
        session = open_session(gate, tasks=1)
        batch = session.start_batch()
        gate.next_call().finish()
        assert batch.wait(10)
        path = session.export(tmp_path / "x.batchgen")
        assert path.read_bytes() == batch.export(tmp_path / "y.zip").read_bytes()
        assert len(other.import_(path).assets) == 1

    def test_any_kind_of_media(self, other, tmp_path):
        root = tmp_path / "media"
        with bg.BatchSession(bg.demos.chime, root) as session:
            sound = session.start_batch({"duration": 0.5})
            sound.wait(60)
        with bg.BatchSession(bg.demos.drift, root) as session:
            film = session.start_batch({"seconds": 0.5} if "seconds" in session.generator.parameters else {})
            film.wait(60)
        path = bg.Project(root).export(tmp_path / "media.zip")
        other.import_(path)
        assert content_of(other.path) == content_of(root)
        assert {asset.kind for asset in other.assets()} == {"audio", "video"}
        assert other.verify(deep=True).ok


class TestMerge:
    def test_parts_make_a_whole(self, batch, root, other, tmp_path):
        project = bg.Project(root)
        second = project.export(tmp_path / "second", assets=[batch.results[1]])
        assert other.import_(second).assets == [batch.results[1].id]
        held = other.batch(batch.id)
        done = other.import_(project.export(tmp_path / "all"))
        assert (done.batches, done.grown, done.skipped) == ([], [batch.id], 1)
        assert sorted(done.assets) == sorted([batch.results[0].id, batch.results[2].id])
        # Who held the batch sees it, and so does the next kernel.
        assert len(held.results) == 3
        assert all(len(task.assets) == 1 for task in held.tasks)
        assert content_of(other.path) == content_of(root)

    def test_a_later_moment_of_the_same_batch(self, open_session, gate, other, tmp_path):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        second = gate.next_call()
        wait_for(lambda: batch.completed_count == 1, "one result")
        other.import_(session.export(tmp_path / "early.zip"))
        held = other.batch(batch.id)
        heard: list[object] = []
        other.ledger.hub.subscribe(heard.append)
        second.finish()
        gate.next_call().finish()
        assert batch.wait(20)
        done = other.import_(session.export(tmp_path / "late.zip"))
        assert (done.grown, len(done.assets)) == ([batch.id], 2)
        assert (str(held.status), held.completed_count, len(held.results)) == ("completed", 3, 3)
        assert [len(event.assets) for event in heard if isinstance(event, AssetsAdded)] == [2]
        assert not other.import_(tmp_path / "early.zip").changed
        again = reopened(other.path).batch(batch.id)
        assert (str(again.status), again.completed_count, len(again.results)) == ("completed", 3, 3)

    def test_a_batch_that_runs_is_left_alone(self, open_session, gate, root, tmp_path):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        gate.next_call().finish()
        call = gate.next_call()
        wait_for(lambda: batch.completed_count == 1, "one result")
        archive = Archive(session.export(tmp_path / "x.zip").read_bytes())

        def finish(manifest: dict[str, Any]) -> None:
            manifest["batches"][0]["tasks"][1]["status"] = "completed"

        archive.change(finish)
        before = state_of(root)
        with pytest.raises(bg.ProjectError, match=r"has more of batch .* which runs here; wait for its end"):
            session.project.import_(archive.write(tmp_path / "more.zip"))
        assert state_of(root) == before
        # What adds nothing to it is welcome.
        assert not session.project.import_(tmp_path / "x.zip").changed
        call.finish()
        assert batch.wait(20)

    def test_marks_of_ones_own_stay(self, archive, batch, other):
        other.import_(archive)
        starred, plain, binned = other.batch(batch.id).results
        other.set_marks([(starred, "discarded"), (plain, "favorite"), (binned, None)])
        heard: list[object] = []
        other.ledger.hub.subscribe(heard.append)
        done = other.import_(archive)
        assert (done.marks, done.differing) == (1, [starred.id])
        assert [asset.mark for asset in (starred, plain, binned)] == ["discarded", "favorite", "discarded"]
        assert [event.assets for event in heard if isinstance(event, MarksChanged)] == [(binned,)]
        assert "marked otherwise there, your marks stay" in repr(done)
        assert [asset.mark for asset in reopened(other.path).batch(batch.id).results] == [
            "discarded",
            "favorite",
            "discarded",
        ]

    def test_what_is_in_the_trash_counts_as_there(self, archive, batch, other):
        other.import_(archive)
        other.trash([batch.results[0].id])
        assert other.import_(archive).skipped == 3
        assert len(other.batch(batch.id).results) == 2


class TestClash:
    @pytest.fixture
    def twin(self, archive, tmp_path) -> Path:
        """Another batch of the same id, as after two kernels drew the same one."""
        changed = Archive(archive.read_bytes())
        import hashlib
        from io import BytesIO

        file = BytesIO()
        speckle(99).save(file, "PNG")
        name = changed.media[0]
        changed[name] = file.getvalue()

        def edit(manifest: dict[str, Any]) -> None:
            asset = manifest["batches"][0]["assets"][0]
            asset |= {"sha256": hashlib.sha256(file.getvalue()).hexdigest(), "size": len(file.getvalue())}

        changed.change(edit)
        return changed.write(tmp_path / "twin.zip")

    def test_it_gets_an_id_of_its_own(self, archive, batch, twin, other):
        other.import_(archive)
        before = content_of(other.path)
        other = bg.Project(other.path)
        done = other.import_(twin)
        assert list(done.renamed) == [batch.id]
        (name,) = done.batches
        assert done.renamed[batch.id] == name != batch.id
        assert len(done.assets) == 3
        assert all(asset_id.startswith(f"{name}-") for asset_id in done.assets)
        assert f"batch {batch.id} is called {name} here" in repr(done)
        after = content_of(other.path)
        assert {asset_id: after[asset_id] for asset_id in before} == before
        assert not bg.Project(other.path).import_(twin).changed
        assert not bg.Project(other.path).import_(archive).changed
        assert bg.Project(other.path).verify(deep=True).ok

    def test_it_is_known_again_after_a_journey(self, archive, batch, twin, other, tmp_path):
        other.import_(archive)
        (name,) = other.import_(twin).batches
        third = bg.Project(tmp_path / "third")
        third.import_(twin)
        journey = other.export(tmp_path / "journey", batches=name)
        assert not third.import_(journey).changed

    def test_another_batch_of_another_time(self, archive, batch, other, tmp_path):
        changed = Archive(archive.read_bytes())
        changed.change(lambda manifest: manifest["batches"][0].update(created_at="2020-01-01T00:00:00Z"))
        other.import_(archive)
        assert other.import_(changed.write(tmp_path / "y.zip")).renamed


class TestLineage:
    def test_parents_and_parameters_follow_a_new_id(self, archive, batch, other, tmp_path):
        changed = Archive(archive.read_bytes())

        def edit(manifest: dict[str, Any]) -> None:
            entry = json.loads(json.dumps(manifest["batches"][0]))
            child = f"{entry['id'][:-6]}0c0ffe"
            parent = entry["assets"][0]["id"]
            asset = entry["assets"][0]
            asset |= {"id": f"{child}-0000", "parents": [parent], "file": f"assets/{child}/0000.png", "mark": None}
            entry |= {"id": child, "assets": [asset], "base_parameters": {"image": {"asset": parent}}}
            for task in entry["tasks"]:
                task["params"] = {"image": {"asset": parent}, "more": [{"asset": parent}, "text"]}
            manifest["batches"].append(entry)
            manifest["batches"][0]["created_at"] = "2020-01-01T00:00:00Z"

        changed.change(edit)
        changed.add(changed.manifest["batches"][1]["assets"][0]["file"], changed[changed.media[0]])
        path = changed.write(tmp_path / "y.zip")
        other.import_(archive)
        done = other.import_(path)
        new = done.renamed[batch.id]
        child = reopened(other.path).batch(next(name for name in done.batches if name != new))
        (asset,) = child.results
        assert asset.parents == (f"{new}-0000",)
        image = child.tasks[0].params["image"]
        assert isinstance(image, Asset)
        assert image.id == f"{new}-0000"
        assert not bg.Project(other.path).import_(path).changed

    def test_inputs_travel(self, root, other, tmp_path):
        from PIL import Image

        @bg.generator
        def invert(image: Image.Image, seed: int = 0) -> Image.Image:
            return Image.eval(image, lambda value: 255 - value)

        with bg.BatchSession(invert, root) as session:
            batch = session.start_batch({"image": speckle(3)})
            assert batch.wait(30)
        assert not batch.failed_count, batch.failures
        path = bg.Project(root).export(tmp_path / "x.zip")
        archive = Archive(path.read_bytes())
        (given,) = archive.manifest["inputs"]
        assert archive[given["file"]] == (root / given["file"]).read_bytes()
        found = other.batch(other.import_(path).batches[0])
        assert found.tasks[0].params["image"].path == other.path / given["file"]
        assert found.tasks[0].params["image"].open().size == (16, 16)
        assert not other.import_(path).changed
        # Its name is its content.
        archive[given["file"]] = archive[given["file"]][:-1] + b"?"
        with pytest.raises(bg.ProjectError, match="another SHA-256"):
            bg.Project(tmp_path / "third").import_(archive.write(tmp_path / "y.zip"))


class TestAllOrNothing:
    @pytest.mark.parametrize("where", ["stage", "rename", "write"])
    def test_a_failure_leaves_nothing(self, archive, other, monkeypatch, where):
        make_batch(other.path, 1)
        other = reopened(other.path)
        before = state_of(other.path)
        if where == "stage":
            monkeypatch.setattr(staging, "_stage", raise_full)
        elif where == "rename":
            count = iter(range(100))
            real = os.replace
            monkeypatch.setattr(
                importing.os, "replace", lambda *paths: raise_full() if next(count) == 3 else real(*paths)
            )
        else:
            monkeypatch.setattr(other._opened.database, "write", raise_full)
        with pytest.raises(bg.ProjectError, match=r"No space left|can't be written"):
            other.import_(archive)
        monkeypatch.undo()
        assert without_lock(state_of(other.path)) == before
        assert len(other.import_(archive).assets) == 3

    def test_a_full_disk_is_seen_before(self, archive, other, monkeypatch):
        before = state_of(other.path)
        monkeypatch.setattr(staging.shutil, "disk_usage", lambda _: type("", (), {"free": 10})())
        with pytest.raises(bg.ProjectError, match="are needed, and 10 are free; nothing was imported"):
            other.import_(archive)
        assert without_lock(state_of(other.path)) == before

    def test_what_a_killed_one_left_is_cleared_away(self, archive, other):
        left = other.path / f"{STAGING}0123"
        left.mkdir()
        (left / "0.png").write_bytes(b"half")
        report = other.verify()
        assert [path.name for path in report.leftovers] == ["0.png"]
        assert other.verify(fix=True).ok
        assert not (left / "0.png").exists()
        left.mkdir(exist_ok=True)
        other.import_(archive)
        assert not left.exists()

    def test_one_at_a_time(self, archive, other, monkeypatch):
        inside, go_on = threading.Event(), threading.Event()
        real = staging._stage

        def wait(*arguments: Any) -> Any:
            inside.set()
            assert go_on.wait(20)
            return real(*arguments)

        monkeypatch.setattr(staging, "_stage", wait)
        done: list[Imported] = []
        first = threading.Thread(target=lambda: done.append(other.import_(archive)))
        first.start()
        assert inside.wait(20)
        left = other.path / f"{STAGING}0123"
        left.mkdir()
        (left / "0.png").write_bytes(b"being written")
        with pytest.raises(bg.ProjectError, match="another import into this project is going on"):
            other.import_(archive)
        # Nor is what it prepares taken for a leftover.
        assert not other.verify().leftovers
        go_on.set()
        first.join(20)
        assert len(done[0].assets) == 3

    def test_it_is_told(self, archive, batch, other):
        heard: list[object] = []
        other.ledger.hub.subscribe(heard.append)
        other.import_(archive)
        assert [event.batch.id for event in heard if isinstance(event, BatchAdded)] == [batch.id]


def without_lock(state: tuple[dict[str, str], list[str]]) -> tuple[dict[str, str], list[str]]:
    """Leave out the file that says that an import goes on, which stays once there was one."""
    return {name: content for name, content in state[0].items() if name != ".import.lock"}, state[1]


def raise_full(*_: object, **__: object) -> Any:
    raise OSError(28, "No space left on device")


def test_it_can_be_resumed(root, other, tmp_path):
    """A batch that was cut off goes on in the project of somebody else, who has the same generator."""
    batch = make_batch(root, 3)
    archive = Archive(bg.Project(root).export(tmp_path / "x.zip", assets=batch.results[:2]).read_bytes())

    def edit(manifest: dict[str, Any]) -> None:
        entry = manifest["batches"][0]
        entry["status"] = "interrupted"
        entry["tasks"][2] |= {"status": "interrupted"}

    archive.change(edit)
    other.import_(archive.write(tmp_path / "y.zip"))
    with bg.BatchSession(dots, other) as session:
        again = session.resume_batch(batch.id)
        assert again.wait(30)
        assert (again.completed_count, len(again.results)) == (3, 3)
    assert not other.import_(tmp_path / "y.zip").changed


def test_rows_of_early_versions_have_no_hash(archive, batch, root):
    with sqlite3.connect(root / "batchgen.db") as connection:
        connection.execute("UPDATE assets SET sha256 = NULL")
    connection.close()
    assert not reopened(root).import_(archive).changed


def test_it_shows_itself(archive, other):
    done = other.import_(archive)
    assert repr(done).startswith("Imported 1 batch and 3 assets; 0 assets there already")
    assert "<div>Imported 1 batch" in done._repr_html_()
    assert "&lt;b&gt;" in Imported(differing=["<b>"])._repr_html_()
