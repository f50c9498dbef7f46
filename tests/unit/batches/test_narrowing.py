"""The next config around the favorites."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchgen_widgets.batches import BatchConfig, VariationParams, make_plan, validate_config
from batchgen_widgets.batches.config import DEFAULT_SEED_RANGE
from batchgen_widgets.batches.narrowing import Proposal, narrow
from batchgen_widgets.batches.table import value_key
from batchgen_widgets.generators import Generator, Range, generator


class Style(Enum):
    OIL = "oil"
    INK = "ink"
    PENCIL = "pencil"


@generator
def poster(
    prompt: str = "A harbour",
    seed: int = 0,
    steps: Annotated[int, Range(1, 150)] = 20,
    cfg_scale: Annotated[float, Range(1.0, 20.0, step=0.5)] = 7.5,
    strength: Annotated[float, Range(0.0, 1.0)] = 0.5,
    sampler: Literal["euler", "ddim", "dpm++"] = "euler",
    style: Style = Style.OIL,
    tile: bool = False,
) -> None: ...


@generator
def seedless(size: Annotated[int, Range(1, 9)] = 3) -> None: ...


def config(batch_size: int = 4, *, enabled: bool = True, **variation: Any) -> BatchConfig:
    return BatchConfig(enabled=enabled, batch_size=batch_size, variation_params=VariationParams(**variation))


def ranges(batch_size: int = 4, strategy: str = "random", **given: Any) -> BatchConfig:
    return config(batch_size, vary_parameters=True, parameter_ranges=given, strategy=strategy)


def narrowed(
    wanted: BatchConfig, *favorites: Mapping[str, Any], base: Mapping[str, Any] | None = None, gen: Generator = poster
) -> Proposal:
    start = {**gen.defaults(), **(base or {})}
    return narrow(gen.parameters, wanted, start, [{**gen.defaults(), **each} for each in favorites])


class TestLists:
    def test_values_without_favorites_go(self):
        wanted = ranges(sampler=["dpm++", "ddim", "euler"])
        made = narrowed(wanted, {"sampler": "euler"}, {"sampler": "dpm++"})
        assert made.config.variation_params.parameter_ranges == {"sampler": ["dpm++", "euler"]}
        assert made.notes == ("Sampler: dpm++ and euler instead of 3 values; no favorite has ddim",)
        assert made.base_parameters == poster.defaults()

    def test_the_last_one_becomes_the_base(self):
        wanted = ranges(sampler=["euler", "ddim"], steps=[10, 20])
        made = narrowed(wanted, {"sampler": "ddim", "steps": 10}, {"sampler": "ddim", "steps": 20})
        assert made.config.variation_params.parameter_ranges == {"steps": [10, 20]}
        assert made.base_parameters["sampler"] == "ddim"
        assert made.notes == ("Sampler: ddim, and varied no more, as all 2 favorites have",)

    def test_prompts(self):
        prompts = ["at dawn", "at night", "in the rain"]
        wanted = config(vary_prompts=True, prompt_variations=prompts, vary_seeds=True)
        made = narrowed(wanted, {"prompt": "in the rain"}, {"prompt": "at dawn"})
        assert made.config.variation_params.prompt_variations == ["at dawn", "in the rain"]
        assert made.notes == ("Prompt: “at dawn” and “in the rain” instead of 3 values; no favorite has “at night”",)
        one = narrowed(wanted, {"prompt": "at night"})
        assert one.base_parameters["prompt"] == "at night"
        assert not one.config.variation_params.vary_prompts
        assert one.config.variation_params.vary_seeds
        assert one.config.variation_params.seed_range == DEFAULT_SEED_RANGE

    def test_members_of_an_enum_are_found_by_name(self):
        made = narrowed(ranges(style=["OIL", "INK", "PENCIL"]), {"style": "INK"}, {"style": Style.OIL})
        assert made.config.variation_params.parameter_ranges == {"style": ["OIL", "INK"]}
        assert narrowed(ranges(style=["OIL", "INK"]), {"style": "INK"}).base_parameters["style"] is Style.INK

    def test_prompts_that_vary_as_a_parameter_stay_there(self):
        made = narrowed(ranges(prompt=["a", "b", "c"]), {"prompt": "a"}, {"prompt": "b"})
        assert made.config.variation_params.parameter_ranges == {"prompt": ["a", "b"]}
        assert not made.config.variation_params.vary_prompts


class TestRanges:
    def test_around_the_favorites_and_15_percent_more(self):
        wanted = ranges(cfg_scale=(1, 20), strength=(0, 1))
        made = narrowed(wanted, {"cfg_scale": 6.0, "strength": 0.4}, {"cfg_scale": 7.5, "strength": 0.5123})
        # 6 - 2.85 and 7.5 + 2.85, at steps of 0.5; 0.25 and 0.6623 with two digits of their distance, outwards.
        assert made.config.variation_params.parameter_ranges == {"cfg_scale": (3.0, 10.5), "strength": (0.25, 0.67)}
        assert made.notes == (
            "Cfg scale: 3 to 10.5 instead of 1 to 20 (2 favorites between 6 and 7.5)",
            "Strength: 0.25 to 0.67 instead of 0 to 1 (2 favorites between 0.4 and 0.5123)",
        )

    def test_one_favorite(self):
        made = narrowed(ranges(steps=(10, 50)), {"steps": 30})
        assert made.config.variation_params.parameter_ranges == {"steps": (24, 36)}
        assert made.notes == ("Steps: 24 to 36 instead of 10 to 50 (1 favorite at 30)",)

    def test_never_beyond_the_old_range(self):
        made = narrowed(ranges(cfg_scale=(4, 12)), {"cfg_scale": 4.5}, {"cfg_scale": 11.5})
        assert made.config.variation_params.parameter_ranges == {"cfg_scale": (4, 12)}
        assert made.notes == ("Nothing changes: the favorites are everywhere in what varied.",)

    def test_favorites_of_another_range_widen_it(self):
        made = narrowed(ranges(cfg_scale=(4, 12)), {"cfg_scale": 18.0}, {"cfg_scale": 11.5})
        assert made.config.variation_params.parameter_ranges == {"cfg_scale": (10.5, 18.0)}

    def test_a_range_that_becomes_one_value(self):
        made = narrowed(
            ranges(steps=(10, 12), sampler=["euler", "ddim"]), {"steps": 11}, {"steps": 11, "sampler": "ddim"}
        )
        assert made.config.variation_params.parameter_ranges == {"sampler": ["euler", "ddim"]}
        assert made.base_parameters["steps"] == 11
        assert made.notes == ("Steps: 11, and varied no more, instead of 10 to 12 (2 favorites at 11)",)

    def test_huge_numbers(self):
        @generator
        def wide(size: float = 0.0) -> None: ...

        made = narrowed(ranges(size=(-1.7e308, 1.7e308)), {"size": 1.6e308}, gen=wide)
        low, high = made.config.variation_params.parameter_ranges["size"]
        assert low <= 1.6e308 <= high <= 1.7e308


class TestTheRest:
    def test_what_did_not_vary_is_as_the_favorites_have_it(self):
        made = narrowed(ranges(sampler=["euler", "ddim"]), {"steps": 30}, {"steps": 30, "sampler": "ddim"})
        assert made.base_parameters["steps"] == 30
        assert made.notes == ("Steps: 30 instead of 20, as all 2 favorites have",)

    def test_it_varies_where_they_differ(self):
        made = narrowed(ranges(sampler=["euler", "ddim"]), {"steps": 30}, {"prompt": "dawn", "sampler": "ddim"})
        assert made.config.variation_params.parameter_ranges == {"sampler": ["euler", "ddim"], "steps": [20, 30]}
        assert made.config.variation_params.prompt_variations == ["A harbour", "dawn"]
        assert made.notes == (
            "Prompt: varies over “A harbour” and dawn, since the favorites differ in it",
            "Steps: varies over 20 and 30, since the favorites differ in it",
        )

    def test_seeds_begin_to_vary_where_nothing_else_does(self):
        made = narrowed(ranges(1, "grid", sampler=["euler", "ddim"]), {"sampler": "ddim", "seed": 9})
        assert made.config.variation_params.vary_seeds
        assert made.config.batch_size == 4
        assert make_plan(poster.parameters, made.base_parameters, made.config).count == 4
        assert made.notes[-1] == "Seed: varies over 4 seeds, since nothing else does any more"

    def test_nothing_is_left(self):
        made = narrowed(ranges(3, size=[1, 2]), {"size": 2}, gen=seedless)
        assert made.base_parameters == {"size": 2}
        assert made.notes[-1] == "Nothing is left that varies: every task would be the same"
        assert make_plan(seedless.parameters, made.base_parameters, made.config).count == 3

    def test_zip_needs_lists_of_one_length(self):
        wanted = ranges(1, "zip", steps=[10, 20, 30], sampler=["euler", "ddim", "dpm++"])
        rows = [{"steps": 10, "sampler": "euler"}, {"steps": 30, "sampler": "dpm++"}]
        both = narrowed(wanted, *rows)
        assert both.config.variation_params.strategy == "zip"
        assert make_plan(poster.parameters, both.base_parameters, both.config).count == 2
        wanted = ranges(1, "zip", steps=[10, 10, 30], sampler=["euler", "ddim", "dpm++"])
        unequal = narrowed(wanted, *rows, {"steps": 10, "sampler": "ddim"})
        assert (unequal.config.variation_params.strategy, unequal.config.batch_size) == ("random", 3)
        assert unequal.notes[-1] == (
            "Strategy: random, with 3 tasks, instead of zip, whose lists would not be of one length"
        )
        empty = narrowed(wanted, rows[0])
        assert empty.config.variation_params.strategy == "random"
        assert empty.config.variation_params.vary_seeds

    def test_the_base_of_one_at_a_time_has_favorites(self):
        wanted = ranges(1, "one_at_a_time", steps=[10, 30, 40], sampler=["ddim", "dpm++"])
        made = narrowed(wanted, {"steps": 10}, {"steps": 10}, {"steps": 40})
        assert made.base_parameters["steps"] == 10
        assert made.config.variation_params.parameter_ranges == {"steps": [40]}
        assert "Steps: the base is 10 instead of 20, which no favorite has" in made.notes

    def test_a_repeatable_draw_is_another_one(self):
        made = narrowed(config(vary_seeds=True, seed=2**53 - 1), {"seed": 5})
        assert made.config.variation_params.seed == 0
        assert made.notes == (f"Seed of the draw: 0 instead of {2**53 - 1}, so that other tasks are drawn",)

    def test_without_batch_mode(self):
        off = config(1, enabled=False, vary_parameters=True, parameter_ranges={"steps": [1, 2]})
        one = narrowed(off, {"sampler": "ddim"})
        assert one.config.enabled
        assert one.config.variation_params.vary_seeds
        assert not one.config.variation_params.vary_parameters
        several = narrowed(off, {"sampler": "ddim"}, {"sampler": "euler"}, {"sampler": "dpm++"})
        assert several.config.variation_params.parameter_ranges == {"sampler": ["ddim", "euler", "dpm++"]}
        assert several.config.batch_size == 3

    def test_what_the_generator_no_longer_allows_is_left_out(self):
        wanted = ranges(steps=[100, 200], gone=[1, 2], cfg_scale=(0, 40), sampler=["euler", "plms"])
        made = narrowed(wanted, {"steps": 200, "cfg_scale": 18.0}, {"steps": 100, "cfg_scale": 30.0, "sampler": "plms"})
        found = made.config.variation_params.parameter_ranges
        assert found == {"cfg_scale": (12.0, 20.0)}
        assert made.base_parameters["steps"] == 100
        assert "Steps: 200 left out, as the generator no longer allows it" in made.notes
        assert "gone: left out, as the generator no longer has it" in made.notes
        validate_config(poster.parameters, made.config)


# Any config that can be planned, and any of its tasks as favorites.

LISTS = {
    "steps": st.lists(st.integers(1, 150), min_size=1, max_size=5),
    "cfg_scale": st.lists(st.integers(2, 40).map(lambda half: half / 2), min_size=1, max_size=5),
    "strength": st.lists(st.floats(0, 1), min_size=1, max_size=5),
    "sampler": st.lists(st.sampled_from(["euler", "ddim", "dpm++"]), min_size=1, max_size=4),
    "style": st.lists(st.sampled_from(list(Style)), min_size=1, max_size=4),
    "tile": st.lists(st.booleans(), min_size=1, max_size=3),
    "seed": st.lists(st.integers(0, 9), min_size=1, max_size=3),
}
RANGES = {
    "steps": st.tuples(st.integers(1, 150), st.integers(1, 150)),
    "cfg_scale": st.tuples(st.integers(2, 40), st.integers(2, 40)).map(lambda ends: (ends[0] / 2, ends[1] / 2)),
    "strength": st.tuples(st.floats(0, 1), st.floats(0, 1)),
    "seed": st.tuples(st.integers(0, 99), st.integers(0, 99)),
}


@st.composite
def batches(draw: st.DrawFn) -> tuple[BatchConfig, dict[str, Any], list[dict[str, Any]]]:
    strategy = draw(st.sampled_from(["random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"]))
    names = draw(st.lists(st.sampled_from(sorted(LISTS)), max_size=3, unique=True))
    lists_only = strategy in ("grid", "zip", "one_at_a_time")
    given: dict[str, Any] = {}
    for name in names:
        if name in RANGES and not lists_only and draw(st.booleans()):
            given[name] = tuple(sorted(draw(RANGES[name])))
        else:
            given[name] = draw(LISTS[name])
    prompts = draw(st.lists(st.text(max_size=3), min_size=1, max_size=4)) if draw(st.booleans()) else []
    if strategy == "zip":
        shortest = min([len(each) for each in given.values()] + ([len(prompts)] if prompts else []), default=0)
        given = {name: each[:shortest] for name, each in given.items()}
        prompts = prompts[:shortest]
        if not shortest:
            strategy = "random"
    wanted = config(
        draw(st.integers(1, 6)),
        enabled=draw(st.booleans()) or bool(given),
        vary_seeds="seed" not in given and draw(st.booleans()),
        vary_prompts=bool(prompts),
        prompt_variations=prompts,
        vary_parameters=bool(given),
        parameter_ranges=given,
        strategy=strategy,
        seed=draw(st.none() | st.integers(0, 99)),
    )
    base = poster.defaults() | {"steps": draw(st.integers(1, 150))}
    tasks = make_plan(poster.parameters, base, wanted, entropy=draw(st.integers(0, 99))).tasks
    return wanted, base, draw(st.lists(st.sampled_from(tasks), min_size=1, max_size=4))


def holds(made: Proposal, name: str, value: Any) -> bool:
    """Whether a proposal can give a parameter this value."""
    variation = made.config.variation_params
    if name == "seed" and variation.vary_seeds:
        return variation.seed_range[0] <= value <= variation.seed_range[1]
    key = value_key(value)
    is_base = value_key(made.base_parameters[name]) == key
    if variation.vary_prompts and name == "prompt":
        given: Any = variation.prompt_variations
    else:
        given = variation.parameter_ranges.get(name) if variation.vary_parameters else None
    if isinstance(given, tuple):
        return bool(given[0] <= value <= given[1])
    if given is None:
        return is_base
    return key in map(value_key, given) or (variation.strategy == "one_at_a_time" and is_base)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(batches())
def test_a_proposal_holds_the_favorites_and_can_be_planned(batch):
    wanted, base, favorites = batch
    made = narrow(poster.parameters, wanted, base, favorites)
    validate_config(poster.parameters, made.config)
    plan = make_plan(poster.parameters, made.base_parameters, made.config, entropy=1)
    for name, parameter in poster.parameters.items():
        assert all(holds(made, name, favorite[name]) for favorite in favorites)
        given = made.config.variation_params.parameter_ranges.get(name)
        if isinstance(given, list):
            had = {value_key(favorite[name]) for favorite in favorites}
            assert {value_key(parameter.validate(value)) for value in given} <= had
        elif given and name != "seed":
            old = wanted.variation_params.parameter_ranges[name]
            assert old[0] <= given[0] < given[1] <= old[1]
    for task in plan:
        assert poster.validate(task) == task


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(batches())
def test_every_change_is_told(batch):
    wanted, base, favorites = batch
    made = narrow(poster.parameters, wanted, base, favorites)
    told = "\n".join(made.notes)
    old, new = wanted.variation_params, made.config.variation_params
    for name, parameter in poster.parameters.items():
        varied = wanted.enabled and old.vary_parameters and name in old.parameter_ranges
        before = _read(parameter, old.parameter_ranges[name]) if varied else None
        after = (
            _read(parameter, new.parameter_ranges[name])
            if new.vary_parameters and name in new.parameter_ranges
            else None
        )
        changed = before != after or value_key(base[name]) != value_key(made.base_parameters[name])
        if changed:
            assert f"{parameter.label}: " in told
    if wanted.enabled and set(old.prompt_variations) != set(new.prompt_variations) and old.vary_prompts:
        assert "Prompt: " in told
    assert (old.vary_seeds and wanted.enabled) == new.vary_seeds or "Seed: varies" in told
    assert old.strategy == new.strategy or "Strategy: random" in told
    assert old.seed == new.seed or "Seed of the draw" in told
    again = narrow(poster.parameters, wanted, base, favorites)
    assert again == made


def _read(parameter: Any, given: Any) -> Any:
    return given if isinstance(given, tuple) else {value_key(parameter.validate(value)) for value in given}


@pytest.mark.parametrize("strategy", ["random", "grid", "one_at_a_time"])
def test_too_many_lists_for_a_grid_are_drawn_from(strategy):
    wanted = ranges(1000, strategy, steps=list(range(1, 101)), sampler=["euler", "ddim"]).replace(
        variation_params={
            "vary_seeds": True,
            "vary_parameters": True,
            "parameter_ranges": {"steps": list(range(1, 101)), "sampler": ["euler", "ddim"]},
            "strategy": strategy,
        }
    )
    favorites = [{"steps": 1 + n % 100, "cfg_scale": 1 + n % 39 / 2, "sampler": "euler"} for n in range(3900)]
    made = narrowed(wanted, *favorites)
    assert make_plan(poster.parameters, made.base_parameters, made.config.replace(batch_size=1)).count > 0
    if strategy == "grid":
        assert made.config.variation_params.strategy == "random"
        assert "which would be too large" in made.notes[-1]
