"""Which session a studio shows when its cell runs again."""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..generators import Generator, as_generator
from ..projects import Project
from ..sessions import BatchSession

__all__ = ["attach"]

_made: weakref.WeakKeyDictionary[BatchSession, dict[str, Any]] = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def attach(
    generator: Generator | Callable[..., Any],
    project: Project | str | os.PathLike[str] = "batchgen-project",
    **options: Any,
) -> BatchSession:
    """Give the open session that was made here for a generator of that name and the same options, or make one.

    Parameters
    ----------
    generator : Generator or callable
        Takes the place of the one that the session has.
    project, **options
        As for `BatchSession`; raises as that does.

    Warns
    -----
    UserWarning
        When a session with other options is busy: it goes on, and the new one does not command its queue.
    """
    taken = as_generator(generator)
    path = project.path if isinstance(project, Project) else Path(project).expanduser().resolve()
    with _guard:
        for session, used in list(_made.items()):
            if session.closed or session.project.path != path or session.generator.name != taken.name:
                continue
            if used == options:
                session.redefine(taken)
                return session
            if session.queue or session.running:
                warnings.warn(
                    f"a session of {taken.name!r} with other options ({_told(used)}) still runs a batch; cancel works "
                    "from here, but its queue and pause belong to that session; to go on with it give the same options",
                    stacklevel=3,
                )
        session = BatchSession(taken, project, **options)
        _made[session] = options
        return session


def _told(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items()) or "the defaults"
