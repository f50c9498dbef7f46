"""An exported project into another one: checked as a whole, then staged, then there at once or not at all.

1. **Checked**, with nothing written: the archive, its manifest, and every file, which has to be the media it is said to
   be, of the stated size and hash, with a picture that is not too large to decode.
2. **Compared** with the project: what it has already stays as it is; what differs gets ids of its own. What is new is
   decoded, for its thumbnail.
3. **Staged** in a hidden folder. The hash is taken again.
4. **Committed**: files take their places, and one transaction makes the rows. A process that dies before that leaves
   files that belong to nothing, which `Project.verify` clears away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..batches import Asset, Batch, BatchConfig, Mark, Task, TaskStatus, settled_status, utc_now
from ..errors import ProjectError
from ..texts import markup, visible
from .archives import open_archive
from .contents import Media, check_files, draw_thumbnails, read_contents
from .database import Statement, dump_json, insert_asset, insert_batch, set_marks, update_batch
from .ledger import dump_params
from .manifest import AssetEntry, BatchEntry, Manifest, TaskEntry, from_plain, to_plain, when
from .reviews import Review, ReviewsChanged, find_copies, newer, put_reviews, reviewer_name
from .staging import NewFile, alone, staged

if TYPE_CHECKING:
    from .project import Project

__all__ = ["Imported", "grow_batch", "import_project"]

_SHOWN: Final = 5
_BATCH_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


@dataclass
class Imported:
    """What `Project.import_` did.

    Attributes
    ----------
    batches : list of str
        The batches that are new, by their ids here.
    grown : list of str
        Batches that were there, and have more tasks or results now.
    assets : list of str
        The assets that are new.
    skipped : int
        Assets that were there already.
    renamed : dict of str to str
        Batches whose id another one has here: from the id in the archive to the one here.
    marks : int
        Assets without a mark that have one now.
    differing : list of str
        Assets that are marked otherwise in the archive; your own marks stay.
    reviews : int
        What reviewers say that was not known here.
    """

    batches: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    skipped: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    marks: int = 0
    differing: list[str] = field(default_factory=list)
    reviews: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything is new."""
        return bool(self.batches or self.grown or self.assets or self.marks or self.reviews)

    def _lines(self) -> Iterator[str]:
        yield (
            f"Imported {_count(len(self.batches), 'batch', 'batches')} and {_count(len(self.assets), 'asset')}; "
            f"{_count(self.skipped, 'asset')} there already"
        )
        if self.grown:
            yield f"more results in {_some(self.grown)}"
        for old, new in list(self.renamed.items())[:_SHOWN]:
            yield f"batch {old} is called {new} here, as another one has its id"
        if self.marks:
            yield f"{_count(self.marks, 'mark')} taken over"
        if self.differing:
            count = _count(len(self.differing), "asset")
            yield f"{count} marked otherwise there, your marks stay: {_some(self.differing)}"
        if self.reviews:
            yield f"{_count(self.reviews, 'review')} of assets taken over"

    def __repr__(self) -> str:
        return "\n  ".join(map(visible, self._lines()))

    def _repr_html_(self) -> str:
        head, *rest = map(markup, self._lines())
        return f"<div>{head}{'<ul>' + ''.join(f'<li>{line}</li>' for line in rest) + '</ul>' if rest else ''}</div>"


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def import_project(project: Project, path: Any) -> Imported:
    """Bring an archive into a project; see `Project.import_`."""
    source = Path(path).expanduser()
    if source.resolve() == project.path or (source / "batchgen.db").exists():
        raise ProjectError(
            f"{source}: a project, not an export; open it with bg.Project(path), and give what its export() writes"
        )
    with open_archive(source) as archive:
        manifest = read_contents(archive)
        found = check_files(archive, manifest)
        plan = _Plan(project, manifest, found, source.name)
        if not plan.is_needed:
            return plan.result
        pictured = [(file.source, file.media.kind) for file in plan.files if file.thumbnail]
        with draw_thumbnails(archive, pictured) as thumbnail_of, alone(project.path):
            # Another import may have come first.
            plan = _Plan(project, manifest, found, source.name)
            with staged(project.path, archive, plan.files, thumbnail_of) as moves:
                plan.commit(moves)
        return plan.result


@dataclass
class _Part:
    """One batch of the archive, and what of it is new here."""

    entry: BatchEntry
    id: str
    local: Batch | None
    tasks: list[int] = field(default_factory=list)
    assets: list[AssetEntry] = field(default_factory=list)

    @property
    def grows(self) -> bool:
        return self.local is not None and bool(self.tasks or self.assets)


class _Plan:
    """What an import adds."""

    def __init__(self, project: Project, manifest: Manifest, found: Mapping[str, Media], source: str) -> None:
        self._project = project
        self._database = project._opened.database
        self._manifest = manifest
        self._source = source
        self.result = Imported()
        self._marks: list[tuple[Asset, Mark | None]] = []
        self._files: dict[str, NewFile] = {}
        self._parts: list[_Part] = []
        with project.ledger.lock:
            for entry in manifest.batches:
                self._parts.append(self._place(entry, {part.id for part in self._parts}))
            self._ids = {
                asset.id: part.id + asset.id.removeprefix(part.entry.id)
                for part in self._parts
                for asset in part.entry.assets
            }
            for part in self._parts:
                self._compare(part)
            self._place_files(found)

    @property
    def files(self) -> list[NewFile]:
        """The files that the project does not have."""
        return list(self._files.values())

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to write."""
        news = any(part.local is None or part.grows for part in self._parts)
        return news or bool(self._files or self._marks or self._reviews())

    def _rename(self, asset_id: str) -> str:
        return self._ids.get(asset_id, asset_id)

    def _place(self, entry: BatchEntry, taken: set[str]) -> _Part:
        """Find the same batch here, or an id that nothing has."""
        for name in self._candidates(entry):
            if name not in taken and self._database.batch_row(name) is not None:
                local = self._project.batch(name)
                if _is_same(entry, local):
                    return _Part(entry, name, local)
        name, number = entry.id, 0
        while name in taken or self._database.batch_row(name) is not None:
            number += 1
            digest = hashlib.sha256(f"{entry.id}/{number}".encode()).hexdigest()
            name = f"{entry.id[:-6]}{digest[:6]}"
        if number:
            self.result.renamed[entry.id] = name
        return _Part(entry, name, None)

    def _candidates(self, entry: BatchEntry) -> list[str]:
        names = list(dict.fromkeys([entry.id, _first_id(entry)]))
        return list(dict.fromkeys([*names, *(copy for name in names for copy in find_copies(self._database, name))]))

    def _compare(self, part: _Part) -> None:
        local, entry = part.local, part.entry
        if local is None:
            part.tasks, part.assets = list(range(len(entry.tasks))), list(entry.assets)
            self.result.batches.append(part.id)
            self.result.assets.extend(self._ids[asset.id] for asset in entry.assets)
            return
        known = {asset.id: asset for asset in local.assets}
        for index, task in enumerate(entry.tasks):
            done = task.status == "completed"
            if index >= len(local.tasks) or (done and local.tasks[index].status is not TaskStatus.COMPLETED):
                part.tasks.append(index)
        for asset in entry.assets:
            here = known.get(self._ids[asset.id])
            if here is None:
                part.assets.append(asset)
                self.result.assets.append(self._ids[asset.id])
                continue
            self.result.skipped += 1
            if asset.mark is not None and here.mark is None:
                self._marks.append((here, asset.mark))
            elif asset.mark is not None and here.mark != asset.mark:
                self.result.differing.append(here.id)
        if part.grows:
            self.result.grown.append(part.id)
            self._check_rest(part)

    def _check_rest(self, part: _Part) -> None:
        """See that nobody runs a batch that is to grow."""
        local = part.local
        assert local is not None
        others = self._project._opened.is_run() and not self._project.ledger.runs_here
        if others or not local.status.is_finished:
            raise ProjectError(
                f"{self._project.path}: the archive has more of batch {local.id}, which runs here; wait for its end "
                "or cancel it, then import again"
            )

    def _place_files(self, found: Mapping[str, Media]) -> None:
        root = self._project.path
        for entry in self._manifest.inputs:
            target = root / entry.file
            if not (target.is_file() and target.stat().st_size == entry.size):
                self._files[entry.file] = NewFile(entry.file, found[entry.file], target, None)
        for part in self._parts:
            names = {asset.path.name.casefold() for asset in part.local.assets} if part.local else set()
            for asset in part.assets:
                media = found[asset.file]
                stem, number = Path(asset.file).stem, 1
                name = stem + media.suffix
                while name.casefold() in names or (root / "assets" / part.id / name).exists():
                    number += 1
                    name = f"{stem}-{number}{media.suffix}"
                names.add(name.casefold())
                target = root / "assets" / part.id / name
                thumbnail = root / "thumbnails" / part.id / f"{name}.webp"
                self._files[asset.file] = NewFile(asset.file, media, target, thumbnail)

    # 4. Commit

    def commit(self, staged: Sequence[tuple[Path, Path]]) -> None:
        """Put files in their places and make the rows, or leave nothing behind."""
        ledger = self._project.ledger
        moved: list[Path] = []
        with ledger.lock:
            for part in self._parts:
                if part.grows:
                    self._check_rest(part)
            reviews = self._reviews()
            marks = [(asset, mark) for asset, mark in self._marks if asset.mark is None]
            statements = [statement for part in self._parts for statement in self._statements(part)]
            statements += [set_marks((mark, asset.id) for asset, mark in marks)] if marks else []
            statements += [put_reviews(reviews)] if reviews else []
            try:
                for source, target in staged:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(source, target)
                    moved.append(target)
                if statements:
                    self._database.write(*statements)
            except BaseException as error:
                if not self._is_written(statements):
                    for path in moved:
                        with suppress(OSError):
                            path.unlink()
                    for folder in {path.parent for path in moved}:
                        with suppress(OSError):  # others have files there
                            folder.rmdir()
                if isinstance(error, OSError) and not isinstance(error, ProjectError):
                    raise ProjectError(f"{self._project.path}: can't be written ({error.strerror or error})") from error
                raise
            self.result.marks, self.result.reviews = len(marks), len(reviews)
            ledger.take_import(added=self.result.batches, grown=self.result.grown, marks=marks)
            if reviews:
                ledger.hub.emit(ReviewsChanged(tuple(name for name, _ in reviews)))

    def _is_written(self, statements: Sequence[Statement]) -> bool:
        """Say whether the transaction was made, though it was interrupted at its end."""
        new = self.result.assets
        return bool(statements) and bool(new) and self._database.batch_of_asset(new[0]) is not None

    def _reviews(self) -> list[tuple[str, Review]]:
        now = utc_now()
        rows = [
            (
                self._ids[asset.id],
                Review(reviewer_name(one.reviewer), one.mark, one.note, min(when(one.made_at), now)),
            )
            for part in self._parts
            for asset in part.entry.assets
            for one in asset.reviews
        ]
        return newer(rows, self._project.ledger.reviews([name for name, _ in rows]))

    def _statements(self, part: _Part) -> Iterator[Statement]:
        entry = part.entry
        if part.local is None:
            yield insert_batch(self._batch_row(part))
        elif part.grows:
            yield update_batch(part.id, **self._grown(part))
        if part.tasks:
            yield _put_tasks(part.id, [(index, self._task_row(entry.tasks[index])) for index in part.tasks])
        for asset in part.assets:
            yield insert_asset(self._asset_row(part, asset))

    def _batch_row(self, part: _Part) -> dict[str, Any]:
        entry = part.entry
        origin = {name: value for name, value in from_plain(entry.origin, self._rename).items() if name != "imported"}
        told = {"batch": _first_id(entry), "from": self._source, "at": utc_now().isoformat()}
        return {
            "id": part.id,
            "generator": entry.generator,
            "config": BatchConfig.from_json(entry.config.model_dump()).model_dump_json(),
            "base_parameters": self._params(entry.base_parameters),
            "varied": dump_json(entry.varied),
            "status": entry.status,
            "created_at": when(entry.created_at).timestamp(),
            "started_at": _stamp(entry.started_at),
            "completed_at": _stamp(entry.completed_at) or when(entry.created_at).timestamp(),
            "origin": dump_json(origin | {"imported": told}),
        }

    def _grown(self, part: _Part) -> dict[str, Any]:
        """Say how a batch ends that has more of its tasks now."""
        local, entry = part.local, part.entry
        assert local is not None
        statuses = [task.status for task in local.tasks]
        for index in part.tasks:
            status = TaskStatus(entry.tasks[index].status)
            statuses[index : index + 1] = [status]
        settled = settled_status(Counter(statuses)) or local.status
        ends = [moment for moment in (entry.completed_at and when(entry.completed_at), local.completed_at) if moment]
        return {"status": str(settled), "completed_at": max(ends, default=utc_now()).timestamp()}

    def _params(self, values: Mapping[str, Any]) -> str:
        return dump_json(from_plain(dict(values), self._rename))

    def _task_row(self, task: TaskEntry) -> dict[str, Any]:
        return {
            "params": self._params(task.params),
            "status": task.status,
            "attempt": task.attempt,
            "error": task.error,
            "traceback": task.traceback,
            "log": task.log,
            "metrics": dump_json(from_plain(task.metrics)) if task.metrics else None,
            "started_at": _stamp(task.started_at),
            "completed_at": _stamp(task.completed_at),
        }

    def _asset_row(self, part: _Part, asset: AssetEntry) -> dict[str, Any]:
        file = self._files[asset.file]
        assert file.thumbnail is not None
        root = self._project.path
        return {
            "id": self._ids[asset.id],
            "batch_id": part.id,
            "task_idx": asset.task,
            "position": asset.position,
            "name": asset.name,
            "kind": asset.kind,
            "file": file.target.relative_to(root).as_posix(),
            "thumbnail": file.thumbnail.relative_to(root).as_posix(),
            # As the file says, not as the manifest does.
            "width": file.media.width,
            "height": file.media.height,
            "duration": file.media.duration,
            "file_size": asset.size,
            "created_at": when(asset.created_at).timestamp(),
            "params": self._params(part.entry.tasks[asset.task].params),
            "metrics": dump_json(from_plain(asset.metrics)),
            "parents": dump_json([self._rename(parent) for parent in asset.parents]),
            "mark": asset.mark,
            "sha256": file.media.sha256,
        }


def grow_batch(known: Batch, fresh: Batch) -> tuple[list[Task], list[Asset]]:
    """Take over what a batch has in the database and not yet in memory; give its changed tasks and new assets."""
    first = len(known.tasks)
    known.add_tasks([task.params for task in fresh.tasks[first:]])
    have = {asset.id for asset in known.assets}
    assets = [asset for asset in fresh.assets if asset.id not in have]
    made: defaultdict[int, list[Asset]] = defaultdict(list)
    for asset in assets:
        made[asset.task_index].append(asset)
    known.add_assets(assets)
    changed = []
    for mine, theirs in zip(known.tasks, fresh.tasks, strict=True):
        moved = mine.index >= first or mine.status is not theirs.status
        if not moved and mine.index not in made:
            continue
        if moved:
            mine.params, mine.metrics, mine.attempt = theirs.params, theirs.metrics, theirs.attempt
            mine.error, mine.traceback, mine.progress = theirs.error, theirs.traceback, theirs.progress
            mine.started_at, mine.completed_at = theirs.started_at, theirs.completed_at
            mine.group_size = theirs.group_size
            mine.restore_log(theirs.log)
            known.count(mine, theirs.status)
        mine.assets = (*mine.assets, *made[mine.index])
        changed.append(mine)
    known.status, known.started_at, known.completed_at = fresh.status, fresh.started_at, fresh.completed_at
    known.cancel_requested = fresh.cancel_requested
    return changed, assets


def _put_tasks(batch_id: str, tasks: Sequence[tuple[int, dict[str, Any]]]) -> Statement:
    names = list(tasks[0][1])
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    return Statement(
        f"INSERT INTO tasks (batch_id, idx, {', '.join(names)}) VALUES (?, ?{', ?' * len(names)}) "
        f"ON CONFLICT (batch_id, idx) DO UPDATE SET {changes}",
        rows=[(batch_id, index, *row.values()) for index, row in tasks],
    )


def _stamp(text: str | None) -> float | None:
    return when(text).timestamp() if text else None


def _first_id(entry: BatchEntry) -> str:
    """Give the id that a batch had where it was made, also when it was imported before."""
    told = entry.origin.get("imported")
    first = told.get("batch") if isinstance(told, dict) else None
    return first if isinstance(first, str) and _BATCH_ID.fullmatch(first) else entry.id


def _is_same(entry: BatchEntry, local: Batch) -> bool:
    """Say whether a batch here is the one of an archive, perhaps at another moment, or a part of it.

    What both have finished must be the same: parameters of tasks, content of files.
    """
    if local.generator != entry.generator or local.created_at != when(entry.created_at):
        return False
    if _neutral(local.base_parameters) != _text(entry.base_parameters):
        return False
    for mine, task in zip(local.tasks, entry.tasks, strict=False):
        both = mine.status is TaskStatus.COMPLETED and task.status == "completed"
        if both and _neutral(mine.params) != _text(task.params):
            return False
    known = {asset.id.removeprefix(local.id): asset for asset in local.assets}
    for asset in entry.assets:
        here = known.get(asset.id.removeprefix(entry.id))
        if here is not None and not _is_same_file(here, asset):
            return False
    return True


def _neutral(params: Mapping[str, Any]) -> str:
    return _text(to_plain(dump_params(params)))


def _text(params: Any) -> str:
    """Write parameters in one way, whatever assets are called where they come from."""
    return json.dumps(from_plain(params, lambda _: "?"), sort_keys=True)


def _is_same_file(asset: Asset, entry: AssetEntry) -> bool:
    if asset.task_index != entry.task or asset.file_size != entry.size:
        return False
    if asset.sha256 is not None:
        return asset.sha256 == entry.sha256
    try:
        with asset.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except OSError:  # its size is all that can be known
        return True
