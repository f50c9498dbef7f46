"""A project, or a part of it, as a zip or a folder to keep and to share."""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import ValidationError

from ..batches import Asset, Batch, BatchStatus, Mark, TaskStatus, utc_now
from ..errors import ParameterError, ProjectError
from .archives import FORMAT, MANIFEST, check_name
from .database import clean_text, dump_json
from .ledger import dump_params
from .limits import MOST_FILE_BYTES, MOST_FILES, MOST_MANIFEST_BYTES
from .manifest import (
    VERSION,
    AssetEntry,
    BatchHead,
    ConfigEntry,
    FileEntry,
    ReviewEntry,
    TaskEntry,
    entry_text,
    references,
    time_text,
    to_plain,
)
from .packing import ArchiveWriter, create_archive
from .tables import Row, columns_of, has_parquet, write_csv, write_parquet

if TYPE_CHECKING:
    from .project import Project
    from .reviews import Review

__all__ = ["Exported", "Only", "Progress", "choose", "export", "export_project"]

Only: TypeAlias = Literal["favorites", "kept"]
Progress: TypeAlias = Callable[[int, int], None]
"""Hears how many files are written and how many there are in all; what it raises ends the export."""

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes
    ----------
    path : Path
        The zip or folder, absolute.
    batches, assets : int
        How many it holds.
    size : int
        Bytes of all files in it.
    missing : list of str
        Assets that are left out, each with the reason: their files are gone or not what was written.
    """

    path: Path
    batches: int
    assets: int
    size: int
    missing: list[str]


@dataclass(frozen=True)
class _TaskNow:
    """A task at one moment."""

    params: Mapping[str, Any]
    status: TaskStatus
    attempt: int
    error: str | None
    traceback: str | None
    log: str | None
    metrics: Mapping[str, Any]
    started_at: datetime | None
    completed_at: datetime | None


@dataclass
class _AssetNow:
    """An asset at one moment, and its file in the archive once that is written."""

    asset: Asset
    mark: Mark | None
    file: str = ""
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True)
class _BatchNow:
    """A batch at one moment, with those of its assets that were chosen."""

    batch: Batch
    status: BatchStatus
    varied: tuple[str, ...]
    started_at: datetime | None
    completed_at: datetime | None
    tasks: list[_TaskNow]
    assets: list[_AssetNow] = field(default_factory=list)


def export_project(
    project: Project,
    path: Any,
    *,
    batches: Iterable[Batch | str] | Batch | str | None = None,
    assets: Iterable[Asset] | None = None,
    only: Only | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write an archive, and warn of what had to be left out; see `Project.export`."""
    done = export(project, path, batches=batches, assets=assets, only=only, overwrite=overwrite, progress=progress)
    if done.missing:
        some = "; ".join(done.missing[:3])
        more = f"; and {len(done.missing) - 3} more" if len(done.missing) > 3 else ""
        msg = f"{len(done.missing)} assets are left out of {done.path.name} ({some}{more}); see project.verify()"
        warnings.warn(msg, stacklevel=3)
    return done.path


def export(
    project: Project,
    path: Any,
    *,
    batches: Iterable[Batch | str] | Batch | str | None = None,
    assets: Iterable[Asset] | None = None,
    only: Only | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write an archive; see `Project.export`."""
    target = _target(project, path)
    chosen = choose(project, batches=batches, assets=assets, only=only)
    try:
        with create_archive(target, overwrite=overwrite) as writer:
            return _Export(project, writer, target, chosen, progress or _say_nothing).run()
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        msg = f"{target}: can't be written, {place} of a record is not allowed ({problem['msg']})"
        raise ProjectError(msg) from error


def _say_nothing(_done: int, _total: int) -> None:
    pass


def _target(project: Project, path: Any) -> Path:
    text = str(path)
    if not text.strip() or "\0" in text:
        msg = f"path: {text!r} is not allowed; give a path such as 'export.zip'"
        raise ParameterError(msg, field="path", value=path)
    target = Path(path).expanduser().absolute()
    resolved = target.resolve()
    own = [project.path / name for name in ("assets", "thumbnails", "inputs", "trash")]
    if project.path.is_relative_to(resolved) or any(resolved.is_relative_to(folder) for folder in own):
        raise ProjectError(f"{target}: a folder of the project itself; choose a path outside of it")
    return target


# What to take


def choose(
    project: Project,
    *,
    batches: Iterable[Batch | str] | Batch | str | None = None,
    assets: Iterable[Asset] | None = None,
    only: Only | None = None,
) -> list[_BatchNow]:
    """Say what is to be exported, as it is now; raises as `Project.export` does."""
    if only not in (None, "favorites", "kept"):
        raise ParameterError(f"only: {only!r} is not allowed; choose 'favorites' or 'kept'", field="only", value=only)
    wanted: defaultdict[str, set[str]] | None = None
    if assets is not None:
        wanted = defaultdict(set)
        for asset in [assets] if isinstance(assets, Asset) else assets:
            if not isinstance(asset, Asset) or asset.keeper is not project.ledger:
                msg = f"assets: {asset!r} is no asset of {project.path}; give assets such as batch.favorites"
                raise ParameterError(msg, field="assets", value=asset)
            wanted[asset.batch_id].add(asset.id)
    found = []
    for batch in _batches(project, batches, wanted):
        now = _freeze(batch, only, None if wanted is None else wanted[batch.id])
        # All of a project has batches that made nothing; some results have only those that made them.
        if now.assets or (only is None and wanted is None):
            found.append(now)
    if not found:
        what = {"favorites": " no favorites;", "kept": " nothing but what is discarded;"}.get(only or "", "")
        raise ParameterError(f"nothing to export:{what} choose other batches or assets", field="assets")
    return found


def _batches(
    project: Project, batches: Iterable[Batch | str] | Batch | str | None, wanted: Mapping[str, object] | None
) -> list[Batch]:
    if batches is None:
        return [project.batch(name) for name in sorted(wanted)] if wanted is not None else list(project.batches())
    several = [batches] if isinstance(batches, Batch | str) else list(batches)
    found = {}
    for batch in several:
        if isinstance(batch, Batch) and batch.keeper is not project.ledger:
            msg = f"batches: {batch.id} is of another project than {project.path}"
            raise ParameterError(msg, field="batches", value=batch)
        known = project.batch(batch.id if isinstance(batch, Batch) else str(batch))
        found[known.id] = known
    return [batch for name, batch in sorted(found.items()) if wanted is None or name in wanted]


def _freeze(batch: Batch, only: Only | None, wanted: set[str] | None) -> _BatchNow:
    with batch.keeper.lock:
        now = _BatchNow(
            batch,
            batch.status,
            batch.varied,
            batch.started_at,
            batch.completed_at,
            [
                _TaskNow(
                    *(task.params, task.status, task.attempt, task.error, task.traceback, task.log),
                    *(task.metrics, task.started_at, task.completed_at),
                )
                for task in batch.tasks
            ],
        )
        for asset in batch.assets:
            skipped = (
                asset.trashed_at is not None
                or (only == "favorites" and not asset.favorite)
                or (only == "kept" and asset.discarded)
                or (wanted is not None and asset.id not in wanted)
            )
            if not skipped:
                now.assets.append(_AssetNow(asset, asset.mark))
    return now


# Writing


class _Export:
    def __init__(
        self, project: Project, writer: ArchiveWriter, target: Path, batches: list[_BatchNow], progress: Progress
    ) -> None:
        self._project = project
        self._writer = writer
        self._target = target
        self._batches = batches
        self._tell = progress
        self._missing: list[str] = []
        self._size = 0
        self._done = 0

    def run(self) -> Exported:
        inputs = self._inputs()
        total = sum(len(now.assets) for now in self._batches) + len(inputs)
        if total + 3 > MOST_FILES:
            raise ProjectError(f"{self._target}: {total:,} files are too many for one archive; export fewer batches")
        self._tell(0, total)
        for now in self._batches:
            self._copy_assets(now, total)
        kept = [entry for path, name in inputs if (entry := self._copy_input(path, name, total))]
        self._write_manifest(kept)
        self._write_tables()
        assets = sum(len(now.assets) for now in self._batches)
        return Exported(self._target, len(self._batches), assets, self._size, self._missing)

    def _step(self, total: int) -> None:
        self._done += 1
        self._tell(self._done, total)

    def _copy_assets(self, now: _BatchNow, total: int) -> None:
        names: set[str] = set()
        kept = []
        for one in now.assets:
            asset = one.asset
            name = _free_name(asset, names)
            one.file = f"assets/{now.batch.id}/{name}"
            try:
                # A file that is not what was written must not become the asset of somebody else.
                one.sha256, one.size = self._copy(asset.path, one.file, asset.file_size, asset.sha256)
                kept.append(one)
            except _NotThere as error:
                self._missing.append(f"{asset.id} {error}")
            self._step(total)
        now.assets[:] = kept

    def _inputs(self) -> list[tuple[Path, str]]:
        names: dict[str, None] = {}
        for now in self._batches:
            for params in (now.batch.base_parameters, *(task.params for task in now.tasks)):
                if any(not isinstance(value, str | int | float | None) for value in params.values()):
                    names |= dict.fromkeys(references(to_plain(dump_params(params)), "file"))
        return [(self._project.path / name, name) for name in sorted(names)]

    def _copy_input(self, path: Path, name: str, total: int) -> FileEntry | None:
        try:
            _, size = self._copy(path, name, None, Path(name).stem)
            return FileEntry(file=name, size=size)
        except _NotThere as error:
            self._missing.append(f"{name} {error}")
            return None
        finally:
            self._step(total)

    def _copy(self, path: Path, name: str, size: int | None, sha256: str | None) -> tuple[str, int]:
        """Copy a file; before a byte of it is written it is known to be whole."""
        try:
            with path.open("rb") as file:
                found = file.seek(0, 2)
                if found == 0 or (size is not None and found != size):
                    raise _NotThere(f"has {found:,} bytes instead of {size or 'some'}")
                if found > MOST_FILE_BYTES:
                    raise _NotThere(f"has {found:,} bytes, too many for an archive")
                file.seek(0)
                digest = _hash(file)
                if sha256 is not None and digest != sha256:
                    raise _NotThere("is damaged: its content is not what was written")
                file.seek(0)
                with self._writer.open(name, found) as into:
                    _pour(file, into, found)
        except FileNotFoundError:
            raise _NotThere("is not there") from None
        self._size += found
        return digest, found

    def _write_manifest(self, inputs: Sequence[FileEntry]) -> None:
        with self._writer.open(MANIFEST, packed=True) as file:
            written = 0
            for line in self._manifest_lines(inputs):
                data = line.encode("utf-8")
                written += len(data)
                if written > MOST_MANIFEST_BYTES:
                    raise ProjectError(
                        f"{self._target}: the manifest would have more than {MOST_MANIFEST_BYTES:,} bytes; "
                        "export fewer batches at once"
                    )
                file.write(data)
            self._size += written

    def _manifest_lines(self, inputs: Sequence[FileEntry]) -> Iterator[str]:
        from .. import __version__

        made_with = dump_json(f"batchgen_widgets {__version__}")
        yield f'{{"format": "{FORMAT}", "version": {VERSION}, "made_with": {made_with},\n"inputs": [\n'
        yield from _lines(entry_text(entry) for entry in inputs)
        yield '],\n"batches": [\n'
        for number, now in enumerate(self._batches):
            # Without the closing brace.
            yield f'{"," if number else ""}{entry_text(_batch_entry(now))[:-1]},"tasks": [\n'
            yield from _lines(entry_text(_task_entry(task)) for task in now.tasks)
            yield '],"assets": [\n'
            reviews = self._reviews(now)
            yield from _lines(entry_text(_asset_entry(one, reviews.get(one.asset.id, []))) for one in now.assets)
            yield "]}\n"
        yield "]}\n"

    def _reviews(self, now: _BatchNow) -> dict[str, list[ReviewEntry]]:
        found = self._project.ledger.reviews([one.asset.id for one in now.assets])
        return {name: [_review_entry(review) for review in reviews] for name, reviews in found.items()}

    def _write_tables(self) -> None:
        columns = columns_of(self._rows())
        with self._writer.open("assets.csv", packed=True) as file:
            write_csv(file, columns, self._rows())
        if has_parquet():
            with self._writer.open("assets.parquet") as file:
                write_parquet(file, columns, self._rows())

    def _rows(self) -> Iterator[Row]:
        for now in self._batches:
            for one in now.assets:
                asset = one.asset
                yield {
                    "id": asset.id,
                    "batch": now.batch.id,
                    "generator": now.batch.generator,
                    "task": asset.task_index,
                    "name": asset.name,
                    "kind": asset.kind,
                    "file": one.file,
                    "mark": one.mark,
                    "width": asset.width,
                    "height": asset.height,
                    "duration": asset.duration,
                    "size": one.size,
                    "sha256": one.sha256,
                    "created_at": time_text(asset.created_at),
                    **_cells("params", dump_params(asset.params)),
                    **_cells("metrics", dump_json(dict(asset.metrics))),
                }


def _cells(group: str, values: str) -> dict[str, Any]:
    return {f"{group}.{name}": _cell(value) for name, value in to_plain(values).items()}


def _cell(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if key == "float":
            return float(inner)
        if key == "asset":
            return inner
    if isinstance(value, dict) and isinstance(value.get("file"), str):
        return value["file"]
    return value


class _NotThere(Exception):
    """A file of the project that is not what it should be."""


def _free_name(asset: Asset, taken: set[str]) -> str:
    """Give the readable name of the file, where every system takes it and no other asset has it."""
    name = asset.path.name
    try:
        check_name(name)
        if len(name) > 120:
            raise ValueError
    except ValueError:
        suffix = asset.path.suffix.lower()
        name = f"{asset.id}{suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ''}"
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = f"{Path(name).stem}-{number}{Path(name).suffix}"
    taken.add(free.casefold())
    return free


def _hash(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _pour(file: IO[bytes], into: IO[bytes], size: int) -> None:
    left = size
    while left and (data := file.read(min(_CHUNK, left))):
        into.write(data)
        left -= len(data)
    if left:
        raise OSError(f"a file of the project shrank by {left:,} bytes while it was read")


def _lines(entries: Iterable[str]) -> Iterator[str]:
    """Separate entries by commas, each on a line of its own."""
    for number, entry in enumerate(entries):
        yield f"{',' if number else ''}{entry}\n"


# Entries


def _batch_entry(now: _BatchNow) -> BatchHead:
    batch = now.batch
    ended = now.status.is_finished
    return BatchHead(
        id=batch.id,
        generator=clean_text(batch.generator),
        config=ConfigEntry.model_validate(batch.config.to_json()),
        base_parameters=to_plain(dump_params(batch.base_parameters)),
        varied=list(now.varied),
        # Nobody runs it where it goes.
        status=str(now.status) if ended else "interrupted",  # type: ignore[arg-type]
        created_at=time_text(batch.created_at) or "",
        started_at=time_text(now.started_at),
        completed_at=time_text(now.completed_at if ended else utc_now()),
        origin=to_plain(dump_json(dict(batch.origin))),
    )


def _task_entry(task: _TaskNow) -> TaskEntry:
    runs = task.status is TaskStatus.RUNNING
    return TaskEntry(
        params=to_plain(dump_params(task.params)),
        status="interrupted" if runs else str(task.status),  # type: ignore[arg-type]
        attempt=task.attempt,
        error=_clean(task.error),
        traceback=_clean(task.traceback),
        log=_clean(task.log),
        metrics=to_plain(dump_json(dict(task.metrics))),
        started_at=time_text(task.started_at),
        completed_at=time_text(utc_now() if runs else task.completed_at),
    )


def _asset_entry(one: _AssetNow, reviews: list[ReviewEntry]) -> AssetEntry:
    asset = one.asset
    return AssetEntry(
        id=asset.id,
        task=asset.task_index,
        position=asset.position,
        name=_clean(asset.name),
        kind=asset.kind,
        file=one.file,
        sha256=one.sha256,
        size=one.size,
        width=asset.width or None,
        height=asset.height or None,
        duration=asset.duration,
        created_at=time_text(asset.created_at) or "",
        metrics=to_plain(dump_json(dict(asset.metrics))),
        parents=list(asset.parents),
        mark=one.mark,
        reviews=reviews,
    )


def _review_entry(one: Review) -> ReviewEntry:
    return ReviewEntry(reviewer=one.reviewer, mark=one.mark, note=one.note, made_at=time_text(one.made_at) or "")


def _clean(text: str | None) -> str | None:
    return None if text is None else clean_text(text)
