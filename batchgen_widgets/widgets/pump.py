"""The one thread that writes traits.

ipywidgets guards a widget's updates per widget, not per thread, so two threads that write one widget can lose or delay
each other's changes. Everything that changes a view therefore only wakes the pump of its project, and the pump alone
compares what each widget shows with what it should show, and sends the difference.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import weakref
from typing import ClassVar, Protocol

from ..projects import Ledger

__all__ = ["Pump", "Pumped"]

_log = logging.getLogger(__name__)

_MESSAGES_PER_S = 10
_BYTES_PER_S = 256 * 1024
_TICK_S = 0.1
_LINGER_S = 2.0


class Pumped(Protocol):
    """A widget, as the pump sees it."""

    def refresh(self) -> int:
        """Send what changed since the last time; give the bytes that went out, 0 for nothing."""

    @property
    def is_live(self) -> bool:
        """Whether something changes by itself now, such as the progress of a running task."""


class Pump:
    """Keeps the widgets of one project in step, within 10 messages and 256 KiB a second.

    The first change after a rest goes out at once; while changes keep coming they are merged, and the last state is
    always sent. The thread starts with the first change and leaves two seconds after the last.
    """

    _pumps: ClassVar[weakref.WeakKeyDictionary[Ledger, Pump]] = weakref.WeakKeyDictionary()
    _guard: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def of(cls, ledger: Ledger) -> Pump:
        """Give the pump of a project."""
        with cls._guard:
            pump = cls._pumps.get(ledger)
            if pump is None:
                pump = cls._pumps[ledger] = cls()
                # The ledger outlives its pump's interest in it, and must not be kept alive by it.
                ledger.hub.subscribe(pump.hear)
            return pump

    def __init__(self) -> None:
        self._widgets: weakref.WeakSet[Pumped] = weakref.WeakSet()
        self._condition = threading.Condition()
        self._dirty = False
        self._thread: threading.Thread | None = None

    def attach(self, widget: Pumped) -> None:
        """Keep a widget in step from now on."""
        with self._condition:
            self._widgets.add(widget)
        self.wake()

    def detach(self, widget: Pumped) -> None:
        """Leave a widget alone from now on."""
        with self._condition:
            self._widgets.discard(widget)

    def hear(self, _event: object) -> None:
        """Take note of an event of the project."""
        self.wake()

    def wake(self) -> None:
        """Say that something may have changed; returns at once."""
        if self._dirty and self._thread is not None:
            return  # the pump has not looked yet, and will: it forgets `_dirty` before it looks
        with self._condition:
            self._dirty = True
            if not self._widgets:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="batchgen-pump", daemon=True)
                self._thread.start()
            else:
                self._condition.notify()

    def _run(self) -> None:
        live = False
        while True:
            with self._condition:
                patience = _TICK_S if live else _LINGER_S
                if not self._condition.wait_for(lambda: self._dirty, patience) and not live:
                    self._thread = None
                    return
                self._dirty = False
            messages, size, live = self._refresh()
            if messages:
                time.sleep(max(messages / _MESSAGES_PER_S, size / _BYTES_PER_S))

    def _refresh(self) -> tuple[int, int, bool]:
        """Bring every widget up to date; give the messages and bytes that went out, and whether one of them is live.

        A method of its own, since what it names must not be kept while the thread waits.
        """
        with self._condition:
            widgets = list(self._widgets)
        messages = size = 0
        live = False
        for widget in widgets:
            try:
                sent = widget.refresh()
                live = live or widget.is_live
            except Exception:
                _log.exception("%s could not be brought up to date", type(widget).__name__)
                continue
            messages += bool(sent)
            size += sent
        return messages, size, live


def weigh(changes: dict[str, object]) -> int:
    """Give the bytes that some trait values take on the wire, roughly."""
    plain = {name: value for name, value in changes.items() if not isinstance(value, bytes)}
    return sum(len(value) for value in changes.values() if isinstance(value, bytes)) + len(json.dumps(plain)) + 400
