"""A gallery of many pictures in JupyterLab, beside what people do without it: ``python benchmarks/bench_gallery.py``.

Each figure is of a real notebook in a real Chromium, in a page and a kernel of its own. The cell before the one that is
timed has imported everything and knows the files, which are the same thumbnails for all. Contenders take turns within
each repetition, so that a noisy machine slows all of them; figures are medians, and ratios are medians of the ratios
within a repetition.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Error

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from galleries import CONTENDERS, OURS, Contender  # noqa: E402
from lab import Measured  # noqa: E402
from pictures import picture_batch  # noqa: E402

from tests.browser.hosts import Server  # noqa: E402
from tests.browser.installed import Environment  # noqa: E402
from tests.browser.serving import CHROMIUM, NO_CHROMIUM, browsing, serving  # noqa: E402

SMALL, MIDDLE, LARGE = 100, 1_000, 10_000
GRIDBOX = "ipywidgets GridBox"
# A step of the mouse wheel in each frame; what is too long for that is scrolled as with the scroll bar.
WHEEL_PX, MOST_FRAMES = 120, 600
BEGIN, END = "<!-- bench_gallery: begin -->", "<!-- bench_gallery: end -->"


@dataclass
class Sample:
    """One notebook. Sizes are in bytes, times in milliseconds."""

    first: float
    """From running the cell until a picture is on screen."""
    all: float
    """Until all pictures that can be seen are."""
    bytes_first: int
    """What came before the first scroll, over the kernel's socket and as files."""
    messages_first: int
    heap: int
    """JavaScript heap and buffers, above those of the notebook before the cell was run; the most that was seen."""
    heap_all: int
    """The same, of the whole page."""
    nodes: int
    """Elements in the output; the most that was seen."""
    bytes_all: int = 0
    messages_all: int = 0
    scrolled: dict[str, Any] | None = None
    saved: int | None = None


def measure(
    browser: Browser, server: Server, contender: Contender, count: int, limit: float, *, whole: bool
) -> Sample | str:
    """Show that many pictures; give the figures, or why there are none.

    Parameters
    ----------
    browser, server
        Where.
    contender : Contender
    count : int
    limit : float
        Seconds to show the pictures, to save and to scroll, together.
    whole : bool
        Whether to scroll and save too.
    """
    place = f"../{count}"
    prepare = contender.prepare.format(project=place, thumbnails=f"{place}/thumbnails", count=count)
    notebook = Measured(browser, server, prepare, contender.show)
    try:
        empty = notebook.heap()
        deadline = time.monotonic() + limit
        notebook.run()
        if why := notebook.wait_until_shown(limit):
            return why
        paints = notebook.read("meter.paints()")
        bytes_first, messages_first = notebook.read("[meter.bytes + meter.downloaded, meter.messages]")
        heap = notebook.heap()
        sample = Sample(
            paints["first"],
            paints["all"],
            bytes_first,
            messages_first,
            heap - empty,
            heap,
            notebook.read("meter.nodes()"),
            bytes_first,
            messages_first,
        )
        if whole:
            _save_and_scroll(notebook, sample, empty, deadline)
        return sample
    finally:
        notebook.close()


def _save_and_scroll(notebook: Measured, sample: Sample, empty: int, deadline: float) -> None:
    def left() -> float:
        return max(1.0, deadline - time.monotonic())

    try:
        sample.saved = notebook.saved_size(left())
        scrolled = notebook.scroll(left(), WHEEL_PX, MOST_FRAMES)
    except (Error, TimeoutError):
        return
    sample.scrolled = scrolled
    notebook.wait_until_shown(left())
    sample.bytes_all, sample.messages_all = notebook.read("[meter.bytes + meter.downloaded, meter.messages]")
    sample.heap_all = max(sample.heap_all, notebook.heap())
    sample.heap = sample.heap_all - empty
    sample.nodes = max(sample.nodes, scrolled["nodes"])


@dataclass
class Figures:
    """Everything that was measured, one entry for each repetition."""

    samples: dict[tuple[str, int], list[Sample]]
    failed: dict[tuple[str, int], str]
    missing: list[str]
    sizes: tuple[int, ...]

    def middle(self, name: str, count: int, what: Callable[[Sample], float | None]) -> float | None:
        """Give the median of a figure over the repetitions that have it."""
        values = [value for sample in self.samples[name, count] if (value := what(sample)) is not None]
        return median(values) if values else None

    def ratio(self, over: tuple[str, int], under: tuple[str, int], what: Callable[[Sample], float]) -> float | None:
        """Give the median of the ratios within a repetition."""
        pairs = zip(self.samples[over], self.samples[under], strict=False)
        ratios = [what(one) / what(other) for one, other in pairs]
        return median(ratios) if ratios else None


def run_all(sizes: tuple[int, ...], repetitions: int, limit: float, say: Callable[[str], None]) -> Figures:
    """Measure everything, in turns."""
    places = [picture_batch(count, say) for count in sizes]
    here = [contender for contender in CONTENDERS if contender.version is not None]
    found = Figures(defaultdict(list), {}, [each.name for each in CONTENDERS if each not in here], sizes)
    for name in found.missing:
        say(f"{name}: not installed, left out")
    with (
        TemporaryDirectory(prefix="bench-lab-", ignore_cleanup_errors=True) as home,
        serving(places[0].parent, Path(home), Environment(Path(sys.prefix))) as server,
        browsing() as browser,
    ):
        measure(browser, server, OURS, sizes[0], limit, whole=False)  # whatever is done once
        for repetition in range(repetitions):
            for count in sizes:
                turn = repetition % len(here)
                for contender in here[turn:] + here[:turn]:
                    ours = contender is OURS
                    # No goal speaks of the smallest; at the largest the others take minutes, whatever chance does.
                    once = count == SMALL or (count == LARGE and not ours)
                    if (once and repetition) or (contender.name, count) in found.failed:
                        continue
                    got = measure(browser, server, contender, count, limit, whole=ours or not repetition)
                    if isinstance(got, str):
                        found.failed[contender.name, count] = got
                        say(f"{repetition + 1}/{repetitions} {contender.name}, {count:,}: {got}")
                    else:
                        found.samples[contender.name, count].append(got)
                        words = f"first paint {got.first:,.0f} ms, {got.bytes_first / 1e6:.2f} MB, {_scroll_words(got)}"
                        say(f"{repetition + 1}/{repetitions} {contender.name}, {count:,}: {words}")
    return found


def _scroll_words(sample: Sample) -> str:
    if sample.scrolled is None:
        return "not scrolled"
    return f"long tasks {[round(each) for each in sample.scrolled['longTasks']]}, heap +{sample.heap / 1e6:.1f} MB"


def report(found: Figures, repetitions: int) -> str:
    """Write the figures as Markdown."""
    often = (
        f"Medians of {repetitions} interleaved repetitions; all with {SMALL} pictures, and the others with {LARGE:,}"
    )
    often += ", were measured once, and the others scrolled and saved once"
    lines = [
        f"{often if repetitions > 1 else 'Of one repetition'}. Thumbnails of {_picture_size(found)}, {_machine()}",
        "",
        "| gallery | pictures | first paint (slowest) | all on screen | before the first scroll | in all | JS heap "
        "| elements | long tasks while scrolling | saved notebook |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for contender in CONTENDERS:
        name = f"**{OURS.name}**" if contender is OURS else f"{contender.name} {contender.version or ''}".strip()
        for count in found.sizes:
            if (contender.name, count) in found.failed:
                why = found.failed[contender.name, count]
                lines.append(f"| {name} | {count:,} | {why} | – | – | – | – | – | – | – |")
            elif found.samples[contender.name, count]:
                lines.append(f"| {name} | {count:,} | {' | '.join(_cells(found, contender.name, count))} |")
    lines += ["", "| goal | asked | measured | met |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _goals(found)]
    if found.missing:
        lines += ["", f"Not installed here, so left out: {', '.join(found.missing)}."]
    return "\n".join(lines)


def _cells(found: Figures, name: str, count: int) -> Iterator[str]:
    def middle(what: Callable[[Sample], float | None]) -> float:
        return found.middle(name, count, what) or 0

    samples = found.samples[name, count]
    yield f"{_seconds(middle(lambda it: it.first))} ({_seconds(max(it.first for it in samples))})"
    yield _seconds(middle(lambda it: it.all))
    yield f"{_bytes(middle(lambda it: it.bytes_first))}, {_messages(middle(lambda it: it.messages_first))}"
    whole = [sample for sample in samples if sample.scrolled]
    if not whole:
        yield from ("–", f"+{_bytes(middle(lambda it: it.heap))}", f"{middle(lambda it: it.nodes):,.0f}")
        yield "not within the limit"
        yield _bytes(samples[0].saved) if samples[0].saved else "–"
        return
    yield f"{_bytes(median(it.bytes_all for it in whole))}, {_messages(median(it.messages_all for it in whole))}"
    yield f"+{_bytes(median(it.heap for it in whole))}"
    yield f"{median(it.nodes for it in whole):,.0f}"
    counts = median(len(_long_tasks(it)) for it in whole)
    longest = max((task for it in whole for task in _long_tasks(it)), default=0)
    yield f"{counts:.0f}, the longest {longest:.0f} ms" if longest else "none"
    yield _bytes(median(it.saved or 0 for it in whole))


def _long_tasks(sample: Sample) -> list[float]:
    return sample.scrolled["longTasks"] if sample.scrolled else []


def _goals(found: Figures) -> Iterator[tuple[str, str, str, str]]:
    ours, gridbox = (OURS.name, MIDDLE), (GRIDBOX, MIDDLE)
    sooner = found.ratio(gridbox, ours, lambda it: it.first)
    if sooner is not None:
        yield f"{MIDDLE:,}: first paint sooner than GridBox", "≥ 10 ×", f"{sooner:.1f} ×", _met(-sooner, -10)
    fewer = found.ratio(gridbox, ours, lambda it: it.bytes_first)
    if fewer is not None:
        yield f"{MIDDLE:,}: fewer bytes before the first scroll", "≥ 20 ×", f"{fewer:.1f} ×", _met(-fewer, -20)
    large = found.samples[OURS.name, LARGE]
    growth = found.ratio((OURS.name, LARGE), ours, lambda it: it.first)
    if growth is not None:
        yield f"{LARGE:,}: first paint against {MIDDLE:,}", "≤ 1.5 ×", f"{growth:.2f} ×", _met(growth, 1.5)
    if large:
        counts = [len(_long_tasks(sample)) for sample in large]
        longest = max((task for sample in large for task in _long_tasks(sample)), default=0)
        measured = f"{median(counts):.0f} (the longest {longest:.0f} ms)" if longest else "none"
        yield f"{LARGE:,}: long tasks over 50 ms while scrolling", "none", measured, "**no**" if longest else "yes"
        heap = median(sample.heap for sample in large) / 1e6
        page = median(sample.heap_all for sample in large) / 1e6
        words = f"{heap:.1f} MB above the notebook's own; {page:.0f} MB for the whole page"
        yield f"{LARGE:,}: JS heap after scrolling", "< 60 MB", words, _met(heap, 60)


def _met(value: float, limit: float) -> str:
    return "yes" if value <= limit else f"**no**, by {abs(value / limit - 1):.0%}"


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.2f} s"


def _bytes(size: float) -> str:
    if size < 100_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1e6:.1f} MB" if size < 100e6 else f"{size / 1e6:,.0f} MB"


def _messages(count: float) -> str:
    return f"{count:,.0f} messages"


def _picture_size(found: Figures) -> str:
    files = list((picture_batch(found.sizes[0], lambda _: None) / "thumbnails").rglob("*.webp"))
    return f"256 px and {sum(file.stat().st_size for file in files) / len(files) / 1000:.1f} kB (WebP)"


def _machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"JupyterLab {version('jupyterlab')}, ipywidgets {version('ipywidgets')}, {platform.system()}, "
        f"{os.cpu_count()} cores without a GPU{load}. Files that a page loads by itself are bytes, not messages."
    )


def write(path: Path, text: str) -> None:
    """Put the text between the markers of a document, which is made when there is none."""
    block = f"{BEGIN}\n\n{text}\n\n{END}"
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    new, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, old, count=1, flags=re.DOTALL)
    path.write_text(new if count else f"{old.rstrip()}\n\n{block}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="A gallery of many pictures, beside other ways to show them.")
    parser.add_argument("--repetitions", type=int, default=3, help="how often everything is measured (default: 3)")
    parser.add_argument("--limit", type=float, default=90, help="seconds for one notebook (default: 90)")
    parser.add_argument("--quick", action="store_true", help="once, without 10,000: two to three minutes")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the markers of this document")
    options = parser.parse_args()
    if CHROMIUM is None:
        parser.error(NO_CHROMIUM)
    sizes = (SMALL, MIDDLE) if options.quick else (SMALL, MIDDLE, LARGE)
    repetitions = 1 if options.quick else options.repetitions
    found = run_all(sizes, repetitions, options.limit, lambda text: print(text, file=sys.stderr, flush=True))
    text = report(found, repetitions)
    print(text)
    if options.write:
        write(options.write, text)


if __name__ == "__main__":
    main()
