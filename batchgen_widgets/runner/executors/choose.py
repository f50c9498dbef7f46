"""From what a session was given to the executor that it means."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, cast

from ...errors import ParameterError
from . import EXECUTORS
from .base import Executor

__all__ = ["make_executor"]


def make_executor(executor: object, workers: int, resources: Mapping[str, float] | None = None) -> Executor:
    """Make the executor of a session.

    Parameters
    ----------
    executor : str, Executor or distributed.Client
        A name of `EXECUTORS`, an executor that is taken as it is, or the client of a Dask cluster.
    workers : int
        How many tasks run at once.
    resources : mapping, optional
        What each task needs of its Dask worker, such as ``{"GPU": 1}``.

    Raises
    ------
    ParameterError
        When it is none of these, or resources are asked for where there is no Dask cluster.
    """
    # Whoever has a client has imported this.
    distributed: Any = sys.modules.get("distributed")
    if distributed is not None and isinstance(executor, distributed.Client):
        from .dask import DaskExecutor

        return DaskExecutor(executor, resources)
    if resources:
        msg = f"resources: {resources!r} is not allowed here; give a Dask client as executor, or leave them out"
        raise ParameterError(msg, field="resources", value=resources)
    if isinstance(executor, str) and executor in EXECUTORS:
        return EXECUTORS[executor](workers)
    if not isinstance(executor, (str, type)) and all(
        hasattr(executor, name) for name in ("hard_cancel", "run", "close")
    ):
        return cast(Executor, executor)
    names = ", ".join(map(repr, EXECUTORS))
    msg = f"executor: {executor!r} is not allowed; choose from {names}, a distributed.Client (for Dask) or an Executor"
    raise ParameterError(msg, field="executor", value=executor)
