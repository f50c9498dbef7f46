"""How a running task is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["StopSignal"]


class StopSignal:
    """Tells the executor of a running task that somebody wants it to stop.

    Attributes
    ----------
    requested : bool
        Whether it should stop: at its next report, as a generator expects.
    hard : bool
        Whether it should stop now, also when it does not listen, where the executor can do that.
    """

    def __init__(self) -> None:
        self.requested = False
        self.hard = False
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def request(self, *, hard: bool = False) -> None:
        """Ask to stop; what was asked hard stays so."""
        with self._lock:
            if self.requested and (self.hard or not hard):
                return
            self.requested = True
            self.hard = self.hard or hard
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back, from whatever thread asks, when a stop is asked for, and again when it becomes hard.

        What is returned ends that. When a stop was asked for before, the call comes at once.
        """
        with self._lock:
            self._callbacks.append(callback)
            requested = self.requested
        if requested:
            callback()

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return unsubscribe
