"""Which results were made from which, as the gallery's view of it asks."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.wire import nearest


@bg.generator
def brighten(image: Image.Image, gain: int = 2) -> Image.Image:
    """Make a picture brighter."""
    return image.point(lambda value: min(255, value * gain))


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


def test_an_asset_made_from_another_is_its_child(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    parent = batch.results[1]
    later = session.start_batch(brighten, inputs=[parent])
    assert later.wait(20)
    (child,) = later.results
    gallery = page(bg.BatchGalleryView(session))
    assert "lineage" in gallery.shown("gallery")["offers"]
    found = gallery.result("lineage.get", asset=child.id)
    assert [(node["id"], node["generation"], node["generator"]) for node in found["nodes"]] == [
        (parent.id, -1, "dots"),
        (child.id, 0, "brighten"),
    ]
    assert found["edges"] == [{"parent": parent.id, "child": child.id, "parameters": ["image"]}]
    assert (found["asset"], found["left_out"]) == (child.id, 0)
    assert [node["id"] for node in gallery.result("lineage.get", asset=parent.id)["nodes"]] == [parent.id, child.id]
    assert "no such asset" in gallery.error("lineage.get", asset="nothing")["message"]
    [record] = gallery.result("assets.get", source=later.id, positions=[0])["records"]
    assert record["parents"] == [{"id": parent.id, "name": parent.path.name, "position": None}]


def test_the_nearest_relatives_stay() -> None:
    def node(name: str, generation: int) -> dict[str, Any]:
        return {"id": name, "generation": generation}

    nodes = [node("far", -2), node("parent", -1), node("it", 0), *(node(f"child-{i}", 1) for i in range(5))]
    edges = [{"parent": "far", "child": "parent"}, {"parent": "parent", "child": "it"}]
    edges += [{"parent": "it", "child": f"child-{i}"} for i in range(5)]
    whole = {"asset": "it", "nodes": nodes, "edges": edges, "truncated": False}
    found = nearest(whole, limit=4)
    assert [one["id"] for one in found["nodes"]] == ["parent", "it", "child-0", "child-1"]
    assert [edge["child"] for edge in found["edges"]] == ["it", "child-0", "child-1"]
    assert found["left_out"] == 4
    assert nearest(whole, limit=8)["left_out"] == 0
