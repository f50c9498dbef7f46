"""The sidebar's comms on a real kernel, with a page's end held here: beside a blocked cell, over restarts and kills."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batchgen_widgets.presence import projects_of
from batchgen_widgets.wire.sidebar import SIDEBAR_TARGET, VIEW_TARGET

pytest.importorskip("ipykernel")
manager = pytest.importorskip("jupyter_client.manager")

PATIENCE_S = 40

SETUP = """
import os, threading, time
import batchgen_widgets as bg

@bg.generator
def walk(seed: int = 0, *, task: bg.TaskContext):
    for step in range(3000):
        task.progress(step / 3000, f"step {step}")
        time.sleep(0.01)

session = bg.BatchSession(walk, project="walks")
session.set_batch_config({"batch_size": 3, "variation_params": {"vary_seeds": True}})
"""


class Comm:
    """A page's end of a comm: what came, and what is asked."""

    def __init__(self, page: Page, target: str, data: dict[str, Any], subshell: str | None) -> None:
        self._page = page
        self._subshell = subshell
        self.id = uuid.uuid4().hex
        self.traits: dict[str, Any] = {}
        self.updates = 0
        self.replies: dict[str, dict[str, Any]] = {}
        self.gone: str | None = None
        self.closed = False
        page.comms[self.id] = self
        page.send("comm_open", {"comm_id": self.id, "target_name": target, "data": data}, subshell)

    def hear(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "comm_close":
            self.closed = True
            return
        # In nobody's name: else ipykernel sends what is asked next to the shell of the cell that runs.
        assert message["parent_header"] == {}
        data = message["content"]["data"]
        if data["kind"] == "traits":
            self.updates += 1
            buffers = zip(data["buffers"], message["buffers"], strict=True)
            self.traits |= data["values"] | {name: bytes(buffer) for name, buffer in buffers}
        elif data["kind"] == "reply":
            self.replies[data["id"]] = data
        elif data["kind"] == "gone":
            self.gone = data["message"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request, and give its result."""
        name = uuid.uuid4().hex
        request = {"kind": "request", "id": name, "method": method, "params": params}
        self._page.send("comm_msg", {"comm_id": self.id, "data": request}, self._subshell)
        reply = self._page.wait_for(lambda: self.replies.get(name), f"the answer to {method}")
        assert reply["ok"], reply
        return reply["result"]

    def close(self) -> None:
        self._page.send("comm_close", {"comm_id": self.id, "data": {}}, self._subshell)


class Page:
    """A front end with one kernel, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # As a server names it.
        place = folder.parent / "runtime" / f"kernel-{uuid.uuid4()}.json"
        self.kernel = manager.KernelManager(kernel_name="python3", connection_file=str(place))
        self.kernel.start_kernel(cwd=str(folder))
        self.comms: dict[str, Comm] = {}
        self._connect()

    def _connect(self) -> None:
        self._idle: set[str] = set()
        self._printed: dict[str, str] = {}
        self._errors: dict[str, list[str]] = {}
        self.client = self.kernel.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_S)

    @property
    def projects(self) -> list[Path] | None:
        """What the server learns of the kernel."""
        return projects_of(Path(self.kernel.connection_file))

    def send(self, kind: str, content: dict[str, Any], subshell: str | None) -> str:
        message = self.client.session.msg(kind, content)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def subshell(self) -> str:
        """Make a shell of the kernel that no cell blocks."""
        message = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.control_channel.get_msg(timeout=PATIENCE_S)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return str(reply["content"]["subshell_id"])

    def start(self, code: str, subshell: str | None = None) -> str:
        """Begin to run a cell."""
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        return self.send("execute_request", content, subshell)

    def run(self, code: str, subshell: str | None = None) -> str:
        """Run a cell, and give what it printed."""
        cell = self.start(code, subshell)
        self.wait_for(lambda: self.ended(cell), code)
        assert cell not in self._errors, "\n".join(self._errors[cell])
        return self._printed.get(cell, "")

    def ended(self, cell: str) -> bool:
        return cell in self._idle

    def open(self, target: str, subshell: str | None = None, **data: Any) -> Comm:
        return Comm(self, target, data, subshell)

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        """Read what the kernel publishes until something holds."""
        until = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < until, f"{what} did not come"
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except Exception as nothing:
                if type(nothing).__name__ != "Empty":
                    raise
                continue
            self._take(message)
        return found

    def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        cell = message["parent_header"].get("msg_id", "")
        if kind == "status" and content["execution_state"] == "idle":
            self._idle.add(cell)
        elif kind == "stream" and content["name"] == "stdout":
            self._printed[cell] = self._printed.get(cell, "") + content["text"]
        elif kind == "error":
            self._errors[cell] = content["traceback"]
        elif kind in ("comm_msg", "comm_close") and content["comm_id"] in self.comms:
            self.comms[content["comm_id"]].hear(kind, message)

    def restart(self) -> None:
        self.client.stop_channels()
        self.kernel.restart_kernel(now=False)
        self._connect()

    def kill(self) -> None:
        """End the kernel as a crash does (kill -9), and start it again under the same id, as a server does."""
        self.client.stop_channels()
        self.kernel.signal_kernel(9)
        until = time.monotonic() + PATIENCE_S
        while self.kernel.is_alive():
            assert time.monotonic() < until
            time.sleep(0.02)

    def close(self) -> None:
        self.client.stop_channels()
        self.kernel.shutdown_kernel(now=True)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    opened = Page(folder)
    yield opened
    opened.close()


def only_session(sidebar: Comm) -> dict[str, Any]:
    (session,) = sidebar.traits["sessions"]
    return session


def test_beside_a_cell_that_blocks_the_kernel(page: Page):
    page.run(SETUP)
    assert page.projects == [page.folder / "walks"]
    subshell = page.subshell()
    page.run("free = threading.Event()")
    blocked = page.start("batch = session.start_batch()\nfree.wait()")

    sidebar = page.open(SIDEBAR_TARGET, subshell)
    page.wait_for(lambda: sidebar.traits and only_session(sidebar)["batch"], "a sidebar with the batch")
    session = only_session(sidebar)
    assert session["generator"] == "walk"
    assert session["project"]["folder"] == str(page.folder / "walks")
    assert session["widgets"] == []
    view = page.open(VIEW_TARGET, subshell, view="progress", session=session["id"], project=None, batch=None)
    page.wait_for(lambda: len(view.traits.get("running", [])) == 1, "the running task in a tab")
    assert len(view.traits["task_status"]) == 3

    def moves(read: Callable[[], float]) -> None:
        before = read()
        page.wait_for(lambda: read() > before, "progress")

    moves(lambda: only_session(sidebar)["progress"])
    moves(lambda: view.traits["running"][0]["progress"])
    sidebar.ask("session.pause", session=session["id"])
    page.wait_for(lambda: only_session(sidebar)["queue"]["paused"], "a paused queue")
    page.wait_for(lambda: view.traits["queue"]["paused"], "the same in the tab")
    view.ask("queue.resume")
    page.wait_for(lambda: not only_session(sidebar)["queue"]["paused"], "a queue that goes on")
    assert view.ask("clock")["now"] == pytest.approx(time.time(), abs=60)
    assert len(view.ask("tasks.get", batch=session["batch"]["id"], start=0, stop=9)["rows"]) == 3
    sidebar.ask("session.cancel_batch", session=session["id"], batch=session["batch"]["id"])
    page.wait_for(lambda: only_session(sidebar)["batch"]["status"] == "cancelled", "a cancelled batch")
    page.wait_for(lambda: view.traits["running"] == [], "the end of the running task")

    assert not page.ended(blocked)
    page.run("free.set()", subshell)
    page.wait_for(lambda: page.ended(blocked), "the end of the cell")


def test_a_kernel_that_never_made_a_session_tells_nobody_of_itself(page: Page):
    page.run("import batchgen_widgets as bg\nbg.Project('walks')")
    assert page.projects is None
    sidebar = page.open(SIDEBAR_TARGET)
    page.wait_for(lambda: sidebar.closed, "the end of the comm")
    assert sidebar.traits == {}
    assert list((page.folder.parent / "runtime").glob("batchgen/*")) == []


def test_a_session_costs_no_widgets_before_a_page_asks(page: Page):
    loaded = "import sys\nprint({'anywidget', 'ipywidgets', 'batchgen_widgets.widgets.base'} & {*sys.modules})"
    page.run(SETUP)
    assert page.run(loaded) == "set()\n"
    sidebar = page.open(SIDEBAR_TARGET)
    page.wait_for(lambda: sidebar.traits, "the sidebar")
    assert "anywidget" in page.run(loaded)


def test_sessions_and_widgets_come_and_go(page: Page):
    page.run(SETUP)
    sidebar = page.open(SIDEBAR_TARGET)
    page.wait_for(lambda: sidebar.traits, "the sidebar")
    page.run("other = bg.BatchSession(walk, project='strolls')\nstudio = bg.BatchStudio(session)")
    page.wait_for(lambda: len(sidebar.traits["sessions"]) == 2, "the other session")
    first, second = sidebar.traits["sessions"]
    assert (first["project"]["name"], second["project"]["name"]) == ("walks", "strolls")
    assert page.projects == [page.folder / "walks", page.folder / "strolls"]
    page.run("gallery = bg.BatchGalleryView(session)")
    page.wait_for(lambda: len(sidebar.traits["sessions"][0]["widgets"]) == 2, "two widgets")
    models = page.run("print(studio.model_id, gallery.model_id)").split()
    assert sidebar.traits["sessions"][0]["widgets"] == models
    page.run("gallery.close()")
    page.wait_for(lambda: sidebar.traits["sessions"][0]["widgets"] == models[:1], "one widget")

    view = page.open(VIEW_TARGET, view="gallery", session=second["id"], project=None, batch=None)
    page.wait_for(lambda: view.traits, "the tab")
    page.run("import gc\ndel other")  # never closed

    def is_collected() -> bool:
        page.run("collected = gc.collect()")  # again, where a thread looked at it just now
        return view.closed

    page.wait_for(is_collected, "the end of the tab")
    assert view.gone == "this session is closed"
    page.wait_for(lambda: len(sidebar.traits["sessions"]) == 1, "one session")
    page.run("session.close()")
    page.wait_for(lambda: sidebar.traits["sessions"] == [], "no session")
    assert not sidebar.closed


def test_a_closed_comm_leaves_nothing_behind(page: Page):
    page.run(SETUP)
    sidebar = page.open(SIDEBAR_TARGET)
    page.wait_for(lambda: sidebar.traits, "the sidebar")
    session = only_session(sidebar)["id"]
    orders = [{"view": view, "session": session} for view in ("gallery", "progress", "lineage", "history")]
    views = [page.open(VIEW_TARGET, project=None, batch=None, **order) for order in orders]
    page.wait_for(lambda: all(view.updates for view in views), "the tabs")
    count = """
import gc
from batchgen_widgets.sidebar.lines import Line
from batchgen_widgets.widgets.shelf import Shelf
collected = gc.collect()
print(len([each for each in gc.get_objects() if isinstance(each, Line | Shelf)]))
"""
    assert page.run(count) == "8\n"
    for each in (sidebar, *views):
        each.close()
    assert page.run(count) == "0\n"
    page.run("batch = session.start_batch()\nsession.cancel_batch()")
    assert all(len(view.replies) == 0 and view.updates == 1 for view in views)
    assert page.run("print([t.name for t in threading.enumerate() if t.name == 'batchgen-sidebar'])") == "[]\n"


def test_a_restart_makes_it_unknown_until_there_is_a_session_again(page: Page):
    page.run(SETUP)
    assert page.projects == [page.folder / "walks"]
    page.restart()
    assert page.projects is None
    page.run("import batchgen_widgets as bg")
    assert page.projects is None
    page.run(SETUP.replace("walks", "hikes"))
    assert page.projects == [page.folder / "hikes"]


def test_what_a_killed_kernel_said_does_not_count(page: Page):
    page.run(SETUP)
    assert page.projects == [page.folder / "walks"]
    page.kill()
    assert page.projects is None
    page.restart()
    assert page.projects is None
    page.run(SETUP)
    assert page.projects == [page.folder / "walks"]


def test_an_orderly_end_leaves_no_file(page: Page):
    page.run(SETUP)
    folder = page.folder.parent / "runtime" / "batchgen"
    assert len(list(folder.iterdir())) == 2
    page.client.shutdown()
    page.wait_for(lambda: not page.kernel.is_alive(), "the end of the kernel")
    assert list(folder.iterdir()) == []
