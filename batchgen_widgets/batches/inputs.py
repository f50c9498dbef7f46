"""A batch of inputs: everything that a config asks for, with each of some images, videos or sounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ..errors import ConfigError, FieldError, ParameterError
from ..generators.inputs import MediaInput, is_asset
from ..generators.parameters import Parameter, did_you_mean, show
from .config import MAX_TASKS
from .strategies import Draw, Table, english_list, plural

__all__ = ["GivenInputs", "check_inputs", "read_inputs", "spread_over_inputs"]

GivenInputs: TypeAlias = Mapping[str, Sequence[Any]] | Sequence[Any]
"""Values of the one parameter that takes media, or of several by name."""


def check_inputs(parameters: Mapping[str, Parameter], inputs: GivenInputs | None) -> dict[str, list[Any]]:
    """Give the valid inputs of each parameter.

    Raises
    ------
    ConfigError
        As `read_inputs` says.
    """
    given, errors = read_inputs(parameters, inputs)
    if errors:
        raise ConfigError(errors)
    return given


def read_inputs(
    parameters: Mapping[str, Parameter], inputs: GivenInputs | None
) -> tuple[dict[str, list[Any]], list[FieldError]]:
    """Read what a batch shall be made from: lists of valid values by parameter, and what is wrong.

    Lists of several parameters advance together, so they have equal lengths.
    """
    if inputs is None:
        return {}, []
    try:
        named = _by_name(parameters, inputs)
    except ValueError as error:
        return {}, [FieldError("inputs", str(error))]
    given: dict[str, list[Any]] = {}
    errors: list[FieldError] = []
    for name, values in named.items():
        field = f"inputs.{name}"
        parameter = parameters.get(name)
        if parameter is None:
            errors.append(FieldError(field, f"no such parameter; {did_you_mean(name, _takers(parameters))}"))
        elif not parameter.is_media:
            takers = _takers(parameters)
            cure = f"those that do: {english_list(takers)}" if takers else "vary it in the config"
            errors.append(FieldError(field, f"takes no media; {cure}"))
        else:
            given[name], problems = _read_values(parameter, values)
            errors += [FieldError(field, problem) for problem in problems]
    lengths = {name: len(values) for name, values in given.items()}
    if len(set(lengths.values())) > 1:
        told = english_list(f"{name} has {length:,}" for name, length in lengths.items())
        errors.append(FieldError("inputs", f"they advance together, so they need equal lengths, but {told}"))
    return given, errors


def spread_over_inputs(table: Table, given: Mapping[str, Sequence[Any]], draw: Draw) -> Table:
    """Do what a table says with each input, one input after the other.

    All inputs get the same seeds, so that their results can be compared, unless the config wants new ones per task.
    """
    amount = len(next(iter(given.values())))
    count = amount * table.count
    if count > MAX_TASKS:
        msg = f"the plan has {count:,} tasks, and {MAX_TASKS:,} are allowed; give fewer inputs"
        raise ConfigError([FieldError("inputs", msg)])
    columns = {name: column * amount for name, column in table.columns.items()}
    if draw.seed_policy == "per_task":
        columns |= draw.seed_column(count)
    for name, values in given.items():
        columns[name] = [value for value in values for _ in range(table.count)]
    return Table(count, columns, _tell(plural(amount, "input"), table))


def _tell(inputs: str, table: Table) -> str:
    if not table.how:
        return inputs if table.count == 1 else f"{inputs} × {table.count:,}"
    return f"{inputs} × ({table.how})" if " + " in table.how and "×" not in table.how else f"{inputs} × {table.how}"


def _takers(parameters: Mapping[str, Parameter]) -> list[str]:
    return [name for name, parameter in parameters.items() if parameter.is_media]


def _by_name(parameters: Mapping[str, Parameter], inputs: GivenInputs) -> Mapping[str, Iterable[Any]]:
    """Give inputs by parameter; where a generator takes media in one place only, no name is needed."""
    if isinstance(inputs, Mapping):
        if not inputs:
            raise ValueError("empty; give at least one list, or leave inputs out")
        return inputs
    takers = _takers(parameters)
    if not takers:
        has = english_list(parameters) if parameters else "none"
        raise ValueError(
            "the generator takes no media: annotate a parameter as PIL.Image.Image, bg.Video, bg.Audio or bg.Asset; "
            f"its parameters: {has}"
        )
    if len(takers) > 1:
        example = ", ".join(f"{name!r}: [...]" for name in takers)
        raise ValueError(f"{english_list(takers)} take media; say which by a mapping, {{{example}}}")
    return {takers[0]: inputs}


def _read_values(parameter: Parameter, values: Any) -> tuple[list[Any], list[str]]:
    if isinstance(values, (str, bytes)) or is_asset(values) or isinstance(values, MediaInput):
        return [], [f"{show(values)} is one input; give a list of them, also of one"]
    try:
        listed = list(values)
    except TypeError:
        return [], [f"{show(values)} is no list; give a list such as batch.favorites"]
    if not listed:
        return [], ["an empty list; give at least one, such as batch.favorites after some were starred"]
    valid, problems = [], []
    for number, value in enumerate(listed, 1):
        try:
            valid.append(parameter.validate(value))
        except ParameterError as error:
            problems.append(f"item {number}: {error.reason}")
    return valid, problems[:_MAX_TOLD] + ([f"and {len(problems) - _MAX_TOLD:,} more"] if problems[_MAX_TOLD:] else [])


_MAX_TOLD = 5
