"""Making an asset again: whether it comes out the same, and what is told about that."""

from __future__ import annotations

import gc
import random
import sqlite3
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.errors import GeneratorError, ParameterError, ProjectError, StateError, TaskCancelled
from batchgen_widgets.media.difference import AUDIO_LIMIT, PICTURE_LIMIT, compare_media
from batchgen_widgets.runner import Watch, reproduce
from batchgen_widgets.testing import reopen, wait_for

RED = Image.new("RGB", (16, 16), (200, 10, 10))


def make(name: str, function: Any) -> bg.Generator:
    return bg.generator(function, name=name)


def run(session: Any, **keywords: Any) -> Any:
    batch = session.start_batch(**keywords)
    assert batch.wait(60)
    return batch.results[0]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("demo", "parameters"),
        [
            ("landscape", {"width": 64, "height": 64, "steps": 3, "seed": 5}),
            ("drift", {"width": 64, "height": 64, "duration": 0.5, "seed": 5}),
            ("chime", {"duration": 0.5, "seed": 5}),
        ],
    )
    def test_demos_are_identical(self, open_session, demo: str, parameters: dict[str, Any]):
        made = getattr(bg.demos, demo)
        known = {name: value for name, value in parameters.items() if name in made.parameters}
        asset = run(open_session(made), base_parameters=known, config={"enabled": False})
        found = asset.reproduce()
        assert (found.verdict, found.distance, found.changes) == ("identical", 0.0, ())
        assert type(found.media) is type(asset.open())
        assert (found.original, found.generator) == (asset, made)

    def test_a_changed_function(self, open_session):
        asset = run(open_session(make("painter", lambda seed=0: RED)))
        changed = make("painter", lambda seed=0: Image.new("RGB", (16, 16), (10, 10, 200)))
        found = asset.reproduce(changed)
        assert found.verdict == "different"
        assert found.distance > PICTURE_LIMIT
        assert any("The source of painter has changed" in change for change in found.changes)
        assert "different: OKLab difference of the worst tile" in repr(found)

    def test_a_little_noise_is_close(self, open_session):
        asset = run(open_session(make("painter", lambda seed=0: RED)))
        pixels = np.asarray(RED).copy()
        pixels[::2] += 1
        found = asset.reproduce(make("painter", lambda seed=0: Image.fromarray(pixels)))
        assert found.verdict == "close"
        assert 0 < found.distance <= PICTURE_LIMIT

    def test_another_size(self, open_session):
        asset = run(open_session(make("painter", lambda seed=0: RED)))
        found = asset.reproduce(make("painter", lambda seed=0: RED.resize((8, 16))))
        assert (found.verdict, found.distance) == ("different", None)
        assert "It has 8×16 pixels instead of 16×16." in found.changes

    def test_chance_says_so(self, open_session):
        def noise(size: int = 32) -> Any:
            return np.random.default_rng().random((size, size, 3))

        found = run(open_session(noise)).reproduce()
        assert found.verdict == "different"
        assert found.changes == ("noise has no parameter seed: where it draws at random, it draws anew each time.",)

    def test_chance_beside_a_seed(self, open_session):
        def noise(seed: int = 0) -> Any:
            return np.random.default_rng().random((8, 8, 3)) + 0 * seed

        found = run(open_session(noise)).reproduce()
        assert found.changes == (
            "Nothing else that is known has changed; does it draw random numbers beside its seed?",
        )

    def test_what_else_has_changed(self, open_session, root):
        session = open_session(make("painter", lambda seed=0, old=1: RED))
        asset = run(session)
        session.close()
        with sqlite3.connect(root / "batchgen.db") as connection:
            connection.execute(
                "UPDATE batches SET origin = json_set(origin, '$.versions.numpy', '0.9', '$.versions.torch', '9.9', "
                "'$.device', 'cuda: H100')"
            )
        connection.close()
        again = reopen(session.project).asset(asset.id)
        found = again.reproduce(make("painter", lambda seed=0, new=2: RED))
        told = " ".join(found.changes)
        assert found.verdict == "identical"
        assert "painter has no parameter old any more; it was 1." in told
        assert "The parameter new is new; its default was taken." in told
        assert f"numpy is {np.__version__}, and was 0.9." in told
        assert "torch 9.9 was loaded then, and is not now." in told
        assert "and then on cuda: H100" in told

    def test_one_of_several(self, open_session):
        session = open_session(make("pair", lambda seed=0: [RED, RED.rotate(90), RED.resize((4, 4))]))
        batch = session.start_batch()
        assert batch.wait(30)
        assert [asset.reproduce().verdict for asset in batch.results] == ["identical"] * 3
        fewer = make("pair", lambda seed=0: [RED])
        assert "It made 1 media instead of 3." in batch.results[0].reproduce(fewer).changes
        with pytest.raises(GeneratorError, match=r"pair made 1 media this time; asset .* was number 3"):
            batch.results[2].reproduce(fewer)

    def test_it_shows_both(self, open_session):
        asset = run(open_session(make("<script>x</script>", lambda seed=0: RED)))
        changed = make("<script>x</script>", lambda seed=0: RED.rotate(5))
        shown = asset.reproduce(changed)._repr_html_()
        assert shown.count("data:image/webp;base64,") == 2
        assert "&lt;script&gt;" in shown
        assert "<script" not in shown


class TestWhere:
    def test_as_a_worker_before_the_queue(self, open_session, gate):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        running = gate.next_call()
        watch = Watch()
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(reproduce(batch.results[0], watch=watch)))
        thread.start()
        wait_for(lambda: session._runner._asides, "that it waits for a worker")
        assert gate.idle  # never a second one at once
        running.finish()
        again = gate.next_call()
        again.report(0.5, "half")
        assert (watch.progress, watch.message) == (0.5, "half")
        assert again.params["seed"] == batch.tasks[0].params["seed"]
        assert batch.tasks[2].status == "queued"
        assert session.running == []
        again.finish()
        thread.join(10)
        assert found[0].verdict == "identical"
        gate.next_call().finish()
        assert batch.wait(10)
        assert len(batch.results) == 3
        assert len(batch.tasks) == 3

    def test_while_the_queue_is_paused(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        gate.next_call().finish()
        assert batch.wait(10)
        session.pause()
        session.add_task({"seed": 9}, batch_id=batch.id)
        thread = threading.Thread(target=lambda: session.reproduce(batch.results[0]))
        thread.start()
        again = gate.next_call()
        assert again.params["seed"] == batch.tasks[0].params["seed"]
        again.finish()
        thread.join(10)
        assert gate.idle
        session.resume()
        gate.next_call().finish()

    @pytest.mark.parametrize("running", [True, False])
    def test_it_can_be_stopped(self, open_session, gate, root, running: bool):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        gate.next_call().finish()
        busy = gate.next_call()
        if running:
            busy.finish()
            assert batch.wait(10)
        watch = Watch()
        caught: list[BaseException] = []

        def again() -> None:
            try:
                reproduce(batch.results[0], watch=watch)
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=again)
        thread.start()
        if running:
            gate.next_call()
        else:
            wait_for(lambda: session._runner._asides, "that it waits for a worker")
        watch.stop.request()
        thread.join(10)
        assert isinstance(caught[0], TaskCancelled)
        assert not list(root.glob(".again-*"))
        if not running:
            busy.finish()
            assert batch.wait(10)

    def test_closing_the_session_stops_it(self, open_session, gate):
        session = open_session(gate)
        batch = session.start_batch()
        gate.next_call().finish()
        assert batch.wait(10)
        caught: list[BaseException] = []

        def again() -> None:
            try:
                session.reproduce(batch.results[0])
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=again)
        thread.start()
        gate.next_call()
        session.close()
        thread.join(10)
        assert isinstance(caught[0], TaskCancelled)
        with pytest.raises(StateError, match="the session is closed"):
            session.reproduce(batch.results[0])

    def test_without_a_session(self, open_session, root):
        made = make("loner", lambda seed=0: RED)
        session = open_session(made)
        asset = run(session)
        session.close()
        assert reopen(session.project).asset(asset.id).reproduce().verdict == "identical"
        assert not list(root.glob(".again-*"))

    def test_in_worker_processes(self, open_session):
        session = open_session(bg.demos.landscape, executor="process")
        parameters = {"width": 64, "height": 64, "steps": 2}
        asset = run(session, base_parameters=parameters, config={"enabled": False})
        assert asset.reproduce().verdict == "identical"

    def test_in_a_session_of_another_project(self, open_session, tmp_path):
        held = threading.Lock()

        def careful(seed: int = 0) -> Any:
            assert held.acquire(blocking=False), "two at once"
            try:
                return RED
            finally:
                held.release()

        made = bg.generator(careful)
        asset = run(open_session(made))
        elsewhere = open_session(made, tmp_path / "elsewhere")
        threads = [threading.Thread(target=lambda: asset.reproduce()) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert elsewhere.queue == []

    def test_clips_can_be_played_for_as_long_as_they_are_held(self, open_session, root):
        frames = [np.full((8, 8, 3), shade, np.uint8) for shade in (0, 90, 200)]
        asset = run(open_session(make("film", lambda seed=0: bg.Video(frames, 4))))
        found = asset.reproduce()
        assert found.verdict == "identical"
        assert len(list(found.media)) == len(list(found.media)) == 3
        del found
        gc.collect()
        assert not list(root.glob(".again-*"))

    def test_formats_that_lose_something(self, open_session):
        session = open_session(bg.demos.landscape, image_format="jpeg", image_quality=60)
        asset = run(session, base_parameters={"width": 64, "height": 64, "steps": 2}, config={"enabled": False})
        assert asset.path.suffix == ".jpg"
        assert asset.reproduce().verdict == "identical"


class TestWhatIsWrong:
    def test_nobody_has_the_generator(self, open_session):
        made = make("long gone", lambda seed=0: RED)
        session = open_session(made)
        asset = run(session)
        session.close()
        project = reopen(session.project)
        asset = project.asset(asset.id)
        from batchgen_widgets.generators import registry

        registry._known.pop("long gone")
        with pytest.raises(GeneratorError, match=r"'long gone'.* is not defined in this process; .*generator="):
            asset.reproduce()
        assert asset.reproduce(made).verdict == "identical"

    def test_the_newest_of_a_name(self):
        from batchgen_widgets.generators.registry import find_generator

        older = make("twice", lambda seed=0: RED)
        newer = make("twice", lambda seed=1: RED)
        assert find_generator("twice") is newer
        del newer
        gc.collect()
        assert find_generator("twice") is older

    def test_it_fails(self, open_session):
        asset = run(open_session(make("painter", lambda seed=0: RED)))

        def broken(seed: int = 0) -> Any:
            raise RuntimeError("no paint left")

        with pytest.raises(
            GeneratorError, match=r"failed when it made asset .* again: RuntimeError: no paint"
        ) as caught:
            asset.reproduce(make("painter", broken))
        assert "in broken" in caught.value.__notes__[0]

    def test_parameters_that_it_no_longer_takes(self, open_session):
        asset = run(open_session(make("painter", lambda seed=0: RED)), base_parameters={"seed": 500})

        def tight(seed: bg.Range = 5) -> Any: ...  # type: ignore[assignment]

        from typing import Annotated

        tight.__annotations__["seed"] = Annotated[int, bg.Range(0, 9)]
        with pytest.raises(ParameterError, match=r"can't be made again: seed: \d+ is not allowed") as caught:
            asset.reproduce(make("painter", tight))
        assert caught.value.field == "seed"

    def test_the_file_is_gone(self, open_session):
        asset = run(open_session(make("painter", lambda seed=0: RED)))
        asset.path.unlink()
        with pytest.raises(ProjectError, match="can't be read"):
            asset.reproduce()


class TestDistances:
    def test_the_worst_tile_counts(self):
        changed = RED.resize((256, 256))
        original = changed.copy()
        changed.paste((255, 255, 255), (0, 0, 32, 32))
        found = compare_media(original, changed)
        assert found.distance > 0.2
        assert not found.close

    def test_black_to_white_is_one(self):
        found = compare_media(Image.new("RGB", (9, 5)), Image.new("RGB", (9, 5), "white"))
        assert found.distance == pytest.approx(1, abs=1e-3)

    def test_what_nobody_sees(self):
        clear = [Image.new("RGBA", (4, 4), (shade, 0, 0, 0)) for shade in (0, 255)]
        found = compare_media(*clear)
        assert (found.identical, found.distance, found.close) == (False, 0.0, True)
        assert (
            compare_media(Image.new("RGBA", (4, 4), (0, 0, 0, 0)), Image.new("RGBA", (4, 4), (0, 0, 0, 255))).distance
            > 0.5
        )

    def test_sounds(self):
        time = np.arange(12_000) / 8000
        tone = np.sin(time * 440 * 2 * np.pi) * 0.5
        softer, other = tone * 0.98, np.sin(time * 660 * 2 * np.pi) * 0.5
        original = bg.Audio(tone, 8000)
        assert compare_media(original, bg.Audio(tone, 8000)).identical
        assert 0 < compare_media(original, bg.Audio(softer, 8000)).distance < AUDIO_LIMIT
        assert compare_media(original, bg.Audio(other, 8000)).distance > AUDIO_LIMIT
        assert compare_media(original, bg.Audio(tone[:-1], 8000)).reason == "11,999 samples instead of 12,000"
        both = bg.Audio(np.stack([tone, other], axis=1), 8000)
        assert compare_media(bg.Audio(np.stack([tone, tone], axis=1), 8000), both).distance > AUDIO_LIMIT
        assert compare_media(original, both).reason == "2 channels instead of 1"

    def test_clips(self):
        frames = [np.full((6, 6, 3), shade, np.uint8) for shade in (0, 100, 200)]
        original = bg.Video(frames, 4)
        assert compare_media(original, bg.Video(frames[:2], 4)).reason == "fewer frames than then"
        assert compare_media(original, bg.Video([*frames, frames[0]], 4)).reason == "more frames than then"
        assert compare_media(original, bg.Video(frames, 5)).reason == "5 frames per second instead of 4"
        changed = compare_media(original, bg.Video([frames[0], frames[1], frames[0]], 4))
        assert not changed.close
        assert compare_media(original, RED).reason == "become an image instead of a clip"

    @settings(max_examples=50, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
    def test_a_distance_is_one(self, seed: int, width: int, height: int):
        rng = random.Random(seed)
        images = [Image.frombytes("RGB", (width, height), rng.randbytes(width * height * 3)) for _ in range(2)]
        there, back = compare_media(*images), compare_media(*reversed(images))
        assert there.distance == pytest.approx(back.distance)
        assert 0 <= there.distance <= 1.5
        assert there.identical == (images[0].tobytes() == images[1].tobytes())
        assert compare_media(images[0], images[0].copy()).identical
