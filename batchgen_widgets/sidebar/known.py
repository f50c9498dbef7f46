"""Names for sessions and their projects, by which pages ask for them."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from uuid import uuid4

from ..errors import ProjectError, StateError
from ..projects import project_key
from ..sessions import BatchSession, open_sessions
from ..wire.sidebar import ProjectRef

__all__ = ["Known", "find_session", "known", "sessions_of"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a session is called on the wire; its id is of this kernel's process only."""

    id: str
    project: ProjectRef


_known: weakref.WeakKeyDictionary[BatchSession, Known] = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def known(session: BatchSession) -> Known:
    """Give the names of a session."""
    with _guard:
        found = _known.get(session)
        if found is None:
            path = session.project.path
            project = ProjectRef(key=project_key(path), name=path.name, folder=str(path))
            found = _known[session] = Known(uuid4().hex, project)
        return found


def find_session(session_id: str) -> BatchSession:
    """Give an open session by its id.

    Raises
    ------
    StateError
        When it is not open any more.
    """
    for session in open_sessions():
        if known(session).id == session_id:
            return session
    raise StateError("this session is closed; run the cell that makes it again")


def sessions_of(project: str) -> list[BatchSession]:
    """Give the open sessions of a project by its key, the newest first.

    Raises
    ------
    ProjectError
        When there is none.
    """
    found = [session for session in open_sessions() if known(session).project["key"] == project]
    if not found:
        raise ProjectError("no session of this kernel has the project open any more; open one of it again")
    return found[::-1]
