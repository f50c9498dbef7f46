from __future__ import annotations

import json
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets import BatchSession, Project, ProjectError
from batchgen_widgets.projects.database import Statement, dump_json
from batchgen_widgets.testing import reopen
from batchgen_widgets.testing.gates import picture


@bg.generator
def poster(prompt: str = "a fox", seed: int = 0, cfg: float = 7.0, steps: int = 20) -> Any:
    """Draw one colour, two pictures of it for many steps; fail for some seeds."""
    if seed == 13:
        raise RuntimeError("no thirteenth")
    drawn = picture({"seed": seed})
    return {
        "image": [drawn, drawn] if steps > 30 else drawn,
        "score": seed / 10 + steps / 100,
        "good": True,
        "word": "x",
    }


@pytest.fixture
def session(root, open_session) -> BatchSession:
    return open_session(poster)


def run(session: BatchSession, base: dict[str, Any] | None = None, **variation: Any) -> bg.Batch:
    session.set_batch_config({"batch_size": 1, "variation_params": variation})
    batch = session.start_batch(base)
    assert batch.wait(20)
    return batch


def values(**lists: list[Any]) -> dict[str, Any]:
    return {"vary_parameters": True, "parameter_ranges": lists, "strategy": "grid"}


def of(comparison: Any, group: str, name: str) -> tuple[Any, Any]:
    (fact,) = [fact for fact in comparison.facts if (fact.group, fact.name) == (group, name)]
    return fact.a, fact.b


def test_what_differs_and_what_does_not(session):
    a = run(session, {"cfg": 4}, **values(seed=[1, 2, 13]))
    b = run(session, {"cfg": 4, "steps": 40, "prompt": "an owl"}, **values(seed=[2, 3], cfg=[4, 8]))
    found = session.project.compare(a, b.id)
    assert (found.a, found.b) == (a, b)
    differing = {(fact.group, fact.name) for fact in found.differences}
    assert {("parameters", "prompt"), ("parameters", "steps"), ("config", "seed varied")} <= differing
    assert {("config", "cfg varied"), ("outcome", "failed"), ("outcome", "results")} <= differing
    assert not differing & {
        ("generator", "generator"),
        ("parameters", "cfg"),
        ("config", "strategy"),
        ("config", "draw"),
    }
    assert of(found, "parameters", "steps") == (20, 40)
    assert of(found, "config", "cfg varied") == (None, [4, 8])
    assert of(found, "outcome", "results") == (2, 8)
    assert of(found, "outcome", "failed") == (1, None)
    assert of(found, "outcome", "failed: RuntimeError: no thirteenth") == (1, None)
    spreads = found.metrics["score"]
    assert [(spread.count, round(spread.mean, 6)) for spread in spreads] == [(2, 0.35), (4, 0.65)]
    assert [(spread.minimum, spread.maximum) for spread in spreads] == [
        (pytest.approx(0.3), pytest.approx(0.4)),
        (pytest.approx(0.6), pytest.approx(0.7)),
    ]
    assert list(found.metrics) == ["score"]  # truths and words have no mean


def test_results_are_paired_by_what_varies_in_either(session):
    a = run(session, **values(seed=[1, 2, 3]))
    b = run(session, {"steps": 40}, **values(seed=[3, 1], cfg=[7, 9]))
    found = session.project.compare(a, b)
    told = [
        (dict(pair.params), pair.a and pair.a.params["seed"], pair.b and (pair.b.params["cfg"], pair.b.position))
        for pair in found.pairs
    ]
    assert told == [
        ({"seed": 1, "cfg": 7.0}, 1, (7, 0)),
        ({"seed": 2, "cfg": 7.0}, 2, None),
        ({"seed": 3, "cfg": 7.0}, 3, (7, 0)),
        ({"seed": 3, "cfg": 7}, None, (7, 1)),
        ({"seed": 3, "cfg": 9}, None, (9, 0)),
        ({"seed": 3, "cfg": 9}, None, (9, 1)),
        ({"seed": 1, "cfg": 7}, None, (7, 1)),
        ({"seed": 1, "cfg": 9}, None, (9, 0)),
        ({"seed": 1, "cfg": 9}, None, (9, 1)),
    ]
    assert len(found.matched) == 2


def test_results_asked_for_alike_are_paired_once_each(session):
    a = run(session, **values(seed=[5, 5]))
    b = run(session, **values(seed=[5, 5, 5]))
    found = session.project.compare(a, b)
    assert len(found.matched) == 2
    assert len(found.pairs) == 3
    assert len({pair.b for pair in found.pairs}) == 3


def test_a_batch_that_was_read_back_equals_itself(session):
    a = run(session, {"prompt": "Häuschen"}, **values(cfg=[1, 2.5]))
    b = run(session, {"prompt": "Häuschen"}, **values(cfg=[1, 2.5]))
    before = session.project.compare(a, b)
    session.close()
    again = reopen(session.project).compare(a.id, b.id)
    assert len(again.matched) == len(before.matched) == 2
    assert [(fact.name, fact.differs) for fact in again.facts] == [(fact.name, fact.differs) for fact in before.facts]
    assert {fact.group for fact in again.differences} <= {"outcome"}


def test_the_change_of_the_source_is_shown(session):
    a, b = run(session), run(session)

    def remember(batch: bg.Batch, source: str) -> None:
        origin = {"source_sha256": source[:4], "source": source, "versions": {"numpy": source[-1]}, "device": "cpu"}
        session.project._opened.database.write(
            Statement("UPDATE batches SET origin = ? WHERE id = ?", (dump_json(origin), batch.id))
        )

    remember(a, "def poster():\n    return 1")
    remember(b, "def poster():\n    return 2")
    session.close()
    found = reopen(session.project).compare(a.id, b.id)
    assert "-    return 1\n+    return 2" in found.source_diff
    assert of(found, "versions", "numpy") == ("1", "2")
    assert [fact.differs for fact in found.facts if fact.name == "device"] == [False]
    assert found.to_json()["source_diff"] == found.source_diff


def test_it_shows_itself_bounded_and_as_text(session):
    hostile = "<script>alert(1)</script>" + "x" * 1_000_000
    a, b = run(session, {"prompt": hostile}), run(session)
    found = session.project.compare(a, b)
    page = found._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert len(page) < 20_000
    assert len(json.dumps(found.to_json())) < 20_000
    assert "1 pairs of results" not in repr(found)
    assert repr(found).startswith(f"<Comparison: {len(found.differences)} differences")
    assert len(repr(found)) < 10_000


def test_other_projects_have_other_batches(session, tmp_path):
    a = run(session)
    with pytest.raises(ProjectError, match="no such batch"):
        session.project.compare(a, "b0")
    with pytest.raises(ProjectError, match="no such batch"):
        Project(tmp_path / "other").compare(a, a)
