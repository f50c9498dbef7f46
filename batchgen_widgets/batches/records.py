"""Batch and task as they live in memory.

These are records: they hold what is, and answer questions about it. Only the project's ledger changes them, under its
lock and after the change is on disk; everybody else reads.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..errors import ParameterError, StateError
from ..generators.inputs import media_label
from .assets import Asset, Keeper
from .failures import FailureGroup, Failures
from .pace import Pace
from .status import TASK_CODES, BatchStatus, TaskStatus
from .textprogress import TextProgress, wants_progress

if TYPE_CHECKING:
    import pandas
    from PIL import Image

    from .config import BatchConfig

__all__ = ["Batch", "Task"]

_PREVIEW_EVERY_S = 0.2
_LOG_LIMIT = 64_000

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Stop(Protocol):
    """What stops a running task."""

    def request(self, *, hard: bool = False) -> None:
        """Ask to stop, at the next report or now."""


class Task:
    """One call of the generator.

    Attributes
    ----------
    index : int
        Place in the batch, from 0.
    params : mapping
        Every parameter of the call.
    status : TaskStatus
        queued, running, completed, failed, cancelled or interrupted.
    progress : float
        0 to 1, as the generator last said; 1 when completed.
    message : str or None
        What the generator last said.
    error, traceback : str or None
        Why it failed, in one line and in full.
    attempt : int
        How often it was started; 0 before the first time.
    group_size : int
        How many tasks the last attempt ran in one call of the generator, with this one.
    metrics : mapping
        Numbers and words that the generator returned.
    assets : list of Asset
        What it made.
    started_at, completed_at : datetime or None
        In UTC, of the last attempt.
    """

    __slots__ = (
        "_log",
        "_log_size",
        "_preview",
        "_preview_due",
        "assets",
        "attempt",
        "batch",
        "completed_at",
        "error",
        "group_size",
        "index",
        "message",
        "metrics",
        "params",
        "preview_version",
        "progress",
        "started_at",
        "status",
        "stop",
        "traceback",
    )

    def __init__(self, batch: Batch, index: int, params: Mapping[str, Any]) -> None:
        self.batch = batch
        self.index = index
        self.params = params
        self.status = TaskStatus.QUEUED
        self.progress = 0.0
        self.message: str | None = None
        self.error: str | None = None
        self.traceback: str | None = None
        self.attempt = 0
        self.group_size = 1
        self.metrics: Mapping[str, Any] = _NOTHING
        self.assets: Sequence[Asset] = ()
        self.started_at: datetime | None = None
        self.completed_at: datetime | None = None
        self.preview_version = 0
        self._preview: Image.Image | None = None
        self._preview_due = 0.0
        self._log: list[str] | None = None
        self._log_size = 0
        self.stop: Stop | None = None  # stops the running attempt; the runner sets it

    @property
    def id(self) -> str:
        """Name of the task, unique in its project."""
        return f"{self.batch.id}/{self.index}"

    @property
    def log(self) -> str | None:
        """What the generator logged, or None."""
        return "\n".join(self._log) if self._log else None

    @property
    def preview(self) -> Image.Image | None:
        """The newest live preview of a running task, at most 256 pixels a side."""
        return self._preview

    @property
    def results(self) -> list[Asset]:
        """What it made, but for what is in the trash."""
        return [asset for asset in self.assets if asset.trashed_at is None]

    def show_preview(self, image: Any) -> None:
        """Keep a small copy of a preview, at most five a second; the ones between are dropped."""
        now = time.monotonic()
        if now < self._preview_due:
            return
        from ..media import make_preview

        self._preview = make_preview(image)
        self.preview_version += 1
        self._preview_due = time.monotonic() + _PREVIEW_EVERY_S

    def append_log(self, text: str) -> None:
        """Keep a line of the log, up to 64,000 characters in all."""
        lines = self._log = self._log or []
        if self._log_size > _LOG_LIMIT:
            return
        self._log_size += len(text) + 1
        lines.append(text if self._log_size <= _LOG_LIMIT else "(the log is full)")

    def restore_log(self, text: str | None) -> None:
        """Take the log that an earlier kernel kept."""
        self._log, self._log_size = ([text], len(text) + 1) if text else (None, 0)

    def begin(self, when: datetime) -> None:
        """Forget the last attempt; the ledger calls this when the task starts."""
        self.attempt += 1
        self.progress = 0.0
        self.message = self.error = self.traceback = None
        self.restore_log(None)
        self._preview, self._preview_due = None, 0.0
        self.started_at, self.completed_at = when, None

    def end(self, when: datetime | None) -> None:
        """Free what only a running task has; the ledger calls this when the task ends, or waits again."""
        self.completed_at = when
        self._preview = self.stop = None

    def __repr__(self) -> str:
        return f"<Task {self.id} {self.status}>"


class Bell:
    """Wakes one waiting thread. An interrupt at any point leaves it whole, as it does not leave a `Condition`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake who waits, or who waits next; call it under a lock that all who ring share."""
        if self._lock.locked():
            self._lock.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings; False when it did not in that time."""
        return self._lock.acquire(timeout=seconds)


class Batch:
    """One run of a config: its tasks and their results. As a cell's last expression it shows some, favorites first.

    Attributes
    ----------
    id : str
        Name of the batch, unique and sorted by time.
    generator : str
        Name of the generator.
    config : BatchConfig
        What was asked for.
    base_parameters : mapping
        What every task shares.
    origin : mapping
        What made it, as far as JSON can hold it: hash of the generator's source, entropy of the plan, versions of
        libraries, device. Empty for a batch of an early version.
    varied : tuple of str
        The parameters that differ between tasks.
    tasks : list of Task
        In order.
    status : BatchStatus
        pending, running, paused, completed, failed, cancelled or interrupted. A batch in which some tasks failed and
        others did not is completed; look at `failed_count`.
    status_column : bytearray
        One byte per task, its status as in `TASK_CODES`.
    results : list of Asset
        In the order in which they were finished, without those in the trash.
    created_at, started_at, completed_at : datetime or None
        In UTC.
    """

    def __init__(
        self,
        *,
        id: str,
        generator: str,
        config: BatchConfig,
        base_parameters: Mapping[str, Any],
        varied: tuple[str, ...],
        created_at: datetime,
        origin: Mapping[str, Any] = _NOTHING,
        keeper: Keeper,
    ) -> None:
        self.id = id
        self.generator = generator
        self.config = config
        self.base_parameters = base_parameters
        self.varied = varied
        self.created_at = created_at
        self.origin = origin
        self.started_at: datetime | None = None
        self.completed_at: datetime | None = None
        self.status = BatchStatus.PENDING
        self.cancel_requested = False
        self.restored = False  # read from the database, where parameters are what JSON can hold
        self.tasks: list[Task] = []
        self.assets: list[Asset] = []
        self._places: dict[str, Asset] = {}
        self._counts = dict.fromkeys(TaskStatus, 0)
        self.pace = Pace()
        self.causes = Failures()
        self._running: dict[int, Task] = {}
        self.status_column = bytearray()
        self.keeper = keeper
        self._lock = keeper.lock
        self._bells: list[Bell] = []
        self._watchers: list[Callable[[], None]] = []

    def add_tasks(self, params: Sequence[Mapping[str, Any]]) -> list[Task]:
        """Append queued tasks; the ledger calls this while it makes or reads the batch."""
        start = len(self.tasks)
        added = [Task(self, start + offset, values) for offset, values in enumerate(params)]
        self.tasks += added
        self._counts[TaskStatus.QUEUED] += len(added)
        self.status_column += bytes([TASK_CODES[TaskStatus.QUEUED]]) * len(added)
        return added

    def count(self, task: Task, status: TaskStatus) -> None:
        """Give a task a status, and keep what is counted by status in step; the ledger calls this.

        What a task failed with must be there when it becomes failed, and until it is that no more.
        """
        self._counts[task.status] -= 1
        self._counts[status] += 1
        if status is TaskStatus.FAILED:
            self.causes.add(task.index, task.error)
        elif task.status is TaskStatus.FAILED:
            self.causes.discard(task.index, task.error)
        self.status_column[task.index] = TASK_CODES[status]
        task.status = status
        if status is TaskStatus.RUNNING:
            self._running[task.index] = task
        else:
            self._running.pop(task.index, None)

    def find_asset(self, asset_id: str) -> Asset | None:
        """Give the asset of that id, also one in the trash, or None."""
        for asset in self.assets[len(self._places) :]:
            self._places[asset.id] = asset
        return self._places.get(asset_id)

    def add_assets(self, assets: Sequence[Asset]) -> None:
        """Append assets; the ledger calls this once they are on disk."""
        for order, asset in enumerate(assets, start=len(self.assets)):
            asset.order = order
        self.assets += assets

    @property
    def counts(self) -> dict[TaskStatus, int]:
        """How many tasks stand where, now."""
        return dict(self._counts)

    @property
    def running(self) -> list[Task]:
        """The tasks that run now, in the order in which they started."""
        with self._lock:
            return list(self._running.values())

    @property
    def completed_count(self) -> int:
        """How many tasks completed."""
        return self._counts[TaskStatus.COMPLETED]

    @property
    def failed_count(self) -> int:
        """How many tasks failed."""
        return self._counts[TaskStatus.FAILED]

    @property
    def failures(self) -> list[FailureGroup]:
        """Why tasks failed: one group for each cause, the largest first."""
        with self._lock:
            return self.causes.largest()

    @property
    def results(self) -> list[Asset]:
        """Every asset so far but those in the trash, in the order in which they were finished."""
        with self._lock:
            return [asset for asset in self.assets if asset.trashed_at is None]

    @property
    def favorites(self) -> list[Asset]:
        """The assets that are starred."""
        return [asset for asset in self.results if asset.favorite]

    @property
    def discarded(self) -> list[Asset]:
        """The assets that are put aside."""
        return [asset for asset in self.results if asset.discarded]

    def wait(
        self,
        timeout: float | None = None,
        *,
        on_interrupt: Literal["continue", "cancel"] = "continue",
        progress: bool | None = None,
    ) -> bool:
        """Wait until nothing of the batch is queued or running.

        An interrupt (Ctrl+C, *Interrupt kernel*) ends the wait with a `KeyboardInterrupt`.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; for ever when not given.
        on_interrupt : {"continue", "cancel"}, default "continue"
            Whether an interrupt leaves the batch running, or cancels all of it. Another kernel's batch is left alone.
        progress : bool, optional
            Whether to show a bar on stderr meanwhile; by default on a terminal only.

        Returns
        -------
        bool
            Whether the batch has ended; False when the time ran out.

        Raises
        ------
        StateError
            When the queue is paused or another kernel runs the batch: waiting without a timeout would never end.
        ParameterError
            When `on_interrupt` is something else.
        """
        if on_interrupt not in ("continue", "cancel"):
            msg = f"on_interrupt: {on_interrupt!r} is not allowed; choose 'continue' or 'cancel'"
            raise ParameterError(msg, field="on_interrupt", value=on_interrupt)
        try:
            if not wants_progress(progress):
                return self._wait(timeout)
            with TextProgress(self) as shown:
                return self._wait(timeout, shown.update)
        except KeyboardInterrupt:
            if on_interrupt == "cancel" and self.keeper.runs_here:
                # In a thread of its own, where a second interrupt can't stop it halfway.
                helper = threading.Thread(target=self.keeper.cancel_batch, args=(self,), name="batchgen-cancel")
                helper.start()
                helper.join()
            raise

    def _wait(self, timeout: float | None, tick: Callable[[], None] | None = None) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        bell = Bell()
        with self._lock:
            self._bells.append(bell)
        try:
            while True:
                with self._lock:
                    if self.status.is_finished:
                        return True
                    if deadline is None:
                        self._check_that_it_ends()
                left = 1.0 if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    return False
                # Waiting in slices keeps the wait open to interrupts on every system.
                bell.wait(min(left, 0.1 if tick else 1.0))
                if tick:
                    tick()
        finally:
            with self._lock:
                self._bells.remove(bell)

    def _check_that_it_ends(self) -> None:
        if self.status is BatchStatus.PAUSED and not self._running:
            raise StateError(f"batch {self.id} is paused and would never end; call session.resume() before wait()")
        if not self.keeper.runs_here:
            raise StateError(f"batch {self.id} is run by another kernel; wait for it there")

    def __await__(self) -> Generator[Any, None, Batch]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not future.done():
                future.set_result(None)

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed; nobody waits in it any more
                loop.call_soon_threadsafe(settle)

        with self._lock:
            if self.status.is_finished:
                future.set_result(None)
            else:
                self._watchers.append(wake)
        try:
            yield from future
        finally:
            with self._lock:
                if wake in self._watchers:
                    self._watchers.remove(wake)
        return self

    def announce(self) -> None:
        """Wake everybody who waits for what the batch is now; the ledger calls this, under the lock, after each change.

        A thread that waits is woken only when it would stop waiting: else it would take turns with the workers at each
        task.
        """
        if self.status.is_finished or self.status is BatchStatus.PAUSED:
            for bell in self._bells:
                bell.ring()
        if self.status.is_finished:
            for wake in self._watchers:
                wake()

    def to_dataframe(self) -> pandas.DataFrame:
        """Give one row per task: index, status, its parameters and metrics, duration in seconds, error, files and mark.

        Needs pandas (``pip install batchgen-widgets[data]``).

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        with self._lock:
            rows = [_row(task) for task in self.tasks]
        return pandas.DataFrame(rows)

    def contact_sheet(
        self,
        x: str | None = None,
        y: str | None = None,
        *,
        page: str | Mapping[str, Any] | None = None,
        size: int = 192,
        labels: bool = True,
        font: str | os.PathLike[str] | None = None,
    ) -> Image.Image:
        """Draw all results in one picture: a labelled table of what varies, or a grid with captions.

        Favorites have a star, discarded results are faded, and failed tasks say why. Where several results belong to
        one cell it shows up to four of them, favorites first.

        Parameters
        ----------
        x, y : str, optional
            The varied parameters of columns and rows; where they are not given, those with the most values. A
            continuous range is cut into at most 12 parts. Where fewer than two parameters vary there is a plain grid.
        page : str or mapping, optional
            A varied parameter: one table for each of its values, below each other. Or a mapping such as
            ``{"sampler": "euler", "cfg_scale": (4, 6)}``: only the tasks with these values; a list means any of them, a
            tuple a range with both ends.
        size : int, default 192
            Longest side of each result in pixels, 32 to 2048.
        labels : bool, default True
            Whether there are title, labels and captions.
        font : path-like, optional
            A TrueType or OpenType font for all texts.

        Returns
        -------
        PIL.Image.Image
            RGB; ``batch.contact_sheet().save("sheet.png")`` keeps it.

        Raises
        ------
        ParameterError
            When a name is no varied parameter, or the picture would have more than 200 megapixels.
        """
        from .sheet import draw_batch

        return draw_batch(self, x, y, page, size, labels, font)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        assets: Iterable[Asset] | None = None,
        only: Literal["favorites", "kept"] | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write the batch, with its media and all that is known of them, into a zip or a folder.

        See `Project.export`, which this is for one batch: arguments, result and errors are the same.
        """
        from ..projects import Project

        root = getattr(self.keeper, "root", None)
        if root is None:
            raise StateError(f"batch {self.id} belongs to no project; there is nothing to export")
        return Project(root).export(
            path, batches=[self], assets=assets, only=only, overwrite=overwrite, progress=progress
        )

    def to_html(
        self,
        path: str | os.PathLike[str],
        *,
        assets: Iterable[Asset] | None = None,
        only: Literal["favorites", "kept"] | None = None,
        title: str | None = None,
        marks: bool = True,
        max_bytes: int = 50_000_000,
        image_size: int = 1024,
        code: bool = True,
        overwrite: bool = False,
    ) -> Path:
        """Write the results as one HTML file for people without Jupyter: to look at, compare, star and discard.

        The file opens from disk, with no network and no kernel. Whoever reviews in it saves a small file, which
        ``project.import_review(file)`` merges back under the reviewer's name.

        Parameters
        ----------
        path : path-like
            The file, such as ``"review.html"``; its directory must exist.
        assets : iterable of Asset, optional
            Some results of this batch, in their order on the page; all of them when not given.
        only : {"favorites", "kept"}, optional
            Of these only the starred ones, or those that are not discarded.
        title : str, optional
            Heading of the page; by default the generator's name.
        marks : bool, default True
            Whether the page shows your marks. Without them reviewers judge for themselves: nothing in the page, its
            order included, tells what you chose.
        max_bytes : int, default 50_000_000
            How large the file may become, at least 1,000,000. First come the thumbnails of all results, 256 pixels a
            side, or smaller ones where these do not fit. Then as many media as fit: favorites, what has no mark, what
            is discarded; of each the images, then videos and sounds as they are. What does not fit shows its
            thumbnail, and the page says so.
        image_size : int, default 1024
            Longest side in pixels of the images' copies, 64 to 8192. The copies are WebP.
        code : bool, default True
            Whether the page tells the code of `to_code`, which may hold the source of the generator.
        overwrite : bool, default False
            Whether a file of that name is replaced. It is replaced at once and whole: never is there half a page.

        Returns
        -------
        pathlib.Path
            The file, absolute.

        Raises
        ------
        ParameterError
            When an argument is not allowed, there is nothing to show, or not even the smallest thumbnails fit.
        ProjectError
            When the file exists or can't be written.
        BatchgenError
            When the front end is not built, in a checkout.
        """
        from ..pages import write_page

        return write_page(
            self,
            path,
            assets=assets,
            only=only,
            title=title,
            marks=marks,
            max_bytes=max_bytes,
            image_size=image_size,
            code=code,
            overwrite=overwrite,
        )

    def to_code(self) -> str:
        """Give Python that makes the same tasks again, in the same order.

        The generator is imported where that is possible, and else its source is put in, with what it uses. The config
        has the seed of the draw. Where tasks were added, edited or removed by hand, each one is listed. What text
        can't hold, such as an array, is left to be filled in, and a comment says so.

        Returns
        -------
        str
            Formatted as ``ruff format`` does. Whatever does not print as itself is an escape, so that the code is
            what it looks like. The source of a generator comes from the project: read it before you run it, as any
            code that others wrote.
        """
        from .code import code_of_batch

        return code_of_batch(self)

    def __len__(self) -> int:
        return len(self.tasks)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from ..pages import snapshot

        return snapshot(self).bundle

    def __repr__(self) -> str:
        counts = f"{self.completed_count} of {len(self.tasks)} tasks, {self.failed_count} failed"
        return f"<Batch {self.id} {self.status}: {counts}>"


def _row(task: Task) -> dict[str, Any]:
    seconds = (task.completed_at - task.started_at).total_seconds() if task.started_at and task.completed_at else None
    marks = {asset.mark for asset in task.results}
    return {
        "index": task.index,
        "status": str(task.status),
        **{name: media_label(value) or value for name, value in task.params.items()},
        **task.metrics,
        "seconds": seconds,
        "error": task.error,
        "files": [str(asset.path) for asset in task.results],
        "favorite": "favorite" in marks,
        "discarded": "discarded" in marks,
    }
