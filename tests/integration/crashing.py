"""Kernels that are there to be killed: ``python crashing.py PROJECT EAR [MODULE...]`` starts one per line on stdin.

A line is an order: what the kernel does (a program, from a seed), where its generator runs, and when it says that the
moment has come to kill it. Kernels are forked from this process, which has imported everything, those modules too, and
opened nothing: so each is a process of its own, and a hundred of them start in a few seconds.

EAR is a named pipe. Into it the kernels and all their workers write, one JSON line each: ``moment`` when the moment has
come, ``call`` when the generator is called, ``batch``, ``tasks`` and ``assets`` when the project tells of them, and
``dead`` once a kernel and every process that it started are gone, which the parent says. The pipe keeps what was
written by whoever is killed right after, so it is also the journal of what a kernel confirmed.
"""

from __future__ import annotations

import json
import os
import queue
import re
import select
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from random import Random
from typing import Any

import batchgen_widgets as bg
from batchgen_widgets.media import make_thumbnail, normalize
from batchgen_widgets.projects import AssetsAdded, BatchAdded, TasksChanged

WORKERS = 2
RETRIES = 1
QUEUE = 30
BATCH = 40

FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir"}
OUR_EVENTS = {"crashing.tell", "crashing.confirm"}

MOMENT = "BATCHGEN_CRASHING_MOMENT"
"""In the environment of worker processes: the moment that one of them shall come to."""

LEAVE_S = 10.0
"""How long the workers of a killed kernel may take to leave."""

EAR = ""


def say(word: str, **values: Any) -> None:
    """Write one line at once; a pipe keeps one of this length whole, whoever writes beside it and is killed when."""
    line = json.dumps({"word": word, **values}).encode() + b"\n"
    assert len(line) < 4096, line
    try:
        # Not waiting for somebody who hears: without one this fails.
        ear = os.open(EAR, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.set_blocking(ear, True)
            os.write(ear, line)
        finally:
            os.close(ear)
    except OSError:  # nobody is left who would kill this process
        os._exit(1)


@bg.generator
def sketch(seed: int = 0, *, task: bg.TaskContext) -> Any:
    """Draw one to three pictures of different sizes; some fail at first, some always."""
    from PIL import Image

    if moment := os.environ.pop(MOMENT, None):
        Moments(**json.loads(moment))
    say("call", seed=seed, index=task.index, attempt=task.attempt)
    print("drawing")
    if seed % 11 == 0 or (seed % 5 == 0 and task.attempt % (RETRIES + 1) == 1):
        raise ValueError("no paint")
    if seed % 7 == 0:
        return {"score": seed}
    sizes = Random(seed)
    return {
        "pictures": [
            Image.effect_noise((sizes.randint(8, 160), sizes.randint(8, 120)), 40).convert("RGB")
            for _ in range(sizes.randint(1, 3))
        ],
        "score": seed,
    }


class Moments:
    """Waits for a moment of this process: a file is about to be opened, renamed or removed, an SQL statement to begin.

    Parameters
    ----------
    root : str
        The project.
    pattern : str
        What to look for in ``thread event name`` and ``thread statement``, as a regular expression.
    count : int
        Which one of those it is, from 1.
    hold : bool
        Whether the thread that is at the moment stands still until it is killed, or everything runs on.
    """

    def __init__(self, root: str, pattern: str, count: int, hold: bool) -> None:
        self.root = root
        self.pattern = re.compile(pattern)
        self.left = count
        self.hold = hold
        self.lock = threading.Lock()
        sys.addaudithook(self.hear)
        connect = sqlite3.connect

        def listened(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_trace_callback(self.hear_sql)
            return connection

        sqlite3.connect = listened  # type: ignore[assignment]

    def hear(self, event: str, values: tuple[Any, ...]) -> None:
        if event in OUR_EVENTS:
            self.tick(event)
        elif event in FILE_EVENTS and str(values[0]).startswith(self.root):
            self.tick(f"{event} {os.path.basename(str(values[0]))}")

    def hear_sql(self, sql: str) -> None:
        words = sql.split()
        if words[0] != "SELECT":  # reading leaves nothing half done
            self.tick(" ".join(words[:3]))

    def tick(self, what: str) -> None:
        what = f"{threading.current_thread().name} {what}"
        if not self.pattern.search(what):
            return
        with self.lock:
            self.left -= 1
            here = self.left == 0
        if here:
            say("moment", what=what)
            if self.hold:
                threading.Event().wait()


class Kernel:
    """A session that tells what happens in its project, and programs that drive it from a seed, for ever."""

    def __init__(self, root: str, seed: int, executor: str) -> None:
        self.random = Random(seed)
        self.happened: queue.SimpleQueue[object] = queue.SimpleQueue()
        where: Any = executor
        if executor.startswith("tcp:"):
            from distributed import Client

            where = Client(executor, set_as_default=False)
        self.session = bg.BatchSession(
            sketch, root, workers=WORKERS, executor=where, retries=RETRIES, retry_backoff=0.0
        )
        self.session.project.ledger.hub.subscribe(self.listen)

    def listen(self, event: object) -> None:
        sys.audit("crashing.tell")  # on disk, and nobody knows yet
        if isinstance(event, BatchAdded):
            say("batch", batch=event.batch.id)
        elif isinstance(event, TasksChanged):
            say("tasks", batch=event.batch.id, tasks=[[task.index, str(task.status)] for task in event.tasks])
            self.happened.put(event)
        elif isinstance(event, AssetsAdded):
            say("assets", files=[asset.path.name for asset in event.assets])

    def configure(self, most: int) -> None:
        varied = {"vary_seeds": True, "seed": self.random.randrange(2**40)}
        size = self.random.randint(1, most)
        self.session.set_batch_config({"batch_size": size, "variation_params": varied})

    def unfinished(self) -> list[bg.Batch]:
        """Give what `resume_batch` is for."""
        return [batch for batch in self.session.history if batch.status in ("interrupted", "cancelled")]

    def wander(self) -> None:
        """Resume what was left, then start batches, mark assets, pause, resume and retry."""
        for batch in self.unfinished():
            self.session.resume_batch(batch.id)
        while True:
            if len(self.session.queue) < 6:
                self.configure(8)
                self.session.start_batch()
            batch = self.random.choice(self.session.history)
            choice = self.random.random()
            if choice < 0.2 and batch.results:
                mark = self.random.choice(["favorite", "discarded", None])
                self.session.set_marks(self.random.sample(batch.results, 1), mark)
            elif choice < 0.3:
                self.session.pause()
                self.session.resume()
            elif choice < 0.4 and batch.failed_count and len(self.session.queue) < 12:
                self.session.retry_failed(batch.id)
            self.happened.get()

    def finish(self) -> None:
        """Resume what was left, and leave in order when all of it has ended."""
        left = self.unfinished()
        for batch in left:
            Commands(self).resume(batch)
        for batch in left:
            batch.wait()
        self.session.close()
        say("finished")
        os._exit(0)

    def command(self) -> None:
        """Give commands for the queue while it runs; ask before each one, and confirm it after."""
        commands = Commands(self)
        while True:
            commands.give()
            if self.random.random() < 0.3:
                try:
                    self.happened.get(timeout=0.02)
                except queue.Empty:
                    continue


class Commands:
    """Random commands. Each says what it ``asks`` for, and then that it was ``refused``, or what was ``confirmed``.

    What can be confirmed, of a batch: ``seeds`` (index and seed of tasks that are there), ``queued`` (index of tasks
    that were queued again, and their attempts so far), ``cancelled`` (index); and ``mark`` (asset and mark).
    """

    def __init__(self, kernel: Kernel) -> None:
        self.session = kernel.session
        self.random = kernel.random
        self.kernel = kernel
        self.choices: list[tuple[Callable[[], None], int]] = [
            (self.add, 4),
            (self.edit, 5),
            (self.remove, 3),
            (self.reorder, 2),
            (self.front, 1),
            (self.pause, 1),
            (self.go_on, 2),
            (self.retry, 3),
            (self.retry_failed, 3),
            (self.cancel, 1),
            (self.resume_one, 2),
            (self.start, 1),
            (self.mark, 3),
        ]

    def give(self) -> None:
        """Give one command: more work where there is little, less where there is much."""
        room = len(self.session.queue)
        if room < 4:
            self.start()
            self.go_on()
        elif room > QUEUE:
            self.random.choice([self.remove, self.cancel])()
        else:
            commands, weights = zip(*self.choices, strict=True)
            self.random.choices(commands, weights)[0]()

    def run(self, kind: str, do: Callable[[], Any], told: Callable[[Any], dict[str, Any]], **asked: Any) -> None:
        say("asks", kind=kind, **asked)
        try:
            found = do()
        except bg.StateError:  # a worker was faster
            say("refused", kind=kind)
            return
        sys.audit("crashing.confirm")  # done, and nobody knows yet
        say("confirmed", **{"kind": kind, "batch": asked.get("batch"), **told(found)})

    def batches(self) -> list[bg.Batch]:
        """Give the last few."""
        return self.session.history[-6:]

    def queued(self) -> bg.Task | None:
        tasks = self.session.queue
        # Mostly one that is not just about to start.
        return self.random.choice(tasks[-20:]) if tasks else None

    def seed(self) -> int:
        return self.random.randrange(2**40)

    def start(self) -> None:
        self.kernel.configure(10)
        self.run(
            "start",
            self.session.start_batch,
            lambda batch: {"batch": batch.id, "seeds": [[task.index, task.params["seed"]] for task in batch.tasks]},
            size=self.session.config.batch_size,
        )

    def add(self) -> None:
        batch, seed, front = self.random.choice(self.batches()), self.seed(), self.random.random() < 0.3
        if len(batch.tasks) >= BATCH:
            return
        # One that has ended may go on, by name.
        self.run(
            "add",
            lambda: self.session.add_task({"seed": seed}, front=front, batch_id=batch.id),
            lambda task: {"seeds": [[task.index, seed]], "queued": [[task.index, 0]]},
            batch=batch.id,
            seed=seed,
        )

    def edit(self) -> None:
        if task := self.queued():
            seed = self.seed()
            self.run(
                "edit",
                lambda: self.session.edit_task(task, {"seed": seed}),
                lambda _: {"seeds": [[task.index, seed]]},
                batch=task.batch.id,
                index=task.index,
                seed=seed,
            )

    def remove(self) -> None:
        if task := self.queued():
            self.run(
                "remove",
                lambda: self.session.remove_task(task),
                lambda _: {"cancelled": [task.index]},
                batch=task.batch.id,
                index=task.index,
            )

    def reorder(self) -> None:
        if task := self.queued():
            place = self.random.randrange(8)
            self.run("reorder", lambda: self.session.reorder_queue(task.id, place), lambda _: {}, batch=task.batch.id)

    def front(self) -> None:
        if task := self.queued():
            batch = task.batch
            self.run("front", lambda: self.session.move_batch_to_front(batch.id), lambda _: {}, batch=batch.id)

    def pause(self) -> None:
        self.run("pause", self.session.pause, lambda _: {})

    def go_on(self) -> None:
        self.run("go on", self.session.resume, lambda _: {})

    def retry(self) -> None:
        ended = [task for batch in self.batches() for task in batch.tasks if task.status in ("failed", "cancelled")]
        if ended:
            task = self.random.choice(ended)
            attempts = task.attempt
            self.run(
                "retry",
                lambda: self.session.retry_task(task),
                lambda _: {"queued": [[task.index, attempts]]},
                batch=task.batch.id,
                index=task.index,
            )

    def retry_failed(self) -> None:
        if batches := [batch for batch in self.session.history if batch.failed_count]:
            batch = self.random.choice(batches)
            # More may fail until it is done; those may be queued or not.
            failed = [[task.index, task.attempt] for task in batch.tasks if task.status == "failed"]
            self.run(
                "retry failed",
                lambda: self.session.retry_failed(batch.id),
                lambda _: {"queued": failed},
                batch=batch.id,
            )

    def cancel(self) -> None:
        if task := self.queued():
            batch = task.batch
            queued = [task for task in batch.tasks if task.status == "queued"]
            self.run(
                "cancel",
                lambda: self.session.cancel_batch(batch.id),
                lambda _: {"cancelled": [task.index for task in queued if task.status == "cancelled"]},
                batch=batch.id,
            )

    def resume_one(self) -> None:
        if left := self.kernel.unfinished():
            self.resume(self.random.choice(left))

    def resume(self, batch: bg.Batch) -> None:
        ended = [[t.index, t.attempt] for t in batch.tasks if t.status in ("interrupted", "cancelled")]
        self.run("resume", lambda: self.session.resume_batch(batch.id), lambda _: {"queued": ended}, batch=batch.id)

    def mark(self) -> None:
        if assets := [asset for batch in self.batches() for asset in batch.results]:
            asset, mark = self.random.choice(assets), self.random.choice(["favorite", "discarded", None])
            self.run(
                "mark",
                lambda: self.session.set_marks([asset], mark),
                lambda _: {"mark": [asset.id, mark]},
                asset=asset.id,
                mark=mark,
            )


def live(root: str, order: dict[str, Any]) -> None:
    if order.get("inside") == "worker":
        os.environ[MOMENT] = json.dumps({"root": root, **order["moment"]})
    elif "moment" in order:
        Moments(root, **order["moment"])
    getattr(Kernel(root, order["seed"], order["executor"]), order["program"])()


def main() -> None:
    global EAR
    root, EAR, *modules = sys.argv[1:]
    # All that a kernel needs is imported, and no thread runs here.
    from PIL import Image

    Image.preinit()
    make_thumbnail(normalize(Image.new("RGB", (8, 8))).items[0], "image")
    for name in modules:
        import_module(name)
    assert threading.active_count() == 1
    for line in sys.stdin:
        # The kernel and whatever it starts hold the other end of this pipe for as long as they live.
        family, member = os.pipe()
        child = os.fork()
        if not child:
            os.close(family)
            subprocess.Popen = partial(subprocess.Popen, pass_fds=(member,))  # type: ignore[assignment,misc]
            try:
                live(root, json.loads(line))
            except BaseException:
                import traceback

                say("error", text=traceback.format_exc()[-3000:])
                os._exit(1)
        os.close(member)
        say("born", pid=child)
        _, status = os.waitpid(child, 0)
        alone, _, _ = select.select([family], [], [], LEAVE_S)
        os.close(family)
        say("dead", signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, alone=bool(alone))


if __name__ == "__main__":
    main()
