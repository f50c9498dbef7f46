"""Generators that take several parameter sets in one call, as models do that compute them side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import GeneratorError
from .parameters import Parameter, did_you_mean, show
from .signature import read_group_signature

__all__ = ["Grouping", "read_grouping"]


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a function takes several parameter sets at once.

    Attributes
    ----------
    max_size : int
        The most in one call.
    item : type
        What each parameter set is made into.
    same : tuple of str
        The parameters that have one value in all of a call.
    by_identity : frozenset of str
        Those of them whose values can't be compared, and count as the same only when they are one object.
    """

    max_size: int
    item: Callable[..., Any]
    same: tuple[str, ...]
    by_identity: frozenset[str]

    def key(self, params: Mapping[str, Any]) -> Hashable:
        """Give what is equal for two parameter sets that may be in one call."""
        return tuple(id(params[name]) if name in self.by_identity else params[name] for name in self.same)

    def check(self, name: str, returned: Any, count: int) -> list[Any]:
        """Let a list pass that has one result for each parameter set.

        Raises
        ------
        GeneratorError
            When it is anything else.
        """
        wanted = f"return a list with one result for each of the {count} parameter sets"
        if not isinstance(returned, (list, tuple)):
            raise GeneratorError(f"{name} returned {show(returned)}; {wanted}")
        if len(returned) != count:
            raise GeneratorError(f"{name} returned {len(returned)} results; {wanted}")
        return list(returned)


def read_grouping(
    function: Callable[..., Any], max_size: int, group_by: Iterable[str] | None, *, after_resource: bool
) -> tuple[dict[str, Parameter], str | None, Grouping]:
    """Read a function that takes a list of parameter sets: its parameters, the slot for contexts, and the grouping.

    Raises
    ------
    GeneratorError
        When the size is not allowed, the signature can't be read, or `group_by` names no parameters.
    """
    if isinstance(max_size, bool) or not isinstance(max_size, int) or max_size < 1:
        raise GeneratorError(f"max_batch_size: {show(max_size)} is not allowed; give a whole number from 1 on")
    item, parameters, slot = read_group_signature(function, after_resource=after_resource)
    for field in dataclasses.fields(item) if dataclasses.is_dataclass(item) else ():
        if field.default_factory is not dataclasses.MISSING:
            raise GeneratorError(f"{item.__name__}.{field.name}: a default_factory has no form; give a plain default")
    same = _shared(parameters) if group_by is None else _named(group_by, parameters)
    by_identity = frozenset(name for name in same if parameters[name].type == "any")
    return parameters, slot, Grouping(max_size, item, same, by_identity)


def _shared(parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    """Guess which parameters decide the shape of a computation: all but texts, media and the seed."""
    return tuple(
        name
        for name, parameter in parameters.items()
        if parameter.type != "str" and parameter.role != "seed" and not parameter.is_media
    )


def _named(group_by: Iterable[str], parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    names: Sequence[str] = [group_by] if isinstance(group_by, str) else list(group_by)
    for name in names:
        if name not in parameters:
            raise GeneratorError(f"group_by: {name!r} is no parameter; {did_you_mean(name, parameters)}")
    return tuple(dict.fromkeys(names))
