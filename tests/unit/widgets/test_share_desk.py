"""What the share and the reviews dialogs ask, and what comes of it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects import exporting
from batchgen_widgets.widgets import share_desk


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "notebooks"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def studio(session, batch, page):
    return page(bg.BatchGalleryView(session))


def order(batch: bg.Batch, path: str, **change: Any) -> dict[str, Any]:
    wanted = {"source": batch.id, "positions": None, "how": "zip", "path": path, "overwrite": False, "marks": True}
    return wanted | change


def finish(view: Any, **params: Any) -> dict[str, Any]:
    job = view.result("share.start", **params)["job"]
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(view.result("share.progress", job=job))
        return found["state"] != "running"

    from batchgen_widgets.testing import wait_for

    wait_for(ended, "the file")
    return found | {"job": job}


class TestShare:
    def test_it_is_offered(self, studio):
        assert {"share", "reviews"} <= set(studio.shown("gallery")["offers"])

    def test_a_plan_names_a_place(self, studio, batch, folder):
        plan = studio.result("share.plan", source=batch.id)
        assert plan["folder"] == str(folder)
        assert plan["name"].startswith("dots-20")
        assert plan["ways"] == ["zip", "folder", "page", "code"]

    def test_all_into_a_zip_below_the_notebook(self, studio, batch, folder):
        done = finish(studio, **order(batch, "x"))
        assert (done["state"], done["path"], done["error"], done["notes"]) == ("done", "x.zip", None, [])
        assert done["size"] == (folder / "x.zip").stat().st_size
        assert (done["done"], done["total"]) == (4, 4)
        with zipfile.ZipFile(folder / "x.zip") as archive:
            assert len(json.loads(archive.read("manifest.json"))["batches"][0]["assets"]) == 4

    def test_the_ending_by_which_jupyterlab_opens_it(self, studio, batch, folder):
        done = finish(studio, **order(batch, "x.batchgen"))
        assert (done["state"], done["path"]) == ("done", "x.batchgen")
        assert zipfile.is_zipfile(folder / "x.batchgen")

    def test_some_into_a_folder(self, studio, batch, folder):
        done = finish(studio, **order(batch, "sub/x", how="folder", positions=[1, 3]))
        assert done["state"] == "done"
        manifest = json.loads((folder / "sub" / "x" / "manifest.json").read_bytes())
        assert len(manifest["batches"][0]["assets"]) == 2

    def test_what_is_there_is_told_and_replaced_when_asked(self, studio, batch):
        finish(studio, **order(batch, "x.zip"))
        again = finish(studio, **order(batch, "x.zip"))
        assert (again["state"], again["exists"]) == ("failed", True)
        assert "x.zip is there already" in again["error"]
        assert finish(studio, **order(batch, "x.zip", overwrite=True))["state"] == "done"

    def test_why_it_could_not_be(self, studio, batch, session):
        inside = session.project.path / "assets" / "x.zip"
        assert "a folder of the project itself" in finish(studio, **order(batch, str(inside)))["error"]
        assert studio.error("share.start", **order(batch, "  "))["message"].startswith("path: give a name")
        assert "the name of a file" in studio.error("share.start", **order(batch, "x.zip", how="folder"))["message"]
        assert "is not allowed" in studio.error("share.start", **order(batch, "x", how="mail"))["message"]
        assert "nothing to export" in finish(studio, **order(batch, "x", positions=[]))["error"]

    def test_it_can_be_stopped(self, studio, batch, folder, monkeypatch):
        import threading

        started, go_on = threading.Event(), threading.Event()
        real: Callable[..., Any] = exporting._pour

        def slow(*arguments: Any) -> None:
            started.set()
            assert go_on.wait(20)
            real(*arguments)

        monkeypatch.setattr(exporting, "_pour", slow)
        job = studio.result("share.start", **order(batch, "x.zip"))["job"]
        assert started.wait(20)
        studio.result("share.stop", job=job)
        go_on.set()
        from batchgen_widgets.testing import wait_for

        wait_for(lambda: studio.result("share.progress", job=job)["state"] == "stopped", "the end")
        assert list(folder.iterdir()) == []

    def test_a_page(self, studio, batch, folder):
        done = finish(studio, **order(batch, "look", how="page", positions=[0, 2], marks=False))
        assert (done["state"], done["path"]) == ("done", "look.html"), done
        assert (folder / "look.html").read_text("utf-8").startswith("<!doctype html>")

    def test_code(self, studio, batch):
        assert "batchgen_widgets" in studio.result("share.code", source=batch.id)["code"]

    def test_a_small_file_goes_to_the_browser(self, studio, batch, folder, monkeypatch):
        job = finish(studio, **order(batch, "x.zip"))["job"]
        data, offset = b"", 0
        monkeypatch.setattr(share_desk, "CHUNK_BYTES", 500)
        while offset is not None:
            reply, buffers = studio.ask("share.read", job=job, offset=offset)
            data += bytes(buffers[0])
            offset = reply["result"]["next"]
        assert data == (folder / "x.zip").read_bytes()
        monkeypatch.setattr(share_desk, "MOST_DOWNLOADED", 10)
        assert "can't be sent to the browser" in studio.error("share.read", job=job, offset=0)["message"]
        assert "knows nothing of this file" in studio.error("share.read", job="no", offset=0)["message"]

    def test_a_list_makes_archives_only(self, session, batch, page, folder):
        view = page(bg.BatchGalleryView(batch.results[:2]))
        assert view.result("share.plan", source="list")["ways"] == ["zip", "folder"]
        assert finish(view, **order(batch, "x.zip", source="list"))["total"] == 2
        assert "open that of a batch" in view.error("share.code", source="list")["message"]
        assert (
            "open that of a batch"
            in view.error("share.start", **order(batch, "x", source="list", how="page"))["message"]
        )

    def test_an_empty_gallery_offers_neither(self, page):
        assert page(bg.BatchGalleryView([])).shown("gallery")["offers"] == []


def review(batch: bg.Batch, reviewer: str, marks: dict[int, str]) -> str:
    entries = [{"asset": batch.results[index].id, "mark": mark, "note": "hm"} for index, mark in marks.items()]
    head = {"format": "batchgen-review", "version": 1, "reviewer": reviewer, "batch": batch.id, "title": ""}
    return json.dumps({**head, "made_at": "2026-01-01T10:00:00Z", "marks": entries})


class TestReviews:
    def test_they_come_in_and_stand_side_by_side(self, studio, batch):
        assert studio.result("reviews.get", source=batch.id) == {"reviewers": [], "rows": []}
        text = review(batch, "Ada", {0: "favorite", 2: "discarded"})
        done = studio.result("reviews.import", source=batch.id, name="ada.json", text=text)
        assert (done["reviewer"], done["added"], done["unknown"]) == ("Ada", 2, [])
        studio.result("reviews.import", source=batch.id, name="bo.json", text=review(batch, "Bo", {2: "favorite"}))
        found = studio.result("reviews.get", source=batch.id)
        assert found["reviewers"] == ["Ada", "Bo"]
        assert [(row["position"], [one and one["mark"] for one in row["reviews"]]) for row in found["rows"]] == [
            (0, ["favorite", None]),
            (2, ["discarded", "favorite"]),
        ]
        assert found["rows"][0]["name"] == batch.results[0].path.name

    def test_a_refusal_names_the_file(self, studio, batch):
        error = studio.error("reviews.import", source=batch.id, name="notes.txt", text="hello")
        assert error["message"].startswith("notes.txt: not valid")
        lone = studio.error("reviews.import", source=batch.id, name="x", text="\ud800")
        assert "x: not valid" in lone["message"]

    @pytest.mark.parametrize("of", ["session", "batch"])
    def test_they_are_adopted_in_one_step(self, session, batch, page, of):
        view = page(bg.BatchGalleryView(session if of == "session" else batch))
        text = review(batch, "Ada", {0: "favorite", 2: "discarded"})
        view.result("reviews.import", source=batch.id, name="ada.json", text=text)
        assert view.result("reviews.adopt", source=batch.id, reviewer="Ada", at_least=1) == {"changed": 2}
        assert [asset.mark for asset in batch.results] == ["favorite", None, "discarded", None]
        view.wait_for(lambda: view.shown("gallery")["undoable"])
        view.result("assets.undo", source=batch.id)
        assert [asset.mark for asset in batch.results] == [None] * 4
        assert view.result("reviews.adopt", source=batch.id, reviewer=None, at_least=1) == {"changed": 1}
        assert "is not among" in view.error("reviews.adopt", source=batch.id, reviewer="Cy", at_least=1)["message"]
