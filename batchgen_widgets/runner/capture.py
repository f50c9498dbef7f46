"""What a task prints and warns goes into its log, also when several run in threads of one process."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["captured"]

_local = threading.local()
_lock = threading.Lock()
_active = 0
_undo: list[Callable[[], None]] = []

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

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        lines: _Lines | None = getattr(_local, "lines", None)
        if lines is None:
            # Without a console there is no stream, and print() does nothing.
            return int(self._stream.write(text) or 0) if self._stream is not None else len(text)
        lines.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if getattr(_local, "lines", None) is None and self._stream is not None:
            self._stream.flush()

    def close(self) -> None:
        """A task that closes the stream closes nothing but its own line."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def captured(append: Callable[[str], None]) -> Iterator[None]:
    """Give every line that this thread writes to stdout or stderr, and its warnings, to `append`.

    Other threads, and threads that this one starts, write as before.
    """
    lines = _Lines(append)
    before = getattr(_local, "lines", None)
    _install()
    _local.lines = lines
    try:
        yield
    finally:
        _local.lines = before
        lines.close()
        _uninstall()


def _install() -> None:
    global _active
    with _lock:
        _active += 1
        if _active > 1:
            return
        for name in ("stdout", "stderr"):
            # Ours may be there already: whoever put a stream of their own over it meanwhile has put it back.
            if not isinstance(getattr(sys, name), _Router):
                _replace(sys, name, _Router(getattr(sys, name)))
        if not hasattr(warnings.showwarning, "_batchgen_routes"):
            _replace(warnings, "showwarning", _route_warning(warnings.showwarning))


def _replace(owner: Any, name: str, value: Any) -> None:
    original = getattr(owner, name)
    setattr(owner, name, value)

    def restore() -> None:
        # Somebody else may have put something in its place since; that is theirs.
        if getattr(owner, name) is value:
            setattr(owner, name, original)

    _undo.append(restore)


def _uninstall() -> None:
    global _active
    with _lock:
        _active -= 1
        while not _active and _undo:
            _undo.pop()()


def _route_warning(original: Callable[..., None]) -> Callable[..., None]:
    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any, **more: Any
    ) -> None:
        lines: _Lines | None = getattr(_local, "lines", None)
        if lines is None:
            original(message, category, filename, lineno, *rest, **more)
        else:
            lines.write(f"{category.__name__}: {message}\n")

    show._batchgen_routes = True  # type: ignore[attr-defined]
    return show
