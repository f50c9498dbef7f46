"""One axis of variation: a list of values, or a continuous range of a number, with what its parameter allows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from ..errors import ParameterError
from ..generators.parameters import Parameter

__all__ = ["Axis", "RangeAxis", "ValuesAxis", "read_axis"]

_BELOW_ONE = 1.0 - 2.0**-53


@dataclass(frozen=True, slots=True)
class ValuesAxis:
    """A list of valid values.

    Attributes
    ----------
    name, field : str
        The parameter, and where in the config the list stands.
    noun : str
        What one value is called in a summary.
    values : tuple
        Valid for the parameter, at least one in a plan.
    """

    name: str
    field: str
    noun: str
    values: tuple[Any, ...]

    def pick(self, fractions: Iterable[float]) -> list[Any]:
        """Return the values at fractions 0 to 1 of the way, each value as likely as the others."""
        values, count = self.values, len(self.values)
        return [values[int(min(fraction, _BELOW_ONE) * count)] for fraction in fractions]


@dataclass(frozen=True, slots=True)
class RangeAxis:
    """A continuous range of a number, both ends included, cut to what the parameter allows.

    Attributes
    ----------
    name, field : str
        The parameter, and where in the config the range stands.
    low, high : float
        As given.
    step : float or None
        Distance of allowed values; None where every number in the range is one.
    origin : float
        Where steps are counted from.
    first, count : int
        The steps in the range: ``origin + first * step`` and those after it. `count` is 0 when no allowed value lies
        in the range.
    digits : int
        Decimals of an allowed value, so that 3 steps of 0.1 are 0.3.
    """

    name: str
    field: str
    low: float
    high: float
    step: float | None
    origin: float
    first: int
    count: int
    digits: int

    def at(self, number: int) -> float:
        """Return the allowed value with this number of steps from the first."""
        value = self.origin + (self.first + number) * (self.step or 0)
        return value if isinstance(value, int) else round(value, self.digits)

    def pick(self, fractions: Iterable[float]) -> list[Any]:
        """Return the values at fractions 0 to 1 of the way, each allowed value as likely as the others."""
        low, high, count, at = self.low, self.high, self.count, self.at
        if self.step is None:
            span = high - low
            return [min(low + fraction * span, high) for fraction in fractions]
        return [min(max(at(int(min(fraction, _BELOW_ONE) * count)), low), high) for fraction in fractions]

    def distinct(self, amount: int, random: Random) -> list[Any]:
        """Return values without repeats, until all were taken once; more of them start with the same ones.

        It is a Fisher-Yates shuffle that keeps only the places it touched, so a range of 2**32 costs nothing.
        """
        taken: list[int] = []
        while len(taken) < amount:
            moved: dict[int, int] = {}
            for place in range(min(amount - len(taken), self.count)):
                other = place + int(random.random() * (self.count - place))
                taken.append(moved.get(other, other))
                moved[other] = moved.get(place, place)
        return [self.at(number) for number in taken]

    @property
    def cure(self) -> str:
        """The code of a list of about five values that could stand in for the range."""
        if self.step is None:
            return f"bg.linspace({self.low!r}, {self.high!r}, 5)"
        stride = max(1, (self.count - 1) // 4) * self.step
        stride = stride if isinstance(stride, int) else round(stride, self.digits)
        return f"bg.arange({self.at(0)!r}, {self.at(self.count)!r}, {stride!r})"


Axis = ValuesAxis | RangeAxis


def read_axis(parameter: Parameter, field: str, given: tuple[float, float] | list[Any], noun: str = "") -> Axis:
    """Return the axis of one entry of the config.

    Raises
    ------
    ValueError
        With a message for the person who wrote it, when a value or an end of the range is not allowed.
    """
    if parameter.is_media:
        raise ValueError(f"a config lists no media; give them to the batch, as inputs={{{parameter.name!r}: [...]}}")
    noun = noun or f"{parameter.name} value"
    if isinstance(given, list):
        values = []
        for number, value in enumerate(given, 1):
            try:
                values.append(parameter.validate(value))
            except ParameterError as error:
                raise ValueError(f"item {number}: {error.reason}") from None
        return ValuesAxis(parameter.name, field, noun, tuple(values))
    if parameter.type not in ("int", "float"):
        raise ValueError(f"{given!r} is a continuous range, which only numbers have; give a list of values")
    stepless = replace(parameter, step=None, default=Parameter.REQUIRED)
    try:
        low, high = (stepless.validate(end) for end in given)
    except ParameterError as error:
        raise ValueError(error.reason) from None
    whole = parameter.type == "int"
    step = parameter.step if parameter.step is not None else (1 if whole else None)
    origin = parameter.origin
    if step is None:
        first, last = 0, 0
    elif whole:
        first, last = -int((origin - low) // step), int((high - origin) // step)
    else:
        first, last = math.ceil((low - origin) / step - 1e-9), math.floor((high - origin) / step + 1e-9)
    digits = max(_decimals(origin), _decimals(step or 0))
    axis = RangeAxis(parameter.name, field, low, high, step, origin, first, max(0, last - first + 1), digits)
    if not axis.count:
        raise ValueError(f"no allowed value lies from {low!r} to {high!r}; {parameter.allowed}")
    return axis


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
