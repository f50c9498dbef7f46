"""A comm with a page: traits go out as they change, requests are answered, until one of both ends it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..texts import whole_texts
from ..widgets.publishing import in_nobodys_name
from ..widgets.pump import Pump, weigh
from ..widgets.reception import Desk, Reception
from .switchboard import SWITCHBOARD

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

__all__ = ["Line", "dismiss"]

_log = logging.getLogger(__name__)

_NOTHING = object()


class Line:
    """Desks on a comm that a page opened; see `wire.sidebar`.

    The comm manager and the switchboard keep it. When it ends it lets go of its desks, and of all that they show.

    Parameters
    ----------
    comm : BaseComm
    desks : sequence of Desk
    pump : Pump
        What keeps it in step.
    ended : callable, optional
        Says why there is nothing to show any more; None as long as there is.
    """

    def __init__(
        self, comm: BaseComm, desks: Sequence[Desk], pump: Pump, ended: Callable[[], str | None] = lambda: None
    ) -> None:
        self._comm = comm
        self._desks = desks
        self._pump = pump
        self._ended = ended
        self._reception: Reception | None = Reception(desks, self._send)
        self._sent: dict[str, Any] = {}
        self._guard = threading.Lock()
        self._released = False

    def open(self) -> None:
        """Send everything, and stay in step from now on."""
        self._comm.on_msg(self._hear)
        self._comm.on_close(lambda _message: self.release())
        self._tell(self._state())
        self._pump.attach(self)
        SWITCHBOARD.add(self)
        if self._released:  # meanwhile
            SWITCHBOARD.remove(self)

    @property
    def target(self) -> str:
        """The name that the page opened it by."""
        return self._comm.target_name

    def wake(self) -> None:
        """Say that something may have changed."""
        self._pump.wake()

    def end(self, message: str) -> None:
        """Tell the page why there is nothing more to come, and close."""
        if self._release():
            dismiss(self._comm, message)

    def release(self) -> None:
        """Let go of everything, without a word; the comm is closed or broken."""
        self._release()

    def _release(self) -> bool:
        with self._guard:
            if self._released:
                return False
            self._released = True
        self._pump.detach(self)
        SWITCHBOARD.remove(self)
        self._comm.on_msg(None)
        self._comm.on_close(None)
        self._desks, self._reception, self._ended = (), None, lambda: None
        self._sent = {}
        return True

    # For the pump

    def refresh(self) -> int:
        """Send what changed since the last time; give the bytes that went out, 0 for nothing."""
        if self._is_over():
            return 0
        try:
            now = self._state()
        except ReferenceError:  # its session went this moment
            self._is_over()
            return 0
        changes = {name: value for name, value in now.items() if self._sent.get(name, _NOTHING) != value}
        if not changes or self._released:
            return 0
        self._tell(changes)
        return weigh(changes)

    @property
    def is_live(self) -> bool:
        """Whether something changes by itself now."""
        try:
            return any(desk.is_live for desk in self._desks)
        except ReferenceError:
            return False

    def _is_over(self) -> bool:
        reason = self._ended()
        if reason is not None:
            self.end(reason)
        return self._released

    def _state(self) -> dict[str, Any]:
        return {name: value for desk in self._desks for name, value in desk.state().items()}

    def _tell(self, values: Mapping[str, Any]) -> None:
        self._sent |= values
        buffers = {name: value for name, value in values.items() if isinstance(value, bytes)}
        plain = {name: whole_texts(value) for name, value in values.items() if name not in buffers}
        self._send({"kind": "traits", "values": plain, "buffers": list(buffers)}, list(buffers.values()))

    # For the page

    def _hear(self, message: Mapping[str, Any]) -> None:
        request = message["content"].get("data")
        if not Reception.is_request(request) or self._is_over():
            return
        SWITCHBOARD.touch(self)
        reception = self._reception
        if reception:
            reception.hear(request)

    def _send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        if self._released:
            return
        try:
            in_nobodys_name(lambda: self._comm.send(message, buffers=buffers))
        except Exception:
            _log.exception("a view of JupyterLab's sidebar can't be reached, and is closed")
            self.release()
            _close(self._comm)


def dismiss(comm: BaseComm, message: str) -> None:
    """Tell a page why a comm ends, and close it."""
    with suppress(Exception):
        in_nobodys_name(lambda: comm.send({"kind": "gone", "message": whole_texts(message)}))
    _close(comm)


def _close(comm: BaseComm) -> None:
    # The page may be gone, and the kernel's sockets with it.
    with suppress(Exception):
        in_nobodys_name(comm.close)
