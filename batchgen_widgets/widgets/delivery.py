"""Thumbnails and media on their way to the browser, at a pace that the Jupyter server lets through.

By default a Jupyter server drops output beyond 1 MB/s, averaged over three seconds, for all widgets of a kernel
together.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ..batches import Asset

__all__ = ["CHUNK_BYTES", "MEDIA", "PACER", "MediaCache", "Pacer"]

CHUNK_BYTES = 256 * 1024


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


class MediaCache:
    """The bytes of the media last looked at, so that chunk after chunk need not read and encode again."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, bool], tuple[bytes, str]] = OrderedDict()
        self._size = 0

    def get(self, asset: Asset, *, original: bool) -> tuple[bytes, str]:
        """Give the bytes and MIME type to show an asset with, or those of its file."""
        key = (str(asset.path), original)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        from ..media import display_bytes, original_bytes

        made = (original_bytes if original else display_bytes)(asset.path, asset.kind)
        with self._lock:
            if key not in self._held and len(made[0]) <= self._limit:
                self._held[key] = made
                self._size += len(made[0])
                while self._size > self._limit:
                    _, (dropped, _) = self._held.popitem(last=False)
                    self._size -= len(dropped)
        return made


PACER = Pacer(rate=800_000, burst=1_600_000)
"""Shared by every widget of the kernel, since the server's limit is."""

MEDIA = MediaCache()
