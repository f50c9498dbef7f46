"""The gallery delivers records, thumbnails and media, and takes marks, whatever it shows."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.widgets.delivery import read_chunk


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


def test_records_and_pictures_by_position(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    [record] = gallery.result("assets.get", source=batch.id, positions=[2])["records"]
    asset = batch.results[2]
    assert record["id"] == asset.id
    assert record["params"] == dict(asset.params)
    assert record["metrics"] == {"score": asset.params["seed"] / 2}
    assert (record["width"], record["height"], record["kind"]) == (32, 32, "image")
    assert record["alt"] == f"Image {asset.task_index}: dots, seed {asset.params['seed']}"
    reply, buffers = gallery.ask("assets.thumbnails", source=batch.id, positions=[0, 3, 99])
    assert [item["position"] for item in reply["result"]["items"]] == [0, 3]
    for position, buffer in zip((0, 3), buffers, strict=True):
        colour = Image.open(BytesIO(buffer)).convert("RGB").getpixel((5, 5))
        assert abs(colour[0] - batch.results[position].params["seed"]) < 12


def test_a_lost_thumbnail_is_drawn_again(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    batch.results[0].thumbnail_path.unlink()
    _, [buffer] = gallery.ask("assets.thumbnails", source=batch.id, positions=[0])
    assert Image.open(BytesIO(buffer)).size == (32, 32)
    assert batch.results[0].thumbnail_path.read_bytes() == bytes(buffer)


@pytest.mark.parametrize("original", [True, False])
def test_media_come_in_chunks(session: bg.BatchSession, batch: bg.Batch, original: bool) -> None:
    asset = batch.results[0]
    data, offset = b"", 0
    while offset is not None:
        chunk = read_chunk(asset, offset, original=original, length=40)
        assert (chunk.offset, len(chunk.data) <= 40) == (len(data), True)
        data, offset = data + chunk.data, chunk.next
    assert (chunk.size, chunk.mime) == (len(data), "image/png")
    assert data == asset.path.read_bytes()


def test_media_reach_the_browser(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    reply, [chunk] = gallery.ask("assets.media", source=batch.id, position=0, offset=0, original=True)
    size = batch.results[0].file_size
    assert reply["result"] == {"size": size, "type": "image/png", "offset": 0, "next": None}
    assert bytes(chunk) == batch.results[0].path.read_bytes()


def test_a_missing_file_is_explained(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    batch.results[0].path.unlink()
    error = gallery.error("assets.media", source=batch.id, position=0, offset=0)
    assert batch.results[0].path.name in error["message"]


def test_marks_from_the_browser(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    gallery.result("assets.mark", source=batch.id, positions=[0, 1], mark="favorite")
    gallery.result("assets.mark", source=batch.id, positions=[1], mark="discarded")
    gallery.wait_for(lambda: gallery.shown("asset_marks") == bytes([1, 2, 0, 0]))
    assert batch.favorites == [batch.results[0]]
    assert batch.discarded == [batch.results[1]]
    gallery.result("assets.clear_marks", source=batch.id)
    assert not batch.favorites
    gallery.result("assets.undo", source=batch.id)
    assert batch.discarded == [batch.results[1]]
    assert "not allowed" in gallery.error("assets.mark", source=batch.id, positions=[0], mark="nice")["message"]


def test_a_gallery_of_a_batch_or_of_chosen_assets_needs_no_session(
    session: bg.BatchSession, batch: bg.Batch, page: Any
) -> None:
    session.close()
    of_batch = page(bg.BatchGalleryView(batch))
    chosen = page(bg.BatchGalleryView(batch.results[::2]))
    chosen.result("assets.mark", source="list", positions=[1], mark="favorite")
    of_batch.wait_for(lambda: of_batch.shown("asset_marks") == bytes([0, 0, 1, 0]))
    chosen.wait_for(lambda: chosen.shown("asset_marks") == bytes([0, 1]))
    assert chosen.widget.favorites == [batch.results[2]]
    chosen.result("assets.undo", source="list")
    of_batch.wait_for(lambda: of_batch.shown("asset_marks") == bytes(4))
    assert "another batch" in of_batch.error("assets.get", source="other", positions=[0])["message"]


def test_an_empty_gallery_shows_nothing(page: Any) -> None:
    empty = page(bg.BatchGalleryView([]))
    assert empty.shown("gallery")["total"] == 0
    assert empty.result("assets.get", source="list", positions=[0]) == {"records": []}
