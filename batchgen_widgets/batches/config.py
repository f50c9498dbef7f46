"""What a batch shall be: `BatchConfig` and `VariationParams`, and two makers of lists for them."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_serializer, field_validator
from pydantic_core import PydanticSerializationError

from ..errors import ConfigError, FieldError, ParameterError
from ..generators.parameters import did_you_mean, plain, show

__all__ = [
    "DEFAULT_SEED_RANGE",
    "MAX_TASKS",
    "BatchConfig",
    "ParameterRange",
    "SeedPolicy",
    "Strategy",
    "VariationParams",
    "arange",
    "linspace",
]

Strategy: TypeAlias = Literal["random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"]
SeedPolicy: TypeAlias = Literal["shared", "per_task"]
ParameterRange: TypeAlias = tuple[float, float] | list[Any]
"""A tuple (low, high) is a continuous range, both ends included; a list is a set of values."""

MAX_TASKS: Final = 1_000_000
MAX_SEED: Final = 2**53 - 1  # the largest whole number that a browser holds exactly
DEFAULT_SEED_RANGE: Final = (0, 2**32 - 1)


def _whole(value: Any) -> Any:
    """Let NumPy's whole numbers pass and stop booleans, of both of which pydantic thinks otherwise."""
    if isinstance(value, bool):
        raise ValueError
    try:
        return operator.index(value)
    except TypeError:
        return value


_Whole: TypeAlias = Annotated[int, BeforeValidator(_whole)]


class _Config(BaseModel):
    """Frozen, knows no other fields, and says what is wrong as a `ConfigError`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _config_error(type(self), error) from None

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Make one from a mapping; see pydantic. Raises `ConfigError`."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise _config_error(cls, error) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Make one from a JSON text; see pydantic. Raises `ConfigError`."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            if error.errors(include_url=False)[0]["type"] == "json_invalid":
                # Perhaps only half a surrogate pair, which Python's texts may have.
                with suppress(ValueError):
                    return cls.model_validate(json.loads(json_data), **options)
            raise _config_error(cls, error) from None

    def model_dump_json(self, **options: Any) -> str:
        """Return it as a JSON text; see pydantic."""
        try:
            return super().model_dump_json(**options)
        except PydanticSerializationError:
            # Half a surrogate pair, as in a prompt from a damaged file: JSON has it as an escape.
            return json.dumps(self.model_dump(mode="json"), separators=(",", ":"))

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, checked like a new one."""
        return type(self)(**{name: getattr(self, name) for name in type(self).model_fields} | changes)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data; continuous ranges are written ``{"low": ..., "high": ...}``."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str | bytes) -> Self:
        """Return what `to_json` wrote, given as data or as a JSON text.

        Raises
        ------
        ConfigError
            When a field is unknown or its value is not allowed.
        """
        return cls.model_validate_json(data) if isinstance(data, (str, bytes)) else cls.model_validate(data)


class VariationParams(_Config):
    """How the tasks of a batch differ.

    Parameters
    ----------
    vary_seeds : bool
        Whether tasks get seeds of their own, in the parameter called ``seed``.
    seed_range : tuple of int
        Lowest and highest seed, both included.
    vary_prompts : bool
        Whether tasks get their prompt from `prompt_variations`, in the parameter called ``prompt``.
    prompt_variations : list of str
        The prompts.
    vary_parameters : bool
        Whether tasks get values from `parameter_ranges`.
    parameter_ranges : dict
        By the name of the parameter: a tuple ``(low, high)`` is a continuous range, a list is a set of values.
    strategy : {"random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"}
        How seeds, prompts and values are combined.
    seed_policy : {"shared", "per_task"}
        For grid and one_at_a_time: the same seeds in every cell, or new ones.
    seed : int, optional
        Makes the draw repeatable, 0 to 2**53 - 1.

    Raises
    ------
    ConfigError
        When a field is unknown or its value is not allowed.
    """

    vary_seeds: bool = Field(default=False, description="give True or False")
    seed_range: tuple[_Whole, _Whole] = Field(
        default=DEFAULT_SEED_RANGE,
        description=f"give two whole numbers (lowest, highest) from {-MAX_SEED} to {MAX_SEED}",
    )
    vary_prompts: bool = Field(default=False, description="give True or False")
    prompt_variations: list[str] = Field(default=[], description="give a list of texts")
    vary_parameters: bool = Field(default=False, description="give True or False")
    parameter_ranges: dict[str, Any] = Field(
        default={}, description='give a dict such as {"steps": [10, 20], "cfg_scale": (4, 12)}'
    )
    strategy: Strategy = Field(
        default="random", description=f"choose one of {', '.join(map(repr, get_args(Strategy)))}"
    )
    seed_policy: SeedPolicy = Field(default="shared", description="choose 'shared' or 'per_task'")
    seed: Annotated[_Whole, Field(ge=0, le=MAX_SEED)] | None = Field(
        default=None, description=f"give a whole number from 0 to {MAX_SEED}, or None"
    )

    @field_validator("seed_range")
    @classmethod
    def _check_seed_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        low, high = value
        if not -MAX_SEED <= low <= high <= MAX_SEED:
            raise ValueError
        return value

    @field_validator("parameter_ranges", mode="before")
    @classmethod
    def _read_parameter_ranges(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        ranges: dict[Any, ParameterRange] = {}
        errors = []
        for name, given in value.items():
            try:
                ranges[name] = _read_range(given)
            except ValueError as error:
                errors.append(FieldError(f"parameter_ranges.{name}", f"{show(given)} is not allowed; {error}"))
        if errors:
            raise ConfigError(errors)
        return ranges

    @field_serializer("parameter_ranges", when_used="json")
    def _write_parameter_ranges(self, value: dict[str, ParameterRange]) -> dict[str, Any]:
        return {
            name: {"low": given[0], "high": given[1]} if isinstance(given, tuple) else given
            for name, given in value.items()
        }


class BatchConfig(_Config):
    """What a batch shall be.

    Parameters
    ----------
    enabled : bool
        Batch mode; off means one task with the base parameters, whatever the rest says.
    batch_size : int
        1 to 1,000,000; what it counts depends on the strategy.
    variation_params : VariationParams
        How the tasks differ.

    Raises
    ------
    ConfigError
        When a field is unknown or its value is not allowed.
    """

    enabled: bool = Field(default=True, description="give True or False")
    batch_size: Annotated[_Whole, Field(ge=1, le=MAX_TASKS)] = Field(
        default=1, description=f"give a whole number from 1 to {MAX_TASKS:,}"
    )
    variation_params: VariationParams = Field(
        default_factory=VariationParams, description="give VariationParams, or a dict of its fields"
    )


def _read_range(given: Any) -> ParameterRange:
    """Return a tuple of two numbers in order, or a list of JSON scalars; a ValueError says what to give instead."""
    if isinstance(given, Mapping):
        if set(given) != {"low", "high"}:
            raise ValueError('give {"low": ..., "high": ...}, or a list')
        given = (given["low"], given["high"])
    if isinstance(given, tuple):
        ends = [plain(end) for end in given]
        if len(ends) != 2 or not all(type(end) in (int, float) and math.isfinite(end) for end in ends):
            raise ValueError("a tuple is a continuous range of two finite numbers (low, high); write values as a list")
        if ends[0] > ends[1]:
            raise ValueError("a range is (low, high); give the smaller number first")
        return ends[0], ends[1]
    if callable(getattr(given, "tolist", None)):
        given = given.tolist()
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise ValueError("give a list of values, or a tuple (low, high)")
    return [_read_value(value) for value in given]


def _read_value(value: Any) -> Any:
    value = value.name if isinstance(value, Enum) else plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no value; give finite numbers")
    if value is not None and not isinstance(value, (str, int, float)):
        raise ValueError(f"{show(value)} is no value; lists hold texts, numbers, booleans, None and members of Enums")
    return value


def _config_error(model: type[BaseModel], error: ValidationError) -> ConfigError:
    found: dict[str, FieldError] = {}
    for problem in error.errors(include_url=False):
        inner = problem.get("ctx", {}).get("error")
        place = [str(part) for part in problem["loc"]]
        field = place[0] if place else ""
        if isinstance(inner, ConfigError):
            for each in inner.errors:
                found.setdefault(each.field, each)
            continue
        if problem["type"] == "extra_forbidden":
            message = f"no such field; {did_you_mean(field, model.model_fields)}"
        elif not place:
            message = (
                f"{show(problem['input'])} is not allowed; give a mapping of the fields {', '.join(model.model_fields)}"
            )
        else:
            item = f"item {int(place[1]) + 1}: " if place[1:] and place[1].isdigit() else ""
            message = f"{item}{show(problem['input'])} is not allowed; {model.model_fields[field].description}"
        # The first problem of a field is enough to mend it.
        found.setdefault(field, FieldError(field, message))
    return ConfigError(found.values())


def linspace(low: float, high: float, n: int) -> list[float]:
    """Return `n` numbers from `low` to `high`, both included, evenly spaced and exact in their decimals.

    Raises
    ------
    ParameterError
        When an end is not finite, or `n` is not a whole number from 1 to 1,000,000.

    Examples
    --------
    >>> linspace(0, 1, 5)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    first, last = _exact("low", low), _exact("high", high)
    if type(n) is not int or not 1 <= n <= MAX_TASKS:
        raise ParameterError(
            f"n: {show(n)} is not allowed; give a whole number from 1 to {MAX_TASKS:,}", field="n", value=n
        )
    return [float(first + (last - first) * i / (n - 1)) if i else float(first) for i in range(n)]


def arange(start: float, stop: float, step: float = 1) -> list[float]:
    """Return `start`, `start + step`... up to but without `stop`; whole numbers stay whole, decimals stay exact.

    Raises
    ------
    ParameterError
        When an argument is not finite, `step` is 0 or leads away from `stop`, or there are over 1,000,000 values.

    Examples
    --------
    >>> arange(10, 50, 10)
    [10, 20, 30, 40]
    >>> arange(0, 0.4, 0.1)
    [0.0, 0.1, 0.2, 0.3]
    """
    first, end, stride = _exact("start", start), _exact("stop", stop), _exact("step", step)
    count = math.ceil((end - first) / stride) if stride else 0
    if not 1 <= count <= MAX_TASKS:
        raise ParameterError(
            f"step: {show(step)} is not allowed; give one that leads from {start!r} to {stop!r} in 1 to "
            f"{MAX_TASKS:,} values",
            field="step",
            value=step,
        )
    whole = all(isinstance(plain(value), int) for value in (start, step))
    return [int(value) if whole else float(value) for value in (first + i * stride for i in range(count))]


def _exact(field: str, value: float) -> Fraction:
    """Read a number by its decimals: 0.1 is a tenth, so that sums do not drift."""
    value = plain(value)
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ParameterError(f"{field}: {show(value)} is not allowed; give a finite number", field=field, value=value)
    return Fraction(str(value))
