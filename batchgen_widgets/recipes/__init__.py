"""How an asset was made, as its own file says it: written, read back, and fitted to a generator."""

from __future__ import annotations

from .automatic1111 import write_automatic1111
from .fitting import Fit, LeftOut, fit
from .recalling import has_recipe_in_front, recall
from .recipe import MadeBy, Recipe
from .surroundings import device, versions
from .writing import describe_origin, make_recipe, template_of

__all__ = [
    "Fit",
    "LeftOut",
    "MadeBy",
    "Recipe",
    "describe_origin",
    "device",
    "fit",
    "has_recipe_in_front",
    "make_recipe",
    "recall",
    "template_of",
    "versions",
    "write_automatic1111",
]
