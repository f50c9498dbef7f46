"""Which assets a gallery shows, and in which order.

The browser evaluates the same queries over the same columns (``js/src/state/query.ts``). What a query means is
therefore defined here down to the last detail, in terms that both languages have, and
``tests/unit/batches/query_cases.json`` holds both to it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, Protocol, Self, TypeAlias, get_args

from ..errors import ParameterError
from ..generators.parameters import did_you_mean, show
from .assets import Asset
from .fields import Cell, Column, Fields, as_scalar, clip, text_of

__all__ = ["MarkFilter", "Query", "Rows", "fold"]

MarkFilter = Literal["favorite", "unmarked", "discarded"]
Condition: TypeAlias = Mapping[str, Any]

_MARK_OF: Final = {"favorite": "favorite", "unmarked": None, "discarded": "discarded"}
_GAPS: Final = re.compile(r"[\t\n\v\f\r ]+")


@dataclass(frozen=True)
class Query:
    """What a gallery shows and in which order.

    Parameters
    ----------
    text : str, default ""
        Words that must all occur: each one in any text parameter or text metric, or in the file name. See `fold` for
        how letters are compared. Words are what stands between spaces; a word may occur inside a longer one.
    mark : {"favorite", "unmarked", "discarded"}, optional
        Show only the assets that are starred, not marked, or put aside.
    where : mapping of str to mapping
        By field: ``{"values": [...]}`` for any of these values, or ``{"low": ..., "high": ...}`` for a number between
        the two, which belong to it; None leaves an end open. An asset has to meet all conditions.
    sort : str, optional
        The field to sort by; without it, assets stay in the order in which they arrived.
    descending : bool, default False
        Whether the largest comes first.

    Raises
    ------
    ParameterError
        When one of these is not allowed.

    Notes
    -----
    Fields are the parameters and metrics by name, and ``kind``, ``status`` (of the asset's task), ``mark``, ``task``
    (its index), ``created`` (seconds since 1970), ``width``, ``height``, ``duration``, ``size`` (in bytes) and
    ``name`` (of the file). Where names clash the parameter wins over the metric, and both over the built-in field: for
    all assets, also for those that lack the parameter.

    A field is a column of numbers, booleans or texts; `batchgen_widgets.batches.fields` says which, and what is no
    value (a missing parameter, None, NaN).

    Values
        In a column of numbers a number matches one that is equal to it as a float; in one of booleans, a boolean. In a
        column of texts a text matches the same text, letter by letter, and a number or boolean matches its text as
        JavaScript writes it (20 and 20.0 match "20", True matches "true"). Nothing else matches: True is not 1, and
        "20" is not 20. None matches the assets that have no value. No values match nothing.
    Ranges
        Only numbers are in a range. With both ends open it holds every asset that has a number.
    Fields that no asset has
        All assets are without a value in them.
    Order
        Numbers by size, False before True, texts by `fold` and then letter by letter, both by UTF-16 code units; equal
        ones in order of arrival. Assets without a value come last, also when descending, in order of arrival.
    """

    text: str = ""
    mark: MarkFilter | None = None
    where: Mapping[str, Condition] = field(default_factory=dict)
    sort: str | None = None
    descending: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise _refused("text", self.text, "give the words to look for, as one text")
        if self.mark is not None and (not isinstance(self.mark, str) or self.mark not in _MARK_OF):
            allowed = ", ".join(map(repr, get_args(MarkFilter)))
            raise _refused("mark", self.mark, f"choose one of {allowed}, or None for all")
        if self.sort is not None and not isinstance(self.sort, str):
            raise _refused("sort", self.sort, "give the name of a field, or None for the order of arrival")
        if not isinstance(self.descending, bool):
            raise _refused("descending", self.descending, "give True or False")
        if not isinstance(self.where, Mapping):
            raise _refused("where", self.where, 'give a dict such as {"seed": {"values": [1, 2]}}')
        where = {str(name): _read_condition(str(name), condition) for name, condition in self.where.items()}
        object.__setattr__(self, "where", where)

    @classmethod
    def of(
        cls,
        *,
        text: str = "",
        mark: MarkFilter | None = None,
        sort: str | None = None,
        where: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> Self:
        """Make a query the short way.

        Parameters
        ----------
        text, mark
            As in the query.
        sort : str, optional
            ``"seed"``, or ``"-seed"`` for the largest first.
        where : mapping, optional
            More conditions, for fields whose name is one of these keywords.
        **conditions
            By field: a value, a list of values, a tuple ``(low, high)`` with None for an open end, or a condition as
            in the query. Members of an Enum count by their name, a `datetime` by its seconds since 1970.

        Returns
        -------
        Query

        Raises
        ------
        ParameterError
            When a condition is not allowed.

        Examples
        --------
        >>> query = Query.of(text="red fox", steps=[20, 30], clip_score=(0.3, None), sort="-clip_score")
        >>> query.where
        {'steps': {'values': [20, 30]}, 'clip_score': {'low': 0.3, 'high': None}}
        """
        descending = isinstance(sort, str) and sort.startswith("-")
        given = {**(where or {}), **conditions}
        return cls(
            text=text,
            mark=mark,
            where={name: _as_condition(name, value) for name, value in given.items()},
            sort=sort[1:] if sort and descending else sort,
            descending=descending,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote; what is left out is as in a query that shows all.

        Raises
        ------
        ParameterError
            When something is unknown or not allowed.
        """
        known = ("text", "mark", "where", "sort", "descending")
        for name in data:
            if name not in known:
                raise ParameterError(f"{name}: no part of a query; {did_you_mean(name, known)}", field=str(name))
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return asdict(self)

    def check(self, fields: Iterable[str]) -> Self:
        """Return the query when its fields are among these.

        Raises
        ------
        ParameterError
            When one is not; it names the likely one, and all there are.
        """
        known = dict.fromkeys(fields)
        for name in [*self.where, *([self.sort] if self.sort else [])]:
            if name not in known:
                raise ParameterError(f"{name}: no asset has such a field; {did_you_mean(name, known)}", field=name)
        return self

    def only(self, fields: Iterable[str]) -> Self:
        """Return the query without its conditions on other fields than these."""
        known = set(fields)
        where = {name: condition for name, condition in self.where.items() if name in known}
        return self if len(where) == len(self.where) else replace(self, where=where)

    def apply(self, assets: Sequence[Asset]) -> list[int]:
        """Say which assets it shows, in which order.

        Parameters
        ----------
        assets : sequence of Asset
            In order of arrival.

        Returns
        -------
        list of int
            Their places in `assets`.
        """
        shown = list(range(len(assets)))
        if self.mark is not None:
            mark = _MARK_OF[self.mark]
            shown = [place for place in shown if assets[place].mark == mark]
        return self.pick(shown, _AssetRows(assets)) if self.text or self.where or self.sort else shown

    def pick(self, shown: list[int], rows: Rows) -> list[int]:
        """Say which of some places it shows, in which order, whatever their marks; they are in order of arrival."""
        for name, condition in self.where.items():
            shown = rows.meeting(name, condition, shown)
        if words := [word for word in _GAPS.split(fold(self.text)) if word]:
            shown = rows.mentioning(words, shown)
        return rows.in_order(self.sort, shown, self.descending) if self.sort else shown


class Rows(Protocol):
    """What a query looks at, and how it is looked through; a place is an index in order of arrival."""

    def meeting(self, name: str, condition: Condition, shown: list[int]) -> list[int]:
        """Give the places whose cell of a field meets a condition."""

    def mentioning(self, words: Sequence[str], shown: list[int]) -> list[int]:
        """Give the places in whose texts each word, which is folded, occurs."""

    def in_order(self, name: str, shown: list[int], descending: bool) -> list[int]:
        """Sort places by their cells of a field."""


class _AssetRows:
    def __init__(self, assets: Sequence[Asset]) -> None:
        self._fields = Fields(assets)

    def meeting(self, name: str, condition: Condition, shown: list[int]) -> list[int]:
        return meeting(condition, self._fields.column(name), shown)

    def mentioning(self, words: Sequence[str], shown: list[int]) -> list[int]:
        return _mentioning(words, [*self._fields.measured, self._fields.fact("name")], shown)

    def in_order(self, name: str, shown: list[int], descending: bool) -> list[int]:
        return in_order(self._fields.column(name), shown, descending)


def fold(text: str) -> str:
    """Give a text as it is compared: without regard to upper and lower case, width, ligatures and final forms.

    NFKC; lower, upper and again lower case, by Unicode's full mappings of no language; NFKC; and the final sigma as any
    sigma.
    So "STRASSE" finds "Straße", and "ﬁ" is "fi". Python and JavaScript have these steps in common, as they have not
    `str.casefold`. Letters newer than either one's Unicode are compared as they are.
    """
    if text.isascii():
        return text.lower()
    changed = unicodedata.normalize("NFKC", text).lower().upper().lower()
    return unicodedata.normalize("NFKC", changed).replace("\u03c2", "\u03c3")


def meeting(condition: Condition, column: Column | None, shown: list[int]) -> list[int]:
    """Give the places whose cell meets a condition."""
    if "values" in condition:
        values = condition["values"]
        if column is None:
            return shown if None in values else []
        wanted = wanted_cells(values, column.type)
        cells = column.cells
        return [place for place in shown if cells[place] in wanted]
    if column is None or column.type != "number":
        return []
    low = -math.inf if condition["low"] is None else float(condition["low"])
    high = math.inf if condition["high"] is None else float(condition["high"])
    numbers: Sequence[Any] = column.cells
    return [place for place in shown if numbers[place] is not None and low <= numbers[place] <= high]


def wanted_cells(values: Sequence[Any], type: Literal["number", "text", "bool"]) -> Set[Cell]:
    """Give the cells of a column of a type that some values match."""
    if type == "text":
        return {None if value is None else text_of(value) for value in values}
    none: Set[Cell] = {None} if None in values else set()
    booleans = {value for value in values if isinstance(value, bool)}
    if type == "bool":
        return none | booleans
    return none | {float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)}


def _mentioning(words: Sequence[str], columns: Iterable[Column], shown: list[int]) -> list[int]:
    """Give the places in whose texts each word occurs."""
    every = (1 << len(words)) - 1
    found = dict.fromkeys(shown, 0)
    for column in columns:
        if column.type != "text":
            continue
        known: dict[Cell, int] = {None: 0}
        for place in shown:
            cell = column.cells[place]
            bits = known.get(cell)
            if bits is None:
                text = fold(str(cell))
                bits = known[cell] = sum(1 << index for index, word in enumerate(words) if word in text)
            found[place] |= bits
    return [place for place in shown if found[place] == every]


def in_order(column: Column | None, shown: list[int], descending: bool) -> list[int]:
    """Sort places by their cells."""
    if column is None:
        return shown
    cells: Sequence[Any] = column.cells
    key: Callable[[int], Any] = cells.__getitem__
    if column.type == "text":
        texts = [text for text in {cells[place] for place in shown} if text is not None]
        keys = dict(zip(texts, text_keys(texts), strict=True))

        def key(place: int) -> Any:
            return keys[cells[place]]

    with_value = [place for place in shown if cells[place] is not None]
    without = [place for place in shown if cells[place] is None]
    # Equal ones stay in their order, also when it is reversed.
    return sorted(with_value, key=key, reverse=descending) + without


def text_keys(texts: Sequence[str]) -> Sequence[Any]:
    """Give what texts are sorted by: their folds and then themselves, both by UTF-16 code units."""
    every = "\0".join(texts)
    if texts and every.count("\0") == len(texts) - 1:  # a zero is below all else, and may stand between the two
        if every.isascii():
            return list(map("\0".join, zip(every.lower().split("\0"), texts, strict=True)))
        if max(every) < "\ud800":  # up to there code units are in the order of code points, in which Python compares
            return [f"{fold(text)}\0{text}" for text in texts]
    return [(_code_units(fold(text)), _code_units(text)) for text in texts]


def _code_units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _as_condition(name: str, given: Any) -> Condition:
    """Read a condition as a person writes it."""
    if isinstance(given, Mapping):
        return given
    if isinstance(given, Enum):
        return {"values": [given]}
    if isinstance(given, tuple):
        if len(given) != 2:
            raise _refused(name, given, "a tuple is a range (low, high); write values as a list")
        return {"low": given[0], "high": given[1]}
    if callable(getattr(given, "tolist", None)):
        given = given.tolist()
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    return {"values": list(given) if several else [given]}


def _read_condition(name: str, given: Any) -> Condition:
    """Return a condition with values that JSON holds."""
    keys = set(given) if isinstance(given, Mapping) else None
    if keys == {"values"} and isinstance(given["values"], Sequence) and not isinstance(given["values"], str | bytes):
        return {"values": [_read_value(name, value) for value in given["values"]]}
    if keys and keys <= {"low", "high"}:
        low, high = (_read_end(name, given.get(end)) for end in ("low", "high"))
        if low is not None and high is not None and low > high:
            raise _refused(name, (low, high), "a range is (low, high); give the smaller number first")
        return {"low": low, "high": high}
    raise _refused(name, given, 'give {"values": [...]}, or {"low": number or None, "high": number or None}')


def _read_value(name: str, given: Any) -> Cell:
    value: Cell = _seconds(as_scalar(given))
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, str):
        return clip(value)
    if value is None or isinstance(value, bool) or _is_finite(value):
        return value
    raise _refused(name, given, "give texts, finite numbers, booleans, members of Enums, or None for no value")


def _read_end(name: str, given: Any) -> float | None:
    value: float | None = _seconds(as_scalar(given))
    if value is None or (not isinstance(value, bool) and _is_finite(value)):
        return value
    raise _refused(name, given, "an end of a range is a finite number, or None for an open end")


def _seconds(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _is_finite(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def _refused(name: str, value: object, allowed: str) -> ParameterError:
    return ParameterError(f"{name}: {show(value)} is not allowed; {allowed}", field=name, value=value)
