"""The trash as galleries see it: gone from every view at once, listed, brought back, deleted."""

from __future__ import annotations

from typing import Any

import pytest

import batchgen_widgets as bg


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


def test_what_goes_to_the_trash_leaves_every_view(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    here, there = page(bg.BatchGalleryView(session)), page(bg.BatchGalleryView(batch))
    listed = page(bg.BatchGalleryView(batch.results))
    assert "cleanup" in here.shown("gallery")["offers"]
    session.mark_as_favorite(batch.id, batch.results[1].id)
    here.result("assets.select", source=batch.id, positions=[1, 2], how="set")

    gone, kept = batch.results[1], batch.results[2]
    assert here.result("trash.put", source=batch.id, positions=[1, 99]) == {"count": 1}
    for view in (here, there, listed):
        view.wait_for(lambda view=view: view.shown("asset_marks") == bytes([0, 3, 0, 0]), "the marks")
        assert view.shown("gallery")["total"] == 4  # positions never change
        assert gone not in view.widget.shown
        assert view.widget.favorites == []
    here.wait_for(lambda: here.shown("asset_selected") == bytes([0, 0, 1, 0]), "the selection")
    assert here.widget.selected == [kept]
    assert here.widget.filter(mark="favorite") == []
    assert session.winners(batch.id).favorites == 0

    assert here.shown("gallery")["undoable"]
    here.result("assets.undo", source=batch.id)
    there.wait_for(lambda: there.shown("asset_marks") == bytes([0, 1, 0, 0]), "the mark of before")
    assert here.widget.filter(mark="favorite") == [gone]


def test_marks_of_what_is_in_the_trash_are_not_cleared(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    session.set_marks(batch.results, "favorite")
    first = batch.results[0]
    session.trash(first)
    gallery.result("assets.clear_marks", source=batch.id)
    assert [asset.mark for asset in batch.assets] == ["favorite", None, None, None]
    session.restore(first)
    assert batch.favorites == [first]


@pytest.mark.parametrize("shows", ["session", "batch"])
def test_keeping_only_favorites(session: bg.BatchSession, batch: bg.Batch, page: Any, shows: str) -> None:
    gallery = page(bg.BatchGalleryView(session if shows == "session" else batch))
    error = gallery.error("cleanup.preview", source=batch.id)
    assert error["message"] == f"batch {batch.id}: no favorites; star what is to stay first"
    favorite, *others = batch.results
    session.mark_as_favorite(batch.id, favorite.id)
    size = sum(asset.file_size for asset in others)
    assert gallery.result("cleanup.preview", source=batch.id) == {
        "count": 3,
        "bytes": size,
        "kinds": [{"kind": "image", "count": 3, "bytes": size}],
        "kept": 1,
        "in_use": 0,
    }
    assert gallery.result("cleanup.keep_favorites", source=batch.id) == {"count": 3}
    assert batch.results == [favorite]
    gallery.result("assets.undo", source=batch.id)
    assert len(batch.results) == 4


def test_the_list_of_the_trash(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    nothing = {"rows": [], "total": 0, "bytes": 0, "strays": 0, "stray_bytes": 0}
    assert gallery.result("trash.get", start=0, stop=10) == nothing
    session.mark_as_favorite(batch.id, batch.results[2].id)
    first, second, third, _ = batch.results
    session.trash(first)
    session.trash([second, third])
    stray = session.project.path / "trash" / "strays" / "half.png"
    stray.parent.mkdir()
    stray.write_bytes(b"half")

    found = gallery.result("trash.get", start=0, stop=2)
    assert [row["id"] for row in found["rows"]] == [second.id, third.id]
    assert (found["total"], found["strays"], found["stray_bytes"]) == (3, 1, 4)
    assert found["bytes"] == sum(asset.file_size for asset in (first, second, third))
    assert found["rows"][1] == {
        "id": third.id,
        "name": third.path.name,
        "kind": "image",
        "alt": third.alt,
        "batch": batch.id,
        "file_size": third.file_size,
        "trashed_at": third.trashed_at.timestamp(),
        "favorite": True,
    }
    assert [row["id"] for row in gallery.result("trash.get", start=2, stop=9)["rows"]] == [first.id]
    reply, [picture] = gallery.ask("assets.thumbnails_by_id", ids=[third.id])
    assert reply["ok"]
    assert bytes(picture) == third.thumbnail_path.read_bytes()

    assert gallery.result("trash.restore", ids=[third.id]) == {"count": 1}
    assert third in batch.results
    freed = gallery.result("trash.empty")["bytes"]
    assert freed > first.file_size + second.file_size
    assert gallery.result("trash.restore", ids=None) == {"count": 0}
    assert gallery.result("trash.get", start=0, stop=10) == nothing


def test_a_list_has_no_batch_to_clean(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(batch.results))
    assert "shows a list of results" in gallery.error("cleanup.preview", source="list")["message"]
    assert gallery.result("trash.put", source="list", positions=[3]) == {"count": 1}
    assert gallery.result("trash.restore", ids=None) == {"count": 1}


def test_a_missing_file_is_told_and_the_others_are_shown(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    batch.results[1].path.unlink()
    batch.results[1].thumbnail_path.unlink()
    reply, buffers = gallery.ask("assets.thumbnails", source=batch.id, positions=[0, 1, 2])
    assert reply["ok"]
    assert [len(buffer) > 0 for buffer in buffers] == [True, False, True]
    records = gallery.result("assets.get", source=batch.id, positions=[0, 1])["records"]
    assert [record.get("missing", False) for record in records] == [False, True]
