"""Whether the files of a project are those that its database knows."""

from __future__ import annotations

import html
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ..errors import ResultError
from .database import Database

__all__ = ["Flaw", "Report", "verify"]

TRASH = "trash"
"""The folder of a project that takes what belongs to nothing; nobody empties it but its owner."""

FRESH_SECONDS = 60.0
"""Files younger than this may be of a task that is about to end, where a kernel runs batches."""

_FOLDERS = ("assets", "thumbnails")
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
    missing_thumbnails : list of Flaw
        Assets whose thumbnail is gone or empty.
    strays : list of pathlib.Path
        Files that belong to no asset, such as those of a task that was killed.
    leftovers : list of pathlib.Path
        Unfinished files that nobody writes any more.
    left_alone : list of pathlib.Path
        Files without an asset that may be those of a task which runs now; they count for nothing.
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
    missing_thumbnails: list[Flaw] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    left_alone: list[Path] = field(default_factory=list)
    moved: list[Path] = field(default_factory=list)
    rebuilt: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all is well now: nothing was wrong, or what was is mended."""
        return not (
            self.damage
            or self.missing_files
            or self.torn_files
            or self.failures
            or len(self.missing_thumbnails) > len(self.rebuilt)
            or len(self.strays) + len(self.leftovers) > len(self.moved)
        )

    def _parts(self) -> list[tuple[str, Sequence[object]]]:
        """Give each finding as a sentence, and what it is about."""

        def names(paths: Sequence[Path]) -> list[str]:
            return [path.relative_to(self.root).as_posix() for path in paths]

        trashed = f", moved to {self.root / TRASH}" if self.moved else ""
        rebuilt = f", {len(self.rebuilt)} made anew" if self.rebuilt else ""
        parts: list[tuple[str, Sequence[object]]] = [
            ("the database is damaged; nothing was mended", self.damage),
            (f"{_count(self.missing_files, 'asset')} without its file", self.missing_files),
            (f"{_count(self.torn_files, 'file')} damaged", self.torn_files),
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
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = "".join(
            f"<li>{html.escape(sentence)}{_html_list(html.escape(line) for line in _some(found))}</li>"
            for sentence, found in self._parts()
        )
        return f"<div>{html.escape(self._head())}{f'<ul>{parts}</ul>' if parts else ''}</div>"


def _count(found: Sequence[object], noun: str) -> str:
    return f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"


def _html_list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _some(found: Sequence[object]) -> Iterator[str]:
    yield from (str(one) for one in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"... and {len(found) - _SHOWN} more"


def verify(root: Path, database: Database, is_run: Callable[[], bool], *, fix: bool, deep: bool) -> Report:
    """Compare the files of a project with its database; see `Project.verify`.

    Parameters
    ----------
    root : Path
    database : Database
    is_run : callable
        Says whether a living process runs batches in the project.
    fix, deep : bool
        As in `Project.verify`.
    """
    # In this order: a file that is there before the rows are read has its row by then, or its task still runs, or
    # nobody will ever make one. And a row that is there had its file before.
    files = list(_files(root))
    now = time.time()
    runs = is_run()
    survey = database.survey(deep=deep)
    running = frozenset(survey.running) if runs else frozenset()

    report = Report(root, len(survey.assets), damage=survey.damage)
    known: set[Path] = set()
    for row in survey.assets:
        path, thumbnail = root / row["file"], root / row["thumbnail"]
        known |= {path, thumbnail}
        if (reason := _flaw(path, row["kind"], row["file_size"], deep=deep)) is not None:
            found = report.torn_files if path.exists() else report.missing_files
            found.append(Flaw(row["id"], row["batch_id"], path, reason))
        reason = _flaw(thumbnail, "image", None, deep=deep)
        if reason is not None:
            report.missing_thumbnails.append(Flaw(row["id"], row["batch_id"], thumbnail, reason))
            if fix and not survey.damage:
                _rebuild(report, path, thumbnail, row["kind"])
    for path in files:
        if path in known:
            continue
        if runs and (_is_fresh(path, now) or _may_be_of(path, running)):
            report.left_alone.append(path)
            continue
        (report.leftovers if _is_unfinished(path) else report.strays).append(path)
        if fix and not survey.damage:
            _move(report, path)
    return report


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


def _flaw(path: Path, kind: str, size: int | None, *, deep: bool) -> str | None:
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
    from ..media import Video, open_media

    try:
        media = open_media(path, kind)  # type: ignore[arg-type]
        if isinstance(media, Video):
            for _ in media:
                pass
    except (OSError, ResultError, ValueError) as error:
        return f"can't be read ({error})"
    return None


def _rebuild(report: Report, path: Path, thumbnail: Path, kind: str) -> None:
    from ..media import TEMPORARY_PREFIX, make_thumbnail

    # Under a name that is cleared away should this process be killed here.
    temporary = thumbnail.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex}.webp")
    try:
        thumbnail.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(make_thumbnail(path, kind))  # type: ignore[arg-type]
        os.replace(temporary, thumbnail)
    except (OSError, ResultError, ValueError) as error:
        report.failures.append(f"{thumbnail.name}: can't be made anew ({error})")
        if temporary.exists():
            temporary.unlink()
        return
    report.rebuilt.append(thumbnail)


def _move(report: Report, path: Path) -> None:
    wanted = target = report.root / TRASH / path.relative_to(report.root)
    number = 1
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        while target.exists():
            number += 1
            target = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        # Also where the folder is a link to another disk.
        shutil.move(path, target)
    except OSError as error:
        report.failures.append(f"{path.name}: can't be moved to {target.parent} ({error.strerror or error})")
        return
    report.moved.append(target)
