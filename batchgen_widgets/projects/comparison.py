"""Two batches side by side: what differs in what made them, in what was asked for, and in what came of it."""

from __future__ import annotations

import difflib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..batches import Asset, Batch, Task, TaskStatus
from ..batches.strategies import plural
from ..batches.table import value_text
from ..texts import markup, visible
from .ledger import dump_params

__all__ = ["Comparison", "Fact", "Pair", "Spread", "compare_batches"]

Group = Literal["generator", "parameters", "config", "versions", "outcome"]

_TEXT_LENGTH: Final = 2_000
_NAME_LENGTH: Final = 300
_DIFF_LENGTH: Final = 64_000
_MAX_PAIRS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can be said of both batches.

    Attributes
    ----------
    group : {"generator", "parameters", "config", "versions", "outcome"}
    name : str
        What it is, such as "steps", "strategy" or "numpy".
    a, b : object
        What it is in each batch; None where there is none.
    """

    group: Group
    name: str
    a: Any
    b: Any

    @property
    def differs(self) -> bool:
        """Whether the batches differ in it."""
        return dump_params({"": self.a}) != dump_params({"": self.b})


@dataclass(frozen=True, slots=True)
class Spread:
    """A metric over the completed tasks of a batch: of how many, their mean, the smallest and the largest."""

    count: int
    mean: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Measure some numbers, at least one."""
        return cls(len(values), math.fsum(values) / len(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two results that were asked for alike; or one without a partner, and None in its place.

    Attributes
    ----------
    params : mapping
        What they share of the parameters that vary in either batch.
    a, b : Asset or None
    """

    params: Mapping[str, Any]
    a: Asset | None
    b: Asset | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two batches differ; it shows itself.

    Attributes
    ----------
    a, b : Batch
    facts : tuple of Fact
        Everything that was compared; `differences` are those in which the batches differ.
    source_diff : str or None
        What changed in the generator's source, as a unified diff; None where nothing did, or one source is not known.
    metrics : mapping of str to tuple
        By metric, its `Spread` in each batch, None where a batch has no number of that name.
    pairs : tuple of Pair
        Results with equal values of what varies in either batch, in the order of the first; then those that only the
        second has.
    """

    a: Batch
    b: Batch
    facts: tuple[Fact, ...]
    source_diff: str | None
    metrics: Mapping[str, tuple[Spread | None, Spread | None]]
    pairs: tuple[Pair, ...]

    @property
    def differences(self) -> list[Fact]:
        """The facts in which the batches differ."""
        return [fact for fact in self.facts if fact.differs]

    @property
    def matched(self) -> list[Pair]:
        """The pairs in which both batches have a result."""
        return [pair for pair in self.pairs if pair.a and pair.b]

    def to_json(self) -> dict[str, Any]:
        """Give it as bounded JSON-able data: long texts are cut, and at most 2,000 pairs are in it."""
        return {
            "a": _batch_json(self.a),
            "b": _batch_json(self.b),
            "facts": [
                {
                    "group": fact.group,
                    "name": _short(fact.name, _NAME_LENGTH),
                    "a": _cut(fact.a),
                    "b": _cut(fact.b),
                    "differs": fact.differs,
                }
                for fact in self.facts
            ],
            "source_diff": self.source_diff and self.source_diff[:_DIFF_LENGTH],
            "metrics": [
                {"name": _short(name, _NAME_LENGTH), "a": _spread_json(one), "b": _spread_json(other)}
                for name, (one, other) in self.metrics.items()
            ],
            "pairs": [
                {"label": pair_label(pair), "a": _asset_json(pair.a), "b": _asset_json(pair.b)}
                for pair in self.pairs[:_MAX_PAIRS]
            ],
            "matched": len(self.matched),
            "total": len(self.pairs),
        }

    def _lines(self) -> Iterator[tuple[str, str, str]]:
        yield "batch", self.a.id, self.b.id
        for fact in self.differences:
            yield fact.name, _short(_words(fact.a), _TEXT_LENGTH), _short(_words(fact.b), _TEXT_LENGTH)
        for name, spreads in self.metrics.items():
            one, other = (f"{spread.mean:.4g}" if spread else "" for spread in spreads)
            yield f"mean {name}", one, other

    def _pairing(self) -> str:
        alone = len(self.pairs) - len(self.matched)
        return f"{plural(len(self.matched), 'pair')} of results" + (f", {alone:,} without a partner" if alone else "")

    def __repr__(self) -> str:
        same = len(self.facts) - len(self.differences)
        lines = [
            f"{visible(name, limit=_NAME_LENGTH)}: {visible(a) or '–'} | {visible(b) or '–'}"
            for name, a, b in self._lines()
        ]
        return "\n".join([f"<Comparison: {len(self.differences)} differences, {same} alike>", *lines, self._pairing()])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row"><bdi>{markup(name, limit=_NAME_LENGTH)}</bdi></th>'
            f"<td><bdi>{markup(a)}</bdi></td><td><bdi>{markup(b)}</bdi></td></tr>"
            for name, a, b in self._lines()
        )
        source = markup((self.source_diff or "")[:_DIFF_LENGTH])
        diff = f"<details><summary>Source</summary><pre>{source}</pre></details>" if source else ""
        head = '<tr><th scope="col">what differs</th><th scope="col">a</th><th scope="col">b</th></tr>'
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        return f"{table}{diff}<p>{self._pairing()}</p>"


def compare_batches(a: Batch, b: Batch) -> Comparison:
    """Compare two batches of one project; see `Project.compare`."""
    with a.keeper.lock:
        return Comparison(
            a=a,
            b=b,
            facts=tuple(_facts(a, b)),
            source_diff=_source_diff(a, b),
            metrics=_compare_metrics(a.tasks, b.tasks),
            pairs=tuple(pair_results(a, b)),
        )


def _facts(a: Batch, b: Batch) -> Iterator[Fact]:
    def each(group: Group, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Fact]:
        for name in {**one, **other}:
            yield Fact(group, name, one.get(name), other.get(name))

    yield Fact("generator", "generator", a.generator, b.generator)
    yield Fact("generator", "source", *(batch.origin.get("source_sha256") for batch in (a, b)))
    yield from each("parameters", a.base_parameters, b.base_parameters)
    yield from each("config", _config_facts(a), _config_facts(b))
    yield from each("versions", _origin_facts(a), _origin_facts(b))
    yield from each("outcome", _outcome_facts(a), _outcome_facts(b))


def _config_facts(batch: Batch) -> dict[str, Any]:
    config = batch.config
    if not config.enabled:
        return {"batch mode": False}
    variation = config.variation_params
    facts: dict[str, Any] = {"batch mode": True, "batch size": config.batch_size, "strategy": variation.strategy}
    if variation.vary_seeds:
        low, high = variation.seed_range
        facts |= {"seeds": {"low": low, "high": high}, "seed policy": variation.seed_policy}
    facts["draw"] = variation.seed
    facts["prompts"] = variation.prompt_variations if variation.vary_prompts else None
    if variation.vary_parameters:
        # As JSON: a range is no list of two values.
        ranges = variation.model_dump(mode="json")["parameter_ranges"]
        facts |= {f"{name} varied": given for name, given in ranges.items()}
    return facts


def _origin_facts(batch: Batch) -> dict[str, Any]:
    versions = batch.origin.get("versions")
    facts = dict(versions) if isinstance(versions, Mapping) else {}
    return facts | ({"device": batch.origin["device"]} if batch.origin.get("device") else {})


def _outcome_facts(batch: Batch) -> dict[str, Any]:
    facts: dict[str, Any] = {"status": str(batch.status), "tasks": len(batch.tasks)}
    facts |= {str(status): number for status, number in batch.counts.items() if number}
    results = batch.results
    facts |= {
        "results": len(results),
        "favorites": sum(asset.favorite for asset in results),
        "discarded": sum(asset.discarded for asset in results),
    }
    if batch.started_at and batch.completed_at:
        facts["seconds in all"] = round((batch.completed_at - batch.started_at).total_seconds(), 2)
    times = [_seconds(task) for task in batch.tasks if task.status is TaskStatus.COMPLETED]
    known = [seconds for seconds in times if seconds is not None]
    if known:
        facts["seconds per task"] = round(math.fsum(known) / len(known), 3)
    return facts | {f"failed: {group.error}": group.count for group in batch.failures}


def _seconds(task: Task) -> float | None:
    if task.started_at is None or task.completed_at is None:
        return None
    return (task.completed_at - task.started_at).total_seconds() / task.group_size


def _source_diff(a: Batch, b: Batch) -> str | None:
    one, other = a.origin.get("source"), b.origin.get("source")
    if not isinstance(one, str) or not isinstance(other, str) or one == other:
        return None
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), a.id, b.id, lineterm="")
    return "\n".join(lines) or None


def _compare_metrics(one: Sequence[Task], other: Sequence[Task]) -> dict[str, tuple[Spread | None, Spread | None]]:
    a, b = _metrics(one), _metrics(other)
    return {name: (a.get(name), b.get(name)) for name in {**a, **b}}


def _metrics(tasks: Iterable[Task]) -> dict[str, Spread]:
    numbers: defaultdict[str, list[float]] = defaultdict(list)
    for task in tasks:
        for name, value in task.metrics.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                numbers[name].append(float(value))
    return {name: Spread.of(values) for name, values in numbers.items()}


def pair_results(a: Batch, b: Batch) -> Iterator[Pair]:
    """Pair the results of two batches whose tasks have equal values of what varies in either one."""
    names = [
        name
        for name in dict.fromkeys([*a.varied, *b.varied])
        if all(any(name in task.params for task in batch.tasks) for batch in (a, b))
    ]
    waiting: defaultdict[tuple[str, int], list[Asset]] = defaultdict(list)
    for asset in b.results:
        waiting[_key(asset, names)].append(asset)
    for assets in waiting.values():
        assets.sort(key=_place, reverse=True)
    for asset in sorted(a.results, key=_place):
        partners = waiting[_key(asset, names)]
        yield Pair(_chosen(asset, names), asset, partners.pop() if partners else None)
    alone = sorted((asset for assets in waiting.values() for asset in assets), key=_place)
    yield from (Pair(_chosen(asset, names), None, asset) for asset in alone)


def _key(asset: Asset, names: Sequence[str]) -> tuple[str, int]:
    # As the database writes it: a batch that was read back equals one of this kernel.
    return dump_params({name: asset.params.get(name) for name in names}), asset.position


def _place(asset: Asset) -> tuple[int, int]:
    return asset.task_index, asset.position


def _chosen(asset: Asset, names: Iterable[str]) -> dict[str, Any]:
    return {name: asset.params[name] for name in names if name in asset.params}


def pair_label(pair: Pair) -> str:
    """Say in a few words what both results were asked for."""
    return ", ".join(f"{name} {_short(value_text(value), 60)}" for name, value in pair.params.items())


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        if value.keys() == {"low", "high"}:
            return f"{value_text(value['low'])} to {value_text(value['high'])}"
        return json.dumps(value, default=str)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value))
    return value if isinstance(value, str) else value_text(value)


def _cut(value: Any) -> str | None:
    return None if value is None else _short(_words(value), _TEXT_LENGTH)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _batch_json(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "generator": batch.generator,
        "status": str(batch.status),
        "created_at": batch.created_at.timestamp(),
        "assets": len(batch.results),
    }


def _spread_json(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    return {"count": spread.count, "mean": spread.mean, "minimum": spread.minimum, "maximum": spread.maximum}


def _asset_json(asset: Asset | None) -> dict[str, Any] | None:
    if asset is None:
        return None
    return {"id": asset.id, "alt": _short(asset.alt, 300), "kind": asset.kind, "mark": asset.mark or "none"}
