"""Columns of assets and tasks, as the browser reads them."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest

import batchgen_widgets as bg


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


def read(reply: dict[str, Any], buffers: list[Any]) -> dict[str, tuple[str, str, list[Any]]]:
    """Read columns the way the browser does: by name, with their group, type and cells."""
    assert reply["ok"], reply
    result = reply["result"]
    rows = result["stop"] - result["start"]
    found = {}
    for column, buffer in zip(result["columns"], buffers, strict=True):
        if column["type"] == "text":
            codes = struct.unpack(f"<{rows}I", bytes(buffer))
            cells: list[Any] = [None if code == 0xFFFFFFFF else column["values"][code] for code in codes]
        else:
            assert column["values"] is None
            numbers = struct.unpack(f"<{rows}d", bytes(buffer))
            cells = [None if math.isnan(number) else number for number in numbers]
        found[f"{column['group']} {column['name']}"] = (column["type"], cells)
    return found


def test_everything_known_of_assets(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    reply, buffers = gallery.ask("assets.columns", source=batch.id, start=1, stop=9)
    assert {name: reply["result"][name] for name in ("start", "stop", "total")} == {"start": 1, "stop": 4, "total": 4}
    assets = batch.results[1:]
    seeds = [asset.params["seed"] for asset in assets]
    assert read(reply, buffers) == {
        "parameter prompt": ("text", ["dots"] * 3),
        "parameter seed": ("number", seeds),
        "parameter fail": ("bool", [0, 0, 0]),
        "metric score": ("number", [seed / 2 for seed in seeds]),
        "field status": ("text", ["completed"] * 3),
        "field task": ("number", [asset.task_index for asset in assets]),
        "field created": ("number", [asset.created_at.timestamp() for asset in assets]),
        "field width": ("number", [32] * 3),
        "field height": ("number", [32] * 3),
        "field duration": ("number", [None] * 3),
        "field size": ("number", [asset.file_size for asset in assets]),
        "field name": ("text", [asset.path.name for asset in assets]),
    }


def test_many_assets_come_in_parts(
    session: bg.BatchSession, batch: bg.Batch, page: Any, grow: Callable[[bg.Batch, int], None]
) -> None:
    grow(batch, 4_500)
    gallery = page(bg.BatchGalleryView(session))
    seeds: list[Any] = []
    starts = []
    while len(seeds) < 4_500:
        starts.append(len(seeds))
        reply, buffers = gallery.ask("assets.columns", source=batch.id, start=len(seeds), stop=4_500)
        seeds += read(reply, buffers)["parameter seed"][1]
    assert starts == [0, 2_000, 4_000]
    assert seeds == [asset.params["seed"] for asset in batch.results]
    reply, buffers = gallery.ask("assets.columns", source=batch.id, start=4_500, stop=9_000)
    assert {name: reply["result"][name] for name in ("start", "stop", "total")} == {
        "start": 4_500,
        "stop": 4_500,
        "total": 4_500,
    }
    assert not any(buffers)


def test_assets_that_lack_what_others_have(
    session: bg.BatchSession, batch: bg.Batch, page: Any, grow: Callable[..., None]
) -> None:
    grow(batch, 5, params={"seed": "none", "style": "oil"}, metrics={"score": math.nan, "words": "dim"})
    gallery = page(bg.BatchGalleryView(session))
    columns = read(*gallery.ask("assets.columns", source=batch.id, start=0, stop=5))
    seeds = [str(asset.params["seed"]) for asset in batch.results[:4]]
    assert columns["parameter seed"] == ("text", [*seeds, "none"])
    assert columns["parameter style"] == ("text", [None] * 4 + ["oil"])
    assert columns["parameter prompt"] == ("text", ["dots"] * 4 + [None])
    assert columns["parameter fail"] == ("bool", [0, 0, 0, 0, None])
    assert columns["metric score"][1][4] is None
    assert columns["metric words"] == ("text", [None] * 4 + ["dim"])
    # In parts of their own, columns may have other types.
    first = read(*gallery.ask("assets.columns", source=batch.id, start=0, stop=4))
    assert first["parameter seed"][0] == "number"
    assert "parameter style" not in first


def test_the_tasks_of_a_batch(session: bg.BatchSession, page: Any) -> None:
    batch = session.start_batch()
    failed = session.add_task({"seed": 7, "fail": True}, batch_id=batch.id)
    assert batch.wait(20)
    session.pause()
    session.add_task({"seed": 8}, batch_id=batch.id)
    gallery = page(bg.BatchGalleryView(batch))
    reply, buffers = gallery.ask("cells.get", source=batch.id, start=0, stop=2_000)
    assert (reply["result"]["stop"], reply["result"]["total"]) == (6, 6)
    assert failed.error
    assert read(reply, buffers) == {
        "parameter seed": ("number", [task.params["seed"] for task in batch.tasks]),
        "parameter fail": ("bool", [0, 0, 0, 0, 1, 0]),
        "field status": ("text", ["completed"] * 4 + ["failed", "queued"]),
        "field error": ("text", [None] * 4 + [failed.error, None]),
        "field task": ("number", [0, 1, 2, 3, 4, 5]),
    }


def test_what_has_no_columns(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    of_list = page(bg.BatchGalleryView(batch.results))
    assert "which has no tasks" in of_list.error("cells.get", source="list", start=0, stop=10)["message"]
    assert "another batch" in of_list.error("assets.columns", source=batch.id, start=0, stop=10)["message"]
    of_session = page(bg.BatchGalleryView(session))
    assert "no such batch" in of_session.error("cells.get", source="gone", start=0, stop=10)["message"]
    reply, buffers = page(bg.BatchGalleryView([])).ask("assets.columns", source="list", start=0, stop=10)
    assert reply["result"]["total"] == 0
    assert not any(buffers)


def test_a_batch_of_before_can_still_be_read(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    session.start_batch().wait(20)
    columns = read(*gallery.ask("assets.columns", source=batch.id, start=0, stop=1))
    assert columns["field name"][1] == [batch.results[0].path.name]
