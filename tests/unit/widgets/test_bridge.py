"""Traits follow the session, requests are always answered, and the wire is not flooded."""

from __future__ import annotations

import contextvars
import time
from typing import Any

import pytest
import traitlets

import batchgen_widgets as bg
from batchgen_widgets.widgets import publishing
from batchgen_widgets.widgets.delivery import Pacer


def finished(page: Any) -> bool:
    batch = page.shown("batch")
    return bool(batch) and batch["status"] in ("completed", "failed", "cancelled") and not page.shown("running")


def test_a_studio_opens_with_everything_in_one_message(session: bg.BatchSession, page: Any) -> None:
    studio = page(bg.BatchStudio(session))
    kind, data, _ = studio.wire.published[0]
    assert kind == "comm_open"
    state = data["state"]
    assert [parameter["name"] for parameter in state["generator"]["parameters"]] == ["prompt", "seed", "fail"]
    assert state["settings"]["config"]["batch_size"] == 4
    assert state["plan"]["summary"] == "4 tasks = 4 seeds"
    assert state["batch"] is None
    assert state["gallery"] | {"offers": []} == {"source": "", "title": "", "total": 0, "undoable": False, "offers": []}


def test_generate_shows_tasks_and_assets_as_they_come(session: bg.BatchSession, page: Any) -> None:
    studio = page(bg.BatchStudio(session))
    planned = studio.shown("plan")["rows"]
    started = studio.result("batch.start")
    assert started["count"] == 4
    studio.wait_for(lambda: finished(studio))
    assert studio.shown("task_status") == bytes([2, 2, 2, 2])
    assert studio.shown("batch")["counts"]["completed"] == 4
    assert studio.shown("gallery") | {"offers": []} == {
        "source": started["batch"],
        "title": "",
        "total": 4,
        "undoable": False,
        "offers": [],
    }
    assert studio.shown("asset_kinds") == bytes(4)
    batch = session.project.batch(started["batch"])
    assert [{"seed": task.params["seed"]} for task in batch.tasks] == planned


def test_what_python_does_shows_in_every_view(session: bg.BatchSession, page: Any) -> None:
    panel = page(bg.BatchConfigPanel(session))
    gallery = page(bg.BatchGalleryView(session))
    session.set_base_parameters({"prompt": "stars"})
    panel.wait_for(lambda: panel.shown("settings")["base"]["prompt"] == "stars")
    batch = session.start_batch()
    assert batch.wait(20)
    session.mark_as_favorite(batch.id, batch.results[1].id)
    gallery.wait_for(lambda: gallery.shown("asset_marks") == bytes([0, 1, 0, 0]))
    session.undo()
    gallery.wait_for(lambda: gallery.shown("asset_marks") == bytes(4))


def test_live_traits_never_lag_and_can_be_observed(session: bg.BatchSession, page: Any) -> None:
    widget = bg.BatchStudio(session)
    studio = page(widget)
    seen: list[Any] = []
    widget.observe(lambda change: seen.append((change["name"], change["new"])), ["config", "status", "favorites"])
    widget.config = {"batch_size": 2}
    assert widget.config == session.config == bg.BatchConfig(batch_size=2)
    batch = session.start_batch()
    batch.wait(20)
    assert (widget.status, widget.progress) == ("completed", 1.0)
    session.mark_as_favorite(batch.id, batch.results[0].id)
    assert widget.favorites == [batch.results[0]]
    studio.wait_for(lambda: ("favorites", [batch.results[0]]) in seen and ("status", "completed") in seen)
    assert seen[0] == ("config", bg.BatchConfig(batch_size=2))
    with pytest.raises(traitlets.TraitError, match="can't be set"):
        widget.status = "done"
    with pytest.raises(traitlets.TraitError, match="read-only"):
        widget.batch = None
    with pytest.raises(bg.ConfigError, match="batch_size"):
        widget.config = {"batch_size": 0}


def test_every_request_is_answered(session: bg.BatchSession, page: Any) -> None:
    studio = page(bg.BatchStudio(session))
    assert abs(studio.result("clock")["now"] - time.time()) < 60
    assert "no request" in studio.error("queue.explode")["message"]
    assert "lacks" in studio.error("batch.cancel")["message"]
    assert studio.error("batch.cancel", batch="nope")["type"] == "ProjectError"
    refused = studio.error("settings.update", base={"seed": "x", "size": 3})
    assert [problem["field"] for problem in refused["errors"]] == ["base.seed", "base.size"]
    config = studio.shown("settings")["config"]
    refused = studio.error("settings.update", config={**config, "batch_size": 0})
    assert [problem["field"] for problem in refused["errors"]] == ["batch_size"]
    assert session.config.batch_size == 4


def test_settings_from_the_browser_reach_the_session(session: bg.BatchSession, page: Any) -> None:
    studio = page(bg.BatchStudio(session))
    config = studio.shown("settings")["config"]
    config["variation_params"] |= {"vary_prompts": True, "prompt_variations": ["a", "b"], "strategy": "grid"}
    studio.result("settings.update", base={"prompt": "moons"}, config=config)
    assert session.base_parameters["prompt"] == "moons"
    assert session.config.variation_params.prompt_variations == ["a", "b"]
    studio.wait_for(lambda: studio.shown("plan")["count"] == 8)
    config["variation_params"] |= {"prompt_variations": []}
    studio.result("settings.update", config=config)
    studio.wait_for(lambda: not studio.shown("plan")["ok"])
    assert [problem["field"] for problem in studio.shown("plan")["errors"]] == ["prompt_variations"]


def test_task_rows_and_failures(session: bg.BatchSession, page: Any) -> None:
    studio = page(bg.BatchStudio(session))
    studio.result("settings.update", base={"fail": True})
    batch = studio.result("batch.start")["batch"]
    studio.wait_for(lambda: finished(studio))
    rows = studio.result("tasks.get", batch=batch, start=0, stop=10)["rows"]
    assert [row["status"] for row in rows] == ["failed"] * 4
    assert rows[0]["error"] == "ValueError: no dots for dots"
    assert rows[0]["traceback"].startswith("Traceback")
    assert rows[0]["varied"] == ["seed"]
    session.set_base_parameters({"fail": False})
    studio.result("task.retry", batch=batch, index=0)
    studio.wait_for(lambda: studio.result("tasks.get", batch=batch, start=0, stop=1)["rows"][0]["attempt"] == 2)
    studio.result("batch.retry_failed", batch=batch)
    studio.wait_for(lambda: finished(studio))


def test_a_pause_of_an_empty_queue_shows_at_once(session: bg.BatchSession, page: Any) -> None:
    display = page(bg.BatchProgressDisplay(session))
    session.pause()
    display.wait_for(lambda: display.shown("queue")["paused"])
    session.resume()
    display.wait_for(lambda: not display.shown("queue")["paused"])


def test_pause_and_resume(session: bg.BatchSession, page: Any) -> None:
    display = page(bg.BatchProgressDisplay(session))
    display.result("queue.pause")
    batch = session.start_batch()
    display.wait_for(lambda: display.shown("queue")["paused"] and display.shown("batch"))
    assert display.shown("batch")["status"] == "paused"
    display.result("queue.resume")
    display.wait_for(lambda: finished(display))
    assert batch.completed_count == 4


def test_a_flood_of_progress_stays_within_the_budget(tmp_path: Any, page: Any) -> None:
    @bg.generator
    def busy(*, task: bg.TaskContext) -> dict[str, float]:
        until = time.monotonic() + 1.5
        count = 0
        while time.monotonic() < until:
            count += 1
            task.progress(count % 1000 / 1000, f"call {count}")
        return {"calls": float(count)}

    with bg.BatchSession(busy, project=tmp_path) as session:
        studio = page(bg.BatchStudio(session))
        begin = time.monotonic()
        batch = session.start_batch()
        batch.wait(20)
        studio.wait_for(lambda: finished(studio))
        took = time.monotonic() - begin
        assert len(studio.wire.updates()) <= 10 * took + 3
        assert batch.tasks[0].metrics["calls"] > 10_000
        before = len(studio.wire.published)
        session.set_base_parameters({})
        session.project.ledger.hub.emit("nothing changed")
        assert studio.result("clock")
        assert len(studio.wire.published) == before + 1


def test_nothing_is_published_in_the_name_of_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    from ipykernel.kernelbase import Kernel

    class FakeKernel:
        _shell_parent: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("shell_parent")

    FakeKernel._shell_parent.set({"header": {"subshell_id": None}})
    monkeypatch.setattr(Kernel, "initialized", classmethod(lambda _cls: True))
    monkeypatch.setattr(Kernel, "instance", classmethod(lambda _cls: FakeKernel))
    assert publishing.in_nobodys_name(FakeKernel._shell_parent.get) == {}
    assert FakeKernel._shell_parent.get() == {"header": {"subshell_id": None}}
    assert contextvars.Context().run(publishing.in_nobodys_name, FakeKernel._shell_parent.get) == {}


def test_the_pacer_lets_bursts_pass_and_then_holds_the_rate() -> None:
    now = [0.0]
    pacer = Pacer(rate=100, burst=250, clock=lambda: now[0])
    assert [pacer.reserve(100), pacer.reserve(100), pacer.reserve(100)] == [0, 0, pytest.approx(0.5)]
    assert pacer.reserve(100) == pytest.approx(1.5)
    now[0] = 100.0
    assert pacer.reserve(250) == 0


def test_widgets_refuse_what_they_do_not_know(session: bg.BatchSession) -> None:
    with pytest.raises(TypeError, match="did you mean 'layout'"):
        bg.BatchConfigPanel(session, layuot={})
    with pytest.raises(TypeError, match="needs a BatchSession, not str"):
        bg.BatchProgressDisplay("my-project")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean 'workers'"):
        bg.BatchStudio(session, worker=2)
    with pytest.raises(TypeError, match="either a session or a generator"):
        bg.BatchStudio(session, workers=2)
    with pytest.raises(TypeError, match="list of Asset"):
        bg.BatchGalleryView([1, 2])  # type: ignore[list-item]


def test_a_closed_widget_leaves_the_session_alone(session: bg.BatchSession, page: Any) -> None:
    display = bg.BatchProgressDisplay(session)
    wire = display.comm
    display.close()
    before = len(wire.published)
    batch = session.start_batch()
    assert batch.wait(20)
    assert batch.completed_count == 4
    assert len(wire.published) == before
