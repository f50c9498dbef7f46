"""The form field for media, as the browser drives it: files in pieces, and results of the gallery."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.widgets import inputs_desk


@bg.generator
def paint(seed: int = 0) -> Any:
    return Image.new("RGB", (4, 4), (seed % 256, 9, 9))


@bg.generator
def blend(image: Image.Image, mask: Image.Image | None = None, strength: float = 0.5) -> Any:
    return image


@pytest.fixture
def first(open_session):
    batch = open_session(paint, tasks=3).start_batch()
    assert batch.wait(30)
    return batch


@pytest.fixture
def studio(open_session, first, page):
    session = open_session(blend)
    widget = page(bg.BatchStudio(session))
    widget.session = session
    return widget


def png(color: str = "red") -> bytes:
    file = BytesIO()
    Image.new("RGB", (3, 2), color).save(file, "PNG")
    return file.getvalue()


def piece(data: bytes, offset: int = 0, length: int | None = None, **change: Any) -> dict[str, Any]:
    part = data[offset : None if length is None else offset + length]
    given = {"parameter": "image", "upload": "1", "name": "cat.png", "size": len(data), "offset": offset, "add": False}
    return given | {"data": base64.b64encode(part).decode()} | change


def given(studio: Any, count: int, parameter: str = "image") -> list[dict[str, Any]]:
    """Wait until the browser knows of so many values of a parameter, and give those it knows."""
    return studio.wait_for(
        lambda: (
            studio.shown("inputs")["given"][parameter]["count"] == count
            and (studio.shown("inputs")["given"][parameter]["items"] or [None])
        )
    )


def test_a_form_that_needs_an_image(studio):
    assert studio.shown("inputs") == {
        "given": {"image": {"count": 0, "items": []}, "mask": {"count": 0, "items": []}},
        "takes": True,
    }
    types = {spec["name"]: (spec["type"], spec["required"]) for spec in studio.shown("generator")["parameters"]}
    assert types == {"image": ("image", True), "mask": ("image", False), "strength": ("float", False)}
    assert [error["field"] for error in studio.shown("plan")["errors"]] == ["base.image"]


def test_a_file_in_pieces(studio, root):
    data = png()
    assert studio.result("inputs.upload", **piece(data, 0, 20)) == {"next": 20}
    assert studio.session.base_parameters.get("image") is None
    assert studio.result("inputs.upload", **piece(data, 20)) == {"next": None}
    value = studio.session.base_parameters["image"]
    assert (value.name, value.path.read_bytes(), value.path.parent) == ("cat.png", data, root / "inputs")
    (item,) = given(studio, 1)
    assert item == {"id": value.path.stem, "name": "cat.png", "kind": "image"}
    studio.wait_for(lambda: studio.shown("plan")["ok"])
    assert studio.shown("settings")["base"]["image"].startswith("cat.png (")
    reply, buffers = studio.ask("inputs.thumbnails", parameter="image")
    assert [entry["position"] for entry in reply["result"]["items"]] == [0]
    with Image.open(BytesIO(buffers[0])) as picture:
        assert picture.size == (3, 2)


def test_several_files_are_one_task_each(studio):
    for number, color in enumerate(("red", "green", "blue")):
        change = {"name": f"{color}.png", "upload": color, "add": number > 0}
        studio.result("inputs.upload", **piece(png(color), **change))
    assert [item["name"] for item in given(studio, 3)] == ["red.png", "green.png", "blue.png"]
    studio.wait_for(lambda: studio.shown("plan")["count"] == 3)
    assert studio.shown("plan")["summary"] == "3 tasks = 3 inputs"
    assert [row["image"].split(" ")[0] for row in studio.shown("plan")["rows"]] == ["red.png", "green.png", "blue.png"]
    studio.result("inputs.remove", parameter="image", index=1)
    assert [item["name"] for item in given(studio, 2)] == ["red.png", "blue.png"]
    studio.result("inputs.remove", parameter="image", index=0)
    assert [item["name"] for item in given(studio, 1)] == ["blue.png"]
    assert studio.session.inputs == {}
    studio.result("inputs.remove", parameter="image", index=None)
    assert given(studio, 0) == [None]


def test_lists_of_two_parameters(studio):
    for name, count in (("image", 2), ("mask", 3)):
        for number in range(count):
            change = {"parameter": name, "upload": f"{name}{number}", "add": number > 0}
            studio.result("inputs.upload", **piece(png(), **change))
    given(studio, 2)
    given(studio, 3, "mask")
    studio.wait_for(lambda: "equal lengths" in str(studio.shown("plan")["errors"]))
    studio.result("inputs.remove", parameter="mask", index=0)
    studio.wait_for(lambda: studio.shown("plan")["ok"])
    assert studio.session.start_batch().wait(30)


def test_results_of_the_gallery(studio, first, open_session):
    studio.result("history.show", batch=first.id)
    studio.wait_for(lambda: studio.shown("gallery")["source"] == first.id)
    assert (
        "select some results in the gallery first"
        in studio.error("inputs.take", parameter="image", which="selected")["message"]
    )
    studio.result("assets.select", source=first.id, positions=[0, 2], how="set")
    studio.result("inputs.take", parameter="image", which="selected")
    assert [item["id"] for item in given(studio, 2)] == [first.results[0].id, first.results[2].id]
    studio.session.set_marks(first.results[1:2], "favorite")
    studio.result("inputs.take", parameter="image", which="favorites")
    assert [item["id"] for item in given(studio, 1)] == [first.results[1].id]
    assert studio.session.base_parameters["image"] is first.results[1]
    batch = studio.session.start_batch()
    assert batch.wait(30)
    assert batch.results[0].parents == (first.results[1].id,)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"size": 0}, "cat.png is empty"),
        ({"size": inputs_desk.MAX_UPLOAD_BYTES + 1}, "larger than 256 MB; give it by its path in Python"),
        ({"offset": 7}, "cat.png did not arrive whole"),
        ({"data": "%%%"}, "cat.png did not arrive whole"),
        ({"size": 3}, "cat.png did not arrive whole"),
        ({"parameter": "strength"}, "takes no media"),
        ({"parameter": "nothing"}, "no such parameter"),
    ],
)
def test_what_is_refused(studio, change, told):
    assert told in studio.error("inputs.upload", **{**piece(png()), **change})["message"]
    assert studio.shown("inputs")["given"]["image"]["count"] == 0


def test_another_kind_of_file(studio):
    error = studio.error("inputs.upload", **piece(b"plain text"))
    assert error["errors"][0]["field"] == "inputs.image"
    assert "cat.png: 10 bytes is no media file that a browser shows" in error["message"]


def test_names_are_only_names(studio, root):
    studio.result("inputs.upload", **piece(png(), name="../../<b>cat</b>\u202egpj.png"))
    (item,) = given(studio, 1)
    assert "/" not in item["name"].replace("</b>", "")
    assert [path.parent for path in root.rglob("*.png") if "inputs" in path.parts] == [root / "inputs"]


def test_a_panel_alone_has_no_gallery(open_session, page):
    panel = page(bg.BatchConfigPanel(open_session(blend)))
    assert panel.shown("inputs")["takes"] is False
    assert "no gallery beside" in panel.error("inputs.take", parameter="image", which="favorites")["message"]


def test_what_is_given_in_python_shows(studio):
    studio.session.set_inputs({"image": [Image.new("RGB", (2, 2)), Image.new("RGB", (9, 9))]})
    assert [item["name"] for item in given(studio, 2)] == ["image 2×2", "image 9×9"]
