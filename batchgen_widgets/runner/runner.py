"""The queue, and the workers that take tasks from it."""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..batches import Batch, Task, TaskStatus
from ..errors import StateError, TaskCancelled
from ..generators import Generator, TaskContext
from ..media import normalize
from ..projects import Project
from .executors import Executor

__all__ = ["Runner"]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Running:
    task: Task
    context: TaskContext


class Runner:
    """Runs queued tasks in order, each to exactly one end.

    Workers are daemon threads that start when there is work and leave when there is none, so that an idle session holds
    no thread. The project's lock guards the queue as well: there is one lock.

    Parameters
    ----------
    project : Project
        Where results go.
    executor : Executor
        Where generators run.
    workers : int
        How many tasks run at once.
    """

    def __init__(self, project: Project, executor: Executor, workers: int) -> None:
        self.workers = workers
        self._project = project
        self._ledger = project.ledger
        self._executor = executor
        self._lock = self._ledger.lock
        self._waiting: deque[Task] = deque()
        self._generators: dict[str, Generator] = {}
        self._running: dict[int, _Running] = {}
        self._threads: set[threading.Thread] = set()
        self._idle = threading.Condition(self._lock)
        self._paused = False
        self._closed = False

    # Reading

    @property
    def paused(self) -> bool:
        """Whether nothing new starts."""
        return self._paused

    @property
    def queue(self) -> list[Task]:
        """The tasks that have not started, in order."""
        with self._lock:
            return [task for task in self._waiting if task.status is TaskStatus.QUEUED]

    @property
    def running(self) -> list[Task]:
        """The tasks that run now, in the order in which they started."""
        with self._lock:
            return [entry.task for entry in self._running.values()]

    # Commands

    def submit(self, generator: Generator, tasks: Iterable[Task]) -> None:
        """Append queued tasks to the queue."""
        with self._lock:
            self._check_open()
            added = dict.fromkeys(tasks)
            # A task that was cancelled while it waited, and is queued again now, has an old place: it takes a new one.
            self._waiting = deque(task for task in self._waiting if task not in added)
            for task in added:
                self._generators[task.batch.id] = generator
                self._waiting.append(task)
            self._wake()

    def cancel(self, tasks: Sequence[Task]) -> None:
        """Cancel tasks: queued ones at once, running ones at their generator's next report."""
        with self._lock:
            self._ledger.cancel_queued([task for task in tasks if task.status is TaskStatus.QUEUED])
            for task in tasks:
                # Also where another session of this kernel runs it, as after a cell was run again.
                if task.context is not None:
                    task.context.cancel()

    def pause(self) -> None:
        """Start nothing new; what runs goes on to its end."""
        with self._lock:
            self._check_open()
            self._paused = True
            self._ledger.set_paused(self._unfinished(), True)

    def resume(self) -> None:
        """Go on with the queue."""
        with self._lock:
            self._check_open()
            self._paused = False
            self._ledger.set_paused(self._unfinished(), False)
            self._wake()

    def close(self, timeout: float | None = 5.0) -> None:
        """Stop for good: running tasks are told to stop and become interrupted, queued ones stay queued in the project.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait for the running generators; what still runs then is left alone, its result is dropped.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            batches = self._unfinished()
            self._waiting.clear()
            for entry in self._running.values():
                entry.context.cancel()
            try:
                if threading.current_thread() not in self._threads:
                    self._idle.wait_for(lambda: not self._running, timeout)
            finally:  # also when somebody is tired of waiting
                left = [entry.task for entry in self._running.values()]
                # From now on the workers find that their tasks are not theirs any more.
                self._running.clear()
                for batch in batches:
                    self._ledger.interrupt(batch, [task for task in left if task.batch is batch])
        self._executor.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StateError("the session is closed; make a new BatchSession on the same project to go on")

    def _unfinished(self) -> list[Batch]:
        tasks = [*(entry.task for entry in self._running.values()), *self._waiting]
        return [
            batch for batch in {id(task.batch): task.batch for task in tasks}.values() if not batch.status.is_finished
        ]

    # Workers

    def _wake(self) -> None:
        """Start as many workers as there is work for."""
        if self._paused or self._closed:
            return
        for _ in range(min(self.workers, len(self._threads) + len(self._waiting)) - len(self._threads)):
            thread = threading.Thread(target=self._work, name="batchgen-worker", daemon=True)
            thread.start()
            self._threads.add(thread)

    def _work(self) -> None:
        thread = threading.current_thread()
        while (entry := self._take(thread)) is not None:
            try:
                self._run(entry)
            except Exception as error:
                _log.exception("task %s could not be brought to its end", entry.task.id)
                self._fail(entry, error)
            with self._lock:
                if self._owns(entry):
                    del self._running[id(entry.task)]
                self._idle.notify_all()

    def _take(self, thread: threading.Thread) -> _Running | None:
        """Take the next queued task and start it; None when there is nothing to do, and the worker leaves."""
        with self._lock:
            while self._waiting and not self._paused and not self._closed:
                task = self._waiting.popleft()
                if task.status is not TaskStatus.QUEUED:
                    continue  # cancelled while it waited
                try:
                    self._ledger.start_task(task)
                except Exception:
                    # The project can't be written: keep the task, stop the queue, and let the person look.
                    _log.exception("task %s could not be started; the queue is paused", task.id)
                    self._waiting.appendleft(task)
                    self._paused = True
                    self._ledger.set_paused(self._unfinished(), True)
                    break
                context = task.context = TaskContext(task.params, task.index, task.attempt, sink=task)
                entry = self._running[id(task)] = _Running(task, context)
                return entry
            self._threads.discard(thread)
            return None

    def _run(self, entry: _Running) -> None:
        """Bring one task to its end. Whatever happens, there is exactly one."""
        task, context = entry.task, entry.context
        generator = self._generators[task.batch.id]
        try:
            result = self._executor.call(generator, task.params, context)
            outputs = normalize(result)
            assets = self._project.store_outputs(task, outputs)
        except TaskCancelled:
            with self._lock:
                if self._owns(entry):
                    self._ledger.stop_task(task, TaskStatus.INTERRUPTED if self._closed else TaskStatus.CANCELLED)
        except BaseException as error:  # also SystemExit: one task never stops the others
            self._fail(entry, error)
        else:
            with self._lock:
                if not self._owns(entry):
                    self._project.remove_files(assets)
                    return
                try:
                    self._ledger.complete_task(task, assets, outputs.metrics)
                except Exception as error:
                    self._project.remove_files(assets)
                    self._fail(entry, error)

    def _owns(self, entry: _Running) -> bool:
        """Say whether the task is still run here: not after `close`, when another session may run it again."""
        return self._running.get(id(entry.task)) is entry

    def _fail(self, entry: _Running, error: BaseException) -> None:
        message = describe(error)
        trace = "".join(traceback.format_exception(_without_our_frames(error)))
        with self._lock:
            if self._owns(entry):
                self._ledger.fail_task(entry.task, message, trace)


def describe(error: BaseException) -> str:
    """Give an error in one line: its kind and its message."""
    try:
        text = " ".join(str(error).split())
    except BaseException as second:
        text = f"(its message can't be read: {type(second).__name__})"
    kind = type(error).__name__
    line = f"{kind}: {text}" if text else kind
    return line if len(line) <= 500 else f"{line[:499]}…"


def _without_our_frames(error: BaseException) -> BaseException:
    """Let the traceback begin in the user's code, where the cause is, if it gets there at all."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(
        __package__ or "batchgen_widgets"
    ):
        trace = trace.tb_next
    while trace is not None and trace.tb_frame.f_globals.get("__name__") == "batchgen_widgets.generators.generator":
        trace = trace.tb_next
    return error.with_traceback(trace or error.__traceback__)
