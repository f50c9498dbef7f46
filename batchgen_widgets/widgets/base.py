"""What every widget here has in common: live traits, requests from the browser, and a place at the pump."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import anywidget
import traitlets

from ..projects import Ledger
from ..texts import whole_texts
from .frontend import PARTS, style
from .publishing import in_nobodys_name
from .pump import Pump, weigh
from .reception import Answer, Desk, Reception, Reply, command
from .snapshot import CellPicture, Subject

__all__ = ["Answer", "BatchgenWidget", "Desk", "Live", "Reply", "ViewsChanged", "command", "open_widgets"]

_LAYOUT = ("layout", "tooltip", "tabbable")

_numbers = count()
_widgets: weakref.WeakValueDictionary[int, BatchgenWidget] = weakref.WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class ViewsChanged:
    """A widget of the project opened or closed."""


def open_widgets() -> list[BatchgenWidget]:
    """Give the widgets that are open, the newest last."""
    living = [reference() for reference in _widgets.valuerefs()]
    return [widget for widget in living if widget is not None and widget.comm is not None]


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


class BatchgenWidget(anywidget.AnyWidget):
    """A view of a project's records, made of desks.

    Requests come in a thread beside the cell that may be running, so their answers only call thread-safe methods.
    """

    _css = style()
    _ledger: Ledger | None = None
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
        self._reception = Reception(desks, self.send, {"part.get": _give_part})
        super().__init__(**layout)
        self._followed |= {name for name in self._live_names() if self.traits()[name].metadata.get("sync")}
        self._told = {name: getattr(self, name) for name in self._followed}
        self.on_msg(self._hear)
        if saved:
            self._picture = CellPicture(saved)
            self.add_class(self._picture.live_class)
        self._ledger = ledger
        self._pump = Pump.of(ledger) if ledger else None
        if self._pump:
            self._pump.attach(self)
        _widgets[next(_numbers)] = self
        self._tell()

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
        was_open = self.comm is not None
        super().close()
        if was_open:
            self._tell()

    def _tell(self) -> None:
        """Tell whoever keeps a list of views."""
        if self._ledger:
            self._ledger.hub.emit(ViewsChanged())

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Give traits as they are sent; see ipywidgets."""
        return whole_texts(super().get_state(key, drop_defaults))

    def _send(self, msg: Any, buffers: Any = None) -> None:
        in_nobodys_name(lambda: super(BatchgenWidget, self)._send(msg, buffers=buffers))

    def _hear(self, _widget: object, message: Any, _buffers: object) -> None:
        if not Reception.is_request(message):
            return
        if self._picture:
            self._picture.heard()
        self._reception.hear(message)


def _give_part(params: Mapping[str, Any]) -> Reply:
    return {"hash": params["hash"]}, [PARTS.text(str(params["name"]), str(params["hash"]))]


def _refuse_unknown(cls: type[anywidget.AnyWidget], keywords: Mapping[str, Any]) -> None:
    from ..generators.parameters import did_you_mean

    for name in keywords:
        if name not in _LAYOUT:
            allowed = (*_LAYOUT, *getattr(cls, "options", ()))
            raise TypeError(f"{cls.__name__}() takes no keyword {name!r}; {did_you_mean(name, allowed)}")
