"""What reviewers sent back: taken over under their names, looked at side by side, and adopted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects import ReviewsChanged
from batchgen_widgets.wire import asset_record, asset_reviews

from .exports import dots, make_batch, reopened, state_of

Marks = dict[int, str | tuple[str | None, str] | None]


@pytest.fixture
def batch(root: Path) -> bg.Batch:
    return make_batch(root, 4)


@pytest.fixture
def project(batch: bg.Batch, root: Path) -> bg.Project:
    return bg.Project(root)


def review(batch: bg.Batch, reviewer: str, marks: Marks, day: int = 1, /, **change: Any) -> dict[str, Any]:
    entries = []
    for index, said in marks.items():
        mark, note = said if isinstance(said, tuple) else (said, "")
        entries.append({"asset": batch.results[index].id, "mark": mark, "note": note})
    made_at = f"2026-01-{day:02}T10:00:00.000Z"
    head = {"format": "batchgen-review", "version": 1, "reviewer": reviewer, "batch": batch.id, "title": "dots"}
    return {**head, "made_at": made_at, "marks": entries, **change}


class TestImport:
    def test_several_reviewers_stand_side_by_side(self, project, batch, tmp_path):
        path = tmp_path / "ada.json"
        path.write_text(json.dumps(review(batch, "Ada", {0: "favorite", 1: ("discarded", "too dark")})), "utf-8")
        done = project.import_review(path)
        assert (done.reviewer, done.batch_id, done.added, done.unknown) == ("Ada", batch.id, 2, [])
        project.import_review(json.dumps(review(batch, "Béla 👩\u200d🚀", {0: "discarded"})).encode())
        found = project.reviews(batch)
        assert found.reviewers == ["Ada", "Béla 👩\u200d🚀"]
        first, second, *_ = batch.results
        assert {name: one.mark for name, one in found.of(first).items()} == {
            "Ada": "favorite",
            "Béla 👩\u200d🚀": "discarded",
        }
        assert found.of(second)["Ada"].note == "too dark"
        assert (found.count(first, "favorite"), found.count(first, "discarded")) == (1, 1)
        assert found.disputed == [first]
        assert len(reopened(project.path).reviews()) == 2

    def test_the_newer_word_of_the_same_reviewer_counts(self, project, batch):
        project.import_review(review(batch, "Ada", {0: "favorite", 1: "favorite"}, 2))
        newer = project.import_review(review(batch, "Ada", {0: "discarded", 2: "favorite"}, 3))
        assert (newer.added, newer.updated, newer.unchanged) == (1, 1, 0)
        older = project.import_review(review(batch, "Ada", {0: "favorite", 3: "favorite"}, 1))
        assert (older.added, older.updated, older.unchanged) == (1, 0, 1)
        found = project.reviews(batch)
        marks = [found.of(asset)["Ada"].mark for asset in batch.results]
        assert marks == ["discarded", "favorite", "favorite", "favorite"]
        again = project.import_review(review(batch, "Ada", {0: "favorite"}, 1))
        assert (again.added, again.updated, again.unchanged) == (0, 0, 1)

    def test_a_mark_can_be_taken_back(self, project, batch):
        project.import_review(review(batch, "Ada", {0: "favorite"}, 1))
        project.import_review(review(batch, "Ada", {0: None}, 2))
        assert project.reviews(batch).assets == []
        project.import_review(review(batch, "Ada", {0: "favorite"}, 1))
        assert project.reviews(batch).assets == []

    def test_a_clock_that_is_ahead_does_not_win_for_ever(self, project, batch):
        project.import_review(review(batch, "Ada", {0: "favorite"}, made_at="2999-01-01T00:00:00Z"))
        said = project.reviews(batch).of(batch.results[0])["Ada"]
        assert said.made_at <= datetime.now(UTC) + timedelta(seconds=1)

    def test_one_name_in_two_spellings(self, project, batch):
        project.import_review(review(batch, "Zo\u00eb", {0: "favorite"}, 1))
        project.import_review(review(batch, "Zoe\u0308", {0: "discarded"}, 2))
        assert project.reviews(batch).reviewers == ["Zo\u00eb"]

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("  Ada  Lovelace ", "Ada Lovelace"),
            ("\u2068Ada\u2069", "Ada"),
            ("Ada\u202e\nEve", "Ada Eve"),
            ("x" * 90, "x" * 80),
            ("\u0646\u200c\u0627", "\u0646\u200c\u0627"),
        ],
    )
    def test_names_are_what_can_be_seen_of_them(self, project, batch, given, kept):
        assert project.import_review(review(batch, given, {0: "favorite"})).reviewer == kept
        assert project.reviews(batch).reviewers == [kept]

    def test_unknown_assets_are_reported(self, project, batch):
        said = review(batch, "Ada", {0: "favorite"})
        said["marks"].append({"asset": f"{batch.id}-9999", "mark": "favorite", "note": ""})
        done = project.import_review(said)
        assert (done.added, done.unknown) == (1, [f"{batch.id}-9999"])
        assert "1 unknown here" in repr(done)

    def test_ones_own_marks_stay(self, project, batch):
        project.set_marks([(batch.results[0], "discarded")])
        project.import_review(review(batch, "Ada", {0: "favorite"}))
        assert batch.results[0].mark == "discarded"

    def test_it_is_told(self, project, batch):
        heard: list[object] = []
        project.ledger.hub.subscribe(heard.append)
        project.import_review(review(batch, "Ada", {0: "favorite"}))
        assert heard == [ReviewsChanged((batch.results[0].id,))]
        project.import_review(review(batch, "Ada", {0: "favorite"}))
        assert len(heard) == 1

    def test_reviews_travel_with_an_export(self, project, batch, tmp_path):
        project.import_review(review(batch, "Ada", {0: ("favorite", "yes")}))
        other = bg.Project(tmp_path / "other")
        archive = project.export(tmp_path / "x.zip")
        assert other.import_(archive).reviews == 1
        said = other.reviews(batch.id).of(batch.results[0].id)["Ada"]
        assert (said.mark, said.note) == ("favorite", "yes")
        assert not other.import_(archive).changed
        # The reviewer's file is of the same batch there.
        assert other.import_review(review(batch, "Bo", {1: "favorite"})).added == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"format": "other"}, 'not a review; its "format" has to be "batchgen-review"'),
            ({"version": 2}, "a newer version"),
            ({"version": True}, "version"),
            ({"reviewer": ""}, "it says no name"),
            ({"reviewer": " \u202e\n"}, "it says no name"),
            ({"reviewer": "x" * 1001}, "1000 characters"),
            ({"reviewer": 5}, "reviewer"),
            ({"batch": "../x"}, "batch"),
            ({"made_at": "yesterday"}, "made_at"),
            ({"made_at": "2026-01-01T10:00:00+02:00"}, "made_at"),
            ({"marks": {}}, "marks"),
            ({"marks": [{"asset": "x", "mark": "favorite", "note": ""}]}, "marks[0].asset"),
            ({"marks": [{"asset": "20260101-000000-abcdef-0000", "mark": "best", "note": ""}]}, "marks[0].mark"),
            (
                {"marks": [{"asset": "20260101-000000-abcdef-0000", "mark": None, "note": "x" * 10_001}]},
                "marks[0].note",
            ),
            ({"extra": 1}, "extra"),
        ],
    )
    def test_what_no_page_saves(self, project, batch, root, change, reason):
        before = state_of(root)
        with pytest.raises(bg.ProjectError, match=re.escape(reason)):
            project.import_review(review(batch, "Ada", {0: "favorite"}, **change))
        assert state_of(root) == before

    def test_the_same_asset_twice(self, project, batch, root):
        before = state_of(root)
        said = review(batch, "Ada", {0: "favorite"})
        said["marks"] *= 2
        with pytest.raises(bg.ProjectError, match=r"stands twice in it\); nothing was imported"):
            project.import_review(said)
        assert state_of(root) == before

    def test_another_batch_is_named(self, project, batch):
        said = review(batch, "Ada", {0: "favorite"}, batch="20200101-000000-abcdef")
        with pytest.raises(bg.ProjectError, match=r"a review of batch 20200101-000000-abcdef, which .* does not have"):
            project.import_review(said)

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b"x" * (5 * 2**20 + 1), b"null"]
    )
    def test_what_is_no_json(self, project, root, tmp_path, data):
        path = tmp_path / "x.json"
        path.write_bytes(data)
        before = state_of(root)
        for source in (path, data):
            with pytest.raises(bg.ProjectError):
                project.import_review(source)
        assert state_of(root) == before

    def test_what_is_no_file(self, project, tmp_path):
        with pytest.raises(bg.ProjectError, match="no file"):
            project.import_review(tmp_path / "none.json")
        with pytest.raises(bg.ProjectError, match="no file"):
            project.import_review(tmp_path)
        with pytest.raises(bg.ParameterError, match="source: int is not allowed"):
            project.import_review(5)
        with pytest.raises(bg.ProjectError, match="not valid"):
            project.import_review({"format": object()})


class TestAdopt:
    @pytest.fixture
    def session(self, project, batch):
        project.import_review(review(batch, "Ada", {0: "favorite", 1: "favorite", 2: "discarded"}))
        project.import_review(review(batch, "Bo", {0: "favorite", 2: "favorite"}))
        with bg.BatchSession(dots, project) as session:
            yield session

    def test_by_how_many_starred_it(self, session, batch):
        session.mark_as_discarded(batch.id, batch.results[0].id)
        assert session.adopt_reviews(batch.id, at_least=2) == [batch.results[0]]
        assert [asset.mark for asset in batch.results] == ["favorite", None, None, None]
        assert session.undo()
        assert [asset.mark for asset in batch.results] == ["discarded", None, None, None]

    def test_the_word_of_one(self, session, batch):
        assert len(session.adopt_reviews(reviewer="Ada")) == 3
        assert [asset.mark for asset in batch.results] == ["favorite", "favorite", "discarded", None]
        assert session.adopt_reviews(reviewer="Ada") == []
        assert session.undo()
        assert [asset.mark for asset in batch.results] == [None] * 4
        assert not session.can_undo

    def test_what_is_not_allowed(self, session):
        with pytest.raises(bg.ParameterError, match="reviewer: 'Cy' is not among 'Ada', 'Bo'"):
            session.adopt_reviews(reviewer="Cy")
        for wrong in (0, -1, 1.5, True, "2"):
            with pytest.raises(bg.ParameterError, match="give a whole number from 1"):
                session.adopt_reviews(at_least=wrong)


class TestShown:
    def test_as_a_table(self, project, batch):
        project.import_review(review(batch, "Ada", {0: "favorite", 1: (None, "hm")}))
        project.import_review(review(batch, "mark", {0: "discarded"}))
        table = project.reviews(batch).to_dataframe()
        assert list(table.index) == [batch.results[0].id, batch.results[1].id]
        assert list(table["by Ada"].fillna("")) == ["favorite", ""]
        assert list(table["by mark"].fillna("")) == ["discarded", ""]
        assert list(table["favorites"]) == [1, 0]
        assert table["notes"].iloc[1] == {"Ada": "hm"}

    def test_markup_in_names_and_notes_is_text(self, project, batch):
        project.import_review(review(batch, "<script>alert(1)</script>", {0: ("favorite", '"><img src=x>')}))
        shown = project.reviews(batch)._repr_html_()
        assert "<script" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;" in shown

    def test_nothing_yet(self, project, batch):
        found = project.reviews(batch)
        assert (len(found), found.reviewers) == (0, [])
        assert "No reviews yet" in repr(found)
        assert "No reviews yet" in found._repr_html_()
        assert found.to_dataframe().empty

    def test_on_the_wire(self, project, batch):
        asset = batch.results[0]
        project.import_review(review(batch, "Ada", {0: ("favorite", "yes"), 1: None}))
        said = asset_reviews(batch.results)
        assert said[asset.id] == [{"reviewer": "Ada", "mark": "favorite", "note": "yes"}]
        assert said[batch.results[1].id] == []
        assert asset_reviews([]) == {}
        # Reviewers get records in their pages, and are not told what others said.
        assert "Ada" not in str(asset_record(0, asset, batch))
