"""Whether the files of a project are those that its database knows."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ProjectError, ResultError
from ..texts import markup, visible
from .database import Database
from .mending import Copies, hash_of, opens, put_copy, set_aside, why_not
from .thumbnails import make_again, read_thumbnail, write_thumbnail
from .trash import STRAYS, TRASH, Trash, place_of

__all__ = ["Flaw", "Report", "verify"]

FRESH_SECONDS = 60.0
"""Files younger than this may be of a task that is about to end, where a kernel runs batches."""

_FOLDERS = ("assets", "thumbnails")
_COLUMNS = ("file", "thumbnail")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the files of one asset.

    Attributes
    ----------
    asset_id, batch_id : str
    path : pathlib.Path
        The file.
    reason : str
    """

    asset_id: str
    batch_id: str
    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.asset_id}: {self.path.name} {self.reason}"


@dataclass(frozen=True)
class Report:
    """What `Project.verify` found, and what it did about it.

    Attributes
    ----------
    root : pathlib.Path
        The project.
    checked : int
        How many assets were looked at.
    damage : list of str
        What SQLite finds wrong with the database itself. Nothing is mended then.
    missing_files, torn_files : list of Flaw
        Assets whose file is gone, or is not what was written. Their rows stay, with parameters and marks.
    misplaced : list of Flaw
        Files that are in the trash though their asset is not, or not there though it is: somebody moved them, or a
        process died while it did.
    missing_thumbnails : list of Flaw
        Assets whose thumbnail is gone, empty or torn.
    strays : list of pathlib.Path
        Files that belong to no asset, such as those of a task that was killed.
    leftovers : list of pathlib.Path
        Unfinished files that nobody writes any more.
    left_alone : list of pathlib.Path
        Files without an asset that may be those of a task which runs now; they count for nothing.
    put_back : list of pathlib.Path
        Files that are in their places again: those that were misplaced, and whole copies of missing and torn ones.
    set_aside : list of pathlib.Path
        Where torn files are now, in the project's folder ``trash``: those that a copy took the place of, and those that
        can't be read any more. Others stay in their places.
    moved : list of pathlib.Path
        Where strays and leftovers are now, in the project's folder ``trash``.
    rebuilt : list of pathlib.Path
        Thumbnails that were made anew.
    failures : list of str
        What could not be mended, and why.
    """

    root: Path
    checked: int = 0
    damage: list[str] = field(default_factory=list)
    missing_files: list[Flaw] = field(default_factory=list)
    torn_files: list[Flaw] = field(default_factory=list)
    misplaced: list[Flaw] = field(default_factory=list)
    missing_thumbnails: list[Flaw] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    left_alone: list[Path] = field(default_factory=list)
    put_back: list[Path] = field(default_factory=list)
    set_aside: list[Path] = field(default_factory=list)
    moved: list[Path] = field(default_factory=list)
    rebuilt: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all is well now: nothing was wrong, or what was is mended."""
        return not (
            self.damage
            or self.failures
            or len(self.missing_files) + len(self.torn_files) + len(self.misplaced) > len(self.put_back)
            or len(self.missing_thumbnails) > len(self.rebuilt)
            or len(self.strays) + len(self.leftovers) > len(self.moved)
        )

    def _parts(self) -> list[tuple[str, Sequence[object]]]:
        """Give each finding as a sentence, and what it is about."""

        def names(paths: Sequence[Path]) -> list[str]:
            return [path.relative_to(self.root).as_posix() for path in paths]

        trashed = f", moved to {self.root / STRAYS}" if self.moved else ""
        rebuilt = f", {len(self.rebuilt)} made anew" if self.rebuilt else ""
        parts: list[tuple[str, Sequence[object]]] = [
            ("the database is damaged; nothing was mended", self.damage),
            (f"{_count(self.missing_files, 'asset')} without its file", self.missing_files),
            (f"{_count(self.torn_files, 'file')} damaged", self.torn_files),
            (f"{_count(self.misplaced, 'file')} on the wrong side of the trash", self.misplaced),
            (f"{_count(self.put_back, 'file')} put back in place", names(self.put_back)),
            (f"{_count(self.set_aside, 'damaged file')} set aside in {self.root / STRAYS}", names(self.set_aside)),
            (f"{_count(self.missing_thumbnails, 'thumbnail')} missing{rebuilt}", self.missing_thumbnails),
            (f"{_count(self.strays, 'file')} of no asset{trashed}", names(self.strays)),
            (f"{_count(self.leftovers, 'unfinished file')}{trashed}", names(self.leftovers)),
            (f"{_count(self.left_alone, 'file')} left alone: perhaps of a task that runs", names(self.left_alone)),
            (f"{_count(self.failures, 'thing')} could not be mended", self.failures),
        ]
        return [(sentence, found) for sentence, found in parts if found]

    def _head(self) -> str:
        return f"{self.root}: {self.checked} assets checked, {'all is well' if self.ok else 'not all is well'}"

    def __repr__(self) -> str:
        lines = [self._head()]
        for sentence, found in self._parts():
            lines.append(f"  {sentence}")
            lines += [f"    {line}" for line in _some(found)]
        return "\n".join(map(visible, lines))

    def _repr_html_(self) -> str:
        parts = "".join(
            f"<li>{markup(sentence)}{_html_list(map(markup, _some(found)))}</li>" for sentence, found in self._parts()
        )
        return f"<div>{markup(self._head())}{f'<ul>{parts}</ul>' if parts else ''}</div>"


def _count(found: Sequence[object], noun: str) -> str:
    return f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"


def _html_list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _some(found: Sequence[object]) -> Iterator[str]:
    yield from (str(one) for one in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"... and {len(found) - _SHOWN} more"


def verify(
    root: Path, database: Database, trash: Trash, is_run: Callable[[], bool], *, fix: bool, deep: bool
) -> Report:
    """Compare the files of a project with its database; see `Project.verify`.

    Parameters
    ----------
    root : Path
    database : Database
    trash : Trash
    is_run : callable
        Says whether a living process runs batches in the project.
    fix, deep : bool
        As in `Project.verify`.
    """
    from .staging import leftovers

    # In this order: a file that is there before the rows are read has its row by then, or its task still runs, or
    # nobody will ever make one. And a row that is there had its file before.
    files = list(_files(root))
    now = time.time()
    runs = is_run()
    survey = database.survey(deep=deep)
    running = frozenset(survey.running) if runs else frozenset()
    rows = [row for row in survey.assets if row["deleted_at"] is None]
    # Where the files of an asset are, or would be were they thrown away: a deleted one may have some left to delete.
    known = {top / row[column] for row in survey.assets for column in _COLUMNS for top in (root, root / TRASH)}

    def is_taken(path: Path) -> bool:
        return runs and (_is_fresh(path, now) or _may_be_of(path, running))

    copies = Copies(root, known, is_taken)
    report = Report(root, len(rows), damage=survey.damage)
    fix = fix and not survey.damage
    _check_places(report, rows, trash, fix=fix)
    flawed = _check_files(report, rows, copies, deep=deep)
    if fix:
        for row, flaw in flawed:
            same = [other for other, _ in flawed if other["file_size"] == row["file_size"]]
            _mend(report, row, flaw, copies, trash, alone=len(same) == 1)
    _check_thumbnails(report, rows, fix=fix, deep=deep)
    for path in files:
        if path in known or not path.exists():  # it was put back
            continue
        if is_taken(path):
            report.left_alone.append(path)
            continue
        (report.leftovers if _is_unfinished(path) else report.strays).append(path)
    report.leftovers.extend(leftovers(root))
    if fix:
        for path in (*report.strays, *report.leftovers):
            _set_aside(report, path)
    return report


def _check_places(report: Report, rows: Sequence[sqlite3.Row], trash: Trash, *, fix: bool) -> None:
    """Look for files that are in the trash though their asset is not, or the other way round."""
    root = report.root
    wrong: dict[str, list[tuple[Flaw, Path]]] = {}
    for row in rows:
        for column in _COLUMNS:
            wanted = place_of(root, row, column)
            trashed = row["trashed_at"] is not None
            other = root / row[column] if trashed else root / TRASH / row[column]
            if not wanted.exists() and other.is_file():
                reason = (
                    "is in its place, though the asset is in the trash" if trashed else "is in the trash by mistake"
                )
                flaw = Flaw(row["id"], row["batch_id"], other, reason)
                report.misplaced.append(flaw)
                wrong.setdefault(row["id"], []).append((flaw, wanted))
    if fix and wrong:
        try:
            trash.settle(list(wrong))
        except ProjectError as error:
            report.failures.append(str(error))
        report.put_back.extend(place for places in wrong.values() for _, place in places if place.exists())


def _check_files(
    report: Report, rows: Sequence[sqlite3.Row], copies: Copies, *, deep: bool
) -> list[tuple[sqlite3.Row, Flaw]]:
    """Look for files that are gone or not what was written."""
    flawed = []
    misplaced = {flaw.asset_id for flaw in report.misplaced if flaw.path not in report.put_back}
    for row in rows:
        path = place_of(report.root, row, "file")
        reason = _flaw(path, row["kind"], row["file_size"], row["sha256"], deep=deep)
        if reason is None:
            copies.learn(row, path)
        elif path.exists() or row["id"] not in misplaced:
            flaw = Flaw(row["id"], row["batch_id"], path, reason)
            (report.torn_files if path.exists() else report.missing_files).append(flaw)
            flawed.append((row, flaw))
    return flawed


def _mend(report: Report, row: sqlite3.Row, flaw: Flaw, copies: Copies, trash: Trash, *, alone: bool) -> None:
    """Put a whole copy in the place of a file that is gone or torn; what is torn beyond reading is set aside."""
    try:
        with trash.alone():
            if trash.is_elsewhere(row):  # somebody threw it away or took it back meanwhile, file and all
                return
            copy = copies.find(row, alone=alone)
            torn = flaw.path.exists()
            if torn and (copy is not None or not opens(flaw.path, row["kind"])):
                report.set_aside.append(set_aside(report.root, flaw.path))
            if copy is not None:
                put_copy(copy, flaw.path, move=copies.is_spare(copy))
                report.put_back.append(flaw.path)
    except ProjectError as error:
        report.failures.append(str(error))
    except OSError as error:
        report.failures.append(f"{flaw.path.name}: can't be put back ({error.strerror or error})")


def _check_thumbnails(report: Report, rows: Sequence[sqlite3.Row], *, fix: bool, deep: bool) -> None:
    """Look for thumbnails that are missing, empty or torn, and make them anew."""
    for row in rows:
        thumbnail = place_of(report.root, row, "thumbnail")
        reason = _flaw(thumbnail, "image", None, None, deep=deep)
        if reason is None and read_thumbnail(thumbnail) is None:
            reason = "is broken off"
        if reason is not None:
            report.missing_thumbnails.append(Flaw(row["id"], row["batch_id"], thumbnail, reason))
            if fix:
                _rebuild(report, place_of(report.root, row, "file"), thumbnail, row["kind"])


def _is_unfinished(path: Path) -> bool:
    from ..media import TEMPORARY_PREFIX

    return path.name.startswith(TEMPORARY_PREFIX)


def _files(root: Path) -> Iterator[Path]:
    """Give the files below assets and thumbnails, without links and without what other programs hide there."""
    for folder in _FOLDERS:
        for place, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(place, name)
                if (not name.startswith(".") or _is_unfinished(path)) and not path.is_symlink():
                    yield path


def _is_fresh(path: Path, now: float) -> bool:
    try:
        return now - path.stat().st_mtime < FRESH_SECONDS
    except OSError:  # gone by now: its task did that
        return True


def _may_be_of(path: Path, running: frozenset[tuple[str, int]]) -> bool:
    """Say whether a file may be of a running task: its batch is the folder, its index begins the name."""
    indices = {index for batch_id, index in running if batch_id == path.parent.name}
    number = re.match(r"\d+", path.name)
    return bool(indices) and (_is_unfinished(path) or number is None or int(number[0]) in indices)


def _flaw(path: Path, kind: str, size: int | None, sha256: str | None, *, deep: bool) -> str | None:
    """Say what is wrong with a file, or None."""
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"can't be read ({error.strerror})"
    if size is not None and found != size:
        return f"has {found:,} bytes instead of {size:,}"
    if not found:
        return "is empty"
    if not deep:
        return None
    if (reason := why_not(path, kind)) is not None:
        return f"can't be read ({reason})"
    return "is not what was written" if sha256 and hash_of(path) != sha256 else None


def _rebuild(report: Report, path: Path, thumbnail: Path, kind: str) -> None:
    try:
        write_thumbnail(make_again(path, kind), thumbnail)  # type: ignore[arg-type]
    except (OSError, ResultError, ValueError) as error:
        report.failures.append(f"{thumbnail.name}: can't be made anew ({error})")
        return
    report.rebuilt.append(thumbnail)


def _set_aside(report: Report, path: Path) -> None:
    try:
        report.moved.append(set_aside(report.root, path))
    except OSError as error:
        report.failures.append(f"{path.name}: can't be moved to {report.root / STRAYS} ({error.strerror or error})")
