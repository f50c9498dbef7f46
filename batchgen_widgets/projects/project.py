"""A project: a directory with the database, the asset files and the thumbnails. It outlives kernels."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from filelock import FileLock, Timeout

from ..batches import Asset, Batch, Mark, Task, utc_now
from ..errors import ParameterError, ProjectError
from .database import Database
from .ledger import Ledger
from .storing import Destination, StoredAsset

if TYPE_CHECKING:
    from .verify import Report

__all__ = ["Project"]


class _NoLock(ProjectError):
    """The file that says who runs batches can't be locked by anybody."""


class _Opened:
    """A project directory opened by this process; every `Project` of the same path shares it."""

    known: ClassVar[weakref.WeakValueDictionary[Path, _Opened]] = weakref.WeakValueDictionary()
    guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            for name in ("assets", "thumbnails"):
                (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            msg = f"{root}: can't be used as a project ({reason}); give a directory that can be written"
            raise ProjectError(msg) from error
        self.owner_lock = FileLock(root / ".owner.lock", timeout=0, thread_local=False)
        self.database = Database(root / "batchgen.db")
        self.ledger = Ledger(self.database, root)
        # As long as any record is in use, opening the project again gives the same records.
        self.ledger.holder = self
        self.is_run()

    def is_run(self) -> bool:
        """Say whether a living process runs batches here; when none does, what a dead one left is interrupted."""
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
            if opened is None:
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
            return [self.batch(row["id"]) for row in self._opened.database.batch_rows()]

    def latest_batch(self, generator: str) -> Batch | None:
        """Give the newest batch of a generator, or None."""
        with self.ledger.lock:
            ids = [row["id"] for row in self._opened.database.batch_rows() if row["generator"] == generator]
            return self.batch(ids[-1]) if ids else None

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

    def assets(
        self,
        *,
        kind: Literal["image", "video", "audio"] | None = None,
        favorite: bool | None = None,
        discarded: bool | None = None,
        batch: Batch | str | None = None,
    ) -> list[Asset]:
        """Find assets, oldest first.

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
            found = self._opened.database.find_assets(conditions)
            by_id = {asset.id: asset for batch_id in {b for b, _ in found} for asset in self.batch(batch_id).assets}
            assets = [by_id[asset_id] for _, asset_id in found]
            return [
                asset
                for asset in assets
                if (favorite is None or asset.favorite == favorite)
                and (discarded is None or asset.discarded == discarded)
            ]

    def set_marks(self, changes: Iterable[tuple[Asset, Mark | None]]) -> None:
        """Mark assets as ``"favorite"`` or ``"discarded"``, or take the mark away with None. Files stay."""
        self.ledger.set_marks(list(changes))

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
            Whether thumbnails that are missing are made anew, and files that belong to no asset are moved to the folder
            ``trash`` of the project. Nothing is ever deleted, and rows whose file is gone stay as they are.
        deep : bool, default False
            Whether each file is decoded as well, which takes as long as looking at all of them.

        Returns
        -------
        Report

        Raises
        ------
        ProjectError
            When the database can't be read.
        """
        from .verify import verify

        return verify(self.path, self._opened.database, self._opened.is_run, fix=bool(fix), deep=bool(deep))

    def destination(self, task: Task) -> Destination:
        """Say where the files of a task go."""
        return Destination(self.path, task.batch.id, task.index, max(4, len(str(len(task.batch.tasks)))))

    def make_assets(self, task: Task, stored: Sequence[StoredAsset], metrics: Mapping[str, Any]) -> list[Asset]:
        """Make the assets of files that a task wrote; the ledger makes them part of the project."""
        width = self.destination(task).width
        return [
            Asset(
                id=f"{task.batch.id}-{task.index:0{width}d}" + (f"-{file.position}" if file.position else ""),
                batch_id=task.batch.id,
                task_index=task.index,
                position=file.position,
                name=file.name,
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
                keeper=self.ledger,
            )
            for file in stored
        ]

    def __repr__(self) -> str:
        return f"<Project {str(self.path)!r}>"


def forget(project: Project) -> None:
    """Let go of a project in this process, so that opening it again reads everything anew."""
    with _Opened.guard:
        _Opened.known.pop(project.path, None)
    project._opened.owner_lock.release(force=True)
    project.ledger.runs_here = False
