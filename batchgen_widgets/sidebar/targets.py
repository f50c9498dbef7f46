"""What a session costs in a kernel before any page asks: a small file, and two names for comms.

Nothing here imports the widgets; the rest of this room comes with the first comm.
"""

from __future__ import annotations

import logging
import weakref
from typing import TYPE_CHECKING, Any

from .. import presence
from ..sessions import BatchSession
from ..wire.sidebar import SIDEBAR_TARGET, VIEW_TARGET
from .switchboard import SWITCHBOARD

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

__all__ = ["hear_of"]

_log = logging.getLogger(__name__)
_complained: list[bool] = []


def hear_of(session: BatchSession) -> None:
    """Take note of a session that opened or closed; does nothing where this process is no ipykernel."""
    try:
        if presence.connection_file() is None:
            return
        if not session.closed:
            presence.announce([session.project.path])
            _offer_comms()
            # A session may go without being closed.
            weakref.finalize(session, SWITCHBOARD.ring).atexit = False
        SWITCHBOARD.ring()
    except Exception:
        # A session needs none of this.
        if not _complained:
            _complained.append(True)
            _log.exception("JupyterLab's sidebar does not hear of %r", session)


def _offer_comms() -> None:
    from comm import get_comm_manager

    manager = get_comm_manager()
    manager.register_target(SIDEBAR_TARGET, _open_overview)
    manager.register_target(VIEW_TARGET, _open_view)


def _open_overview(comm: BaseComm, _message: dict[str, Any]) -> None:
    from .overview import open_overview

    open_overview(comm)


def _open_view(comm: BaseComm, message: dict[str, Any]) -> None:
    from .views import open_view

    open_view(comm, message["content"].get("data"))
