"""Widgets with a comm whose far end the test holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import comm
import comm.base_comm
import pytest

import batchgen_widgets as bg
from batchgen_widgets.batches import Asset
from batchgen_widgets.widgets.base import BatchgenWidget


class Wire(comm.base_comm.BaseComm):
    """A comm that keeps what the kernel published, and lets a test wait for it."""

    changed = threading.Condition()

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self.published: list[tuple[str, dict[str, Any], list[Any]]] = []
        super().__init__(*args, **keywords)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        with self.changed:
            self.published.append((msg_type, data or {}, list(buffers or [])))
            self.changed.notify_all()

    def updates(self) -> list[dict[str, Any]]:
        """Every trait update so far, buffers put back where they belong."""
        found = []
        for _, data, buffers in list(self.published):
            if data.get("method") == "update":
                state = dict(data["state"])
                for path, buffer in zip(data["buffer_paths"], buffers, strict=True):
                    state[path[0]] = bytes(buffer)
                found.append(state)
        return found

    def replies(self) -> dict[str, tuple[dict[str, Any], list[Any]]]:
        """Every reply so far, by request."""
        contents = [
            (data["content"], buffers) for _, data, buffers in list(self.published) if data.get("method") == "custom"
        ]
        return {content["id"]: (content, buffers) for content, buffers in contents}


class Page:
    """The browser's end of a widget."""

    def __init__(self, widget: BatchgenWidget) -> None:
        self.widget = widget
        self.wire: Wire = widget.comm
        self._count = 0

    def wait_for(self, condition: Callable[[], Any], what: str = "the widget") -> Any:
        """Wait until something holds; look again whenever the kernel publishes."""
        with Wire.changed:
            assert Wire.changed.wait_for(condition, timeout=20), f"{what} did not come; {self.wire.published[-2:]}"
        return condition()

    def ask(self, method: str, **params: Any) -> tuple[dict[str, Any], list[Any]]:
        """Send a request, and give the reply with its buffers."""
        self._count += 1
        request_id = f"page-{self._count}"
        message = {"kind": "request", "id": request_id, "method": method, "params": params}
        self.widget._handle_msg({"content": {"data": {"method": "custom", "content": message}}, "buffers": []})
        return self.wait_for(lambda: self.wire.replies().get(request_id), f"the answer to {method}")

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request that must work, and give its result."""
        reply, _ = self.ask(method, **params)
        assert reply["ok"], reply
        return reply["result"]

    def error(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request that must be refused, and give the reason."""
        reply, _ = self.ask(method, **params)
        assert not reply["ok"], reply
        return reply["error"]

    def shown(self, name: str) -> Any:
        """The value of a trait that the browser has."""
        return self.state()[name]

    def state(self) -> dict[str, Any]:
        """Every trait as the browser has it: as opened, and as updated since."""
        _, data, buffers = self.wire.published[0]
        state = dict(data["state"])
        for path, buffer in zip(data["buffer_paths"], buffers, strict=True):
            state[path[0]] = bytes(buffer)
        for update in self.wire.updates():
            state |= update
        return state


@pytest.fixture(autouse=True)
def wires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipywidgets.widgets.widget.comm.create_comm", Wire)


@pytest.fixture
def page() -> Iterator[Callable[[BatchgenWidget], Page]]:
    opened: list[BatchgenWidget] = []

    def make(widget: BatchgenWidget) -> Page:
        opened.append(widget)
        return Page(widget)

    yield make
    for widget in opened:
        widget.close()


@pytest.fixture
def session(tmp_path: Any) -> Iterator[bg.BatchSession]:
    with bg.BatchSession(dots, project=tmp_path / "project", workers=2) as made:
        made.set_batch_config(
            {"batch_size": 4, "variation_params": {"vary_seeds": True, "seed_range": (1, 99), "seed": 5}}
        )
        yield made


@pytest.fixture
def grow() -> Callable[..., None]:
    """Give a batch assets without files, until it has that many."""

    def make(batch: bg.Batch, total: int, **entries: Any) -> None:
        start = len(batch.assets)
        first = batch.assets[0]
        told = {
            name: getattr(first, name)
            for name in (
                "batch_id",
                "kind",
                "path",
                "thumbnail_path",
                "file_size",
                "created_at",
                "metrics",
                "width",
                "height",
                "keeper",
            )
        }
        batch.add_assets(
            [
                Asset(
                    **{
                        **told,
                        "id": f"more-{place}",
                        "task_index": place,
                        "position": 0,
                        "params": {"prompt": "dots", "seed": place, "fail": False},
                        **entries,
                    }
                )
                for place in range(start, total)
            ]
        )

    return make


@bg.generator
def dots(prompt: str = "dots", seed: int = 0, fail: bool = False, *, task: bg.TaskContext) -> Any:
    """Draw a picture of one colour."""
    from PIL import Image

    picture = Image.new("RGB", (32, 32), (seed % 256, 90, 120))
    task.progress(0.5, "half", preview=picture)
    if fail:
        raise ValueError(f"no dots for {prompt}")
    return {"image": picture, "score": seed / 2}
