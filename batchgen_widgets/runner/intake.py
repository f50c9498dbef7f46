"""What comes into the queue of a session: new batches, single tasks, and what shall run once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..batches import Batch, BatchConfig, Plan, Task, TaskStatus, complete, make_plan
from ..errors import StateError
from ..generators import Generator
from ..projects import Project
from .runner import Runner

__all__ = ["Intake"]


class Intake:
    """Queues tasks of one generator; the caller holds the project's lock.

    Parameters
    ----------
    generator : Generator
    project : Project
    runner : Runner

    Attributes
    ----------
    batches : list of Batch
        Every batch that had tasks in the queue, in the order in which they came.
    """

    def __init__(self, generator: Generator, project: Project, runner: Runner) -> None:
        self.batches: list[Batch] = []
        self._generator = generator
        self._ledger = project.ledger
        self._runner = runner

    def start(self, plan: Plan) -> Batch:
        """Make a batch of a plan, and queue it."""
        self._runner.check_open()
        batch = self._ledger.add_batch(self._generator.name, plan)
        self._submit(batch.tasks)
        return batch

    def add(self, base: Mapping[str, Any], params: Mapping[str, Any], batch: Batch | None, front: bool) -> Task:
        """Queue one more task, in a batch or, without one, in a new batch of its own."""
        self._runner.check_open()
        values = complete(self._generator, base, params)
        if batch is None:
            plan = make_plan(self._generator.parameters, values, BatchConfig(enabled=False), entropy=0)
            batch = self._ledger.add_batch(self._generator.name, plan)
            (task,) = batch.tasks
        else:
            self._check(batch)
            left_over = self._left_over(batch)
            (task,) = self._ledger.add_tasks(batch, [values])
            self._submit(left_over)
        self._submit([task], front=front)
        return task

    def edit(self, task: Task, params: Mapping[str, Any]) -> None:
        """Change some parameters of a queued task."""
        self._check(task.batch)
        self._ledger.edit_task(task, complete(self._generator, task.params, params))

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

    def resume(self, base: Mapping[str, Any], batch: Batch) -> None:
        """Queue what was interrupted or cancelled in a batch again, and what was left queued in it."""
        ended = [task for task in batch.tasks if task.status in (TaskStatus.INTERRUPTED, TaskStatus.CANCELLED)]
        self._again(base, batch, ended, resume=True)

    def _again(self, base: Mapping[str, Any], batch: Batch, ended: Sequence[Task], *, resume: bool = False) -> None:
        """Queue ended tasks of a batch again; with `resume`, or when it had ended, also what was left queued in it."""
        self._runner.check_open()  # again, now that nobody can close it
        left_over = self._left_over(batch, always=resume)
        tasks = sorted([*ended, *left_over], key=lambda task: task.index)
        if not tasks:
            return
        self._check(batch)
        checked = [self._revive(task, base) for task in tasks]
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
        self._runner.submit(self._generator, tasks, front=front)
        if self._runner.paused:
            self._ledger.set_paused([batch], True)

    def _check(self, batch: Batch) -> None:
        if batch.generator != self._generator.name:
            cure = f"resume it with that generator, not {self._generator.name!r}"
            raise StateError(f"batch {batch.id} was made by {batch.generator!r}; {cure}")

    def _left_over(self, batch: Batch, *, always: bool = False) -> list[Task]:
        """Give what is queued in a batch and in no queue, as after a kernel died: a batch that goes on waits for it."""
        if not (always or batch.status.is_finished) or not batch.counts[TaskStatus.QUEUED]:
            return []
        waiting = set(self._runner.queue)
        return [task for task in batch.tasks if task.status is TaskStatus.QUEUED and task not in waiting]

    def _revive(self, task: Task, base: Mapping[str, Any]) -> dict[str, Any]:
        """Turn parameters read from the database back into what the generator takes."""
        parameters = self._generator.parameters
        known = {name: value for name, value in task.params.items() if name in parameters}
        if task.batch.restored:
            # Of what JSON can't hold only a text is left; it is taken from the session instead.
            known |= {name: base[name] for name in known if parameters[name].type == "any"}
        return self._generator.validate(known)
