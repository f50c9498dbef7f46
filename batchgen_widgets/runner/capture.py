"""What a task prints and warns goes into its log, also when several run in threads of one process."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["captured"]

_local = threading.local()
_lock = threading.Lock()
_active = 0

_LINE_LIMIT = 8_000
"""Characters after which a line that does not end is cut into two."""


class _Lines:
    """Takes pieces of text, gives whole lines."""

    def __init__(self, append: Callable[[str], None]) -> None:
        self._append = append
        self._rest = ""

    def write(self, text: str) -> None:
        *lines, rest = (self._rest + text).split("\n")
        for line in lines:
            self._append(_last_state(line).rstrip("\r"))
        self._rest = _last_state(rest)
        if len(self._rest) > _LINE_LIMIT:
            self.write("\n")

    def close(self) -> None:
        if self._rest:
            self.write("\n")


def _last_state(line: str) -> str:
    """Give what is left to see of a line that a progress bar drew over and over."""
    drawn = line.rstrip("\r")
    return line[drawn.rfind("\r") + 1 :]


class _Router:
    """Stands in for a stream: what a task writes goes to its log, all else to the stream itself."""

    def __init__(self, original: Any) -> None:
        self.original = original

    def write(self, text: str) -> int:
        lines: _Lines | None = getattr(_local, "lines", None)
        if lines is None:
            # Without a console there is no stream, and print() does nothing.
            return int(self.original.write(text) or 0) if self.original is not None else len(text)
        lines.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if getattr(_local, "lines", None) is None and self.original is not None:
            self.original.flush()

    def close(self) -> None:
        """A task that closes the stream closes nothing but its own line."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class _WarningRouter:
    """Stands in for ``warnings.showwarning`` in the same way."""

    def __init__(self, original: Callable[..., None]) -> None:
        self.original = original

    def __call__(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any, **more: Any
    ) -> None:
        lines: _Lines | None = getattr(_local, "lines", None)
        if lines is None:
            self.original(message, category, filename, lineno, *rest, **more)
        else:
            lines.write(f"{category.__name__}: {message}\n")


class _Place:
    """Where a router stands in while tasks run: an attribute of a module."""

    def __init__(self, owner: ModuleType, name: str, kind: type[_Router | _WarningRouter]) -> None:
        self._owner = owner
        self._name = name
        self._kind = kind
        self._router: _Router | _WarningRouter | None = None  # of the last time; what it stands in for seldom changes

    def take(self) -> None:
        current = getattr(self._owner, self._name)
        # Ours may be there already: whoever put a stream of their own over it meanwhile has put it back.
        if isinstance(current, self._kind):
            return
        if self._router is None or self._router.original is not current:
            self._router = self._kind(current)
        setattr(self._owner, self._name, self._router)

    def give_back(self) -> None:
        current = getattr(self._owner, self._name)
        # Somebody else may have put something in its place since; that is theirs.
        if isinstance(current, self._kind):
            setattr(self._owner, self._name, current.original)


_PLACES = (
    _Place(sys, "stdout", _Router),
    _Place(sys, "stderr", _Router),
    _Place(warnings, "showwarning", _WarningRouter),
)


@contextmanager
def captured(append: Callable[[str], None]) -> Iterator[None]:
    """Give every line that this thread writes to stdout or stderr, and its warnings, to `append`.

    Other threads, and threads that this one starts, write as before.
    """
    lines = _Lines(append)
    before = getattr(_local, "lines", None)
    _count(+1)
    _local.lines = lines
    try:
        yield
    finally:
        _local.lines = before
        _count(-1)
        lines.close()  # last, since `append` may fail


def _count(change: int) -> None:
    """Take note that a capture begins or ends: the first one takes the places, the last one gives them back."""
    global _active
    with _lock:
        before, _active = _active, _active + change
        if not before:
            for place in _PLACES:
                place.take()
        elif not _active:
            for place in _PLACES:
                place.give_back()
