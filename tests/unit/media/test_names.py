from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.media import readable_stem


def test_a_name_tells_task_prompt_and_seed() -> None:
    params = {"prompt": "A beautiful landscape", "seed": 482113, "steps": 20}
    assert readable_stem(3, params) == "0003_a-beautiful-landscape_seed-482113"
    assert readable_stem(3, params, name="Depth map") == "0003_a-beautiful-landscape_seed-482113_depth-map"
    assert readable_stem(3, params, position=1) == "0003_a-beautiful-landscape_seed-482113_2"
    assert readable_stem(12345, {}, width=6) == "012345"
    assert readable_stem(12345, {}) == "12345"


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [
        ("Crème brûlée, ½ price!", "creme-brulee-12-price"),
        ("the king's cat", "the-kings-cat"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本の風景", ""),
        ("🦊", ""),
        ("  ", ""),
        ("con", "con"),
    ],
)
def test_prompts_become_plain_words(prompt: str, slug: str) -> None:
    assert readable_stem(0, {"prompt": prompt}) == ("0000_" + slug).rstrip("_")


def test_a_long_prompt_is_cut_between_words_and_the_seed_is_kept() -> None:
    stem = readable_stem(7, {"prompt": "an old lighthouse in a storm " * 9, "seed": 5}, name="image", position=2)
    assert stem == "0007_an-old-lighthouse-in-a-storm-an-old-lighthouse-in-a-storm-an_seed-5_image_3"
    assert len(readable_stem(7, {"prompt": "x" * 500})) == 80


def test_other_types_are_left_out() -> None:
    assert readable_stem(1, {"prompt": 5, "seed": True}) == "0001"
    assert readable_stem(1, {"prompt": None, "seed": "abc"}) == "0001"
    assert readable_stem(1, {"seed": -3}) == "0001_seed-3"


@given(
    st.integers(0, 10**7) | st.integers(),
    st.text(max_size=300) | st.none(),
    st.integers() | st.none() | st.text(),
    st.none() | st.text(),
    st.integers(0, 10**4),
    st.integers(0, 9),
)
def test_names_are_never_empty_and_safe_everywhere(
    index: int, prompt: str | None, seed: object, name: str | None, position: int, width: int
) -> None:
    stem = readable_stem(index, {"prompt": prompt, "seed": seed}, name=name, position=position, width=width)
    assert re.fullmatch(r"[0-9][a-z0-9_-]*[a-z0-9]|[0-9]", stem)
    assert len(stem) <= 80
    assert Path(stem).name == stem
    assert stem.isascii()


@given(st.text(max_size=99), st.text(max_size=40), st.integers(0, 2**64))
def test_tasks_and_positions_never_share_a_name(prompt: str, name: str, seed: int) -> None:
    params = {"prompt": prompt, "seed": seed}
    names = [
        readable_stem(index, params, name=name, position=at) for index in (0, 1, 12, 99_999) for at in (0, 1, 2, 10)
    ]
    assert len(set(names)) == len(names)
