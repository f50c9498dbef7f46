"""Parameters, metrics and facts of assets as columns, the way both the kernel and the browser sort and filter them.

A column has one type, that of all its values:

- ``number`` when all are whole numbers or floats; its cells are floats, as JavaScript has them.
- ``bool`` when all are booleans. A boolean is no number: True and 1 are different values.
- ``text`` else. Where values are of several types, each one is the text that JSON writes for it in JavaScript: 20 and
  20.0 are "20", True is "true".

None and NaN are no value, and don't count for the type; a column without any value is one of numbers. Members of an
Enum are their names, NumPy scalars the Python ones, infinities are numbers, media the names of their files, everything
else is its `repr`. Texts are cut after 20,000 characters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import chain
from typing import Any, Final, Literal, TypeAlias

from ..generators.inputs import media_label
from ..generators.parameters import plain
from .assets import Asset
from .status import TaskStatus

__all__ = ["BUILT_IN", "Cell", "Column", "Fields", "as_scalar", "clip", "make_column", "number_text", "text_of"]

Cell: TypeAlias = float | str | bool | None
Group: TypeAlias = Literal["parameter", "metric", "field"]

_TEXT_LIMIT: Final = 20_000

BUILT_IN: Final[dict[str, Callable[[Asset], Any]]] = {
    "kind": lambda asset: asset.kind,
    # Only a task that completed has assets, and it stays completed.
    "status": lambda _asset: str(TaskStatus.COMPLETED),
    "mark": lambda asset: asset.mark,
    "task": lambda asset: asset.task_index,
    "created": lambda asset: asset.created_at.timestamp(),
    "width": lambda asset: asset.width,
    "height": lambda asset: asset.height,
    "duration": lambda asset: asset.duration,
    "size": lambda asset: asset.file_size,
    "name": lambda asset: asset.path.name,
}
"""The fields that every asset has: seconds since 1970 for ``created``, pixels, seconds, bytes."""

_NO_VALUE = type(None)
_EXACT: Final = frozenset({int, float, str, bool, _NO_VALUE})


@dataclass(frozen=True, slots=True)
class Column:
    """One field of some assets or tasks, a cell for each: a float, a text or a boolean by `type`, or None."""

    name: str
    group: Group
    type: Literal["number", "text", "bool"]
    cells: Sequence[Cell]


class Fields:
    """The columns of some assets, each made when it is first asked for.

    Parameters
    ----------
    assets : sequence of Asset
    """

    def __init__(self, assets: Sequence[Asset]) -> None:
        self._assets = assets
        self._parameters = dict.fromkeys(chain.from_iterable(asset.params for asset in assets))
        self._metrics = dict.fromkeys(chain.from_iterable(asset.metrics for asset in assets))
        self._made: dict[tuple[Group, str], Column] = {}

    @property
    def names(self) -> list[str]:
        """Every field, parameters first; one of several things of that name."""
        return list(self._parameters | self._metrics | dict.fromkeys(BUILT_IN))

    def column(self, name: str) -> Column | None:
        """Give the field of that name: a parameter, else a metric, else a built-in one; None where there is none."""
        if name in self._parameters:
            return self.parameter(name)
        if name in self._metrics:
            return self.metric(name)
        return self.fact(name) if name in BUILT_IN else None

    def parameter(self, name: str) -> Column:
        """Give the parameter of that name."""
        return self._make("parameter", name, lambda: [asset.params.get(name) for asset in self._assets])

    def metric(self, name: str) -> Column:
        """Give the metric of that name."""
        return self._make("metric", name, lambda: [asset.metrics.get(name) for asset in self._assets])

    def fact(self, name: str) -> Column:
        """Give the built-in field of that name."""
        read = BUILT_IN[name]
        return self._make("field", name, lambda: [read(asset) for asset in self._assets])

    @property
    def measured(self) -> list[Column]:
        """Every parameter and every metric, those of the same name too."""
        return [*map(self.parameter, self._parameters), *map(self.metric, self._metrics)]

    def _make(self, group: Group, name: str, values: Callable[[], list[Any]]) -> Column:
        column = self._made.get((group, name))
        if column is None:
            column = self._made[group, name] = make_column(name, group, values())
        return column


def make_column(name: str, group: Group, values: Sequence[Any]) -> Column:
    """Make a column of some values, None where there is none."""
    kinds = set(map(type, values))
    if not kinds <= _EXACT:
        texts: dict[int, str] = {}
        values = [value if type(value) in _EXACT else _scalar(value, texts) for value in values]
        kinds = set(map(type, values))
    if float in kinds:
        values = [None if value != value else value for value in values]
        kinds = set(map(type, values))
    some = kinds - {_NO_VALUE}
    if some <= {int, float}:
        number = float if some == {float} else _float
        cells: Sequence[Cell] = (
            [None if value is None else number(value) for value in values]
            if _NO_VALUE in kinds
            else list(map(number, values))
        )
        return Column(name, group, "number", cells)
    if some == {bool}:
        return Column(name, group, "bool", values)
    return Column(name, group, "text", [None if value is None else text_of(value) for value in values])


def text_of(value: str | float | bool) -> str:
    """Give a value as a column of texts has it."""
    if isinstance(value, str):
        return clip(value)
    return str(value).lower() if isinstance(value, bool) else number_text(_float(value))


def clip(text: str) -> str:
    """Cut a text that is too long to be looked at."""
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}…"


def number_text(value: float) -> str:
    """Write a number as JavaScript does: 20.0 is "20", 1e-07 is "1e-7", 1e+16 is "10000000000000000"."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)  # it is finite
    digits = "".join(map(str, figures))
    point = len(digits) + exponent  # how many digits stand before the decimal point
    if -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    elif point <= 0 or point > 21:
        power = point - 1
        text = f"{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{'+' if power > 0 else '-'}{abs(power)}"
    elif point >= len(digits):
        text = digits + "0" * (point - len(digits))
    else:
        text = f"{digits[:point]}.{digits[point:]}"
    return f"-{text}" if sign else text


def as_scalar(value: Any) -> Any:
    """Give a Python value as a text, a number, a boolean or None where it is one of these; else as it is."""
    if isinstance(value, Enum):
        return value.name
    value = plain(value)
    for exact in (bool, int, float, str):
        if isinstance(value, exact):
            return exact(value)
    return media_label(value) or value


def _scalar(value: Any, texts: dict[int, str]) -> Any:
    scalar = as_scalar(value)
    if type(scalar) in _EXACT:
        return scalar
    # Assets often share one object, whose text may take a while.
    if id(value) not in texts:
        texts[id(value)] = repr(scalar)
    return texts[id(value)]


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond all floats
        return math.inf if value > 0 else -math.inf
