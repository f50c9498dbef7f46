"""`Project.find` means what a query means, packed or not; it reads no whole batch, and is never behind."""

from __future__ import annotations

import json
import math
import sqlite3
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets import ParameterError, Project
from batchgen_widgets.batches import BatchConfig, Query
from batchgen_widgets.generators.inputs import media_label
from batchgen_widgets.projects import search
from batchgen_widgets.projects.database import insert_asset, insert_batch, insert_tasks
from batchgen_widgets.projects.project import forget
from batchgen_widgets.testing.gates import picture

CASES = json.loads((Path(__file__).parents[1] / "batches" / "query_cases.json").read_text("utf-8"))


def fill(project: Project, assets: list[dict[str, Any]]) -> None:
    """Make a batch whose assets are these, as the cases write them."""
    database = project._opened.database
    fixed = {"generator": "g", "config": BatchConfig().model_dump_json(), "base_parameters": "{}", "varied": "[]"}
    told = [CASES["defaults"] | one for one in assets]
    tasks = sorted({one["task"] for one in told})
    database.write(
        insert_batch({"id": "b", "status": "completed", "created_at": 1.0, **fixed}),
        insert_tasks("b", ((task, "{}") for task in tasks)),
        *(
            insert_asset(
                {
                    "id": f"a{place}",
                    "batch_id": "b",
                    "task_idx": one["task"],
                    "position": place,
                    "kind": one["kind"],
                    "file": f"assets/b/{one['name']}",
                    "thumbnail": f"thumbnails/b/{place}.webp",
                    "width": one["width"],
                    "height": one["height"],
                    "duration": one["duration"],
                    "file_size": one["size"],
                    "created_at": one["created"],
                    "params": json.dumps(one["params"]),
                    "metrics": json.dumps(one["metrics"]),
                    "mark": one["mark"],
                }
            )
            for place, one in enumerate(told)
        ),
    )


def places(project: Project, query: Query, **options: Any) -> list[int]:
    return [int(asset.id[1:]) for asset in project.ledger.finder.find(query, **options)]


@pytest.mark.parametrize("chunk", [1, 2, 1000], ids=["packed one by one", "packed and a rest", "not packed"])
@pytest.mark.parametrize("group", CASES["groups"], ids=[group["what"] for group in CASES["groups"]])
def test_the_cases_of_all_languages(root, group, chunk, monkeypatch):
    monkeypatch.setattr(search, "CHUNK", chunk)
    project = Project(root)
    fill(project, group["assets"])
    for case in group["cases"]:
        assert places(project, Query.from_json(case["query"])) == case["expected"], case
    packed = project._opened.database.ask("SELECT count(DISTINCT first) FROM asset_columns")[0][0]
    assert packed == len(group["assets"]) // chunk


values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, math.nan, math.inf]),
    st.sampled_from(["a", "A", "b", "ß", "a\nb", "a\0b", "\U0001d538", "\ue000"]),
)  # fmt: skip
wanted = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, "a", "1", "true", "ß"]))
ends = st.one_of(st.none(), st.integers(-3, 3))
conditions = st.one_of(
    st.fixed_dictionaries({"values": st.lists(wanted, max_size=3)}),
    st.tuples(ends, ends)
    .filter(lambda pair: None in pair or pair[0] <= pair[1])
    .map(lambda pair: {"low": pair[0], "high": pair[1]}),
)
fields = st.sampled_from(["p", "m", "both", "width", "task", "name", "gone", "mark", "kind", "status", "duration"])
some_assets = st.lists(
    st.fixed_dictionaries(
        {
            "params": st.dictionaries(st.sampled_from(["p", "both", "width"]), values),
            "metrics": st.dictionaries(st.sampled_from(["m", "both"]), values),
            "mark": st.sampled_from([None, "favorite", "discarded"]),
            "task": st.integers(0, 3),
            "width": st.sampled_from([1, 2, None]),
            "name": st.sampled_from(["a.png", "B.png"]),
        }
    ),
    max_size=8,
)
queries = st.builds(
    Query,
    text=st.sampled_from(["", "a", "A b", "ss", "1", "true", "\0"]),
    mark=st.sampled_from([None, None, "favorite", "unmarked", "discarded"]),
    where=st.dictionaries(fields, conditions, max_size=2),
    sort=st.one_of(st.none(), fields),
    descending=st.booleans(),
)
numbers = count()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(assets=some_assets, asked=st.lists(queries, min_size=1, max_size=4), chunk=st.sampled_from([1, 3, 1000]))
def test_it_finds_what_the_query_finds_in_the_batch(root, assets, asked, chunk, monkeypatch):
    monkeypatch.setattr(search, "CHUNK", chunk)
    project = Project(root / str(next(numbers)))
    fill(project, assets)
    batch = project.batch("b").assets
    for query in asked:
        assert places(project, query) == query.apply(batch), query
    project._opened.database.close()
    forget(project)


@pytest.fixture
def project(root) -> Project:
    project = Project(root)
    fill(project, [{"params": {"n": number % 7, "word": f"w{number % 3}"}, "task": number} for number in range(50)])
    return project


def test_pages(project):
    page = project.find(Query.of(n=(2, 5)), sort="-n", limit=5, offset=3)
    matching = [number for number in range(50) if 2 <= number % 7 <= 5]
    matching.sort(key=lambda number: -(number % 7))
    assert page.total == len(matching)
    assert [asset.task_index for asset in page] == matching[3:8]
    assert len(page) == 5
    assert page[0] is page.assets[0]
    assert page[1:] == page.assets[1:]
    assert repr(page) == f"<Page: 4 to 8 of {len(matching)} assets>"
    assert len(project.find(limit=None)) == 50
    assert list(project.find(offset=50)) == []
    assert repr(project.find(offset=50)) == "<Page: 50 assets>"
    assert project.find({"text": "w1"}, limit=0).total == 17
    assert [asset.task_index for asset in project.find(batch="b", limit=2)] == [0, 1]
    assert project.find(batch="another").total == 0


def test_no_batch_is_read(project):
    page = project.find(Query.of(word="w1"), sort="-n")
    assert project.ledger._batches == {}
    first = page[0]
    # One and the same asset, whichever way it is found; its marks follow.
    assert project.find(Query.of(word="w1"), sort="-n")[0] is first
    project.set_marks([(first, "favorite")])
    assert list(project.find(Query.of(mark="favorite"))) == [first]
    assert project.batch("b").find_asset(first.id) is first
    assert project.batch("b").favorites == [first]
    assert project.assets(favorite=True) == [first]


def test_what_is_in_the_trash_is_found_only_there(project):
    gone = list(project.find(Query.of(n=3)))
    project.trash(gone)
    assert project.find(Query.of(n=3)).total == 0
    assert list(project.find(Query.of(n=3), trashed=True)) == gone
    assert project.find().total == 50 - len(gone)
    project.restore(gone[0])
    assert list(project.find(Query.of(n=3))) == [gone[0]]
    project.empty_trash()
    assert project.find(trashed=True).total == 0


def test_what_is_not_allowed(project):
    with pytest.raises(ParameterError, match="m: no asset has such a field; allowed: n, word, kind"):
        project.find(Query.of(m=3))
    with pytest.raises(ParameterError, match="limit: -1 is not allowed; give a whole number, 0 or more"):
        project.find(limit=-1)
    with pytest.raises(ParameterError, match="offset: None is not allowed"):
        project.find(offset=None)
    with pytest.raises(ParameterError, match="no part of a query"):
        project.find({"txt": "a"})


def test_results_are_found_as_they_come_and_packed_by_the_thousand(open_session, monkeypatch):
    monkeypatch.setattr(search, "CHUNK", 4)

    def sketch(seed: int = 0):
        return {"image": picture({"seed": seed}), "score": seed % 5}

    session = open_session(sketch, tasks=10)
    batch = session.start_batch()
    assert batch.wait(20)
    project = session.project
    database = project._opened.database
    rows = database.ask("SELECT first, last FROM asset_columns WHERE part = 'rowid' ORDER BY first")
    assert [tuple(row) for row in rows] == [(1, 4), (5, 8)]  # while the batch ran, before anybody asked
    found = project.find(sort="score")
    assert [asset.metrics["score"] for asset in found] == sorted(asset.metrics["score"] for asset in batch.results)
    assert all(asset is batch.find_asset(asset.id) for asset in found)


def test_a_project_that_can_only_be_read_is_searched_all_the_same(project, monkeypatch):
    monkeypatch.setattr(search, "CHUNK", 20)
    database = project._opened.database
    database._connection.execute("PRAGMA query_only = ON")
    assert project.find(Query.of(n=3), sort="word").total == 7
    assert database.ask("SELECT count(*) FROM asset_columns")[0][0] == 0
    database._connection.execute("PRAGMA query_only = OFF")
    assert project.find(Query.of(n=3), sort="word").total == 7
    assert database.ask("SELECT count(DISTINCT first) FROM asset_columns")[0][0] == 2


def test_several_processes_pack_the_same(project, root, monkeypatch):
    monkeypatch.setattr(search, "CHUNK", 20)
    forget(project)
    other = Project(root)
    assert places(project, Query(), limit=3) == places(other, Query(), limit=3) == [0, 1, 2]
    with sqlite3.connect(root / "batchgen.db") as connection:
        connection.execute("DELETE FROM asset_columns WHERE first = 21")
    connection.close()
    assert project.find(Query.of(n=3), sort="word").total == 7


@bg.generator
def copied(image: Image.Image):
    return image


def test_media_are_found_by_the_words_that_a_table_has_for_them(tmp_path):
    with bg.BatchSession(bg.demos.landscape, project=tmp_path / "project") as session:
        first = session.start_batch({"width": 64, "height": 64, "steps": 1})
        assert first.wait(30)
        second = session.start_batch(copied, inputs=[first.results[0], Image.new("RGB", (9, 9), "red")])
        assert second.wait(30)
    labels = [media_label(asset.params["image"]) for asset in second.results]
    for asset, label in zip(second.results, labels, strict=True):
        query = Query.of(where={"image": label})
        assert [second.assets[at].id for at in query.apply(second.assets)] == [asset.id]
        assert [found.id for found in session.project.find(query).assets] == [asset.id]
