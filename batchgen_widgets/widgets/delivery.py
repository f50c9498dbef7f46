"""The pace at which the Jupyter server lets thumbnails and media through.

By default a Jupyter server drops output beyond 1 MB/s, averaged over three seconds, for all widgets of a kernel
together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["PACER", "Pacer"]


class Pacer:
    """A token bucket: bursts up to `burst` bytes, then `rate` bytes a second."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._level = burst
        self._at = clock()

    def reserve(self, size: int) -> float:
        """Take `size` bytes out of the bucket, and give the seconds to wait before they are sent."""
        with self._lock:
            now = self._clock()
            self._level = min(self._burst, self._level + (now - self._at) * self._rate) - size
            self._at = now
            return max(0.0, -self._level / self._rate)


PACER = Pacer(rate=800_000, burst=1_600_000)
"""Shared by every widget of the kernel, since the server's limit is."""
