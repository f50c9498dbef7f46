"""How a running task is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

__all__ = ["StopSignal", "all_of"]


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


def all_of(signals: Sequence[StopSignal]) -> StopSignal:
    """Give a signal that asks to stop once all of these do, and that is hard once all of them are."""
    if len(signals) == 1:
        return signals[0]
    whole = StopSignal()

    def look() -> None:
        if all(signal.requested for signal in signals):
            whole.request(hard=all(signal.hard for signal in signals))

    for signal in signals:
        signal.subscribe(look)
    return whole
