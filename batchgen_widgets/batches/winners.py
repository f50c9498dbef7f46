"""Which values win: the favorites of a batch, counted by what varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ..generators.parameters import Parameter
from ..texts import visible
from .assets import Asset
from .narrowing import check_maker, propose
from .strategies import plural
from .table import listed_values, make_scale

if TYPE_CHECKING:
    from ..generators import Generator
    from .records import Batch

__all__ = ["ParameterWinners", "Winners", "WinningValue", "find_winners"]

_PARTS: Final = 8  # of a range
_LINE: Final = 300  # characters of one line in the text that it shows itself as
_MANY: Final = 100  # values of one parameter that are worth telling apart
_NO_FAVORITES: Final = "No favorites yet; star some results, and this says what they have in common."


@dataclass(frozen=True, slots=True)
class WinningValue:
    """A value of a parameter, or a part of its range.

    Attributes
    ----------
    label : str
    value : object
        JSON-able; ``{"low": ..., "high": ...}`` for a part of a range, None for all that are not told one by one.
    favorites, total : int
        How many assets with it are favorites, and how many there are.
    """

    label: str
    value: Any
    favorites: int
    total: int


@dataclass(frozen=True, slots=True)
class ParameterWinners:
    """The values of one varied parameter.

    Attributes
    ----------
    name, label : str
    kind : {"values", "range"}
    values : tuple of WinningValue
        Numbers in order; of others those with most favorites first.
    """

    name: str
    label: str
    kind: Literal["values", "range"]
    values: tuple[WinningValue, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Winners:
    """Which values win in a batch.

    Attributes
    ----------
    favorites, total : int
        How many assets are favorites, and how many there are.
    parameters : tuple of ParameterWinners
        Every parameter that varies, but seeds of which each was used once.
    notes : tuple of str
        What narrowing the config around the favorites would do.
    """

    favorites: int
    total: int
    parameters: tuple[ParameterWinners, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give all of it as JSON-able data."""
        return asdict(self)

    def __repr__(self) -> str:
        lines = [f"{plural(self.favorites, 'favorite')} of {plural(self.total, 'asset')}"]
        for parameter in self.parameters:
            lines.append(f"{parameter.label}:")
            lines += [f"  {each.label}: {each.favorites} of {each.total}" for each in parameter.values]
        return "\n".join(visible(line, limit=_LINE) for line in [*lines, *self.notes])


def find_winners(generator: Generator, base: Mapping[str, Any], batch: Batch) -> Winners:
    """Count the favorites of a batch by each value of what varies.

    Parameters
    ----------
    generator : Generator
        Of the batch.
    base : mapping
        The base parameters that narrowing would start from.
    batch : Batch
    """
    check_maker(batch, generator)
    assets = batch.results
    favorites = [asset.favorite for asset in assets]
    lists = listed_values(batch.config)
    parameters = []
    for name in batch.varied:
        parameter = generator.parameters.get(name)
        if parameter is None or not (parameter.is_plain or parameter.is_media):
            continue
        found = _count(parameter, assets, favorites, lists.get(name))
        if found is not None:
            parameters.append(found)
    starred = [asset for asset in assets if asset.favorite]
    notes = propose(generator, base, starred, lambda _: batch).notes if starred else (_NO_FAVORITES,)
    return Winners(len(starred), len(assets), tuple(parameters), notes)


def _count(
    parameter: Parameter, assets: Sequence[Asset], favorites: Sequence[bool], listed: Sequence[Any] | None
) -> ParameterWinners | None:
    values = [asset.params.get(parameter.name) for asset in assets]
    if parameter.role == "seed" and len(set(values)) == len({asset.task_index for asset in assets}):
        return None
    scale = make_scale(parameter.name, values, listed, _PARTS)
    totals, starred = [0] * len(scale.slots), [0] * len(scale.slots)
    for place, favorite in zip(scale.places, favorites, strict=True):
        totals[place] += 1
        starred[place] += favorite
    order = list(range(len(scale.slots)))
    by_favorites = sorted(order, key=lambda slot: -starred[slot])
    told = set(by_favorites[:_MANY])
    order = [slot for slot in (order if parameter.type in ("int", "float") else by_favorites) if slot in told]
    counted = [
        WinningValue(scale.slots[slot].label, scale.slots[slot].value, starred[slot], totals[slot]) for slot in order
    ]
    rest = by_favorites[_MANY:]
    if rest:
        counted.append(
            WinningValue(
                f"{len(rest):,} others", None, sum(starred[slot] for slot in rest), sum(totals[slot] for slot in rest)
            )
        )
    return ParameterWinners(parameter.name, parameter.label, scale.kind, tuple(counted))
