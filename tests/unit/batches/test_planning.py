"""Plans: what they check, and what they tell."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any

import pytest

from batchgen_widgets.batches import BatchConfig, VariationParams, make_plan, validate_config
from batchgen_widgets.errors import ConfigError, FieldError
from batchgen_widgets.generators import Generator, Range, generator

UNKNOWN = "no such parameter; did you mean 'steps'? allowed: prompt, seed, steps, cfg_scale, style, tile"


class Style(enum.Enum):
    OIL = "oil"
    PENCIL = "pencil"


@generator
def poster(
    prompt: str,
    seed: Annotated[int, Range(0, 999)] = 0,
    steps: Annotated[int, Range(1, 150, step=5)] = 21,
    cfg_scale: Annotated[float, Range(1.0, 20.0)] = 7.5,
    style: Style = Style.OIL,
    tile: bool = False,
) -> None: ...


@generator
def plain(size: int = 3) -> None: ...


def config(batch_size: int = 1, **variation: Any) -> BatchConfig:
    return BatchConfig(batch_size=batch_size, variation_params=VariationParams(**variation))


def problems(gen: Generator, wanted: BatchConfig, base: dict[str, Any] | None = None) -> list[FieldError]:
    with pytest.raises(ConfigError) as caught:
        make_plan(gen.parameters, {"prompt": "p"} if base is None else base, wanted)
    return caught.value.errors


def test_without_batch_mode_there_is_one_task() -> None:
    off = BatchConfig(
        enabled=False,
        batch_size=9,
        variation_params=VariationParams(vary_seeds=True, vary_parameters=True, parameter_ranges={"nothing": [1]}),
    )
    made = make_plan(poster.parameters, {"prompt": "p", "steps": "6"}, off)
    assert (made.count, made.varied, made.summary) == (1, (), "1 task")
    assert made.tasks == [{"prompt": "p", "seed": 0, "steps": 6, "cfg_scale": 7.5, "style": Style.OIL, "tile": False}]
    with pytest.raises(ConfigError, match=r"^base.prompt: required, but not given; give a text"):
        make_plan(poster.parameters, {}, off)


def test_the_base_is_checked_field_by_field() -> None:
    found = problems(poster, config(), {"step": 3, "steps": 150, "cfg_scale": "nan"})
    assert {error.field: error.message for error in found} == {
        "base.step": UNKNOWN,
        "base.prompt": "required, but not given; give a text",
        "base.steps": "150 is not allowed; give a whole number from 1 to 150 in steps of 5 from 1",
        "base.cfg_scale": "'nan' is not allowed; give a finite number from 1.0 to 20.0",
    }


def test_what_varies_need_not_be_in_the_base() -> None:
    vary = {"vary_prompts": True, "prompt_variations": ["a", "b"]}
    made = make_plan(poster.parameters, {}, config(strategy="grid", **vary))
    assert [task["prompt"] for task in made] == ["a", "b"]
    assert list(made[0]) == list(poster.parameters)
    assert "prompt" not in made.base
    (error,) = problems(poster, config(strategy="one_at_a_time", **vary), {})
    assert error.field == "base.prompt"


def test_unknown_and_impossible_entries() -> None:
    ranges = {
        "stps": [1],
        "steps": [6, 7],
        "cfg_scale": (0, 30),
        "style": ["OIL", "WATER"],
        "tile": (0, 1),
    }
    wanted = config(vary_parameters=True, parameter_ranges=ranges)
    expected = {
        "parameter_ranges.stps": UNKNOWN,
        "parameter_ranges.steps": "item 2: 7 is not allowed; give a whole number from 1 to 150 in steps of 5 from 1",
        "parameter_ranges.cfg_scale": "0 is not allowed; give a finite number from 1.0 to 20.0",
        "parameter_ranges.style": "item 2: 'WATER' is not allowed; choose one of 'OIL', 'PENCIL'",
        "parameter_ranges.tile": "(0, 1) is a continuous range, which only numbers have; give a list of values",
    }
    assert {error.field: error.message for error in problems(poster, wanted)} == expected
    with pytest.raises(ConfigError) as caught:
        validate_config(poster.parameters, wanted)
    assert {error.field: error.message for error in caught.value.errors} == expected
    # What is switched off is still no plan's problem, and still checked when it is set.
    off = wanted.replace(variation_params=wanted.variation_params.replace(vary_parameters=False))
    assert make_plan(poster.parameters, {"prompt": "p"}, off).count == 1
    with pytest.raises(ConfigError):
        validate_config(poster.parameters, off)


def test_a_range_without_an_allowed_value() -> None:
    (error,) = problems(poster, config(vary_parameters=True, parameter_ranges={"steps": (7, 10)}))
    assert error == FieldError(
        "parameter_ranges.steps",
        "no allowed value lies from 7 to 10; give a whole number from 1 to 150 in steps of 5 from 1",
    )


def test_seeds_and_prompts_need_their_parameter() -> None:
    wanted = config(vary_seeds=True, vary_prompts=True, prompt_variations=["a"])
    found = problems(plain, wanted, {})
    assert {error.field: error.message for error in found} == {
        "vary_prompts": "the generator has no parameter `prompt: str`, so this must be off; its parameters: size",
        "vary_seeds": "the generator has no parameter `seed: int`, so this must be off; its parameters: size",
    }
    with pytest.raises(ConfigError):
        validate_config(plain.parameters, wanted)


def test_the_seed_range_fits_the_parameter() -> None:
    made = make_plan(poster.parameters, {"prompt": "p"}, config(1000, vary_seeds=True))
    assert sorted(task["seed"] for task in made) == list(range(1000))
    (error,) = problems(poster, config(vary_seeds=True, seed_range=(0, 1000)))
    assert error == FieldError("seed_range", "1000 is not allowed; give a whole number from 0 to 999")


def test_one_parameter_varies_one_way() -> None:
    found = problems(
        poster,
        config(
            vary_seeds=True,
            vary_prompts=True,
            prompt_variations=["a"],
            vary_parameters=True,
            parameter_ranges={"seed": [1, 2], "prompt": ["b"]},
        ),
    )
    assert {error.field: error.message for error in found} == {
        "parameter_ranges.seed": "vary_seeds varies it already; switch that off, or remove this entry",
        "parameter_ranges.prompt": "vary_prompts varies it already; switch that off, or remove this entry",
    }
    made = make_plan(
        poster.parameters,
        {"prompt": "p"},
        config(strategy="grid", vary_parameters=True, parameter_ranges={"seed": [1, 2]}),
    )
    assert [task["seed"] for task in made] == [1, 2]


def test_what_only_a_plan_refuses() -> None:
    cases = [
        (config(vary_prompts=True), ["prompt_variations"]),
        (config(vary_parameters=True), ["parameter_ranges"]),
        (config(vary_parameters=True, parameter_ranges={"steps": []}), ["parameter_ranges.steps"]),
        (
            config(strategy="grid", vary_parameters=True, parameter_ranges={"cfg_scale": (1, 2)}),
            ["parameter_ranges.cfg_scale"],
        ),
        (config(strategy="zip"), ["strategy"]),
    ]
    for wanted, fields in cases:
        validate_config(poster.parameters, wanted)
        found = problems(poster, wanted)
        assert [error.field for error in found] == fields
        assert all("; " in error.message for error in found)


def test_entropy_makes_a_plan_repeatable() -> None:
    wanted = config(5, vary_seeds=True)
    fresh = make_plan(poster.parameters, {"prompt": "p"}, wanted)
    again = make_plan(poster.parameters, {"prompt": "p"}, wanted, entropy=fresh.entropy)
    assert again.tasks == fresh.tasks
    assert 0 <= fresh.entropy < 2**53
    assert make_plan(poster.parameters, {"prompt": "p"}, wanted, entropy=fresh.entropy + 1).tasks != fresh.tasks
    seeded = config(5, vary_seeds=True, seed=11)
    assert make_plan(poster.parameters, {"prompt": "p"}, seeded, entropy=3).entropy == 11


def test_a_plan_is_a_sequence_of_new_dicts() -> None:
    made = make_plan(poster.parameters, {"prompt": "p"}, config(3, vary_seeds=True))
    assert len(made) == 3
    assert list(made) == made.tasks == [made[0], made[1], made[2]]
    assert made[-1] == made[2]
    assert made.tasks is made.tasks
    assert made[0] is not made[0]
    with pytest.raises(IndexError):
        made[3]


def test_estimates_rows_and_html() -> None:
    made = make_plan(
        poster.parameters,
        {"prompt": "p"},
        config(2, strategy="grid", vary_seeds=True, vary_prompts=True, prompt_variations=["<b>&", "x"] * 2,
               vary_parameters=True, parameter_ranges={"style": [Style.PENCIL]}),
    )  # fmt: skip
    assert (made.estimate_seconds, made.estimate_bytes) == (None, None)
    rows = made.first_rows(3)
    assert json.loads(json.dumps(rows)) == rows
    assert [list(row) for row in rows] == [["prompt", "seed", "style"]] * 3
    assert rows[0] == {"prompt": "<b>&", "seed": made[0]["seed"], "style": "PENCIL"}
    estimated = made.with_estimates(120, 14_000_000)
    assert (estimated.estimate_seconds, estimated.estimate_bytes, estimated.count) == (120, 14_000_000, 8)
    assert estimated.tasks == made.tasks
    html = estimated._repr_html_()
    assert "8 tasks = 2 seeds × 4 prompts × 1 style value, about 2 min, about 14 MB" in html
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert html.count("<tr>") == 6
    assert "and 3 more" in html
    one = make_plan(plain.parameters, {}, BatchConfig())
    assert one._repr_html_() == "<p>1 task</p>"
