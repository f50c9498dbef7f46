"""What every widget here has in common: live traits, requests from the browser, and a place at the pump."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias

import anywidget
import traitlets

from ..batches import utc_now
from ..errors import BatchgenError, ConfigError, ParameterError
from ..projects import Ledger
from ..texts import whole_texts
from .delivery import PACER
from .frontend import PARTS, style
from .publishing import in_nobodys_name
from .pump import Pump, weigh
from .snapshot import CellPicture, Subject

__all__ = ["Answer", "BatchgenWidget", "Desk", "Live", "Reply", "command"]

_log = logging.getLogger(__name__)

Reply: TypeAlias = tuple[Mapping[str, Any], list[bytes]]
"""The result of a request, and its buffers."""

Answer: TypeAlias = Callable[[Mapping[str, Any]], Reply]
"""Takes the parameters of a request."""

_LAYOUT = ("layout", "tooltip", "tabbable")
_LONGEST_ERROR = 5_000

_helpers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="batchgen-delivery")


class Live(traitlets.TraitType[Any, Any]):
    """A trait whose value is always the session's own.

    Reading it never lags behind; observers are told by the pump. Writing calls the session. A synced one is sent by the
    pump too, and needs ``to_json`` where JSON does not hold its value.

    Parameters
    ----------
    read : callable
        Takes the widget, gives the value.
    write : callable, optional
        Takes the widget and a value; without it the trait can't be set.
    """

    def __init__(
        self, read: Callable[[Any], Any], write: Callable[[Any, Any], None] | None = None, *, help: str
    ) -> None:
        super().__init__(help=help)
        self._read = read
        self._write = write

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Ask the session."""
        return self._read(obj)

    def set(self, obj: Any, value: Any) -> None:
        """Tell the session."""
        if self._write is None:
            raise traitlets.TraitError(f"{type(obj).__name__}.{self.name} shows what the session says; it can't be set")
        self._write(obj, value)


class Desk(Protocol):
    """One group of traits: what they should be now, and the requests that belong to them."""

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests, answered in the thread that hears them."""

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that read or encode files, answered by helper threads."""

    @property
    def is_live(self) -> bool:
        """Whether something changes by itself now."""


class BatchgenWidget(anywidget.AnyWidget):
    """A view of a project's records, made of desks.

    Requests come in a thread beside the cell that may be running, so their answers only call thread-safe methods.
    """

    _css = style()
    _pump: Pump | None = None
    # Live traits that somebody observes, or the browser shows. Nobody reads the others for nothing: some take a while.
    _followed: frozenset[str] = frozenset()
    _told: dict[str, Any] | None = None
    _picture: CellPicture | None = None

    def __init__(
        self, ledger: Ledger | None, desks: Sequence[Desk], *, saved: Subject | None = None, **layout: Any
    ) -> None:
        _refuse_unknown(type(self), layout)
        self._desks = desks
        self._quick: dict[str, Answer] = {"clock": _tell_time, "part.get": _give_part}
        self._slow: dict[str, Answer] = {}
        for desk in desks:
            self._quick |= desk.answers()
            self._slow |= desk.slow_answers()
        super().__init__(**layout)
        self._followed |= {name for name in self._live_names() if self.traits()[name].metadata.get("sync")}
        self._told = {name: getattr(self, name) for name in self._followed}
        self.on_msg(self._hear)
        if saved:
            self._picture = CellPicture(saved)
            self.add_class(self._picture.live_class)
        self._pump = Pump.of(ledger) if ledger else None
        if self._pump:
            self._pump.attach(self)

    def _state(self) -> dict[str, Any]:
        return {name: value for desk in self._desks for name, value in desk.state().items()}

    def _live_names(self) -> list[str]:
        return [name for name, trait in self.traits().items() if isinstance(trait, Live)]

    def observe(self, handler: Callable[..., Any], names: Any = traitlets.All, type: Any = "change") -> None:
        """Call a function when traits change; see traitlets."""
        live = frozenset(self._live_names())
        wanted = live if names is traitlets.All else {names} if isinstance(names, str) else {*names}
        new = (live & wanted) - self._followed
        if self._told is not None:  # else it is being made, and there is nothing to read yet
            self._told |= {name: getattr(self, name) for name in new}
        self._followed |= new
        super().observe(handler, names, type)

    @property
    def is_live(self) -> bool:
        """Whether something changes by itself now."""
        return any(desk.is_live for desk in self._desks)

    def __repr__(self) -> str:
        # What a front end shows that can't show widgets, and a notebook that was opened without its kernel.
        return (
            f"{type(self).__name__}: shown by a running kernel in JupyterLab 4 or Notebook 7; run this cell to see it"
        )

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        shown = super()._repr_mimebundle_(**options)
        if shown and self._picture and self._picture.show_beside():
            # What a page falls back to without the kernel: nothing, as the picture beside it says more.
            shown[0]["text/html"] = ""
        return shown

    # For the pump

    def refresh(self) -> int:
        """Send what changed since the last time; give the bytes that went out, 0 for nothing."""
        changes = {name: value for name, value in self._state().items() if getattr(self, name) != value}
        if changes:
            with self.hold_sync():
                for name, value in changes.items():
                    self.set_trait(name, value)
        told = self._told or {}
        for name in self._live_names():
            if name not in told:
                continue
            before, value = told[name], getattr(self, name)
            if before != value:
                told[name] = value
                change = {"name": name, "old": before, "new": value, "owner": self, "type": "change"}
                self.notify_change(traitlets.Bunch(change))
        if self._picture:
            self._picture.follow()
        return weigh(changes) if changes else 0

    # For the browser

    def open(self) -> None:
        """Open the comm, in nobody's name and with everything already in it."""
        for name, value in self._state().items():
            self.set_trait(name, value)
        in_nobodys_name(super().open)

    def close(self) -> None:
        """Leave the page and the pump; the session goes on, and the cell keeps its last picture."""
        if self._pump:
            self._pump.detach(self)
        if self._picture:
            self._picture.close()
        super().close()

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Give traits as they are sent; see ipywidgets."""
        return whole_texts(super().get_state(key, drop_defaults))

    def _send(self, msg: Any, buffers: Any = None) -> None:
        in_nobodys_name(lambda: super(BatchgenWidget, self)._send(msg, buffers=buffers))

    def _hear(self, _widget: object, message: Any, _buffers: object) -> None:
        if not isinstance(message, dict) or message.get("kind") != "request":
            return
        if self._picture:
            self._picture.heard()
        request_id, method, params = message.get("id"), str(message.get("method")), message.get("params")
        params = params if isinstance(params, dict) else {}
        if method in self._slow:
            _helpers.submit(self._answer, request_id, self._slow[method], params, waits=True)
        else:
            self._answer(request_id, self._quick.get(method) or _unknown(method), params)

    def _answer(self, request_id: object, answer: Answer, params: Mapping[str, Any], *, waits: bool = False) -> None:
        """Answer a request; always, with the result or with what was wrong."""
        try:
            result, buffers = answer(params)
        except Exception as error:
            if not isinstance(error, BatchgenError):
                _log.exception("a request from the browser failed")
            self.send(
                {"kind": "reply", "id": request_id, "ok": False, "error": whole_texts(_explain(error), _LONGEST_ERROR)}
            )
            return
        size = sum(map(len, buffers))
        delay = PACER.reserve(size) if size else 0.0
        # A quick answer never waits for its turn: the request behind it may be to stop something.
        if waits and delay:
            time.sleep(delay)
        self.send({"kind": "reply", "id": request_id, "ok": True, "result": whole_texts(result)}, buffers)


def command(run: Callable[[Mapping[str, Any]], object]) -> Answer:
    """Make an answer that does something and only says that it worked."""

    def answer(params: Mapping[str, Any]) -> Reply:
        run(params)
        return {}, []

    return answer


def _tell_time(_params: Mapping[str, Any]) -> Reply:
    return {"now": utc_now().timestamp()}, []


def _give_part(params: Mapping[str, Any]) -> Reply:
    return {"hash": params["hash"]}, [PARTS.text(str(params["name"]), str(params["hash"]))]


def _unknown(method: str) -> Answer:
    def refuse(_params: Mapping[str, Any]) -> Reply:
        raise BatchgenError(f"{method!r} is no request of this widget; reload the page if the package was upgraded")

    return refuse


def _explain(error: Exception) -> dict[str, Any]:
    fields: list[dict[str, str]] = []
    if isinstance(error, ConfigError):
        fields = [{"field": problem.field, "message": problem.message} for problem in error.errors]
    elif isinstance(error, ParameterError):
        fields = [{"field": error.field, "message": error.reason}]
    text = str(error) or type(error).__name__
    if isinstance(error, KeyError):
        text = f"the request lacks {error}"
    return {"type": type(error).__name__, "message": text, "errors": fields}


def _refuse_unknown(cls: type[anywidget.AnyWidget], keywords: Mapping[str, Any]) -> None:
    from ..generators.parameters import did_you_mean

    for name in keywords:
        if name not in _LAYOUT:
            allowed = (*_LAYOUT, *getattr(cls, "options", ()))
            raise TypeError(f"{cls.__name__}() takes no keyword {name!r}; {did_you_mean(name, allowed)}")
