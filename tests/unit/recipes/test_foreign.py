"""Recipes of other programs."""

from __future__ import annotations

import json
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchgen_widgets as bg
from batchgen_widgets.recipes import write_automatic1111
from tests.unit.recipes.foreign import (
    A1111,
    A1111_PARAMS,
    COMFY,
    COMFY_PARAMS,
    COMFY_WORKFLOW,
    DREAM,
    DREAM_PARAMS,
    FLUX,
    FLUX_PARAMS,
    INVOKE,
    INVOKE_PARAMS,
    OLD_INVOKE,
    OLD_INVOKE_PARAMS,
    TWICE,
    TWICE_PARAMS,
    comfy_webp,
    png,
    with_user_comment,
)


def sound(format_name: str, codec: str, **tags: str) -> bytes:
    file = BytesIO()
    options = {"movflags": "use_metadata_tags"} if format_name in ("mp4", "ipod") else {}
    with av.open(file, "w", format=format_name, options=options) as container:
        container.metadata.update(tags)
        stream: Any = container.add_stream(codec, rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="mono")
        frame.rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        for each in (frame, None):
            container.mux(stream.encode(each))
    return file.getvalue()


# AUTOMATIC1111


@pytest.mark.parametrize(
    "data",
    [
        png({"parameters": A1111}),
        png({"parameters": A1111}, packed=True),
        png({"parameters": A1111.replace("\n", "\r\n")}),
        with_user_comment("JPEG", A1111),
        with_user_comment("JPEG", A1111, "utf-16-le"),
        with_user_comment("WEBP", A1111),
        with_user_comment("AVIF", A1111),
    ],
    ids=["png", "packed", "windows", "jpeg", "jpeg, other order", "webp", "avif"],
)
def test_automatic1111(data: bytes) -> None:
    recipe = bg.recall(data)
    assert recipe.made_by == "automatic1111"
    assert recipe.params == A1111_PARAMS
    assert recipe.raw["Clip skip"] == "2"
    assert recipe.raw["Lora hashes"] == "sea: 0a1b2c, tide: 3d4e5f"
    assert recipe.raw["parameters"].replace("\r\n", "\n") == A1111
    assert (recipe.seed, recipe.prompt) == (A1111_PARAMS["seed"], A1111_PARAMS["prompt"])
    assert recipe.generator is recipe.batch_id is recipe.created_at is None


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("a fox\nSteps: 4", {"prompt": "a fox", "steps": 4}),
        ("Steps: 4, Seed: 1", {"steps": 4, "seed": 1}),
        ("Negative prompt: bad\nSteps: 4", {"negative_prompt": "bad", "steps": 4}),
        ("a fox\nNegative prompt: bad", {"prompt": "a fox", "negative_prompt": "bad"}),
        (
            "狐\nSteps: 4, CFG scale: 7, Size: 1x2",
            {"prompt": "狐", "steps": 4, "cfg_scale": 7, "width": 1, "height": 2},
        ),
        ("a\nSteps: 4, Seed: x, CFG scale: nan, Size: big", {"prompt": "a", "steps": 4}),
    ],
)
def test_automatic1111_as_far_as_it_goes(text: str, params: dict[str, Any]) -> None:
    assert bg.recall(png({"parameters": text})).params == params


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200).map(str.strip)


@given(prompt=WORDS, negative=WORDS, sampler=WORDS.filter(bool), seed=st.integers(0, 2**63), steps=st.integers(1, 999))
@settings(max_examples=200, deadline=None)
def test_what_we_write_that_way_is_read_that_way(
    prompt: str, negative: str, sampler: str, seed: int, steps: int
) -> None:
    params = {"prompt": prompt, "sampler": sampler, "seed": seed, "num_inference_steps": steps, "guidance_scale": 7.5}
    params |= {"negative_prompt": negative, "width": 512, "height": 64}
    text = write_automatic1111(params)
    assert text is not None
    read = bg.recall(png({"parameters": text})).params
    same = {"sampler": sampler, "seed": seed, "steps": steps, "cfg_scale": 7.5, "width": 512, "height": 64}
    words = {name: value for name, value in (("prompt", prompt), ("negative_prompt", negative)) if value}
    assert read == same | words


def test_automatic1111_is_written_as_its_tools_read_it() -> None:
    params = {
        "prompt": "a fox",
        "seed": 1,
        "width": 512,
        "height": 512,
        "steps": 20,
        "cfg_scale": 7.5,
        "sampler": "euler",
        "negative_prompt": "blurry",
        "tiling": True,
    }
    assert write_automatic1111(params) == (
        "a fox\nNegative prompt: blurry\nSteps: 20, Sampler: euler, CFG scale: 7.5, Seed: 1, Size: 512x512"
    )
    assert write_automatic1111({"prompt": "a fox", "seed": 1, "colour": "red"}) is None
    assert write_automatic1111({"seed": 1, "steps": 20, "sampler": "euler"}) is None


# ComfyUI


@pytest.mark.parametrize(
    ("data", "params"),
    [
        (png({"prompt": json.dumps(COMFY), "workflow": json.dumps(COMFY_WORKFLOW)}), COMFY_PARAMS),
        (png({"prompt": json.dumps(COMFY, ensure_ascii=False)}), COMFY_PARAMS),
        (png({"workflow": json.dumps(COMFY_WORKFLOW)}), COMFY_PARAMS),
        (comfy_webp(COMFY, COMFY_WORKFLOW), COMFY_PARAMS),
        (png({"prompt": json.dumps(FLUX)}), FLUX_PARAMS),
        (png({"prompt": json.dumps(TWICE)}), TWICE_PARAMS),
        (sound("flac", "flac", prompt=json.dumps(COMFY)), COMFY_PARAMS),
        (sound("webm", "libopus", prompt=json.dumps(COMFY)), COMFY_PARAMS),
        (sound("mp4", "aac", prompt=json.dumps(COMFY)), COMFY_PARAMS),
        (sound("mp4", "aac", comment=json.dumps({"prompt": json.dumps(COMFY), "workflow": {}})), COMFY_PARAMS),
    ],
    ids=["png", "unicode", "workflow", "webp", "flux", "twice", "flac", "webm", "mp4", "comment"],
)
def test_comfyui(data: bytes, params: dict[str, Any]) -> None:
    recipe = bg.recall(data)
    assert recipe.made_by == "comfyui"
    assert recipe.params == params
    assert recipe.raw.get("prompt") or recipe.raw["workflow"] == COMFY_WORKFLOW


def test_a_graph_of_unknown_nodes_gives_what_can_be_found() -> None:
    graph = {"1": {"class_type": "TextEncodeMagic", "inputs": {"prompt": "a fox"}}, "2": {"class_type": "Save"}}
    recipe = bg.recall(png({"prompt": json.dumps(graph)}))
    assert (recipe.made_by, recipe.params, recipe.raw) == ("comfyui", {"prompt": "a fox"}, {"prompt": graph})


def test_a_graph_that_goes_round_in_circles_ends() -> None:
    graph = json.loads(json.dumps(COMFY))
    graph["6"]["inputs"] = {"text": ["6", 0], "conditioning": ["3", 0]}
    graph["5"]["inputs"] = {"samples": ["3", 0]}
    graph["4"]["inputs"] = {"model": ["4", 0]}
    params = bg.recall(png({"prompt": json.dumps(graph)})).params
    assert params["seed"] == COMFY_PARAMS["seed"]
    assert "width" not in params


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(["3", 0]) | st.just(["6", 0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(changes=st.dictionaries(st.sampled_from([*COMFY, "20"]), VALUES), inputs=st.dictionaries(st.text(), VALUES))
@settings(max_examples=150, deadline=None)
def test_any_graph_gives_a_recipe_or_a_clear_error(changes: dict[str, Any], inputs: dict[str, Any]) -> None:
    api = {**COMFY, **changes, "3": {"class_type": "KSampler", "inputs": {**COMFY["3"]["inputs"], **inputs}}}
    editor = {**COMFY_WORKFLOW, "nodes": [*COMFY_WORKFLOW["nodes"][:2], *changes.values()], "links": changes.get("3")}
    assert bg.recall(png({"prompt": json.dumps(api)})).made_by == "comfyui"
    assert bg.recall(png({"workflow": json.dumps(editor)})).made_by == "comfyui"


# InvokeAI


@pytest.mark.parametrize(
    ("texts", "params"),
    [
        ({"invokeai_metadata": json.dumps(INVOKE), "invokeai_graph": "{}"}, INVOKE_PARAMS),
        ({"sd-metadata": json.dumps(OLD_INVOKE), "Dream": DREAM}, OLD_INVOKE_PARAMS),
        ({"Dream": DREAM}, DREAM_PARAMS),
        ({"Dream": "a fox [bad] -s 9"}, {"prompt": "a fox", "negative_prompt": "bad", "steps": 9}),
    ],
)
def test_invokeai(texts: dict[str, str], params: dict[str, Any]) -> None:
    recipe = bg.recall(png(texts))
    assert (recipe.made_by, recipe.params) == ("invokeai", params)


def test_what_invokeai_says_beside_is_kept() -> None:
    recipe = bg.recall(png({"invokeai_metadata": json.dumps(INVOKE)}))
    assert recipe.raw == {"app_version": "5.4.2", "generation_mode": "txt2img", "rand_device": "cpu"}


# None of these


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"parameters": "just words"},
        {"prompt": "a fox"},
        {"prompt": "{", "workflow": "[" * 100_000, "sd-metadata": "{" * 100_000},
        {"prompt": '{"a":' * 50_000, "invokeai_metadata": '{"a":' * 50_000},
        {"comment": "A photo", "Software": "Paint"},
    ],
    ids=["nothing", "words", "no json", "torn", "deep", "others"],
)
def test_a_file_without_a_recipe_says_what_was_looked_for(texts: dict[str, str]) -> None:
    with pytest.raises(
        bg.ParameterError, match="says nothing about how it was made; neither batchgen_widgets nor"
    ) as caught:
        bg.recall(png(texts))
    assert caught.value.field == "source"


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7", bytes(5000)])
def test_what_is_no_media_file_is_refused(data: bytes) -> None:
    with pytest.raises(bg.ParameterError, match="is no image, video or sound of a kind that carries a recipe"):
        bg.recall(data)
