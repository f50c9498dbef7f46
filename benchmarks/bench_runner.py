"""What a task costs when it does nothing, beside other ways to run tasks: ``python benchmarks/bench_runner.py``.

Everything is on: durable rows, events, and a `BatchStudio` attached whose far end records what it is sent. Contenders
take turns within each repetition, so that a noisy machine slows all of them; figures are medians, and ratios are
medians of the ratios within a repetition.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import multiprocessing
import os
import platform
import re
import sqlite3
import sys
import tempfile
import threading
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import comm
import comm.base_comm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from peers import PEERS, Peer, Run  # noqa: E402

import batchgen_widgets as bg  # noqa: E402

SMALL, LARGE, HUGE = 1_000, 10_000, 100_000
OURS, OURS_ALONE = "BatchSession, 2 workers", "BatchSession, 1 worker"
PROGRESS_CALLS = 100_000
BEGIN, END = "<!-- bench_runner: begin -->", "<!-- bench_runner: end -->"


class Wire(comm.base_comm.BaseComm):
    """A comm whose far end keeps what it was sent."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self.published: list[tuple[str, Any, list[Any]]] = []
        super().__init__(*args, **keywords)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.published.append((msg_type, data, list(buffers or [])))


@bg.generator
def noop(seed: int = 0) -> dict[str, int]:
    """Do nothing."""
    return {"x": 1}


@bg.generator
def talkative(seed: int = 0, *, task: bg.TaskContext) -> dict[str, float]:
    """Measure what a report costs."""
    report, clock, calls = task.progress, time.perf_counter, range(PROGRESS_CALLS)
    start = clock()
    for _ in calls:
        report(0.5)
    plain = clock()
    for _ in calls:
        report(0.5, "half")
    return {"plain": (plain - start) / PROGRESS_CALLS, "message": (clock() - plain) / PROGRESS_CALLS}


@dataclass
class Opened:
    """A session with everything on."""

    session: bg.BatchSession
    wire: Wire


@contextmanager
def opened(generator: bg.Generator, directory: Path, workers: int) -> Iterator[Opened]:
    """Open a session in a new project, with a studio that shows it."""
    known, comm.create_comm = comm.create_comm, Wire
    try:
        with bg.BatchSession(generator, project=directory / "project", workers=workers) as session:
            studio = bg.BatchStudio(session)
            try:
                yield Opened(session, studio.comm)
            finally:
                studio.close()
    finally:
        comm.create_comm = known


def vary_seeds(session: bg.BatchSession, count: int) -> None:
    """Let the next batch have that many tasks, each with a seed of its own."""
    session.set_batch_config({"batch_size": count, "variation_params": {"vary_seeds": True}})


@contextmanager
def own(directory: Path, workers: int, count: int) -> Iterator[Run]:
    """Run tasks as a peer does, with everything on."""
    with opened(noop, directory, workers) as it:
        vary_seeds(it.session, count)
        time.sleep(0.3)  # the studio shows that; a rested pump sends the next change at once
        yield lambda _count: it.session.start_batch().wait()
        check_whole(it, count)


def check_whole(it: Opened, count: int) -> None:
    """Prove that what was timed did all of its work: every row on disk, and the browser told of the end."""
    reader = sqlite3.connect(it.session.project.path / "batchgen.db")
    [(rows,)] = reader.execute("SELECT count(*) FROM tasks WHERE status = 'completed' AND metrics IS NOT NULL")
    reader.close()
    assert rows == count, f"{rows} of {count} tasks are on disk"
    deadline = time.monotonic() + 10
    while not any(_tells_end(data) for kind, data, _ in list(it.wire.published) if kind == "comm_msg"):
        assert time.monotonic() < deadline, "the studio was never told that the batch completed"
        time.sleep(0.02)


def _tells_end(data: Any) -> bool:
    batch = data.get("state", {}).get("batch") if data else None
    return batch is not None and batch["status"] == "completed"


OWN = (
    Peer(OURS, None, (SMALL, LARGE), own, workers=2, durable=True),
    Peer(OURS_ALONE, None, (SMALL, LARGE), own, workers=1, durable=True),
)


def measure(peer: Peer, count: int) -> float:
    """Give the seconds that a contender takes for each of that many no-op tasks."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        peer.open(Path(directory), peer.workers, count) as run,
    ):
        gc.collect()
        start = time.perf_counter()
        run(count)
        return (time.perf_counter() - start) / count


def time_progress() -> dict[str, float]:
    """Give the seconds that a report takes, from a generator that a session runs while a studio shows it."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        opened(talkative, Path(directory), 1) as it,
    ):
        vary_seeds(it.session, 1)
        batch = it.session.start_batch()
        batch.wait()
        return {name: float(value) for name, value in batch.tasks[0].metrics.items()}


def time_start() -> dict[str, float]:
    """Give the seconds from the call of `start_batch` to its return, and to the start of the first of many tasks."""
    started = threading.Event()
    first: list[float] = []

    def note(seed: int = 0) -> dict[str, int]:
        if not started.is_set():
            first.append(time.perf_counter())
            started.set()
        return {"x": 1}

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        opened(bg.generator(note), Path(directory), 1) as it,
    ):
        vary_seeds(it.session, HUGE)
        begin = time.perf_counter()  # at once: the plan is drawn within
        batch = it.session.start_batch()
        returned = time.perf_counter()
        assert started.wait(60), "no task started"
        assert len(batch.tasks) == HUGE
        it.session.cancel_batch(batch.id)
    return {"returns": returned - begin, "first": first[0] - begin}


def weigh_allocated() -> float:
    """Give the bytes that Python allocates for a queued task; in a process of its own."""
    tracemalloc.start()
    with paused() as queue:
        before = tracemalloc.get_traced_memory()[0]
        queue()
        return (tracemalloc.get_traced_memory()[0] - before) / HUGE


def weigh_resident() -> float | None:
    """Give the bytes that the process grows by for a queued task, where the system tells; in a process of its own."""
    with paused() as queue:
        before = _rss()
        queue()
        after = _rss()
    return None if before is None or after is None else (after - before) / HUGE


@contextmanager
def paused() -> Iterator[Callable[[], None]]:
    """Open a session where nothing starts; call what is given to queue many tasks."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        opened(noop, Path(directory), 1) as it,
    ):
        session = it.session
        vary_seeds(session, 10)
        session.start_batch().wait()  # whatever is made once is made by now
        session.pause()

        def queue() -> None:
            vary_seeds(session, HUGE)
            session.start_batch()
            session.plan()  # the studio shows the next one, which takes room as well
            assert len(session.queue) == HUGE
            gc.collect()

        gc.collect()
        yield queue


def _rss() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def in_new_process(function: Callable[[], float | None]) -> float | None:
    """Call a function in a process of its own, where nothing else has grown the heap."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function).result()


@dataclass
class Figures:
    """Everything that was measured, one entry for each repetition."""

    tasks: dict[tuple[str, int], list[float]]
    progress: dict[str, list[float]]
    start: dict[str, list[float]]
    memory: dict[str, float]
    missing: list[str]

    def ratio(self, peer: Peer, count: int) -> float:
        """Say how many times what ours costs a contender costs; one measured with few tasks is held against 1,000."""
        ours = self.tasks[OURS, max(count, SMALL)]
        return median(theirs / own for theirs, own in zip(self.tasks[peer.name, count], ours, strict=True))


def run_all(repetitions: int, say: Callable[[str], None]) -> Figures:
    """Measure everything, in turns."""
    here = [peer for peer in PEERS if peer.version is not None]
    found = Figures(
        tasks=defaultdict(list),
        progress=defaultdict(list),
        start=defaultdict(list),
        memory={},
        missing=[peer.name for peer in PEERS if peer.version is None],
    )
    for name in found.missing:
        say(f"{name}: not installed, left out")
    contenders = [*OWN, *here]
    for peer in contenders:
        measure(peer, 100)  # imports, and whatever else is done once
    for repetition in range(repetitions):
        turn = repetition % len(contenders)
        for peer in contenders[turn:] + contenders[:turn]:
            for count in peer.sizes:
                found.tasks[peer.name, count].append(measure(peer, count))
        for name, seconds in time_progress().items():
            found.progress[name].append(seconds)
        for name, seconds in time_start().items():
            found.start[name].append(seconds)
        say(f"repetition {repetition + 1} of {repetitions}: {found.tasks[OURS, SMALL][-1] * 1e6:.0f} µs a task")
    for name, weigh in (("python", weigh_allocated), ("rss", weigh_resident)):
        if (size := in_new_process(weigh)) is not None:
            found.memory[name] = size
    return found


def report(found: Figures, repetitions: int) -> str:
    """Write the figures as Markdown."""
    here = [peer for peer in PEERS if peer.version is not None]
    lines = [
        f"Medians of {repetitions} interleaved repetitions, with the fastest and the slowest. {_machine(here)}",
        "",
        f"| no-op tasks | durable | µs a task, {SMALL:,} tasks | µs a task, {LARGE:,} tasks | × ours |",
        "|---|---|---|---|---|",
    ]
    for peer in (*OWN, *here):
        small = min(peer.sizes)
        note = "" if small == SMALL else f" ({small:,} tasks)"
        large = _spread(found.tasks[peer.name, LARGE]) if LARGE in peer.sizes else "–"
        name = f"**{peer.name}**" if peer in OWN else f"{peer.name} {peer.version}".strip()
        cells = [name, "yes" if peer.durable else "no", _spread(found.tasks[peer.name, small]) + note, large]
        lines.append(f"| {' | '.join(cells)} | {_short(found.ratio(peer, small))} |")
    lines += ["", "| goal | asked | measured | met |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _goals(found)]
    if found.missing:
        lines += ["", f"Not installed here, so left out: {', '.join(found.missing)}."]
    return "\n".join(lines)


def _goals(found: Figures) -> Iterator[tuple[str, str, str, str]]:
    for name in (OURS, OURS_ALONE):
        for count in (SMALL, LARGE):
            us = median(found.tasks[name, count]) * 1e6
            yield f"a no-op task, {name.partition(', ')[2]}, of {count:,}", "≤ 150 µs", f"{us:.0f} µs", _met(us, 150)
    for peer, times in zip(PEERS[-2:], (10, 70), strict=True):
        if peer.version is not None:
            ratio = found.ratio(peer, peer.sizes[0])
            yield f"times under {peer.name}", f"≥ {times} ×", f"{ratio:.1f} ×", _met(-ratio, -times)
    for name in (OURS, OURS_ALONE):
        pairs = zip(found.tasks[name, LARGE], found.tasks[name, SMALL], strict=True)
        growth = median(large / small for large, small in pairs)
        what = f"{LARGE:,} tasks against {SMALL:,}, {name.partition(', ')[2]}"
        yield what, "× ≤ 1 (± 15 % noise)", f"× {growth:.2f}", _met(growth, 1.15)
    for key, name in (("plain", "progress(0.5)"), ("message", 'progress(0.5, "half")')):
        us = median(found.progress[key]) * 1e6
        yield f"`{name}`", "< 2 µs", f"{us:.2f} µs", _met(us, 2)
    for key, name in (("python", "as Python allocates it"), ("rss", "as the process grows")):
        if key in found.memory:
            size = found.memory[key]
            yield f"memory of a queued task, {name}", "< 1,000 B", f"{size:,.0f} B", _met(size, 1000)
    for key, name in (("returns", "`start_batch` has returned"), ("first", "the first task has started")):
        seconds = median(found.start[key])
        yield f"{HUGE:,} tasks: {name} after", "< 2 s", f"{seconds:.2f} s", _met(seconds, 2)


def _met(value: float, limit: float) -> str:
    return "yes" if value <= limit else f"**no**, by {abs(value / limit - 1):.0%}"


def _spread(seconds: list[float]) -> str:
    low, middle, high = (f"{value * 1e6:,.{0 if median(seconds) > 2e-5 else 1}f}" for value in _three(seconds))
    return f"{middle} ({low}–{high})"


def _three(values: list[float]) -> tuple[float, float, float]:
    return min(values), median(values), max(values)


def _short(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _machine(here: list[Peer]) -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    ours = importlib.metadata.version("ipywidgets")
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, ipywidgets {ours}, {platform.system()}, "
        f"{os.cpu_count()} cores{load}. Peers run two tasks at once, but for Optuna, which is faster one by one; "
        f"ratios are to ours with two workers."
    )


def write(path: Path, text: str) -> None:
    """Put the text between the markers of a document, which is made when there is none."""
    block = f"{BEGIN}\n\n{text}\n\n{END}"
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    new, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, old, count=1, flags=re.DOTALL)
    path.write_text(new if count else f"{old.rstrip()}\n\n{block}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a no-op task costs, beside other ways to run tasks.")
    parser.add_argument("--repetitions", type=int, default=7, help="how often everything is measured (default: 7)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the markers of this document")
    options = parser.parse_args()
    found = run_all(options.repetitions, lambda text: print(text, file=sys.stderr, flush=True))
    text = report(found, options.repetitions)
    print(text)
    if options.write:
        write(options.write, text)


if __name__ == "__main__":
    main()
