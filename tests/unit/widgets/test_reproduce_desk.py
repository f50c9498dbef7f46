"""*Make again*, as the browser drives it."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.testing import wait_for
from batchgen_widgets.widgets import reproduce_desk


@pytest.fixture
def finished(open_session, gate):
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    for _ in range(2):
        gate.next_call().finish()
    assert batch.wait(20)
    return session, batch


def until_done(gallery: Any, run: str) -> tuple[dict[str, Any], list[Any]]:
    found: list[Any] = []

    def done() -> bool:
        reply, buffers = gallery.ask("asset.reproduced", run=run)
        assert reply["ok"], reply
        found[:] = [reply["result"], buffers]
        return bool(reply["result"]["done"])

    wait_for(done, "that it is done")
    return found[0], found[1]


def test_from_the_button_to_the_verdict(finished, gate, page):
    session, batch = finished
    gallery = page(bg.BatchGalleryView(session))
    assert "reproduce" in gallery.shown("gallery")["offers"]
    started = gallery.result("asset.reproduce", source=batch.id, position=1)
    assert started["seconds"] > 0
    call = gate.next_call()
    call.report(0.25, "a quarter")
    now = gallery.result("asset.reproduced", run=started["run"])
    assert (now["done"], now["progress"], now["message"], now["result"]) == (False, 0.25, "a quarter", None)
    # Deliveries go on meanwhile, however many are made again.
    more = [gallery.result("asset.reproduce", source=batch.id, position=0)["run"] for _ in range(5)]
    assert len(gallery.ask("assets.thumbnails", source=batch.id, positions=[0, 1])[1]) == 2
    call.finish()
    state, [picture] = until_done(gallery, started["run"])
    assert state["result"]["verdict"] == "identical"
    assert state["result"]["summary"] == "identical: every pixel is the same"
    with Image.open(BytesIO(picture)) as shown:
        assert shown.format == "WEBP"
    for run in more:
        gallery.result("asset.reproduce_stop", run=run)
    wait_for(lambda: not again_threads(), "that all of them have stopped")
    assert len(batch.results) == 2


def again_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "batchgen-again"]


def test_stop(finished, gate, page):
    session, batch = finished
    gallery = page(bg.BatchGalleryView(session))
    run = gallery.result("asset.reproduce", source=batch.id, position=0)["run"]
    gate.next_call()
    gallery.result("asset.reproduce_stop", run=run)
    state, _ = until_done(gallery, run)
    assert "was stopped" in state["problem"]
    assert state["result"] is None


def test_a_page_that_is_gone(finished, gate, page, monkeypatch):
    monkeypatch.setattr(reproduce_desk, "_FORGOTTEN_S", 0.1)
    session, batch = finished
    gallery = page(bg.BatchGalleryView(session))
    gallery.result("asset.reproduce", source=batch.id, position=0)
    gate.next_call()
    wait_for(lambda: not again_threads(), "that it was given up")


def test_what_is_wrong(finished, gate, page):
    session, batch = finished
    gallery = page(bg.BatchGalleryView(session))
    assert "press Make again once more" in gallery.error("asset.reproduced", run="99")["message"]
    assert "no asset at 7" in gallery.error("asset.reproduce", source=batch.id, position=7)["message"]
    run = gallery.result("asset.reproduce", source=batch.id, position=0)["run"]
    gate.next_call().fail(RuntimeError("<script>no paint</script>"))
    state, _ = until_done(gallery, run)
    assert "failed when it made asset" in state["problem"]
    assert "RuntimeError: <script>no paint</script>" in state["problem"]


def test_parents_have_names_and_places(open_session, page):
    @bg.generator
    def paint(image: Image.Image = None, seed: int = 0) -> Any:  # type: ignore[assignment]
        return image or Image.new("RGB", (2, 2))

    session = open_session(paint)
    batch = session.start_batch()
    assert batch.wait(20)
    session.add_task({"image": batch.results[0]}, batch_id=batch.id)
    assert batch.wait(20)
    gallery = page(bg.BatchGalleryView(session))
    records = gallery.result("assets.get", source=batch.id, positions=[0, 1])["records"]
    parent = batch.results[0]
    assert [record["parents"] for record in records] == [
        [],
        [{"id": parent.id, "name": parent.path.name, "position": 0}],
    ]
    assert records[1]["params"]["image"] == f"{parent.path.name} ({batch.id})"
