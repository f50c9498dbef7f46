"""The comm of the sidebar itself: every open session of the kernel, and the commands that need no view of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import BatchgenError
from ..projects import Ledger
from ..sessions import BatchSession, open_sessions
from ..widgets.base import BatchgenWidget, open_widgets
from ..widgets.progress_display import fraction_done, summarize
from ..widgets.pump import Pump
from ..widgets.queue_desk import QueueDesk
from ..widgets.reception import Answer, command
from ..wire.sidebar import SidebarSession
from .known import find_session, known
from .lines import Line

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

__all__ = ["OverviewDesk", "open_overview"]

# One for all projects, so that sidebars neither send more with each of them nor slow down the widgets of any.
_pump = Pump()
_heard: weakref.WeakSet[Ledger] = weakref.WeakSet()


def open_overview(comm: BaseComm) -> None:
    """Tell a page of all sessions, until it closes the comm."""
    Line(comm, [OverviewDesk()], _pump).open()


class OverviewDesk:
    """Shows the open sessions, and takes commands to them."""

    @property
    def is_live(self) -> bool:
        """Whether tasks run, whose progress moves without an event."""
        return any(session.running for session in open_sessions())

    def state(self) -> dict[str, Any]:
        """Give `SidebarTraits` as they should be now."""
        sessions = open_sessions()
        for session in sessions:
            _listen_to(session.project.ledger)
        widgets = [(_shown_by(widget), widget.comm.comm_id) for widget in open_widgets()]
        return {"sessions": [_entry(session, [name for of, name in widgets if of is session]) for session in sessions]}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {
            "session.pause": _ordered(lambda session, _params: session.pause()),
            "session.resume": _ordered(lambda session, _params: session.resume()),
            "session.cancel_batch": _ordered(lambda session, params: session.cancel_batch(params["batch"])),
            "session.resume_batch": _ordered(lambda session, params: session.resume_batch(params["batch"])),
            "session.retry_failed": _ordered(lambda session, params: session.retry_failed(params["batch"])),
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give no slow requests: there are none."""
        return {}


def _listen_to(ledger: Ledger) -> None:
    """Wake the pump by whatever happens in a project, for as long as that is in use."""
    if ledger not in _heard:
        _heard.add(ledger)
        ledger.hub.subscribe(_pump.hear)


def _shown_by(widget: BatchgenWidget) -> BatchSession | None:
    session: BatchSession | None = getattr(widget, "session", None)
    shelf = getattr(widget, "shelf", None)
    return session or (shelf.session if shelf else None)


def _entry(session: BatchSession, widgets: list[str]) -> SidebarSession:
    names = known(session)
    with session.project.ledger.lock:
        try:
            batch = session.active_batch
        except BatchgenError:  # its project can't be read now, which the session's own views say
            batch = None
        return SidebarSession(
            id=names.id,
            generator=session.generator.name,
            project=names.project,
            batch=summarize(session, batch) if batch else None,  # type: ignore[typeddict-item]
            queue=QueueDesk(session).state()["queue"],
            progress=round(fraction_done(batch), 3) if batch else 0.0,
            widgets=widgets,
        )


def _ordered(do: Callable[[BatchSession, Mapping[str, Any]], object]) -> Answer:
    """Make an answer that does something with the session that a request names."""
    return command(lambda params: do(find_session(params["session"]), params))
