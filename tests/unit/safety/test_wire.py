"""What goes to the browser is UTF-8 and bounded, and texts in it are as they were given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.batches import Task
from batchgen_widgets.recipes import Recipe
from batchgen_widgets.texts import whole, whole_texts
from tests.unit.widgets.conftest import Page, Wire

from .conftest import MAKER, NAME, Place
from .hostile import ALL, HUGE, TEXTS

LONGEST = 64_100
"""Characters of one text on the wire, but for settings and code, which are of use whole or not at all."""

LARGEST = 3_000_000
"""Bytes of one message on the wire."""


@pytest.fixture
def page(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setattr("ipywidgets.widgets.widget.comm.create_comm", Wire)
    studio = bg.BatchStudio(place.session)
    studio.show(place.made)
    yield Page(studio)
    studio.show(None)
    studio.close()


def batch_of(place: Place) -> dict[str, Any]:
    return {"batch": place.failed.id, "start": 0, "stop": 200}


def source_of(place: Place) -> dict[str, Any]:
    return {"source": place.made.id}


REQUESTS: dict[str, Callable[[Place], dict[str, Any]]] = {
    "tasks.get": batch_of,
    "queue.get": batch_of,
    "assets.get": lambda place: source_of(place) | {"positions": list(range(len(ALL)))},
    "assets.columns": lambda place: source_of(place) | {"start": 0, "stop": 100},
    "cells.get": lambda place: source_of(place) | {"start": 0, "stop": 100},
    "winners.get": source_of,
    "history.get": lambda _: {
        "start": 0,
        "stop": 50,
        "text": "",
        "generator": None,
        "status": None,
        "favorites": False,
    },
    "history.compare": lambda place: {"a": place.made.id, "b": place.failed.id},
    "lineage.get": lambda place: {"asset": place.made.results[0].id},
    "reviews.get": source_of,
    "share.plan": source_of,
    "trash.get": lambda _: {"start": 0, "stop": 50},
}


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def check(value: Any) -> None:
    size = len(json.dumps(value, ensure_ascii=False).encode())
    assert size < LARGEST
    assert max(map(len, texts_in(value)), default=0) <= LONGEST


@pytest.mark.parametrize("method", REQUESTS)
def test_replies_can_be_sent_and_are_bounded(place, page, method):
    check(page.result(method, **REQUESTS[method](place)))


def test_what_is_refused_says_so_in_bounds(page):
    for text in ALL.values():
        for method, params in (
            (text, {}),
            ("history.show", {"batch": text}),
            ("lineage.get", {"asset": text}),
            ("share.start", {"source": "x", "positions": None, "how": text, "path": text, "overwrite": False}),
            ("settings.update", {"base": {text: 1}}),
            ("settings.update", {"base": {"seed": text}}),
            ("query.set", {"source": "x", "query": {"text": text}}),
        ):
            reply, _ = page.ask(method, **params)
            check(reply)


def test_state_can_be_sent(page):
    state = {name: value for name, value in page.state().items() if not isinstance(value, bytes)}
    check({name: value for name, value in state.items() if name not in ("_esm", "_css", "settings")})
    json.dumps(state, ensure_ascii=False).encode()


def test_what_is_sent_is_what_was_given(place, page):
    records = page.result("assets.get", **REQUESTS["assets.get"](place))["records"]
    prompts = {record["params"]["prompt"] for record in records}
    assert {whole(text) for text in TEXTS.values()} < prompts
    for text in HUGE.values():
        assert f"{text[:20_000]}…" in prompts
    assert page.shown("generator")["name"] == MAKER


def test_settings_come_back_as_they_went(place, page):
    before = dict(place.session.base_parameters)
    try:
        for text in TEXTS.values():
            page.result("settings.update", base={"prompt": text})
            assert place.session.base_parameters["prompt"] == text
            page.wait_for(lambda text=text: page.shown("settings")["base"]["prompt"] == whole(text), "the prompt")
    finally:
        place.session.set_base_parameters(before)


def test_the_plan_is_bounded(place, page):
    """Its first rows are for looking at."""
    before = place.session.config
    prompts = {
        "strategy": "grid",
        "vary_prompts": True,
        "prompt_variations": [HUGE["a megabyte of words"][:100_000], "x"],
    }
    try:
        place.session.set_batch_config({"batch_size": 2, "variation_params": prompts})
        page.wait_for(lambda: (page.shown("plan") or {}).get("count") == 2, "the plan")
        check(page.shown("plan"))
    finally:
        place.session.set_batch_config(before)


def test_what_a_running_task_says_is_bounded(place, page, monkeypatch):
    from batchgen_widgets.widgets import progress_display

    task: Task = place.failed.tasks[0]
    for text in (NAME, *HUGE.values()):
        monkeypatch.setattr(task, "message", text)
        monkeypatch.setattr(task, "error", text)
        monkeypatch.setattr(task, "traceback", text)
        task.restore_log(text)
        check(page.result("tasks.get", batch=place.failed.id, start=0, stop=1))
        check(progress_display._running_entry(task))


def test_recipes_of_others_are_bounded(place, page):
    from batchgen_widgets.widgets import recall_desk

    recipe = Recipe(
        {f"{name} {text}": text for name, text in ALL.items()} | {str(n): n for n in range(5_000)}, generator=NAME * 100
    )
    found = place.session.use_recipe(recipe)
    check(whole_texts(recall_desk._wire(recipe, found, set())))
