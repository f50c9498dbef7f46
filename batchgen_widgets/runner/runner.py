"""The queue, and the workers that take tasks from it."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from ..batches import Batch, Task, TaskStatus
from ..errors import ProjectError, StateError
from ..generators import Generator, ProgressSink
from ..media import Encoding
from ..projects import Project, remove_files
from ..recipes import template_of
from .executors import Executor
from .policy import Policy
from .stopping import StopSignal, all_of
from .work import Input, Job, Result, describe

__all__ = ["Runner"]

_log = logging.getLogger(__name__)

_KEEP_S = 60.0
"""How long a result that can't be written is tried again before its task fails."""

_KEEP_PAUSE_S = 2.0

_LOOK_S = 1.0
"""How often a worker that waits for the time of another try looks whether that is still wanted."""

_LOOK_AHEAD = 256
"""How far down the queue a group looks for tasks that fit it."""


@dataclass(slots=True, eq=False)
class _Running:
    task: Task
    stop: StopSignal = field(default_factory=StopSignal)


@dataclass(slots=True, eq=False)
class _Aside:
    """A job that is no task of the queue, and where its results go."""

    job: Job
    sinks: Sequence[ProgressSink]
    stop: StopSignal
    done: Future[list[Result]] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Call:
    """What a worker runs: one task, or a group of them in one call of the generator."""

    job: Job
    entries: list[_Running]

    @property
    def is_group(self) -> bool:
        return len(self.entries) > 1


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
    encoding : Encoding, optional
        The formats of files.
    """

    def __init__(
        self, project: Project, executor: Executor, workers: int, policy: Policy, encoding: Encoding | None = None
    ) -> None:
        self.workers = workers
        self.encoding = encoding or Encoding()
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
        # Tasks of groups that failed: each shows by itself what is wrong.
        self._alone: set[Task] = set()
        self._generators: dict[str, Generator] = {}
        self._running: dict[int, _Running] = {}
        self._asides: deque[_Aside] = deque()
        self._asides_running: list[_Aside] = []
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
                self._alone.discard(task)
            self._place(list(added), 0 if front else None)
            self._wake()

    def run_aside(self, job: Job, sinks: Sequence[ProgressSink], stop: StopSignal) -> list[Result]:
        """Run a job that belongs to no task, as soon as a worker is free, before the queue and also while it is paused.

        It takes the place of a worker, so that no more run at once than the session said. Nothing of it is kept.

        Raises
        ------
        StateError
            When the session is closed.
        """
        aside = _Aside(job, sinks, stop)
        with self._lock:
            self.check_open()
            self._asides.append(aside)
            self._wake()
        unsubscribe = stop.subscribe(lambda: self._give_up(aside))
        try:
            return aside.done.result()
        finally:
            unsubscribe()

    def _give_up(self, aside: _Aside) -> None:
        """Let go of a job that waits and shall stop; one that runs hears of it by its signal."""
        with self._lock:
            if aside in self._asides:
                self._asides.remove(aside)
                aside.done.set_result(aside.job.all(Result("cancelled")))

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
            for aside in [*self._asides, *self._asides_running]:
                aside.stop.request(hard=True)
            self._changed.notify_all()
            try:
                if threading.current_thread() not in self._threads:
                    self._changed.wait_for(lambda: not self._running and not self._asides_running, timeout)
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
        if self._closed or (self._paused and not self._asides):
            return
        work = len(self._running) + len(self._waiting) + len(self._delayed)
        work += len(self._asides) + len(self._asides_running)
        for _ in range(min(self.workers, work) - len(self._threads)):
            thread = threading.Thread(target=self._work, name="batchgen-worker", daemon=True)
            thread.start()
            self._threads.add(thread)
        self._changed.notify_all()

    def _work(self) -> None:
        thread = threading.current_thread()
        call = self._take(thread)
        while call is not None:
            if isinstance(call, _Aside):
                self._run_aside(call)
                call = self._take(thread)
                continue
            sinks = [entry.task for entry in call.entries]
            stop = all_of([entry.stop for entry in call.entries])
            try:
                results = self.executor.run(call.job, sinks, stop, self._policy.timeout)
            except BaseException as error:
                _log.exception("the executor lost task %s", sinks[0].id)
                results = call.job.all(Result("failed", error=describe(error)))
            with self._lock:
                self._settle(call, results)
                self._changed.notify_all()
                # Before the lock is given up, which then changes hands once for each task and not twice.
                call = self._take(thread)

    def _run_aside(self, aside: _Aside) -> None:
        try:
            results = self.executor.run(aside.job, aside.sinks, aside.stop, None)
        except BaseException as error:
            _log.exception("the executor lost a job of %s", aside.job.generator.name)
            results = aside.job.all(Result("failed", error=describe(error)))
        with self._lock:
            self._asides_running.remove(aside)
            self._changed.notify_all()
        aside.done.set_result(results)

    def _take(self, thread: threading.Thread) -> _Call | _Aside | None:
        """Take the next queued tasks and start them; None when there is nothing to do, and the worker leaves."""
        with self._lock:
            while not self._closed and (self._asides or not self._paused):
                if self._asides:
                    aside = self._asides.popleft()
                    self._asides_running.append(aside)
                    return aside
                self._take_back_due()
                if self._waiting:
                    tasks = self._next()
                    if tasks and (call := self._start(tasks)):
                        return call
                elif self._delayed:
                    patience = self._delayed[0][0] - time.monotonic()
                    if not self._changed.wait(min(max(0.0, patience), _LOOK_S)):
                        self._forget_cancelled()
                else:
                    break
            self._threads.discard(thread)
            return None

    def _next(self) -> list[Task]:
        """Take the first task out of the queue, and with it those behind it that can run in the same call."""
        first = self._waiting.popleft()
        if first.status is not TaskStatus.QUEUED:  # it was cancelled while it waited
            return []
        generator = self._generators[first.batch.id]
        group, passed = [first], list[Task]()
        if generator.max_batch_size > 1 and first not in self._alone:
            key = generator.group_key(first.params)
            for _ in range(min(_LOOK_AHEAD, len(self._waiting))):
                if len(group) == generator.max_batch_size:
                    break
                task = self._waiting.popleft()
                fits = task.status is TaskStatus.QUEUED and task.batch is first.batch and task not in self._alone
                is_fit = fits and generator.group_key(task.params) == key
                (group if is_fit else passed).append(task)
            self._waiting.extendleft(reversed(passed))
        return group

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

    def _start(self, tasks: list[Task]) -> _Call | None:
        try:
            self._ledger.start_tasks(tasks)
        except Exception:
            # The project can't be written: keep the tasks, stop the queue, and let the person look.
            _log.exception("task %s could not be started; the queue is paused", tasks[0].id)
            self._waiting.extendleft(reversed(tasks))
            self._paused = True
            self._ledger.set_paused(self._unfinished(), True)
            return None
        entries = [_Running(task) for task in tasks]
        for entry in entries:
            self._running[id(entry.task)] = entry
            entry.task.stop = entry.stop
        batch = tasks[0].batch
        generator = self._generators[batch.id]
        job = Job(
            generator=generator,
            inputs=[Input(task.params, task.attempt, self._project.destination(task)) for task in tasks],
            check_images=self._policy.check_images,
            encoding=self.encoding,
            source_sha256=generator.source_sha256,
            template=template_of(batch.base_parameters),
        )
        return _Call(job, entries)

    def _owns(self, entry: _Running) -> bool:
        """Say whether the task is still run here: not after `close`, when another session may run it again."""
        return self._running.get(id(entry.task)) is entry

    def _settle(self, call: _Call, results: Sequence[Result]) -> None:
        """Bring the tasks of a call to their ends, each by itself."""
        wanted = not all(entry.stop.requested for entry in call.entries)
        split = call.is_group and wanted and all(result.status == "failed" for result in results)
        again = []
        for entry, result in zip(call.entries, results, strict=True):
            if not self._owns(entry):
                remove_files(result.assets)
                continue
            try:
                if wanted and entry.stop.requested:  # the call went on for the others
                    remove_files(result.assets)
                    self._end(entry, Result("cancelled"))
                elif split and not self._closed:
                    self._ledger.retry_later(entry.task, result.error or "", result.traceback)
                    again.append(entry.task)
                else:
                    self._end(entry, result)
            except Exception:
                _log.exception("task %s could not be brought to its end", entry.task.id)
            self._running.pop(id(entry.task), None)  # gone if the runner was closed while a result waited
        if again:
            self._alone.update(again)
            self._waiting.extendleft(reversed(again))
            self._ledger.reorder()

    def _end(self, entry: _Running, result: Result) -> None:
        """Bring a task to its end on disk, or back into the queue for another try."""
        task = entry.task
        if result.status == "completed":
            try:
                self._keep(entry, result)
            except Exception as error:
                remove_files(result.assets)
                if not self._owns(entry):
                    return
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
        self._alone.discard(task)

    def _keep(self, entry: _Running, result: Result) -> None:
        """Make the result of a task part of the project.

        It may have cost hours. So while the project can't be written, because another program locks it or the disk is
        full, it is tried again for a while, and the lock is free in between.
        """
        task, deadline = entry.task, time.monotonic() + _KEEP_S
        while True:
            try:
                assets = self._project.make_assets(task, result.assets, result.metrics)
                self._ledger.complete_task(task, assets, result.metrics)
                return
            except ProjectError as error:
                if self._closed or time.monotonic() >= deadline:
                    raise
                _log.warning("task %s is done, its result will be written again: %s", task.id, error)
                self._changed.wait(_KEEP_PAUSE_S)
                if not self._owns(entry):
                    raise
