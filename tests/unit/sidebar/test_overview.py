"""The sidebar's comm: every session of the kernel, in step, and commands to each."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import comm
import pytest

import batchgen_widgets as bg
from batchgen_widgets.presence import projects_of
from batchgen_widgets.projects import project_key
from batchgen_widgets.sessions import open_sessions
from batchgen_widgets.sidebar import overview, switchboard
from batchgen_widgets.testing import GatedGenerator, wait_for
from batchgen_widgets.wire.sidebar import SIDEBAR_REQUESTS, SIDEBAR_TARGET, VIEW_TARGET, SidebarSession


def only(tab: Any) -> dict[str, Any]:
    (session,) = tab.traits["sessions"]
    return session


def test_outside_a_kernel_there_is_nothing_of_it(manager: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "ipykernel"]:
        monkeypatch.delitem(sys.modules, name)
    with bg.BatchSession(bg.demos.chime, project=tmp_path / "project"):
        assert manager.targets == {}
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_the_first_session_of_a_kernel_makes_it_known(kernel: Any, manager: Any, tmp_path: Path):
    bg.Project(tmp_path / "project")
    assert manager.targets == {}
    with bg.BatchSession(bg.demos.chime, project=tmp_path / "project"):
        assert set(manager.targets) == {SIDEBAR_TARGET, VIEW_TARGET}
        assert projects_of(Path(kernel.abs_connection_file)) == [tmp_path / "project"]
    # It had one.
    assert projects_of(Path(kernel.abs_connection_file)) == [tmp_path / "project"]


def test_a_session_opens_whatever_goes_wrong_with_the_sidebar(
    kernel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail() -> None:
        raise RuntimeError("no comms here")

    monkeypatch.setattr(comm, "get_comm_manager", fail)
    with (
        caplog.at_level(logging.ERROR),
        bg.BatchSession(bg.demos.chime, project=tmp_path / "project") as session,
        bg.BatchSession(bg.demos.chime, project=tmp_path / "other") as other,
    ):
        assert open_sessions() == [session, other]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_it_begins_with_everything(session: bg.BatchSession, open_tab: Callable[..., Any]):
    batch = session.start_batch()
    assert batch.wait(20)
    tab = open_tab()
    (first,) = tab.told[:1]
    assert first["kind"] == "traits"
    assert set(first["values"]) == {"sessions"}
    shown = only(tab)
    assert shown.keys() == SidebarSession.__annotations__.keys()
    path = session.project.path
    assert shown["project"] == {"key": project_key(path), "name": "project", "folder": str(path)}
    assert (shown["generator"], shown["progress"], shown["widgets"]) == ("dots", 1.0, [])
    assert (shown["batch"]["id"], shown["batch"]["status"], shown["batch"]["total"]) == (batch.id, "completed", 4)
    assert shown["queue"] == {"paused": False, "tasks": 0, "batches": 0, "revision": session.queue_revision}


def test_every_request_of_the_sidebar_is_answered_and_no_other(session: bg.BatchSession, open_tab: Callable[..., Any]):
    assert overview.OverviewDesk().answers().keys() == SIDEBAR_REQUESTS.keys()
    tab = open_tab()
    assert tab.result("clock")["now"] == pytest.approx(time.time(), abs=60)
    for method in SIDEBAR_REQUESTS:
        assert "this session is closed" in tab.error(method, session="another", batch="b")
        assert tab.error(method) == "the request lacks 'session'"
    assert "no request" in tab.error("session.explode")
    count = len(tab.told)
    for noise in (None, 3, "text", [], {}, {"kind": "traits"}):
        tab.say(noise)
    assert len(tab.told) == count


def test_commands(open_session: Callable[..., Any], gate: GatedGenerator, open_tab: Callable[..., Any]):
    session = open_session(gate, tasks=3)
    tab = open_tab()
    own = {"session": only(tab)["id"]}
    tab.result("session.pause", **own)
    tab.wait_for(lambda: only(tab)["queue"]["paused"], "a pause of an empty queue")
    tab.result("session.resume", **own)
    tab.wait_for(lambda: not only(tab)["queue"]["paused"])
    batch = session.start_batch()
    call = gate.next_call()
    call.do(lambda: call.context.progress(0.75, "nearly"))
    tab.wait_for(lambda: only(tab)["progress"] == 0.25, "the progress of a running task")
    tab.result("session.cancel_batch", batch=batch.id, **own)
    tab.wait_for(lambda: only(tab)["batch"]["status"] == "cancelled")
    tab.result("session.resume_batch", batch=batch.id, **own)
    for _ in range(2):
        gate.next_call().finish()
    gate.next_call().fail()
    tab.wait_for(lambda: only(tab)["batch"]["counts"]["failed"] == 1)
    tab.result("session.retry_failed", batch=batch.id, **own)
    gate.next_call().finish()
    tab.wait_for(lambda: only(tab)["batch"]["status"] == "completed")
    assert "no such batch" in tab.error("session.cancel_batch", batch="nope", **own)


def test_sessions_come_and_go(session: bg.BatchSession, open_tab: Callable[..., Any], tmp_path: Path):
    tab = open_tab()
    first = only(tab)["id"]
    other = bg.BatchSession(bg.demos.chime, project=tmp_path / "other")
    tab.wait_for(lambda: len(tab.traits["sessions"]) == 2, "another session")
    assert [each["generator"] for each in tab.traits["sessions"]] == ["dots", "chime"]
    other.close()
    tab.wait_for(lambda: len(tab.traits["sessions"]) == 1, "one less")
    unclosed = bg.BatchSession(bg.demos.chime, project=tmp_path / "other")
    tab.wait_for(lambda: len(tab.traits["sessions"]) == 2, "a third session")
    del unclosed

    def is_collected() -> bool:
        gc.collect()  # again, where a thread looked at it just now
        return len(tab.traits["sessions"]) == 1

    wait_for(is_collected, "one less that nobody closed")
    assert only(tab)["id"] == first


def test_what_happens_in_any_project_shows(session: bg.BatchSession, open_tab: Callable[..., Any], tmp_path: Path):
    tab = open_tab()
    with bg.BatchSession(bg.demos.chime, project=tmp_path / "other") as other:
        batch = other.start_batch({"duration": 0.5})
        tab.wait_for(lambda: len(tab.traits["sessions"]) == 2 and tab.traits["sessions"][1]["progress"] == 1.0)
        assert tab.traits["sessions"][1]["batch"]["id"] == batch.id
        assert tab.traits["sessions"][0]["batch"] is None


def test_widgets_of_a_session(session: bg.BatchSession, open_tab: Callable[..., Any]):
    tab = open_tab()
    studio = bg.BatchStudio(session)
    gallery = bg.BatchGalleryView(session)
    tab.wait_for(lambda: only(tab)["widgets"] == [studio.model_id, gallery.model_id])
    gone = studio.model_id
    studio.close()
    tab.wait_for(lambda: gone not in only(tab)["widgets"], "one widget less")
    gallery.close()
    tab.wait_for(lambda: only(tab)["widgets"] == [])


def test_a_project_that_can_not_be_read_hides_no_session(
    session: bg.BatchSession, open_tab: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    def unreadable(_self: object) -> None:
        raise bg.ProjectError("the directory is gone")

    monkeypatch.setattr(bg.BatchSession, "active_batch", property(unreadable))
    tab = open_tab()
    assert only(tab)["batch"] is None
    assert only(tab)["progress"] == 0.0


def test_several_sidebars(session: bg.BatchSession, open_tab: Callable[..., Any]):
    first, second = open_tab(), open_tab()
    first.result("session.pause", session=only(second)["id"])
    second.wait_for(lambda: only(second)["queue"]["paused"])
    first.close()
    count = len(first.told)
    session.resume()
    batch = session.start_batch()
    second.wait_for(lambda: (only(second)["batch"] or {}).get("id") == batch.id)
    assert len(first.told) == count


def test_it_sends_little_whatever_happens(session: bg.BatchSession, open_tab: Callable[..., Any]):
    tab = open_tab()
    begin = time.monotonic()
    session.set_batch_config({"batch_size": 60, "variation_params": {"vary_seeds": True}})
    assert session.start_batch().wait(30)
    tab.wait_for(lambda: only(tab)["progress"] == 1.0)
    assert len(tab.told) <= 10 * (time.monotonic() - begin) + 3
    count = len(tab.told)
    session.project.ledger.hub.emit("nothing changed")
    tab.result("clock")
    assert len(tab.told) == count + 1


def test_a_page_that_can_not_be_reached_is_left(
    session: bg.BatchSession, open_tab: Callable[..., Any], caplog: pytest.LogCaptureFixture
):
    tab = open_tab()
    tab.wire.broken = True
    session.pause()
    batch = session.start_batch()
    wait_for(lambda: switchboard.SWITCHBOARD.lines == [], "that it is left")
    assert "can't be reached" in caplog.text
    session.resume()
    assert batch.wait(20)


def test_pages_that_crashed_are_forgotten_in_time(
    session: bg.BatchSession, open_tab: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(switchboard, "_MOST", 2)
    silent, talks = open_tab(), open_tab()
    view = open_tab("history", session=only(talks)["id"])
    silent.result("clock")
    talks.result("clock")
    newest = open_tab()
    assert silent.closed
    assert "too many pages" in silent.gone
    assert not any(tab.closed for tab in (talks, newest, view))
