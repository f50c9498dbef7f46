from __future__ import annotations

import random
import threading
from collections import Counter
from enum import Enum, StrEnum
from typing import Annotated, Literal

import numpy as np
import pytest

from batchgen_widgets import (
    Batch,
    BatchConfig,
    BatchgenError,
    BatchSession,
    BatchStatus,
    ConfigError,
    ParameterError,
    ProjectError,
    Range,
    Task,
)
from batchgen_widgets.sessions import SettingsChanged
from batchgen_widgets.testing import reopen, wait_for
from batchgen_widgets.testing.gates import picture


def metric(
    prompt: str = "A quiet harbour",
    seed: int = 0,
    steps: Annotated[int, Range(1, 50)] = 20,
    sampler: Literal["euler", "ddim"] = "euler",
):
    return {"score": seed}


def heard_by(session: BatchSession) -> list[object]:
    heard: list[object] = []
    session.project.ledger.hub.subscribe(heard.append)
    return heard


class TestSettings:
    def test_base_parameters_change_all_or_none(self, open_session):
        session = open_session(metric)
        heard = heard_by(session)
        session.set_base_parameters({"steps": "30", "prompt": "by night"})
        assert dict(session.base_parameters) == {"prompt": "by night", "seed": 0, "steps": 30, "sampler": "euler"}
        assert heard == [SettingsChanged(session)]
        with pytest.raises(ConfigError) as error:
            session.set_base_parameters({"seed": 5, "steps": 51, "sampler": "dpm", "promt": "x"})
        assert {problem.field: problem.message for problem in error.value.errors} == {
            "base.steps": "51 is not allowed; give a whole number from 1 to 50",
            "base.sampler": "'dpm' is not allowed; choose one of 'euler', 'ddim'",
            "base.promt": "no such parameter; did you mean 'prompt'? allowed: prompt, seed, steps, sampler",
        }
        assert session.base_parameters["seed"] == 0
        session.set_base_parameters({"steps": 30})  # as it is
        assert len(heard) == 1
        with pytest.raises(TypeError):
            session.base_parameters["seed"] = 1  # type: ignore[index]

    def test_a_config_for_another_generator_is_refused(self, open_session):
        session = open_session(metric)
        before, heard = session.config, heard_by(session)
        with pytest.raises(ConfigError) as error:
            session.set_batch_config(
                {"variation_params": {"vary_parameters": True, "parameter_ranges": {"cfg": [1], "steps": [0, 20]}}}
            )
        assert {problem.field for problem in error.value.errors} == {"parameter_ranges.cfg", "parameter_ranges.steps"}
        with pytest.raises(ConfigError, match="batch_size: 0 is not allowed"):
            session.set_batch_config({"batch_size": 0})
        assert session.config is before
        assert heard == []

    def test_a_config_that_cannot_be_planned_yet_is_taken(self, open_session):
        session = open_session(metric)
        config = BatchConfig(
            variation_params={"vary_parameters": True, "parameter_ranges": {"steps": (1, 50)}, "strategy": "grid"}
        )
        session.set_batch_config(config)
        assert session.config == config
        with pytest.raises(ConfigError, match="continuous range"):
            session.plan()
        with pytest.raises(ConfigError, match="continuous range"):
            session.start_batch()
        assert session.history == []

    @pytest.mark.parametrize("workers", [0, 257, 1.0, True, "2"])
    def test_impossible_workers(self, root, workers):
        with pytest.raises(ParameterError, match=r"workers: .* is not allowed; give a whole number from 1 to 256"):
            BatchSession(metric, root, workers=workers)
        assert not root.exists()

    def test_an_impossible_executor(self, root):
        with pytest.raises(ParameterError, match="executor: 'fibre' is not allowed; choose from 'thread', 'process'"):
            BatchSession(metric, root, executor="fibre")


class TestPlan:
    def test_the_plan_that_was_shown_is_the_plan_that_runs(self, open_session):
        session = open_session(metric)
        session.set_batch_config({"batch_size": 5, "variation_params": {"vary_seeds": True}})
        shown = session.plan()
        night = session.plan({"prompt": "by night"})
        assert session.plan() is shown or list(session.plan()) == list(shown)
        assert list(session.plan({"prompt": "by night"})) == list(night)
        batch = session.start_batch()
        assert [dict(task.params) for task in batch.tasks] == list(shown)
        following = session.plan()
        assert list(following) != list(shown)
        batch = session.start_batch({"prompt": "by night"})
        assert {task.params["prompt"] for task in batch.tasks} == {"by night"}
        assert session.base_parameters["prompt"] == "A quiet harbour"

    def test_the_version_of_the_settings_says_when_a_plan_is_another(self, open_session):
        session = open_session(metric)
        versions = [session.settings_version]
        session.plan()
        assert session.settings_version == versions[-1]
        for change in (
            lambda: session.set_base_parameters({"seed": 1}),
            lambda: session.set_batch_config({"batch_size": 2}),
            session.start_batch,
        ):
            change()
            versions.append(session.settings_version)
        assert versions == sorted(set(versions))

    def test_threads_that_ask_at_once_get_one_plan_and_start_different_ones(self, open_session):
        session = open_session(metric)
        session.set_batch_config({"batch_size": 50, "variation_params": {"vary_seeds": True}})
        plans, batches = [], []

        def ask() -> None:
            plans.append([row["seed"] for row in session.plan()])

        def start() -> None:
            batches.append(session.start_batch())

        in_threads([ask] * 6)
        assert all(plan == plans[0] for plan in plans)
        in_threads([start] * 6)
        seeds = [tuple(task.params["seed"] for task in batch.tasks) for batch in batches]
        assert len(set(seeds)) == 6

    def test_estimates_come_from_what_was_measured(self, open_session, gate):
        session = open_session(gate, tasks=4, workers=2)
        assert (session.plan().estimate_seconds, session.plan().estimate_bytes) == (None, None)
        batch = session.start_batch()
        for _ in range(4):
            gate.next_call().finish()
        assert batch.wait(20)
        seconds, size = session.project.averages("gated")
        plan = session.plan()
        assert plan.estimate_seconds == pytest.approx(seconds * 4 / 2)
        assert plan.estimate_bytes == round(size * 4)

    def test_opaque_parameters_that_cannot_be_compared(self, open_session):
        def shade(seed: int = 0, weights=np.zeros(2000)):  # noqa: B008
            return {"score": float(weights.sum())}

        session = open_session(shade)
        session.set_batch_config({"batch_size": 1})
        assert session.plan()[0]["weights"].sum() == 0
        other = np.zeros(2000)
        other[1000] = 7  # where a repr shows dots
        session.set_base_parameters({"weights": other})
        assert session.plan()[0]["weights"] is other
        batch = session.start_batch()
        assert batch.wait(20)
        assert batch.tasks[0].metrics == {"score": 7.0}


class Kind(Enum):
    SOFT = 1
    HARD = 2


class Crossed(StrEnum):
    RED = "BLUE"
    BLUE = "RED"


class TestEarlierKernels:
    def test_enums_and_opaque_parameters_are_revived(self, open_session):
        seen: list[tuple[object, object, object, int]] = []
        stop = threading.Event()
        tool = object()

        def draw(kind: Kind = Kind.SOFT, crossed: Crossed = Crossed.RED, tool=None, *, seed: int = 0):
            seen.append((kind, crossed, tool, seed))
            stop.wait(10)
            return {"score": 1}

        session = open_session(draw, tasks=2)
        batch = session.start_batch({"kind": "HARD", "crossed": "BLUE", "tool": tool})
        wait_for(lambda: seen)
        session._runner.close(timeout=0)
        session.close()
        stop.set()
        assert seen == [(Kind.HARD, Crossed.BLUE, tool, batch.tasks[0].params["seed"])]
        wait_for(lambda: not any(thread.name == "batchgen-worker" for thread in threading.enumerate()))

        second = open_session(draw, reopen(session.project))
        assert second.project.batch(batch.id).tasks[0].params["kind"] == "HARD"
        other = object()
        second.set_base_parameters({"tool": other})
        again = second.resume_batch(batch.id)
        assert again.wait(20)
        assert str(again.status) == "completed", again.tasks[0].traceback
        wanted = [(Kind.HARD, Crossed.BLUE, other, task.params["seed"]) for task in batch.tasks]
        assert seen[1:] == wanted

    def test_a_retry_in_the_same_kernel_keeps_opaque_values(self, open_session):
        seen = []

        def draw(tool=None):
            seen.append(tool)
            if len(seen) == 1:
                raise ValueError("once")
            return {"score": 1}

        session = open_session(draw)
        tool = object()
        batch = session.start_batch({"tool": tool})
        assert batch.wait(20)
        session.retry_failed()
        assert batch.wait(20)
        assert seen == [tool, tool]

    @pytest.mark.parametrize("value", [{(1, 2): 3}, {1, 2}, b"bytes", float("nan"), [object()]], ids=str)
    def test_opaque_values_that_json_has_no_word_for_can_be_kept(self, open_session, value):
        def draw(tool=None):
            return {"score": 1}

        session = open_session(draw)
        batch = session.start_batch({"tool": value})
        assert batch.wait(20)
        assert batch.tasks[0].params["tool"] is value
        session.close()
        assert "tool" in reopen(session.project).batch(batch.id).tasks[0].params

    def test_a_parameter_that_is_gone_or_tightened(self, open_session, root):
        def draw_v1(steps: int = 200, old: int = 1, *, seed: int = 0):
            raise ValueError("not yet")

        def draw_v2(steps: Annotated[int, Range(1, 100)] = 20, seed: int = 0, new: int = 5):
            return {"score": new}

        from batchgen_widgets import generator

        session = open_session(generator(draw_v1, name="draw"))
        bad, good = session.start_batch(), session.start_batch({"steps": 100})
        assert bad.wait(20)
        assert good.wait(20)
        session.close()
        second = open_session(generator(draw_v2, name="draw"), reopen(session.project))
        assert second.retry_failed(good.id) == 1
        again = second.project.batch(good.id)
        assert again.wait(20)
        assert dict(again.tasks[0].params) == {"steps": 100, "seed": 0, "new": 5}
        with pytest.raises(ParameterError, match="steps: 200 is not allowed; give a whole number from 1 to 100"):
            second.retry_failed(bad.id)
        assert [str(task.status) for task in second.project.batch(bad.id).tasks] == ["failed"]


class TestMarks:
    @pytest.fixture
    def curated(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        for _ in range(3):
            gate.next_call().finish(picture({}))
        assert batch.wait(20)
        return session, batch

    def test_marks_and_undo(self, curated, rows):
        session, batch = curated
        a, b, c = batch.results
        session.mark_as_favorite(batch.id, a.id)
        session.mark_as_discarded(batch.id, a.id)
        assert (a.favorite, a.discarded) == (False, True)
        session.set_marks([a, b, c], "favorite")
        assert batch.favorites == [a, b, c]
        session.clear_mark(batch.id, b.id)
        session.clear_batch_selections()
        assert batch.favorites == batch.discarded == []
        steps = []
        while session.undo():
            steps.append([asset.mark for asset in batch.results])
        assert steps == [
            ["favorite", None, "favorite"],
            ["favorite", "favorite", "favorite"],
            ["discarded", None, None],
            ["favorite", None, None],
            [None, None, None],
        ]
        assert session.undo() is False
        assert rows("SELECT count(*) FROM assets WHERE mark IS NOT NULL") == [(0,)]

    def test_a_mark_that_is_there_already_is_no_step(self, curated):
        session, batch = curated
        asset = batch.results[0]
        session.mark_as_favorite(batch.id, asset.id)
        heard = heard_by(session)
        session.mark_as_favorite(batch.id, asset.id)
        assert heard == []
        session.undo()
        assert asset.mark is None

    def test_what_does_not_exist(self, curated):
        session, batch = curated
        with pytest.raises(ProjectError, match=f"nothing: no such asset in batch {batch.id}; see batch.results"):
            session.mark_as_favorite(batch.id, "nothing")
        with pytest.raises(ProjectError, match="nothing: no such batch"):
            session.mark_as_discarded("nothing", batch.results[0].id)

    def test_marks_of_a_closed_session(self, curated):
        session, batch = curated
        session.close()
        session.mark_as_favorite(batch.id, batch.results[0].id)
        assert batch.favorites == batch.results[:1]


def test_without_a_batch_commands_say_so(open_session):
    session = open_session(metric)
    assert session.active_batch is None
    assert session.history == session.queue == session.running == []
    for command in (session.cancel_batch, session.retry_failed, session.clear_batch_selections):
        with pytest.raises(ProjectError, match=r"no batch yet; start one with start_batch\(\)"):
            command()


def test_a_table_of_the_batch(open_session, gate):
    pytest.importorskip("pandas")
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    gate.next_call().finish({"image": picture({}), "score": 0.5})
    gate.next_call().fail(ValueError("no paint"))
    assert batch.wait(20)
    session.mark_as_favorite(batch.id, batch.results[0].id)
    table = batch.to_dataframe()
    assert list(table["index"]) == [0, 1]
    assert list(table["status"]) == ["completed", "failed"]
    assert list(table["seed"]) == [task.params["seed"] for task in batch.tasks]
    assert table["score"][0] == 0.5
    assert table["error"][1] == "ValueError: no paint"
    assert table["files"][0] == [str(batch.results[0].path)]
    assert list(table["favorite"]) == [True, False]


def test_eight_threads_at_once_corrupt_nothing(open_session, rows):
    def shaky(seed: int = 0):
        if seed % 3 == 0:
            raise ValueError("every third")
        return picture({"seed": seed})

    session = open_session(shaky, workers=4)
    session.set_batch_config({"batch_size": 3, "variation_params": {"vary_seeds": True}})
    session.start_batch()
    refused: Counter[str] = Counter()

    def bother(number: int) -> None:
        rng = random.Random(number)

        def batch() -> Batch:
            return rng.choice(session.history[-10:])

        def task() -> Task:
            return rng.choice(batch().tasks)

        actions = [
            session.start_batch,
            lambda: session.cancel_batch(batch().id),
            lambda: session.cancel_task(task()),
            lambda: session.retry_task(task()),
            lambda: session.retry_failed(batch().id),
            lambda: session.resume_batch(batch().id),
            session.pause,
            session.resume,
            lambda: session.add_task({"seed": rng.randrange(9)}, front=rng.random() < 0.5),
            lambda: session.add_task({"seed": 1}, batch_id=batch().id),
            lambda: session.edit_task(task(), {"seed": rng.randrange(9)}),
            lambda: session.remove_task(task()),
            lambda: session.reorder_queue(task().id, rng.randrange(9)),
            lambda: session.move_batch_to_front(batch().id),
            lambda: session.stop_now(batch().id),
            session.clear_queue,
            lambda: session.set_marks(batch().results, rng.choice(["favorite", "discarded", None])),
            session.undo,
            session.plan,
            lambda: session.set_base_parameters({"seed": rng.randrange(9)}),
        ]
        for _ in range(40):
            try:
                rng.choice(actions)()
            except BatchgenError as error:
                refused[type(error).__name__] += 1

    in_threads([lambda number=number: bother(number) for number in range(8)])
    session.resume()
    batches = session.history
    assert all(batch.wait(30) for batch in batches)
    assert set(refused) <= {"StateError"}  # retries of what is not retriable, edits of what runs
    for batch in batches:
        assert batch.counts == dict.fromkeys(batch.counts, 0) | Counter(task.status for task in batch.tasks)
        assert batch.running == []
        assert sum(group.count for group in batch.failures) == batch.failed_count
        on_disk = rows("SELECT status, attempt FROM tasks WHERE batch_id = ? ORDER BY idx", batch.id)
        assert on_disk == [(str(task.status), task.attempt) for task in batch.tasks]
        assert rows("SELECT status FROM batches WHERE id = ?", batch.id) == [(str(batch.status),)]
        assert batch.status in set(BatchStatus) - {BatchStatus.INTERRUPTED}
        assert [asset.order for asset in batch.results] == list(range(len(batch.results)))
        assert len(batch.results) == batch.completed_count
        marks = rows("SELECT id, mark FROM assets WHERE batch_id = ? ORDER BY rowid", batch.id)
        assert marks == [(asset.id, asset.mark) for asset in batch.results]
    assert session.queue == session.running == []


def in_threads(actions) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(actions))

    def run(action) -> None:
        barrier.wait(10)
        try:
            action()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert errors == []
