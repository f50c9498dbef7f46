"""Results that were thrown away: out of sight at once, on disk until the trash is emptied.

**The row is the word, and the files follow it.** What is thrown away or taken back is first written to the database,
with a note in `unsettled` that files are to be moved, in one transaction; then the files are moved; then the note goes.
So at any moment each file is in one of two places that its row knows, and whoever opens the project next finishes what
a dead process began. The other way round, a file could be away while no row says so.

A row outlives its file: emptying the trash leaves it with the time of that, so that lineage and history stay true.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ..batches import Asset, Batch, utc_now
from ..errors import ParameterError, ProjectError, StateError
from ..generators.parameters import show
from .database import Database, Statement

if TYPE_CHECKING:
    from .ledger import Ledger

__all__ = ["STRAYS", "TRASH", "Cleanup", "Trash", "Trashed", "free_place", "move_file", "place_of"]

TRASH = "trash"
"""The folder of a project that takes what was thrown away, below the same paths as before."""

STRAYS = f"{TRASH}/strays"
"""In it, what belonged to nothing or was damaged: `Project.verify` puts it there."""

_WAIT_SECONDS = 10.0
_AT_ONCE = 500
_IN_TRASH = "trashed_at IS NOT NULL AND deleted_at IS NULL"
_INPUT = re.compile(r'\{"asset":"((?:[^"\\]|\\.)*)"\}')
_STATES = "SELECT id, batch_id, kind, file, thumbnail, file_size, trashed_at, deleted_at FROM assets"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cleanup:
    """What keeping only the favorites does, or would do.

    Attributes
    ----------
    count : int
        How many results go to the trash.
    bytes : int
        How large their files are; emptying the trash frees that much.
    kinds : mapping of str to tuple
        For each kind of media among them, how many there are and how large they are, in bytes.
    kept : int
        How many favorites stay.
    in_use : int
        How many others stay, since tasks that wait or run were given them as inputs.
    done : bool
        Whether it was done, not only previewed.
    """

    count: int
    bytes: int
    kinds: Mapping[str, tuple[int, int]]
    kept: int
    in_use: int = 0
    done: bool = False
    ids: Sequence[str] = field(default=(), repr=False)

    def __repr__(self) -> str:
        kinds = "".join(f", {count:,} {kind}" for kind, (count, _) in self.kinds.items())
        verb = "moved to the trash" if self.done else "to the trash"
        used = f", {self.in_use:,} in use" if self.in_use else ""
        stay = f"to stay: {self.kept:,} starred{used}"
        return f"<Cleanup: {verb}: {self.count:,} ({self.bytes:,} bytes{kinds}), {stay}>"


@dataclass(frozen=True, slots=True)
class Trashed:
    """What is in the trash of a project.

    Attributes
    ----------
    count, bytes : int
        Results in it, and the size of their files.
    stray_count, stray_bytes : int
        Other files in it, such as damaged ones that `Project.verify` set aside.
    """

    count: int
    bytes: int
    stray_count: int
    stray_bytes: int


class Trash:
    """The trash of one project.

    Parameters
    ----------
    ledger : Ledger
    database : Database
    root : Path
    """

    def __init__(self, ledger: Ledger, database: Database, root: Path) -> None:
        self._ledger = ledger
        self._database = database
        self._root = root
        # Taken before the ledger's lock, never after it: others may hold the file for seconds.
        self._guard = threading.RLock()
        self._file = FileLock(root / ".trash.lock", thread_local=False)

    # What a person does

    def put(self, assets: Iterable[Asset | str] | Asset | str) -> list[str]:
        """Move assets to the trash; give the ids of those that were not in it.

        Raises
        ------
        ParameterError
            When one is no asset of this project.
        StateError
            When a task that waits or runs was given one as an input.
        """
        ids = self._ids(assets)
        with self.alone():
            if used := self._in_use() & set(ids):
                some = ", ".join(sorted(used)[:3])
                msg = (
                    f"{some}: can't go to the trash while tasks that wait or run take it as an input; cancel them first"
                )
                raise StateError(msg)
            return self._change(ids, utc_now())

    def restore(self, assets: Iterable[Asset | str] | Asset | str) -> list[str]:
        """Take assets out of the trash again, marks and all; give the ids of those that were in it.

        What was deleted for good is left out.
        """
        with self.alone():
            return self._change(self._ids(assets), None)

    def restore_all(self) -> list[str]:
        """Take everything out of the trash; give its ids."""
        with self.alone():
            return self._change([row["id"] for row in self._rows(_IN_TRASH)], None)

    def preview(self, batch: Batch | None = None) -> Cleanup:
        """Say what keeping only the favorites, of a batch or of all, would do.

        Raises
        ------
        StateError
            When there is no favorite: that would throw everything away.
        """
        where, values = ("batch_id = ? AND ", [batch.id]) if batch else ("", [])
        with self._ledger.lock:
            used = self._in_use()
            rows = self._database.ask(
                f"SELECT id, kind, file_size, mark FROM assets WHERE {where}trashed_at IS NULL ORDER BY rowid", *values
            )
        others = [row for row in rows if row["mark"] != "favorite"]
        kept = len(rows) - len(others)
        if not kept:
            where = f"batch {batch.id}" if batch else str(self._root)
            raise StateError(f"{where}: no favorites; star what is to stay first")
        going = [row for row in others if row["id"] not in used]
        kinds: dict[str, tuple[int, int]] = {}
        for row in going:
            count, size = kinds.get(row["kind"], (0, 0))
            kinds[row["kind"]] = count + 1, size + row["file_size"]
        return Cleanup(
            count=len(going),
            bytes=sum(size for _, size in kinds.values()),
            kinds=MappingProxyType(kinds),
            kept=kept,
            in_use=len(others) - len(going),
            ids=tuple(row["id"] for row in going),
        )

    def keep_only_favorites(self, batch: Batch | None = None) -> Cleanup:
        """Move everything but the favorites, of a batch or of all, to the trash; raises as `preview` does."""
        from dataclasses import replace

        with self.alone():
            found = self.preview(batch)
            return replace(found, ids=tuple(self._change(found.ids, utc_now())), done=True)

    def empty(self) -> int:
        """Delete what is in the trash for good; give the bytes that this freed."""
        with self.alone():
            self._recover()
            rows = self._rows(_IN_TRASH)
            now = utc_now().timestamp()
            with self._ledger.lock:
                self._database.write(
                    _note(row["id"] for row in rows),
                    Statement("UPDATE assets SET deleted_at = ? WHERE id = ?", rows=[(now, row["id"]) for row in rows]),
                )
            freed = self._settle([row["id"] for row in rows])
            left = list(self._files())
            stay = self._of_living(left)
            for path in left:
                if path not in stay:
                    with suppress(OSError):  # held open by another program: the next time
                        freed += _delete(path)
            self._prune()
            return freed

    # What is in it

    def assets(self) -> list[Asset]:
        """Give the assets in the trash, last thrown away first."""
        with self._ledger.lock:
            rows = self._database.ask(f"SELECT * FROM assets WHERE {_IN_TRASH} ORDER BY trashed_at DESC, rowid")
            return [self._ledger.asset_of_row(row) for row in rows]

    def page(self, offset: int, limit: int) -> list[Asset]:
        """Give some of `assets`."""
        with self._ledger.lock:
            rows = self._database.ask(
                f"SELECT * FROM assets WHERE {_IN_TRASH} ORDER BY trashed_at DESC, rowid LIMIT ? OFFSET ?",
                limit,
                offset,
            )
            return [self._ledger.asset_of_row(row) for row in rows]

    def sizes(self) -> Trashed:
        """Say how much is in it."""
        rows = self._rows(_IN_TRASH)
        known = {path for row in rows for path in _places(self._root, row, away=True)}
        strays = [_size(path) for path in self._files() if path not in known]
        return Trashed(len(rows), sum(row["file_size"] for row in rows), len(strays), sum(strays))

    # Rows and files

    def recover(self) -> None:
        """Finish what a process that died began; nothing where another one is at it now."""
        if not self._unsettled():
            return
        with suppress(Timeout, OSError, NotImplementedError), self._guard, self._file.acquire(timeout=0):
            self._recover()

    def settle(self, ids: Sequence[str]) -> None:
        """Move the files of assets to where their rows say."""
        with self.alone():
            self._settle(ids)

    def is_elsewhere(self, row: sqlite3.Row) -> bool:
        """Say whether an asset went to the trash, came back or was deleted since its row was read."""
        return any(
            row[column] != now[column] for now in self._rows_of([row["id"]]) for column in ("trashed_at", "deleted_at")
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread or process move files meanwhile."""
        with self._guard:
            self._database.check_place()
            try:
                self._file.acquire(timeout=_WAIT_SECONDS, poll_interval=0.02)
            except Timeout:
                msg = f"{self._root}: another kernel is busy with the trash of this project; try again in a moment"
                raise ProjectError(msg) from None
            except (OSError, NotImplementedError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise ProjectError(f"{self._file.lock_file}: can't be locked ({reason}); nothing was moved") from error
            try:
                yield
            finally:
                self._file.release()

    def _ids(self, assets: Iterable[Asset | str] | Asset | str) -> list[str]:
        several = [assets] if isinstance(assets, Asset | str) else list(assets)
        for asset in several:
            if not isinstance(asset, Asset | str):
                msg = f"assets: {show(asset)} is no asset; give assets such as batch.discarded, or their ids"
                raise ParameterError(msg, field="assets", value=asset)
            if isinstance(asset, Asset) and asset.keeper is not self._ledger:
                msg = f"assets: {asset.id} is of another project than {self._root}"
                raise ParameterError(msg, field="assets", value=asset)
        return list(dict.fromkeys(asset.id if isinstance(asset, Asset) else asset for asset in several))

    def _rows(self, where: str, *values: Any) -> list[sqlite3.Row]:
        with self._ledger.lock:
            return self._database.ask(f"{_STATES} WHERE {where}", *values)

    def _rows_of(self, ids: Sequence[str]) -> list[sqlite3.Row]:
        return self._rows("id IN (SELECT value FROM json_each(?))", json.dumps(ids)) if ids else []

    def _unsettled(self) -> list[sqlite3.Row]:
        return self._rows("id IN (SELECT asset_id FROM unsettled)")

    def _in_use(self) -> set[str]:
        """Give the ids of the assets that tasks which wait or run take as inputs."""
        with self._ledger.lock:
            rows = self._database.ask(
                "SELECT t.params FROM batches b JOIN tasks t ON t.batch_id = b.id "
                "WHERE b.status IN ('pending', 'running', 'paused') AND t.status IN ('queued', 'running') "
                "AND instr(t.params, '{\"asset\":')"
            )
        return {json.loads(f'"{name}"') for row in rows for name in _INPUT.findall(row["params"])}

    def _change(self, ids: Sequence[str], when: datetime | None) -> list[str]:
        """Write where assets are from now on, move their files, and tell of it; give those that were elsewhere."""
        rows = {row["id"]: row for row in self._rows_of(ids)}
        if unknown := [name for name in ids if name not in rows]:
            raise ParameterError(f"assets: {unknown[0]} is no asset of {self._root}", field="assets", value=unknown[0])
        changed = [
            name
            for name in ids
            if (rows[name]["trashed_at"] is None) is (when is not None) and not rows[name]["deleted_at"]
        ]
        if changed:
            stamp = when.timestamp() if when else None
            with self._ledger.lock:
                self._database.write(
                    _note(changed),
                    Statement(
                        "UPDATE assets SET trashed_at = ? WHERE id = ?", rows=[(stamp, name) for name in changed]
                    ),
                )
            self._settle(changed)
        return changed

    def _recover(self) -> None:
        self._settle([row["id"] for row in self._unsettled()])

    def _settle(self, ids: Sequence[str]) -> int:
        """Move files to where their rows say; give the bytes of those that were deleted.

        What can't be moved, as where another program holds it open, stays noted for the next time.
        """
        freed = 0
        for start in range(0, len(ids), _AT_ONCE):
            rows = self._rows_of(ids[start : start + _AT_ONCE])
            settled = []
            for row in rows:
                try:
                    freed += _follow(self._root, row)
                except OSError as error:
                    _log.warning("%s: can't be moved or deleted yet (%s)", row["file"], error.strerror or error)
                else:
                    settled.append((row["id"],))
            with self._ledger.lock:
                self._database.write(Statement("DELETE FROM unsettled WHERE asset_id = ?", rows=settled))
                self._ledger.take_places(rows)
        return freed

    def _files(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self._root / TRASH):
            yield from (Path(folder, name) for name in names)

    def _of_living(self, paths: Sequence[Path]) -> set[Path]:
        """Give those of some files in the trash that belong to assets which are not, whoever brought them there."""
        trash = self._root / TRASH
        names = json.dumps([path.relative_to(trash).as_posix() for path in paths])
        rows = self._rows(
            "deleted_at IS NULL AND (file IN (SELECT value FROM json_each(?)) "
            "OR thumbnail IN (SELECT value FROM json_each(?)))",
            names,
            names,
        )
        return {place for row in rows for place in _places(self._root, row, away=True)}

    def _prune(self) -> None:
        """Remove the folders of the trash that are empty."""
        for folder, _, _ in os.walk(self._root / TRASH, topdown=False):
            with suppress(OSError):  # it is not empty, or a link
                Path(folder).rmdir()


def place_of(root: Path, row: sqlite3.Row, column: str) -> Path:
    """Say where the file or the thumbnail of an asset is, by its row."""
    home = root / TRASH if row["trashed_at"] is not None else root
    return home / str(row[column])


def _places(root: Path, row: sqlite3.Row, *, away: bool) -> list[Path]:
    top = root / TRASH if away else root
    return [top / row[column] for column in ("file", "thumbnail")]


def _note(ids: Iterable[str]) -> Statement:
    return Statement("INSERT OR IGNORE INTO unsettled (asset_id) VALUES (?)", rows=[(name,) for name in ids])


def _follow(root: Path, row: sqlite3.Row) -> int:
    """Bring the files of an asset to where its row says; give the bytes that were deleted."""
    freed = 0
    for name in (row["file"], row["thumbnail"]):
        if Path(name).is_absolute() or ".." in Path(name).parts:  # a database that somebody else made up
            raise OSError(errno.EPERM, "outside of the project")
        home, away = root / name, root / TRASH / name
        if row["deleted_at"] is not None:
            freed += _delete(home) + _delete(away)
            continue
        source, target = (home, away) if row["trashed_at"] is not None else (away, home)
        if source.is_file():
            if target.exists():  # of that name, but not this asset's
                move_file(target, free_place(root / STRAYS / name))
            move_file(source, target)
    return freed


def free_place(wanted: Path) -> Path:
    """Give a path beside the wanted one at which nothing is; its folder is made."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    place, number = wanted, 1
    while place.exists() or place.is_symlink():
        number += 1
        place = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return place


def move_file(source: Path, target: Path) -> None:
    """Move a file so that it is whole in one of the two places at any moment.

    Raises
    ------
    OSError
        When it can't be moved.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # one of the folders is a link to another disk
            raise
        from ..media import TEMPORARY_PREFIX

        temporary = target.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{target.name}")
        try:
            shutil.copy2(source, temporary)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        source.unlink()


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _delete(path: Path) -> int:
    size = _size(path)
    path.unlink(missing_ok=True)
    return size
