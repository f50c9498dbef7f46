"""How fast a batch goes, from the measured times of its tasks."""

from __future__ import annotations

from collections import deque

__all__ = ["Pace"]


class Pace:
    """Measured task times, and what they promise for the rest.

    Only time spent in tasks counts: pauses and waiting in the queue do not stretch the estimate. The mean is that of
    the last 64 tasks, so that it follows a change of speed.
    """

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=64)

    def add(self, seconds: float) -> None:
        """Take the time of a finished task, in seconds."""
        self._recent.append(max(seconds, 0.0))

    @property
    def seconds_per_task(self) -> float | None:
        """Mean time of a task, or None before the first."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    def eta(self, remaining: float, workers: int) -> float | None:
        """Give the seconds that `remaining` tasks take, a half-done one counting as half; None before the first."""
        mean = self.seconds_per_task
        if mean is None:
            return None
        # The last round of a batch runs on fewer workers than there are.
        return mean * remaining / max(1.0, min(workers, remaining))

    def rate_per_min(self, workers: int) -> float | None:
        """Give the tasks that `workers` finish in a minute; None before the first."""
        mean = self.seconds_per_task
        return 60.0 * workers / mean if mean else None
