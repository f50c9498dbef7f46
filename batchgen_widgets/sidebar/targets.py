"""What a session costs in a kernel before any page asks: a small file, and two names for comms.

Nothing here imports the widgets; the rest of this room comes with the first comm.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    with _in_words(comm):
        from .overview import open_overview

        open_overview(comm)


def _open_view(comm: BaseComm, message: dict[str, Any]) -> None:
    with _in_words(comm):
        from .views import open_view

        open_view(comm, message["content"].get("data"))


@contextmanager
def _in_words(comm: BaseComm) -> Iterator[None]:
    """Tell the page what went wrong, where a comm manager would close the comm without a word."""
    try:
        yield
    except Exception as error:
        _log.exception("a page that opened %s can't be answered", comm.target_name)
        what = f"{type(error).__name__}: {error}"
        if isinstance(error, ImportError):  # what the widgets need, and this module does not
            what = f"{error}; install batchgen-widgets again with what it needs, and restart the kernel"
        with suppress(Exception):
            comm.send({"kind": "gone", "message": f"this kernel can't show its batches ({what})"})
        with suppress(Exception):
            comm.close()
