"""The time, which never goes back while a process lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["Clock", "utc_now"]


class Clock:
    """Tells the time in UTC, never earlier than it told before.

    Time passes as the steady clock measures it. A system clock that is ahead of that is followed, as after the machine
    slept; one that was set back is not, so that no task takes less than no time and what comes later is dated later.

    Parameters
    ----------
    wall : callable
        Gives the seconds since 1970, as the system believes them to be.
    steady : callable
        Gives seconds that only grow.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._ahead = wall() - steady()

    def now(self) -> datetime:
        """Give the time now."""
        with self._lock:
            # In this order: a thread that has to wait in between measures too little, which counts for nothing.
            wall = self._wall()
            steady = self._steady()
            self._ahead = max(self._ahead, wall - steady)
            return datetime.fromtimestamp(steady + self._ahead, UTC)


_CLOCK = Clock()


def utc_now() -> datetime:
    """Give the time now, in UTC; within a process it never goes back."""
    return _CLOCK.now()
