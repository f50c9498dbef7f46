"""What comes into the queue of a session: new batches, single tasks, and what shall run once more."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from ..batches import Batch, BatchConfig, Plan, Task, TaskStatus, complete, make_plan
from ..errors import StateError
from ..generators import Generator
from ..generators.inputs import is_media
from ..projects import Project
from ..recipes import describe_origin
from .runner import Runner

__all__ = ["Intake", "open_intakes"]


_every: weakref.WeakSet[Intake] = weakref.WeakSet()


def open_intakes(ledger: object) -> list[Intake]:
    """Give those of every open session, the ones of that ledger's project first."""
    living = [intake for intake in list(_every) if not intake.runner.closed]
    return sorted(living, key=lambda intake: intake.project.ledger is not ledger)


class Intake:
    """Queues tasks; the caller holds the project's lock.

    Parameters
    ----------
    generator : Generator
        Of the session. Batches of others come with theirs, which are remembered.
    project : Project
    runner : Runner

    Attributes
    ----------
    batches : list of Batch
        Every batch that had tasks in the queue, in the order in which they came.
    """

    def __init__(self, generator: Generator, project: Project, runner: Runner) -> None:
        self.batches: list[Batch] = []
        self.project = project
        self._generator = generator
        self._known = {generator.name: generator}
        self._makers: dict[str, Generator] = {}
        self._ledger = project.ledger
        self._runner = runner
        _every.add(self)

    @property
    def runner(self) -> Runner:
        """Where everything goes."""
        return self._runner

    def named(self, name: str) -> Generator | None:
        """Give the generator of that name, the newest one that a batch came with, or None."""
        return self._known.get(name)

    def uses(self, generator: Generator) -> bool:
        """Say whether this is where the function of a generator runs."""
        return self._find(generator) is not None

    def known_as(self, generator: Generator) -> Generator:
        """Give the generator under which the function is known here, with what its setup made."""
        return self._find(generator) or generator

    def _find(self, generator: Generator) -> Generator | None:
        own = (*self._known.values(), *self._makers.values())
        return next((each for each in own if each is generator or each.function is generator.function), None)

    def maker_or_none(self, batch: Batch) -> Generator | None:
        """Give the generator of a batch, or None when nobody brought it to this session."""
        return self._makers.get(batch.id) or self._known.get(batch.generator)

    def maker(self, batch: Batch) -> Generator:
        """Give the generator of a batch.

        Raises
        ------
        StateError
            When nobody brought it to this session.
        """
        found = self.maker_or_none(batch)
        if found is None:
            cure = f"resume it with that generator: session.resume_batch({batch.id!r}, generator=...)"
            raise StateError(f"batch {batch.id} was made by {batch.generator!r}; {cure}")
        return found

    def use(self, generator: Generator) -> None:
        """Take a newer definition of the session's generator; what is in the queue keeps the one it came with."""
        self._makers = {batch: maker for batch, maker in self._makers.items() if maker.name != generator.name}
        self._generator = self._known[generator.name] = generator

    def start(self, plan: Plan, generator: Generator | None = None) -> Batch:
        """Make a batch of a plan, and queue it."""
        self._runner.check_open()
        generator = generator or self._generator
        batch = self._add_batch(plan, generator)
        self._submit(batch.tasks)
        return batch

    def _add_batch(self, plan: Plan, generator: Generator) -> Batch:
        origin = describe_origin(generator, plan.entropy, self._runner.encoding)
        batch = self._ledger.add_batch(generator.name, plan, origin)
        self._bring(batch, generator)
        return batch

    def _bring(self, batch: Batch, generator: Generator) -> None:
        self._makers[batch.id] = generator
        if generator.name != self._generator.name:
            self._known[generator.name] = generator

    def add(self, base: Mapping[str, Any], params: Mapping[str, Any], batch: Batch | None, front: bool) -> Task:
        """Queue one more task, in a batch or, without one, in a new batch of its own."""
        self._runner.check_open()
        generator = self._generator if batch is None else self.maker(batch)
        if batch is not None and generator is not self._generator:
            base = self._base(batch, generator, base)
        values = self._kept(generator, complete(generator, base, params))
        if batch is None:
            plan = make_plan(generator.parameters, values, BatchConfig(enabled=False), entropy=0)
            batch = self._add_batch(plan, generator)
            (task,) = batch.tasks
        else:
            left_over = self._left_over(batch)
            (task,) = self._ledger.add_tasks(batch, [values])
            self._submit(left_over)
        self._submit([task], front=front)
        return task

    def edit(self, task: Task, params: Mapping[str, Any]) -> None:
        """Change some parameters of a queued task."""
        generator = self.maker(task.batch)
        self._ledger.edit_task(task, self._kept(generator, complete(generator, task.params, params)))

    def remove(self, task: Task) -> None:
        """Take a queued task out of the queue."""
        if task.status is not TaskStatus.QUEUED:
            cure = "; stop it with cancel_task()" if task.status is TaskStatus.RUNNING else ""
            raise StateError(f"task {task.id} is {task.status}; only a queued task can be removed{cure}")
        self._ledger.cancel_tasks([task])

    def retry(self, base: Mapping[str, Any], tasks: Sequence[Task]) -> None:
        """Queue ended tasks of one batch again."""
        for task in tasks:
            # A runner may put a running task back; a person may not, it would run twice.
            if task.status not in (TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.INTERRUPTED):
                allowed = "only one that is failed, cancelled or interrupted can be retried"
                raise StateError(f"task {task.id} is {task.status}; {allowed}")
        if tasks:
            self._again(base, tasks[0].batch, tasks)

    def resume(self, base: Mapping[str, Any], batch: Batch, generator: Generator | None = None) -> None:
        """Queue what was interrupted or cancelled in a batch again, and what was left queued in it."""
        if generator is not None:
            if generator.name != batch.generator:
                msg = f"batch {batch.id} was made by {batch.generator!r}; resume it with that, not {generator.name!r}"
                raise StateError(msg)
            self._bring(batch, generator)
        ended = [task for task in batch.tasks if task.status in (TaskStatus.INTERRUPTED, TaskStatus.CANCELLED)]
        self._again(base, batch, ended, resume=True)

    def _again(self, base: Mapping[str, Any], batch: Batch, ended: Sequence[Task], *, resume: bool = False) -> None:
        """Queue ended tasks of a batch again; with `resume`, or when it had ended, also what was left queued in it."""
        self._runner.check_open()  # again, now that nobody can close it
        left_over = self._left_over(batch, always=resume)
        tasks = sorted([*ended, *left_over], key=lambda task: task.index)
        if not tasks:
            return
        generator = self.maker(batch)
        base = self._base(batch, generator, base)
        checked = [_revive(generator, task, base) for task in tasks]
        self._ledger.requeue(ended)
        for task, params in zip(tasks, checked, strict=True):
            task.params = params
        self._ledger.reopen(batch)
        self._submit(tasks)

    def _submit(self, tasks: Sequence[Task], *, front: bool = False) -> None:
        if not tasks:
            return
        batch = tasks[0].batch
        if batch not in self.batches:
            self.batches.append(batch)
        self._runner.submit(self.maker(batch), tasks, front=front)
        if self._runner.paused:
            self._ledger.set_paused([batch], True)

    def _base(self, batch: Batch, generator: Generator, base: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the base parameters of the session, or for a batch of another generator, those of the batch."""
        if generator.name == self._generator.name:
            return base
        known = {name: value for name, value in batch.base_parameters.items() if name in generator.parameters}
        if batch.restored:
            known = {name: value for name, value in known.items() if generator.parameters[name].type != "any"}
        return generator.defaults() | known

    def _kept(self, generator: Generator, params: Mapping[str, Any]) -> dict[str, Any]:
        return self.project.inputs.keep_all(generator.parameters, params)

    def _left_over(self, batch: Batch, *, always: bool = False) -> list[Task]:
        """Give what is queued in a batch and in no queue, as after a kernel died: a batch that goes on waits for it."""
        if not (always or batch.status.is_finished) or not batch.counts[TaskStatus.QUEUED]:
            return []
        waiting = set(self._runner.queue)
        return [task for task in batch.tasks if task.status is TaskStatus.QUEUED and task not in waiting]


def _revive(generator: Generator, task: Task, base: Mapping[str, Any]) -> dict[str, Any]:
    """Turn parameters read from the database back into what the generator takes."""
    parameters = generator.parameters
    known = {name: value for name, value in task.params.items() if name in parameters}
    if task.batch.restored:
        # Of what JSON can't hold only a text is left, unless it is media; it is taken from the session instead.
        lost = [name for name, value in known.items() if parameters[name].type == "any" and not is_media(value)]
        known |= {name: base[name] for name in lost}
    return generator.validate(known)
