"""What an executor is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ...generators import Generator, TaskContext

__all__ = ["Executor"]


class Executor(Protocol):
    """Calls a generator for one task and gives what it returned.

    Each worker of the runner is a thread that waits in `call`; an executor decides where the generator itself runs.
    Whatever it raises becomes the task's failure; `TaskCancelled` makes the task cancelled.
    """

    def call(self, generator: Generator, params: Mapping[str, Any], context: TaskContext) -> Any:
        """Call the generator, report through `context`, and return the result as it is."""

    def close(self) -> None:
        """Let go of whatever the executor holds."""
