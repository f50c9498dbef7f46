"""`BatchSession`: the one door to generators, batches, the runner and the project."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from .batches import (
    Asset,
    Batch,
    BatchConfig,
    Draft,
    Mark,
    Plan,
    Proposal,
    Task,
    TaskStatus,
    Winners,
    find_winners,
    propose,
)
from .errors import ParameterError, ProjectError, StateError
from .generators import Generator, as_generator
from .projects import MarkHistory, Project, find_task
from .runner import Executor, Intake, Policy, Runner, make_executor

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["BatchSession", "SettingsChanged"]


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Config or base parameters of a session changed, or its next plan draws anew."""

    session: BatchSession


class BatchSession:
    """The kernel-side store of one generator: what is configured, what runs, and what came of it.

    Every method may be called from any thread. Widgets hold no state of their own: whatever a button does is a method
    of the same name here, and whatever a method does shows at once in every view.

    Parameters
    ----------
    generator : Generator or callable
        What makes the media.
    project : Project or path-like, default "batchgen-project"
        Where batches and assets are kept; made when it does not exist.
    workers : int, default 1
        How many tasks run at once, 1 to 256. More than one needs a generator that threads can share.
    executor : {"thread", "process"}, Executor or distributed.Client, default "thread"
        Where the generator runs: in threads of this process, which share its models; in worker processes of their own,
        which can be stopped at any moment and take nothing with them when they die; or on a Dask cluster.
    retries : int, default 0
        How often a failed task is tried again by itself, 0 to 100.
    timeout : float, optional
        Seconds that one attempt of a task may take. Where the executor can't stop a task that does not listen, as in
        threads, it is heard at the generator's next report.
    retry_backoff : float, default 1.0
        Seconds before the first retry; each further one waits twice as long, up to five minutes.
    check_images : bool, default False
        Whether an image of one colour, such as a black one, makes its task failed.
    resources : mapping of str to float, optional
        What each task needs of its Dask worker, such as ``{"GPU": 1}``.

    Attributes
    ----------
    generator : Generator
    project : Project

    Raises
    ------
    ParameterError
        When `workers`, `executor` or how to treat failures is not allowed.
    GeneratorError
        When the generator's signature can't be read.
    ProjectError
        When the project can't be opened.

    Examples
    --------
    >>> import batchgen_widgets as bg
    >>> with bg.BatchSession(bg.demos.chime, project=tmp_path) as session:
    ...     batch = session.start_batch({"duration": 0.5})
    ...     finished = batch.wait()
    >>> batch.results[0].kind
    'audio'
    """

    def __init__(
        self,
        generator: Generator | Callable[..., Any],
        project: Project | str | os.PathLike[str] = "batchgen-project",
        *,
        workers: int = 1,
        executor: str | Executor | Client = "thread",
        retries: int = 0,
        timeout: float | None = None,
        retry_backoff: float = 1.0,
        check_images: bool = False,
        resources: Mapping[str, float] | None = None,
    ) -> None:
        self.generator = as_generator(generator)
        if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 256:
            raise ParameterError(
                f"workers: {workers!r} is not allowed; give a whole number from 1 to 256",
                field="workers",
                value=workers,
            )
        policy = Policy(retries, retry_backoff, timeout, bool(check_images))
        chosen = make_executor(executor, workers, resources)
        self.project = project if isinstance(project, Project) else Project(project)
        self._lock = self.project.ledger.lock
        self._ledger = self.project.ledger
        self._runner = Runner(self.project, chosen, workers, policy)
        self._draft = Draft(self.generator, self._lock, lambda: self._ledger.hub.emit(SettingsChanged(self)))
        self._intake = Intake(self.generator, self.project, self._runner)
        self._marks = MarkHistory(self._ledger)
        _open_sessions.add(self)

    # What is configured

    @property
    def config(self) -> BatchConfig:
        """How the tasks of the next batch differ."""
        return self._draft.config

    @property
    def base_parameters(self) -> Mapping[str, Any]:
        """What the tasks of the next batch share; the generator's defaults at first."""
        return MappingProxyType(self._draft.base_parameters)

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        return self._runner.workers

    @property
    def executor(self) -> Executor:
        """Where tasks run: its `name`, and whether it has `hard_cancel`."""
        return self._runner.executor

    def set_batch_config(self, config: BatchConfig | Mapping[str, Any]) -> None:
        """Take a config for the next batch.

        A config that names no impossible value is taken even when no plan can be made of it yet, such as a continuous
        range in a grid; `plan` says what is missing.

        Parameters
        ----------
        config : BatchConfig or mapping
            As it is, or the fields of one.

        Raises
        ------
        ConfigError
            When it varies parameters that the generator has not, or gives values that they don't take.
        """
        self._draft.set_config(config)

    def set_base_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Change some of the base parameters; the others stay.

        Raises
        ------
        ConfigError
            When a name or a value is not allowed. Nothing is changed then.
        """
        self._draft.set_base_parameters(parameters)

    @property
    def settings_version(self) -> int:
        """Grows whenever `plan` would give another one: config or base parameters changed, or a batch was started."""
        return self._draft.version

    def plan(self, base_parameters: Mapping[str, Any] | None = None) -> Plan:
        """Say what would run now: how many tasks, with which parameters, and about how long.

        The plan that was shown is the plan that runs: until config or base parameters change, or a batch is started,
        the same plan is given again.

        Parameters
        ----------
        base_parameters : mapping, optional
            Parameters that differ from `session.base_parameters`, for this plan.

        Returns
        -------
        Plan

        Raises
        ------
        ConfigError
            When no plan is possible; its `errors` name each field and what to do.
        """
        return self._draft.plan(base_parameters or {}, self._estimate)

    def _estimate(self, plan: Plan) -> Plan:
        """Tell a plan what the last tasks of the generator took; the same plan when that has not changed."""
        seconds, size = self.project.averages(self.generator.name)
        duration = None if seconds is None else seconds * plan.count / min(self.workers, plan.count)
        room = None if size is None else round(size * plan.count)
        same = (plan.estimate_seconds, plan.estimate_bytes) == (duration, room)
        return plan if same else plan.with_estimates(duration, room)

    # What runs

    @property
    def queue(self) -> list[Task]:
        """The tasks that have not started, of all batches, in the order in which they will."""
        return self._runner.queue

    @property
    def queue_revision(self) -> int:
        """Grows whenever what is queued, or the order of that, changes."""
        return self._ledger.queue_revision

    @property
    def queued_batches(self) -> list[Batch]:
        """The batches that have tasks in the queue, in the order in which they came."""
        with self._lock:
            unfinished = [batch for batch in self._intake.batches if not batch.status.is_finished]
            return [batch for batch in unfinished if batch.counts[TaskStatus.QUEUED]]

    @property
    def running(self) -> list[Task]:
        """The tasks that run now."""
        return [task for task in self._runner.running if task.status is TaskStatus.RUNNING]

    @property
    def paused(self) -> bool:
        """Whether nothing new starts."""
        return self._runner.paused

    @property
    def active_batch(self) -> Batch | None:
        """The batch to look at: the one that runs, else the next in the queue, else the newest of the project."""
        with self._lock:
            first = self._runner.first
            for task in (*self.running, *([first] if first else [])):
                return task.batch
            if self._intake.batches:
                return max(self._intake.batches, key=lambda batch: batch.completed_at or batch.created_at)
        return self.project.latest_batch(self.generator.name)

    @property
    def history(self) -> list[Batch]:
        """Every batch of the project, oldest first."""
        return self.project.batches()

    def start_batch(self, base_parameters: Mapping[str, Any] | None = None) -> Batch:
        """Queue a batch: of the config, around the base parameters.

        Parameters
        ----------
        base_parameters : mapping, optional
            Parameters that differ from `session.base_parameters`, for this batch.

        Returns
        -------
        Batch
            It runs in the background; ``batch.wait()`` or ``await batch`` waits for its end.

        Raises
        ------
        ConfigError
            When no plan is possible.
        ProjectError
            When another kernel runs batches in this project.
        StateError
            When the session is closed.
        """
        self._own()
        while True:
            version = self.settings_version
            plan = self.plan(base_parameters)
            with self._lock:
                if self.settings_version != version:
                    continue  # somebody else started that plan, or changed the settings
                batch = self._intake.start(plan)
                self._draft.renew()
                return batch

    def add_task(self, params: Mapping[str, Any], *, front: bool = False, batch_id: str | None = None) -> Task:
        """Queue one more task.

        Parameters
        ----------
        params : mapping
            Parameters that differ from `session.base_parameters`, for this task.
        front : bool, default False
            Whether it runs next, before everything else in the queue.
        batch_id : str, optional
            The batch that it joins; one that has ended goes on. When not given it joins the batch that runs or comes
            next, and is a batch of its own where there is none.

        Raises
        ------
        ConfigError
            When a name or a value is not allowed; its fields are ``base.<name>``.
        ProjectError, StateError
            When there is no such batch, or another generator or kernel runs it.
        """
        self._own()
        with self._lock:
            batch = self._batch(batch_id) if batch_id is not None else self.active_batch
            joins = batch_id is not None or (batch in self._intake.batches and not batch.status.is_finished)
            return self._intake.add(self.base_parameters, params, batch if joins else None, front)

    def edit_task(self, task: Task, params: Mapping[str, Any]) -> None:
        """Change some parameters of a queued task; the others stay.

        Raises
        ------
        ConfigError
            When a name or a value is not allowed; its fields are ``base.<name>``.
        StateError
            When the task is not queued.
        """
        self._own()
        with self._lock:
            self._intake.edit(self._current(task), params)

    def remove_task(self, task: Task) -> None:
        """Take a task out of the queue; it becomes cancelled, and `retry_task` brings it back.

        Raises
        ------
        StateError
            When the task is not queued: one that runs has to be cancelled instead.
        """
        self._own()
        with self._lock:
            self._intake.remove(self._current(task))

    def reorder_queue(self, task_id: str, new_index: int) -> None:
        """Put a queued task at another place of the queue, among the tasks of all batches.

        Parameters
        ----------
        task_id : str
            As in `Task.id`.
        new_index : int
            Where it shall be, from 0, which is next; the end when the queue is not that long.

        Raises
        ------
        ParameterError
            When `new_index` is not a whole number from 0.
        StateError
            When no task of that name is in the queue.
        """
        if isinstance(new_index, bool) or not isinstance(new_index, int) or new_index < 0:
            msg = f"new_index: {new_index!r} is not allowed; give a whole number, 0 for the front of the queue"
            raise ParameterError(msg, field="new_index", value=new_index)
        with self._lock:
            self._runner.move([self._task(task_id)], new_index)

    def move_batch_to_front(self, batch_id: str) -> None:
        """Let the queued tasks of a batch run before all others, in their order.

        Raises
        ------
        StateError
            When the batch has no task in the queue.
        """
        with self._lock:
            self._runner.check_open()
            batch = self._batch(batch_id)
            tasks = [task for task in self.queue if task.batch is batch]
            if not tasks:
                raise StateError(f"batch {batch.id} is {batch.status} and has no task in the queue")
            self._runner.move(tasks, 0)

    def clear_queue(self) -> int:
        """Cancel everything that has not started, in all batches; give the number of those tasks."""
        with self._lock:
            tasks = self.queue
            self._ledger.cancel_tasks(tasks)
            return len(tasks)

    def cancel_batch(self, batch_id: str | None = None, *, now: bool = False) -> None:
        """Cancel a batch: queued tasks at once, running ones at their generator's next report.

        Parameters
        ----------
        batch_id : str, optional
            The active batch when not given.
        now : bool, default False
            Whether running tasks are stopped although they don't report, where the executor has `hard_cancel`.

        Raises
        ------
        ProjectError
            When there is no such batch, or another kernel runs it.
        """
        with self._lock:
            if not self._batch(batch_id).status.is_finished:
                self.project.claim()
                self._ledger.cancel_batch(self._batch(batch_id), hard=now)

    def cancel_task(self, task: Task, *, now: bool = False) -> None:
        """Cancel one task, as `cancel_batch` does; one that has ended stays as it is.

        Raises
        ------
        ProjectError
            When another kernel runs it.
        """
        with self._lock:
            if not task.status.is_finished:
                self.project.claim()
                self._ledger.cancel_tasks([self._current(task)], hard=now)

    skip_task = cancel_task

    def stop_after_running(self) -> None:
        """Stop once the tasks that run have ended: the queue stays, paused, and `resume` goes on with it."""
        self.pause()

    def stop_now(self, batch_id: str | None = None) -> None:
        """Stop what runs, hard where the executor can, and pause; the queue stays, and `resume` goes on with it.

        Parameters
        ----------
        batch_id : str, optional
            Stop only the tasks of this batch; the queue is paused all the same.
        """
        with self._lock:
            batch = None if batch_id is None else self._batch(batch_id)
            self.pause()
            self._ledger.cancel_tasks(batch.running if batch else self.running, hard=True)

    def retry_task(self, task: Task) -> None:
        """Queue a failed, cancelled or interrupted task again.

        Raises
        ------
        StateError
            When the task is queued, running or completed.
        """
        self._own()
        with self._lock:
            self._intake.retry(self.base_parameters, [self._current(task)])

    def retry_failed(self, batch_id: str | None = None) -> int:
        """Queue every failed task of a batch again; give their number."""
        self._own()
        with self._lock:
            batch = self._batch(batch_id)
            tasks = [task for task in batch.tasks if task.status is TaskStatus.FAILED]
            self._intake.retry(self.base_parameters, tasks)
        return len(tasks)

    def resume_batch(self, batch_id: str) -> Batch:
        """Finish an interrupted or cancelled batch, also one of an earlier kernel; what completed is not run again.

        Raises
        ------
        ProjectError
            When there is no such batch, or another kernel runs batches in this project.
        StateError
            When the batch was made by another generator.
        ParameterError
            When the generator no longer takes the parameters of a task.
        """
        self._own()
        with self._lock:
            batch = self._batch(batch_id)
            self._intake.resume(self.base_parameters, batch)
        return batch

    def _own(self) -> None:
        """Be what runs batches in the project."""
        self._runner.check_open()
        self.project.claim()

    def _current(self, task: Task) -> Task:
        """Give the task as the project knows it; after another kernel changed the batch that is another object."""
        return self.find_task(task.batch.id, task.index)

    def pause(self) -> None:
        """Start nothing new; what runs goes on to its end."""
        self._runner.pause()

    def resume(self) -> None:
        """Go on with the queue."""
        self._runner.resume()

    # What was chosen

    def mark_as_favorite(self, batch_id: str, asset_id: str) -> None:
        """Star an asset; a discard mark is taken away.

        Raises
        ------
        ProjectError
            When there is no such batch or asset.
        """
        self.set_marks([self._asset(batch_id, asset_id)], "favorite")

    def mark_as_discarded(self, batch_id: str, asset_id: str) -> None:
        """Put an asset aside; its file stays, and a star is taken away."""
        self.set_marks([self._asset(batch_id, asset_id)], "discarded")

    def clear_mark(self, batch_id: str, asset_id: str) -> None:
        """Take an asset's mark away."""
        self.set_marks([self._asset(batch_id, asset_id)], None)

    def clear_batch_selections(self, batch_id: str | None = None) -> None:
        """Take the marks of every asset of a batch away; `undo` brings them back."""
        self.set_marks(self._batch(batch_id).results, None)

    def set_marks(self, assets: Sequence[Asset], mark: Mark | None) -> None:
        """Give assets one mark, or take theirs away with None, as one step for `undo`."""
        self._marks.set(assets, mark)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of marks to take back."""
        return self._marks.can_undo

    def undo(self) -> bool:
        """Take back the last change of marks that was made through this session; False when there is none."""
        return self._marks.undo()

    # What is next

    def winners(self, batch_id: str | None = None) -> Winners:
        """Say which values win in a batch: how many favorites have each value of what varied.

        Parameters
        ----------
        batch_id : str, optional
            The active batch when not given.

        Raises
        ------
        ProjectError
            When there is no such batch.
        ParameterError
            When another generator made it.
        """
        return find_winners(self.generator, self.base_parameters, self._batch(batch_id))

    def config_from(self, favorites: Sequence[Asset]) -> Proposal:
        """Propose settings around favorites; nothing changes before they are set.

        The config of their batch is narrowed: lists keep the values that favorites have, ranges shrink around them,
        seeds stay free.

        Parameters
        ----------
        favorites : sequence of Asset
            At least one, made by this generator, such as ``batch.favorites``.

        Returns
        -------
        Proposal
            Its `config` and `base_parameters` go to `set_batch_config` and `set_base_parameters`; its `notes` say what
            is new.

        Raises
        ------
        ParameterError
            When there is no asset, or another generator made one.
        """
        return propose(self.generator, self.base_parameters, favorites, self.project.batch)

    # The end

    @property
    def closed(self) -> bool:
        """Whether the session takes no more commands."""
        return self._runner.closed

    def close(self) -> None:
        """Stop what runs (it becomes interrupted) and take no more commands; the project keeps everything."""
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<BatchSession {self.generator.name!r} in {str(self.project.path)!r}>"

    def find_task(self, batch_id: str, index: int) -> Task:
        """Give a task by its batch and index.

        Raises
        ------
        ProjectError, StateError
            When there is no such batch or task.
        """
        return find_task(self._batch(batch_id), index)

    def _task(self, task_id: str) -> Task:
        batch_id, _, index = str(task_id).rpartition("/")
        if not index.isdecimal():
            raise StateError(f"{task_id!r} names no task; give the id of one in session.queue")
        return self.find_task(batch_id, int(index))

    def _batch(self, batch_id: str | None) -> Batch:
        if batch_id is not None:
            return self.project.batch(batch_id)
        active = self.active_batch
        if active is None:
            raise ProjectError(f"{self.project.path}: no batch yet; start one with start_batch()")
        return active

    def _asset(self, batch_id: str, asset_id: str) -> Asset:
        for asset in self.project.batch(batch_id).results:
            if asset.id == asset_id:
                return asset
        raise ProjectError(f"{asset_id}: no such asset in batch {batch_id}; see batch.results for what there is")


_open_sessions: weakref.WeakSet[BatchSession] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Leave what still runs as interrupted, not as running, when the interpreter ends in order."""
    for session in list(_open_sessions):
        session.close()
