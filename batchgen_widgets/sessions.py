"""`BatchSession`: the one door to generators, batches, the runner and the project."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from .batches import (
    Asset,
    Batch,
    BatchConfig,
    Draft,
    GivenInputs,
    Mark,
    Order,
    Plan,
    Proposal,
    Task,
    TaskStatus,
    Winners,
    find_winners,
    propose,
)
from .errors import ConfigError, ParameterError, ProjectError, StateError
from .generators import Generator, as_generator
from .generators.inputs import MediaInput
from .media import Encoding
from .projects import BatchList, Cleanup, MarkHistory, Project, find_task
from .recipes import Fit, Recipe, fit
from .runner import EXECUTORS, Executor, Intake, Policy, Reproduction, Runner, make_executor, reproduce
from .texts import visible

if TYPE_CHECKING:
    from distributed import Client

    from .media.encoding import AudioFormat, ImageFormat, VideoFormat

__all__ = ["BatchSession", "SettingsChanged", "open_sessions"]


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
    image_format : {"png", "jpeg", "webp", "avif"}, default "png"
        How images are written that the generator returns as values. What it returns as bytes or as a path stays in its
        format. JPEG has no transparency: what is behind becomes white.
    video_format : {"mp4", "webm"}, default "mp4"
        The same for clips: H.264, or VP9.
    audio_format : {"wav", "flac", "opus"}, default "wav"
        The same for sounds: 16 bits for the first two.
    image_quality : int, optional
        1 to 100, for all image formats but PNG; 92 for JPEG, 90 for WebP and 80 for AVIF when not given. WebP of
        quality 100 loses nothing.

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
        image_format: ImageFormat = "png",
        video_format: VideoFormat = "mp4",
        audio_format: AudioFormat = "wav",
        image_quality: int | None = None,
    ) -> None:
        self.generator = as_generator(generator)
        if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 256:
            raise ParameterError(
                f"workers: {workers!r} is not allowed; give a whole number from 1 to 256",
                field="workers",
                value=workers,
            )
        self._policy = Policy(retries, retry_backoff, timeout, bool(check_images))
        encoding = Encoding(image_format, video_format, audio_format, image_quality)
        chosen = make_executor(executor, workers, resources)
        self.project = project if isinstance(project, Project) else Project(project)
        self._lock = self.project.ledger.lock
        self._ledger = self.project.ledger
        self._runner = Runner(self.project, chosen, workers, self._policy, encoding)
        announce = lambda: self._ledger.hub.emit(SettingsChanged(self))  # noqa: E731
        self._draft = Draft(self.generator, self._lock, announce, self.project.inputs.keep)
        self._intake = Intake(self.generator, self.project, self._runner)
        self._marks = MarkHistory(self._ledger)
        _sessions[next(_numbers)] = self
        _tell_sidebar(self)

    def redefine(self, generator: Generator | Callable[..., Any]) -> None:
        """Take a newer definition of the session's generator, as after its cell ran again.

        New and retried tasks call it; what runs or waits in the queue keeps the old one. Settings stay, but for those
        that it does not take, and for defaults that nobody had changed.

        Raises
        ------
        GeneratorError
            When its signature can't be read.
        ParameterError
            When it is called otherwise.
        """
        taken = as_generator(generator)
        if taken.name != self.generator.name:
            raise ParameterError(
                f"generator: {taken.name!r} is not allowed; give one that is called {self.generator.name!r}, or make "
                "another session",
                field="generator",
                value=taken,
            )
        if taken is not self.generator:
            with self._lock:
                self.generator = taken
                self._intake.use(taken)
                self._draft.use(taken)

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

        Media that are no assets of the project are copied into it.

        Raises
        ------
        ConfigError
            When a name or a value is not allowed. Nothing is changed then.
        """
        self._draft.set_base_parameters(parameters)

    def use_recipe(self, recipe: Recipe) -> Fit:
        """Take base parameters from a recipe, as far as the generator takes them; the others stay.

        Parameters
        ----------
        recipe : Recipe
            As from ``bg.recall(file)`` or ``asset.recipe``.

        Returns
        -------
        Fit
            What was taken as `params`, and as `left_out` what was not and why.
        """
        found = fit(recipe, self.generator)
        self._draft.set_base_parameters(found.params)
        return found

    @property
    def inputs(self) -> Mapping[str, Sequence[Asset | MediaInput]]:
        """What the next batch is made from, where that is several: by parameter."""
        return MappingProxyType({name: tuple(values) for name, values in self._draft.inputs.items()})

    def set_inputs(self, inputs: GivenInputs | None) -> None:
        """Make the next batch from several images, videos or sounds: all that is configured happens with each of them.

        Parameters
        ----------
        inputs : sequence, mapping of str to sequence, or None
            Assets, paths, PIL images, arrays, `Audio`, `Video` or encoded bytes for the one parameter that takes them;
            for several parameters lists by name, which advance together. What is no asset of the project is copied
            into it. None takes all of it away.

        Raises
        ------
        ConfigError
            When the generator takes no media, lists differ in length, or a value is not allowed. Nothing is changed
            then.
        """
        self._draft.set_inputs(inputs)

    def set_inputs_of(self, parameter: str, values: Sequence[Any]) -> None:
        """Give one parameter its inputs, and leave those of the others; a plan says whether they are equally many.

        Raises
        ------
        ConfigError
            When the parameter takes no media, or a value is not allowed.
        """
        self._draft.hold_inputs(parameter, values)

    def clear_inputs(self, parameter: str) -> None:
        """Take away the media of a parameter, one or several.

        Raises
        ------
        ParameterError
            When there is no such parameter.
        """
        self._draft.clear_inputs(parameter)

    @property
    def settings_version(self) -> int:
        """Grows whenever `plan` would give another one: config or base parameters changed, or a batch was started."""
        return self._draft.version

    def plan(
        self,
        base_parameters: Mapping[str, Any] | Generator | Callable[..., Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        inputs: GivenInputs | None = None,
        config: BatchConfig | Mapping[str, Any] | None = None,
    ) -> Plan:
        """Say what would run now: how many tasks, with which parameters, and about how long.

        The plan that was shown is the plan that runs: until config or base parameters change, or a batch is started,
        the same plan is given again.

        Parameters
        ----------
        base_parameters, parameters, inputs, config
            As in `start_batch`.

        Returns
        -------
        Plan

        Raises
        ------
        ConfigError
            When no plan is possible; its `errors` name each field and what to do.
        """
        return self._plan(Order.of(base_parameters, parameters, inputs, config))

    def _plan(self, order: Order) -> Plan:
        asked: Any = {"inputs": order.inputs, "config": order.config}
        if order.generator is None:
            return self._draft.plan(order.parameters, self._estimate, **asked)
        name = order.generator.name
        return self._draft.plan_of(order.generator, order.parameters, lambda plan: self._estimate(plan, name), **asked)

    def _estimate(self, plan: Plan, generator: str | None = None) -> Plan:
        """Tell a plan what the last tasks of the generator took; the same plan when that has not changed."""
        seconds, size = self.project.averages(generator or self.generator.name)
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
    def history(self) -> BatchList:
        """Every batch of the project, oldest first, as a list; `Project.history` finds some of them, and is quick."""
        return self.project.lazy_batches()

    def start_batch(
        self,
        base_parameters: Mapping[str, Any] | Generator | Callable[..., Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        inputs: GivenInputs | None = None,
        config: BatchConfig | Mapping[str, Any] | None = None,
    ) -> Batch:
        """Queue a batch: of the config, around the base parameters; or one of another generator.

        Parameters
        ----------
        base_parameters : mapping, Generator or callable, optional
            Parameters that differ from `session.base_parameters`, for this batch. Or a generator, whose batch runs in
            the same queue and project, and takes nothing from the settings of the session.
        parameters : mapping, optional
            Parameters that differ from the defaults of that generator; without one, as `base_parameters`.
        inputs : sequence, or mapping of str to sequence, optional
            Images, videos or sounds, such as ``batch.favorites``, for the one parameter that takes them; for several
            parameters lists by name, which advance together. Everything happens with each of them. In place of
            `session.inputs`. See `set_inputs`.
        config : BatchConfig or mapping, optional
            How the tasks differ, in place of `session.config`; without it a batch of another generator has one task for
            each input.

        Returns
        -------
        Batch
            It runs in the background; ``batch.wait()`` or ``await batch`` waits for its end.

        Raises
        ------
        ConfigError
            When no plan is possible.
        GeneratorError
            When the signature of that other generator can't be read.
        ProjectError
            When another kernel runs batches in this project.
        StateError
            When the session is closed.

        Examples
        --------
        ::

            large = session.start_batch(upscale, inputs=batch.favorites, parameters={"factor": 4})
        """
        order = Order.of(base_parameters, parameters, inputs, config)
        self._own()
        while True:
            version = self.settings_version
            # Not under the lock: large media are encoded.
            plan = self.project.inputs.keep_plan(self._plan(order))
            with self._lock:
                if self.settings_version != version:
                    continue  # somebody else started that plan, or changed the settings
                batch = self._intake.start(plan, order.generator)
                self._draft.renew()
                return batch

    def add_task(self, params: Mapping[str, Any], *, front: bool = False, batch_id: str | None = None) -> Task:
        """Queue one more task.

        Parameters
        ----------
        params : mapping
            Parameters that differ from `session.base_parameters`, for this task; from those of its batch, where that is
            of another generator.
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
            joins = batch_id is not None or (
                batch in self._intake.batches
                and not batch.status.is_finished
                and self._intake.maker(batch) is self.generator
            )
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

    def resume_batch(self, batch_id: str, generator: Generator | Callable[..., Any] | None = None) -> Batch:
        """Finish an interrupted or cancelled batch, also one of an earlier kernel; what completed is not run again.

        Parameters
        ----------
        batch_id : str
        generator : Generator or callable, optional
            What made it, where that is another generator than the session's, and an earlier kernel started it.

        Raises
        ------
        ProjectError
            When there is no such batch, or another kernel runs batches in this project.
        StateError
            When the batch was made by another generator, which was not given.
        ParameterError
            When the generator no longer takes the parameters of a task, or what it was made from is gone.
        """
        maker = None if generator is None else as_generator(generator)
        self._own()
        with self._lock:
            batch = self._batch(batch_id)
            self._intake.resume(self.base_parameters, batch, maker)
        return batch

    def reproduce(self, asset: Asset, generator: Generator | Callable[..., Any] | None = None) -> Reproduction:
        """Make an asset again and compare; see `Asset.reproduce`.

        It runs where the session runs its tasks, before those that are queued.
        """
        return reproduce(asset, generator, intake=self._intake)

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
        """Whether there is a change of marks, or something in the trash, to take back."""
        return self._marks.can_undo

    def undo(self) -> bool:
        """Take back the last change of marks, or what went to the trash last, through this session; False for none."""
        return self._marks.undo()

    def trash(self, assets: Sequence[Asset | str] | Asset | str) -> int:
        """Move assets to the trash as `Project.trash` does, as one step for `undo`; give how many were not in it."""
        return self._marks.trash(assets)

    def restore(self, assets: Sequence[Asset | str] | Asset | str) -> int:
        """Take assets out of the trash, as `Project.restore` does; give how many were in it."""
        return self.project.restore(assets)

    def keep_only_favorites(self, batch_id: str | None = None, *, preview: bool = False) -> Cleanup:
        """Move everything but the favorites of a batch to the trash, as one step for `undo`.

        Parameters
        ----------
        batch_id : str, optional
            The active batch when not given.
        preview : bool, default False
            Whether only to say what would go, how much and how large.

        Raises
        ------
        StateError
            When the batch has no favorites.
        ProjectError
            When there is no such batch, or the project can't be written.
        """
        batch = self._batch(batch_id)
        if preview:
            return self.project.keep_only_favorites(batch, preview=True)
        return self._marks.keep_only_favorites(batch)

    # What is shared, and what others think of it

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        batch_id: str | None = None,
        assets: Iterable[Asset] | None = None,
        only: Literal["favorites", "kept"] | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write a batch into a zip or a folder; see `Project.export`, which also writes several.

        Parameters
        ----------
        path : path-like
            The file, where it ends in ``.zip`` or ``.batchgen``, else the folder.
        batch_id : str, optional
            The active batch when neither this nor `assets` is given.
        assets : iterable of Asset, optional
            Only these, of whichever batch.
        only, overwrite, progress : optional
            As in `Project.export`.

        Returns
        -------
        pathlib.Path
            What was written, absolute.

        Raises
        ------
        ParameterError, ProjectError
            As `Project.export` does.
        """
        batches = None if assets is not None and batch_id is None else [self._batch(batch_id)]
        return self.project.export(
            path, batches=batches, assets=assets, only=only, overwrite=overwrite, progress=progress
        )

    def adopt_reviews(
        self, batch_id: str | None = None, *, at_least: int = 1, reviewer: str | None = None
    ) -> list[Asset]:
        """Make what reviewers chose your own marks, as one step for `undo`.

        Parameters
        ----------
        batch_id : str, optional
            The active batch when not given.
        at_least : int, default 1
            How many reviewers must have starred what becomes a favorite.
        reviewer : str, optional
            Take the marks of this one instead, discarded ones too.

        Returns
        -------
        list of Asset
            Those whose mark changed.

        Raises
        ------
        ParameterError
            When there is no such reviewer, or `at_least` is not a whole number from 1.
        """
        found = self.project.reviews(self._batch(batch_id)).adoption(at_least=at_least, reviewer=reviewer)
        self._marks.change(found.changes)
        return [asset for asset, _ in found.changes]

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
        batch = self._batch(batch_id)
        maker = self._intake.named(batch.generator) or self.generator
        base = self.base_parameters if maker is self.generator else maker.defaults()
        return find_winners(maker, base, batch)

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

    def to_code(self) -> str:
        """Give Python that makes the batch which `start_batch` would make now; see `Batch.to_code`.

        Settings that make no batch yet are given as they are, and a comment says what is wrong with them.
        """
        from .batches.code import code_of_settings, format_options

        with self._lock:
            base, config, inputs = self.base_parameters, self.config, self.inputs
        plan: Plan | ConfigError
        try:
            plan = self.plan()
        except ConfigError as error:
            plan = error
        usual: dict[str, Any] = {"workers": 1, "executor": "thread", **asdict(Policy())}
        name = self.executor.name
        mine = {"workers": self.workers, "executor": name if name in EXECUTORS else self.executor}
        options = {key: value for key, value in (mine | asdict(self._policy)).items() if value != usual[key]}
        options |= format_options(asdict(self._runner.encoding))
        return code_of_settings(
            self.generator, base, config, plan, inputs=inputs, root=self.project.path, options=options
        )

    # The end

    @property
    def closed(self) -> bool:
        """Whether the session takes no more commands."""
        return self._runner.closed

    def close(self) -> None:
        """Stop what runs (it becomes interrupted) and take no more commands; the project keeps everything."""
        try:
            self._runner.close()
        finally:
            _tell_sidebar(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return visible(f"<BatchSession {self.generator.name!r} in {str(self.project.path)!r}>")

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


_sessions: weakref.WeakValueDictionary[int, BatchSession] = weakref.WeakValueDictionary()
_numbers = count()


def open_sessions() -> list[BatchSession]:
    """Give the sessions of this process that take commands, in the order in which they were opened."""
    living = [reference() for reference in _sessions.valuerefs()]
    return [session for session in living if session is not None and not session.closed]


def _tell_sidebar(session: BatchSession) -> None:
    """Let JupyterLab's sidebar know that a session opened or closed, where this process may be a kernel."""
    if "ipykernel" in sys.modules:
        from .sidebar import hear_of

        hear_of(session)


@atexit.register
def _close_all() -> None:
    """Leave what still runs as interrupted, not as running, when the interpreter ends in order."""
    for session in open_sessions():
        session.close()
