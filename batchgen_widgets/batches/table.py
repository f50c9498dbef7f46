"""A batch as a table: which parameter is an axis, which values are rows and columns, and which task is in which cell.

Nothing here draws. The contact sheet shows this table, and what wins is counted by the same values and parts of ranges.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import Any, Final, Literal

from ..errors import ParameterError
from ..generators.inputs import media_label
from ..generators.parameters import did_you_mean, plain, show
from .config import BatchConfig

__all__ = [
    "MAX_PARTS",
    "Scale",
    "Slot",
    "Table",
    "listed_values",
    "make_scale",
    "make_table",
    "value_key",
    "value_text",
]

MAX_PARTS: Final = 12
"""How many parts a continuous range has at most as an axis."""

_FEW_PARTS: Final = 4
_LONG_LABEL: Final = 18  # letters; labels above this read better at the left than on top
_SEED: Final = "seed"


@dataclass(frozen=True, slots=True)
class Slot:
    """One row or column: a value, or a part of a range.

    Attributes
    ----------
    label : str
        For people: ``"euler"``, ``"7.5"``, ``"4 to 5"``.
    value : object
        JSON-able: the value, or ``{"low": ..., "high": ...}``. Both ends of whole numbers belong to it; of others the
        upper end belongs to the next part, but for the last one.
    """

    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Scale:
    """The slots of one parameter, and in which one each item is.

    Attributes
    ----------
    name : str
        Of the parameter.
    kind : {"values", "range"}
        Whether the slots are values, or parts of a range.
    slots : tuple of Slot
        Numbers in order; other values in the order of the config, then in that in which they came.
    places : tuple of int
        The slot of each item.
    """

    name: str
    kind: Literal["values", "range"]
    slots: tuple[Slot, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Which task is where.

    Attributes
    ----------
    x, y, page : Scale or None
        What columns, rows and pages are; without `x` and `y` there is nothing to tell rows by, and all tasks are in one
        cell.
    cells : dict
        The indices of tasks, in order, by page, row and column; each is 0 where there is no such axis. Empty cells are
        left out.
    """

    x: Scale | None
    y: Scale | None
    page: Scale | None
    cells: Mapping[tuple[int, int, int], Sequence[int]]


def make_table(
    tasks: Sequence[Mapping[str, Any]],
    varied: Sequence[str],
    config: BatchConfig,
    *,
    x: str | None = None,
    y: str | None = None,
    page: str | None = None,
) -> Table:
    """Lay out tasks by what differs between them.

    Parameters
    ----------
    tasks : sequence of mapping
        The parameters of each.
    varied : sequence of str
        The parameters that may be axes.
    config : BatchConfig
        Tells the order of listed values, and which parameters have a continuous range.
    x, y, page : str, optional
        What columns, rows and pages show. Columns and rows are chosen where they are not given: the two parameters with
        the most values. Seeds are the last choice, and only where several tasks share each of them.

    Raises
    ------
    ParameterError
        When one is no varied parameter, or is used twice.
    """
    _check({"x": x, "y": y, "page": page}, varied)
    chosen = x is None and y is None
    columns = {name: [task.get(name) for task in tasks] for name in varied}
    x, y = _choose_axes(x, y, page, columns)
    lists = listed_values(config)
    # With two axes of many values each, most cells would be empty.
    parts = MAX_PARTS if not (x and y) else min(MAX_PARTS, max(_FEW_PARTS, math.ceil(math.sqrt(len(tasks)))))

    def scale(name: str | None) -> Scale | None:
        return None if name is None else make_scale(name, columns[name], lists.get(name), parts)

    across, down, pages = scale(x), scale(y), scale(page)
    if across and down and chosen and _is_long(across) and not _is_long(down):
        across, down = down, across
    cells: dict[tuple[int, int, int], list[int]] = {}
    for index in range(len(tasks)):
        where = tuple(axis.places[index] if axis else 0 for axis in (pages, down, across))
        cells.setdefault((where[0], where[1], where[2]), []).append(index)
    return Table(across, down, pages, cells)


def _check(given: Mapping[str, str | None], varied: Sequence[str]) -> None:
    used: dict[str, str] = {}
    for axis, name in given.items():
        if name is None:
            continue
        if name not in varied:
            msg = f"{axis}: {show(name)} is no varied parameter; {did_you_mean(name, varied)}"
            raise ParameterError(msg, field=axis, value=name)
        if name in used:
            msg = f"{axis}: {name!r} is {used[name]} already; choose another parameter, or leave one of them out"
            raise ParameterError(msg, field=axis, value=name)
        used[name] = axis


def _choose_axes(
    x: str | None, y: str | None, page: str | None, columns: Mapping[str, Sequence[Any]]
) -> tuple[str | None, str | None]:
    amounts = {name: len({value_key(value) for value in values}) for name, values in columns.items()}
    free = [name for name in columns if name not in (x, y, page) and amounts[name] > 1]
    if _SEED in free and amounts[_SEED] == len(columns[_SEED]):
        free.remove(_SEED)
    free.sort(key=lambda name: (name == _SEED, -min(amounts[name], MAX_PARTS)))
    if x is None and y is None:
        return (free[0], free[1]) if len(free) > 1 else (None, None)
    rest = free[0] if free else None
    return (x or rest, y or rest) if x is None or y is None else (x, y)


def _is_long(scale: Scale) -> bool:
    return max(len(slot.label) for slot in scale.slots) > _LONG_LABEL


def listed_values(config: BatchConfig) -> dict[str, list[Any]]:
    """Give the lists of values that a config varies, by parameter."""
    variation = config.variation_params
    if not config.enabled:
        return {}
    lists: dict[str, list[Any]] = {}
    if variation.vary_prompts:
        lists["prompt"] = variation.prompt_variations
    if variation.vary_parameters:
        lists |= {name: given for name, given in variation.parameter_ranges.items() if isinstance(given, list)}
    return lists


def make_scale(name: str, values: Sequence[Any], listed: Sequence[Any] | None, parts: int) -> Scale:
    """Sort the values of one parameter into slots.

    Parameters
    ----------
    name : str
    values : sequence
        One for each item.
    listed : sequence or None
        The values that somebody asked for; each is a slot, however many they are.
    parts : int
        Into how many parts a range of other numbers is cut at most. Seeds are never cut: neighbours have nothing in
        common.
    """
    keys = [value_key(value) for value in values]
    found = dict(zip(keys, map(_jsonable, values), strict=True))
    numbers = [value for value in found.values() if _is_number(value)]
    if listed is None and name != _SEED and len(numbers) > parts and len(found) - len(numbers) <= 1:
        return _cut(name, keys, found, numbers, parts)
    order = [key for key in dict.fromkeys(map(value_key, listed or ())) if key in found]
    order += [key for key in found if key not in set(order)]
    if all(_is_number(found[key]) or found[key] is None for key in order):
        order.sort(key=lambda key: (found[key] is None, found[key] or 0))
    texts = [value_text(found[key]) for key in order]
    if len(set(texts)) < len(texts):  # numbers that differ only in what is not shown
        texts = [str(found[key]) for key in order]
    place = {key: number for number, key in enumerate(order)}
    slots = tuple(Slot(text, found[key]) for text, key in zip(texts, order, strict=True))
    return Scale(name, "values", slots, tuple(place[key] for key in keys))


def _cut(name: str, keys: Sequence[Any], found: Mapping[Any, Any], numbers: Sequence[Any], parts: int) -> Scale:
    whole = all(isinstance(number, int) for number in numbers)
    edges = round_edges(min(numbers), max(numbers), parts, whole=whole)
    slots = []
    for low, high in pairwise(edges):
        last = high - 1 if whole else high
        label = value_text(low) if low == last else f"{value_text(low)} to {value_text(last)}"
        slots.append(Slot(label, {"low": low, "high": last}))
    count = len(slots)
    place = {key: min(bisect_right(edges, value) - 1, count - 1) for key, value in found.items() if _is_number(value)}
    if len(place) < len(found):
        place |= {key: count for key in found if key not in place}
        slots += [Slot(value_text(value), value) for value in found.values() if not _is_number(value)]
    return Scale(name, "range", tuple(slots), tuple(place[key] for key in keys))


def round_edges(low: float, high: float, parts: int, *, whole: bool) -> list[float]:
    """Cut a range at round numbers: at most `parts` parts, all of one width, 1, 2 or 5 times a power of ten.

    The last edge of whole numbers is above `high`, since there each part ends before the next one begins.
    """
    first, last = Decimal(str(low)), Decimal(str(high)) + (1 if whole else 0)
    exponent = ((last - first) / parts).adjusted()
    widths = (Decimal(m).scaleb(exponent + power) for power in range(3) for m in (1, 2, 5))
    for width in widths:
        start = math.floor(first / width)
        end = math.ceil(last / width)
        if end - start <= parts and (not whole or width >= 1):
            break
    number = int if whole else float
    # The smallest of all floats are so far apart that two edges may be one.
    return list(dict.fromkeys(number(width * count) for count in range(start, end + 1)))


def value_key(value: Any) -> Any:
    """Give what tells values apart: like the value, but True is not 1, and everything can be looked up."""
    value = _jsonable(value)
    return (type(value) is bool, value)


def value_text(value: Any) -> str:
    """Give a value in words, in one line: numbers without noise, and None, True and False as the browser says them."""
    value = _jsonable(value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    return " ".join(str(value).split())


def _jsonable(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    value = plain(value)
    if isinstance(value, (str, int, float, type(None))):
        return value if value == value else "nan"
    return media_label(value) or repr(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
