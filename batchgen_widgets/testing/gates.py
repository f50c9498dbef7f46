"""A generator whose calls do what a test tells them, when it tells them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..generators import Generator, TaskContext, generator

__all__ = ["GatedCall", "GatedGenerator"]

_POLL_S = 0.005


@dataclass(slots=True)
class _Order:
    """What a call shall do in its own thread."""

    action: Callable[[], Any]
    last: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class GatedCall:
    """One call of a `GatedGenerator`, held until it is told how to end.

    Attributes
    ----------
    params : mapping
        What the generator was called with.
    context : TaskContext
        What it got from the runner.
    """

    def __init__(self, params: Mapping[str, Any], context: TaskContext, *, cooperative: bool, patience: float) -> None:
        self.params = params
        self.context = context
        self._cooperative = cooperative
        self._patience = patience
        self._orders: queue.Queue[_Order] = queue.Queue()

    def finish(self, result: Any = ...) -> None:
        """Let the call return a value; a small picture of its own when none is given."""
        self._orders.put(_Order(lambda: picture(self.params) if result is ... else result, last=True))

    def fail(self, error: BaseException | None = None) -> None:
        """Let the call raise an error; a RuntimeError when none is given."""

        def explode() -> None:
            raise RuntimeError("told to fail") if error is None else error

        self._orders.put(_Order(explode, last=True))

    def do(self, action: Callable[[], Any]) -> None:
        """Do something in the generator's thread, and wait until it is done.

        An error that the action raises ends the call with it, as in a real generator, and is raised here as well.
        """
        order = _Order(action)
        self._orders.put(order)
        if not order.done.wait(self._patience):
            raise TimeoutError(f"the call of task {self.context.index} did not do as told within {self._patience:g} s")
        if order.error is not None:
            raise order.error

    def report(self, fraction: float, message: str | None = None, preview: Any = None) -> None:
        """Report progress from the generator's thread."""
        self.do(lambda: self.context.progress(fraction, message, preview))

    def _obey(self) -> Any:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if self._cooperative:
                self.context.raise_if_cancelled()
            try:
                order = self._orders.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            try:
                value = order.action()
            except BaseException as error:
                order.error = error
                raise
            finally:
                order.done.set()
            if order.last:
                return value
        raise TimeoutError(f"nobody told task {self.context.index} how to end within {self._patience:g} s")


class GatedGenerator:
    """Makes a generator whose calls wait for orders.

    Parameters
    ----------
    name : str
        Of the generator.
    cooperative : bool
        Whether a waiting call notices by itself that its task was cancelled. One that does not ends only when told.
    patience : float
        Seconds after which whoever waits gives up, so that a broken test fails instead of hanging.

    Attributes
    ----------
    generator : Generator
        With the parameters ``prompt``, ``seed`` and ``strength``.
    """

    def __init__(self, name: str = "gated", *, cooperative: bool = True, patience: float = 10.0) -> None:
        self.cooperative = cooperative
        self._patience = patience
        self._begun: queue.Queue[GatedCall] = queue.Queue()

        def gated(
            prompt: str = "a prompt", seed: int = 0, strength: float = 0.5, *, task: TaskContext = _NO_CONTEXT
        ) -> Any:
            params = {"prompt": prompt, "seed": seed, "strength": strength}
            call = GatedCall(params, task, cooperative=self.cooperative, patience=patience)
            self._begun.put(call)
            return call._obey()

        self.generator: Generator = generator(gated, name=name)

    def next_call(self) -> GatedCall:
        """Wait until the next call begins, and give it.

        Raises
        ------
        TimeoutError
            When none begins.
        """
        try:
            return self._begun.get(timeout=self._patience)
        except queue.Empty:
            raise TimeoutError(f"no call began within {self._patience:g} s") from None

    @property
    def idle(self) -> bool:
        """Whether no call has begun that `next_call` has not given yet."""
        return self._begun.empty()


_NO_CONTEXT = TaskContext()


def picture(params: Mapping[str, Any]) -> Any:
    """Make a small picture that its seed can be told by."""
    from PIL import Image

    seed = int(params.get("seed") or 0)
    return Image.new("RGB", (8, 6), (seed % 256, seed // 256 % 256, 128))
