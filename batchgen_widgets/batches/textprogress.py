"""Progress as text, for scripts and notebooks that run without a front end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

from ..texts import visible
from .status import TaskStatus

if TYPE_CHECKING:
    from .records import Batch

__all__ = ["TextProgress", "wants_progress"]

_LINE_EVERY_S = 10.0
_NAME_LETTERS = 40


def wants_progress(progress: bool | None, stream: TextIO | None = None) -> bool:
    """Say whether to show text progress: as asked, or else on a terminal only, where nobody else shows it."""
    if progress is not None:
        return progress
    stream = stream or sys.stderr
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # a stand-in, or closed
        return False


class TextProgress:
    """A bar on stderr that follows a batch: tasks done, failures, time, and an estimate that leaves waiting out.

    On a terminal the bar moves; elsewhere, as in a log or under papermill, a new line comes every ten seconds at most.

    Parameters
    ----------
    batch : Batch
    stream : text file, optional
        Where to write; stderr when not given.
    """

    def __init__(self, batch: Batch, stream: TextIO | None = None) -> None:
        from tqdm import tqdm

        self._batch = batch
        self._stream = stream or sys.stderr
        on_terminal = wants_progress(None, self._stream)
        self._bar: Any = tqdm(
            total=len(batch.tasks),
            desc=visible(batch.generator, limit=_NAME_LETTERS),
            unit="task",
            file=self._stream if on_terminal else _Lines(self._stream),
            mininterval=0.1 if on_terminal else _LINE_EVERY_S,
            miniters=1,
            dynamic_ncols=on_terminal,
            ncols=None if on_terminal else 79,
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {n:.4g}/{total_fmt} [{elapsed}{postfix}]",
            smoothing=0,
        )

    def update(self) -> None:
        """Show where the batch is now."""
        batch, counts = self._batch, self._batch.counts
        done = sum(count for status, count in counts.items() if status.is_finished)
        running = batch.running
        partial = sum(task.progress for task in running)
        words = []
        left = counts[TaskStatus.QUEUED] + counts[TaskStatus.RUNNING] - partial
        eta = batch.pace.eta(left, max(1, round(sum(1 / task.group_size for task in running))))
        if eta is not None and not batch.status.is_finished:
            words.append(f"about {_duration(eta)} left")
        if counts[TaskStatus.FAILED]:
            words.append(f"{counts[TaskStatus.FAILED]} failed")
        if batch.status.is_finished or batch.status == "paused":
            words.append(str(batch.status))
        self._bar.total = len(batch.tasks)
        self._bar.set_postfix_str(", ".join(words), refresh=False)
        self._bar.update(round(done + partial, 2) - self._bar.n)

    def __enter__(self) -> Self:
        self.update()
        return self

    def __exit__(self, *_: object) -> None:
        self.update()
        self._bar.refresh()
        self._bar.close()


class _Lines:
    """A stream that takes a bar drawn over itself and writes each state as a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line and line != self._last:
            self._last = line
            self._stream.write(line + "\n")

    def flush(self) -> None:
        self._stream.flush()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
