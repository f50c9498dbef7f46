"""The default executor: the generator runs in the worker's own thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...generators import Generator, TaskContext

__all__ = ["ThreadExecutor"]


class ThreadExecutor:
    """Runs generators in threads of the kernel: no copies, shared models, cooperative cancel only."""

    def call(self, generator: Generator, params: Mapping[str, Any], context: TaskContext) -> Any:
        """Call the generator right here."""
        return generator.run(params, context)

    def close(self) -> None:
        """Nothing is held."""
