"""The comm behind a tab: the desks of a widget, for a page that has no cell."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints

from ..errors import BatchgenError, ParameterError
from ..projects import Project
from ..sessions import BatchSession
from ..widgets.gallery_view import gallery_desks
from ..widgets.history_desk import HistoryDesk
from ..widgets.progress_display import ProgressDesk
from ..widgets.pump import Pump
from ..widgets.queue_desk import QueueDesk
from ..widgets.reception import Answer, Desk
from ..widgets.shelf import Shelf
from ..wire.sidebar import ViewOrder
from .known import find_session, sessions_of
from .lines import Line, dismiss

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

__all__ = ["open_view"]

_VIEWS = get_args(get_type_hints(ViewOrder)["view"])


def open_view(comm: BaseComm, data: object) -> None:
    """Show a page what it ordered, or tell it why that is not there.

    Parameters
    ----------
    comm : BaseComm
    data : object
        A `ViewOrder`, as it came.
    """
    try:
        order = _read_order(data)
        make = _of_session if order["session"] is not None else _of_project
        make(comm, order).open()
    except BatchgenError as error:
        dismiss(comm, str(error))


def _read_order(data: object) -> ViewOrder:
    given: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    if given.get("view") not in _VIEWS:
        raise ParameterError(
            f"view: {given.get('view')!r} is not allowed; choose one of {', '.join(_VIEWS)}", field="view"
        )
    session, project, batch = (given.get(name) for name in ("session", "project", "batch"))
    if (session is None) == (project is None):
        raise ParameterError("session, project: give one of them", field="session")
    return ViewOrder(view=given["view"], session=session, project=project, batch=batch)


def _of_session(comm: BaseComm, order: ViewOrder) -> Line:
    session = find_session(str(order["session"]))
    ledger = session.project.ledger
    still = weakref.ref(session)
    # What a tab shows must not live because of the tab: a page that crashed would keep it for ever.
    session = cast(BatchSession, weakref.proxy(session))

    def ended() -> str | None:
        known = still()
        return "this session is closed" if known is None or known.closed else None

    if order["view"] == "progress":
        return Line(comm, [ProgressDesk(session), QueueDesk(session)], Pump.of(ledger), ended)
    shelf = Shelf(session)
    if order["batch"] is not None:
        shelf.show(order["batch"])
    desks = _desks_of(order, shelf)
    if order["view"] != "history":
        # A gallery keeps places for results to come, as it does in a studio.
        desks = [ProgressDesk(session), *desks]
    return Line(comm, desks, Pump.of(ledger), ended)


def _of_project(comm: BaseComm, order: ViewOrder) -> Line:
    key = str(order["project"])
    project = sessions_of(key)[0].project
    if order["view"] == "history":
        shelf: Shelf = _ProjectShelf(project)
    elif order["batch"] is None or order["view"] == "progress":
        raise ParameterError("a tab of a project shows the gallery or the lineage of one batch of it", field="batch")
    else:
        shelf = Shelf(project.batch(order["batch"]))

    def ended() -> str | None:
        try:
            sessions_of(key)
        except BatchgenError as error:
            return str(error)
        return None

    return Line(comm, _desks_of(order, shelf), Pump.of(project.ledger), ended)


def _desks_of(order: ViewOrder, shelf: Shelf) -> list[Desk]:
    return [HistoryDesk(shelf)] if order["view"] == "history" else [*gallery_desks(shelf), _QueryDesk(shelf)]


class _ProjectShelf(Shelf):
    """Nothing of a project, where only its list of batches is asked for."""

    def __init__(self, project: Project) -> None:
        super().__init__([])
        self._project = project

    @property
    def project(self) -> Project:
        return self._project


class _QueryDesk:
    """Shows what of a shelf is shown; a widget has a trait of its own for that."""

    is_live = False

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        return {"query": self._shelf.query.to_json()}

    def answers(self) -> dict[str, Answer]:
        return {}

    def slow_answers(self) -> dict[str, Answer]:
        return {}
