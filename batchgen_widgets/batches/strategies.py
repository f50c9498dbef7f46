"""The six ways to combine seeds, prompts and values into tasks: pure functions, in one table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from ..errors import ConfigError, FieldError
from .axes import Axis, RangeAxis, ValuesAxis
from .config import MAX_TASKS, SeedPolicy

__all__ = ["STRATEGIES", "Draw", "Table", "english_list", "plural"]


@dataclass(frozen=True, slots=True)
class Draw:
    """What a strategy works with.

    Attributes
    ----------
    axes : sequence
        What varies besides seeds: the prompts first, then parameters in the order of the config.
    seeds : RangeAxis or None
        Where seeds come from, when they vary.
    batch_size, seed_policy
        As in the config.
    entropy : int
        Decides every random number. Each axis has a stream of its own, so that what one draws does not depend on the
        others, and drawing more of them starts with the same ones.
    base : mapping
        The base parameters.
    """

    axes: Sequence[Axis]
    seeds: RangeAxis | None
    batch_size: int
    seed_policy: SeedPolicy
    entropy: int
    base: Mapping[str, Any]

    def stream(self, name: str) -> Random:
        """Return the random numbers of one axis."""
        return Random(f"{self.entropy}/{name}")

    def seed_column(self, count: int) -> dict[str, list[Any]]:
        """Return `count` different seeds, as far as there are that many, or nothing when seeds do not vary."""
        return {} if self.seeds is None else {self.seeds.name: self.seeds.distinct(count, self.stream("seed"))}

    def names(self) -> list[str]:
        """Return what varies, seeds last."""
        return [axis.name for axis in self.axes] + ([self.seeds.name] if self.seeds else [])


@dataclass(frozen=True, slots=True)
class Table:
    """What a strategy made: the number of tasks, a column of values for each parameter that varies, and how it came."""

    count: int
    columns: dict[str, list[Any]]
    how: str


def draw_random(draw: Draw) -> Table:
    """`batch_size` tasks; each draws its seed, its prompt and its values."""
    count = draw.batch_size
    columns = {}
    for axis in draw.axes:
        random = draw.stream(axis.name).random
        columns[axis.name] = axis.pick([random() for _ in range(count)])
    columns |= draw.seed_column(count)
    if draw.axes:
        return Table(count, columns, f"{plural(count, 'random draw')} of {english_list(draw.names())}")
    return Table(count, columns, plural(count, "seed") if draw.seeds else "")


def draw_grid(draw: Draw) -> Table:
    """Every combination of prompts and values, each with `batch_size` seeds when seeds vary, else once.

    The last axis changes fastest, and seeds faster than that. With shared seeds every cell has the same ones.
    """
    axes = _only_lists(draw, "grid")
    columns, repeats = {}, draw.batch_size if draw.seeds else 1
    count = _limited(math.prod((len(axis.values) for axis in axes), start=repeats), repeats, axes)
    seeds = _seeds_in_cells(draw, count)
    for axis in reversed(axes):
        column = _repeat(axis.values, repeats)
        repeats = len(column)
        columns[axis.name] = column * (count // repeats)
    return Table(count, columns | seeds, " × ".join(_factors(draw, axes)))


def draw_zip(draw: Draw) -> Table:
    """Lists advance together: as many tasks as each list has values, and `batch_size` plays no part.

    When seeds vary, each row has its own.
    """
    axes = _only_lists(draw, "zip")
    if not axes:
        cure = "vary prompts or parameters, or choose another strategy"
        raise ConfigError([FieldError("strategy", f"zip has no list to go through; {cure}")])
    lengths = {axis.field: len(axis.values) for axis in axes}
    if len(set(lengths.values())) > 1:
        told = english_list(f"{field} has {plural(length, 'value')}" for field, length in lengths.items())
        raise ConfigError([FieldError(axis.field, f"zip needs lists of equal lengths, but {told}") for axis in axes])
    count = _limited(len(axes[0].values), 1, axes)
    columns = {axis.name: list(axis.values) for axis in axes}
    return Table(count, columns | draw.seed_column(count), f"{plural(count, 'row')} of {english_list(draw.names())}")


def draw_latin_hypercube(draw: Draw) -> Table:
    """`batch_size` points, of which each axis has one in each of `batch_size` equal slices."""

    def sample(dimensions: int, count: int, random: Any) -> Any:
        from scipy.stats import qmc

        return qmc.LatinHypercube(dimensions, rng=random).random(count)

    return _spread(draw, "Latin hypercube", sample)


def draw_sobol(draw: Draw) -> Table:
    """`batch_size` points of a scrambled Sobol sequence; a longer batch of the same seed starts with the same."""

    def sample(dimensions: int, count: int, random: Any) -> Any:
        from scipy.stats import qmc

        # The sequence is balanced at powers of two, so it is drawn up to the next one and cut.
        return qmc.Sobol(dimensions, rng=random).random_base2(max(0, count - 1).bit_length())[:count]

    return _spread(draw, "Sobol", sample)


def draw_one_at_a_time(draw: Draw) -> Table:
    """The base, then each value of each axis alone, with `batch_size` seeds each when seeds vary, else once."""
    axes = _only_lists(draw, "one_at_a_time")
    copies = draw.batch_size if draw.seeds else 1
    changes = sum(len(axis.values) for axis in axes)
    count = _limited((1 + changes) * copies, copies, axes)
    columns, start = {}, 1
    for axis in axes:
        cells = [draw.base[axis.name]] * (1 + changes)
        cells[start : start + len(axis.values)] = axis.values
        start += len(axis.values)
        columns[axis.name] = _repeat(cells, copies)
    values = f"the base + {plural(changes, 'value')}"
    how = f"{plural(copies, 'seed')} × ({values})" if draw.seeds else values
    return Table(count, columns | _seeds_in_cells(draw, count), how)


STRATEGIES: Final[Mapping[str, Callable[[Draw], Table]]] = {
    "random": draw_random,
    "grid": draw_grid,
    "zip": draw_zip,
    "latin_hypercube": draw_latin_hypercube,
    "sobol": draw_sobol,
    "one_at_a_time": draw_one_at_a_time,
}


def plural(count: int, noun: str) -> str:
    """Return "1 seed", "8 seeds", "1,000 seeds"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def english_list(names: Iterable[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def _spread(draw: Draw, name: str, sample: Callable[[int, int, Any], Any]) -> Table:
    count = draw.batch_size
    columns: dict[str, list[Any]] = {}
    if draw.axes:
        import numpy

        points = sample(len(draw.axes), count, numpy.random.default_rng(draw.entropy))
        columns = {axis.name: axis.pick(points[:, i].tolist()) for i, axis in enumerate(draw.axes)}
    columns |= draw.seed_column(count)
    if draw.axes:
        how = f"{plural(count, f'{name} point')} over {english_list(axis.name for axis in draw.axes)}"
        return Table(count, columns, how + (", each with its own seed" if draw.seeds else ""))
    return Table(count, columns, plural(count, "seed") if draw.seeds else "")


def _only_lists(draw: Draw, strategy: str) -> list[ValuesAxis]:
    """Return the axes when all are lists, and otherwise say how to make each range one."""
    errors = [
        FieldError(
            axis.field,
            f"({axis.low!r}, {axis.high!r}) is a continuous range, and {strategy} needs a list; "
            f"make it one, for example {axis.cure}",
        )
        for axis in draw.axes
        if isinstance(axis, RangeAxis)
    ]
    if errors:
        raise ConfigError(errors)
    return [axis for axis in draw.axes if isinstance(axis, ValuesAxis)]


def _limited(count: int, copies: int, axes: Sequence[ValuesAxis]) -> int:
    if count > MAX_TASKS:
        longest = max(axes, key=lambda axis: len(axis.values))
        field, cure = ("batch_size", "lower it") if copies > 1 else (longest.field, "shorten this list")
        raise ConfigError([FieldError(field, f"the plan has {count:,} tasks, and {MAX_TASKS:,} are allowed; {cure}")])
    return count


def _seeds_in_cells(draw: Draw, count: int) -> dict[str, list[Any]]:
    if draw.seed_policy == "per_task":
        return draw.seed_column(count)
    return {name: seeds * (count // draw.batch_size) for name, seeds in draw.seed_column(draw.batch_size).items()}


def _factors(draw: Draw, axes: Sequence[ValuesAxis]) -> list[str]:
    seeds = [plural(draw.batch_size, "seed")] if draw.seeds else []
    return seeds + [plural(len(axis.values), axis.noun) for axis in axes]


def _repeat(values: Sequence[Any], times: int) -> list[Any]:
    return list(itertools.chain.from_iterable(itertools.repeat(value, times) for value in values))
