from __future__ import annotations

import pickle
import threading
from typing import Any

import cloudpickle
import pytest

from batchgen_widgets import GeneratorError, TaskContext, generator
from batchgen_widgets.generators import Generator


class Counter:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        return f"model {self.made}"


def painting(model: Any, prompt: str = "A quiet harbour", *, seed: int = 0, task: TaskContext) -> Any:
    return model, prompt, seed, task.index


def test_what_the_setup_returns_is_the_first_argument_and_no_parameter():
    made = generator(setup=Counter())(painting)
    assert list(made.parameters) == ["prompt", "seed"]
    assert made.run([made.validate({"seed": 3})], [TaskContext(index=5)]) == [("model 1", "A quiet harbour", 3, 5)]
    assert made("at dawn", seed=4) == ("model 1", "at dawn", 4, 0)
    assert made(prompt="at noon")[1] == "at noon"


def test_a_slot_for_the_context_may_be_positional():
    def drawing(model: Any, prompt: str, task: TaskContext, seed: int = 0) -> Any:
        return model, prompt, task.params["prompt"], seed

    made = generator(drawing, setup=Counter())
    assert made("at dawn") == ("model 1", "at dawn", "at dawn", 0)
    assert made("at dawn", TaskContext({"prompt": "mine"}), 2) == ("model 1", "at dawn", "mine", 2)


def test_it_is_made_once_and_again_only_for_calls_at_the_same_time():
    counter, both, used = Counter(), threading.Barrier(2), []

    def meeting(model: Any, seed: int = 0) -> Any:
        both.wait(10)
        used.append(model)

    made = generator(meeting, setup=counter)
    for _ in range(3):
        threads = [threading.Thread(target=made) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counter.made == 2
    assert sorted(used) == ["model 1"] * 3 + ["model 2"] * 3


def test_it_is_given_back_after_an_error_and_can_be_made_ahead():
    counter = Counter()

    def failing(model: Any, seed: int = 0) -> Any:
        raise ValueError("no")

    made = generator(failing, setup=counter)
    made.prepare()
    assert counter.made == 1
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            made()
    assert counter.made == 1
    generator(lambda seed=0: None).prepare()


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), SystemExit(2)])
def test_a_setup_that_fails_is_named(error):
    def load_model() -> Any:
        raise error

    made = generator(painting, setup=load_model)
    with pytest.raises(GeneratorError, match=rf"^setup load_model failed: {type(error).__name__}: {error}$") as raised:
        made.prepare()
    assert raised.value.__cause__ is error
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_frame.f_code.co_name == "load_model"


def test_it_travels_as_a_recipe_and_arrives_once():
    def load() -> Any:
        return threading.Lock()  # can't be pickled

    made = generator(lambda model, seed=0: seed, setup=load)
    made.prepare()
    data = cloudpickle.dumps(made)
    assert made.resources is not None
    first: Generator = pickle.loads(data)
    assert first.resources is made.resources
    del made, first
    again: list[Generator] = [pickle.loads(data) for _ in range(2)]
    assert again[0].resources is again[1].resources is not None
    assert again[0](seed=2) == 2


def test_a_generator_around_another_keeps_its_setup():
    made = generator(painting, setup=Counter())
    renamed = generator(made, name="renamed")
    assert renamed("x")[0] == "model 2" or renamed.resources is not made.resources
    assert list(renamed.parameters) == ["prompt", "seed"]


@pytest.mark.parametrize(
    ("function", "setup", "message"),
    [
        (lambda: None, Counter(), "no argument takes what its setup returns; put one first, such as model"),
        (lambda *, seed=0: None, Counter(), "no argument takes what its setup returns"),
        (painting, lambda device: None, r"setup: <lambda> can't be called without arguments \(missing a required"),
        (painting, "model", "setup: 'model' is not allowed; give a function that takes nothing"),
    ],
)
def test_what_cannot_be_is_refused(function, setup, message):
    with pytest.raises(GeneratorError, match=message):
        generator(function, setup=setup)
