"""Our own recipes: written, carried by files of every format, read back, fitted to a generator."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.media import write_note
from batchgen_widgets.recipes import device, fit, versions
from tests.unit.media.samples import encoded

# The nine formats, by the names of samples.
CARRIERS = ["png", "jpeg", "webp", "avif", "mp4", "webm", "wav", "flac", "ogg"]

ANY_TEXT = st.text(st.characters(), max_size=300)  # with lone surrogates and NUL
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
RECIPES = st.builds(
    bg.Recipe,
    params=st.dictionaries(ANY_TEXT, JSON, max_size=6) | st.fixed_dictionaries({"prompt": ANY_TEXT}),
    generator=ANY_TEXT | st.none(),
    source_sha256=st.text("0123456789abcdef", min_size=64, max_size=64) | st.none(),
    template=ANY_TEXT,
    batch_id=ANY_TEXT | st.none(),
    task_id=ANY_TEXT | st.none(),
    task_index=st.integers(0) | st.none(),
    position=st.integers(0) | st.none(),
    asset_id=ANY_TEXT | st.none(),
    versions=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3),
    device=ANY_TEXT | st.none(),
    created_at=st.datetimes(timezones=st.just(UTC)) | st.none(),
)


def carry(name: str, recipe: bg.Recipe) -> bytes:
    file = BytesIO(encoded()[name])
    assert write_note(file, recipe.to_json())
    return file.getvalue()


@pytest.mark.parametrize("name", CARRIERS)
@given(recipe=RECIPES)
@settings(max_examples=60, deadline=None)
def test_any_recipe_comes_back_from_any_file(name: str, recipe: bg.Recipe) -> None:
    assert replace(bg.recall(carry(name, recipe)), raw={}) == recipe


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("unit", ["fox ", "狐", "\ud800", "\0", "🦊"], ids=ascii)
def test_long_prompts_come_back(name: str, unit: str) -> None:
    prompt = unit * (150_000 // len(unit))
    recipe = bg.Recipe({"prompt": prompt, "seed": 2**64}, template="fox", created_at=datetime.now(UTC))
    read = bg.recall(carry(name, recipe))
    assert read.prompt == prompt
    assert (read.seed, read.template) == (2**64, "fox")


def test_a_prompt_that_is_the_template_is_written_once() -> None:
    recipe = bg.Recipe({"prompt": "狐" * 50_000}, template="狐" * 50_000)
    assert len(recipe.to_json()) < 350_000
    assert bg.Recipe.from_json(recipe.to_json()).template == recipe.template


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": "batchgen-recipe"}', "{" * 100_000, "[" * 100_000, "1" * 9000]
)
def test_a_damaged_recipe_is_named(text: str) -> None:
    file = BytesIO(encoded()["png"])
    assert write_note(file, text)
    with pytest.raises(bg.ParameterError, match="Ours is in it, but damaged"):
        bg.recall(file.getvalue())


@given(data=JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_is_a_recipe_or_a_value_error(data: Any) -> None:
    written = {"format": "batchgen-recipe", "params": {}, **dict.fromkeys(("seed", "versions", "created_at"), data)}
    for text in (json.dumps(data), json.dumps(written | {"task_index": data, "template": data})):
        try:
            recipe = bg.Recipe.from_json(text)
        except ValueError:
            continue
        assert isinstance(recipe.versions, dict)
        repr(recipe)


def test_what_a_newer_version_adds_is_kept() -> None:
    data = {"format": "batchgen-recipe", "version": 9, "params": {"seed": 1}, "mood": "calm"}
    recipe = bg.Recipe.from_json(json.dumps(data))
    assert (recipe.seed, recipe.raw["mood"]) == (1, "calm")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bg.recall(tmp_path / "gone.png")


def test_paths_and_bytes(tmp_path: Path) -> None:
    data = carry("flac", bg.Recipe({"seed": 7}))
    path = tmp_path / "sound"
    path.write_bytes(data)
    assert bg.recall(path) == bg.recall(str(path)) == bg.recall(bytearray(data)) == bg.recall(memoryview(data))


# What a session writes

Open = Callable[..., bg.BatchSession]


def paint(prompt: str = "a fox", seed: int = 1, steps: int = 20, cfg_scale: float = 7.5, sampler: str = "euler") -> Any:
    """Paint something."""
    return [Image.new("RGB", (8, 6), (seed % 255, 0, 0)), encoded()["jpeg"]]


def test_assets_know_their_recipe(open_session: Open, tmp_path: Path) -> None:
    session = open_session(bg.generator(paint))
    session.set_base_parameters({"prompt": "a fox"})
    session.set_batch_config(
        {"batch_size": 1, "variation_params": {"vary_prompts": True, "prompt_variations": ["狐\0\ud800"]}}
    )
    before = datetime.now(UTC)
    batch = session.start_batch()
    assert batch.wait(30)
    first, second = batch.results
    for asset in (first, second):
        recipe = asset.recipe
        assert recipe.made_by == "batchgen"
        assert recipe.params == {"prompt": "狐\0\ud800", "seed": 1, "steps": 20, "cfg_scale": 7.5, "sampler": "euler"}
        assert (recipe.prompt, recipe.template, recipe.seed) == ("狐\0\ud800", "a fox", 1)
        assert (recipe.generator, recipe.source_sha256) == ("paint", session.generator.source_sha256)
        assert (recipe.batch_id, recipe.task_id, recipe.task_index) == (batch.id, batch.tasks[0].id, 0)
        assert (recipe.asset_id, recipe.position) == (asset.id, asset.position)
        assert recipe.versions.items() >= {"python", "numpy", "pillow", "batchgen_widgets"} & recipe.versions.items()
        assert {"python", "numpy", "pillow", "batchgen_widgets"} <= recipe.versions.keys()
        assert recipe.device
        assert recipe.created_at is not None
        assert before <= recipe.created_at <= datetime.now(UTC)
        assert bg.recall(asset.path) == recipe
    with Image.open(first.path) as image:
        assert image.text["parameters"].endswith("\nSteps: 20, Sampler: euler, CFG scale: 7.5, Seed: 1")  # type: ignore[attr-defined]
    with Image.open(second.path) as image, Image.open(BytesIO(encoded()["jpeg"])) as given_image:
        assert np.array_equal(np.asarray(image), np.asarray(given_image))


def test_hashes_are_those_of_the_files(open_session: Open) -> None:
    import hashlib

    batch = open_session(bg.generator(paint)).start_batch()
    assert batch.wait(30)
    for asset in batch.results:
        assert asset.sha256 == hashlib.sha256(asset.path.read_bytes()).hexdigest()


def make_all(seed: int = 1) -> Any:
    frames = np.zeros((4, 16, 16, 3), np.uint8)
    return {"image": frames[0], "clip": bg.Video(frames, 4), "sound": bg.Audio(np.zeros(4800), 48_000)}


@pytest.mark.parametrize(
    ("options", "suffixes"),
    [
        ({}, [".png", ".mp4", ".wav"]),
        ({"image_format": "jpeg", "video_format": "webm", "audio_format": "flac"}, [".jpg", ".webm", ".flac"]),
        ({"image_format": "webp", "audio_format": "opus", "image_quality": 50}, [".webp", ".mp4", ".opus"]),
        ({"image_format": "avif"}, [".avif", ".mp4", ".wav"]),
    ],
)
def test_sessions_write_the_formats_that_were_chosen(open_session: Open, options: Any, suffixes: list[str]) -> None:
    batch = open_session(bg.generator(make_all), **options).start_batch()
    assert batch.wait(30)
    assert [asset.path.suffix for asset in batch.results] == suffixes
    assert [asset.recipe.seed for asset in batch.results] == [1, 1, 1]
    assert batch.origin["encoding"]["image"] == options.get("image_format", "png")


def test_a_format_that_there_is_not_is_refused(root: Path) -> None:
    with pytest.raises(bg.ParameterError, match="image_format: 'gif' is not allowed"):
        bg.BatchSession(paint, root, image_format="gif")  # type: ignore[arg-type]


def test_batches_remember_what_made_them(open_session: Open, root: Path) -> None:
    session = open_session(bg.generator(paint))
    plan = session.plan()
    batch = session.start_batch()
    assert batch.wait(30)
    origin = batch.origin
    assert origin["source_sha256"] == session.generator.source_sha256
    assert origin["source"].startswith("def paint(")
    assert (origin["module"], origin["qualname"]) == (__name__, "paint")
    assert origin["entropy"] == plan.entropy
    assert (origin["versions"], origin["device"]) == (dict(versions()), device())


def test_a_lost_file_is_an_error_of_the_project(open_session: Open) -> None:
    batch = open_session(bg.generator(paint)).start_batch()
    assert batch.wait(30)
    batch.results[0].path.unlink()
    with pytest.raises(bg.ProjectError, match="can't be read"):
        batch.results[0].recipe  # noqa: B018


# Fitting


def poster(
    prompt: str,
    guidance_scale: Annotated[float, bg.Range(1, 20)] = 7.0,
    num_inference_steps: Annotated[int, bg.Range(1, 50)] = 20,
    sampler: Literal["euler", "ddim"] = "ddim",
    seed: int = 0,
    style: Any = None,
) -> Any: ...


def test_names_that_mean_the_same_are_found_and_what_is_wrong_is_told() -> None:
    recipe = bg.Recipe(
        {
            "prompt": "a fox",
            "cfg_scale": 6.5,
            "steps": 99,
            "sampler": "DPM++ 2M",
            "seed": 5,
            "model": "landscapes",
            "style": "<object>",
        },
        made_by="automatic1111",
    )
    found = fit(recipe, bg.generator(poster))
    assert found.params == {"prompt": "a fox", "guidance_scale": 6.5, "seed": 5}
    reasons = {left.name: left.reason for left in found.left_out}
    assert reasons == {
        "steps": "num_inference_steps: 99 is not allowed; give a whole number from 1 to 50",
        "sampler": "'DPM++ 2M' is not allowed; choose one of 'euler', 'ddim'",
        "model": "poster has no such parameter",
        "style": "its value can't be read from a file",
    }


def test_a_name_of_its_own_comes_first() -> None:
    def both(cfg: float = 1.0, cfg_scale: float = 2.0) -> Any: ...

    found = fit(bg.Recipe({"guidance": 3, "cfg": 4, "cfg_scale": 5}), bg.generator(both))
    assert found.params == {"cfg": 4.0, "cfg_scale": 5.0}
    assert [left.name for left in found.left_out] == ["guidance"]


def test_a_session_takes_what_fits(open_session: Open) -> None:
    session = open_session(bg.generator(poster))
    found = session.use_recipe(bg.Recipe({"prompt": "a fox", "seed": 5, "mood": "calm"}))
    assert session.base_parameters["prompt"] == "a fox"
    assert (session.base_parameters["seed"], session.base_parameters["guidance_scale"]) == (5, 7.0)
    assert dict(found.params) == {"prompt": "a fox", "seed": 5}
    assert [left.name for left in found.left_out] == ["mood"]
