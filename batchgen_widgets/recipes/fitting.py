"""From the recipe of a file to the parameters of a generator, which may be another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from ..generators import Generator, Parameter
from .names import other_names
from .recipe import Recipe

__all__ = ["Fit", "LeftOut", "fit"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A parameter of a recipe that a generator does not take.

    Attributes
    ----------
    name : str
    reason : str
        Why; of a value that is not allowed also what is.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fit:
    """What a generator takes of a recipe.

    Attributes
    ----------
    recipe : Recipe
    params : mapping
        By the names that the generator has for them.
    left_out : tuple of LeftOut
        The others.
    """

    recipe: Recipe
    params: Mapping[str, Any]
    left_out: tuple[LeftOut, ...]


def fit(recipe: Recipe, generator: Generator) -> Fit:
    """Find what a generator takes of a recipe; names that mean the same, as cfg_scale and guidance do, count as one."""
    taken: dict[str, Any] = {}
    left_out = []
    # A name that is the generator's own comes before one that only means the same.
    for name in sorted(recipe.params, key=lambda name: name not in generator.parameters):
        value = recipe.params[name]
        found = _find(name, generator.parameters)
        if found is None:
            reason = f"{generator.name} has no such parameter"
        elif found.name in taken:
            reason = f"{found.name} is taken already"
        elif not found.is_plain:
            reason = "its value can't be read from a file" if found.type == "any" else "give the medium itself"
        else:
            try:
                taken[found.name] = found.from_json(value)
                continue
            except ParameterError as error:
                reason = error.reason if found.name == name else f"{found.name}: {error.reason}"
        left_out.append(LeftOut(name, reason))
    order = [name for name in generator.parameters if name in taken]
    return Fit(recipe, {name: taken[name] for name in order}, tuple(left_out))


def _find(name: str, parameters: Mapping[str, Parameter]) -> Parameter | None:
    return next((parameters[known] for known in (name, *other_names(name)) if known in parameters), None)
