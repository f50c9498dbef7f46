"""From the favorites of a batch to the next one, through the session."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest

import batchgen_widgets as bg
from batchgen_widgets import BatchConfig, ParameterError, ProjectError, Range
from batchgen_widgets.testing import reopen
from batchgen_widgets.testing.gates import picture


def poster(
    prompt: str = "A harbour",
    seed: int = 0,
    cfg_scale: Annotated[float, Range(1.0, 20.0, step=0.5)] = 7.5,
    sampler: Literal["euler", "ddim", "dpm++"] = "euler",
) -> Any:
    return picture({"seed": seed})


CONFIG = BatchConfig(
    batch_size=24,
    variation_params={
        "vary_seeds": True,
        "vary_prompts": True,
        "prompt_variations": ["dawn", "night"],
        "vary_parameters": True,
        "parameter_ranges": {"cfg_scale": (1, 20), "sampler": ["euler", "ddim", "dpm++"]},
        "seed": 3,
    },
)


@pytest.fixture
def session(open_session):
    made = open_session(poster)
    made.set_batch_config(CONFIG)
    return made


def run(session):
    batch = session.start_batch()
    assert batch.wait(20)
    return batch


def star(session, batch, wanted):
    chosen = [asset for asset in batch.results if wanted(asset.params)]
    session.set_marks(chosen, "favorite")
    return chosen


class TestWinners:
    def test_every_varied_parameter_is_counted(self, session):
        batch = run(session)
        chosen = star(session, batch, lambda params: params["cfg_scale"] >= 12 and params["sampler"] != "ddim")
        found = session.winners()
        assert (found.favorites, found.total) == (len(chosen), 24)
        assert [parameter.name for parameter in found.parameters] == ["prompt", "cfg_scale", "sampler"]
        prompts, scales, samplers = found.parameters
        assert (prompts.kind, scales.kind, samplers.kind) == ("values", "range", "values")
        for parameter in found.parameters:
            assert sum(value.favorites for value in parameter.values) == len(chosen)
            assert sum(value.total for value in parameter.values) == 24
        lows = [value.value["low"] for value in scales.values]
        assert lows == sorted(lows)
        assert len(lows) <= 8
        stars = [value.favorites for value in samplers.values]
        assert stars == sorted(stars, reverse=True)
        assert samplers.values[-1].label == "ddim"
        assert samplers.values[-1].favorites == 0
        assert found.notes == session.config_from(chosen).notes

    def test_the_shape_that_the_browser_gets(self, session):
        batch = run(session)
        star(session, batch, lambda params: params["sampler"] == "euler")
        wire = json.loads(json.dumps(session.winners(batch.id).to_json()))
        assert wire.keys() == {"favorites", "total", "parameters", "notes"}
        for parameter in wire["parameters"]:
            assert parameter.keys() == {"name", "label", "kind", "values"}
            for value in parameter["values"]:
                assert value.keys() == {"label", "value", "favorites", "total"}
        assert wire["parameters"][1]["label"] == "Cfg scale"
        assert all(isinstance(note, str) for note in wire["notes"])

    def test_seeds_count_where_they_are_shared(self, session):
        shared = {"vary_seeds": True, "vary_parameters": True, "parameter_ranges": {"sampler": ["euler", "ddim"]}}
        session.set_batch_config({"batch_size": 2, "variation_params": {**shared, "strategy": "grid"}})
        run(session)
        assert [parameter.name for parameter in session.winners().parameters] == ["seed", "sampler"]

    def test_many_values_are_told_together(self, session):
        prompts = [f"prompt {number}" for number in range(150)]
        varied = {"vary_prompts": True, "prompt_variations": prompts, "strategy": "zip"}
        session.set_batch_config({"variation_params": varied})
        batch = run(session)
        star(session, batch, lambda params: params["prompt"] == "prompt 149")
        (found,) = session.winners().parameters
        assert len(found.values) == 101
        assert (found.values[0].label, found.values[0].favorites) == ("prompt 149", 1)
        assert (found.values[-1].label, found.values[-1].total) == ("50 others", 50)

    def test_without_favorites(self, session):
        with pytest.raises(ProjectError, match="no batch yet"):
            session.winners()
        run(session)
        found = session.winners()
        assert found.favorites == 0
        assert found.notes == ("No favorites yet; star some results, and this says what they have in common.",)
        assert repr(found).startswith("0 favorites of 24 assets\nPrompt:\n  dawn: 0 of ")

    def test_a_batch_of_another_generator(self, session, open_session):
        batch = run(session)
        other = open_session(bg.demos.landscape, session.project)
        with pytest.raises(ParameterError, match="was made by 'poster'; give what 'landscape' made"):
            other.winners(batch.id)


class TestConfigFrom:
    def test_the_next_batch_is_around_the_favorites(self, session):
        batch = run(session)
        star(session, batch, lambda params: params["cfg_scale"] >= 15 and params["prompt"] == "dawn")
        before = session.config
        made = session.config_from(batch.favorites)
        assert session.config is before
        session.set_base_parameters(made.base_parameters)
        session.set_batch_config(made.config)
        assert session.base_parameters["prompt"] == "dawn"
        for params in session.plan():
            assert params["prompt"] == "dawn"
            assert params["cfg_scale"] >= 10

    def test_it_starts_from_the_batch_and_not_from_the_settings_of_now(self, session):
        batch = run(session)
        first = session.config_from(batch.results[:1])
        session.set_batch_config(first.config)
        session.set_base_parameters(first.base_parameters)
        assert session.config_from(batch.results[:1]).config == first.config

    def test_after_a_restart(self, session, root, open_session):
        batch = run(session)
        chosen = batch.results[:3]
        expected = session.config_from(chosen)
        session.close()
        again = open_session(poster, reopen(session.project))
        found = again.project.batch(batch.id)
        assert again.config_from(found.results[:3]) == expected

    def test_favorites_of_several_batches(self, session):
        first = run(session)
        session.set_batch_config({"variation_params": {"vary_seeds": True}})
        session.set_base_parameters({"prompt": "noon", "sampler": "ddim", "cfg_scale": 5})
        second = run(session)
        made = session.config_from([first.results[0], second.results[0]])
        assert set(made.config.variation_params.prompt_variations) == {first.results[0].params["prompt"], "noon"}

    def test_what_is_no_favorite(self, session, open_session):
        batch = run(session)
        with pytest.raises(ParameterError, match="favorites: empty; give at least one asset"):
            session.config_from([])
        with pytest.raises(ParameterError, match="'x' is no asset; give a list"):
            session.config_from(["x"])
        other = open_session(bg.demos.landscape, session.project)
        with pytest.raises(ParameterError, match="was made by 'poster'; give what 'landscape' made"):
            other.config_from(batch.results)
        assert session.config_from(batch.results[0]).notes
