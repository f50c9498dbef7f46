"""A file that is dropped on the config panel: piece by piece, and what the form takes of it."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.media import write_note
from batchgen_widgets.widgets.recall_desk import MAX_RECALL_BYTES
from batchgen_widgets.wire import types as wire


@pytest.fixture
def panel(session: bg.BatchSession, page: Any) -> Any:
    return page(bg.BatchConfigPanel(session))


def save(name: str, recipe: bg.Recipe | None, **options: Any) -> bytes:
    file = BytesIO()
    Image.effect_noise((400, 300), 90).save(file, name, **options)
    if recipe is not None:
        assert write_note(file, recipe.to_json())
    return file.getvalue()


def piece(data: bytes, offset: int = 0, length: int | None = None, **change: Any) -> dict[str, Any]:
    part = data[offset : None if length is None else offset + length]
    whole = {"upload": "u1", "name": "fox.png", "size": len(data), "offset": offset}
    return {**whole, "data": base64.b64encode(part).decode(), **change}


RECIPE = bg.Recipe({"prompt": "a fox", "seed": 7, "colour": "red"}, generator="landscape")


def test_it_fills_the_form_in(session: bg.BatchSession, panel: Any) -> None:
    result = panel.result("recipe.upload", **piece(save("PNG", RECIPE)))
    assert set(result) == set(wire.RecipeState.__annotations__)
    taken = result["taken"]
    assert set(taken) == set(wire.RecipeTaken.__annotations__)
    assert (taken["made_by"], taken["generator"]) == ("batchgen", "landscape")
    assert taken["taken"] == ["prompt", "seed"]
    assert [left["name"] for left in taken["left_out"]] == ["colour"]
    assert "no such parameter" in taken["left_out"][0]["reason"]
    assert (session.base_parameters["prompt"], session.base_parameters["seed"]) == ("a fox", 7)


def test_what_varies_is_told(session: bg.BatchSession, panel: Any) -> None:
    data = save("PNG", RECIPE)
    session.set_batch_config({"batch_size": 2, "variation_params": {"vary_seeds": True}})
    assert panel.result("recipe.upload", **piece(data))["taken"]["varied"] == ["seed"]
    session.set_batch_config({"enabled": False})
    assert panel.result("recipe.upload", **piece(data))["taken"]["varied"] == []


def test_pieces_come_together(session: bg.BatchSession, panel: Any) -> None:
    data = save("WEBP", RECIPE, quality=90)
    at, results = 0, []
    while at is not None:
        results.append(panel.result("recipe.upload", **piece(data, at, 10_000)))
        at = results[-1]["next"]
    assert len(results) == -(-len(data) // 10_000) > 2
    assert all(result["taken"] is None for result in results[:-1])
    assert results[-1]["taken"]["taken"] == ["prompt", "seed"]


def test_the_front_of_a_png_is_enough(panel: Any) -> None:
    data = save("PNG", RECIPE)
    result = panel.result("recipe.upload", **piece(data, 0, 4000))
    assert result["next"] is None
    assert result["taken"]["taken"] == ["prompt", "seed"]
    plain = save("PNG", None)
    assert panel.result("recipe.upload", **piece(plain, 0, 4000)) == {"next": 4000, "taken": None}


def test_another_file_takes_the_place_of_the_first(panel: Any) -> None:
    one, other = save("WEBP", RECIPE), save("WEBP", bg.Recipe({"prompt": "a badger"}))
    assert panel.result("recipe.upload", **piece(one, 0, 3000))["next"] == 3000
    assert panel.result("recipe.upload", **piece(other, 0, 2000, upload="u2"))["next"] == 2000
    assert "did not arrive whole" in panel.error("recipe.upload", **piece(one, 3000, 3000))["message"]
    assert panel.result("recipe.upload", **piece(other, 2000, upload="u2"))["taken"]["taken"] == ["prompt"]


@pytest.mark.parametrize(
    "change",
    [{"data": "!!"}, {"data": ""}, {"data": None}, {"offset": 5}, {"offset": -1}, {"size": 10}, {"size": 0}],
    ids=str,
)
def test_pieces_that_do_not_fit_are_refused(panel: Any, change: dict[str, Any]) -> None:
    error = panel.error("recipe.upload", **piece(save("WEBP", RECIPE), 0, 3000) | change)
    assert error["message"] == "fox.png did not arrive whole; choose it once more"


def test_a_file_that_is_too_large_is_for_python(panel: Any) -> None:
    error = panel.error("recipe.upload", **piece(b"x", size=MAX_RECALL_BYTES + 1))
    assert error["message"] == "fox.png is larger than 64 MB; read it in Python: session.use_recipe(bg.recall(path))"


@pytest.mark.parametrize(("kind", "words"), [("text", "is no image"), ("PNG", "says nothing about")])
def test_a_file_without_a_recipe_is_called_by_its_name(session: Any, panel: Any, kind: str, words: str) -> None:
    data = b"hello" if kind == "text" else save(kind, None)
    before = dict(session.base_parameters)
    message = panel.error("recipe.upload", **piece(data, name="C:\\pictures\\fox.png"))["message"]
    assert message.startswith(f"fox.png {words}")
    assert dict(session.base_parameters) == before
