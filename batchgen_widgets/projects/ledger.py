"""The one place where batches, tasks and assets change.

Each change goes the same way: check it against the status machine, write it to the database, change the record in
memory, tell the listeners; all under one lock, in that order. So nothing is ever shown that is not on disk.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ..batches import (
    Asset,
    Batch,
    BatchConfig,
    BatchStatus,
    Mark,
    Plan,
    Task,
    TaskStatus,
    check_move,
    settled_status,
    utc_now,
)
from ..errors import ParameterError, StateError
from ..generators.inputs import is_media
from .database import (
    Database,
    Statement,
    clean_text,
    dump_json,
    insert_asset,
    insert_batch,
    insert_tasks,
    set_marks,
    set_task_status,
    update_batch,
    update_task,
)
from .events import (
    AssetsAdded,
    BatchAdded,
    BatchChanged,
    Event,
    Hub,
    MarksChanged,
    QueueChanged,
    TasksChanged,
    TrashChanged,
)
from .inputs import References
from .reading import read_asset, read_batch
from .search import Finder
from .trash import Trash, place_of

if TYPE_CHECKING:
    from .reviews import Review

__all__ = ["Ledger"]

_log = logging.getLogger(__name__)


class Ledger:
    """Batches of one project, and every change to them.

    Parameters
    ----------
    database : Database
    root : Path
        The directory that asset files are relative to.

    Attributes
    ----------
    lock : threading.RLock
        Guards every record of the project.
    hub : Hub
        Tells what happened.
    runs_here : bool
        Whether this process is the one that runs batches in the project.
    holder : object
        What lives as long as the ledger does.
    queue_revision : int
        Grows whenever what is queued, or the order of that, changes.
    """

    def __init__(self, database: Database, root: Path) -> None:
        self.lock = threading.RLock()
        self.hub = Hub()
        self.root = root
        self.runs_here = False
        self.holder: object = None
        self.queue_revision = 0
        self._database = database
        self._batches: dict[str, Batch] = {}
        # Those that somebody holds without their batch; it takes them over when it is read.
        self._lone: WeakValueDictionary[str, Asset] = WeakValueDictionary()
        self.trash = Trash(self, database, root)
        self.finder = Finder(self, database)
        self._references = References(root, self._asset)

    # Reading

    def batch(self, batch_id: str) -> Batch | None:
        """Give the batch of that id, the same object each time, or None."""
        with self.lock:
            known = self._batches.get(batch_id)
            if known is None:
                row = self._database.batch_row(batch_id)
                if row is None:
                    return None
                known = self._batches[batch_id] = read_batch(self._database, row, self.root, self, self.lone_asset)
                self._references.restore(known)
            return known

    def _asset(self, asset_id: str) -> Asset | None:
        """Give the asset of that id, also one in the trash, or None."""
        rows = self._database.ask("SELECT * FROM assets WHERE id = ?", asset_id)
        return self.asset_of_row(rows[0]) if rows else None

    def asset_of_row(self, row: sqlite3.Row) -> Asset:
        """Give the asset of a row, the same object each time, without reading its batch."""
        with self.lock:
            known = self._known_asset(row["id"], row["batch_id"])
            if known is None:
                known = self._lone[row["id"]] = read_asset(row, self.root, self)
                self._references.restore_asset(known)
            return known

    def lone_asset(self, asset_id: str) -> Asset | None:
        """Give an asset that somebody holds without its batch, or None."""
        return self._lone.get(asset_id)

    def _known_asset(self, asset_id: str, batch_id: str) -> Asset | None:
        batch = self._batches.get(batch_id)
        if batch is None:
            return self._lone.get(asset_id)
        return batch.find_asset(asset_id)

    def become_owner(self) -> None:
        """Be the process that runs batches from now on: mend what a dead one left, forget records that it changed."""
        with self.lock:
            self._database.interrupt_running(utc_now().timestamp())
            self.runs_here = True
            for batch in list(self._batches.values()):
                row = self._database.batch_row(batch.id)
                if row is None or row["status"] != batch.status or row["completed_at"] != _stamp(batch.completed_at):
                    del self._batches[batch.id]

    # Batches

    def add_batch(self, generator: str, plan: Plan, origin: Mapping[str, Any] = MappingProxyType({})) -> Batch:
        """Make a batch of a plan, its tasks queued; `origin` says what made it, as `Batch.origin`."""
        now = utc_now()
        batch = Batch(
            id=f"{now.astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            generator=generator,
            config=plan.config,
            base_parameters=dict(plan.base),
            varied=tuple(plan.varied),
            created_at=now,
            origin=dict(origin),
            keeper=self,
        )
        with self.lock:
            tasks = batch.add_tasks(plan.tasks)
            self._database.write(
                insert_batch(
                    {
                        "id": batch.id,
                        "generator": generator,
                        "config": _config_json(plan.config),
                        "base_parameters": dump_params(batch.base_parameters),
                        "varied": dump_json(batch.varied),
                        "status": batch.status,
                        "created_at": now.timestamp(),
                        "origin": dump_json(batch.origin),
                    }
                ),
                insert_tasks(batch.id, ((task.index, dump_params(task.params)) for task in tasks)),
            )
            self._batches[batch.id] = batch
            self.queue_revision += 1
            self._tell(BatchAdded(batch))
        return batch

    def cancel_batch(self, batch: Batch, *, hard: bool = False) -> None:
        """Cancel a batch, so that it settles as cancelled; one that has ended stays as it is."""
        with self.lock:
            if not batch.status.is_finished:
                batch.cancel_requested = True
                self.cancel_tasks(batch.tasks, hard=hard)

    def cancel_tasks(self, tasks: Sequence[Task], *, hard: bool = False) -> None:
        """Cancel queued tasks at once, and ask running ones to stop, whichever session of this process runs them."""
        with self.lock:
            self.cancel_queued([task for task in tasks if task.status is TaskStatus.QUEUED])
            for task in tasks:
                if task.stop is not None:
                    task.stop.request(hard=hard)

    def reorder(self) -> None:
        """Take note that queued tasks run in another order now."""
        with self.lock:
            self.queue_revision += 1
            self._tell(QueueChanged())

    def set_paused(self, batches: Iterable[Batch], paused: bool) -> None:
        """Take note that a queue was paused or goes on: show its unfinished batches as paused, or as what they were."""
        with self.lock:
            for batch in batches:
                if not batch.status.is_finished:
                    active = BatchStatus.RUNNING if batch.started_at else BatchStatus.PENDING
                    self._move(batch, BatchStatus.PAUSED if paused else active, must=False)
            self._tell(QueueChanged())

    def interrupt(self, batch: Batch, tasks: Sequence[Task]) -> None:
        """End what a closing session ran of a batch: that is interrupted, what is queued stays queued for a resume."""
        with self.lock:
            running = [task for task in tasks if task.status is TaskStatus.RUNNING]
            # Another session of this kernel may run tasks of the same batch.
            ends = not batch.status.is_finished and len(batch.running) == len(running)
            goal = BatchStatus.INTERRUPTED if ends else None
            self._move(batch, goal, running, TaskStatus.INTERRUPTED, must=False)

    # Tasks

    def start_tasks(self, tasks: Sequence[Task]) -> None:
        """Move queued tasks of one batch, which run in one call of the generator, to running at the same moment."""
        with self.lock:
            self._database.check_place()
            self._move(tasks[0].batch, BatchStatus.RUNNING, tasks, TaskStatus.RUNNING)
            for task in tasks:
                task.group_size = len(tasks)

    def complete_task(self, task: Task, assets: Sequence[Asset], metrics: Mapping[str, Any]) -> None:
        """Move a running task to completed, with its assets and metrics, in one transaction."""
        with self.lock:
            self._move(
                task.batch,
                self._settled(task.batch, [task], TaskStatus.COMPLETED),
                [task],
                TaskStatus.COMPLETED,
                assets=assets,
                metrics=metrics,
            )
            self.finder.grew(len(assets))

    def fail_task(self, task: Task, error: str, traceback: str | None) -> None:
        """Move a running task to failed, and keep the reason."""
        with self.lock:
            settled = self._settled(task.batch, [task], TaskStatus.FAILED)
            why = (clean_text(error), clean_text(traceback or ""))
            self._move(task.batch, settled, [task], TaskStatus.FAILED, must=False, why=why)

    def retry_later(self, task: Task, error: str, traceback: str | None) -> None:
        """Move a running task that failed back to queued, for another try; why it failed stays with it."""
        with self.lock:
            why = (clean_text(error), clean_text(traceback or ""))
            self._move(task.batch, None, [task], TaskStatus.QUEUED, must=False, why=why)

    def edit_task(self, task: Task, params: Mapping[str, Any]) -> None:
        """Give a queued task other parameters.

        Raises
        ------
        StateError
            When the task is not queued.
        """
        with self.lock:
            if task.status is not TaskStatus.QUEUED:
                raise StateError(f"task {task.id} is {task.status}; only a queued task can be edited")
            varied = _widened(task.batch, [params])
            self._database.write(
                update_task(task.batch.id, task.index, params=dump_params(params)),
                update_batch(task.batch.id, varied=dump_json(varied), origin=dump_json(_by_hand(task.batch))),
            )
            task.batch.origin = _by_hand(task.batch)
            task.params, task.batch.varied = dict(params), varied
            self.queue_revision += 1
            self._tell(TasksChanged(task.batch, (task,)))

    def add_tasks(self, batch: Batch, params: Sequence[Mapping[str, Any]]) -> list[Task]:
        """Append queued tasks to a batch; one that has ended goes on."""
        with self.lock:
            first = len(batch.tasks)
            rows = [(first + offset, dump_params(values)) for offset, values in enumerate(params)]
            varied, goal = _widened(batch, params), self._reopened(batch)
            changes: dict[str, Any] = {"varied": dump_json(varied), "origin": dump_json(_by_hand(batch))}
            if goal:
                changes |= {"status": goal, "completed_at": None}
            self._database.write(insert_tasks(batch.id, rows), update_batch(batch.id, **changes))
            tasks = batch.add_tasks(params)
            batch.varied, batch.cancel_requested = varied, False
            batch.origin = _by_hand(batch)
            if goal:
                batch.status, batch.completed_at = goal, None
                self._tell(BatchChanged(batch))
            self.queue_revision += 1
            self._tell(TasksChanged(batch, tuple(tasks)))
            return tasks

    def stop_task(self, task: Task, status: TaskStatus) -> None:
        """Move a running task to cancelled or interrupted."""
        with self.lock:
            self._move(task.batch, self._settled(task.batch, [task], status), [task], status, must=False)

    def cancel_queued(self, tasks: Sequence[Task]) -> None:
        """Move queued tasks to cancelled."""
        with self.lock:
            for batch, members in _by_batch(tasks, TaskStatus.CANCELLED):
                settled = self._settled(batch, members, TaskStatus.CANCELLED)
                self._move(batch, settled, members, TaskStatus.CANCELLED, must=False)

    def requeue(self, tasks: Sequence[Task]) -> None:
        """Move ended tasks back to queued, for another attempt; their batches go on."""
        with self.lock:
            for batch, members in _by_batch(tasks, TaskStatus.QUEUED):
                self._move(batch, self._reopened(batch), members, TaskStatus.QUEUED)
                batch.cancel_requested = False

    def reopen(self, batch: Batch) -> None:
        """Let an ended batch go on, whose tasks are queued already."""
        with self.lock:
            self._move(batch, self._reopened(batch))
            batch.cancel_requested = False

    @staticmethod
    def _reopened(batch: Batch) -> BatchStatus | None:
        return BatchStatus.PENDING if batch.status.is_finished else None

    @staticmethod
    def _settled(batch: Batch, tasks: Sequence[Task], status: TaskStatus) -> BatchStatus | None:
        """Say how the batch ends once its tasks move; None when it does not end by that."""
        counts = batch.counts
        for task in tasks:
            counts[task.status] -= 1
            counts[status] += 1
        return None if batch.status.is_finished else settled_status(counts, batch.cancel_requested)

    def _move(
        self,
        batch: Batch,
        goal: BatchStatus | None,
        tasks: Sequence[Task] = (),
        status: TaskStatus | None = None,
        *,
        must: bool = True,
        **results: Any,
    ) -> None:
        """Move tasks of a batch, and the batch with them: on disk in one transaction, then in memory; then tell of it.

        Once it is on disk nothing fails any more. With `must` nothing at all happens when the disk fails. Without it
        the move holds for this kernel, where somebody waits for it, and the next one will find the task as it was.
        """
        if goal is batch.status:
            goal = None
        if goal:
            check_move(batch.status, goal)
        if status:
            for task in tasks:
                check_move(task.status, status)
        now = utc_now()
        try:
            statements = self._task_statements(tasks, status, now, **results)
            if goal:
                started, completed = _batch_times(batch, goal, now)
                statements.append(
                    update_batch(batch.id, status=goal, started_at=_stamp(started), completed_at=_stamp(completed))
                )
            self._database.write(*statements)
        except Exception:
            if must:
                raise
            _log.exception("%s of %s could not be written; it holds for this kernel only", status or goal, batch.id)
        if status:
            if status is TaskStatus.QUEUED or any(task.status is TaskStatus.QUEUED for task in tasks):
                self.queue_revision += 1
            for task in tasks:
                self._take_task(task, status, now, **results)
        if goal:
            batch.started_at, batch.completed_at = _batch_times(batch, goal, now)
            batch.status = goal
        batch.announce()
        if assets := results.get("assets"):
            self._tell(AssetsAdded(batch, tuple(assets)))
        if tasks:
            self._tell(TasksChanged(batch, tuple(tasks)))
        if goal:
            self._tell(BatchChanged(batch))

    def _task_statements(
        self,
        tasks: Sequence[Task],
        status: TaskStatus | None,
        now: datetime,
        *,
        assets: Sequence[Asset] = (),
        metrics: Mapping[str, Any] = MappingProxyType({}),
        why: tuple[str | None, str | None] | None = None,
    ) -> list[Statement]:
        if status is TaskStatus.RUNNING:
            started = {"started_at": now.timestamp(), **dict.fromkeys(("completed_at", "error", "traceback", "log"))}
            return [
                update_task(task.batch.id, task.index, status=str(status), attempt=task.attempt + 1, **started)
                for task in tasks
            ]
        completed_at = now.timestamp() if status and status.is_finished else None
        waiting = [(task.batch.id, task.index) for task in tasks if task.status is not TaskStatus.RUNNING]
        if waiting:
            return [set_task_status(waiting, str(status), completed_at)]
        values: dict[str, Any] = {"metrics": dump_json(dict(metrics))} if metrics else {}
        if why:
            values["error"], values["traceback"] = why
        statements = [insert_asset(self._asset_row(asset)) for asset in assets]
        for task in tasks:
            log = task.log and clean_text(task.log)
            statements.append(
                update_task(task.batch.id, task.index, status=str(status), completed_at=completed_at, log=log, **values)
            )
        return statements

    @staticmethod
    def _take_task(
        task: Task,
        status: TaskStatus,
        now: datetime,
        *,
        assets: Sequence[Asset] = (),
        metrics: Mapping[str, Any] = MappingProxyType({}),
        why: tuple[str | None, str | None] | None = None,
    ) -> None:
        if why:
            task.error, task.traceback = why
        task.batch.count(task, status)
        if status is TaskStatus.RUNNING:
            task.begin(now)
            return
        task.end(now if status.is_finished else None)
        if status is TaskStatus.COMPLETED:
            task.assets, task.metrics, task.progress = tuple(assets), dict(metrics), 1.0
            task.batch.add_assets(assets)
            if task.started_at:
                task.batch.pace.add((now - task.started_at).total_seconds() / task.group_size)

    # Marks

    def set_marks(self, changes: Sequence[tuple[Asset, Mark | None]]) -> None:
        """Mark assets as favorite or discarded, or take the mark away."""
        for _, mark in changes:
            if mark not in ("favorite", "discarded", None):
                msg = f"mark: {mark!r} is not allowed; choose 'favorite', 'discarded' or None"
                raise ParameterError(msg, field="mark", value=mark)
        with self.lock:
            self._database.write(set_marks((mark, asset.id) for asset, mark in changes))
            for asset, mark in changes:
                asset.mark = mark
            if changes:
                self._tell(MarksChanged(tuple(asset for asset, _ in changes)))

    # Imports and reviews

    def take_import(
        self, *, added: Sequence[str], grown: Sequence[str], marks: Sequence[tuple[Asset, Mark | None]]
    ) -> None:
        """Take over what an import wrote to the database, and tell of it: new batches, more of some, and marks."""
        from .importing import grow_batch

        with self.lock:
            for asset, mark in marks:
                asset.mark = mark
            for name in grown:
                known, row = self._batches.get(name), self._database.batch_row(name)
                if known is None or row is None:
                    continue
                tasks, assets = grow_batch(known, read_batch(self._database, row, self.root, self))
                self._references.restore(known)
                known.announce()
                if assets:
                    self._tell(AssetsAdded(known, tuple(assets)))
                self._tell(TasksChanged(known, tuple(tasks)))
                self._tell(BatchChanged(known))
            for name in added:
                if (batch := self.batch(name)) is not None:
                    self._tell(BatchAdded(batch))
            if marks:
                self._tell(MarksChanged(tuple(asset for asset, _ in marks)))

    def reviews(self, asset_ids: Sequence[str]) -> dict[str, list[Review]]:
        """Give what reviewers say of assets, by asset."""
        from .reviews import read_reviews

        with self.lock:
            return read_reviews(self._database, asset_ids)

    # Trash

    def take_places(self, rows: Sequence[sqlite3.Row]) -> None:
        """Take over where files of assets are now, by their rows, and tell of it; `Trash` calls this under the lock."""
        changed = []
        for row in rows:
            asset = self._known_asset(row["id"], row["batch_id"])
            if asset is not None:
                asset.trashed_at, asset.deleted_at = _moment(row["trashed_at"]), _moment(row["deleted_at"])
                asset.path = place_of(self.root, row, "file")
                asset.thumbnail_path = place_of(self.root, row, "thumbnail")
                changed.append(asset)
        self._tell(TrashChanged(tuple(changed)))

    # Helpers

    def _tell(self, event: Event) -> None:
        self.hub.emit(event)

    def _asset_row(self, asset: Asset) -> dict[str, Any]:
        return {
            "id": asset.id,
            "batch_id": asset.batch_id,
            "task_idx": asset.task_index,
            "position": asset.position,
            "name": asset.name,
            "kind": asset.kind,
            "file": asset.path.relative_to(self.root).as_posix(),
            "thumbnail": asset.thumbnail_path.relative_to(self.root).as_posix(),
            "width": asset.width,
            "height": asset.height,
            "duration": asset.duration,
            "file_size": asset.file_size,
            "created_at": asset.created_at.timestamp(),
            "params": dump_params(asset.params),
            "metrics": dump_json(dict(asset.metrics)),
            "parents": dump_json(asset.parents),
            "mark": asset.mark,
            "sha256": asset.sha256,
        }


def dump_params(params: Mapping[str, Any]) -> str:
    """Write parameters as JSON: an Enum by its name, what JSON has no word for by its text."""
    # JSON has a word for members of StrEnum and IntEnum, their value, by which another member may be found again.
    named = {name: value.name if isinstance(value, Enum) else value for name, value in params.items()}
    try:
        return dump_json(named, default=_text)
    except (TypeError, ValueError, RecursionError):  # keys that are no texts, values that contain themselves
        return dump_json({name: value if _is_scalar(value) else _text(value) for name, value in named.items()})


def _text(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    # Of media in a parameter only where they are is written.
    return (is_media(value) and getattr(value, "reference", None)) or repr(value)[:200]


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def find_task(batch: Batch, index: int) -> Task:
    """Give the task of that index.

    Raises
    ------
    StateError
        When the batch has no such task.
    """
    if not 0 <= index < len(batch.tasks):
        raise StateError(f"batch {batch.id} has no task {index}; it has the tasks 0 to {len(batch.tasks) - 1}")
    return batch.tasks[index]


def _by_hand(batch: Batch) -> dict[str, Any]:
    """Give what made a batch, of which the config alone no longer tells the tasks."""
    return {**batch.origin, "by_hand": True}


def _widened(batch: Batch, params: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Give the parameters that differ between the tasks of a batch once it has these as well."""
    varied = list(batch.varied)
    for values in params:
        for name, value in values.items():
            if name in varied:
                continue
            shared = batch.base_parameters.get(name)
            # What was read from the database is compared as it is written there.
            if value is not shared and dump_params({name: value}) != dump_params({name: shared}):
                varied.append(name)
    return tuple(varied)


def _by_batch(tasks: Sequence[Task], status: TaskStatus) -> Iterable[tuple[Batch, list[Task]]]:
    """Sort tasks by batch, once all of them may become that."""
    found: defaultdict[Batch, list[Task]] = defaultdict(list)
    for task in tasks:
        check_move(task.status, status)
        found[task.batch].append(task)
    return found.items()


def _batch_times(batch: Batch, goal: BatchStatus, now: datetime) -> tuple[datetime | None, datetime | None]:
    started = batch.started_at or (now if goal is BatchStatus.RUNNING else None)
    # Nothing ends before it began, though the clock may have been set back since an earlier kernel.
    return started, max(now, started or now) if goal.is_finished else None


def _config_json(config: BatchConfig) -> str:
    return config.model_dump_json()


def _moment(stamp: float | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def _stamp(when: datetime | None) -> float | None:
    return when.timestamp() if when else None
