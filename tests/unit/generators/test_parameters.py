"""What a parameter takes, refuses and tells the form."""

from __future__ import annotations

import enum
import json
import math
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.errors import ParameterError
from batchgen_widgets.generators import Parameter, Range

STEPS = Parameter("steps", "int", 20, minimum=1, maximum=150)
WIDTH = Parameter("width", "int", 512, minimum=64, maximum=2048, step=64)
CFG = Parameter("cfg_scale", "float", 7.5, minimum=1.0, maximum=20.0, step=0.5)
TENTHS = Parameter("t", "float", 0.3, minimum=0.0, maximum=1.0, step=0.1)


class Style(enum.Enum):
    OIL_PAINT = "oil"
    PENCIL = "pencil"


STYLE = Parameter("style", "choice", Style.PENCIL, choices=tuple(Style))
SAMPLER = Parameter("sampler", "choice", "euler", choices=("euler", "ddim", 1, True, 2.5))


@pytest.mark.parametrize("value", [20, 20.0, "20", " 20 ", "20.0", "2e1", np.int64(20), np.float32(20), Fraction(20)])
def test_whole_numbers_are_coerced(value: object) -> None:
    result = STEPS.validate(value)
    assert result == 20
    assert type(result) is int


@pytest.mark.parametrize(
    "value", [20.5, "20.5", True, np.True_, None, "", "many", math.nan, math.inf, "1e999", 0, 151, [20], 1j, b"20"]
)
def test_whole_numbers_are_refused(value: object) -> None:
    with pytest.raises(ParameterError) as caught:
        STEPS.validate(value)
    message = str(caught.value)
    assert message.startswith("steps: ")
    assert message.endswith(" is not allowed; give a whole number from 1 to 150")
    assert repr(value) in message
    assert caught.value.field == "steps"
    assert caught.value.value is value


@given(st.integers())
def test_whole_numbers_of_any_size_stay_exact(value: int) -> None:
    free = Parameter("n", "int", 0)
    assert free.validate(value) == value
    assert free.validate(str(value)) == value


@given(st.integers(-200, 3000))
def test_steps_are_counted_from_the_minimum(value: int) -> None:
    allowed = value in range(64, 2049, 64)
    if allowed:
        assert WIDTH.validate(value) == value
    else:
        with pytest.raises(ParameterError, match="in steps of 64 from 64"):
            WIDTH.validate(value)


@pytest.mark.parametrize("value", [7, 7.0, "7", np.float64(7), np.int8(7), Fraction(7)])
def test_numbers_are_coerced(value: object) -> None:
    result = CFG.validate(value)
    assert result == 7.0
    assert type(result) is float


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "nan", True, None, "", 0.99, 20.5, 7.3, 10**400])
def test_numbers_are_refused(value: object) -> None:
    with pytest.raises(
        ParameterError, match=r"cfg_scale: .* give a finite number from 1.0 to 20.0 in steps of 0.5 from 1.0"
    ):
        CFG.validate(value)


@given(st.integers(0, 10))
def test_decimal_steps_do_not_suffer_from_binary_fractions(number: int) -> None:
    assert TENTHS.validate(number * 0.1) == pytest.approx(number / 10, rel=1e-12)
    assert TENTHS.validate(number / 10) == number / 10


@pytest.mark.parametrize("value", [0.05, 0.1 + 1e-6, 0.95])
def test_values_between_decimal_steps_are_refused(value: float) -> None:
    with pytest.raises(ParameterError, match=r"in steps of 0.1 from 0.0"):
        TENTHS.validate(value)


@pytest.mark.parametrize(
    ("value", "result"),
    [(True, True), (False, False), (1, True), (0, False), ("true", True), ("Off", False), (np.False_, False)],
)
def test_booleans(value: object, result: bool) -> None:
    assert Parameter("tile", "bool", False).validate(value) is result


@pytest.mark.parametrize("value", [2, "maybe", None, 0.5, [], np.array([True, False])])
def test_booleans_are_refused(value: object) -> None:
    with pytest.raises(ParameterError, match=r"tile: .* give True or False"):
        Parameter("tile", "bool", False).validate(value)


def test_texts() -> None:
    text = Parameter("prompt", "str", "A")
    assert text.validate("x") == "x"
    assert type(text.validate(np.str_("x"))) is str
    for value in (1, None, b"x"):
        with pytest.raises(ParameterError, match=r"prompt: .* give a text"):
            text.validate(value)


def test_choices_by_value() -> None:
    assert SAMPLER.validate("ddim") == "ddim"
    assert SAMPLER.validate(np.float64(2.5)) == 2.5
    assert SAMPLER.validate(True) is True
    assert type(SAMPLER.validate(1)) is int
    for value in ("Euler", 0, False, None, ["euler"], np.array([1, 2])):
        with pytest.raises(ParameterError, match=r"sampler: .* choose one of 'euler', 'ddim', 1, True, 2.5"):
            SAMPLER.validate(value)


@pytest.mark.parametrize("value", [Style.OIL_PAINT, "OIL_PAINT", "oil"])
def test_enum_members_by_name_and_value(value: object) -> None:
    assert STYLE.validate(value) is Style.OIL_PAINT


def test_enum_round_trip_and_refusal() -> None:
    assert STYLE.to_json(Style.OIL_PAINT) == "OIL_PAINT"
    assert STYLE.from_json("OIL_PAINT") is Style.OIL_PAINT
    assert STYLE.enum is Style
    with pytest.raises(ParameterError, match="style: 'water' is not allowed; choose one of 'OIL_PAINT', 'PENCIL'"):
        STYLE.validate("water")
    only = Parameter("style", "choice", choices=(Style.PENCIL,))
    with pytest.raises(ParameterError):
        only.validate(Style.OIL_PAINT)


def test_none_is_for_optional_parameters() -> None:
    optional = Parameter("n", "int", None, minimum=0)
    assert optional.optional
    assert optional.validate(None) is None
    with pytest.raises(ParameterError, match="of at least 0 or None"):
        optional.validate(-1)


def test_opaque_parameters_pass_everything_and_still_go_into_json() -> None:
    thing = object()
    opaque = Parameter("model", "any", thing)
    assert opaque.validate(thing) is thing
    assert opaque.to_json(thing) == repr(thing)
    assert opaque.to_json([1, {"a": 2}]) == [1, {"a": 2}]
    assert opaque.to_json(math.nan) == "nan"
    json.dumps(opaque.spec(), allow_nan=False)


def test_spec_for_the_wire() -> None:
    assert CFG.spec() == {
        "name": "cfg_scale",
        "label": "Cfg scale",
        "type": "float",
        "default": 7.5,
        "minimum": 1.0,
        "maximum": 20.0,
        "step": 0.5,
        "choices": None,
        "optional": False,
        "role": None,
        "required": False,
        "description": None,
    }
    spec = STYLE.spec()
    assert spec["default"] == "PENCIL"
    assert spec["choices"] == [
        {"value": "OIL_PAINT", "label": "Oil paint"},
        {"value": "PENCIL", "label": "Pencil"},
    ]
    required = Parameter("n", "int").spec()
    assert (required["default"], required["required"]) == (None, True)


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("prompt", "str", "prompt"),
        ("negative_prompt", "str", None),
        ("seed", "int", "seed"),
        ("seed", "float", None),
        ("prompt", "int", None),
    ],
)
def test_roles(name: str, kind: Any, role: str | None) -> None:
    assert Parameter(name, kind).role == role


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"type": "int", "default": 0, "minimum": 1}, "x: 0 is not allowed; give a whole number of at least 1"),
        ({"type": "int", "minimum": 0.5}, "x: 0.5 is no minimum for whole numbers"),
        ({"type": "str", "step": 1}, "x: 1 is not allowed as step; only numbers have a range"),
        ({"type": "choice"}, "give at least one choice"),
        ({"type": "choice", "choices": (Style.PENCIL, "oil")}, "members of one Enum, or none"),
        ({"type": "choice", "choices": (b"x",)}, "choices are texts, numbers, booleans"),
        ({"type": "int", "choices": (1, 2)}, "only the type 'choice' has them"),
        ({"type": "picture"}, "no type of a parameter; choose one of 'int', 'float'"),
    ],
)
def test_contradictions_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Parameter("x", **arguments)


@pytest.mark.parametrize(
    ("ends", "field"),
    [((5, 1), "minimum"), ((0, math.nan), "maximum"), ((0, 1, 0), "step"), ((0, 1, -1), "step"), (("a", 1), "minimum")],
)
def test_a_range_checks_itself(ends: tuple[Any, ...], field: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Range(*ends)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_parameters_and_errors_travel() -> None:
    copy = pickle.loads(pickle.dumps(Parameter("n", "int")))
    assert copy.default is Parameter.REQUIRED
    assert pickle.loads(pickle.dumps(STYLE)) == STYLE
    error = pickle.loads(pickle.dumps(ParameterError("n: bad", field="n", value=3)))
    assert (str(error), error.field, error.value, error.reason) == ("n: bad", "n", 3, "bad")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text() | st.none() | st.booleans())
def test_what_is_valid_is_still_valid_when_validated_again(value: object) -> None:
    for parameter in (STEPS, WIDTH, CFG, TENTHS, STYLE, SAMPLER, Parameter("o", "float", None)):
        try:
            once = parameter.validate(value)
        except ParameterError as error:
            assert error.field == parameter.name  # noqa: PT017 - most of the values drawn are refused
        else:
            twice = parameter.validate(once)
            assert twice == once
            assert type(twice) is type(once)
            assert parameter.from_json(json.loads(json.dumps(parameter.to_json(once)))) == once
