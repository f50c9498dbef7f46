"""The comm behind a tab: the same desks as those of a widget, and an end when there is nothing more to show."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects import project_key
from batchgen_widgets.sidebar.known import known
from batchgen_widgets.sidebar.switchboard import SWITCHBOARD
from batchgen_widgets.testing import wait_for
from batchgen_widgets.widgets.base import BatchgenWidget

GALLERY = {"gallery", "asset_kinds", "asset_marks", "asset_selected", "query"}
PROGRESS = {"batch", "task_status", "running", "queue"}


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


def name_of(session: bg.BatchSession) -> str:
    return known(session).id


def methods(holder: Any) -> set[str]:
    return {*holder._reception._quick, *holder._reception._slow}


@pytest.mark.parametrize(
    ("view", "traits", "widget"),
    [
        ("gallery", GALLERY, bg.BatchGalleryView),
        ("lineage", GALLERY, bg.BatchGalleryView),
        ("progress", PROGRESS, bg.BatchProgressDisplay),
    ],
)
def test_a_tab_has_the_traits_and_the_requests_of_a_widget(
    session: bg.BatchSession,
    batch: bg.Batch,
    open_tab: Callable[..., Any],
    view: str,
    traits: set[str],
    widget: type[BatchgenWidget],
):
    tab = open_tab(view, session=name_of(session))
    in_cell = widget(session)  # type: ignore[arg-type]
    try:
        in_cell.refresh()
        state = in_cell.get_state()
        (line,) = SWITCHBOARD.lines
        offered, wanted = methods(line), methods(in_cell) - {"part.get"}
        if view == "progress":
            assert (set(tab.traits), offered) == (traits, wanted)
        else:  # it knows what is to come, as in a studio
            assert set(tab.traits) == traits | {"batch", "task_status", "running"}
            assert offered > wanted
        assert {name: tab.traits[name] for name in traits} == {name: state[name] for name in traits}
    finally:
        in_cell.close()


def test_a_tab_is_in_step_with_a_widget(session: bg.BatchSession, batch: bg.Batch, open_tab: Callable[..., Any]):
    tab = open_tab("gallery", session=name_of(session))
    tab.result("assets.mark", source=batch.id, positions=[1, 2], mark="favorite")
    tab.wait_for(lambda: tab.traits["asset_marks"] == bytes([0, 1, 1, 0]))
    assert batch.favorites == batch.results[1:3]
    session.undo()
    tab.wait_for(lambda: tab.traits["asset_marks"] == bytes(4))
    tab.result("query.set", source=batch.id, query={**tab.traits["query"], "mark": "favorite"})
    tab.wait_for(lambda: tab.traits["query"]["mark"] == "favorite")
    reply = tab.reply("assets.thumbnails", source=batch.id, positions=[0])
    assert reply["result"]["items"] == [{"position": 0, "type": "image/webp"}]
    again = session.start_batch()
    tab.wait_for(lambda: tab.traits["gallery"]["source"] == again.id and tab.traits["gallery"]["total"] == 4)


def test_a_session_can_be_shown_at_a_batch(session: bg.BatchSession, batch: bg.Batch, open_tab: Callable[..., Any]):
    assert session.start_batch().wait(20)
    tab = open_tab("gallery", session=name_of(session), batch=batch.id)
    assert tab.traits["gallery"]["source"] == batch.id


def test_a_batch_of_a_project(session: bg.BatchSession, batch: bg.Batch, open_tab: Callable[..., Any]):
    assert session.start_batch().wait(20)
    key = project_key(session.project.path)
    tab = open_tab("gallery", project=key, batch=batch.id)
    assert (tab.traits["gallery"]["source"], tab.traits["gallery"]["total"]) == (batch.id, 4)
    tab.result("assets.mark", source=batch.id, positions=[0], mark="discarded")
    assert batch.discarded == batch.results[:1]
    related = open_tab("lineage", project=key, batch=batch.id)
    assert related.result("lineage.get", asset=batch.results[0].id)["asset"] == batch.results[0].id


def test_lists_of_batches(session: bg.BatchSession, open_tab: Callable[..., Any]):
    key = project_key(session.project.path)
    asked = {"text": "", "generator": None, "status": None, "favorites": False, "start": 0, "stop": 20}
    of_session, of_project = open_tab("history", session=name_of(session)), open_tab("history", project=key)
    assert of_session.traits == of_project.traits == {}
    assert len(of_project.told) == 1  # it says that it is there
    assert of_project.result("history.get", **asked)["total"] == 0
    batch = session.start_batch()
    assert batch.wait(20)
    for tab, own in ((of_session, "dots"), (of_project, None)):
        found = tab.result("history.get", **asked)
        assert (found["total"], found["own"], found["rows"][0]["id"]) == (1, own, batch.id)
        pictures = tab.result("assets.thumbnails_by_id", ids=[batch.results[0].id])
        assert [item["id"] for item in pictures["items"]] == [batch.results[0].id]
    assert "only a session runs batches" in of_project.error("history.resume", batch=batch.id)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"view": "poster", "session": "s"}, "view: 'poster' is not allowed; choose one of gallery, progress"),
        ({"view": ["gallery"], "session": "s"}, r"view: \['gallery'\] is not allowed"),
        ({"view": "gallery"}, "give one of them"),
        ({"view": "gallery", "session": "s", "project": "p"}, "give one of them"),
        ({"view": "gallery", "session": "s"}, "this session is closed"),
        ({"view": "gallery", "session": {"id": 3}}, "this session is closed"),
        ({"view": "gallery", "project": "0123456789abcdef", "batch": "b"}, "no session of this kernel has the project"),
        ({"view": "history", "project": "0123456789abcdef"}, "no session of this kernel has the project"),
    ],
)
def test_what_can_not_be_shown_is_said(
    session: bg.BatchSession, open_tab: Callable[..., Any], order: dict[str, Any], reason: str
):
    tab = open_tab(**order)
    assert tab.closed
    assert tab.traits == {}
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(tab.gone)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"view": "gallery", "batch": "nope"}, "nope"),
        ({"view": "gallery"}, "shows the gallery or the lineage of one batch"),
        ({"view": "progress", "batch": "nope"}, "shows the gallery or the lineage of one batch"),
    ],
)
def test_what_a_project_has_not(
    session: bg.BatchSession, open_tab: Callable[..., Any], order: dict[str, Any], reason: str
):
    tab = open_tab(**order, project=project_key(session.project.path))
    assert tab.closed
    assert reason in tab.gone


def test_a_project_that_was_opened_without_a_session_is_not_shown(
    session: bg.BatchSession, open_tab: Callable[..., Any], tmp_path: Path
):
    project = bg.Project(tmp_path / "other")
    assert open_tab("history", project=project_key(project.path)).closed


def test_a_closed_session_ends_its_tabs(session: bg.BatchSession, open_tab: Callable[..., Any]):
    tabs = [open_tab(view, session=name_of(session)) for view in ("gallery", "progress", "history")]
    session.close()
    for tab in tabs:
        tab.wait_for(lambda tab=tab: tab.closed, "the end of the tab")
        assert tab.gone == "this session is closed"


def test_a_tab_keeps_no_session(open_tab: Callable[..., Any], kernel: Any, tmp_path: Path):
    session = bg.BatchSession(bg.demos.chime, project=tmp_path / "project")
    tabs = [open_tab(view, session=name_of(session)) for view in ("gallery", "progress", "lineage", "history")]
    still = weakref.ref(session)
    del session

    def is_left() -> bool:
        gc.collect()
        return still() is not None

    wait_for(lambda: not is_left(), "the end of the session")
    for tab in tabs:
        tab.wait_for(lambda tab=tab: tab.closed, "the end of the tab")
        assert tab.gone == "this session is closed"


def test_the_tab_of_a_project_stays_as_long_as_a_session_has_that_open(
    session: bg.BatchSession, batch: bg.Batch, open_tab: Callable[..., Any]
):
    other = bg.BatchSession(bg.demos.chime, project=session.project.path)
    tab = open_tab("gallery", project=project_key(session.project.path), batch=batch.id)
    other.close()
    session.mark_as_favorite(batch.id, batch.results[0].id)
    tab.wait_for(lambda: tab.traits["asset_marks"][0] == 1)
    assert not tab.closed
    session.close()
    tab.wait_for(lambda: tab.closed, "the end of the tab")
    assert "no session of this kernel has the project open" in tab.gone


@pytest.mark.parametrize("broken", [False, True])
def test_a_tab_that_ends_lets_go(
    session: bg.BatchSession, open_tab: Callable[..., Any], caplog: pytest.LogCaptureFixture, broken: bool
):
    # Else pytest keeps what was logged, with its traceback and all that is in there.
    caplog.set_level(logging.CRITICAL, "batchgen_widgets.sidebar.lines")
    key = name_of(session)
    tabs = [open_tab(view, session=key) for view in ("gallery", "lineage", "history")]
    shelves = [weakref.ref(line._desks[-1]._shelf) for line in SWITCHBOARD.lines]  # type: ignore[attr-defined]
    lines = [weakref.ref(line) for line in SWITCHBOARD.lines]
    assert (len(shelves), len(lines)) == (3, 3)
    if broken:
        for tab in tabs:
            tab.wire.broken = True
            tab.say({"kind": "request", "id": "1", "method": "clock", "params": {}})
    else:
        for tab in tabs:
            tab.close()

    def left() -> bool:
        gc.collect()
        return any(each() is not None for each in (*shelves, *lines))

    wait_for(lambda: not left(), "that nothing is left")
    told = [len(tab.told) for tab in tabs]
    batch = session.start_batch()
    assert batch.wait(20)
    assert [len(tab.told) for tab in tabs] == told
