"""From a config to the parameters of every task: `make_plan`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..errors import ConfigError, FieldError, ParameterError
from ..generators.generator import unknown_parameter
from ..generators.inputs import media_label
from ..generators.parameters import Parameter
from ..texts import markup, visible
from .axes import Axis, RangeAxis, read_axis
from .config import DEFAULT_SEED_RANGE, BatchConfig
from .inputs import read_inputs, spread_over_inputs
from .strategies import STRATEGIES, Draw, Table, english_list, plural

__all__ = ["Plan", "make_plan", "validate_config"]

_CELL = 300  # characters of a value in the table that a notebook shows


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """What a batch would run: the parameters of every task.

    As a sequence it gives the parameters of each task, a new dict each time; `tasks` keeps them.

    Attributes
    ----------
    count : int
        How many tasks.
    varied : tuple of str
        The parameters that differ between tasks, in the order of the signature.
    summary : str
        How the count comes about, such as "24 tasks = 8 seeds × 3 prompts".
    config : BatchConfig
        What was asked for.
    base : dict
        The valid base parameters, defaults filled in.
    entropy : int
        What decided the draw: the same parameters, base and config with this entropy make the same plan.
    parameters : mapping of str to Parameter
        Of the generator.
    columns : dict of str to list
        The values of each varied parameter, one for each task.
    estimate_seconds : float or None
        How long all of it will take, where known.
    estimate_bytes : int or None
        How much room the results will take, where known.
    """

    count: int
    varied: tuple[str, ...]
    summary: str
    config: BatchConfig
    base: Mapping[str, Any]
    entropy: int
    parameters: Mapping[str, Parameter] = field(repr=False)
    columns: Mapping[str, list[Any]] = field(repr=False)
    estimate_seconds: float | None = None
    estimate_bytes: int | None = None

    @cached_property
    def tasks(self) -> list[dict[str, Any]]:
        """The full, valid parameters of every task; they share their values, not copies of them."""
        return list(self)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        index = range(self.count)[index]
        return self._template() | {name: column[index] for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        template, names = self._template(), tuple(self.columns)
        if not names:
            return (template.copy() for _ in range(self.count))
        rows = zip(*self.columns.values(), strict=True)
        return (template | dict(zip(names, row, strict=True)) for row in rows)

    def _template(self) -> dict[str, Any]:
        # A required parameter that varies is missing from the base, and still has its place in the order.
        return {name: self.base.get(name) for name in self.parameters}

    def with_estimates(self, seconds: float | None = None, size: int | None = None) -> Plan:
        """Return the same plan with estimates.

        Parameters
        ----------
        seconds : float, optional
            For all tasks together.
        size : int, optional
            Bytes of all results together.
        """
        return replace(self, estimate_seconds=seconds, estimate_bytes=size)

    def first_rows(self, limit: int = 5) -> list[dict[str, Any]]:
        """Return the varied parameters of the first tasks, JSON-able; of media their names."""
        return [
            {
                name: media_label(column[row]) or self.parameters[name].to_json(column[row])
                for name, column in self.columns.items()
            }
            for row in range(min(limit, self.count))
        ]

    def __repr__(self) -> str:
        return f"<Plan: {visible(self.summary)}>"

    def _repr_html_(self) -> str:
        estimates = []
        if self.estimate_seconds is not None:
            estimates.append(f"about {_duration(self.estimate_seconds)}")
        if self.estimate_bytes is not None:
            estimates.append(f"about {_size(self.estimate_bytes)}")
        html = f"<p>{markup(', '.join([self.summary, *estimates]))}</p>"
        if not self.columns:
            return html
        head = "".join(f'<th scope="col">{markup(name)}</th>' for name in self.columns)
        rows = []
        for number, row in enumerate(self.first_rows()):
            cells = "".join(f'<td dir="auto">{markup(str(value), limit=_CELL)}</td>' for value in row.values())
            rows.append(f'<tr><th scope="row">{number}</th>{cells}</tr>')
        html += f'<table><thead><tr><th scope="col">task</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        return html + (f"<p>and {self.count - len(rows):,} more</p>" if self.count > len(rows) else "")


def make_plan(
    parameters: Mapping[str, Parameter],
    base: Mapping[str, Any],
    config: BatchConfig,
    *,
    entropy: int | None = None,
    inputs: Mapping[str, Sequence[Any]] | Sequence[Any] | None = None,
) -> Plan:
    """Work out the parameters of every task of a batch.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        Of the generator.
    base : mapping
        The base parameters by name; those with a default, and those that vary, may be left out.
    config : BatchConfig
        What varies, and how it is combined.
    entropy : int, optional
        Decides the draw where ``config.variation_params.seed`` does not; fresh from the system when not given.
    inputs : sequence, or mapping of str to sequence, optional
        The values of the one parameter that takes media, or of several that advance together: everything that the
        config asks for happens with each.

    Returns
    -------
    Plan

    Raises
    ------
    ConfigError
        When a value is not allowed, or the config asks for what cannot be; every problem is in its `errors`.

    Notes
    -----
    How many tasks there are: random, latin_hypercube and sobol have `batch_size`. grid has the product of the lengths
    of its lists, and one_at_a_time 1 plus their sum, both times `batch_size` when seeds vary. zip has as many as each
    list is long, whatever the `batch_size`. All of that as often as there are inputs.
    """
    variation = config.variation_params
    if variation.seed is not None:
        entropy = variation.seed
    elif entropy is None:
        entropy = secrets.randbits(53)
    axes: dict[str, Axis] = {}
    seeds: RangeAxis | None = None
    errors: list[FieldError] = []
    if config.enabled:
        axes, seeds, errors = _read_axes(parameters, config, all_entries=False)
        errors += _find_empty(config)
    given, input_errors = read_inputs(parameters, inputs)
    errors += input_errors
    base = {name: value for name, value in base.items() if name not in given}
    supplied = {seeds.name} if seeds else set()
    supplied |= given.keys()
    if input_errors:  # which say enough of them
        supplied |= {name for name, parameter in parameters.items() if parameter.is_media}
    if variation.strategy != "one_at_a_time":
        supplied |= axes.keys()
    valid_base, base_errors = _read_base(parameters, base, supplied)
    if base_errors or errors:
        raise ConfigError(base_errors + errors)
    table = Table(1, {}, "")
    draw = Draw(tuple(axes.values()), seeds, config.batch_size, variation.seed_policy, entropy, valid_base)
    if config.enabled:
        table = STRATEGIES[variation.strategy](draw)
    if given:
        table = spread_over_inputs(table, given, draw)
    columns = {name: table.columns[name] for name in parameters if name in table.columns}
    summary = plural(table.count, "task")
    if table.how:
        summary += f" = {table.how}"
    elif table.count > 1:
        summary += ", all alike"
    return Plan(table.count, tuple(columns), summary, config, valid_base, entropy, parameters, columns)


def validate_config(parameters: Mapping[str, Parameter], config: BatchConfig) -> None:
    """Check every entry of a config against the parameters of a generator, also those that are switched off.

    What only a plan can get wrong (a range in a grid, lists of unequal lengths, an empty list) is left to `make_plan`.

    Raises
    ------
    ConfigError
        For parameters that do not exist, and values and ranges that they do not allow.
    """
    _, _, errors = _read_axes(parameters, config, all_entries=True)
    if errors:
        raise ConfigError(errors)


def _read_base(
    parameters: Mapping[str, Parameter], base: Mapping[str, Any], supplied: set[str]
) -> tuple[dict[str, Any], list[FieldError]]:
    valid: dict[str, Any] = {}
    unknown = [name for name in base if name not in parameters]
    errors = [FieldError(f"base.{name}", unknown_parameter(name, parameters).reason) for name in unknown]
    for name, parameter in parameters.items():
        if name in base:
            try:
                valid[name] = parameter.validate(base[name])
            except ParameterError as error:
                errors.append(FieldError(f"base.{name}", error.reason))
        elif not parameter.required:
            valid[name] = parameter.default
        elif name not in supplied:
            errors.append(FieldError(f"base.{name}", f"required, but not given; {parameter.allowed}"))
    return valid, errors


def _read_axes(
    parameters: Mapping[str, Parameter], config: BatchConfig, *, all_entries: bool
) -> tuple[dict[str, Axis], RangeAxis | None, list[FieldError]]:
    """Return the axes but for seeds, the axis of seeds, and what is wrong."""
    variation = config.variation_params
    roles = {parameter.role: parameter for parameter in parameters.values() if parameter.role}
    axes: dict[str, Axis] = {}
    seeds: RangeAxis | None = None
    errors: list[FieldError] = []
    if variation.vary_prompts:
        if "prompt" in roles:
            axes["prompt"] = read_axis(roles["prompt"], "prompt_variations", variation.prompt_variations, "prompt")
        else:
            errors.append(_no_role("vary_prompts", "prompt: str", parameters))
    if variation.vary_seeds:
        if "seed" in roles:
            try:
                seeds = _read_seeds(roles["seed"], variation.seed_range)
            except ValueError as error:
                errors.append(FieldError("seed_range", str(error)))
        else:
            errors.append(_no_role("vary_seeds", "seed: int", parameters))
    for name, given in variation.parameter_ranges.items() if all_entries or variation.vary_parameters else ():
        where = f"parameter_ranges.{name}"
        if name not in parameters:
            errors.append(FieldError(where, unknown_parameter(name, parameters).reason))
            continue
        switch = {"prompt": "vary_prompts", "seed": "vary_seeds"}.get(parameters[name].role or "", "")
        if variation.vary_parameters and switch and getattr(variation, switch):
            errors.append(FieldError(where, f"{switch} varies it already; switch that off, or remove this entry"))
            continue
        try:
            axis = read_axis(parameters[name], where, given)
        except ValueError as error:
            errors.append(FieldError(where, str(error)))
        else:
            axes[name] = axis
    return axes, seeds, errors


def _read_seeds(parameter: Parameter, seed_range: tuple[int, int]) -> RangeAxis:
    low, high = seed_range
    if seed_range == DEFAULT_SEED_RANGE:
        # Nobody chose these ends, so a seed with a narrower range of its own is no contradiction.
        low = low if parameter.minimum is None else max(low, int(parameter.minimum))
        high = high if parameter.maximum is None else min(high, int(parameter.maximum))
        if low > high:
            raise ValueError(f"{seed_range} is not allowed for {parameter.name}; {parameter.allowed}")
    axis = read_axis(parameter, "seed_range", (low, high))
    assert isinstance(axis, RangeAxis)
    return axis


def _find_empty(config: BatchConfig) -> list[FieldError]:
    variation = config.variation_params
    errors = []
    if variation.vary_prompts and not variation.prompt_variations:
        errors.append(FieldError("prompt_variations", "empty; add at least one prompt, or switch vary_prompts off"))
    if variation.vary_parameters:
        if not variation.parameter_ranges:
            cure = "add a range or a list for at least one parameter, or switch vary_parameters off"
            errors.append(FieldError("parameter_ranges", f"empty; {cure}"))
        errors += [
            FieldError(f"parameter_ranges.{name}", "an empty list; give at least one value, or remove this entry")
            for name, given in variation.parameter_ranges.items()
            if not given
        ]
    return errors


def _no_role(field: str, wanted: str, parameters: Mapping[str, Parameter]) -> FieldError:
    has = english_list(parameters) if parameters else "none"
    return FieldError(field, f"the generator has no parameter `{wanted}`, so this must be off; its parameters: {has}")


def _duration(seconds: float) -> str:
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.{1 if seconds < 10 else 0}f} {name}"
    return f"{seconds / 86_400:.0f} days"


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
