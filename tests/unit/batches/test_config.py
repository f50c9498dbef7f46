"""Batch configs: what they take, what they refuse, and their way through JSON."""

from __future__ import annotations

import enum
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.batches import BatchConfig, VariationParams, arange, linspace
from batchgen_widgets.errors import ConfigError, FieldError, ParameterError


class Style(enum.Enum):
    OIL = "oil"


numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
pairs = st.tuples(numbers, numbers).map(lambda pair: tuple(sorted(pair)))
values = st.lists(numbers | st.text(max_size=5) | st.booleans() | st.none(), max_size=5)
configs = st.builds(
    BatchConfig,
    enabled=st.booleans(),
    batch_size=st.integers(1, 1_000_000),
    variation_params=st.builds(
        VariationParams,
        vary_seeds=st.booleans(),
        seed_range=st.tuples(st.integers(-(2**53) + 1, 0), st.integers(0, 2**53 - 1)),
        vary_prompts=st.booleans(),
        prompt_variations=st.lists(st.text(max_size=10), max_size=4),
        vary_parameters=st.booleans(),
        parameter_ranges=st.dictionaries(st.text(max_size=5), pairs | values, max_size=4),
        strategy=st.sampled_from(["random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"]),
        seed_policy=st.sampled_from(["shared", "per_task"]),
        seed=st.none() | st.integers(0, 2**53 - 1),
    ),
)


@given(configs)
def test_json_round_trip(config: BatchConfig) -> None:
    for text in (config.model_dump_json(), json.dumps(config.to_json(), allow_nan=False)):
        again = BatchConfig.from_json(text)
        assert again == config
        assert BatchConfig.from_json(json.loads(text)) == config
        for name, given_range in config.variation_params.parameter_ranges.items():
            read = again.variation_params.parameter_ranges[name]
            assert type(read) is type(given_range)
            assert list(map(type, read)) == list(map(type, given_range))
    assert pickle.loads(pickle.dumps(config)) == config


def test_the_defaults_and_the_wire() -> None:
    assert BatchConfig().to_json() == {
        "enabled": True,
        "batch_size": 1,
        "variation_params": {
            "vary_seeds": False,
            "seed_range": [0, 2**32 - 1],
            "vary_prompts": False,
            "prompt_variations": [],
            "vary_parameters": False,
            "parameter_ranges": {},
            "strategy": "random",
            "seed_policy": "shared",
            "seed": None,
        },
    }
    varied = VariationParams(parameter_ranges={"a": (1, 2.5), "b": [1, "x"]})
    assert varied.to_json()["parameter_ranges"] == {"a": {"low": 1, "high": 2.5}, "b": [1, "x"]}
    assert BatchConfig().variation_params.prompt_variations is not BatchConfig().variation_params.prompt_variations


def test_values_of_other_kinds_become_plain() -> None:
    variation = VariationParams(
        parameter_ranges={
            "a": np.linspace(0, 1, 3),
            "b": range(3),
            "c": [Style.OIL, np.int64(3), np.True_],
            "d": (np.float32(0.5), np.int64(2)),
        }
    )
    read = variation.parameter_ranges
    assert read == {"a": [0.0, 0.5, 1.0], "b": [0, 1, 2], "c": ["OIL", 3, True], "d": (0.5, 2)}
    assert [type(value) for value in (*read["c"], *read["d"])] == [str, int, bool, float, int]
    assert BatchConfig(batch_size=np.int64(8)).batch_size == 8
    assert BatchConfig(batch_size="8", variation_params={"vary_seeds": True}).variation_params.vary_seeds


VARIATION_ERRORS: list[tuple[dict[str, Any], str, str]] = [
    ({"seed_range": (5, 1)}, "seed_range", "(5, 1) is not allowed; give two whole numbers (lowest, highest) from -"),
    ({"seed_range": (0, 2**53)}, "seed_range", "is not allowed; give two whole numbers"),
    ({"seed_range": (0.5, 1)}, "seed_range", "item 1: 0.5 is not allowed; give two whole numbers"),
    ({"seed_range": (0, True)}, "seed_range", "item 2: True is not allowed"),
    ({"seed_range": 3}, "seed_range", "3 is not allowed"),
    ({"seed": -1}, "seed", "-1 is not allowed; give a whole number from 0 to 9007199254740991, or None"),
    ({"seed": True}, "seed", "True is not allowed"),
    ({"strategy": "gird"}, "strategy", "'gird' is not allowed; choose one of 'random', 'grid', 'zip'"),
    ({"seed_policy": "mine"}, "seed_policy", "'mine' is not allowed; choose 'shared' or 'per_task'"),
    ({"prompt_variations": "at dawn"}, "prompt_variations", "'at dawn' is not allowed; give a list of texts"),
    ({"prompt_variations": ["a", 3]}, "prompt_variations", "item 2: 3 is not allowed; give a list of texts"),
    ({"parameter_ranges": [1]}, "parameter_ranges", "[1] is not allowed; give a dict such as"),
    ({"parameter_ranges": {"a": (1, 2, 3)}}, "parameter_ranges.a", "write values as a list"),
    ({"parameter_ranges": {"a": ("x", "y")}}, "parameter_ranges.a", "('x', 'y') is not allowed; a tuple is a"),
    ({"parameter_ranges": {"a": (1, math.nan)}}, "parameter_ranges.a", "two finite numbers (low, high)"),
    ({"parameter_ranges": {"a": (2, 1)}}, "parameter_ranges.a", "(2, 1) is not allowed; a range is (low, high)"),
    ({"parameter_ranges": {"a": {"low": 1}}}, "parameter_ranges.a", 'give {"low": ..., "high": ...}, or a list'),
    ({"parameter_ranges": {"a": "euler"}}, "parameter_ranges.a", "'euler' is not allowed; give a list of values"),
    ({"parameter_ranges": {"a": [1, math.inf]}}, "parameter_ranges.a", "inf is no value; give finite numbers"),
    ({"parameter_ranges": {"a": [object]}}, "parameter_ranges.a", "is no value; lists hold texts, numbers"),
    ({"promt_variations": []}, "promt_variations", "no such field; did you mean 'prompt_variations'? allowed: vary_"),
]


@pytest.mark.parametrize(("fields", "field", "message"), VARIATION_ERRORS)
def test_what_variation_params_refuse(fields: dict[str, Any], field: str, message: str) -> None:
    for make in (
        lambda: VariationParams(**fields),
        lambda: VariationParams.model_validate(fields),
        lambda: BatchConfig(variation_params=fields),
        lambda: BatchConfig.model_validate({"variation_params": fields}),
        lambda: VariationParams().replace(**fields),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        (error,) = caught.value.errors
        assert error.field == field
        assert message in error.message
        assert str(caught.value) == f"{error.field}: {error.message}"


@pytest.mark.parametrize("size", [0, -1, 1_000_001, True, 1.5, "many", None, math.nan])
def test_batch_size_is_a_whole_number(size: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        BatchConfig(batch_size=size)
    assert caught.value.errors == [
        FieldError("batch_size", f"{size!r} is not allowed; give a whole number from 1 to 1,000,000")
    ]


def test_every_wrong_field_is_told_at_once() -> None:
    wrong = {
        "batch_size": 0,
        "batchsize": 3,
        "variation_params": {"seed": -1, "strategy": "x", "parameter_ranges": {"a": 1, "b": 2}},
    }
    with pytest.raises(ConfigError) as caught:
        BatchConfig.from_json(wrong)
    fields = {error.field for error in caught.value.errors}
    assert fields == {"batch_size", "batchsize", "seed", "strategy", "parameter_ranges.a", "parameter_ranges.b"}
    assert pickle.loads(pickle.dumps(caught.value)).errors == caught.value.errors


@pytest.mark.parametrize("text", ["{", "3", "[]", '"x"'])
def test_json_that_is_no_config(text: str) -> None:
    with pytest.raises(ConfigError, match="is not allowed; give a mapping of the fields enabled, batch_size"):
        BatchConfig.from_json(text)


def test_configs_are_frozen_and_replaced() -> None:
    config = BatchConfig(batch_size=2)
    with pytest.raises(ValueError, match="frozen"):
        config.batch_size = 3  # type: ignore[misc]
    assert config.replace(batch_size=3) == BatchConfig(batch_size=3)
    with pytest.raises(ConfigError):
        config.replace(batch_size=0)


def test_linspace() -> None:
    assert linspace(4, 12, 5) == [4.0, 6.0, 8.0, 10.0, 12.0]
    assert linspace(0, 1, 11) == [i / 10 for i in range(11)]
    assert linspace(1, 9, 1) == [1.0]
    assert linspace(3, 1, 3) == [3.0, 2.0, 1.0]


def test_arange() -> None:
    assert arange(10, 50, 10) == [10, 20, 30, 40]
    assert all(type(value) is int for value in arange(10, 50, 10))
    assert arange(0, 1, 0.1) == [i / 10 for i in range(10)]
    assert arange(5, 0, -2) == [5, 3, 1]
    assert arange(0, 3) == [0, 1, 2]
    assert all(type(value) is float for value in arange(0.0, 3))


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(1, 20))
def test_arange_is_range(start: int, length: int, step: int) -> None:
    assert arange(start, start + length, step) == list(range(start, start + length, step))
    tenths = arange(start / 10, (start + length) / 10, step / 10)
    assert tenths == [i / 10 for i in range(start, start + length, step)]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(2, 30))
def test_linspace_keeps_its_ends_and_its_distances(low: float, high: float, n: int) -> None:
    made = linspace(low, high, n)
    assert (len(made), made[0], made[-1]) == (n, low, high)
    assert np.allclose(made, np.linspace(low, high, n))
    assert all(min(low, high) <= value <= max(low, high) for value in made)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: linspace(0, math.nan, 3), "high"),
        (lambda: linspace("a", 1, 3), "low"),
        (lambda: linspace(0, 1, 0), "n"),
        (lambda: linspace(0, 1, 2.0), "n"),
        (lambda: arange(0, 10, 0), "step"),
        (lambda: arange(0, 10, -1), "step"),
        (lambda: arange(0, 10, 1e-6), "step"),
        (lambda: arange(True, 10), "start"),
    ],
)
def test_bad_lists(call: Any, field: str) -> None:
    with pytest.raises(ParameterError, match=f"^{field}: .* is not allowed; give") as caught:
        call()
    assert caught.value.field == field
