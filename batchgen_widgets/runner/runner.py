"""The queue, and the workers that take tasks from it."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..batches import Batch, Task, TaskStatus
from ..errors import StateError
from ..generators import Generator
from ..projects import Project, remove_files
from .executors import Executor
from .policy import Policy
from .stopping import StopSignal
from .work import Job, Result, describe

__all__ = ["Runner"]

_log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""How often a worker that waits for the time of another try looks whether that is still wanted."""


@dataclass(slots=True, eq=False)
class _Running:
    task: Task
    job: Job
    stop: StopSignal = field(default_factory=StopSignal)


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
    policy : Policy
        What happens to tasks that fail or take too long.
    """

    def __init__(self, project: Project, executor: Executor, workers: int, policy: Policy) -> None:
        self.workers = workers
        self.executor = executor
        self._project = project
        self._policy = policy
        self._ledger = project.ledger
        self._lock = self._ledger.lock
        self._waiting: deque[Task] = deque()
        # Failed tasks that wait before their next try, by when that is.
        self._delayed: list[tuple[float, int, Task]] = []
        self._delayed_count = itertools.count()
        self._tries: Counter[Task] = Counter()
        self._generators: dict[str, Generator] = {}
        self._running: dict[int, _Running] = {}
        self._threads: set[threading.Thread] = set()
        self._changed = threading.Condition(self._lock)
        self._paused = False
        self._closed = False

    # Reading

    @property
    def paused(self) -> bool:
        """Whether nothing new starts."""
        return self._paused

    @property
    def closed(self) -> bool:
        """Whether no more commands are taken."""
        return self._closed

    @property
    def queue(self) -> list[Task]:
        """The tasks that have not started, in order.

        Those that wait before another try are last, and go to the front when their time has come.
        """
        with self._lock:
            self._take_back_due()
            tasks = [*self._waiting, *(task for _, _, task in sorted(self._delayed))]
            return [task for task in tasks if task.status is TaskStatus.QUEUED]

    @property
    def first(self) -> Task | None:
        """The first task of the queue."""
        with self._lock:
            self._take_back_due()
            waiting = itertools.chain(self._waiting, (task for _, _, task in self._delayed))
            return next((task for task in waiting if task.status is TaskStatus.QUEUED), None)

    @property
    def running(self) -> list[Task]:
        """The tasks that run now, in the order in which they started."""
        with self._lock:
            return [entry.task for entry in self._running.values()]

    # Commands

    def submit(self, generator: Generator, tasks: Iterable[Task], *, front: bool = False) -> None:
        """Put queued tasks at the end of the queue, or at its front."""
        with self._lock:
            self.check_open()
            added = dict.fromkeys(tasks)
            for task in added:
                self._generators[task.batch.id] = generator
                self._tries.pop(task, None)
            self._place(list(added), 0 if front else None)
            self._wake()

    def move(self, tasks: Sequence[Task], index: int) -> None:
        """Put queued tasks, in their order, where the first of them has that index in the queue.

        One that waits before another try waits no longer.

        Raises
        ------
        StateError
            When one of them is not in the queue.
        """
        with self._lock:
            self.check_open()
            queue = set(self.queue)
            for task in tasks:
                if task not in queue:
                    raise StateError(f"task {task.id} is {task.status} and not in this queue; only queued tasks move")
            self._place(tasks, max(0, index))
            self._wake()

    def _place(self, tasks: Sequence[Task], index: int | None) -> None:
        """Let tasks stand at one place of the queue, wherever they stood before."""
        moved = set(tasks)
        kept = [task for task in self._waiting if task not in moved and task.status is TaskStatus.QUEUED]
        self._delayed = [entry for entry in self._delayed if entry[2] not in moved]
        heapq.heapify(self._delayed)
        index = len(kept) if index is None else index
        self._waiting = deque([*kept[:index], *tasks, *kept[index:]])
        self._ledger.reorder()

    def pause(self) -> None:
        """Start nothing new; what runs goes on to its end."""
        with self._lock:
            self.check_open()
            self._paused = True
            self._ledger.set_paused(self._unfinished(), True)

    def resume(self) -> None:
        """Go on with the queue."""
        with self._lock:
            self.check_open()
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
            self._delayed.clear()
            for entry in self._running.values():
                entry.stop.request(hard=True)
            self._changed.notify_all()
            try:
                if threading.current_thread() not in self._threads:
                    self._changed.wait_for(lambda: not self._running, timeout)
            finally:  # also when somebody is tired of waiting
                left = [entry.task for entry in self._running.values()]
                # From now on the workers find that their tasks are not theirs any more.
                self._running.clear()
                for batch in batches:
                    self._ledger.interrupt(batch, [task for task in left if task.batch is batch])
        self.executor.close()

    def check_open(self) -> None:
        """Let pass while commands are taken.

        Raises
        ------
        StateError
            When the session is closed.
        """
        if self._closed:
            raise StateError("the session is closed; make a new BatchSession on the same project to go on")

    def _unfinished(self) -> list[Batch]:
        tasks = [*(entry.task for entry in self._running.values()), *self._waiting, *(t for _, _, t in self._delayed)]
        return [
            batch for batch in {id(task.batch): task.batch for task in tasks}.values() if not batch.status.is_finished
        ]

    # Workers

    def _wake(self) -> None:
        """Have as many workers as there is work for."""
        if self._paused or self._closed:
            return
        work = len(self._running) + len(self._waiting) + len(self._delayed)
        for _ in range(min(self.workers, work) - len(self._threads)):
            thread = threading.Thread(target=self._work, name="batchgen-worker", daemon=True)
            thread.start()
            self._threads.add(thread)
        self._changed.notify_all()

    def _work(self) -> None:
        thread = threading.current_thread()
        while (entry := self._take(thread)) is not None:
            try:
                result = self.executor.run(entry.job, entry.task, entry.stop, self._policy.timeout)
            except BaseException as error:
                _log.exception("the executor lost task %s", entry.task.id)
                result = Result("failed", error=describe(error))
            with self._lock:
                if self._owns(entry):
                    try:
                        self._end(entry, result)
                    except Exception:
                        _log.exception("task %s could not be brought to its end", entry.task.id)
                    del self._running[id(entry.task)]
                else:
                    remove_files(result.assets)
                self._changed.notify_all()

    def _take(self, thread: threading.Thread) -> _Running | None:
        """Take the next queued task and start it; None when there is nothing to do, and the worker leaves."""
        with self._lock:
            while not self._paused and not self._closed:
                self._take_back_due()
                if self._waiting:
                    task = self._waiting.popleft()
                    if task.status is TaskStatus.QUEUED:  # else it was cancelled while it waited
                        entry = self._start(task)
                        if entry:
                            return entry
                elif self._delayed:
                    patience = self._delayed[0][0] - time.monotonic()
                    if not self._changed.wait(min(max(0.0, patience), _LOOK_S)):
                        self._forget_cancelled()
                else:
                    break
            self._threads.discard(thread)
            return None

    def _take_back_due(self) -> None:
        """Put the tasks at the front whose time to wait is over: they are the oldest."""
        if not self._delayed or self._delayed[0][0] > (now := time.monotonic()):
            return
        due = []
        while self._delayed and self._delayed[0][0] <= now:
            due.append(heapq.heappop(self._delayed)[2])
        self._waiting.extendleft(reversed(due))
        self._ledger.reorder()

    def _forget_cancelled(self) -> None:
        """Wait no longer for another try of what was cancelled meanwhile, here or in another session."""
        self._delayed = [entry for entry in self._delayed if entry[2].status is TaskStatus.QUEUED]
        heapq.heapify(self._delayed)

    def _start(self, task: Task) -> _Running | None:
        try:
            self._ledger.start_task(task)
        except Exception:
            # The project can't be written: keep the task, stop the queue, and let the person look.
            _log.exception("task %s could not be started; the queue is paused", task.id)
            self._waiting.appendleft(task)
            self._paused = True
            self._ledger.set_paused(self._unfinished(), True)
            return None
        job = Job(
            generator=self._generators[task.batch.id],
            params=task.params,
            attempt=task.attempt,
            destination=self._project.destination(task),
            check_images=self._policy.check_images,
        )
        entry = self._running[id(task)] = _Running(task, job)
        task.stop = entry.stop
        return entry

    def _owns(self, entry: _Running) -> bool:
        """Say whether the task is still run here: not after `close`, when another session may run it again."""
        return self._running.get(id(entry.task)) is entry

    def _end(self, entry: _Running, result: Result) -> None:
        """Bring a task to its end on disk, or back into the queue for another try."""
        task = entry.task
        if result.status == "completed":
            try:
                assets = self._project.make_assets(task, result.assets, result.metrics)
                self._ledger.complete_task(task, assets, result.metrics)
            except Exception as error:
                remove_files(result.assets)
                self._ledger.fail_task(task, describe(error), None)
        elif result.status == "cancelled":
            self._ledger.stop_task(task, TaskStatus.INTERRUPTED if self._closed else TaskStatus.CANCELLED)
        elif self._closed and entry.stop.requested:
            self._ledger.stop_task(task, TaskStatus.INTERRUPTED)
        elif self._tries[task] < self._policy.retries and not entry.stop.requested:
            self._tries[task] += 1
            self._ledger.retry_later(task, result.error or "", result.traceback)
            due = time.monotonic() + self._policy.wait(self._tries[task])
            heapq.heappush(self._delayed, (due, next(self._delayed_count), task))
            return
        else:
            self._ledger.fail_task(task, result.error or "", result.traceback)
        self._tries.pop(task, None)
