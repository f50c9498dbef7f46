"""`BatchSession`: the one door to generators, batches, the runner and the project."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Any, Self

from .batches import Asset, Batch, BatchConfig, Draft, Mark, Plan, Task, TaskStatus
from .errors import ParameterError, ProjectError, StateError
from .generators import Generator, as_generator
from .projects import Project, find_task
from .runner import EXECUTORS, Policy, Runner

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
    executor : {"thread"}, default "thread"
        Where the generator runs.
    retries : int, default 0
        How often a failed task is tried again by itself, 0 to 100.
    timeout : float, optional
        Seconds that one attempt of a task may take. In threads it is heard at the generator's next report.
    retry_backoff : float, default 1.0
        Seconds before the first retry; each further one waits twice as long, up to five minutes.
    check_images : bool, default False
        Whether an image of one colour, such as a black one, makes its task failed.

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
        executor: str = "thread",
        retries: int = 0,
        timeout: float | None = None,
        retry_backoff: float = 1.0,
        check_images: bool = False,
    ) -> None:
        self.generator = as_generator(generator)
        if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 256:
            raise ParameterError(
                f"workers: {workers!r} is not allowed; give a whole number from 1 to 256",
                field="workers",
                value=workers,
            )
        if executor not in EXECUTORS:
            allowed = ", ".join(map(repr, EXECUTORS))
            raise ParameterError(
                f"executor: {executor!r} is not allowed; choose from {allowed}", field="executor", value=executor
            )
        policy = Policy(retries, retry_backoff, timeout, bool(check_images))
        self.project = project if isinstance(project, Project) else Project(project)
        self._lock = self.project.ledger.lock
        self._ledger = self.project.ledger
        self._runner = Runner(self.project, EXECUTORS[executor](), workers, policy)
        self._draft = Draft(self.generator, self._lock, lambda: self._ledger.hub.emit(SettingsChanged(self)))
        self._batches: list[Batch] = []
        self._undo: list[list[tuple[Asset, Mark | None]]] = []
        self._closed = False
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
        """The tasks that have not started, in order, of all batches."""
        return self._runner.queue

    @property
    def queued_batches(self) -> list[Batch]:
        """The batches that have tasks in the queue, in the order in which they came."""
        with self._lock:
            return [
                batch for batch in self._batches if batch.counts[TaskStatus.QUEUED] and not batch.status.is_finished
            ]

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
            for batch in (*(task.batch for task in self.running), *self.queued_batches):
                return batch
            if self._batches:
                return max(self._batches, key=lambda batch: batch.completed_at or batch.created_at)
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
                self._check_open()
                if self.settings_version != version:
                    continue  # somebody else started that plan, or changed the settings
                batch = self._ledger.add_batch(self.generator.name, plan)
                self._batches.append(batch)
                self._runner.submit(self.generator, batch.tasks)
                if self.paused:
                    self._ledger.set_paused([batch], True)
                self._draft.renew()
                return batch

    def cancel_batch(self, batch_id: str | None = None) -> None:
        """Cancel a batch: queued tasks at once, running ones at their generator's next report.

        Parameters
        ----------
        batch_id : str, optional
            The active batch when not given.

        Raises
        ------
        ProjectError
            When there is no such batch, or another kernel runs it.
        """
        with self._lock:
            if self._batch(batch_id).status.is_finished:
                return
            self.project.claim()
            batch = self._batch(batch_id)
            if not batch.status.is_finished:
                self._ledger.request_cancel(batch)
                self._runner.cancel(batch.tasks)

    def cancel_task(self, task: Task) -> None:
        """Cancel one task; one that has ended stays as it is.

        Raises
        ------
        ProjectError
            When another kernel runs it.
        """
        with self._lock:
            if not task.status.is_finished:
                self.project.claim()
                self._runner.cancel([self._current(task)])

    def retry_task(self, task: Task) -> None:
        """Queue a failed, cancelled or interrupted task again.

        Raises
        ------
        StateError
            When the task is queued, running or completed.
        """
        self._own()
        with self._lock:
            task = self._current(task)
            # A runner may put a running task back; a person may not, it would run twice.
            if task.status not in (TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.INTERRUPTED):
                msg = (
                    f"task {task.id} is {task.status}; only one that is failed, cancelled or interrupted can be retried"
                )
                raise StateError(msg)
            self._requeue([task])

    def retry_failed(self, batch_id: str | None = None) -> int:
        """Queue every failed task of a batch again; give their number."""
        self._own()
        with self._lock:
            batch = self._batch(batch_id)
            tasks = [task for task in batch.tasks if task.status is TaskStatus.FAILED]
            self._requeue(tasks)
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
            ended = [task for task in batch.tasks if task.status in (TaskStatus.INTERRUPTED, TaskStatus.CANCELLED)]
            waiting = set(self._runner.queue)
            left_over = [task for task in batch.tasks if task.status is TaskStatus.QUEUED and task not in waiting]
            self._requeue(ended, left_over)
        return batch

    def _own(self) -> None:
        """Be what runs batches in the project."""
        self._check_open()
        self.project.claim()

    def _current(self, task: Task) -> Task:
        """Give the task as the project knows it; after another kernel changed the batch that is another object."""
        return self.find_task(task.batch.id, task.index)

    def _requeue(self, ended: Sequence[Task], left_over: Sequence[Task] = ()) -> None:
        """Queue tasks again: ended ones, and queued ones that an earlier kernel left."""
        with self._lock:
            self._check_open()  # again, now that nobody can close it
            tasks = sorted({*ended, *left_over}, key=lambda task: task.index)
            for batch in {task.batch for task in tasks}:
                if batch.generator != self.generator.name:
                    cure = f"resume it with that generator, not {self.generator.name!r}"
                    raise StateError(f"batch {batch.id} was made by {batch.generator!r}; {cure}")
                if batch not in self._batches:
                    self._batches.append(batch)
            checked = [self._revive(task) for task in tasks]
            self._ledger.requeue(ended)
            for task, params in zip(tasks, checked, strict=True):
                task.params = params
            batches = {task.batch for task in tasks}
            for batch in batches:
                self._ledger.reopen(batch)
            self._runner.submit(self.generator, tasks)
            if self.paused:
                self._ledger.set_paused(batches, True)

    def _revive(self, task: Task) -> dict[str, Any]:
        """Turn parameters read from the database back into what the generator takes."""
        parameters = self.generator.parameters
        known = {name: value for name, value in task.params.items() if name in parameters}
        if task.batch.restored:
            # Of what JSON can't hold only a text is left; it is taken from the session instead.
            known |= {name: self.base_parameters[name] for name in known if parameters[name].type == "any"}
        return self.generator.validate(known)

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
        with self._lock:
            before = [(asset, asset.mark) for asset in assets if asset.mark != mark]
            if before:
                self.project.set_marks((asset, mark) for asset, _ in before)
                self._undo.append(before)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of marks to take back."""
        return bool(self._undo)

    def undo(self) -> bool:
        """Take back the last change of marks that was made through this session; False when there is none."""
        with self._lock:
            if not self._undo:
                return False
            self.project.set_marks(self._undo[-1])
            self._undo.pop()
            return True

    # The end

    @property
    def closed(self) -> bool:
        """Whether the session takes no more commands."""
        return self._closed

    def close(self) -> None:
        """Stop what runs (it becomes interrupted) and take no more commands; the project keeps everything."""
        with self._lock:
            self._closed = True
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

    def _check_open(self) -> None:
        if self._closed:
            raise StateError("the session is closed; make a new BatchSession on the same project to go on")


_open_sessions: weakref.WeakSet[BatchSession] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Leave what still runs as interrupted, not as running, when the interpreter ends in order."""
    for session in list(_open_sessions):
        session.close()
