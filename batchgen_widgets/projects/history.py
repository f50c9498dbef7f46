"""The batches of a project at a glance: found, sorted and counted in the database, without reading their records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypedDict, overload

from ..batches import Asset, Batch, BatchConfig, BatchStatus, TaskStatus
from ..batches.query import fold
from ..batches.strategies import english_list, plural
from ..batches.table import value_text
from ..errors import ParameterError
from ..generators.parameters import did_you_mean, show
from ..texts import markup, visible
from .trash import place_of

if TYPE_CHECKING:
    import pandas

    from .database import Questions

__all__ = [
    "AssetFiles",
    "BatchList",
    "History",
    "HistoryEntry",
    "HistoryFilters",
    "history_of",
    "read_asset_files",
    "read_history",
    "summarize_config",
]

THUMBNAILS: Final = 4
_CHUNK: Final = 200
_SHOWN: Final = 20
_PROMPT_LENGTH: Final = 400
_NAME_LENGTH: Final = 60
_CELL_LENGTH: Final = 300
_LISTED_VALUES: Final = 4

_KEPT: Final = "FROM assets a WHERE a.batch_id = b.id AND a.trashed_at IS NULL"

_PROMPTS: Final = "json_extract(b.config, '$.variation_params.vary_prompts', '$.variation_params.prompt_variations')"

_ORDERS: Final = {
    "created": "b.created_at",
    "completed": "b.completed_at",
    "duration": "b.completed_at - b.started_at",
    "generator": "b.generator",
    "status": "b.status",
    "tasks": "(SELECT count(*) FROM tasks t WHERE t.batch_id = b.id)",
    "assets": f"(SELECT count(*) {_KEPT})",
    # The plus keeps the search by batch: by mark it would look at every favorite of the project for each batch.
    "favorites": f"(SELECT count(*) {_KEPT} AND +a.mark = 'favorite')",
    "bytes": f"(SELECT ifnull(sum(a.file_size), 0) {_KEPT})",
}

# Texts stay in JSON until Python reads them: half a surrogate pair is no text for SQLite. Of several paths it makes an
# array, of one it would not.
_ENTRIES: Final = f"""
SELECT b.id, b.generator, b.config, b.varied, b.status, b.created_at, b.started_at, b.completed_at,
       json_extract(b.base_parameters, '$.prompt', '$.prompt') AS prompts,
       (SELECT json_group_object(status, number)
        FROM (SELECT status, count(*) AS number FROM tasks t WHERE t.batch_id = b.id GROUP BY status)) AS counts,
       (SELECT json_array(count(*), ifnull(sum(a.mark = 'favorite'), 0), ifnull(sum(a.mark = 'discarded'), 0),
                          ifnull(sum(a.file_size), 0)) {_KEPT}) AS sums,
       (SELECT json_group_array(id)
        FROM (SELECT a.id {_KEPT} ORDER BY a.created_at, a.rowid LIMIT {THUMBNAILS})) AS thumbnails
FROM batches b WHERE b.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One batch at a glance, as it was when the entry was read.

    Attributes
    ----------
    id, generator : str
        Of the batch; ``project.batch(entry.id)`` gives all of it.
    status : BatchStatus
    created_at : datetime
        In UTC.
    started_at, completed_at : datetime or None
        In UTC.
    duration : float or None
        Seconds from its start to its end; None while it has no end.
    counts : mapping of TaskStatus to int
        How many tasks stand where.
    tasks, assets, favorites, discarded : int
        How many there are; what is in the trash does not count.
    bytes : int
        Size of the assets' files.
    varied : tuple of str
        The parameters that differ between tasks.
    summary : str
        The config in one line, such as "grid of 2 prompts and cfg_scale 4, 8, with 4 seeds each".
    prompt : str
        What was asked for, its first 400 characters: the base prompt, or the first prompt variation.
    thumbnails : tuple of str
        Ids of its first assets, up to four.
    """

    id: str
    generator: str
    status: BatchStatus
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    counts: Mapping[TaskStatus, int]
    tasks: int
    assets: int
    favorites: int
    discarded: int
    bytes: int
    varied: tuple[str, ...]
    summary: str
    prompt: str
    thumbnails: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON-able data, times as seconds since 1970."""
        return asdict(self) | {
            "status": str(self.status),
            "created_at": self.created_at.timestamp(),
            "started_at": self.started_at and self.started_at.timestamp(),
            "completed_at": self.completed_at and self.completed_at.timestamp(),
            "counts": {str(status): number for status, number in self.counts.items()},
            "varied": list(self.varied),
            "thumbnails": list(self.thumbnails),
        }


class History(Sequence[HistoryEntry]):
    """Batches of a project that were asked for, in order; it shows itself as a table.

    Which batches these are is known at once; what stands in their entries is read when it is looked at, and stays as it
    was then.

    Attributes
    ----------
    total : int
        How many batches there are without `limit` and `offset`.
    """

    def __init__(self, ids: Sequence[str], total: int, read: Callable[[Sequence[str]], list[HistoryEntry]]) -> None:
        self.total = total
        self._ids = ids
        self._read = read
        self._known: dict[int, HistoryEntry] = {}

    @property
    def ids(self) -> list[str]:
        """Ids of the batches, in order."""
        return list(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> HistoryEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[HistoryEntry]: ...
    def __getitem__(self, index: int | slice) -> HistoryEntry | list[HistoryEntry]:
        places = range(len(self._ids))[index]
        if isinstance(places, int):
            if places not in self._known:
                first = places - places % _CHUNK
                self._known |= enumerate(self._read(self._ids[first : first + _CHUNK]), first)
            return self._known[places]
        return [self[place] for place in places]

    def to_dataframe(self) -> pandas.DataFrame:
        """Give one row per batch.

        Needs pandas (``pip install batchgen-widgets[data]``).

        Returns
        -------
        pandas.DataFrame
            The attributes of `HistoryEntry`, with a column for each of the counts by status.
        """
        import pandas

        rows = []
        for entry in self:
            row = {name: getattr(entry, name) for name in entry.__slots__ if name != "counts"}
            row["status"] = str(entry.status)
            rows.append(row | {str(status): number for status, number in entry.counts.items()})
        return pandas.DataFrame(rows)

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for entry in self[:_SHOWN]:
            done = entry.counts[TaskStatus.COMPLETED]
            yield (
                f"{entry.created_at.astimezone():%Y-%m-%d %H:%M}",
                entry.generator,
                _shorten(entry.prompt, 60),
                entry.summary,
                str(entry.status),
                f"{done:,} of {entry.tasks:,}",
                f"{entry.assets:,}",
                f"{entry.favorites:,}",
                "" if entry.duration is None else f"{entry.duration:,.1f} s",
                entry.id,
            )

    _HEADINGS = (
        *("started", "generator", "prompt", "varied", "status", "tasks done", "results", "favorites", "took", "id"),
    )

    def _more(self) -> str:
        return f"and {len(self) - _SHOWN:,} more" if len(self) > _SHOWN else ""

    def __repr__(self) -> str:
        of = f" of {self.total:,}" if self.total > len(self) else ""
        head = f"<History: {len(self):,}{of} batch{'' if self.total == 1 else 'es'}>"
        lines = (
            f"{when}  {id_}  {visible(name, limit=_NAME_LENGTH)}  {status}  {done}"
            for when, name, _, _, status, done, _, _, _, id_ in self._rows()
        )
        return "\n".join(filter(None, [head, *lines, self._more()]))

    def _repr_html_(self) -> str:
        if not self:
            return "<p>No batch.</p>"
        head = "".join(f'<th scope="col">{name}</th>' for name in self._HEADINGS)
        rows = "".join(
            f"<tr>{''.join(f'<td><bdi>{markup(cell, limit=_CELL_LENGTH)}</bdi></td>' for cell in row)}</tr>"
            for row in self._rows()
        )
        more = f"<p>{self._more()}</p>" if self._more() else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


class BatchList(Sequence[Batch]):
    """Batches of a project, each read when it is looked at."""

    def __init__(self, ids: Sequence[str], read: Callable[[str], Batch]) -> None:
        self._ids = ids
        self._read = read

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> Batch: ...
    @overload
    def __getitem__(self, index: slice) -> list[Batch]: ...
    def __getitem__(self, index: int | slice) -> Batch | list[Batch]:
        found = self._ids[index]
        return self._read(found) if isinstance(found, str) else [self._read(batch_id) for batch_id in found]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, BatchList):
            return self._ids == other._ids and self._read == other._read
        return isinstance(other, list) and len(other) == len(self) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # compared by what is in it, as a list is

    def __repr__(self) -> str:
        return repr(list(self))


def _same(one: object, other: object) -> bool:
    return one is other or one == other


class HistoryFilters(TypedDict, total=False):
    """What `read_history` takes, for those who pass it on."""

    generator: str | Iterable[str] | None
    status: str | Iterable[str] | None
    text: str | None
    since: datetime | date | str | None
    until: datetime | date | str | None
    favorites: bool | None
    order: str
    limit: int | None
    offset: int


def read_history(
    database: Questions,
    lock: AbstractContextManager[Any],
    *,
    generator: str | Iterable[str] | None = None,
    status: str | Iterable[str] | None = None,
    text: str | None = None,
    since: datetime | date | str | None = None,
    until: datetime | date | str | None = None,
    favorites: bool | None = None,
    order: str = "-created",
    limit: int | None = None,
    offset: int = 0,
) -> History:
    """Find batches; see `Project.history`."""
    clauses: list[str] = []
    values: list[Any] = []

    def add(clause: str, *given: Any) -> None:
        clauses.append(clause)
        values.extend(given)

    if generator is not None:
        add("b.generator IN (SELECT value FROM json_each(?))", json.dumps(_words("generator", generator)))
    if status is not None:
        add(
            "b.status IN (SELECT value FROM json_each(?))",
            json.dumps([_status(word) for word in _words("status", status)]),
        )
    if since is not None:
        add("b.created_at >= ?", _stamp("since", since))
    if until is not None:
        add("b.created_at < ?", _stamp("until", until, end=True))
    if favorites is not None:
        starred = "SELECT a.batch_id FROM assets a WHERE a.mark = 'favorite' AND a.trashed_at IS NULL"
        add(f"b.id {'' if favorites else 'NOT '}IN ({starred})")
    limit, offset = _whole("limit", limit), _whole("offset", offset) or 0
    if text is not None and not isinstance(text, str):
        raise _refused("text", text, "give the words to look for, as one text")
    words = fold(text or "").split()
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    columns = f"b.id, b.generator, b.base_parameters, {_PROMPTS} AS prompts" if words else "b.id"
    # Clauses and columns come from code, only values from callers.
    with lock:
        rows = database.ask(f"SELECT {columns} FROM batches b {where} ORDER BY {_order(order)}", *values)
    ids = [row["id"] for row in rows if not words or _is_named(row, words)]
    stop = None if limit is None else offset + limit

    def read(some: Sequence[str]) -> list[HistoryEntry]:
        with lock:
            entries = {row["id"]: row for row in database.ask(_ENTRIES, json.dumps(list(some)))}
        return [_entry(entries[batch_id]) for batch_id in some]

    return History(ids[offset:stop], len(ids), read)


def _order(order: str) -> str:
    name = order[1:] if isinstance(order, str) and order.startswith("-") else order
    if not isinstance(name, str) or name not in _ORDERS:
        raise _refused("order", order, f"{did_you_mean(name, _ORDERS)}; a '-' in front puts the largest first")
    direction = "DESC" if order.startswith("-") else "ASC"
    newest = "ASC" if order == "created" else "DESC"
    return f"{_ORDERS[name]} {direction} NULLS LAST, b.created_at {newest}, b.id {newest}"


def _is_named(row: sqlite3.Row, words: Sequence[str]) -> bool:
    vary_prompts, prompts = json.loads(row["prompts"])
    base = json.loads(row["base_parameters"])
    return _has_words(words, row["id"], row["generator"], base, prompts if vary_prompts else [])


def _has_words(
    words: Sequence[str], batch_id: str, generator: str, base: Mapping[str, Any], prompts: Sequence[str]
) -> bool:
    """Say whether each word occurs in the id, the generator's name or a text that was asked for."""
    texts = [batch_id, generator, *(value for value in base.values() if isinstance(value, str)), *prompts]
    # No word has a line break in it, so none is found across two texts.
    folded = fold("\n".join(texts))
    return all(word in folded for word in words)


def _entry(row: sqlite3.Row) -> HistoryEntry:
    config = BatchConfig.model_validate_json(row["config"])
    known = json.loads(row["counts"])
    counts = {status: known.get(str(status), 0) for status in TaskStatus}
    assets, favorites, discarded, size = json.loads(row["sums"])
    started, completed = row["started_at"], row["completed_at"]
    return HistoryEntry(
        id=row["id"],
        generator=row["generator"],
        status=BatchStatus(row["status"]),
        created_at=_time(row["created_at"]),
        started_at=None if started is None else _time(started),
        completed_at=None if completed is None else _time(completed),
        duration=None if started is None or completed is None else max(0.0, completed - started),
        counts=counts,
        tasks=sum(counts.values()),
        assets=assets,
        favorites=favorites,
        discarded=discarded,
        bytes=size,
        varied=tuple(json.loads(row["varied"])),
        summary=summarize_config(config),
        prompt=_prompt(config, json.loads(row["prompts"])[0]),
        thumbnails=tuple(json.loads(row["thumbnails"])),
    )


def _prompt(config: BatchConfig, prompt: object) -> str:
    """Give what was asked for, of a config and the prompt that all tasks share."""
    variation = config.variation_params
    if config.enabled and variation.vary_prompts and variation.prompt_variations:
        prompt = variation.prompt_variations[0]
    return _shorten(prompt, _PROMPT_LENGTH) if isinstance(prompt, str) else ""


def history_of(
    batches: Iterable[Batch],
    *,
    generator: str | None = None,
    status: str | None = None,
    text: str | None = None,
    favorites: bool | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> History:
    """Find batches among records in memory, the newest first; arguments are those of `Project.history`."""
    wanted, words = status and _status(status), fold(text or "").split()
    limit, offset = _whole("limit", limit), _whole("offset", offset) or 0
    found = [
        batch
        for batch in batches
        if (generator is None or batch.generator == generator)
        and (not wanted or str(batch.status) == wanted)
        and (favorites is None or bool(batch.favorites) == favorites)
        and (not words or _has_words(words, batch.id, batch.generator, batch.base_parameters, _prompts(batch.config)))
    ]
    found.sort(key=lambda batch: (batch.created_at, batch.id), reverse=True)
    known = {batch.id: batch for batch in found}
    ids = list(known)[offset : None if limit is None else offset + limit]
    return History(ids, len(found), lambda some: [_entry_of(known[batch_id]) for batch_id in some])


def _prompts(config: BatchConfig) -> Sequence[str]:
    variation = config.variation_params
    return variation.prompt_variations if variation.vary_prompts else []


def _entry_of(batch: Batch) -> HistoryEntry:
    started, completed, results = batch.started_at, batch.completed_at, batch.results
    return HistoryEntry(
        id=batch.id,
        generator=batch.generator,
        status=batch.status,
        created_at=batch.created_at,
        started_at=started,
        completed_at=completed,
        duration=max(0.0, completed.timestamp() - started.timestamp()) if started and completed else None,
        counts=batch.counts,
        tasks=len(batch.tasks),
        assets=len(results),
        favorites=sum(asset.favorite for asset in results),
        discarded=sum(asset.discarded for asset in results),
        bytes=sum(asset.file_size for asset in results),
        varied=tuple(batch.varied),
        summary=summarize_config(batch.config),
        prompt=_prompt(batch.config, batch.base_parameters.get("prompt")),
        # Python's sort keeps those of one moment in the order in which they were finished.
        thumbnails=tuple(asset.id for asset in sorted(results, key=_made_at)[:THUMBNAILS]),
    )


def _made_at(asset: Asset) -> datetime:
    return asset.created_at


class AssetFiles(NamedTuple):
    """The files of one asset."""

    kind: Literal["image", "video", "audio"]
    path: Path
    thumbnail_path: Path


def read_asset_files(
    database: Questions, lock: AbstractContextManager[Any], root: Path, ids: Iterable[str]
) -> dict[str, AssetFiles]:
    """Read where the files of assets are; see `Project.asset_files`."""
    with lock:
        rows = database.ask(
            "SELECT id, kind, file, thumbnail, trashed_at FROM assets WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(list(ids)),
        )
    places = {row["id"]: [place_of(root, row, column) for column in ("file", "thumbnail")] for row in rows}
    return {row["id"]: AssetFiles(row["kind"], *places[row["id"]]) for row in rows}


def summarize_config(config: BatchConfig) -> str:
    """Say in one line how the tasks of a config differ."""
    variation = config.variation_params
    if not config.enabled:
        return "one task"
    axes = []
    if variation.vary_prompts:
        axes.append(plural(len(variation.prompt_variations), "prompt"))
    if variation.vary_parameters:
        for name, given in variation.parameter_ranges.items():
            if isinstance(given, tuple):
                axes.append(f"{name} {value_text(given[0])} to {value_text(given[1])}")
            elif len(given) > _LISTED_VALUES:
                axes.append(f"{len(given):,} values of {name}")
            else:
                axes.append(f"{name} {', '.join(_shorten(value_text(value), 24) for value in given)}")
    each = variation.strategy in ("grid", "one_at_a_time")
    count = config.batch_size if each and variation.vary_seeds else 1
    seeds = [plural(count, "seed") + " each"] if each and variation.vary_seeds and axes else []
    if variation.vary_seeds and not seeds:
        axes.append("seeds")
    if not axes:
        return plural(config.batch_size, "task")
    what = f"{variation.strategy.replace('_', ' ')}: {english_list(axes)}"
    if seeds:
        return _shorten(f"{what}, {seeds[0]}", 200)
    return _shorten(what if variation.strategy == "zip" else f"{plural(config.batch_size, 'task')}, {what}", 200)


def _shorten(text: str, length: int) -> str:
    """Give a text in one line of at most that many letters."""
    text = " ".join(text[: 4 * length].split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _time(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def _words(field: str, given: str | Iterable[str]) -> list[str]:
    words = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(word, str) for word in words):
        raise _refused(field, given, "give one name, or a list of names")
    return [str(word) for word in words]


def _status(word: str) -> str:
    try:
        return str(BatchStatus(word))
    except ValueError:
        raise _refused("status", word, did_you_mean(word, [str(status) for status in BatchStatus])) from None


def _stamp(field: str, given: datetime | date | str, *, end: bool = False) -> float:
    """Give seconds since 1970; a day alone is its beginning, or as an end, the beginning of the next."""
    when: object = given
    if isinstance(given, str):
        try:
            when = date.fromisoformat(given) if len(given) == 10 else datetime.fromisoformat(given)
        except ValueError:
            when = None
    if isinstance(when, date) and not isinstance(when, datetime):
        day = when + timedelta(days=1) if end else when
        when = datetime(day.year, day.month, day.day)  # in local time, as people mean it
    if not isinstance(when, datetime):
        raise _refused(field, given, "give a datetime, a date, or a text such as '2026-11-23' or '2026-11-23T14:00'")
    return when.timestamp()


def _whole(field: str, given: int | None) -> int | None:
    if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 0):
        raise _refused(field, given, "give a whole number from 0")
    return given


def _refused(field: str, given: object, advice: str) -> ParameterError:
    return ParameterError(f"{field}: {show(given)} is not allowed; {advice}", field=field, value=given)
