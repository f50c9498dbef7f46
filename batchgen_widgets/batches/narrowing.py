"""The next config, narrowed around the favorites of the last one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError, ParameterError
from ..generators.parameters import Parameter, show
from .assets import Asset
from .axes import read_axis
from .config import DEFAULT_SEED_RANGE, MAX_TASKS, BatchConfig
from .planning import make_plan, validate_config
from .strategies import english_list, plural
from .table import listed_values, value_key, value_text

if TYPE_CHECKING:
    from ..generators import Generator
    from .records import Batch

__all__ = ["Proposal", "narrow", "propose"]

_MARGIN: Final = Fraction(15, 100)
_NEW_SEEDS: Final = 4
_QUOTE_LETTERS: Final = 40
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """Settings around the favorites, and what is new in them.

    Attributes
    ----------
    config : BatchConfig
        For `BatchSession.set_batch_config`.
    base_parameters : mapping
        For `BatchSession.set_base_parameters`.
    notes : tuple of str
        Each change in one sentence.
    """

    config: BatchConfig
    base_parameters: Mapping[str, Any]
    notes: tuple[str, ...]


def propose(
    generator: Generator, base: Mapping[str, Any], favorites: Sequence[Asset], find_batch: Callable[[str], Batch]
) -> Proposal:
    """Narrow the config of the batch that made the favorites, the newest one when there are several.

    Parameters
    ----------
    generator : Generator
    base : mapping
        The base parameters that the proposal starts from.
    favorites : sequence of Asset
        Made by this generator; whether they are starred plays no part.
    find_batch : callable
        Gives a batch by its id.

    Raises
    ------
    ParameterError
        When there is no asset, or one is of another generator.
    """
    chosen = [favorites] if isinstance(favorites, Asset) else list(favorites)
    if not chosen:
        msg = "favorites: empty; give at least one asset, such as batch.favorites after some were starred"
        raise ParameterError(msg, field="favorites", value=favorites)
    for asset in chosen:
        if not isinstance(asset, Asset):
            msg = f"favorites: {show(asset)} is no asset; give a list such as batch.favorites"
            raise ParameterError(msg, field="favorites", value=asset)
    batches = {batch_id: find_batch(batch_id) for batch_id in sorted({asset.batch_id for asset in chosen})}
    for batch in batches.values():
        check_maker(batch, generator)
    *_, newest = batches.values()
    if newest.config.variation_params.strategy == "one_at_a_time":
        # There the base is one of the values that were tried.
        base = {**base, **_readable(generator.parameters, newest.base_parameters, newest.varied)}
    return narrow(generator.parameters, newest.config, base, [asset.params for asset in chosen])


def check_maker(batch: Batch, generator: Generator) -> None:
    """Refuse a batch of another generator: its parameters are others, even where they have the same names."""
    if batch.generator != generator.name:
        msg = f"favorites: batch {batch.id} was made by {batch.generator!r}; give what {generator.name!r} made"
        raise ParameterError(msg, field="favorites", value=batch.id)


def _readable(parameters: Mapping[str, Parameter], values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    found = {}
    for name in names:
        if name in values and name in parameters and parameters[name].is_plain:
            try:
                found[name] = parameters[name].validate(values[name])
            except ParameterError:
                continue
    return found


def narrow(
    parameters: Mapping[str, Parameter],
    config: BatchConfig,
    base: Mapping[str, Any],
    favorites: Sequence[Mapping[str, Any]],
) -> Proposal:
    """Propose a config in which every favorite is, with less around them.

    - A list keeps the values that a favorite has. The last one left becomes the base value.
    - A continuous range becomes that of the favorites, and 15 % of its old width more on each side, but never more than
      it was; at steps of the parameter, or else with two digits.
    - Seeds stay free. Where nothing else varies any more, they begin to. A draw with a seed gets the next one.
    - What did not vary takes the value of the favorites, and varies where they differ.

    Parameters
    ----------
    parameters : mapping of str to Parameter
        Of the generator.
    config : BatchConfig
        That made the favorites.
    base : mapping
        Base parameters to start from.
    favorites : sequence of mapping
        The parameters of each, at least one. Values that are no longer allowed are left out.
    """
    return _Narrowing(parameters, config, base, favorites).propose()


@dataclass
class _Narrowing:
    parameters: Mapping[str, Parameter]
    config: BatchConfig
    old_base: Mapping[str, Any]
    favorites: Sequence[Mapping[str, Any]]
    base: dict[str, Any] = field(default_factory=dict)
    prompts: list[str] | None = None
    ranges: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def propose(self) -> Proposal:
        self.base = dict(self.old_base)
        for name, parameter in self.parameters.items():
            self._narrow_one(name, parameter)
        self._drop_unknown()
        config = self._settle_strategy(self._rebuild())
        config = self._draw_anew(self._vary_something(config))
        notes = self.notes or ["Nothing changes: the favorites are everywhere in what varied."]
        return Proposal(config, self.base, tuple(notes))

    # One parameter

    def _narrow_one(self, name: str, parameter: Parameter) -> None:
        old = self._old(name)
        seeds_vary = self.config.enabled and self.config.variation_params.vary_seeds
        if parameter.role == "seed" and (seeds_vary or isinstance(old, tuple)):
            if isinstance(old, tuple) and not seeds_vary:
                self.ranges[name] = old
            return
        if parameter.is_media:  # a batch takes them as its inputs, no config lists them
            return
        values = self._values(name, parameter)
        if not values:
            self._leave(parameter, old)
        elif isinstance(old, tuple) and all(_is_number(value) for value in values):
            self._narrow_range(parameter, old, values)
        elif isinstance(old, list):
            self._narrow_list(parameter, old, values)
        elif parameter.type != "any":
            self._take_over(parameter, values)

    def _old(self, name: str) -> Any:
        """Give the range or the list of a parameter that varied."""
        variation = self.config.variation_params
        if not self.config.enabled:
            return None
        if variation.vary_parameters and name in variation.parameter_ranges:
            return variation.parameter_ranges[name]
        is_prompt = name in self.parameters and self.parameters[name].role == "prompt"
        return variation.prompt_variations if variation.vary_prompts and is_prompt else None

    def _keep(self, name: str, given: Any) -> None:
        """Let a parameter vary: over a range, or a list."""
        if isinstance(given, list) and self.parameters[name].role == "prompt" and self._home() == "prompt_variations":
            self.prompts = given
        else:
            self.ranges[name] = given

    def _leave(self, parameter: Parameter, old: Any) -> None:
        """Let what varied vary as before, as far as the generator still allows that."""
        given = _valid(parameter, old) if isinstance(old, list) else old
        try:
            if given:
                read_axis(parameter, parameter.name, given)
                written = old if isinstance(old, tuple) else [parameter.to_json(value) for value in given]
                self._keep(parameter.name, written)
        except ValueError:
            self.notes.append(f"{parameter.label}: varied no more, as the generator no longer allows that range")

    def _home(self) -> str:
        """Say where prompts are listed: where they were, else where they belong."""
        variation = self.config.variation_params
        elsewhere = self.config.enabled and variation.vary_parameters and "prompt" in variation.parameter_ranges
        return "parameter_ranges" if elsewhere else "prompt_variations"

    def _values(self, name: str, parameter: Parameter) -> list[Any]:
        """Give the different values of the favorites that are still allowed."""
        values: dict[Any, Any] = {}
        refused: dict[Any, Any] = {}
        for params in self.favorites:
            if name in params:
                try:
                    value = parameter.validate(params[name])
                except ParameterError:
                    refused[value_key(params[name])] = params[name]
                else:
                    values.setdefault(value_key(value), value)
        if refused:
            told = _named([_said(value) for value in refused.values()])
            self.notes.append(f"{parameter.label}: {told} left out, as the generator no longer allows it")
        return list(values.values())

    def _take_over(self, parameter: Parameter, values: list[Any]) -> None:
        name = parameter.name
        if len(values) == 1:
            (value,) = values
            if name not in self.base or value_key(self.base[name]) != value_key(value):
                before = f" instead of {_said(self.base[name])}" if name in self.base else ""
                self.notes.append(f"{parameter.label}: {_said(value)}{before}, {self._as_they_have()}")
            self.base[name] = value
        elif parameter.role != "seed":
            values = _sorted(values)
            self._keep(name, [parameter.to_json(value) for value in values])
            told = _named([_said(value) for value in values])
            self.notes.append(f"{parameter.label}: varies over {told}, since the favorites differ in it")

    def _as_they_have(self) -> str:
        count = len(self.favorites)
        return "as the favorite has" if count == 1 else f"as all {count:,} favorites have"

    def _narrow_list(self, parameter: Parameter, old: list[Any], values: list[Any]) -> None:
        name = parameter.name
        # Members of an Enum are listed by name, and numbers may be listed as texts: both sides are read first.
        had = list({value_key(value): value for value in _valid(parameter, old)}.values())
        keys = {value_key(value) for value in values}
        known = {value_key(value) for value in had}
        kept = [value for value in had if value_key(value) in keys]
        kept += [value for value in values if value_key(value) not in known]
        if self.config.variation_params.strategy == "one_at_a_time":
            kept = self._settle_base(parameter, kept, keys, known)
        lost = [value for value in had if value_key(value) not in keys]
        whose = self._as_they_have()
        if len(keys) == 1:
            self.base[name] = values[0]
            self.notes.append(f"{parameter.label}: {_said(values[0])}, and varied no more, {whose}")
        else:
            self._keep(name, [parameter.to_json(value) for value in kept])
            if lost or len(kept) != len(had):
                rest = f"; no favorite has {_named([_said(value) for value in lost])}" if lost else ""
                self.notes.append(
                    f"{parameter.label}: {_named([_said(value) for value in kept])} instead of "
                    f"{plural(len(had), 'value')}{rest}"
                )

    def _settle_base(self, parameter: Parameter, kept: list[Any], keys: set[Any], known: set[Any]) -> list[Any]:
        """Where the base is a task of its own, let it be one that has favorites, and leave it out of the list then."""
        name = parameter.name
        changes = name not in self.base or value_key(self.base[name]) not in keys
        if changes:
            counts: dict[Any, int] = {}
            for params in self.favorites:
                key = value_key(params.get(name))
                counts[key] = counts.get(key, 0) + 1
            best = max(kept, key=lambda value: counts.get(value_key(value), 0))
            before = f" instead of {_said(self.base[name])}" if name in self.base else ""
            if len(keys) > 1:
                self.notes.append(f"{parameter.label}: the base is {_said(best)}{before}, which no favorite has")
            self.base[name] = best
        base_key = value_key(self.base[name])
        twice = base_key in known and not changes  # somebody listed it
        return [value for value in kept if twice or value_key(value) != base_key]

    def _narrow_range(self, parameter: Parameter, old: tuple[float, float], values: list[Any]) -> None:
        name = parameter.name
        first, last = min(values), max(values)
        low, high = _around(parameter, old, first, last)
        count = plural(len([params for params in self.favorites if name in params]), "favorite")
        place = f"at {_said(first)}" if first == last else f"between {_said(first)} and {_said(last)}"
        instead = f"instead of {_said(old[0])} to {_said(old[1])} ({count} {place})"
        if low == high:
            self.base[name] = values[0]
            self.notes.append(f"{parameter.label}: {_said(values[0])}, and varied no more, {instead}")
            return
        self._keep(name, (low, high))
        if (low, high) != old:
            self.notes.append(f"{parameter.label}: {_said(low)} to {_said(high)} {instead}")

    # All of them

    def _drop_unknown(self) -> None:
        variation = self.config.variation_params
        if self.config.enabled and variation.vary_parameters:
            gone = [name for name in variation.parameter_ranges if name not in self.parameters]
            self.notes += [f"{name}: left out, as the generator no longer has it" for name in gone]

    def _rebuild(self) -> BatchConfig:
        variation = self.config.variation_params
        order = [*variation.parameter_ranges, *self.parameters]
        ranges = {name: self.ranges[name] for name in dict.fromkeys(order) if name in self.ranges}
        off = not (self.config.enabled and variation.vary_parameters)
        varies = bool(ranges or self.prompts)
        has_seed = any(parameter.role == "seed" for parameter in self.parameters.values())
        size = self.config.batch_size if self.config.enabled else max(self.config.batch_size, len(self.favorites))
        config = self.config.replace(
            enabled=self.config.enabled or varies,
            batch_size=min(size, MAX_TASKS) if varies else self.config.batch_size,
            variation_params=variation.replace(
                vary_seeds=variation.vary_seeds and has_seed and self.config.enabled,
                vary_prompts=self.prompts is not None,
                prompt_variations=variation.prompt_variations if self.prompts is None else self.prompts,
                vary_parameters=bool(ranges),
                parameter_ranges=ranges or (variation.parameter_ranges if off else {}),
            ),
        )
        try:
            validate_config(self.parameters, config)
        except ConfigError:  # entries that were switched off, and are no longer allowed
            config = config.replace(
                variation_params=config.variation_params.replace(parameter_ranges=ranges, seed_range=DEFAULT_SEED_RANGE)
            )
        return config

    def _settle_strategy(self, config: BatchConfig) -> BatchConfig:
        variation = config.variation_params
        if not config.enabled:
            return config
        lengths = [len(given) for given in listed_values(config).values()]
        copies = config.batch_size if variation.vary_seeds else 1
        if variation.strategy == "zip":
            old = [len(given) for given in listed_values(self.config).values()]
            if len(set(lengths)) == 1:
                return config
            why = "whose lists would not be of one length" if lengths else "which has no list left"
            count = max(old, default=config.batch_size)
        elif variation.strategy == "grid":
            count = copies
            for length in lengths:
                count *= length
            if count <= MAX_TASKS:
                return config
            why, count = "which would be too large", config.batch_size
        else:
            return config
        count = min(count, MAX_TASKS)
        self.notes.append(f"Strategy: random, with {plural(count, 'task')}, instead of {variation.strategy}, {why}")
        return config.replace(batch_size=count, variation_params=variation.replace(strategy="random"))

    def _vary_something(self, config: BatchConfig) -> BatchConfig:
        """Let seeds vary where nothing else does, since the same tasks would give what is there already."""
        variation = config.variation_params
        if config.enabled and (variation.vary_seeds or variation.vary_prompts or variation.vary_parameters):
            return config
        seeds = variation.replace(vary_seeds=True, vary_prompts=False, vary_parameters=False)
        freed = config.replace(enabled=True, batch_size=max(config.batch_size, _NEW_SEEDS), variation_params=seeds)
        try:
            make_plan(self.parameters, self.base, freed.replace(batch_size=1), entropy=0)
        except ConfigError:
            self.notes.append("Nothing is left that varies: every task would be the same")
            return config
        self.notes.append(f"Seed: varies over {freed.batch_size:,} seeds, since nothing else does any more")
        return freed

    def _draw_anew(self, config: BatchConfig) -> BatchConfig:
        """Let a draw that is repeatable be another one: the same again is there already."""
        variation = config.variation_params
        draws = variation.vary_seeds or variation.strategy in ("random", "latin_hypercube", "sobol")
        if variation.seed is None or not draws or not config.enabled:
            return config
        seed = (variation.seed + 1) % 2**53
        self.notes.append(f"Seed of the draw: {seed} instead of {variation.seed}, so that other tasks are drawn")
        return config.replace(variation_params=variation.replace(seed=seed))


def _around(parameter: Parameter, old: tuple[float, float], first: float, last: float) -> tuple[float, float]:
    """Widen the range of some values, as far as the old one reaches."""
    margin = (_exact(old[1]) - _exact(old[0])) * _MARGIN
    lowest = _exact(old[0] if parameter.minimum is None else max(old[0], parameter.minimum))
    highest = _exact(old[1] if parameter.maximum is None else min(old[1], parameter.maximum))
    low, high = _exact(first) - margin, _exact(last) + margin
    step = parameter.step if parameter.step is not None else (1 if parameter.type == "int" else None)
    if step is not None:
        origin, unit = _exact(parameter.origin), _exact(step)
        low, high = (origin + round((end - origin) / unit) * unit for end in (low, high))
    elif high > low:
        width = high - low
        unit = Fraction(Decimal(1).scaleb((Decimal(width.numerator) / Decimal(width.denominator)).adjusted() - 1))
        low, high = (low // unit) * unit, -(-high // unit) * unit
    low, high = max(low, lowest), min(high, highest)
    number = int if parameter.type == "int" else float
    # Values that the favorites have are in it, whatever was rounded and wherever the old range ended.
    return min(number(low), first), max(number(high), last)


def _exact(value: float) -> Fraction:
    """Read a number by its decimals: 0.1 is a tenth."""
    return Fraction(str(value))


def _valid(parameter: Parameter, values: Sequence[Any]) -> list[Any]:
    found = []
    for value in values:
        try:
            found.append(parameter.validate(value))
        except ParameterError:
            continue
    return found


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values) if all(_is_number(value) for value in values) else values


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _said(value: Any) -> str:
    """Say a value in a note: texts of several words are quoted."""
    text = _short(value_text(value))
    return f"“{text}”" if isinstance(value, str) and (" " in text or not text) else text


def _short(text: str) -> str:
    return text if len(text) <= _QUOTE_LETTERS else f"{text[: _QUOTE_LETTERS - 1].rstrip()}…"


def _named(texts: Sequence[str]) -> str:
    shown = list(texts[:_NAMED])
    if len(texts) > _NAMED:
        shown.append(f"{len(texts) - _NAMED:,} more")
    return english_list(shown)
