r"""Assets as tables: CSV for spreadsheets and pandas, Parquet for programs.

**CSV** is RFC 4180 in UTF-8, with the byte order mark without which Excel takes it for something else. Texts are always
in quotes, numbers never. A text that a spreadsheet would take for a formula gets an apostrophe in front, and so does
one that begins with an apostrophe: take one away and the value is back. Numbers stay numbers, negative ones too.
Characters that can't be seen are written as escapes such as ``\u202e``, texts beyond what a cell of Excel holds are
cut, and say so; the manifest has all of them as they are.

**Parquet** has typed columns and exact texts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..texts import visible
from .database import clean_text

if TYPE_CHECKING:
    import pyarrow

__all__ = ["LONGEST_CELL", "Row", "columns_of", "has_parquet", "write_csv", "write_parquet"]

Row: TypeAlias = Mapping[str, Any]
Type: TypeAlias = Literal["bool", "int", "float", "text"]

LONGEST_CELL: Final = 32_767
"""Characters that a cell of Excel holds."""

# Also as wide as Chinese and Japanese characters: some spreadsheets take both.
_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_ROWS_AT_ONCE: Final = 5_000


def columns_of(rows: Iterable[Row]) -> dict[str, Type]:
    """Give the columns of some rows in the order in which they come up, each with the type that holds its values."""
    found: dict[str, set[Type]] = {}
    for row in rows:
        for name, value in row.items():
            types = found.setdefault(name, set())
            if value is not None:
                types.add(_type_of(value))
    return {name: _common(types) for name, types in found.items()}


def _type_of(value: object) -> Type:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(2**63) <= value < 2**63 else "text"
    return "float" if isinstance(value, float) else "text"


def _common(types: set[Type]) -> Type:
    if len(types) == 1:
        return next(iter(types))
    return "float" if types == {"int", "float"} else "text"


def write_csv(file: IO[bytes], columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV; the file stays open."""
    names = list(columns)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow([_safe_cell(name) for name in names])
        writer.writerows([_csv_cell(row.get(name)) for name in names] for row in rows)
        text.flush()
    finally:
        text.detach()


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, int | float) else _safe_cell(_text(value))


def _safe_cell(text: str) -> str:
    """Make a text that no spreadsheet runs."""
    shown = visible(text.replace("\r\n", "\n"), breaks=True)
    if len(shown) > LONGEST_CELL - 1:
        note = f"... ({len(text):,} characters, all of them in manifest.json)"
        shown = shown[: LONGEST_CELL - 1 - len(note)] + note
    # Spaces in front are taken away by some, whichever they are.
    runs = shown.startswith(("'", *"\t\r\n")) or shown.lstrip().startswith(_FORMULA)
    return f"'{shown}" if runs else shown


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def has_parquet() -> bool:
    """Say whether Parquet can be written: pyarrow is an optional package."""
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


def write_parquet(file: IO[bytes], columns: Mapping[str, Type], rows: Iterable[Row]) -> None:
    """Write rows as Parquet; the file stays open."""
    import pyarrow
    from pyarrow import parquet

    kinds = {"bool": pyarrow.bool_(), "int": pyarrow.int64(), "float": pyarrow.float64(), "text": pyarrow.string()}
    schema = pyarrow.schema([(clean_text(name), kinds[kind]) for name, kind in columns.items()])
    names = {clean_text(name): (name, _PARQUET_CELLS[kind]) for name, kind in columns.items()}
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for some in _chunks(rows):
            cells = {label: [_cell(row.get(name), cell) for row in some] for label, (name, cell) in names.items()}
            writer.write_table(_table(cells, schema))


def _table(cells: dict[str, list[Any]], schema: pyarrow.Schema) -> pyarrow.Table:
    import pyarrow

    return pyarrow.table(cells, schema=schema)


def _cell(value: Any, cell: Callable[[Any], Any]) -> Any:
    return None if value is None else cell(value)


_PARQUET_CELLS: Final[dict[Type, Callable[[Any], Any]]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "text": lambda value: clean_text(_text(value)),
}


def _chunks(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    rest = iter(rows)
    while some := list(islice(rest, _ROWS_AT_ONCE)):
        yield some
