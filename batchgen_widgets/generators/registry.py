"""Which generators this process has, by name: so that what one made can be made again."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .generator import Generator

__all__ = ["find_generator", "register"]

_lock = threading.Lock()
_known: dict[str, list[weakref.ref[Generator]]] = {}


def register(generator: Generator) -> None:
    """Take note of a generator, for as long as somebody uses it."""
    with _lock:
        living = [known for known in _known.get(generator.name, ()) if known() is not None]
        _known[generator.name] = [*living, weakref.ref(generator)]


def find_generator(name: str) -> Generator | None:
    """Give the newest generator of that name which somebody still uses, or None."""
    with _lock:
        living = [generator for known in reversed(_known.get(name, ())) if (generator := known()) is not None]
        return living[0] if living else None
