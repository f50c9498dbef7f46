"""Reading signatures, and generators as functions."""

from __future__ import annotations

import enum
import functools
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Optional

import pytest

from batchgen_widgets.errors import GeneratorError, ParameterError
from batchgen_widgets.generators import (
    Generator,
    Parameter,
    Range,
    TaskContext,
    as_generator,
    generator,
    read_parameters,
)

if TYPE_CHECKING:
    from decimal import Decimal

Pixels = NewType("Pixels", int)


class Style(enum.Enum):
    OIL = 1
    PENCIL = 2


@generator
def poster(
    prompt: str = "A beautiful landscape",
    seed: int = 0,
    width: Annotated[int, Range(64, 2048, step=64)] = 512,
    cfg_scale: Annotated[float, Range(1, 20, step=0.5), "how closely to follow the prompt"] = 7.5,
    sampler: Literal["euler", "ddim", "dpm++"] = "euler",
    *,
    task: TaskContext,
) -> tuple[Any, ...]:
    """Paint a poster.

    Parameters
    ----------
    prompt : str
        What to paint.
        In any words.
    seed, width : int
        A number.

    Returns
    -------
    tuple
        Of everything.
    """
    return prompt, seed, width, cfg_scale, sampler, task


def test_the_contract_of_the_readme() -> None:
    assert list(poster.parameters) == ["prompt", "seed", "width", "cfg_scale", "sampler"]
    assert [parameter.type for parameter in poster.parameters.values()] == ["str", "int", "int", "float", "choice"]
    width = poster.parameters["width"]
    assert (width.default, width.minimum, width.maximum, width.step) == (512, 64, 2048, 64)
    assert poster.parameters["sampler"].choices == ("euler", "ddim", "dpm++")
    assert [parameter.description for parameter in poster.parameters.values()] == [
        "What to paint. In any words.",
        "A number.",
        "A number.",
        "how closely to follow the prompt",
        None,
    ]
    assert (poster.name, poster.kind, poster.context_parameter) == ("poster", None, "task")
    assert poster.description == "Paint a poster."
    assert poster.__name__ == "poster"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        poster.parameters["x"] = width  # type: ignore[index]


def test_calling_it_just_calls_the_function() -> None:
    *values, task = poster("x", seed=1)
    assert values == ["x", 1, 512, 7.5, "euler"]
    assert isinstance(task, TaskContext)
    assert (task.params["prompt"], task.params["seed"], task.params["width"]) == ("x", 1, 512)
    mine = TaskContext()
    assert poster(task=mine)[-1] is mine
    assert poster(width="anything")[2] == "anything"
    with pytest.raises(TypeError, match="positional"):
        poster(1, 2, 3, 4, 5, 6, 7)


def test_run_passes_the_context() -> None:
    mine = TaskContext()
    assert poster.run([poster.validate({"seed": "5"})], [mine]) == [
        ("A beautiful landscape", 5, 512, 7.5, "euler", mine),
    ]
    assert generator(lambda x=1: x).run([{"x": 3}], [mine]) == [3]


def test_the_slot_may_stand_anywhere() -> None:
    def first(job: TaskContext, prompt: str = "p") -> tuple[Any, str]:
        return job, prompt

    def last(prompt: str = "p", job: Optional[TaskContext] = None) -> tuple[Any, str]:  # noqa: UP045
        return job, prompt

    assert isinstance(generator(first)(prompt="q")[0], TaskContext)
    mine = TaskContext()
    assert generator(first)(mine, "q") == (mine, "q")
    # A slot with a default is no slot that a plain call must fill.
    assert generator(last)("q") == (None, "q")
    assert generator(last).run([{"prompt": "r"}], [mine]) == [(mine, "r")]
    assert list(generator(last).parameters) == ["prompt"]


def test_validate_fills_in_and_coerces() -> None:
    full = poster.validate({"width": "128", "cfg_scale": 3})
    assert full == {**poster.defaults(), "width": 128, "cfg_scale": 3.0}
    assert list(full) == list(poster.parameters)


def test_unknown_and_missing_names() -> None:
    with pytest.raises(
        ParameterError, match=r"^cfgscale: no such parameter; did you mean 'cfg_scale'. allowed: prompt, seed"
    ):
        poster.validate({"cfgscale": 3})
    with pytest.raises(ParameterError, match=r"^task: no such parameter"):
        poster.validate({"task": None})

    def blank(n: Annotated[int, Range(1, 5)], m: int = 2) -> None: ...

    with pytest.raises(ParameterError, match=r"^n: required, but not given; give a whole number from 1 to 5") as caught:
        generator(blank).validate({})
    assert caught.value.field == "n"
    assert generator(blank).defaults() == {"m": 2}
    assert generator(blank).parameters["n"].default is Parameter.REQUIRED


def test_types_from_annotations_and_defaults() -> None:
    def every(
        a: int | None,
        b: Optional[Annotated[int, Range(0, None)]],  # noqa: UP045
        c: Annotated[float | None, Range(0, 1)] = None,
        d: int | float = 1,
        e: Style = Style.OIL,
        f: Literal["x", None] = None,
        g: Pixels = Pixels(3),
        h=True,
        i=1,
        j=1.0,
        k="t",
        m=Style.PENCIL,
        n=None,
        o: list[int] = [1],  # noqa: B006
        p: Path = Path("x"),
        q: Any = 3,
    ) -> None: ...

    read = read_parameters(every)
    assert {name: parameter.type for name, parameter in read.items()} == {
        "a": "int", "b": "int", "c": "float", "d": "float", "e": "choice", "f": "choice", "g": "int", "h": "bool",
        "i": "int", "j": "float", "k": "str", "m": "choice", "n": "any", "o": "any", "p": "any", "q": "any",
    }  # fmt: skip
    assert [name for name, parameter in read.items() if parameter.optional] == ["a", "b", "c", "f", "n"]
    assert (read["b"].minimum, read["b"].maximum) == (0, None)
    assert read["d"].default == 1.0
    assert read["f"].choices == ("x",)
    assert read["m"].enum is Style


def test_google_docstrings() -> None:
    def drawn(a: int = 1, b: str = "x") -> None:
        """Draw.

        Args:
            a (int): The first
                number.
            b: The text.

        Returns:
            a: Nothing of this.
        """

    read = read_parameters(drawn)
    assert (read["a"].description, read["b"].description) == ("The first number.", "The text.")


class Studio:
    """A studio."""

    def draw(self, prompt: str = "p", size: int = 2) -> tuple[str, int]:
        """Draw it."""
        return prompt, size

    def __call__(self, size: Annotated[int, Range(1, 9)] = 5) -> int:
        """Call it."""
        return size


def test_methods_partials_and_callable_objects() -> None:
    method = generator(Studio().draw)
    assert (method.name, list(method.parameters), method("q")) == ("draw", ["prompt", "size"], ("q", 2))
    part = generator(functools.partial(Studio().draw, size=3))
    assert (part.name, part.parameters["size"].default, part()) == ("draw", 3, ("p", 3))
    thing = generator(Studio(), name="studio", kind="image")
    assert (thing.name, thing.kind, thing.parameters["size"].maximum, thing()) == ("studio", "image", 9, 5)


def test_decorator_with_arguments_and_rewrapping() -> None:
    @generator(name="chime", kind="audio")
    def sound(seed: int = 0) -> int:
        return seed

    assert (sound.name, sound.kind) == ("chime", "audio")
    again = generator(sound, kind="video")
    assert (again.name, again.kind, again.function) == ("chime", "video", sound.function)
    assert as_generator(sound) is sound
    assert isinstance(as_generator(sound.function), Generator)


def starred(*args: int) -> None: ...
def keywords(**kwargs: int) -> None: ...
def positional(a: int = 1, /) -> None: ...
def untyped(a) -> None: ...  # type: ignore[no-untyped-def]
def opaque(a: list[int]) -> None: ...
def outside(a: Annotated[int, Range(1, 5)] = 9) -> None: ...
def not_a_number(a: Annotated[str, Range(1, 5)] = "x") -> None: ...
def two_slots(a: TaskContext, b: TaskContext) -> None: ...
def unresolved(a: Decimal = 1) -> None: ...  # type: ignore[assignment]
async def later(a: int = 1) -> None: ...
def many(a: int = 1) -> Any:
    yield a


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (starred, r"starred\(args\): \* and \*\* arguments have no form"),
        (keywords, r"keywords\(kwargs\): \* and \*\* arguments"),
        (positional, r"positional\(a\): parameters are passed by name; remove the /"),
        (untyped, r"untyped\(a\): no type; annotate it"),
        (opaque, r"opaque\(a\): list\[int\] has no form; use int"),
        (outside, r"outside\(a\): 9 is not allowed; give a whole number from 1 to 5"),
        (not_a_number, r"not_a_number\(a\): 1 is not allowed as minimum; only numbers have a range"),
        (two_slots, "a and b all take the TaskContext"),
        (unresolved, r"unresolved\(a\): its type 'Decimal' cannot be read .* not under TYPE_CHECKING"),
        (later, "later is async; give a plain function"),
        (many, "many yields; give a function that returns"),
        (Studio, "cannot be a generator"),
        (3, "3 cannot be a generator"),
        (dict.fromkeys, "signature"),
    ],
)
def test_what_cannot_be_a_generator(function: Any, message: str) -> None:
    with pytest.raises(GeneratorError, match=message):
        generator(function)


@pytest.mark.parametrize("options", [{"name": " "}, {"name": 3}, {"kind": "picture"}])
def test_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(GeneratorError, match=f"^{next(iter(options))}: .* is not allowed; give"):
        generator(Studio().draw, **options)


def test_an_unresolved_result_type_or_context_does_not_matter() -> None:
    def made(seed: int = 0, *, task: Missing.TaskContext) -> Missing: ...  # type: ignore[name-defined]  # noqa: F821

    read = generator(made)
    assert (list(read.parameters), read.context_parameter) == (["seed"], "task")


def test_generators_travel() -> None:
    # The decorated one by its name, any other whole.
    module = sys.modules[__name__]
    assert pickle.loads(pickle.dumps(poster)) is module.poster
    copy = pickle.loads(pickle.dumps(generator(Studio(), name="studio", kind="image")))
    assert (copy.name, copy.kind, dict(copy.parameters), copy(7)) == (
        "studio", "image", read_parameters(Studio()), 7,
    )  # fmt: skip


def test_the_import_is_light() -> None:
    script = (
        "import sys, batchgen_widgets.generators\n"
        "print([name for name in ('numpy', 'pydantic', 'scipy', 'PIL', 'av', 'pandas') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
