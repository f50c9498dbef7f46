"""What a generator needs and is slow to make, such as a model: made by its `setup`, used by one call at a time."""

from __future__ import annotations

import threading
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import GeneratorError

__all__ = ["ResourcePool"]

_lock = threading.Lock()
_by_key: weakref.WeakValueDictionary[str, ResourcePool] = weakref.WeakValueDictionary()
# Keeps what arrived from another process; of one setup only the newest, as its cell may have been run again.
_arrived: dict[str, ResourcePool] = {}


class ResourcePool:
    """Keeps in each process what `setup` made there, and makes another when all are in use.

    Pickled, it carries the recipe and not what was made; arriving more than once in a process, it is the same pool.

    Parameters
    ----------
    setup : callable
        Takes nothing, gives what the generator gets as its first argument.
    """

    def __init__(self, setup: Callable[[], Any], key: str | None = None) -> None:
        self.setup = setup
        self.key = key or uuid.uuid4().hex
        self._free: deque[Any] = deque()
        _by_key[self.key] = self

    @property
    def name(self) -> str:
        """How messages call the setup."""
        return str(getattr(self.setup, "__name__", type(self.setup).__name__))

    def take(self) -> Any:
        """Give one that nobody uses, or make one.

        Raises
        ------
        GeneratorError
            When the setup fails; it names the setup.
        """
        try:
            return self._free.pop()
        except IndexError:
            pass
        try:
            return self.setup()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # The traceback begins in the setup.
            trace = error.__traceback__.tb_next if error.__traceback__ else None
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise GeneratorError(f"setup {self.name} failed: {text}") from error.with_traceback(trace)

    def give_back(self, resource: Any) -> None:
        """Let others use it."""
        self._free.append(resource)

    def __reduce__(self) -> tuple[object, ...]:
        return _arrive, (self.key, self.setup)


def _arrive(key: str, setup: Callable[[], Any]) -> ResourcePool:
    with _lock:
        pool = _by_key.get(key)
        if pool is None:
            pool = ResourcePool(setup, key)
            _arrived[f"{getattr(setup, '__module__', '')}.{getattr(setup, '__qualname__', pool.name)}"] = pool
        return pool
