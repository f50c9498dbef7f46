"""Earlier batches in the gallery: listed, shown again, compared, and taken up again."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.testing import GatedGenerator

EVERYTHING = {"text": "", "generator": None, "status": None, "favorites": False, "start": 0, "stop": 50}


@pytest.fixture
def batches(session: bg.BatchSession) -> list[bg.Batch]:
    made = []
    for prompt in ("a fox", "an owl", "a hare"):
        made.append(session.start_batch({"prompt": prompt}))
        assert made[-1].wait(20)
    return made


def source(page: Any) -> str:
    return str(page.shown("gallery")["source"])


def test_batches_are_listed_newest_first(session: bg.BatchSession, batches: list[bg.Batch], page: Any) -> None:
    session.mark_as_favorite(batches[1].id, batches[1].results[2].id)
    gallery = page(bg.BatchGalleryView(session))
    assert "history" in gallery.shown("gallery")["offers"]
    found = gallery.result("history.get", **EVERYTHING)
    assert [row["id"] for row in found["rows"]] == [batch.id for batch in batches[::-1]]
    assert (found["total"], found["generators"], found["own"]) == (3, ["dots"], "dots")
    assert found["shown"] == batches[-1].id
    row = found["rows"][1]
    assert (row["prompt"], row["status"], row["tasks"], row["favorites"]) == ("an owl", "completed", 4, 1)
    assert row["counts"]["completed"] == 4
    assert row["thumbnails"] == [asset.id for asset in batches[1].results]

    def ids(**change: Any) -> list[str]:
        return [row["id"] for row in gallery.result("history.get", **{**EVERYTHING, **change})["rows"]]

    assert ids(text="FOX") == [batches[0].id]
    assert ids(favorites=True) == [batches[1].id]
    assert ids(status="failed") == ids(generator="other") == []
    assert ids(start=1, stop=2) == [batches[1].id]
    assert "not allowed" in gallery.error("history.get", **{**EVERYTHING, "status": "done"})["message"]


def test_thumbnails_of_any_batch(session: bg.BatchSession, batches: list[bg.Batch], page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    whole, lost, torn = (batch.results[0] for batch in batches)
    lost.thumbnail_path.unlink()
    torn.thumbnail_path.unlink()
    torn.path.write_bytes(b"no picture")
    reply, buffers = gallery.ask("assets.thumbnails_by_id", ids=[whole.id, torn.id, "nothing", lost.id])
    here = [item["id"] for item in reply["result"]["items"]]
    assert sorted(here) == sorted([whole.id, lost.id])
    for asset_id, buffer in zip(here, buffers, strict=True):
        colour = Image.open(BytesIO(buffer)).convert("RGB").getpixel((5, 5))
        seed = next(asset.params["seed"] for asset in (whole, lost) if asset.id == asset_id)
        assert abs(colour[0] - seed) < 12


def test_an_earlier_batch_is_shown_and_marked(session: bg.BatchSession, batches: list[bg.Batch], page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    assert source(gallery) == batches[2].id
    assert "held" not in gallery.shown("gallery")
    gallery.result("history.show", batch=batches[0].id)
    gallery.wait_for(lambda: source(gallery) == batches[0].id)
    created = batches[0].created_at.timestamp()
    assert gallery.shown("gallery")["held"] == {"created_at": created, "generator": "dots", "newer": False}
    assert gallery.result("history.get", **EVERYTHING)["shown"] == batches[0].id
    gallery.result("assets.mark", source=batches[0].id, positions=[1], mark="favorite")
    gallery.wait_for(lambda: gallery.shown("asset_marks") == bytes([0, 1, 0, 0]))
    assert batches[0].favorites == gallery.widget.favorites == [batches[0].results[1]]
    [record] = gallery.result("assets.get", source=batches[0].id, positions=[1])["records"]
    assert record["params"]["prompt"] == "a fox"
    gallery.result("assets.undo", source=batches[0].id)
    assert batches[0].favorites == []
    gallery.result("history.show", batch=None)
    gallery.wait_for(lambda: source(gallery) == batches[2].id)
    assert "held" not in gallery.shown("gallery")
    assert "no such batch" in gallery.error("history.show", batch="b0")["message"]


def test_who_looks_at_an_earlier_batch_stays_there(open_session: Any, gate: GatedGenerator, page: Any) -> None:
    session = open_session(gate)
    first = session.start_batch()
    gate.next_call().finish()
    assert first.wait(20)
    second = session.start_batch()
    gate.next_call().finish()
    assert second.wait(20)
    studio = page(bg.BatchStudio(session))
    studio.widget.show(first)
    studio.wait_for(lambda: source(studio) == first.id)
    third = session.start_batch()
    call = gate.next_call()
    studio.wait_for(lambda: studio.shown("gallery").get("held", {}).get("newer"))
    assert source(studio) == first.id
    call.finish()
    assert third.wait(20)
    studio.wait_for(lambda: not studio.shown("gallery")["held"]["newer"])
    assert source(studio) == first.id
    # What the gallery would show anyway is not held: it follows again.
    studio.widget.show(third.id)
    studio.wait_for(lambda: source(studio) == third.id)
    fourth = session.start_batch()
    gate.next_call().finish()
    assert fourth.wait(20)
    studio.wait_for(lambda: source(studio) == fourth.id)


def test_a_batch_or_a_list_gives_way_to_another_batch_and_comes_back(
    session: bg.BatchSession, batches: list[bg.Batch], page: Any
) -> None:
    session.close()
    of_batch = page(bg.BatchGalleryView(batches[0]))
    chosen = page(bg.BatchGalleryView([batch.results[0] for batch in batches]))
    for gallery, own in ((of_batch, batches[0].id), (chosen, "list")):
        gallery.widget.show(batches[1])
        gallery.wait_for(lambda g=gallery: source(g) == batches[1].id)
        assert gallery.widget.shown == batches[1].results
        [record] = gallery.result("assets.get", source=batches[1].id, positions=[0])["records"]
        assert record["task_seconds"] is not None
        assert gallery.result("cells.get", source=batches[1].id, start=0, stop=9)["total"] == 4
        gallery.widget.filter(prompt="an owl")
        assert "only a session" in gallery.error("history.resume", batch=batches[1].id)["message"]
        gallery.widget.show(None)
        gallery.wait_for(lambda g=gallery, s=own: source(g) == s)


def test_what_can_be_shown(session: bg.BatchSession, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session)).widget
    with pytest.raises(bg.ParameterError, match="batch: 3 is not allowed; give a Batch, its id, or None"):
        gallery.show(3)
    with pytest.raises(bg.ProjectError, match="no such batch"):
        gallery.show("b0")
    empty = page(bg.BatchGalleryView([]))
    empty.widget.show(None)
    assert empty.shown("gallery")["offers"] == []


def test_its_settings_fill_the_panel(session: bg.BatchSession, batches: list[bg.Batch], page: Any) -> None:
    studio = page(bg.BatchStudio(session))
    config = session.config
    session.set_batch_config({"batch_size": 9})
    notes = studio.result("history.use", batch=batches[0].id)["notes"]
    assert session.config == config
    assert session.base_parameters["prompt"] == "a fox"
    assert notes == ["Tasks: 4 tasks, random: seeds.", "Changed: prompt."]
    assert studio.result("history.use", batch=batches[0].id)["notes"] == [
        "Tasks differ as before.",
        "The base parameters are the same.",
    ]


def test_settings_that_are_not_allowed_any_more_change_nothing(session: bg.BatchSession, page: Any) -> None:
    @bg.generator(name="dots")
    def older(prompt: str = "dots", seed: int = 0, fail: str = "no", size: int = 3) -> dict[str, float]:
        """Measure something."""
        return {"score": 1.0}

    with bg.BatchSession(older, project=session.project) as earlier:
        earlier.set_batch_config({"batch_size": 2})
        batch = earlier.start_batch({"fail": "perhaps"})
        assert batch.wait(20)
    studio = page(bg.BatchStudio(session))
    before = session.config
    assert "fail" in studio.error("history.use", batch=batch.id)["message"]
    assert session.config == before


def test_another_generators_batch_is_only_looked_at(session: bg.BatchSession, page: Any) -> None:
    @bg.generator
    def other(seed: int = 0) -> dict[str, float]:
        """Measure something."""
        return {"score": 1.0}

    with bg.BatchSession(other, project=session.project) as elsewhere:
        batch = elsewhere.start_batch()
        assert batch.wait(20)
    studio = page(bg.BatchStudio(session))
    assert "made by other, and this session runs dots" in studio.error("history.use", batch=batch.id)["message"]
    studio.result("history.show", batch=batch.id)
    studio.wait_for(lambda: source(studio) == batch.id)


def test_a_cancelled_batch_goes_on(open_session: Any, gate: GatedGenerator, page: Any) -> None:
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    call = gate.next_call()
    session.cancel_batch()
    call.finish()
    assert batch.wait(20)
    left = len(batch.tasks) - batch.completed_count
    gallery = page(bg.BatchGalleryView(session))
    gallery.result("history.resume", batch=batch.id)
    for _ in range(left):
        gate.next_call().finish()
    assert batch.wait(20)
    assert batch.status == "completed"


def test_two_batches_are_compared(session: bg.BatchSession, batches: list[bg.Batch], page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    found = gallery.result("history.compare", a=batches[0].id, b=batches[1].id)
    [fact] = [fact for fact in found["facts"] if fact["differs"] and fact["group"] == "parameters"]
    assert fact == {"group": "parameters", "name": "prompt", "a": "a fox", "b": "an owl", "differs": True}
    assert found["total"] == len(found["pairs"])
    assert [metric["name"] for metric in found["metrics"]] == ["score"]
