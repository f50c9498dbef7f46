"""A project: a directory with the database, the asset files and the thumbnails. It outlives kernels."""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from filelock import FileLock, Timeout

from ..batches import Asset, Batch, Mark, Query, Task, utc_now
from ..errors import ParameterError, ProjectError
from ..texts import visible
from .comparison import Comparison, compare_batches
from .database import Database, clean_text
from .history import AssetFiles, BatchList, History, read_asset_files, read_history
from .inputs import Inputs, parents_in
from .ledger import Ledger
from .storing import Destination, StoredAsset

if TYPE_CHECKING:
    from datetime import date, datetime

    from .exporting import Only, Progress
    from .importing import Imported
    from .lineage import Lineage
    from .reviews import ReviewImported, Reviews
    from .search import Page
    from .trash import Cleanup
    from .verify import Report

__all__ = ["Project", "project_key"]


class _NoLock(ProjectError):
    """The file that says who runs batches can't be locked by anybody."""


class _Opened:
    """A project directory opened by this process; every `Project` of the same path shares it."""

    known: ClassVar[weakref.WeakValueDictionary[Path, _Opened]] = weakref.WeakValueDictionary()
    guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, root: Path) -> None:
        self.root = root
        file = root / "batchgen.db"
        if not file.exists():
            self._make_folders()
        self.database = Database(file)
        # Not before: what a newer version wrote is left as it is.
        self._make_folders()
        for other in list(self.known.values()):
            if other.database.is_lost:
                other.let_go()  # perhaps it is this one, at its old place
        self.owner_lock = FileLock(root / ".owner.lock", timeout=0, thread_local=False)
        self.ledger = Ledger(self.database, root)
        # As long as any record is in use, opening the project again gives the same records.
        self.ledger.holder = self
        self.is_run()
        self.ledger.trash.recover()

    def _make_folders(self) -> None:
        try:
            for name in ("assets", "thumbnails"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            msg = f"{self.root}: can't be used as a project ({reason}); give a directory that can be written"
            raise ProjectError(msg) from error

    def let_go(self) -> None:
        """Be no longer the process that runs batches here."""
        self.owner_lock.release(force=True)
        self.ledger.runs_here = False

    def is_run(self) -> bool:
        """Say whether a living process runs batches here; when none does, what a dead one left is interrupted."""
        self.database.check_place()
        with self.ledger.lock:
            try:
                if self.owner_lock.is_locked or not self.claim(timeout=0):
                    return True
            except _NoLock:  # nobody can tell; whoever wants to run batches hears of it
                return True
            # To look is not to run: others may.
            self.ledger.runs_here = False
            self.owner_lock.release()
            return False

    def claim(self, timeout: float = 0.25) -> bool:
        """Become the process that runs batches here, unless another is; what one before left running is interrupted."""
        self.database.check_place()
        with self.ledger.lock:
            if self.owner_lock.is_locked:
                return True
            try:
                # Another process may hold it for the moment in which it opens the project.
                self.owner_lock.acquire(timeout=timeout, poll_interval=0.02)
            except Timeout:
                return False
            except (OSError, NotImplementedError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                cure = "batches run only where a lock file can be written and locked"
                raise _NoLock(f"{self.owner_lock.lock_file}: can't be locked ({reason}); {cure}") from error
            try:
                self.ledger.become_owner()
            except BaseException:
                self.owner_lock.release()
                raise
            return True


class Project:
    """A directory that keeps batches, their tasks and their assets.

    Parameters
    ----------
    path : str or Path
        The directory; made when it does not exist. Opening a path twice in one kernel gives two views of one project.

    Attributes
    ----------
    path : Path
        The directory, absolute.

    Raises
    ------
    ProjectError
        When the directory can't be used, or was written by a newer version.

    Notes
    -----
    One process at a time runs batches in a project: the first to start or resume one, until it ends. Others can read it
    and set marks. Tasks that a dead kernel left running are marked interrupted when the next one opens the project.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not os.fspath(path):
            raise ProjectError("path: an empty path is not allowed; give the directory of the project")
        root = Path(path).expanduser().resolve()
        with _Opened.guard:
            opened = _Opened.known.get(root)
            if opened is None or opened.database.is_lost:
                opened = _Opened.known[root] = _Opened(root)
        self._opened = opened
        self.path = root

    @property
    def ledger(self) -> Ledger:
        """The records of the project and every change to them; for the runner and the session."""
        return self._opened.ledger

    def claim(self) -> None:
        """Become the process that runs batches in this project.

        Raises
        ------
        ProjectError
            When another process runs batches here, or the directory can't be written.
        """
        if not self._opened.claim():
            msg = f"{self.path}: another kernel runs batches in this project; shut it down, or choose another project"
            raise ProjectError(msg)

    def batches(self) -> list[Batch]:
        """Give every batch, oldest first."""
        with self.ledger.lock:
            return list(self.lazy_batches())

    def lazy_batches(self) -> BatchList:
        """Give every batch, oldest first; each is read when it is looked at."""
        return BatchList(self.history(order="created").ids, self.batch)

    def history(
        self,
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
        """Find batches without reading all of them, newest first.

        Parameters
        ----------
        generator, status : str or iterable of str, optional
            Only those of these generators, and in these states.
        text : str, optional
            Words that must all occur, each one in the id, the generator's name, or a text among base parameters and
            prompt variations. Upper and lower case are the same.
        since, until : datetime, date or str, optional
            Only those that were made from then on, and before then. A text is a day such as ``"2026-11-23"`` or a time
            in ISO format; the day of `until` is included, and what has no time zone is local time.
        favorites : bool, optional
            Only those with favorites, or only those without.
        order : str, default "-created"
            Field to sort by, with ``-`` in front for the largest first: created, completed, duration, generator,
            status, tasks, assets, favorites or bytes. Those without a value come last, equal ones newest first.
        limit : int, optional
            How many to give at most.
        offset : int, default 0
            How many to leave out at the beginning.

        Returns
        -------
        History
            A sequence of `HistoryEntry`; its `total` counts what `limit` and `offset` leave out, too.

        Raises
        ------
        ParameterError
            When a value is not allowed.

        Examples
        --------
        ::

            project.history(generator="poster", status="completed", text="fox", since="2026-11-01", favorites=True)
        """
        return read_history(
            self._opened.database,
            self.ledger.lock,
            generator=generator,
            status=status,
            text=text,
            since=since,
            until=until,
            favorites=favorites,
            order=order,
            limit=limit,
            offset=offset,
        )

    def generators(self) -> list[str]:
        """Give the names of the generators that made batches here, sorted."""
        with self.ledger.lock:
            return self._opened.database.generators()

    def asset_files(self, ids: Iterable[str]) -> dict[str, AssetFiles]:
        """Give the files of assets by their ids, without reading their batches; unknown ids are left out."""
        return read_asset_files(self._opened.database, self.ledger.lock, self.path, ids)

    def compare(self, a: Batch | str, b: Batch | str) -> Comparison:
        """Say how two batches differ: in what made them, in what was asked for, and in what came of it.

        Parameters
        ----------
        a, b : Batch or str
            As they are, or by their ids.

        Returns
        -------
        Comparison

        Raises
        ------
        ProjectError
            When the project has no such batch.
        """
        one, other = (self.batch(batch if isinstance(batch, str) else batch.id) for batch in (a, b))
        return compare_batches(one, other)

    def latest_batch(self, generator: str) -> Batch | None:
        """Give the newest batch of a generator, or None."""
        with self.ledger.lock:
            newest = self._opened.database.newest_batch(generator)
            return self.batch(newest) if newest else None

    def batch(self, batch_id: str) -> Batch:
        """Give the batch of that id; the same object each time.

        Raises
        ------
        ProjectError
            When the project has no such batch.
        """
        found = self.ledger.batch(batch_id)
        if found is None:
            msg = f"{batch_id}: no such batch in {self.path}; see Project.batches() for what there is"
            raise ProjectError(msg)
        return found

    def asset(self, asset_id: str) -> Asset:
        """Give the asset of that id, also one in the trash; the same object each time.

        Raises
        ------
        ProjectError
            When the project has no such asset.
        """
        with self.ledger.lock:
            batch_id = self._opened.database.batch_of_asset(asset_id)
            found = batch_id and next((asset for asset in self.batch(batch_id).assets if asset.id == asset_id), None)
        if not found:
            msg = f"{asset_id}: no such asset in {self.path}; see Project.find() and Batch.results for what there is"
            raise ProjectError(msg)
        return found

    def assets(
        self,
        *,
        kind: Literal["image", "video", "audio"] | None = None,
        favorite: bool | None = None,
        discarded: bool | None = None,
        batch: Batch | str | None = None,
    ) -> list[Asset]:
        """Find assets, oldest first, without those in the trash; see `find` for more ways.

        Parameters
        ----------
        kind : {"image", "video", "audio"}, optional
            Only this kind.
        favorite, discarded : bool, optional
            Only those with the mark, or only those without it.
        batch : Batch or str, optional
            Only those of this batch, given as it is or by its id.

        Returns
        -------
        list of Asset
        """
        if kind not in (None, "image", "video", "audio"):
            raise ParameterError(
                f"kind: {kind!r} is not allowed; choose 'image', 'video' or 'audio'", field="kind", value=kind
            )
        conditions: dict[str, Any] = {}
        if kind:
            conditions["kind"] = kind
        if batch is not None:
            conditions["batch_id"] = batch if isinstance(batch, str) else batch.id
        with self.ledger.lock:
            rows = self._opened.database.find_assets(conditions)
            wanted = [
                row
                for row in rows
                if (favorite is None or (row["mark"] == "favorite") == favorite)
                and (discarded is None or (row["mark"] == "discarded") == discarded)
            ]
            return [self.ledger.asset_of_row(row) for row in wanted]

    def find(
        self,
        query: Query | Mapping[str, Any] | None = None,
        *,
        sort: str | None = None,
        batch: Batch | str | None = None,
        trashed: bool = False,
        limit: int | None = 100,
        offset: int = 0,
    ) -> Page:
        """Find assets by parameters, metrics, texts and marks, a page at a time, without reading whole batches.

        Parameters
        ----------
        query : Query or mapping, optional
            What to find, such as ``Query.of(text="fox", steps=[20, 30], clip_score=(0.3, None))``; everything when not
            given. Its fields are columns over all assets of the project.
        sort : str, optional
            Field to sort by instead of the query's, ``"-clip_score"`` for the largest first. Without any, assets come
            in order of arrival.
        batch : Batch or str, optional
            Only those of this batch, given as it is or by its id.
        trashed : bool, default False
            Whether to look in the trash instead.
        limit : int or None, default 100
            How many to give at most, None for all.
        offset : int, default 0
            How many to leave out at the beginning.

        Returns
        -------
        Page
            A sequence of assets; its `total` counts those of all pages.

        Raises
        ------
        ParameterError
            When no asset has a field of the query, or a value is not allowed.

        Examples
        --------
        ::

            page = project.find(Query.of(mark="favorite", sampler="euler"), sort="-clip_score", limit=50)
        """
        asked = Query() if query is None else query if isinstance(query, Query) else Query.from_json(query)
        if sort is not None:
            asked = replace(asked, sort=sort.removeprefix("-"), descending=sort.startswith("-"))
        for name, value in (("limit", 0 if limit is None else limit), ("offset", offset)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                msg = f"{name}: {value!r} is not allowed; give a whole number, 0 or more"
                raise ParameterError(msg, field=name, value=value)
        batch_id = batch.id if isinstance(batch, Batch) else batch
        return self.ledger.finder.find(
            asked, batch_id=batch_id, trashed=bool(trashed), limit=limit, offset=offset, strict=True
        )

    def set_marks(self, changes: Iterable[tuple[Asset, Mark | None]]) -> None:
        """Mark assets as ``"favorite"`` or ``"discarded"``, or take the mark away with None. Files stay."""
        self.ledger.set_marks(list(changes))

    # The trash

    def trash(self, assets: Iterable[Asset | str] | Asset | str) -> int:
        """Move assets to the trash: views and results leave them out, files and thumbnails go to the folder ``trash``.

        Parameters
        ----------
        assets : Asset, str, or iterable of these
            As they are, or by their ids; also those of a batch that another kernel runs.

        Returns
        -------
        int
            How many of them were not in the trash.

        Raises
        ------
        ParameterError
            When one is no asset of this project.
        StateError
            When a task that waits or runs was given one as an input.
        ProjectError
            When the project can't be written, or another kernel is busy with its trash.

        Notes
        -----
        Nothing is deleted before `empty_trash`, and `restore` brings assets back, marks and all. Batches, lineage and
        history keep them. If the process dies halfway, the next one that opens the project finishes it.
        """
        return len(self.ledger.trash.put(assets))

    def restore(self, assets: Iterable[Asset | str] | Asset | str | None = None) -> int:
        """Take assets out of the trash again; all of them when not given. Give how many that were.

        Raises
        ------
        ParameterError
            When one is no asset of this project.
        ProjectError
            When the project can't be written, or another kernel is busy with its trash.
        """
        trash = self.ledger.trash
        return len(trash.restore_all() if assets is None else trash.restore(assets))

    def empty_trash(self) -> int:
        """Delete for good what is in the trash, and give the bytes that this freed. Nothing else ever deletes results.

        Of each asset all but the files stays: its parameters, its place in its batch, and when it was deleted. What
        `verify` set aside is deleted too.

        Raises
        ------
        ProjectError
            When the project can't be written, or another kernel is busy with its trash.
        """
        return self.ledger.trash.empty()

    @property
    def trashed(self) -> list[Asset]:
        """The assets in the trash, last thrown away first."""
        return self.ledger.trash.assets()

    @property
    def trash_size(self) -> int:
        """How many bytes `empty_trash` would free, thumbnails aside."""
        sizes = self.ledger.trash.sizes()
        return sizes.bytes + sizes.stray_bytes

    def keep_only_favorites(self, batch: Batch | str | None = None, *, preview: bool = False) -> Cleanup:
        """Move everything but the favorites to the trash.

        What tasks that wait or run take as inputs stays, too.

        Parameters
        ----------
        batch : Batch or str, optional
            Only that batch, given as it is or by its id; all of the project when not given.
        preview : bool, default False
            Whether only to say what would go, how much and how large.

        Returns
        -------
        Cleanup

        Raises
        ------
        StateError
            When nothing is a favorite, which would throw everything away.
        ProjectError
            When there is no such batch, or the project can't be written.
        """
        found = None if batch is None else self.batch(batch if isinstance(batch, str) else batch.id)
        trash = self.ledger.trash
        return trash.preview(found) if preview else trash.keep_only_favorites(found)

    def averages(self, generator: str) -> tuple[float | None, float | None]:
        """Give the measured seconds and bytes of a task of a generator, or None where nothing ran yet."""
        with self.ledger.lock:
            return self._opened.database.averages(generator)

    def verify(self, *, fix: bool = False, deep: bool = False) -> Report:
        """Compare the files of the project with its database.

        Files of tasks that run, and those of the last minute where a kernel runs batches, are left alone. It may be
        called at any time, also while batches run.

        Parameters
        ----------
        fix : bool, default False
            Whether what can be mended is: files that were moved or renamed inside the project are put back, by their
            hash where that is known, else by size, content and name; torn ones make way for a whole copy, if there is
            one anywhere in the project; thumbnails are made anew; and files that belong to no asset, or can't be read,
            are moved to ``trash/strays``. Nothing is ever deleted, and every row stays.
        deep : bool, default False
            Whether each file is decoded and hashed as well, which takes as long as looking at all of them.

        Returns
        -------
        Report

        Raises
        ------
        ProjectError
            When the database can't be read.
        """
        from .verify import verify

        opened = self._opened
        return verify(self.path, opened.database, self.ledger.trash, opened.is_run, fix=bool(fix), deep=bool(deep))

    @property
    def inputs(self) -> Inputs:
        """The files that tasks are made from and that are no assets; for the session."""
        return Inputs(self.path, self.ledger)

    def lineage(self, asset: Asset | str, depth: int | None = None) -> Lineage:
        """Say which assets an asset was made from, and which were made from it.

        Parameters
        ----------
        asset : Asset or str
            As it is, or its id.
        depth : int, optional
            How many generations to follow in each direction, from 0; all of them when not given.

        Returns
        -------
        Lineage
            A cell shows it as a tree.

        Raises
        ------
        ProjectError
            When the project has no such asset.
        ParameterError
            When `depth` is not a whole number from 0.
        """
        from .lineage import read_lineage

        return read_lineage(self._opened.database, self.ledger.lock, self, asset, depth)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        batches: Iterable[Batch | str] | Batch | str | None = None,
        assets: Iterable[Asset] | None = None,
        only: Only | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """Write batches, with their media and all that is known of them, into a zip or a folder.

        Others take it into their projects with `import_`, read ``manifest.json`` with the JSON Schema of
        ``docs/manifest.schema.json``, or open the tables ``assets.csv`` and, where pyarrow is installed
        (``pip install batchgen-widgets[data]``), ``assets.parquet``; without it that one file is left out.

        The media have readable names; thumbnails are left out, since every import draws them. A batch comes with all
        its tasks, errors, logs and the source of its generator: look before you publish. What is in the trash is never
        exported. Batches may run meanwhile: what was finished at that moment is written.

        Parameters
        ----------
        path : path-like
            The file, where it ends in ``.zip`` or ``.batchgen``, else the folder. It is there once it is whole, or not
            at all. A ``.batchgen`` is a zip that JupyterLab opens as a gallery.
        batches : iterable of Batch or str, optional
            Only these, given as they are or by their ids.
        assets : iterable of Asset, optional
            Only these, with the batches that made them.
        only : {"favorites", "kept"}, optional
            Of these only the starred ones, or those that are not discarded.
        overwrite : bool, default False
            Whether an earlier export may be replaced.
        progress : callable, optional
            Called with how many files are written and how many there are in all; what it raises ends the export.

        Returns
        -------
        pathlib.Path
            What was written, absolute. Two zips of the same content are the same, byte for byte.

        Raises
        ------
        ParameterError
            When an argument is not allowed, or there is nothing to export.
        ProjectError
            When there is something at that path, or it can't be written.

        Warns
        -----
        UserWarning
            When assets are left out because their files are gone or damaged.
        """
        from .exporting import export_project

        return export_project(
            self, path, batches=batches, assets=assets, only=only, overwrite=overwrite, progress=progress
        )

    def import_(self, path: str | os.PathLike[str]) -> Imported:
        """Take over what `export` wrote, from a zip or a folder; what is here already is left as it is.

        All of it is checked before anything is written, and all of it is there afterwards, or nothing. Importing twice
        adds nothing. A batch that is here under the same id with other content gets another id; what refers to it is
        changed along with it. Your own marks stay; assets without one take over that of the archive.

        Parameters
        ----------
        path : path-like
            A zip or a folder. ``projects/limits.py`` says how large it may be. Files that its manifest does not name
            make it invalid, but for those that systems leave in folders.

        Returns
        -------
        Imported
            What is new, and what differs.

        Raises
        ------
        ProjectError
            When it is no export, is damaged, was tampered with or written by a newer version, when batches run that it
            has more of, or when the project can't be written. Nothing has changed then.
        """
        from .importing import import_project

        return import_project(self, path)

    def import_review(self, source: str | os.PathLike[str] | Mapping[str, Any] | bytes) -> ReviewImported:
        """Take over what a reviewer saved from a page that `Batch.to_html` wrote; several may review side by side.

        Their marks stand beside yours under their names; see `reviews` and `BatchSession.adopt_reviews`. When a
        reviewer sends another file, what it says newer of an asset replaces what they said before; what it does not
        mention stays.

        Parameters
        ----------
        source : path-like, mapping or bytes
            The file, at most 5 MiB, or what is in it.

        Returns
        -------
        ReviewImported
            How many assets it says something new of, and those that are not here.

        Raises
        ------
        ProjectError
            When it is no review, or one of a batch that this project does not have.
        """
        from .reviews import import_review

        return import_review(self, source)

    def reviews(self, batch: Batch | str | None = None) -> Reviews:
        """Give what reviewers say of a batch, or of all.

        Parameters
        ----------
        batch : Batch or str, optional
            As it is, or its id.

        Returns
        -------
        Reviews
            By asset and reviewer; ``reviews.to_dataframe()`` gives a table.

        Raises
        ------
        ProjectError
            When the project has no such batch.
        """
        from .reviews import read

        return read(self, batch)

    def destination(self, task: Task) -> Destination:
        """Say where the files of a task go."""
        return Destination(self.path, task.batch.id, task.index, max(4, len(str(len(task.batch.tasks)))))

    def make_assets(self, task: Task, stored: Sequence[StoredAsset], metrics: Mapping[str, Any]) -> list[Asset]:
        """Make the assets of files that a task wrote; the ledger makes them part of the project."""
        self._opened.database.check_place()
        destination = self.destination(task)
        parents = parents_in(task.params, self.ledger)
        return [
            Asset(
                id=destination.asset_id(file.position),
                batch_id=task.batch.id,
                task_index=task.index,
                position=file.position,
                name=file.name and clean_text(file.name),
                kind=file.kind,
                path=file.path,
                thumbnail_path=file.thumbnail_path,
                width=file.width,
                height=file.height,
                duration=file.duration,
                file_size=file.file_size,
                sha256=file.sha256,
                created_at=utc_now(),
                params=task.params,
                metrics=metrics,
                parents=parents,
                keeper=self.ledger,
            )
            for file in stored
        ]

    def __repr__(self) -> str:
        return visible(f"<Project {str(self.path)!r}>")


def project_key(path: Path) -> str:
    """Give a short name for a project's directory that tells nothing of where it is: 16 hexadecimal digits."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]


def forget(project: Project) -> None:
    """Let go of a project in this process, so that opening it again reads everything anew."""
    with _Opened.guard:
        _Opened.known.pop(project.path, None)
    project._opened.let_go()
