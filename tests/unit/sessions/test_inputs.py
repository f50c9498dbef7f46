"""Batches that are made from images, videos and sounds: of other batches, and of files."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.batches import make_plan
from batchgen_widgets.errors import ConfigError, ParameterError, StateError
from batchgen_widgets.generators.inputs import LostMedia, MediaInput
from batchgen_widgets.testing import reopen


@bg.generator
def paint(seed: int = 0) -> Any:
    return Image.new("RGB", (4, 4), (seed % 256, 9, 9))


@bg.generator
def upscale(image: Image.Image, factor: int = 2, seed: int = 0) -> Any:
    return {"image": image.resize((image.width * factor, image.height * factor)), "red": image.getpixel((0, 0))[0]}


@bg.generator
def blend(image: Image.Image, mask: Image.Image | None = None, layers: Any = None) -> Any:
    return image


@bg.generator
def describe(asset: bg.Asset) -> Any:
    return {"kind": asset.kind, "seed": asset.params["seed"], "id": asset.id}


@bg.generator
def loudness(sound: bg.Audio) -> Any:
    return {"peak": float(sound.samples.max())}


def problems(error: pytest.ExceptionInfo[ConfigError]) -> dict[str, str]:
    return {problem.field: problem.message for problem in error.value.errors}


@pytest.fixture
def session(open_session):
    return open_session(paint, tasks=3)


@pytest.fixture
def first(session):
    batch = session.start_batch()
    assert batch.wait(30)
    return batch


class TestOfAnotherGenerator:
    def test_one_task_for_each_input(self, session, first):
        session.set_marks(first.results[:2], "favorite")
        plan = session.plan(upscale, inputs=first.favorites, parameters={"factor": 3})
        assert (plan.count, plan.summary) == (2, "2 tasks = 2 inputs")
        batch = session.start_batch(upscale, inputs=first.favorites, parameters={"factor": 3})
        assert batch.wait(30)
        assert batch.generator == "upscale"
        assert [asset.width for asset in batch.results] == [12, 12]
        assert [asset.parents for asset in batch.results] == [(asset.id,) for asset in first.favorites]
        assert [task.metrics["red"] for task in batch.tasks] == [
            asset.open().getpixel((0, 0))[0] for asset in first.favorites
        ]
        assert session.active_batch is batch
        assert session.history == [first, batch]

    def test_everything_happens_with_each_input(self, session, first):
        varied = bg.BatchConfig(
            batch_size=2,
            variation_params=bg.VariationParams(
                vary_seeds=True, vary_parameters=True, parameter_ranges={"factor": [2, 3]}, strategy="grid", seed=1
            ),
        )
        plan = session.plan(upscale, inputs=first.results, config=varied)
        assert plan.summary == "12 tasks = 3 inputs × 2 seeds × 2 factor values"
        assert plan.varied == ("image", "factor", "seed")
        batch = session.start_batch(upscale, inputs=first.results, config=varied)
        assert [task.params for task in batch.tasks] == plan.tasks
        assert [task.params["image"] for task in batch.tasks] == [asset for asset in first.results for _ in range(4)]
        seeds = [task.params["seed"] for task in batch.tasks]
        assert seeds[:4] == seeds[4:8] == seeds[8:]

    def test_the_plan_that_was_shown_runs_until_something_starts(self, session, first):
        varied = bg.BatchConfig(batch_size=3, variation_params=bg.VariationParams(vary_seeds=True))
        shown = [session.plan(upscale, inputs=first.results, config=varied).tasks for _ in range(2)]
        assert shown[0] == shown[1]
        batch = session.start_batch(upscale, inputs=first.results, config=varied)
        assert [task.params for task in batch.tasks] == shown[0]
        assert session.plan(upscale, inputs=first.results, config=varied).tasks != shown[0]

    def test_a_plain_function_and_its_defaults(self, session, first):
        def copy(image: Image.Image, seed: int = 7) -> Any:
            return image

        batch = session.start_batch(copy, inputs=first.results[:1])
        assert batch.wait(30)
        assert (batch.generator, batch.tasks[0].params["seed"], len(batch.results)) == ("copy", 7, 1)

    def test_the_asset_itself(self, session, first):
        batch = session.start_batch(describe, inputs=first.results)
        assert batch.wait(30)
        assert [task.metrics["id"] for task in batch.tasks] == [asset.id for asset in first.results]

    def test_in_worker_processes(self, open_session, first):
        session = open_session(paint, executor="process")
        for generator in (upscale, describe):
            batch = session.start_batch(generator, inputs=first.results[:1])
            assert batch.wait(60)
            assert batch.tasks[0].error is None

    def test_what_is_queued_can_be_edited_retried_and_added_to(self, session, first):
        session.pause()
        batch = session.start_batch(upscale, inputs=first.results[:2])
        session.edit_task(batch.tasks[0], {"factor": 4, "image": first.results[2]})
        session.remove_task(batch.tasks[1])
        added = session.add_task({"image": first.results[1], "factor": 5}, batch_id=batch.id)
        own = session.add_task({"seed": 3})
        assert own.batch is not batch
        session.retry_task(batch.tasks[1])
        session.resume()
        assert batch.wait(30)
        assert own.batch.wait(30)
        assert {asset.task_index: (asset.width, asset.parents) for asset in batch.results} == {
            0: (16, (first.results[2].id,)),
            1: (8, (first.results[1].id,)),
            added.index: (20, (first.results[1].id,)),
        }

    def test_a_failed_task_of_it_is_tried_again(self, session, first):
        tries = []

        def shaky(image: Image.Image) -> Any:
            tries.append(image.size)
            if len(tries) == 1:
                raise RuntimeError("not yet")
            return image

        batch = session.start_batch(shaky, inputs=first.results[:1])
        assert batch.wait(30)
        assert session.retry_failed(batch.id) == 1
        assert batch.wait(30)
        assert (batch.completed_count, tries) == (1, [(4, 4), (4, 4)])


class TestOwnGenerator:
    @pytest.fixture
    def upscaler(self, open_session, root, first):
        return open_session(upscale)

    def test_inputs_for_one_batch(self, upscaler, first):
        batch = upscaler.start_batch(inputs={"image": first.results})
        assert batch.wait(30)
        assert len(batch.results) == 3

    def test_inputs_that_stay(self, upscaler, first):
        upscaler.set_inputs(first.results[:2])
        assert upscaler.inputs == {"image": tuple(first.results[:2])}
        plan = upscaler.plan()
        assert plan.summary == "2 tasks = 2 inputs"
        assert upscaler.start_batch().tasks[1].params["image"] is first.results[1]
        assert upscaler.plan({"image": first.results[2]}).count == 1
        assert upscaler.plan().count == 2
        upscaler.set_base_parameters({"image": first.results[0]})
        assert (upscaler.inputs, upscaler.plan().count) == ({}, 1)
        upscaler.clear_inputs("image")
        with pytest.raises(ConfigError, match="image: required, but not given; give an image: an asset, a path"):
            upscaler.plan()

    def test_a_config_lists_no_media(self, upscaler):
        with pytest.raises(ConfigError, match=r"a config lists no media; give them to the batch, as inputs"):
            upscaler.set_batch_config(
                {"variation_params": {"vary_parameters": True, "parameter_ranges": {"image": ["a.png"]}}}
            )

    def test_what_wins_and_what_follows(self, upscaler, first):
        batch = upscaler.start_batch(inputs=first.results)
        assert batch.wait(30)
        upscaler.set_marks(batch.results[:1], "favorite")
        (image,) = upscaler.winners(batch.id).parameters
        assert (image.name, [value.favorites for value in image.values]) == ("image", [1, 0, 0])
        assert first.results[0].path.name in image.values[0].label
        assert upscaler.config_from(batch.favorites).base_parameters["factor"] == 2


class TestWhatIsWrong:
    def refused(self, session: Any, *args: Any, **keywords: Any) -> dict[str, str]:
        with pytest.raises(ConfigError) as error:
            session.start_batch(*args, **keywords)
        return problems(error)

    def test_no_place_for_media(self, session, first):
        told = self.refused(session, inputs=first.results)
        assert told["inputs"].startswith("the generator takes no media: annotate a parameter as PIL.Image.Image")
        assert told["inputs"].endswith("its parameters: seed")

    def test_two_places(self, session, first):
        told = self.refused(session, blend, inputs=first.results)
        assert told == {"inputs": "image and mask take media; say which by a mapping, {'image': [...], 'mask': [...]}"}

    def test_other_names(self, session, first):
        told = self.refused(session, blend, inputs={"imge": first.results, "layers": first.results})
        assert told["inputs.imge"] == "no such parameter; did you mean 'image'? allowed: image, mask"
        assert told["inputs.layers"] == "takes no media; those that do: image and mask"

    def test_lengths(self, session, first):
        told = self.refused(session, blend, inputs={"image": first.results, "mask": first.results[:2]})
        assert told == {"inputs": "they advance together, so they need equal lengths, but image has 3 and mask has 2"}

    @pytest.mark.parametrize(
        ("inputs", "told"),
        [
            ([], "an empty list; give at least one, such as batch.favorites after some were starred"),
            ("a.png", "'a.png' is one input; give a list of them, also of one"),
            (5, "5 is no list; give a list such as batch.favorites"),
            ([5], "item 1: a int is not allowed; give an image: an asset, a path, a PIL image"),
        ],
    )
    def test_no_list_of_media(self, session, inputs, told):
        assert self.refused(session, upscale, inputs=inputs)["inputs.image"].startswith(told)

    def test_another_kind(self, session, first):
        told = self.refused(session, loudness, inputs=first.results[:1])
        assert f"item 1: asset {first.results[0].id} is an image; give a sound" in told["inputs.sound"]

    def test_trashed_and_missing(self, session, first):
        session.project.trash(first.results[:1])
        told = self.refused(session, upscale, inputs=[first.assets[0]])
        assert "is in the trash; restore it with project.restore([asset])" in told["inputs.image"]
        first.assets[1].path.unlink()
        told = self.refused(session, upscale, inputs=[first.assets[1]])
        assert "project.verify() says what is missing" in told["inputs.image"]

    def test_parameters_twice(self, session):
        with pytest.raises(ParameterError, match="parameters: given twice"):
            session.start_batch({"seed": 1}, parameters={"seed": 2})
        with pytest.raises(ParameterError, match="give a mapping of parameters, or a generator"):
            session.start_batch(5)

    def test_nothing_is_kept_of_what_was_refused(self, session, root):
        self.refused(session, upscale, inputs=[Image.new("RGB", (2, 2)), 5])
        assert not (root / "inputs").exists()


class TestInputFiles:
    def test_each_content_once(self, session, root, tmp_path):
        picture = Image.new("RGB", (3, 2), "blue")
        picture.save(tmp_path / "blue.png")
        data = (tmp_path / "blue.png").read_bytes()
        (tmp_path / "copy.png").write_bytes(data)
        batch = session.start_batch(upscale, inputs=[tmp_path / "blue.png", tmp_path / "copy.png", data])
        assert batch.wait(30)
        assert len(list((root / "inputs").iterdir())) == 1
        (tmp_path / "blue.png").unlink()
        assert [task.params["image"].name for task in batch.tasks] == ["blue.png", "copy.png", f"{len(data)} bytes"]
        assert [asset.parents for asset in batch.results] == [()] * 3

    def test_values_of_every_kind(self, session, root):
        def mix(image: Image.Image, clip: bg.Video, sound: bg.Audio) -> Any:
            return {"size": str(image.size), "frames": len(list(clip)), "rate": sound.sample_rate}

        parameters = {
            "image": np.zeros((2, 3, 3)),
            "clip": bg.Video((np.zeros((2, 2, 3), np.uint8) for _ in range(3)), 5),
            "sound": bg.Audio([0.0, 0.5], 8000),
        }
        batch = session.start_batch(mix, parameters=parameters)
        assert batch.wait(30)
        assert batch.tasks[0].metrics == {"size": "(3, 2)", "frames": 3, "rate": 8000}
        assert sorted(path.suffix for path in (root / "inputs").iterdir()) == [".mp4", ".png", ".wav"]

    def test_one_value_for_many_tasks_is_written_once(self, session, monkeypatch):
        from batchgen_widgets.media import encode

        written = []
        monkeypatch.setattr(encode, "_sync_directory", lambda path: written.append(path))
        varied = bg.BatchConfig(batch_size=50, variation_params=bg.VariationParams(vary_seeds=True))
        session.pause()
        session.start_batch(upscale, parameters={"image": Image.new("RGB", (2, 2))}, config=varied)
        assert len(written) == 1
        session.start_batch(upscale, inputs=[Image.new("RGB", (3, 3)), Image.new("RGB", (4, 4))], config=varied)
        assert len(written) == 3

    def test_an_asset_of_another_project(self, session, open_session, first, tmp_path):
        other = open_session(upscale, tmp_path / "other")
        batch = other.start_batch(inputs=first.results[:1])
        assert batch.wait(30)
        given = batch.tasks[0].params["image"]
        assert isinstance(given, MediaInput)
        assert given.path.read_bytes() == first.results[0].path.read_bytes()
        assert given.origin == {"asset": first.results[0].id, "batch": first.id}
        assert batch.results[0].parents == ()
        with pytest.raises(ParameterError, match="belongs to another project; bring it in with project"):
            other.start_batch(describe, inputs=first.results[:1])
        other.close()
        again = reopen(other.project).batch(batch.id).tasks[0].params["image"]
        assert (again, again.origin) == (given, given.origin)


class TestReopened:
    def test_a_batch_goes_on_in_another_kernel(self, open_session, session, first, root, rows):
        session.pause()
        picture = Image.new("RGB", (2, 2), (77, 0, 0))
        batch = session.start_batch(upscale, inputs=[first.results[0], picture])
        listed = session.start_batch(
            blend, parameters={"image": picture, "layers": [first.results[0], first.results[1]]}
        )
        session.close()
        stored = [json.loads(row[0])["image"] for row in rows("SELECT params FROM tasks WHERE batch_id = ?", batch.id)]
        assert stored[0] == {"asset": first.results[0].id}
        assert (root / stored[1]["file"]).is_file()

        project = reopen(session.project)
        later = open_session(paint, project)
        again = project.batch(batch.id)
        asset, file = (task.params["image"] for task in again.tasks)
        assert asset is project.batch(first.id).results[0]
        assert isinstance(file, MediaInput)
        with pytest.raises(StateError, match=rf"made by 'upscale'; .*session.resume_batch\('{batch.id}', generator="):
            later.resume_batch(batch.id)
        with pytest.raises(StateError, match="was made by 'upscale'; resume it with that, not 'blend'"):
            later.resume_batch(batch.id, generator=blend)
        assert later.resume_batch(batch.id, generator=upscale).wait(30)
        assert [task.metrics["red"] for task in again.tasks] == [asset.open().getpixel((0, 0))[0], 77]
        assert again.results[0].parents == (asset.id,)

        assert later.resume_batch(listed.id, blend).wait(30)
        made = project.batch(listed.id).results[0]
        assert [layer.id for layer in made.params["layers"]] == list(made.parents)
        assert made.parents == (first.results[0].id, first.results[1].id)

    def test_batches_that_refer_to_each_other(self, open_session, session, first):
        second = session.start_batch(upscale, inputs=first.results[:1])
        assert second.wait(30)

        def copy(image: Image.Image = None, seed: int = 0) -> Any:  # type: ignore[assignment]
            return image or Image.new("RGB", (1, 1))

        third = session.start_batch(copy)
        assert third.wait(30)
        fourth = session.start_batch(upscale, inputs=third.results)
        assert fourth.wait(30)
        session.add_task({"image": fourth.results[0]}, batch_id=third.id)
        assert third.wait(30)
        session.close()
        project = reopen(session.project)
        again = project.batch(third.id)
        assert again.tasks[1].params["image"] is project.batch(fourth.id).results[0]
        assert again.tasks[1].params["image"].params["image"] is again.results[0]

    def test_what_is_gone_stays_known(self, open_session, session, first, root):
        batch = session.start_batch(upscale, inputs=first.results[:1])
        assert batch.wait(30)
        session.close()
        import sqlite3

        with sqlite3.connect(root / "batchgen.db") as connection:
            connection.execute("DELETE FROM assets WHERE id = ?", (first.results[0].id,))
        connection.close()
        project = reopen(session.project)
        lost = project.batch(batch.id).tasks[0].params["image"]
        assert lost == LostMedia({"asset": first.results[0].id})
        with pytest.raises(ParameterError, match="the project no longer has it"):
            upscale.validate({"image": lost})
        assert project.batch(batch.id).to_dataframe()["image"][0] == f"{first.results[0].id} (gone)"


def test_tables_call_media_by_their_files(session, first):
    batch = session.start_batch(upscale, inputs=first.results)
    assert batch.wait(30)
    names = [f"{asset.path.name} ({first.id})" for asset in first.results]
    assert list(batch.to_dataframe()["image"]) == names
    from batchgen_widgets.batches import Fields
    from batchgen_widgets.wire import plain_params

    column = Fields(batch.results).parameter("image")
    assert (column.type, column.cells) == ("text", names)
    assert plain_params(batch.results[0].params)["image"] == names[0]
    assert batch.contact_sheet(x="image").width > 0
    found = bg.BatchGalleryView(batch).filter(image=names[1])
    assert found == [batch.results[1]]


@settings(max_examples=40, deadline=None)
@given(
    amount=st.integers(1, 5),
    size=st.integers(1, 4),
    strategy=st.sampled_from(["random", "grid", "one_at_a_time", "sobol", "latin_hypercube"]),
    policy=st.sampled_from(["shared", "per_task"]),
)
def test_a_plan_with_inputs_is_the_plan_with_each(amount: int, size: int, strategy: Any, policy: Any):
    varied = bg.VariationParams(
        vary_seeds=True,
        vary_parameters=True,
        parameter_ranges={"factor": [2, 3]},
        strategy=strategy,
        seed_policy=policy,
    )
    config = bg.BatchConfig(batch_size=size, variation_params=varied)
    inputs = [MediaInput(b"", "image", str(number)) for number in range(amount)]
    single = make_plan(upscale.parameters, {"image": inputs[0]}, config, entropy=5)
    whole = make_plan(upscale.parameters, {}, config, entropy=5, inputs=inputs)
    assert whole.count == amount * single.count == len(whole.tasks)
    assert [task["image"] for task in whole] == [value for value in inputs for _ in range(single.count)]
    assert [task["factor"] for task in whole] == [task["factor"] for task in single] * amount
    seeds = [task["seed"] for task in whole]
    if policy == "per_task":
        assert len(set(seeds)) == len(seeds)
    else:
        assert seeds == [task["seed"] for task in single] * amount
