"""A genuine diffusers pipeline, tiny and random: the same pictures each time, and cancel inside an image."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg

# The first test waits for imports, which a cold disk can make long.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def build() -> Iterator[Callable[..., Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("TRANSFORMERS_VERBOSITY", "error")
        # Here and not above: importing these takes seconds, which nobody shall pay who runs other tests.
        torch = pytest.importorskip("torch")
        pytest.importorskip("diffusers")
        from notebooks.tiny_pipeline import tiny_pipeline

        def quiet(seed: int = 0) -> Any:
            pipe = tiny_pipeline(seed)
            pipe.set_progress_bar_config(disable=True)
            return pipe

        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # with tensors this small, threads only wait for each other
        yield quiet
        torch.set_num_threads(threads)


def paint(pipe: Any, prompt: str = "a red fox", seed: int = 1, **changes: Any) -> Any:
    import torch

    arguments = {"num_inference_steps": 3, "generator": torch.Generator().manual_seed(seed), **changes}
    return pipe(prompt, **arguments).images[0]


def test_the_same_seed_builds_the_same_weights_and_leaves_the_global_generator_alone(build: Callable[..., Any]) -> None:
    import torch

    before = torch.random.get_rng_state()
    first, second, other = build(3), build(3), build(4)
    assert torch.equal(torch.random.get_rng_state(), before)
    for part in ("unet", "vae", "text_encoder"):
        weights, again = getattr(first, part).state_dict(), getattr(second, part).state_dict()
        assert weights.keys() == again.keys()
        assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert paint(first).tobytes() == paint(second).tobytes() != paint(other).tobytes()


@pytest.mark.parametrize(
    "changes", [{"prompt": "a lake"}, {"seed": 2}, {"num_inference_steps": 4}, {"guidance_scale": 2.0}], ids=str
)
def test_a_picture_depends_on_what_was_asked(build: Callable[..., Any], changes: dict[str, Any]) -> None:
    pipe = build()
    picture = paint(pipe)
    assert (picture.mode, picture.size) == ("RGB", (128, 128))
    assert paint(pipe, **changes).tobytes() != picture.tobytes() == paint(pipe).tobytes()


def test_a_saved_pipeline_is_loaded_as_a_real_one_would_be(build: Callable[..., Any], tmp_path: Path) -> None:
    from diffusers import StableDiffusionPipeline

    pipe = build()
    pipe.save_pretrained(tmp_path)
    loaded = StableDiffusionPipeline.from_pretrained(tmp_path, local_files_only=True)
    loaded.set_progress_bar_config(disable=True)
    assert paint(loaded).tobytes() == paint(pipe).tobytes()


def test_cancel_stops_inside_an_image_and_does_not_hurt_the_next(build: Callable[..., Any], tmp_path: Path) -> None:
    pipe = build()
    third_step, go_on = threading.Event(), threading.Event()
    taken: list[int] = []

    def image(seed: int = 1, steps: int = 3, *, task: bg.TaskContext) -> Any:
        def on_step_end(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            taken.append(step)
            task.progress((step + 1) / steps, f"step {step + 1}", preview=tensors["latents"][0, 0].sigmoid())
            if steps > 3 and step == 2:
                third_step.set()
                assert go_on.wait(30)
            return tensors

        return paint(pipe, seed=seed, num_inference_steps=steps, callback_on_step_end=on_step_end)

    decoded = []
    decode = pipe.vae.decode
    pipe.vae.decode = lambda *args, **kwargs: decoded.append(1) or decode(*args, **kwargs)
    with bg.BatchSession(image, project=tmp_path) as session:
        session.set_batch_config({"batch_size": 2})
        batch = session.start_batch({"steps": 20})
        task = batch.tasks[0]
        assert third_step.wait(30)
        assert (task.progress, task.message) == (3 / 20, "step 3")
        assert task.preview is not None
        assert task.preview.size == (16, 16)
        session.cancel_batch(batch.id)
        go_on.set()
        assert batch.wait(30)
        assert batch.status == "cancelled"
        assert [one.status for one in batch.tasks] == ["cancelled", "cancelled"]
        assert taken == [0, 1, 2, 3]  # step 4 was under way; its report raised, and no fifth began
        assert (decoded, batch.results, task.preview) == ([], [], None)
        assert task.progress == 3 / 20

        after = session.start_batch()
        assert after.wait(30)
        assert after.status == "completed"
        assert after.results[0].open().tobytes() == paint(pipe).tobytes()
