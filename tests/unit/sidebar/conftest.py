"""A kernel with comms whose far ends the test holds."""

from __future__ import annotations

import sys
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import comm
import comm.base_comm
import pytest

import batchgen_widgets as bg
from batchgen_widgets import presence, sessions
from batchgen_widgets.sidebar.switchboard import SWITCHBOARD
from batchgen_widgets.testing import wait_for
from batchgen_widgets.wire.sidebar import SIDEBAR_TARGET, VIEW_TARGET


class Wire(comm.base_comm.BaseComm):
    """A comm that keeps what the kernel published, and lets a test wait for it."""

    changed = threading.Condition()

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self.published: list[tuple[str, dict[str, Any], list[Any]]] = []
        self.broken = False
        super().__init__(*args, **keywords)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        if self.broken:
            raise RuntimeError("the socket is closed")
        with self.changed:
            self.published.append((msg_type, data or {}, list(buffers or [])))
            self.changed.notify_all()


class Tab:
    """The page's end of a comm that it opened."""

    def __init__(self, manager: comm.base_comm.CommManager, target: str, data: dict[str, Any]) -> None:
        self._manager = manager
        self.id = uuid.uuid4().hex
        content = {"comm_id": self.id, "target_name": target, "data": data}
        before = set(_wires)
        manager.comm_open(None, "", {"content": content})  # type: ignore[arg-type]
        (self.wire,) = (wire for wire in set(_wires) - before if wire.comm_id == self.id)

    @property
    def told(self) -> list[dict[str, Any]]:
        """Everything that the kernel sent, without buffers."""
        return [data for kind, data, _ in list(self.wire.published) if kind == "comm_msg"]

    @property
    def traits(self) -> dict[str, Any]:
        """Every trait as the page has it."""
        found: dict[str, Any] = {}
        for _, data, buffers in list(self.wire.published):
            if data.get("kind") == "traits":
                found |= data["values"] | dict(zip(data["buffers"], map(bytes, buffers), strict=True))
        return found

    @property
    def gone(self) -> str | None:
        """Why the kernel ended it."""
        reasons = [data["message"] for data in self.told if data["kind"] == "gone"]
        return reasons[0] if reasons else None

    @property
    def closed(self) -> bool:
        return self.wire.published[-1][0] == "comm_close"

    def wait_for(self, condition: Callable[[], Any], what: str = "what should come") -> Any:
        with Wire.changed:
            assert Wire.changed.wait_for(condition, timeout=20), f"{what} did not come; {self.wire.published[-2:]}"
        return condition()

    def say(self, data: object) -> None:
        """Send whatever."""
        content = {"comm_id": self.id, "data": data}
        self._manager.comm_msg(None, "", {"content": content})  # type: ignore[arg-type]

    def reply(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request, and give what is replied."""
        name = uuid.uuid4().hex
        self.say({"kind": "request", "id": name, "method": method, "params": params})
        return self.wait_for(lambda: next((data for data in self.told if data.get("id") == name), None), method)

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request that must work, and give its result."""
        reply = self.reply(method, **params)
        assert reply["ok"], reply
        return reply["result"]

    def error(self, method: str, **params: Any) -> str:
        """Send a request that must be refused, and give the reason."""
        reply = self.reply(method, **params)
        assert not reply["ok"], reply
        return reply["error"]["message"]

    def close(self) -> None:
        if not self.closed:
            self._manager.comm_close(None, "", {"content": {"comm_id": self.id, "data": {}}})  # type: ignore[arg-type]


_wires: list[Wire] = []


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[comm.base_comm.CommManager]:
    made = comm.base_comm.CommManager()

    def create(*args: Any, **keywords: Any) -> Wire:
        _wires.append(Wire(*args, **keywords))
        return _wires[-1]

    monkeypatch.setattr(comm, "get_comm_manager", lambda: made)
    monkeypatch.setattr(comm, "create_comm", create)
    yield made
    _wires.clear()


@pytest.fixture(autouse=True)
def _no_other_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the sessions that fixtures of other folders keep open until all tests are over."""
    monkeypatch.setattr(sessions, "_sessions", weakref.WeakValueDictionary())


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Make this process an ipykernel, as far as anybody can see."""
    ended = threading.Event()
    heart = threading.Thread(target=ended.wait, daemon=True)
    heart.start()
    app = SimpleNamespace(heartbeat=heart, abs_connection_file=str(tmp_path / "kernel-77.json"))
    module = ModuleType("ipykernel.kernelapp")
    module.IPKernelApp = SimpleNamespace(initialized=lambda: True, instance=lambda: app)  # type: ignore[attr-defined]
    import_module("ipykernel")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    yield app
    presence.withdraw()
    ended.set()


@pytest.fixture
def open_tab(kernel: SimpleNamespace, manager: comm.base_comm.CommManager) -> Iterator[Callable[..., Tab]]:
    """Open the comm of a view; without one, that of the sidebar."""
    opened: list[Tab] = []

    def make(view: str | None = None, **order: Any) -> Tab:
        data = {} if view is None else {"view": view, "session": None, "project": None, "batch": None, **order}
        opened.append(Tab(manager, SIDEBAR_TARGET if view is None else VIEW_TARGET, data))
        return opened[-1]

    yield make
    for tab in opened:
        tab.close()
    wait_for(lambda: SWITCHBOARD.lines == [], "that no line is left")


@pytest.fixture
def session(kernel: SimpleNamespace, tmp_path: Path) -> Iterator[bg.BatchSession]:
    with bg.BatchSession(dots, project=tmp_path / "project", workers=2) as made:
        made.set_batch_config(
            {"batch_size": 4, "variation_params": {"vary_seeds": True, "seed_range": (1, 99), "seed": 5}}
        )
        yield made


@bg.generator
def dots(prompt: str = "dots", seed: int = 0, fail: bool = False) -> Any:
    """Draw a picture of one colour."""
    from PIL import Image

    if fail:
        raise ValueError(f"no dots for {prompt}")
    return {"image": Image.new("RGB", (32, 32), (seed % 256, 90, 120)), "score": seed / 2}
