"""Assets found among all of a project, a page at a time, without reading their batches.

What a query means is `batches.Query`'s word, and `tests/unit/batches/query_cases.json` holds this to it. Parameters,
metrics and facts of every thousand assets, in order of arrival, are kept once more in the table ``asset_columns``: one
row for each field, packed, so that a query reads only the fields that it looks at. None of that ever changes after an
asset was made; marks, batches and what is in the trash do, and are asked of the assets themselves. What came after the
last thousand is read as it is. The table can be emptied at any time: it is filled again when it is needed.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sqlite3
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, cast, overload

from ..batches import Asset, Column, Query, TaskStatus, make_column
from ..batches.fields import BUILT_IN, Cell, text_of
from ..batches.query import Condition, fold, in_order, meeting, text_keys, wanted_cells
from ..errors import ProjectError
from ..generators.inputs import LostMedia, read_reference
from .database import Database, Statement

if TYPE_CHECKING:
    from .ledger import Ledger

__all__ = ["CHUNK", "Finder", "Page"]

CHUNK: Final = 1000
"""Assets of one packed row: always that many, so that a place says where it is packed."""

_AT_ONCE: Final = 20
_MAY_REFER: Final = re.compile(r'\{"(?:asset|file|from|kind|name)":').search
"""Finds in the JSON of parameters what may be media."""

_NO_TEXT: Final = 0xFFFF
_FACTS: Final = {
    "kind": "kind",
    "task": "task_idx",
    "created": "created_at",
    "width": "width",
    "height": "height",
    "duration": "duration",
    "size": "file_size",
}
_LAST: Final = "SELECT max(last) FROM asset_columns WHERE part = 'rowid'"
_ROWS: Final = (
    f"SELECT rowid, {', '.join(_FACTS.values())}, file, params, metrics FROM assets "
    "WHERE rowid > ? ORDER BY rowid LIMIT ?"
)

_log = logging.getLogger(__name__)

Part = Literal["parameter", "metric", "field"]
_MEASURED: Final[tuple[Part, Part]] = ("parameter", "metric")


@dataclass(frozen=True)
class Page(Sequence[Asset]):
    """Some of the assets that a query found, in its order.

    Attributes
    ----------
    total : int
        How many it found in all.
    offset : int
        How many come before these.
    assets : list of Asset
    """

    total: int
    offset: int
    assets: list[Asset]

    @overload
    def __getitem__(self, index: int) -> Asset: ...
    @overload
    def __getitem__(self, index: slice) -> list[Asset]: ...
    def __getitem__(self, index: int | slice) -> Asset | list[Asset]:
        return self.assets[index]

    def __len__(self) -> int:
        return len(self.assets)

    def __repr__(self) -> str:
        where = f"{self.offset + 1:,} to {self.offset + len(self.assets):,} of " if self.assets else ""
        return f"<Page: {where}{self.total:,} assets>"


@dataclass(frozen=True)
class _Chunk:
    """The columns of some assets in order of arrival."""

    rowids: list[int]
    columns: list[Column]
    lines: list[str]


class Finder:
    """Finds assets of one project.

    Parameters
    ----------
    ledger : Ledger
    database : Database
    """

    def __init__(self, ledger: Ledger, database: Database) -> None:
        self._ledger = ledger
        self._database = database
        self._new = 0

    def grew(self, count: int) -> None:
        """Take note that assets were added; a thousand of them are packed together."""
        with self._ledger.lock:
            self._new += count
            if self._new >= CHUNK:
                self._new = 0
                try:
                    self._pack()
                except ProjectError as error:
                    _log.warning("finding may be slow for a while: %s", error)

    def find(
        self,
        query: Query,
        *,
        batch_id: str | None = None,
        trashed: bool = False,
        limit: int | None = None,
        offset: int = 0,
        strict: bool = False,
    ) -> Page:
        """Give a page of what a query finds.

        A field that no asset has is without a value in all of them; `strict` makes it a ParameterError.
        """
        with self._ledger.lock:
            columns = _Columns(self._database, self._pack())
            if strict:
                query.check(columns.names)
            found = query.pick(self._living(columns.rowids, query, batch_id, trashed), columns)
            wanted = found[offset : None if limit is None else offset + limit]
            return Page(len(found), offset, self._assets([columns.rowids[place] for place in wanted]))

    def _living(self, rowids: Sequence[int], query: Query, batch_id: str | None, trashed: bool) -> list[int]:
        """Give the places of the assets with the right mark, of the right batch, and in or out of the trash."""

        def ask(condition: str, *values: Any) -> set[int]:
            return {row[0] for row in self._database.ask(f"SELECT rowid FROM assets WHERE {condition}", *values)}

        only: list[set[int]] = []
        without = ask("trashed_at IS NOT NULL")
        if trashed:
            only.append(without)
            without = ask("deleted_at IS NOT NULL")
        if batch_id is not None:
            only.append(ask("batch_id = ?", batch_id))
        if query.mark == "unmarked":
            without |= ask("mark IS NOT NULL")
        elif query.mark is not None:
            only.append(ask("mark = ?", query.mark))
        if only:
            keep = set.intersection(*only) - without
            return [place for place, rowid in enumerate(rowids) if rowid in keep]
        if without:
            return [place for place, rowid in enumerate(rowids) if rowid not in without]
        return list(range(len(rowids)))

    def _assets(self, rowids: Sequence[int]) -> list[Asset]:
        rows: dict[int, sqlite3.Row] = {}
        for start in range(0, len(rowids), 500):
            some = json.dumps(rowids[start : start + 500])
            sql = "SELECT rowid AS place, * FROM assets WHERE rowid IN (SELECT value FROM json_each(?))"
            rows |= {row["place"]: row for row in self._database.ask(sql, some)}
        return [self._ledger.asset_of_row(rows[rowid]) for rowid in rowids]

    def _pack(self) -> _Chunk:
        """Pack every whole thousand, and give the rest."""
        last = self._database.ask(_LAST)[0][0] or 0
        while True:
            statements: list[Statement] = []
            for _ in range(_AT_ONCE):
                rows = self._database.ask(_ROWS, last, CHUNK)
                if len(rows) < CHUNK:
                    return _read_chunk(rows, self._database) if self._write(statements) else self._rest()
                statements.append(_insert(_read_chunk(rows, self._database)))
                last = rows[-1]["rowid"]
            if not self._write(statements):
                return self._rest()

    def _rest(self) -> _Chunk:
        """Give all that is not packed, as where it can't be written."""
        rows = self._database.ask(_ROWS, self._database.ask(_LAST)[0][0] or 0, -1)
        return _read_chunk(rows, self._database)

    def _write(self, statements: Sequence[Statement]) -> bool:
        try:
            if statements:
                self._database.write(*statements)
        except ProjectError as error:
            _log.warning("finding is slower than it could be: %s", error)
            return False
        return True


class _Columns:
    """The fields of all assets of a project, each unpacked as far as it is asked for; as `Query.pick` reads them."""

    def __init__(self, database: Database, rest: _Chunk) -> None:
        self._database = database
        self._rest = {(column.group, column.name): column for column in rest.columns}
        self._rest_count = len(rest.rowids)
        self._rest_lines = rest.lines
        self.rowids = array("q")
        self._firsts: list[int] = []
        first_of_rest = rest.rowids[0] if rest.rowids else math.inf
        sql = "SELECT first, cells FROM asset_columns WHERE part = 'rowid' ORDER BY first"
        for first, cells in database.ask(sql):
            if first < first_of_rest:  # else another process packed some of the rest meanwhile
                self._firsts.append(first)
                self.rowids.frombytes(_native(cells, "q"))
        self.rowids.extend(rest.rowids)
        self._types: dict[tuple[str, str], set[str]] = {}
        for part, name, kind in database.ask("SELECT DISTINCT part, name, type FROM asset_columns"):
            self._types.setdefault((part, name), set()).add(kind)
        for key, column in self._rest.items():
            self._types.setdefault(key, set()).add(_type_of(column))

    @property
    def names(self) -> Iterable[str]:
        """Every field, parameters first."""
        return dict.fromkeys([*(name for part in _MEASURED for of, name in self._types if of == part), *BUILT_IN])

    def meeting(self, name: str, condition: Condition, shown: list[int]) -> list[int]:
        """Give the places whose cell meets a condition."""
        part = self._part(name)
        kind = self._kind(part, name) if part else None
        if part and kind == "number":
            numbers = self._numbers(part, name)
            if "values" not in condition:
                low = -math.inf if condition["low"] is None else float(condition["low"])
                high = math.inf if condition["high"] is None else float(condition["high"])
                return [place for place in shown if low <= numbers[place] <= high]
            wanted = wanted_cells(condition["values"], "number")
            none = None in wanted
            return [place for place in shown if (cell := numbers[place]) in wanted or (none and cell != cell)]
        if part and kind == "text" and "values" in condition:
            wanted = wanted_cells(condition["values"], "text")
            flags = bytearray()
            for values, codes in self._texts(part, name):
                allowed = {code for code, value in enumerate(values) if value in wanted}
                if None in wanted:
                    allowed.add(_NO_TEXT)
                flags += bytes([code in allowed for code in codes])
            return [place for place in shown if flags[place]]
        return meeting(condition, self._column(name), shown)

    def mentioning(self, words: Sequence[str], shown: list[int]) -> list[int]:
        """Give the places in whose texts each word occurs."""
        blobs = self._blobs("search", "")
        packed = [blobs[first][1] for first in self._firsts]
        rest = "\n".join(self._rest_lines).encode("utf-8", "surrogatepass")
        # Where a field is of several types, its numbers and booleans count by their texts, too.
        mixed = [
            [None if cell is None else fold(str(cell)) for cell in self._cells(part, name)]
            for part in _MEASURED
            for (of, name), types in self._types.items()
            if of == part and len(types - {"none"}) > 1
        ]
        for word in words:
            flags = bytearray(len(self.rowids))
            sought = word.encode("utf-8", "surrogatepass")
            for number, lines in enumerate((*packed, rest)):
                for line in _lines_with(sought, lines):
                    flags[number * CHUNK + line] = 1
            found = [place for place in shown if flags[place]]
            if mixed and len(found) < len(shown):
                known = set(found)
                found = [
                    place for place in shown if place in known or any(word in (cells[place] or "") for cells in mixed)
                ]
            shown = found
        return shown

    def in_order(self, name: str, shown: list[int], descending: bool) -> list[int]:
        """Sort places by their cells; those without a value come last."""
        part = self._part(name)
        kind = self._kind(part, name) if part else None
        if part and kind == "number":
            numbers = self._numbers(part, name)
            some = [place for place in shown if (cell := numbers[place]) == cell]
            none = [place for place in shown if numbers[place] != numbers[place]] if len(some) < len(shown) else []
            return sorted(some, key=numbers.__getitem__, reverse=descending) + none
        if part and kind == "text":
            return self._by_text(self._texts(part, name), shown, descending)
        return in_order(self._column(name), shown, descending)

    def _by_text(
        self, chunks: Sequence[tuple[list[str], Sequence[int]]], shown: list[int], descending: bool
    ) -> list[int]:
        """Sort places by texts. Those of a chunk are in order by their codes, and runs in order are soon merged."""
        places: list[int] = []
        texts: list[str] = []
        none: list[int] = []
        begin = 0
        for number, (values, codes) in enumerate(chunks):
            start = number * CHUNK
            end = bisect_left(shown, start + CHUNK, begin)  # they are in order of arrival
            run = [place - start for place in shown[begin:end]]
            begin = end
            run.sort(key=codes.__getitem__)
            coded = list(map(codes.__getitem__, run))
            last = bisect_left(coded, _NO_TEXT)
            places += [start + at for at in run[:last]]
            texts += map(values.__getitem__, coded[:last])
            none += [start + at for at in run[last:]]
        keys = text_keys(texts)
        order = sorted(range(len(places)), key=keys.__getitem__, reverse=descending)
        return [*map(places.__getitem__, order), *none]

    def _part(self, name: str) -> Part | None:
        """Say what a name means: a parameter, else a metric, else a built-in field that is packed; None else."""
        parts: tuple[Part, ...] = (*_MEASURED, "field")
        for part in parts:
            if (part, name) in self._types:
                return part
        return None

    def _kind(self, part: Part, name: str) -> Literal["number", "text", "bool"]:
        types = self._types[part, name] - {"none"}
        if len(types) > 1:
            return "text"
        return cast("Literal['number', 'text', 'bool']", next(iter(types), "number"))

    def _column(self, name: str) -> Column | None:
        """Give a whole field; None where there is none."""
        part = self._part(name)
        if part:
            return Column(name, part, self._kind(part, name), self._cells(part, name))
        if name == "status":
            # Only a task that completed has assets, and it stays completed.
            return Column(name, "field", "text", [str(TaskStatus.COMPLETED)] * len(self.rowids))
        if name == "mark":
            marks = {
                row[0]: row[1] for row in self._database.ask("SELECT rowid, mark FROM assets WHERE mark IS NOT NULL")
            }
            return make_column(name, "field", [marks.get(rowid) for rowid in self.rowids])
        return None

    def _cells(self, part: Part, name: str) -> list[Cell]:
        if self._kind(part, name) == "text":
            return [
                None if code == _NO_TEXT else values[code]
                for values, codes in self._texts(part, name)
                for code in codes
            ]
        read: Callable[[float], Cell] = bool if self._kind(part, name) == "bool" else float
        return [None if cell != cell else read(cell) for cell in self._numbers(part, name)]

    def _numbers(self, part: Part, name: str) -> array[float]:
        """Give a column of numbers, or of booleans as 0 and 1; not a number is no value."""
        blobs = self._blobs(part, name)
        nothing = array("d", [math.nan]) * CHUNK
        numbers = array("d")
        for first in self._firsts:
            kind, cells = blobs.get(first, ("none", b""))
            if kind == "none":
                numbers += nothing
            else:
                numbers.frombytes(_native(cells, "d"))
        rest = self._rest.get((part, name))
        cells_of_rest = rest.cells if rest else [None] * self._rest_count
        numbers.extend([math.nan if cell is None else float(cell) for cell in cells_of_rest])
        return numbers

    def _texts(self, part: Part, name: str) -> list[tuple[list[str], Sequence[int]]]:
        """Give a column of texts by chunk: its different texts in order, and for each asset which one it has."""
        blobs = self._blobs(part, name)
        nothing = [_NO_TEXT] * CHUNK
        chunks: list[tuple[list[str], Sequence[int]]] = []
        for first in self._firsts:
            kind, data = blobs.get(first, ("none", b""))
            if kind == "none":
                chunks.append(([], nothing))
            elif kind == "text":
                chunks.append(_unpack_texts(data))
            else:
                numbers = array("d", _native(data, "d"))
                values = [None if cell != cell else text_of(bool(cell) if kind == "bool" else cell) for cell in numbers]
                chunks.append(_code(values))
        rest = self._rest.get((part, name))
        for start in range(0, self._rest_count, CHUNK):
            cells = rest.cells[start : start + CHUNK] if rest else [None] * min(CHUNK, self._rest_count - start)
            chunks.append(_code([None if cell is None else text_of(cell) for cell in cells]))
        return chunks

    def _blobs(self, part: str, name: str) -> dict[int, tuple[str, bytes]]:
        sql = "SELECT first, type, cells FROM asset_columns WHERE part = ? AND name = ?"
        return {first: (kind, cells) for first, kind, cells in self._database.ask(sql, part, name)}


def _type_of(column: Column) -> str:
    return column.type if any(cell is not None for cell in column.cells) else "none"


def _read_chunk(rows: Sequence[sqlite3.Row], database: Database) -> _Chunk:
    """Make columns of rows of assets."""
    if not rows:
        return _Chunk([], [], [])
    rowids, *facts, files, params, metrics = zip(*rows, strict=True)
    columns: list[Column] = []
    for part, texts in zip(_MEASURED, (params, metrics), strict=True):
        values = json.loads(f"[{','.join(texts)}]")
        if part == "parameter":
            _name_media([one for one, text in zip(values, texts, strict=True) if _MAY_REFER(text)], database)
        names = dict.fromkeys(chain.from_iterable(values))
        columns += [make_column(name, part, [one.get(name) for one in values]) for name in names]
    columns += [
        Column(name, "field", "text" if name == "kind" else "number", cells)
        for name, cells in zip(_FACTS, facts, strict=True)
    ]
    columns.append(Column("name", "field", "text", [file.rpartition("/")[2] for file in files]))
    return _Chunk(list(rowids), columns, _lines(columns, len(rows)))


def _name_media(sets: Sequence[dict[str, Any]], database: Database) -> None:
    """Put words in the place of media among parameters, those of `media_label`."""
    found = [(params, name, value) for params in sets for name, value in params.items() if _references(value)]
    ids = {str(one["asset"]) for *_, value in found for one in _references(value) if "asset" in one}
    sql = "SELECT id, file, batch_id FROM assets WHERE id IN (SELECT value FROM json_each(?))"
    rows = database.ask(sql, json.dumps(list(ids))) if ids else []
    labels = {row["id"]: f"{row['file'].rpartition('/')[2]} ({row['batch_id']})" for row in rows}

    def label(reference: Mapping[str, Any]) -> str:
        if "asset" in reference:
            return labels.get(str(reference["asset"])) or LostMedia(reference).label
        file = str(reference["file"]).rpartition("/")[2]
        return f"{reference.get('name') or file} ({file[:8]})"

    for params, name, value in found:
        params[name] = ", ".join(map(label, _references(value)))


def _references(value: Any) -> list[Mapping[str, Any]]:
    """Give what a value refers to; nothing for a value that is no media."""
    found = [read_reference(each) for each in (value if isinstance(value, list) else [value])]
    return [one[1] for one in found if one] if all(found) else []


def _lines(columns: Iterable[Column], count: int) -> list[str]:
    """Give the texts of each asset, folded, in one line; no word goes from one to the next, since none has a space."""
    folded: list[list[str]] = []
    for column in columns:
        if column.type == "text" and (column.group in _MEASURED or column.name == "name"):
            texts = {cell: "" if cell is None else fold(str(cell)).replace("\n", " ") for cell in set(column.cells)}
            folded.append(list(map(texts.__getitem__, column.cells)))
    return list(map(" ".join, zip(*folded, strict=True))) if folded else [""] * count


def _lines_with(word: bytes, lines: bytes) -> Iterator[int]:
    """Give the numbers of the lines in which a word occurs, without taking them apart."""
    line = start = 0
    while (at := lines.find(word, start)) >= 0:
        line += lines.count(b"\n", start, at)
        yield line
        start = lines.find(b"\n", at) + 1
        if not start:
            return
        line += 1


def _insert(chunk: _Chunk) -> Statement:
    first, last = chunk.rowids[0], chunk.rowids[-1]
    packed: list[tuple[str, str, str, bytes]] = [
        ("rowid", "", "number", struct.pack(f"<{len(chunk.rowids)}q", *chunk.rowids)),
        ("search", "", "text", "\n".join(chunk.lines).encode("utf-8", "surrogatepass")),
    ]
    for column in chunk.columns:
        kind = _type_of(column)
        packed.append((column.group, column.name, kind, _pack_cells(kind, column.cells)))
    rows = [(part, name, first, last, kind, cells) for part, name, kind, cells in packed]
    # Another process may have packed the same ones meanwhile.
    columns = "part, name, first, last, type, cells"
    return Statement(f"INSERT OR IGNORE INTO asset_columns ({columns}) VALUES (?, ?, ?, ?, ?, ?)", rows=rows)


def _pack_cells(kind: str, cells: Sequence[Cell]) -> bytes:
    if kind == "none":
        return b""
    if kind == "text":
        values, codes = _code(cast("Sequence[str | None]", cells))
        # Joined texts are soon taken apart; JSON is for those that have a zero in them.
        joined = "\0".join(values)
        is_json = joined.count("\0") >= len(values)
        texts = json.dumps(values) if is_json else joined
        head = struct.pack(f"<?I{len(codes)}H", is_json, len(codes), *codes)
        return head + texts.encode("utf-8", "surrogatepass")
    if None in cells:
        cells = [math.nan if cell is None else cell for cell in cells]
    return struct.pack(f"<{len(cells)}d", *cells)


def _code(cells: Sequence[str | None]) -> tuple[list[str], list[int]]:
    """Give the different texts of some cells in order, and for each cell which one it has."""
    texts = [text for text in set(cells) if text is not None]
    keys = text_keys(texts)
    values = [texts[at] for at in sorted(range(len(texts)), key=keys.__getitem__)]
    codes: dict[str | None, int] = {value: code for code, value in enumerate(values)}
    codes[None] = _NO_TEXT
    return values, list(map(codes.__getitem__, cells))


def _unpack_texts(data: bytes) -> tuple[list[str], Sequence[int]]:
    is_json, count = struct.unpack_from("<?I", data)
    start, end = 5, 5 + 2 * count
    codes = array("H", _native(data[start:end], "H"))
    texts = data[end:].decode("utf-8", "surrogatepass")
    return json.loads(texts) if is_json else texts.split("\0"), codes


def _native(data: bytes, code: Literal["d", "q", "H"]) -> bytes:
    """Give packed numbers as this machine has them."""
    if sys.byteorder == "little":
        return data
    numbers: array[Any] = array(code, data)
    numbers.byteswap()
    return numbers.tobytes()
