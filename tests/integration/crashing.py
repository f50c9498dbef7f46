"""Kernels that are there to be killed: ``python crashing.py PROJECT`` starts one for each line on stdin.

A line is the seed of what the kernel does. It opens the project, resumes what was left, and then starts batches, marks
assets, pauses, resumes and retries, for ever. Kernels are forked from this process, which has imported everything and
opened nothing: so each is a process of its own, and a hundred of them start in a few seconds.

What a kernel says on stdout, one JSON line each: ``tick`` at every step that touches the disk (a file opened, renamed
or removed, an SQL statement begun), ``call`` when the generator is called, ``batch``, ``tasks`` and ``assets`` when the
project tells of them, and ``dead`` once it is gone, which the parent says.
"""

from __future__ import annotations

import json
import os
import queue
import sqlite3
import sys
import threading
from random import Random
from typing import Any

import batchgen_widgets as bg
from batchgen_widgets.media import make_thumbnail, write_media
from batchgen_widgets.projects import AssetsAdded, BatchAdded, TasksChanged

WORKERS = 2
RETRIES = 1
STDOUT = 1

FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir"}


def say(word: str, **values: Any) -> None:
    """Write one line at once; a pipe keeps one of this length whole, whoever writes beside it and is killed when."""
    line = json.dumps({"word": word, **values}).encode() + b"\n"
    assert len(line) < 4096
    try:
        os.write(STDOUT, line)
    except BrokenPipeError:  # nobody is left who would kill this process
        os._exit(1)


@bg.generator
def sketch(seed: int = 0, *, task: bg.TaskContext) -> Any:
    """Draw one to three pictures of different sizes; some fail at first, some always."""
    from PIL import Image

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
    """Counts what touches the disk; at the chosen one the thread that is about to do it stands still."""

    def __init__(self, root: str, last: int | None) -> None:
        self.root = root
        self.last = last
        self.count = 0
        self.lock = threading.Lock()
        sys.addaudithook(self.hear)
        connect = sqlite3.connect

        def listened(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_trace_callback(self.hear_sql)
            return connection

        sqlite3.connect = listened  # type: ignore[assignment]

    def hear(self, event: str, values: tuple[Any, ...]) -> None:
        if event in FILE_EVENTS and str(values[0]).startswith(self.root):
            self.tick(f"{event} {os.path.basename(str(values[0]))}")

    def hear_sql(self, sql: str) -> None:
        words = sql.split()
        if words[0] != "SELECT":  # reading leaves nothing half done
            self.tick(" ".join(words[:3]))

    def tick(self, what: str) -> None:
        with self.lock:
            self.count += 1
            here = self.count == self.last
            say("tick", what=what)
        if here:
            threading.Event().wait()  # until it is killed


def kernel(root: str, seed: int, hold_at: int | None) -> None:
    random = Random(seed)
    Moments(root, hold_at)
    happened: queue.SimpleQueue[object] = queue.SimpleQueue()

    def listen(event: object) -> None:
        if isinstance(event, BatchAdded):
            say("batch", batch=event.batch.id)
        elif isinstance(event, TasksChanged):
            say("tasks", batch=event.batch.id, tasks=[[task.index, str(task.status)] for task in event.tasks])
            happened.put(event)
        elif isinstance(event, AssetsAdded):
            say("assets", files=[asset.path.name for asset in event.assets])

    session = bg.BatchSession(sketch, root, workers=WORKERS, retries=RETRIES, retry_backoff=0.0)
    session.project.ledger.hub.subscribe(listen)
    for batch in session.history:
        if str(batch.status) == "interrupted":
            session.resume_batch(batch.id)
    while True:
        if len(session.queue) < 6:
            varied = {"vary_seeds": True, "seed": random.randrange(2**40)}
            session.set_batch_config({"batch_size": random.randint(1, 8), "variation_params": varied})
            session.start_batch()
        batch = random.choice(session.history)
        choice = random.random()
        if choice < 0.2 and batch.results:
            session.set_marks(random.sample(batch.results, 1), random.choice(["favorite", "discarded", None]))
        elif choice < 0.3:
            session.pause()
            session.resume()
        elif choice < 0.4 and batch.failed_count and len(session.queue) < 12:
            session.retry_failed(batch.id)
        happened.get()


def main() -> None:
    root = sys.argv[1]
    # All that a kernel needs is imported, and no thread runs here.
    from PIL import Image

    from batchgen_widgets.media import normalize

    Image.preinit()
    make_thumbnail(normalize(Image.new("RGB", (8, 8))).items[0], "image")
    assert write_media
    assert threading.active_count() == 1
    for line in sys.stdin:
        seed, hold_at = json.loads(line)
        child = os.fork()
        if not child:
            try:
                kernel(root, seed, hold_at)
            except BaseException:
                import traceback

                say("error", text=traceback.format_exc()[-3000:])
                os._exit(1)
        say("born", pid=child)
        _, status = os.waitpid(child, 0)
        say("dead", signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


if __name__ == "__main__":
    main()
