"""A project that is only looked at: by a process that runs no batches there, and changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, Unpack, overload

from ..batches import Asset, Batch, Task, TaskStatus
from ..errors import ParameterError, ProjectError, StateError
from ..texts import visible
from .comparison import Comparison, compare_batches
from .database import DatabaseReader, Questions
from .history import AssetFiles, History, HistoryFilters, read_asset_files, read_history
from .inputs import References
from .keeping import LookingOnly
from .onlooking import Onlooker, Stamp
from .reading import read_asset, read_batch, read_head, read_outcome

if TYPE_CHECKING:
    from .lineage import Lineage
    from .reviews import Review

__all__ = ["BatchRows", "ReadOnlyProject"]

T = TypeVar("T")

_CHUNK: Final = 256
_CHUNKS_HELD: Final = 8
_STALE_S: Final = 0.25


class ReadOnlyProject:
    """A project whose records can be read, while other processes run batches in it or nobody does.

    Nothing is marked as interrupted, drawn anew or made: no byte in the directory changes by reading it, as far as
    SQLite allows (see `onlooking`). Nothing is held open between calls. All methods may be called by any thread.

    Parameters
    ----------
    path : str or Path
        The directory.

    Attributes
    ----------
    path : Path
        The directory, absolute.

    Raises
    ------
    ProjectError
        By every method: when it is no project, damaged, or was written by an earlier or a newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser().resolve()
        self._onlooker = Onlooker(self.path / "batchgen.db")
        self._keeper = LookingOnly(
            f"{self.path}: is only looked at here; open it with Project(path) to change it", self.reviews
        )

    @property
    def stamp(self) -> Stamp:
        """Something that differs once anything was written to the project."""
        return self._onlooker.stamp

    @property
    def changed_at(self) -> float:
        """When the project was last written to, in seconds since 1970."""
        return self._onlooker.changed_at

    def count_batches(self) -> int:
        """Count the batches."""
        return int(self._onlooker.ask("SELECT count(*) FROM batches")[0][0])

    def history(self, **filters: Unpack[HistoryFilters]) -> History:
        """Find batches, newest first; see `Project.history`."""
        return read_history(self._onlooker, nullcontext(), **filters)

    def generators(self) -> list[str]:
        """Give the names of the generators that made batches here, sorted."""
        return self._onlooker.read(lambda database: database.generators())

    def asset_files(self, ids: Iterable[str]) -> dict[str, AssetFiles]:
        """Say where the files of assets are by their rows, which may lie; unknown ids are left out."""
        return read_asset_files(self._onlooker, nullcontext(), self.path, ids)

    def batch(self, batch_id: str) -> Batch:
        """Read a batch with its tasks and assets, as they are now.

        Raises
        ------
        ProjectError
            When the project has no such batch.
        """

        def read(database: DatabaseReader) -> Batch:
            row = self._row(database, batch_id)
            batch = read_batch(database, row, self.path, self._keeper)
            References(self.path, self._finder(database)).restore(batch)
            return batch

        return _checked(self.path, lambda: self._onlooker.read(read))

    def rows(self, batch_id: str) -> BatchRows:
        """Read what can be said of a batch in short; its tasks and assets are read when they are looked at.

        Raises
        ------
        ProjectError
            When the project has no such batch.
        """

        def read(database: DatabaseReader) -> BatchRows:
            row = self._row(database, batch_id)
            (found,) = database.ask(_ROWS, batch_id)
            head = read_head(row, self._keeper)
            rowids = array("q", json.loads(found["rowids"]))
            return BatchRows(
                id=head.id,
                generator=head.generator,
                created_at=head.created_at,
                varied=head.varied,
                kinds=found["kinds"] or "",
                marks=found["marks"] or "",
                assets=_Chunked(len(rowids), self._asset_reader(rowids), self._onlooker),
                tasks=_Chunked(found["tasks"], self._task_reader(head), self._onlooker),
            )

        return _checked(self.path, lambda: self._onlooker.read(read))

    def asset(self, asset_id: str) -> Asset:
        """Read the asset of that id, also one in the trash.

        Raises
        ------
        ProjectError
            When the project has no such asset.
        """
        found = self._onlooker.read(lambda database: self._finder(database)(asset_id))
        if found is None:
            raise ProjectError(f"{asset_id}: no such asset in {self.path}")
        return found

    def compare(self, a: str, b: str) -> Comparison:
        """Say how two batches differ; see `Project.compare`."""
        return compare_batches(self.batch(a), self.batch(b))

    def lineage(self, asset_id: str, depth: int | None = None) -> Lineage:
        """Say which assets an asset was made from, and which were made from it; see `Project.lineage`."""
        from .lineage import read_lineage

        return _checked(
            self.path,
            lambda: self._onlooker.read(
                lambda database: read_lineage(database, nullcontext(), self, asset_id, depth),
            ),
        )

    def reviews(self, asset_ids: Sequence[str]) -> dict[str, list[Review]]:
        """Give what reviewers say of assets, by asset."""
        from .reviews import read_reviews

        return read_reviews(self._onlooker, asset_ids)

    def __repr__(self) -> str:
        return visible(f"<ReadOnlyProject {str(self.path)!r}>")

    def _row(self, database: DatabaseReader, batch_id: str) -> sqlite3.Row:
        row = database.batch_row(batch_id)
        if row is None:
            raise ProjectError(f"{batch_id}: no such batch in {self.path}")
        return row

    def _finder(self, database: Questions) -> Callable[[str], Asset | None]:
        def find(asset_id: str) -> Asset | None:
            rows = database.ask("SELECT * FROM assets WHERE id = ?", asset_id)
            return read_asset(rows[0], self.path, self._keeper) if rows else None

        return find

    def _asset_reader(self, rowids: Sequence[int]) -> Callable[[int, int], list[Asset]]:
        def read(start: int, stop: int) -> list[Asset]:
            def work(database: DatabaseReader) -> list[Asset]:
                wanted = json.dumps(list(rowids[start:stop]))
                rows = database.ask(
                    "SELECT * FROM assets WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY rowid", wanted
                )
                assets = [read_asset(row, self.path, self._keeper) for row in rows]
                for order, asset in enumerate(assets, start):
                    asset.order = order
                self._restore(database, [asset.params for asset in assets])
                return assets

            return _checked(self.path, lambda: self._onlooker.read(work))

        return read

    def _task_reader(self, head: Batch) -> Callable[[int, int], list[Task]]:
        def read(start: int, stop: int) -> list[Task]:
            def work(database: DatabaseReader) -> list[Task]:
                rows = database.ask(
                    "SELECT * FROM tasks WHERE batch_id = ? AND idx >= ? AND idx < ? ORDER BY idx", head.id, start, stop
                )
                tasks = [_read_task(head, row) for row in rows]
                self._restore(database, [task.params for task in tasks])
                return tasks

            return _checked(self.path, lambda: self._onlooker.read(work))

        return read

    def _restore(self, database: Questions, sets: Iterable[Mapping[str, Any]]) -> None:
        """Turn what JSON holds of media back into records, as far as their names go."""
        references, known = References(self.path, self._finder(database)), dict[str, Any]()
        for params in sets:
            for name, value in params.items():
                if isinstance(value, (dict, list)):
                    params[name] = references.read(value, known)  # type: ignore[index]  # read from JSON, it is a dict


# One step of SQLite's for all of it, so that other threads of the process run meanwhile.
_ROWS: Final = """
SELECT (SELECT count(*) FROM tasks WHERE batch_id = ?1) AS tasks,
       json_group_array(number) AS rowids, group_concat(kind, '') AS kinds, group_concat(mark, '') AS marks
FROM (SELECT rowid AS number,
             CASE kind WHEN 'image' THEN 'i' WHEN 'video' THEN 'v' WHEN 'audio' THEN 'a' ELSE '?' END AS kind,
             CASE WHEN trashed_at IS NOT NULL THEN 't' WHEN mark = 'favorite' THEN 'f' WHEN mark = 'discarded' THEN 'd'
                  ELSE '-' END AS mark
      FROM assets WHERE batch_id = ?1 ORDER BY rowid)
"""


@dataclass(frozen=True, slots=True, eq=False)
class BatchRows:
    """A batch in short, as it was at one moment.

    Attributes
    ----------
    id, generator : str
    created_at : datetime
        In UTC.
    varied : tuple of str
        The parameters that differ between tasks.
    kinds, marks : str
        One letter for each asset: i, v or a for image, video or audio, a question mark for what is none; f or d for
        favorite or discarded, t for what is in the trash, else a dash.
    assets : sequence of Asset
        In order of arrival, read when they are looked at, and as they are then.
    tasks : sequence of Task
        The same; they have no assets.
    """

    id: str
    generator: str
    created_at: datetime
    varied: tuple[str, ...]
    kinds: str
    marks: str
    assets: Sequence[Asset]
    tasks: Sequence[Task]


class _Chunked(Sequence[T], Generic[T]):
    """Records that are read a chunk at a time; a few chunks are kept as long as nobody writes to the project."""

    def __init__(self, total: int, read: Callable[[int, int], list[T]], onlooker: Onlooker) -> None:
        self._total = total
        self._read = read
        self._onlooker = onlooker
        self._lock = threading.Lock()
        self._held: OrderedDict[int, tuple[Stamp, float, list[T]]] = OrderedDict()

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        places = range(self._total)[index]
        if isinstance(places, int):
            number, place = divmod(places, _CHUNK)
            return self._chunk(number)[place]
        if places.step != 1:
            return [self[place] for place in places]
        return self._part(places.start, max(places.start, places.stop))

    def __iter__(self) -> Iterator[T]:
        for start in range(0, self._total, _CHUNK):
            yield from self._part(start, min(start + _CHUNK, self._total))

    def _chunk(self, number: int) -> list[T]:
        with self._lock:
            held = self._held.get(number)
        # A project that is being written to is not read anew for each record of one page.
        if held and (time.monotonic() - held[1] < _STALE_S or held[0] == self._onlooker.stamp):
            return held[2]
        stamp, now = self._onlooker.stamp, time.monotonic()
        start = number * _CHUNK
        part = self._part(start, min(start + _CHUNK, self._total))
        with self._lock:
            self._held[number] = (stamp, now, part)
            self._held.move_to_end(number)
            while len(self._held) > _CHUNKS_HELD:
                self._held.popitem(last=False)
        return part

    def _part(self, start: int, stop: int) -> list[T]:
        part = self._read(start, stop) if stop > start else []
        if len(part) != stop - start:
            raise StateError("the project has other results now than when it was opened here; open it again")
        return part


def _read_task(head: Batch, row: sqlite3.Row) -> Task:
    task = Task(head, row["idx"], json.loads(row["params"]))
    read_outcome(task, row)
    task.status = TaskStatus(row["status"])
    return task


def _checked(path: Path, read: Callable[[], T]) -> T:
    """Read records; rows that no version of this package wrote are a fault of the file."""
    try:
        return read()
    except (ParameterError, ProjectError):  # of what was asked for, or told already
        raise
    # A time beyond the years that the system knows is an OSError; files are not read here.
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        msg = f"{path}: holds what no version of batchgen_widgets writes ({type(error).__name__}: {error})"
        raise ProjectError(f"{msg}; bring it back from a backup") from error
