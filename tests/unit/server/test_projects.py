"""A project answers for itself, and for nothing outside of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.server.projects import ProjectSource
from batchgen_widgets.testing import GatedGenerator, wait_for_state
from batchgen_widgets.wire.sidebar import SERVER_REQUESTS


class Asker:
    """Asks a project as the page does."""

    def __init__(self, root: Path, place: str = "work/project") -> None:
        self.source = ProjectSource(root.resolve(), place)

    def __call__(self, method: str, **params: Any) -> tuple[dict[str, Any], list[bytes]]:
        result, buffers = self.source.answers()[method](params)
        kind = SERVER_REQUESTS[method][1]
        assert kind.__required_keys__ <= set(result) <= set(kind.__annotations__), result
        return json.loads(json.dumps(result)), buffers

    def open(self, batch: str, revision: str = "") -> tuple[dict[str, Any], list[bytes]]:
        return self("gallery.open", batch=batch, revision=revision)


@pytest.fixture
def change(root: Path, batch: bg.Batch) -> Callable[..., None]:
    """Change rows of the project as somebody would who made it up."""

    def run(sql: str, *values: Any) -> None:
        connection = sqlite3.connect(root / "batchgen.db")
        with connection:
            connection.execute(sql, values)
        connection.close()

    return run


def tree(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in root.rglob("*")
        if path.suffix != ".db-shm"  # shared with the writer, which is in the same process here
    }


def test_it_answers_every_request_of_the_server(root: Path, batch: bg.Batch) -> None:
    assert set(ProjectSource(root, "").answers()) == set(SERVER_REQUESTS)


def test_a_gallery_is_opened_once(root: Path, batch: bg.Batch) -> None:
    ask = Asker(root)
    opened, buffers = ask.open(batch.id)
    assert opened["gallery"] == {
        "source": batch.id,
        "title": "dots",
        "total": 5,
        "undoable": False,
        "offers": ["lineage"],
        "read_only": True,
    }
    assert buffers == [bytes(5), bytes([1, 2, 0, 0, 3])]
    again, buffers = ask.open(batch.id, opened["revision"])
    assert (again, buffers) == ({"revision": opened["revision"], "gallery": None}, [])
    assert Asker(root).open(batch.id)[0]["revision"] == opened["revision"]


def test_what_changes_gives_another_revision(root: Path, batch: bg.Batch) -> None:
    ask = Asker(root)
    first = ask.open(batch.id)[0]["revision"]
    project = bg.Project(root)
    other = project.batch(batch.id)
    project.set_marks([(other.results[2], "favorite")])
    opened, (_, marks) = ask.open(batch.id, first)
    assert opened["revision"] != first
    assert marks == bytes([1, 2, 1, 0, 3])
    project.set_marks([(other.results[2], None)])
    assert ask.open(batch.id, opened["revision"])[0]["revision"] == first


def test_a_running_batch_grows(root: Path, open_session: Any, gate: GatedGenerator) -> None:
    session = open_session(gate, tasks=3)
    made = session.start_batch()
    ask = Asker(root)
    gate.next_call().finish()
    call = gate.next_call()
    assert ask.open(made.id)[0]["gallery"]["total"] == 1
    call.finish()
    gate.next_call().finish()
    wait_for_state(made, "completed")
    opened, buffers = ask.open(made.id)
    assert opened["gallery"]["total"] == len(buffers[0]) == 3
    records = ask("assets.get", source=made.id, positions=[0, 1, 2, 3])[0]["records"]
    assert [record["id"] for record in records] == [asset.id for asset in made.results]


def test_records_and_files(root: Path, batch: bg.Batch) -> None:
    ask = Asker(root)
    records = ask("assets.get", source=batch.id, positions=[4, 0, 99, -1])[0]["records"]
    assert [record["position"] for record in records] == [4, 0]
    assert records[1]["path"] == f"work/project/assets/{batch.id}/{batch.assets[0].path.name}"
    assert records[0]["path"].startswith("work/project/trash/assets/")
    assert records[1]["params"] == dict(batch.assets[0].params)
    assert records[1]["task_seconds"] > 0
    assert not any("missing" in record for record in records)

    items, pictures = ask("assets.thumbnails", source=batch.id, positions=[0, 2])
    assert [item["position"] for item in items["items"]] == [0, 2]
    assert pictures == [batch.assets[place].thumbnail_path.read_bytes() for place in (0, 2)]
    by_id, same = ask("assets.thumbnails_by_id", ids=[batch.assets[2].id, "nothing"])
    assert [item["id"] for item in by_id["items"]] == [batch.assets[2].id]
    assert same == pictures[1:]

    chunk, (data,) = ask("assets.media", source=batch.id, position=2, offset=10, original=True)
    whole = batch.assets[2].path.read_bytes()
    assert (chunk, data) == ({"size": len(whole), "type": "image/png", "offset": 10, "next": None}, whole[10:])


def test_columns_and_cells(root: Path, batch: bg.Batch) -> None:
    ask = Asker(root)
    columns, buffers = ask("assets.columns", source=batch.id, start=1, stop=3)
    names = [column["name"] for column in columns["columns"]]
    seeds = struct.unpack("<2d", buffers[names.index("seed")])
    assert list(seeds) == [asset.params["seed"] for asset in batch.assets[1:3]]
    assert (columns["start"], columns["stop"], columns["total"]) == (1, 3, 5)
    cells, buffers = ask("cells.get", source=batch.id, start=0, stop=99)
    assert [column["name"] for column in cells["columns"]] == ["seed", "status", "error", "task"]
    assert list(struct.unpack("<5d", buffers[0])) == [task.params["seed"] for task in batch.tasks]


def test_history_lineage_and_comparison(root: Path, batch: bg.Batch) -> None:
    ask = Asker(root)
    query = {"text": "", "generator": None, "status": None, "favorites": False, "start": 0, "stop": 10}
    page, _ = ask("history.get", **query)
    assert [row["id"] for row in page["rows"]] == [batch.id]
    assert (page["total"], page["generators"], page["own"], page["shown"]) == (1, ["dots"], None, "")
    assert ask("history.get", **{**query, "text": "no such"})[0]["total"] == 0
    assert ask("history.compare", a=batch.id, b=batch.id)[0]["matched"] == 4
    assert ask("lineage.get", asset=batch.assets[0].id)[0]["nodes"][0]["id"] == batch.assets[0].id


def test_missing_thumbnails_are_drawn_and_kept_nowhere(root: Path, batch: bg.Batch) -> None:
    batch.assets[0].thumbnail_path.unlink()
    batch.assets[1].thumbnail_path.write_bytes(b"RIFF")
    ask, before = Asker(root), tree(root)
    _, pictures = ask("assets.thumbnails", source=batch.id, positions=[0, 1])
    assert [Image.open(BytesIO(picture)).size for picture in pictures] == [(32, 32), (32, 32)]
    assert ask("assets.thumbnails", source=batch.id, positions=[0, 1])[1] == pictures
    assert tree(root) == before


def test_a_medium_that_is_gone_says_so(root: Path, batch: bg.Batch) -> None:
    for path in (batch.assets[0].path, batch.assets[0].thumbnail_path):
        path.unlink()
    ask = Asker(root)
    [record] = ask("assets.get", source=batch.id, positions=[0])[0]["records"]
    assert record["missing"]
    assert ask("assets.thumbnails", source=batch.id, positions=[0])[1] == [b""]
    with pytest.raises(OSError, match="No such file"):
        ask("assets.media", source=batch.id, position=0, offset=0)


def outside(root: Path) -> Path:
    """A picture that is none of the project's."""
    place = root.parent / "private.png"
    Image.new("RGB", (64, 64), (1, 2, 3)).save(place)
    Image.new("RGB", (64, 64), (1, 2, 3)).save(root.parent / "private.webp", "WEBP")
    return place


@pytest.mark.parametrize(
    "how", ["absolute", "up", "deep", "link", "folder", "database", "directory", "null", "hidden", "link to hidden"]
)
def test_nothing_outside_of_the_project_is_given(
    root: Path, batch: bg.Batch, change: Callable[..., None], how: str
) -> None:
    secret = outside(root)
    name = f"assets/{batch.id}/in.png"
    if how == "link":
        (root / name).symlink_to(secret)
        (root / f"{name}.webp").symlink_to(secret.with_suffix(".webp"))
    if how == "folder":
        (root / "assets" / "far").symlink_to(root.parent)
    if how.endswith("hidden"):
        (root / ".private").mkdir()
        for place in (secret, secret.with_suffix(".webp")):
            shutil.copy(place, root / ".private")
            (root / "assets" / place.name).symlink_to(root / ".private" / place.name)
    rows = {
        "absolute": (str(secret), str(secret.with_suffix(".webp"))),
        "up": ("../private.png", "../private.webp"),
        "deep": (f"assets/{batch.id}/../../../private.png", f"assets/{batch.id}/../../../private.webp"),
        "link": (name, f"{name}.webp"),
        "folder": ("assets/far/private.png", "assets/far/private.webp"),
        "database": ("batchgen.db", "batchgen.db"),
        "directory": ("assets", "assets"),
        "null": ("assets/a\0b.png", "assets/a\0b.webp"),
        "hidden": (".private/private.png", ".private/private.webp"),
        "link to hidden": ("assets/private.png", "assets/private.webp"),
    }
    file, thumbnail = rows[how]
    first = batch.assets[0].id
    change("UPDATE assets SET file = ?, thumbnail = ? WHERE id = ?", file, thumbnail, first)
    ask = Asker(root)
    assert ask.open(batch.id)[0]["gallery"]["total"] == 5
    [record] = ask("assets.get", source=batch.id, positions=[0])[0]["records"]
    assert str(root.parent) not in json.dumps(record)
    assert record["missing"]
    for original in (False, True):
        with pytest.raises((OSError, bg.ResultError)):
            ask("assets.media", source=batch.id, position=0, offset=0, original=original)
    assert ask("assets.thumbnails", source=batch.id, positions=[0])[1] == [b""]
    assert ask("assets.thumbnails_by_id", ids=[first]) == ({"items": []}, [])


def test_links_within_the_project_are_followed(root: Path, batch: bg.Batch) -> None:
    moved = root / "elsewhere.png"
    shutil.move(batch.assets[0].path, moved)
    batch.assets[0].path.symlink_to(moved)
    _, (data,) = Asker(root)("assets.media", source=batch.id, position=0, offset=0, original=True)
    assert data == moved.read_bytes()


def test_what_is_no_medium_is_refused(root: Path, batch: bg.Batch, change: Callable[..., None]) -> None:
    batch.assets[0].path.write_text("<svg onload='alert(1)'/>")
    ask = Asker(root)
    for original in (False, True):
        with pytest.raises(bg.ResultError):
            ask("assets.media", source=batch.id, position=0, offset=0, original=original)
    change("UPDATE assets SET kind = 'text/html' WHERE id = ?", batch.assets[1].id)
    with pytest.raises(bg.ProjectError, match="neither an image, a video nor a sound"):
        ask.open(batch.id)


@pytest.mark.parametrize(
    ("method", "params", "error", "said"),
    [
        ("gallery.open", {"batch": None, "revision": ""}, bg.ParameterError, "one batch at a time"),
        ("gallery.open", {"batch": "nothing", "revision": ""}, bg.ProjectError, "no such batch"),
        ("assets.get", {"source": "nothing", "positions": [0]}, bg.ProjectError, "no such batch"),
        ("assets.media", {"source": "", "position": 0, "offset": 0}, bg.ProjectError, "no such batch"),
        ("lineage.get", {"asset": "nothing"}, bg.ProjectError, "no such asset"),
        ("history.compare", {"a": "x", "b": "y"}, bg.ProjectError, "no such batch"),
        ("assets.get", {}, KeyError, "source"),
    ],
)
def test_requests_that_make_no_sense(
    root: Path, batch: bg.Batch, method: str, params: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Asker(root)(method, **params)


def test_positions_beyond_the_list_and_pieces_beyond_the_end(root: Path, batch: bg.Batch) -> None:
    ask = Asker(root)
    with pytest.raises(bg.StateError, match="no result at 5"):
        ask("assets.media", source=batch.id, position=5, offset=0)
    chunk, (data,) = ask("assets.media", source=batch.id, position=0, offset=10**9)
    assert (data, chunk["next"]) == (b"", None)
    assert len(ask("assets.get", source=batch.id, positions=[0] * 5_000)[0]["records"]) == 400
