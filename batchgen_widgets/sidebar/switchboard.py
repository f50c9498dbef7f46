"""Every open line of this kernel, so that all of them hear of sessions that come and go."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Protocol

__all__ = ["SWITCHBOARD", "Switchboard", "Wired"]

_MOST = 32


class Wired(Protocol):
    """A line, as the switchboard sees it."""

    @property
    def target(self) -> str:
        """Which kind of line it is."""

    def wake(self) -> None:
        """Say that something may have changed."""

    def end(self, message: str) -> None:
        """Say why, and close."""


class Switchboard:
    """Keeps the open lines, the one that was heard last at the end.

    A page closes its lines when it goes. One that crashed does not: when there are more than 32 of a kind, the one that
    was silent the longest is ended.
    """

    def __init__(self) -> None:
        self._lines: dict[Wired, None] = {}
        self._guard = threading.Lock()
        self._bell: SimpleQueue[bool] | None = None

    @property
    def lines(self) -> list[Wired]:
        """The lines that are open."""
        with self._guard:
            return list(self._lines)

    def add(self, line: Wired) -> None:
        """Keep a line until it is removed."""
        with self._guard:
            self._lines[line] = None
            alike = [known for known in self._lines if known.target == line.target]
            if self._bell is None:
                self._bell = SimpleQueue()
                threading.Thread(target=self._listen, args=[self._bell], name="batchgen-sidebar", daemon=True).start()
        for silent in alike[:-_MOST]:
            silent.end("too many pages look at this kernel, and this view was silent the longest; open it again")

    def touch(self, line: Wired) -> None:
        """Take note that a line was heard."""
        with self._guard:
            if line in self._lines:
                self._lines[line] = self._lines.pop(line)

    def remove(self, line: Wired) -> None:
        """Forget a line."""
        with self._guard:
            self._lines.pop(line, None)
            if not self._lines and self._bell is not None:
                self._bell.put(False)
                self._bell = None

    def ring(self) -> None:
        """Wake all lines soon. Takes no lock: the garbage collector calls it, wherever it interrupted this thread."""
        bell = self._bell
        if bell is not None:
            bell.put(True)

    def _listen(self, bell: SimpleQueue[bool]) -> None:
        while bell.get():
            for line in self.lines:
                line.wake()


SWITCHBOARD = Switchboard()
