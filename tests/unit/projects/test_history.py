from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchgen_widgets import BatchConfig, ParameterError, Project, VariationParams
from batchgen_widgets.batches import Batch, BatchStatus, TaskStatus
from batchgen_widgets.batches.query import fold
from batchgen_widgets.projects import HistoryEntry
from batchgen_widgets.projects.database import dump_json
from batchgen_widgets.projects.history import summarize_config

DAY_ONE = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()

texts = st.one_of(
    st.sampled_from(["a fox at dawn", "A Straße\nin FOX light", "", "fo\u200bx", "\ud800 half", "\x00 nul\x07"]),
    st.text(max_size=20),
)
assets = st.fixed_dictionaries(
    {
        "mark": st.sampled_from([None, None, "favorite", "discarded"]),
        "file_size": st.integers(0, 9),
        "trashed": st.booleans(),
    }
)
tasks = st.fixed_dictionaries(
    {"status": st.sampled_from([str(status) for status in TaskStatus]), "assets": st.lists(assets, max_size=3)}
)
batches = st.fixed_dictionaries(
    {
        "generator": st.sampled_from(["poster", "Upscale", "fox"]),
        "status": st.sampled_from([str(status) for status in BatchStatus if status.is_finished]),
        "created": st.integers(0, 4),
        "ran": st.one_of(st.none(), st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)))),
        "base": st.dictionaries(st.sampled_from(["prompt", "note", "steps"]), texts | st.integers(0, 9), max_size=3),
        # A config takes no half of a surrogate pair.
        "prompts": st.one_of(st.none(), st.lists(texts.filter(lambda text: "\ud800" not in text), max_size=3)),
        "tasks": st.lists(tasks, max_size=4),
    }
)


def insert(connection: sqlite3.Connection, table: str, **row: Any) -> None:
    names = ", ".join(row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def write(root: Path, given: list[dict[str, Any]]) -> Project:
    """Make a project with these batches, as rows of its database."""
    project = Project(root)
    with closing(sqlite3.connect(root / "batchgen.db")) as connection:
        for number, one in enumerate(given):
            created = DAY_ONE + 43_200 * one["created"]
            began, ended = one["ran"] or (None, None)
            config = BatchConfig(
                variation_params=VariationParams(
                    vary_prompts=one["prompts"] is not None, prompt_variations=one["prompts"] or []
                )
            )
            insert(
                connection,
                "batches",
                id=f"b{number}",
                generator=one["generator"],
                config=dump_json(config.model_dump(mode="json")),
                base_parameters=dump_json(one["base"]),
                varied='["prompt"]',
                status=one["status"],
                created_at=created,
                started_at=None if began is None else created + began,
                completed_at=None if ended is None else created + began + ended,
            )
            for index, task in enumerate(one["tasks"]):
                insert(connection, "tasks", batch_id=f"b{number}", idx=index, params="{}", status=task["status"])
                for position, asset in enumerate(task["assets"]):
                    name = f"{index}-{position}"
                    insert(
                        connection,
                        "assets",
                        id=f"b{number}-{name}",
                        batch_id=f"b{number}",
                        task_idx=index,
                        position=position,
                        kind="image",
                        file=f"assets/b{number}/{name}.png",
                        thumbnail=f"thumbnails/b{number}/{name}.webp",
                        file_size=asset["file_size"],
                        created_at=created + index,
                        params="{}",
                        metrics="{}",
                        mark=asset["mark"],
                        trashed_at=created if asset["trashed"] else None,
                    )
        connection.commit()
    return project


def looked_at(batch: Batch) -> HistoryEntry:
    """What an entry says, from the records."""
    kept = [asset for asset in batch.assets if asset.trashed_at is None]
    first = sorted(kept, key=lambda asset: asset.created_at)[:4]
    variation = batch.config.variation_params
    prompt = batch.base_parameters.get("prompt")
    if variation.vary_prompts and variation.prompt_variations:
        prompt = variation.prompt_variations[0]
    known = batch.started_at is not None and batch.completed_at is not None
    return HistoryEntry(
        id=batch.id,
        generator=batch.generator,
        status=batch.status,
        created_at=batch.created_at,
        started_at=batch.started_at,
        completed_at=batch.completed_at,
        duration=(batch.completed_at - batch.started_at).total_seconds() if known else None,
        counts=batch.counts,
        tasks=len(batch.tasks),
        assets=len(kept),
        favorites=sum(asset.favorite for asset in kept),
        discarded=sum(asset.discarded for asset in kept),
        bytes=sum(asset.file_size for asset in kept),
        varied=batch.varied,
        summary=summarize_config(batch.config),
        prompt=" ".join(prompt.split()) if isinstance(prompt, str) else "",
        thumbnails=tuple(asset.id for asset in first),
    )


def has_words(batch: Batch, text: str) -> bool:
    variation = batch.config.variation_params
    values = [*batch.base_parameters.values(), *(variation.prompt_variations if variation.vary_prompts else [])]
    folded = [fold(value) for value in [batch.id, batch.generator, *values] if isinstance(value, str)]
    return all(any(word in value for value in folded) for word in fold(text).split())


KEYS: dict[str, Callable[[HistoryEntry], Any]] = {
    "created": lambda entry: entry.created_at,
    "completed": lambda entry: entry.completed_at,
    "duration": lambda entry: entry.duration,
    "generator": lambda entry: entry.generator,
    "status": lambda entry: str(entry.status),
    "tasks": lambda entry: entry.tasks,
    "assets": lambda entry: entry.assets,
    "favorites": lambda entry: entry.favorites,
    "bytes": lambda entry: entry.bytes,
}


def in_order(entries: list[HistoryEntry], order: str) -> list[HistoryEntry]:
    key, down = KEYS[order.removeprefix("-")], order.startswith("-")
    newest_first = sorted(entries, key=lambda entry: (entry.created_at, entry.id), reverse=order != "created")
    some = [entry for entry in newest_first if key(entry) is not None]
    # Stable also when reversed, so equal ones stay newest first.
    return sorted(some, key=key, reverse=down) + [entry for entry in newest_first if key(entry) is None]


class TestTheSameAsLookingAtEveryBatch:
    @given(
        made=st.lists(batches, max_size=6),
        generator=st.sampled_from([None, "poster", ["fox", "Upscale"], []]),
        status=st.sampled_from([None, "completed", ["failed", "interrupted"]]),
        text=st.sampled_from([None, "", "FOX", "fox strasse", "b1", "upscale dawn", "\ufb01"]) | st.text(max_size=3),
        days=st.tuples(st.one_of(st.none(), st.integers(0, 4)), st.one_of(st.none(), st.integers(0, 4))),
        favorites=st.sampled_from([None, True, False]),
        order=st.sampled_from([sign + name for name in KEYS for sign in ("", "-")]),
        page=st.tuples(st.one_of(st.none(), st.integers(0, 4)), st.integers(0, 4)),
    )
    @settings(max_examples=60, deadline=None)
    def test_filters_order_and_pages(self, made, generator, status, text, days, favorites, order, page):
        since, until = (None if day is None else datetime.fromtimestamp(DAY_ONE + 43_200 * day, UTC) for day in days)
        limit, offset = page
        with TemporaryDirectory() as folder:
            project = write(Path(folder) / "project", made)
            found = project.history(
                generator=generator,
                status=status,
                text=text,
                since=since,
                until=until,
                favorites=favorites,
                order=order,
                limit=limit,
                offset=offset,
            )
            everything = [(batch, looked_at(batch)) for batch in project.batches()]
            wanted = [
                entry
                for batch, entry in everything
                if (generator is None or batch.generator in ([generator] if isinstance(generator, str) else generator))
                and (status is None or batch.status in ([status] if isinstance(status, str) else status))
                and (since is None or batch.created_at >= since)
                and (until is None or batch.created_at < until)
                and (favorites is None or (entry.favorites > 0) == favorites)
                and has_words(batch, text or "")
            ]
            ordered = in_order(wanted, order)[offset:]
            assert list(found) == ordered[: len(ordered) if limit is None else limit]
            assert found.total == len(wanted)
            json.dumps([entry.to_json() for entry in found])
            repr(found), found._repr_html_()
            project._opened.database.close()


class TestHistory:
    def test_it_knows_nothing_of_records_until_they_are_needed(self, tmp_path):
        one = {"generator": "poster", "status": "completed", "created": 0, "ran": None, "base": {}, "prompts": None}
        project = write(tmp_path / "project", [{**one, "created": day, "tasks": []} for day in range(5)])
        found = project.history()
        assert [entry.id for entry in found] == ["b4", "b3", "b2", "b1", "b0"]
        assert found[1:3] == [found[1], found[2]]
        assert found[-1].id == "b0"
        assert not project.ledger._batches
        lazy = project.lazy_batches()
        assert len(lazy) == 5
        assert lazy[-1].id == "b4"
        assert list(project.ledger._batches) == ["b4"]
        assert lazy == project.batches() == project.lazy_batches()
        assert lazy != project.batches()[1:]

    def test_days_are_those_of_the_wall_and_the_last_one_is_included(self, tmp_path):
        one = {"generator": "poster", "status": "completed", "ran": None, "base": {}, "prompts": None, "tasks": []}
        project = write(tmp_path / "project", [{**one, "created": half} for half in range(5)])
        third = project.batch("b2").created_at.astimezone()
        found = project.history(since=third.date(), until=third.date())
        day = {batch.id for batch in project.batches() if batch.created_at.astimezone().date() == third.date()}
        assert {entry.id for entry in found} == day
        assert project.history(since=str(third.date()), until=f"{third.date()}").ids == found.ids
        assert project.history(until=third).ids == ["b1", "b0"]
        assert project.history(since=third.isoformat()).ids == ["b4", "b3", "b2"]
        assert project.history(until=third + timedelta(seconds=1)).ids == ["b2", "b1", "b0"]

    def test_it_shows_itself_and_hostile_texts_as_text(self, tmp_path):
        pytest.importorskip("pandas")
        hostile = '<img src=x onerror="alert(1)">\u202e' + "x" * 1_000_000
        one = {"generator": "<b>poster", "status": "failed", "created": 1, "ran": (0, 2), "prompts": None}
        task = {"status": "failed", "assets": []}
        project = write(
            tmp_path / "project", [{**one, "base": {"prompt": hostile}, "tasks": [task]} for _ in range(25)]
        )
        found = project.history()
        assert len(found[0].prompt) == 400
        page = found._repr_html_()
        assert "<img" not in page
        assert "<b>" not in page
        assert "&lt;b&gt;poster" in page
        assert "and 5 more" in page
        assert len(page) < 20_000
        assert repr(found).startswith("<History: 25 batches>\n2026-11-2")
        assert repr(project.history(limit=1, offset=3)).startswith("<History: 1 of 25 batches>\n")
        assert project.history(text="nothing")._repr_html_() == "<p>No batch.</p>"
        frame = found.to_dataframe()
        assert list(frame["failed"]) == [1] * 25
        assert list(frame["duration"]) == [2.0] * 25

    @pytest.mark.parametrize(
        ("asked", "says"),
        [
            ({"order": "size"}, "order: 'size' is not allowed; allowed: created"),
            ({"order": 3}, "order: 3 is not allowed"),
            ({"status": "complete"}, "status: 'complete' is not allowed; did you mean 'completed'?"),
            ({"generator": 3}, "generator: 3 is not allowed; give one name, or a list of names"),
            ({"text": 3}, "text: 3 is not allowed; give the words to look for"),
            ({"since": "yesterday"}, "since: 'yesterday' is not allowed; give a datetime, a date, or a text"),
            ({"until": 3}, "until: 3 is not allowed"),
            ({"limit": -1}, "limit: -1 is not allowed; give a whole number from 0"),
            ({"offset": True}, "offset: True is not allowed"),
        ],
    )
    def test_what_is_not_allowed(self, tmp_path, asked, says):
        with pytest.raises(ParameterError) as caught:
            Project(tmp_path / "project").history(**asked)
        assert says in str(caught.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (BatchConfig(enabled=False), "one task"),
        (BatchConfig(batch_size=3), "3 tasks"),
        (BatchConfig(batch_size=8, variation_params={"vary_seeds": True}), "8 tasks, random: seeds"),
        (
            BatchConfig(
                batch_size=4,
                variation_params={
                    "vary_seeds": True,
                    "vary_prompts": True,
                    "prompt_variations": ["a", "b"],
                    "vary_parameters": True,
                    "parameter_ranges": {"steps": [10, 20], "width": [64, 128, 192, 256, 320]},
                    "strategy": "grid",
                },
            ),
            "grid: 2 prompts, steps 10, 20 and 5 values of width, 4 seeds each",
        ),
        (
            BatchConfig(
                batch_size=16,
                variation_params={"vary_parameters": True, "parameter_ranges": {"cfg": (4, 7.5)}, "strategy": "sobol"},
            ),
            "16 tasks, sobol: cfg 4 to 7.5",
        ),
        (
            BatchConfig(variation_params={"vary_prompts": True, "prompt_variations": ["a"], "strategy": "zip"}),
            "zip: 1 prompt",
        ),
    ],
)
def test_a_config_in_one_line(config: BatchConfig, words: str):
    assert summarize_config(config) == words


def test_the_files_of_assets_are_found_without_their_batches(open_session, gate):
    session = open_session(gate)
    batch = session.start_batch()
    gate.next_call().finish()
    assert batch.wait(20)
    (asset,) = batch.results
    found = session.project.asset_files([asset.id, "nothing"])
    assert list(found) == [asset.id]
    assert found[asset.id] == ("image", asset.path, asset.thumbnail_path)
    assert session.project.generators() == [batch.generator]


@pytest.mark.parametrize("name", KEYS)
def test_no_order_looks_at_all_assets_for_each_batch(tmp_path, name):
    project = Project(tmp_path / "project")
    statements: list[str] = []
    project._opened.database._connection.set_trace_callback(statements.append)
    assert len(project.history(order=f"-{name}", favorites=True)) == 0
    (statement,) = [one for one in statements if "FROM batches b" in one]
    with closing(sqlite3.connect(tmp_path / "project" / "batchgen.db")) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert not [step for step in plan if step.startswith(("SCAN a", "SCAN t"))]
    # Once, for all favorites of the project; not for each batch.
    assert len([step for step in plan if "assets_by_mark" in step]) == 1
