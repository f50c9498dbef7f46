"""Generators that take a list of parameter sets."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

import cloudpickle
import pytest

from batchgen_widgets import GeneratorError, ParameterError, Range, TaskContext, generator


@dataclass(frozen=True)
class Painting:
    """A painting.

    Parameters
    ----------
    prompt : str
        What is to be seen.
    """

    prompt: str = "A quiet harbour"
    seed: int = 0
    width: Annotated[int, Range(64, 512, step=8)] = 128
    sampler: Literal["euler", "ddim"] = "euler"
    mask: Any = None


@generator(max_batch_size=4)
def paintings(items: list[Painting], *, tasks: list[TaskContext]) -> list[Any]:
    """Paint several at once."""
    return [(item.prompt, item.seed, task.index) for item, task in zip(items, tasks, strict=True)]


def test_the_class_of_the_list_gives_the_parameters() -> None:
    assert list(paintings.parameters) == ["prompt", "seed", "width", "sampler", "mask"]
    assert paintings.parameters["width"].step == 8
    assert paintings.parameters["prompt"].description == "What is to be seen."
    assert (paintings.max_batch_size, paintings.context_parameter) == (4, "tasks")
    assert paintings.description == "Paint several at once."
    with pytest.raises(ParameterError, match=r"^width: 65"):
        paintings.validate({"width": 65})


def test_one_call_for_several_tasks() -> None:
    sets = [paintings.validate({"seed": seed}) for seed in (5, 6)]
    contexts = [TaskContext(params, index) for index, params in enumerate(sets, 3)]
    assert paintings.run(sets, contexts) == [("A quiet harbour", 5, 3), ("A quiet harbour", 6, 4)]


def test_calling_it_just_calls_the_function() -> None:
    assert paintings([Painting(seed=1), Painting("Dawn")]) == [("A quiet harbour", 1, 0), ("Dawn", 0, 1)]
    assert paintings(items=[Painting()], tasks=[TaskContext(index=9)]) == [("A quiet harbour", 0, 9)]


def test_a_setup_comes_first() -> None:
    @generator(max_batch_size=2, setup=lambda: "model")
    def made(model: Any, items: Sequence[Painting]) -> tuple[str, ...]:
        return tuple(f"{model} {item.seed}" for item in items)

    assert made.run([made.validate({"seed": 4})], [TaskContext()]) == ["model 4"]
    assert made([Painting(seed=2)]) == ("model 2",)


class Named(NamedTuple):
    prompt: str = "A field"
    seed: int = 0


class Handmade:
    def __init__(self, prompt: str = "A hill", *, steps: int = 4) -> None:
        self.prompt, self.steps = prompt, steps


@pytest.mark.parametrize(("item", "names"), [(Named, ["prompt", "seed"]), (Handmade, ["prompt", "steps"])])
def test_other_classes_than_dataclasses_do_as_well(item: type, names: list[str]) -> None:
    def take(items: Any) -> list[Any]:
        return [one.prompt for one in items]

    take.__annotations__["items"] = list[item]  # type: ignore[valid-type]
    made = generator(take, max_batch_size=2)
    assert list(made.parameters) == names
    assert made.run([made.validate({"prompt": "A road"})], [TaskContext()]) == ["A road"]


def keys(made: Any, *sets: dict[str, Any]) -> list[Any]:
    return [made.group_key(made.validate(params)) for params in sets]


def test_texts_and_the_seed_may_differ_in_a_group() -> None:
    same, seed, width = keys(paintings, {}, {"seed": 9, "prompt": "Dusk"}, {"width": 136})
    assert same == seed != width


def test_what_must_be_the_same_can_be_named() -> None:
    made = generator(paintings, group_by=["prompt"])
    same, other, prompt = keys(made, {}, {"seed": 9, "width": 136}, {"prompt": "Dusk"})
    assert same == other != prompt
    assert made.max_batch_size == 4
    assert generator(made, name="again").grouping == made.grouping


def test_values_that_can_not_be_compared_are_the_same_when_they_are_one() -> None:
    mask = [[0, 1]]
    one, two, other = keys(paintings, {"mask": mask}, {"mask": mask}, {"mask": [[0, 1]]})
    assert one == two != other


@pytest.mark.parametrize("carry", [cloudpickle.dumps, pickle.dumps])
def test_it_travels(carry: Callable[[Any], bytes]) -> None:
    there = pickle.loads(carry(paintings))
    assert there.grouping == paintings.grouping
    assert there.run([there.validate({})], [TaskContext()]) == [("A quiet harbour", 0, 0)]


@pytest.mark.parametrize("returned", [None, {"score": 1}, [1, 2, 3], "ab"])
def test_what_it_returns_must_be_a_list_of_as_many(returned: Any) -> None:
    def wrong(items: list[Painting]) -> Any:
        return returned

    made = generator(wrong, max_batch_size=2)
    with pytest.raises(GeneratorError, match=r"wrong returned .*; return a list with one result for each of the 2"):
        made.run([made.validate({})] * 2, [TaskContext()] * 2)


@dataclass
class Factory:
    prompts: list[str] = field(default_factory=list)


@dataclass
class Inner:
    task: TaskContext
    seed: int = 0


def _take(**annotations: Any) -> Callable[..., Any]:
    def take(items: Any, tasks: Any = None, width: int = 0) -> Any: ...

    def alone(items: Any) -> Any: ...

    chosen = take if len(annotations) > 1 else alone
    chosen.__annotations__ = annotations
    return chosen


@pytest.mark.parametrize(
    ("options", "function", "message"),
    [
        ({"max_batch_size": 0}, _take(items=list[Painting]), "max_batch_size: 0 is not allowed; give a whole number"),
        ({"max_batch_size": True}, _take(items=list[Painting]), "max_batch_size: True is not allowed"),
        ({"max_batch_size": 2}, lambda: None, "takes a list of parameter sets; give it one, such as"),
        ({"max_batch_size": 2}, _take(items=Painting), r"alone\(items\): annotate it as a list of a class"),
        ({"max_batch_size": 2}, _take(items=list[str]), "annotate it as a list of a class of parameters"),
        ({"max_batch_size": 2}, _take(items=list[Factory]), "Factory.prompts: a default_factory has no form"),
        ({"max_batch_size": 2}, _take(items=list[Inner]), r"Inner\(task\): contexts are no parameters"),
        (
            {"max_batch_size": 2},
            _take(items=list[Painting], tasks=list[TaskContext], width=int),
            r"take\(width\): a parameter beside the list; make it a field of Painting",
        ),
        ({"max_batch_size": 2, "group_by": ["widht"]}, _take(items=list[Painting]), "group_by: 'widht' .* 'width'"),
        ({"group_by": ["width"]}, lambda width=1: None, "group_by: needs max_batch_size"),
    ],
)
def test_what_is_not_allowed_says_so(options: dict[str, Any], function: Callable[..., Any], message: str) -> None:
    with pytest.raises(GeneratorError, match=message):
        generator(function, **options)
