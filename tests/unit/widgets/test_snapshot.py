"""When a cell gets the picture that it shows without its kernel, and where."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import IPython
import ipywidgets
import pytest

import batchgen_widgets as bg
from batchgen_widgets.testing import wait_for
from batchgen_widgets.widgets import snapshot as module
from batchgen_widgets.widgets.attach import attach
from batchgen_widgets.widgets.base import BatchgenWidget
from tests.unit.widgets.conftest import dots


class Shell:
    """A shell in a kernel, whose cells a test runs; it keeps what was published to the notebook."""

    def __init__(self) -> None:
        self.kernel = SimpleNamespace(session=self, iopub_socket=object(), get_parent=lambda: self.parent)
        self.display_pub = SimpleNamespace(parent_header={})
        self.events = SimpleNamespace(register=lambda _, handler: self.handlers.append(handler))
        self.handlers: list[Callable[[Any], None]] = []
        self.parent: dict[str, Any] = {}
        self.sent: list[SimpleNamespace] = []

    def send(self, _socket: object, kind: str, content: Any, *, parent: Any, ident: bytes) -> None:
        assert ident == b"display_data"
        shown = {"thread": threading.current_thread().name, "at": content["transient"]["display_id"]}
        self.sent.append(SimpleNamespace(kind=kind, data=content["data"], parent=parent, **shown))

    def begin(self, cell: str | None, run: str) -> None:
        """Begin to run a cell; a program that runs notebooks does not say which."""
        metadata = {} if cell is None else {"cellId": cell}
        self.parent = {"header": {"msg_type": "execute_request", "msg_id": run}, "metadata": metadata}

    def end(self, value: Any = None) -> None:
        for handler in self.handlers:
            handler(SimpleNamespace(result=value))

    def run(self, cell: str | None, run: str, show: Any = None) -> Any:
        """Run a cell that shows something, and give what it shows it as."""
        self.begin(cell, run)
        data = show._repr_mimebundle_()[0] if isinstance(show, BatchgenWidget) else None
        self.end(show)
        return data

    def words(self) -> list[str]:
        return [message.data["text/plain"].splitlines()[0] for message in list(self.sent)]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    made = Shell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    for name in ("_SOON_S", "_REST_S", "_EVERY_S", "_EVERY_LIVE_S"):
        monkeypatch.setattr(module, name, 0.02)
    painter = module._Painter()
    monkeypatch.setattr(module, "_PAINTER", painter)
    yield made
    with painter._condition:
        painter._due.clear()
        painter._condition.notify()
    wait_for(lambda: painter.thread is None, "that nobody draws any more")


def finish(session: bg.BatchSession) -> bg.Batch:
    batch = session.start_batch()
    assert batch.wait(20)
    return batch


def test_the_cell_gets_an_output_of_its_own_beside_the_widget(session, page, shell):
    studio = page(bg.BatchStudio(session)).widget
    data = shell.run("a", "run-1", studio)
    assert data["text/html"] == ""
    assert "application/vnd.jupyter.widget-view+json" in data
    wait_for(lambda: shell.sent, "the first picture")
    first = shell.sent[0]
    assert (first.kind, first.parent["header"]["msg_id"]) == ("display_data", "run-1")
    assert first.data["text/plain"] == "dots: no batch yet"
    assert first.thread == "batchgen-snapshot"

    batch = finish(session)
    wait_for(lambda: shell.words()[-1] == "dots: 4 results, completed", "the end")
    session.set_marks(batch.results[:2], "favorite")
    wait_for(lambda: shell.words()[-1] == "dots: 4 results, 2 favorites, completed", "the stars")
    assert {message.kind for message in shell.sent[1:]} == {"update_display_data"}
    assert {message.at for message in shell.sent} == {first.at}
    assert shell.sent[-1].data.keys() == {"text/plain", "text/html", "image/png"}

    # Its own style sheet hides it where the widget is, by a class that the widget's view has.
    html = shell.sent[-1].data["text/html"]
    (live,) = (name for name in studio._dom_classes if name.startswith("bgw-live-"))
    assert f":root:has(.{live}) .{live.replace('live', 'saved')}," in html
    assert html.startswith(f'<div class="{live.replace("live", "saved")}">')
    assert "<script" not in html


def test_what_did_not_change_is_not_published_again(session, page, shell):
    studio = page(bg.BatchStudio(session)).widget
    shell.run("a", "run-1", studio)
    batch = finish(session)
    wait_for(lambda: shell.words()[-1:] == ["dots: 4 results, completed"], "the end")
    wait_for(lambda: module._PAINTER.thread is None, "rest")
    count = len(shell.sent)
    session.set_marks(batch.results[:1], "favorite")
    session.undo()
    session.set_base_parameters({"prompt": "other"})
    shell.run("b", "run-2")
    wait_for(lambda: module._PAINTER.thread is None, "rest")
    assert shell.sent[-1].data == shell.sent[count - 1].data


def test_many_changes_make_few_pictures(session, page, shell, monkeypatch):
    monkeypatch.setattr(module, "_REST_S", 0.3)
    studio = page(bg.BatchStudio(session)).widget
    shell.run("a", "run-1", studio)
    batch = finish(session)
    wait_for(lambda: shell.words()[-1:] == ["dots: 4 results, completed"], "the end")
    count = len(shell.sent)
    for _ in range(20):
        session.set_marks(batch.results[:3], "favorite")
        session.set_marks(batch.results, None)
    session.set_marks(batch.results, "favorite")
    wait_for(lambda: shell.words()[-1] == "dots: 4 results, 4 favorites, completed", "the last state")
    assert len(shell.sent) - count <= 2


def test_the_bound_holds_for_the_file(session, page, shell):
    @bg.generator
    def noise(seed: int = 0) -> Any:
        import numpy as np

        return np.random.default_rng(seed).integers(0, 255, (200, 300, 3), np.uint8)

    for limit in (bg.BatchStudio.__init__.__kwdefaults__["snapshot_bytes"], 60_000):
        other = bg.BatchSession(noise, session.project)
        other.set_batch_config({"batch_size": 24, "variation_params": {"vary_seeds": True}})
        gallery = page(bg.BatchGalleryView(finish(other), snapshot_bytes=limit)).widget
        own = shell.run("a", f"run-{limit}", gallery)
        wait_for(lambda: shell.sent, "the picture")
        outputs = [
            {"data": data, "metadata": {}, "output_type": "display_data"} for data in (own, shell.sent.pop().data)
        ]
        written = len(json.dumps(outputs, indent=1, ensure_ascii=False).encode())
        assert limit / 3 < written <= limit <= 300_000
        other.close()


@pytest.mark.parametrize("nothing", [0, None, False])
def test_it_can_be_switched_off(session, page, shell, nothing):
    studio = page(bg.BatchStudio(session, snapshot_bytes=nothing)).widget
    assert "text/html" not in shell.run("a", "run-1", studio)
    assert not any(name.startswith("bgw-live") for name in studio._dom_classes)
    finish(session)
    shell.run(None, "run-2")
    assert not shell.sent


@pytest.mark.parametrize("wrong", [-1, 100, 10**9, "much", 3e5, True])
def test_other_sizes_are_refused(session, wrong):
    with pytest.raises(bg.ParameterError, match=r"snapshot_bytes: .* give 20,000 to 10,000,000"):
        bg.BatchGalleryView(session, snapshot_bytes=wrong)


def test_only_the_cell_that_showed_it_last_keeps_the_picture(session, page, shell):
    finish(session)
    studio = page(bg.BatchStudio(session)).widget
    shell.run("a", "run-1", studio)
    wait_for(lambda: shell.sent, "the first picture")
    shell.run("b", "run-2", studio)
    wait_for(lambda: len(shell.sent) == 3, "the second picture")
    first, moved, second = shell.sent
    assert (moved.kind, moved.at) == ("update_display_data", first.at)
    assert moved.data["text/plain"] == "Its picture is in the cell that showed it last"
    assert "image/png" not in moved.data
    assert (second.kind, second.parent["header"]["msg_id"]) == ("display_data", "run-2")
    assert second.data == first.data


def test_what_another_run_of_the_cell_replaced_is_drawn_no_more(session, page, shell):
    first, second = page(bg.BatchStudio(session)).widget, page(bg.BatchStudio(session)).widget
    shell.run("a", "run-1", first)
    wait_for(lambda: shell.sent, "the first picture")
    shell.run("a", "run-2", second)
    finish(session)
    wait_for(lambda: shell.words()[-1] == "dots: 4 results, completed", "the end")
    assert {message.at for message in shell.sent if "4 results" in message.data["text/plain"]} == {shell.sent[-1].at}
    assert shell.sent[-1].at != shell.sent[0].at


def test_two_widgets_of_one_cell_have_a_picture_each(session, page, shell):
    first, second = page(bg.BatchStudio(session)).widget, page(bg.BatchProgressDisplay(session)).widget
    shell.begin("a", "run-1")
    first._repr_mimebundle_(), second._repr_mimebundle_()
    shell.end()
    finish(session)
    wait_for(lambda: len({m.at for m in shell.sent if "completed" in m.data["text/plain"]}) == 2, "both")
    ends = {message.at: message.data for message in shell.sent}
    assert sorted("image/png" in data for data in ends.values()) == [False, True]
    assert {data["text/plain"].splitlines()[0] for data in ends.values()} == {
        "dots: 4 results, completed",
        "dots: completed, 4 tasks",
    }


def test_a_program_that_runs_the_notebook_has_it_at_the_end_of_each_cell(session, page, shell, monkeypatch):
    """It hears only what comes while a cell runs, in the name of that cell."""
    monkeypatch.setattr(module, "_SOON_S", 60)
    monkeypatch.setattr(module, "_REST_S", 60)
    studio = page(bg.BatchStudio(session)).widget
    shell.run(None, "run-1", studio)
    assert shell.words() == ["dots: no batch yet"]
    shell.begin(None, "run-2")
    finish(session)
    shell.end()
    assert shell.words()[1:] == ["dots: 4 results, completed"]
    assert shell.sent[-1].parent["header"]["msg_id"] == "run-2"
    shell.run(None, "run-3")
    assert len(shell.sent) == 2


class TestLayouts:
    def test_a_layout_as_the_last_expression(self, session, page, shell):
        shell.begin("a", "run-1")
        studio = page(bg.BatchStudio(session)).widget
        shell.end()
        box = ipywidgets.VBox([ipywidgets.Label("above"), ipywidgets.HBox([studio])])
        shell.run("b", "run-2", box)
        wait_for(lambda: shell.sent, "the picture")
        assert shell.sent[0].parent["header"]["msg_id"] == "run-2"

    def test_a_layout_that_was_shown_otherwise(self, session, page, shell):
        """Only the page knows; the picture goes to the cell that made the widget."""
        shell.begin("a", "run-1")
        shown = page(bg.BatchStudio(session))
        shell.end()
        shell.begin("b", "run-2")
        assert not shell.sent
        shown.result("clock")
        shown.result("clock")
        wait_for(lambda: shell.sent, "the picture")
        assert [message.parent["header"]["msg_id"] for message in shell.sent] == ["run-1"]


class TestThreads:
    def test_where_there_were_too_many_the_next_picture_is_drawn(self, session, page, shell, monkeypatch):
        start = threading.Thread.start

        def refuse(thread: threading.Thread) -> None:
            if thread.name == "batchgen-snapshot":
                raise RuntimeError("can't start new thread")
            start(thread)

        shell.begin("a", "run-1")
        studio = page(bg.BatchStudio(session)).widget
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            assert studio._repr_mimebundle_()
        assert not shell.sent
        shell.run("a", "run-2", studio)
        wait_for(lambda: shell.sent, "the picture")


class TestElsewhere:
    def test_without_ipython(self, session, page):
        studio = page(bg.BatchStudio(session)).widget
        data = studio._repr_mimebundle_()[0]
        assert "text/html" not in data
        assert "run this cell" in data["text/plain"]
        finish(session)

    def test_in_a_terminal(self, session, page, shell):
        del shell.kernel
        assert "text/html" not in page(bg.BatchStudio(session)).widget._repr_mimebundle_()[0]

    def test_where_outputs_are_captured(self, session, page, shell):
        shell.display_pub = object()
        assert "text/html" not in shell.run("a", "run-1", page(bg.BatchStudio(session)).widget)

    def test_in_the_answer_to_a_click(self, session, page, shell):
        shell.parent = {"header": {"msg_type": "comm_msg", "msg_id": "click"}, "metadata": {}}
        assert "text/html" not in page(bg.BatchStudio(session)).widget._repr_mimebundle_()[0]

    def test_a_gallery_of_nothing(self, page, shell):
        shell.run("a", "run-1", page(bg.BatchGalleryView([])).widget)
        wait_for(lambda: shell.words() == ["No results"], "the picture")

    def test_a_name_that_is_markup(self, tmp_path, page, shell):
        with bg.BatchSession(bg.generator(dots.function, name="<b onclick=x>"), tmp_path / "other") as session:
            shell.run("a", "run-1", page(bg.BatchStudio(session)).widget)
            wait_for(lambda: shell.sent, "the picture")
            assert "<b " not in shell.sent[0].data["text/html"]
            assert "&lt;b onclick=x&gt;: no batch yet" in shell.sent[0].data["text/html"]


def test_a_closed_widget_leaves_its_last_picture(session, page, shell):
    studio = page(bg.BatchStudio(session)).widget
    shell.run("a", "run-1", studio)
    wait_for(lambda: shell.sent, "the picture")
    studio.close()
    finish(session)
    shell.run(None, "run-2")
    assert len(shell.sent) == 1


# The same cell again


def paint(prompt: str = "dots", seed: int = 0, depth: int = 3) -> Any:
    return {"depth": depth}


def newer(prompt: str = "stars", seed: int = 0, width: int = 5) -> Any:
    return {"width": width}


newer.__name__ = "paint"


@pytest.fixture
def again(tmp_path, page) -> Iterator[Callable[..., Any]]:
    sessions = []

    def run_cell(function: Any = paint, **options: Any) -> Any:
        shown = page(bg.BatchStudio(function, project=tmp_path / "project", **options))
        sessions.append(shown.widget.session)
        return shown

    yield run_cell
    for session in sessions:
        session.close()


class TestAgain:
    def test_the_same_session_and_its_settings(self, again):
        first = again(workers=2)
        first.widget.session.set_base_parameters({"prompt": "mine"})
        second = again(workers=2)
        assert second.widget.session is first.widget.session
        assert second.shown("settings")["base"]["prompt"] == "mine"

    def test_it_commands_what_runs(self, again, gate):
        first = again(gate.generator)
        first.widget.session.set_batch_config({"batch_size": 3})
        batch = first.widget.session.start_batch()
        call = gate.next_call()
        second = again(gate.generator)
        assert second.shown("batch")["id"] == batch.id
        second.result("queue.pause")
        assert second.widget.session.paused
        call.finish()
        wait_for(lambda: batch.completed_count == 1, "the first task")
        assert len(second.widget.session.queue) == 2
        second.result("queue.resume")
        gate.next_call()
        second.result("batch.cancel", batch=batch.id)
        assert batch.wait(20)
        first.wait_for(lambda: (first.shown("batch") or {}).get("status") == "cancelled", "the end of the batch")

    def test_new_tasks_call_the_newer_function(self, again):
        first = again(paint)
        session = first.widget.session
        session.set_batch_config({"enabled": False})
        before = session.start_batch()
        assert before.wait(20)
        session.set_base_parameters({"seed": 7, "depth": 4})
        second = again(newer)
        assert second.widget.session is session
        assert session.base_parameters == {"prompt": "stars", "seed": 7, "width": 5}
        batch = session.start_batch()
        assert batch.wait(20)
        assert batch.tasks[0].metrics == {"width": 5}
        for shown in (first, second):
            shown.wait_for(
                lambda shown=shown: shown.shown("generator")["parameters"][-1]["name"] == "width", "the form"
            )

    def test_what_waits_keeps_its_function_and_what_is_retried_gets_the_newer_one(self, again):
        begun, go_on = threading.Event(), threading.Event()

        def wait(seed: int = 0) -> Any:
            begun.set()
            assert go_on.wait(20)
            raise ValueError("old")

        def mend(seed: int = 0) -> Any:
            return {"new": seed}

        mend.__name__ = "wait"
        session = again(wait).widget.session
        session.set_batch_config({"batch_size": 2})
        batch = session.start_batch()
        assert begun.wait(20)
        again(mend)
        go_on.set()
        assert batch.wait(20)
        assert batch.failed_count == 2
        session.retry_failed()
        assert batch.wait(20)
        assert batch.completed_count == 2

    def test_a_config_that_the_newer_one_does_not_take(self, again):
        session = again(paint).widget.session
        varied = {"vary_parameters": True, "parameter_ranges": {"depth": [1, 2]}}
        session.set_batch_config({"batch_size": 2, "variation_params": varied})
        again(newer)
        assert session.plan().count == 4
        assert list(session.plan().varied) == ["seed"]

    def test_other_options_make_another_session(self, again, gate):
        first = again(gate.generator)
        second = again(gate.generator, workers=2)
        assert second.widget.session is not first.widget.session
        second.widget.session.start_batch()
        gate.next_call()
        with pytest.warns(UserWarning, match=r"other options \(workers=2\) still runs a batch; cancel works from here"):
            third = again(gate.generator, workers=3)
        assert third.shown("batch")["status"] == "running"
        third.result("batch.cancel", batch=third.shown("batch")["id"])

    def test_a_closed_one_and_those_of_others_are_left_alone(self, again, tmp_path):
        first = again(paint).widget.session
        own = bg.BatchSession(paint, tmp_path / "project")
        first.close()
        second = again(paint).widget.session
        assert second not in (first, own)
        assert attach(paint, tmp_path / "elsewhere") is not second
        own.close()

    def test_only_a_generator_of_the_same_name_takes_its_place(self, again):
        session = again(paint).widget.session
        with pytest.raises(bg.ParameterError, match="give one that is called 'paint'"):
            session.redefine(dots)


def test_an_interrupted_batch_can_be_resumed_from_the_page(again, tmp_path, gate):
    first = again(gate.generator).widget.session
    first.set_batch_config({"batch_size": 2})
    batch = first.start_batch()
    gate.next_call()
    first.close()
    shown = again(gate.generator)
    assert shown.shown("batch")["status"] == "interrupted"
    shown.result("batch.resume", batch=batch.id)
    for _ in range(2):
        gate.next_call().finish()
    shown.wait_for(lambda: (shown.shown("batch") or {}).get("status") == "completed")


def test_the_class_of_the_page_is_nothing_else(session, page):
    studio = page(bg.BatchStudio(session)).widget
    assert re.fullmatch(r"bgw-live-[0-9a-f]{12}", studio._dom_classes[-1])
