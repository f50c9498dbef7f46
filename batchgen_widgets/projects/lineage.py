"""Which assets were made from which: up to what everything came from, and down to what was made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..batches import Asset
from ..errors import ParameterError, ProjectError
from ..generators.parameters import show
from ..texts import markup, visible

if TYPE_CHECKING:
    from .database import Questions

__all__ = ["Lineage", "LineageEdge", "LineageNode", "read_lineage"]

_CHUNK = 500  # ids in one statement
_SHOWN = 200  # lines of a tree


@dataclass(frozen=True, slots=True)
class LineageNode:
    """One asset of a lineage.

    Attributes
    ----------
    id : str
        Of the asset.
    name : str
        Of its file.
    kind : {"image", "video", "audio"} or None
        None, as all that follows, where the project no longer has the asset.
    batch, generator : str or None
        Where it was made: the id of the batch, the name of the generator.
    created_at : datetime or None
        In UTC.
    mark : {"favorite", "discarded"} or None
    trashed : bool
        Whether it is in the trash, or was deleted with it.
    generation : int
        How many steps lie between it and the asset that was asked for: 0 for that one, below 0 for what it was made
        from.
    """

    id: str
    name: str
    kind: Literal["image", "video", "audio"] | None
    batch: str | None
    generator: str | None
    created_at: datetime | None
    mark: str | None
    trashed: bool
    generation: int

    @property
    def missing(self) -> bool:
        """Whether the project no longer has it."""
        return self.kind is None


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """A step from an asset to one that was made from it.

    Attributes
    ----------
    parent, child : str
        Ids.
    parameters : tuple of str
        Those of the child that had the parent as their value.
    """

    parent: str
    child: str
    parameters: tuple[str, ...]


class Assets(Protocol):
    """A project, as far as a lineage needs it."""

    @property
    def path(self) -> Path:
        """The directory."""

    def asset(self, asset_id: str) -> Asset:
        """Give the asset of that id."""


@dataclass(frozen=True, eq=False, repr=False)
class Lineage:
    """What an asset was made from, and what was made from it.

    Attributes
    ----------
    asset_id : str
        What was asked for.
    nodes : dict of str to LineageNode
        By id: that asset, its ancestors and its descendants, by generation.
    edges : tuple of LineageEdge
        All steps between them.
    truncated : bool
        Whether there are more, beyond the depth that was asked for.
    """

    asset_id: str
    nodes: Mapping[str, LineageNode]
    edges: tuple[LineageEdge, ...]
    truncated: bool
    project: Assets = field(repr=False)

    @property
    def ancestors(self) -> list[LineageNode]:
        """What it was made from, the first ones first."""
        return [self.nodes[each] for each in self.nodes if each in self._above]

    @property
    def descendants(self) -> list[LineageNode]:
        """What was made from it, the nearest first."""
        return [self.nodes[each] for each in self.nodes if each in self._below]

    @property
    def roots(self) -> list[LineageNode]:
        """Those that were made from no other."""
        children = {edge.child for edge in self.edges}
        return [node for node in self.nodes.values() if node.id not in children]

    def asset(self, asset_id: str) -> Asset:
        """Give one of them as an asset.

        Raises
        ------
        ProjectError
            When the project has no such asset.
        """
        return self.project.asset(asset_id)

    def to_json(self) -> dict[str, Any]:
        """Give all of it as JSON-able data."""
        return {
            "asset": self.asset_id,
            "nodes": [
                {
                    "id": node.id,
                    "name": node.name,
                    "kind": node.kind,
                    "batch": node.batch,
                    "generator": node.generator,
                    "created_at": node.created_at and node.created_at.timestamp(),
                    "mark": node.mark,
                    "trashed": node.trashed,
                    "generation": node.generation,
                }
                for node in self.nodes.values()
            ],
            "edges": [
                {"parent": edge.parent, "child": edge.child, "parameters": list(edge.parameters)} for edge in self.edges
            ],
            "truncated": self.truncated,
        }

    @cached_property
    def _above(self) -> set[str]:
        return _reach(self.asset_id, ((edge.child, edge.parent) for edge in self.edges))

    @cached_property
    def _below(self) -> set[str]:
        return _reach(self.asset_id, ((edge.parent, edge.child) for edge in self.edges))

    def _tree(self) -> Iterator[tuple[int, LineageNode, tuple[str, ...], bool]]:
        """Walk from the roots down: depth, node, by which parameters, and whether it was shown before."""
        steps: dict[str, list[LineageEdge]] = {}
        for edge in self.edges:
            steps.setdefault(edge.parent, []).append(edge)
        seen: set[str] = set()
        # Where everything is a circle there is no root: begin with what was asked for.
        begin = self.roots or [self.nodes[self.asset_id]]
        waiting: list[tuple[int, str, tuple[str, ...]]] = [(0, node.id, ()) for node in reversed(begin)]
        while waiting:
            depth, asset_id, parameters = waiting.pop()
            again = asset_id in seen
            yield depth, self.nodes[asset_id], parameters, again
            seen.add(asset_id)
            if not again:
                further = reversed(steps.get(asset_id, []))
                waiting += [(depth + 1, edge.child, edge.parameters) for edge in further]

    def _lines(self) -> list[tuple[int, str, bool]]:
        lines: list[tuple[int, str, bool]] = []
        for depth, node, parameters, again in self._tree():
            if len(lines) == _SHOWN:
                lines.append((0, f"… {len(self.nodes):,} assets in all", False))
                break
            by = f"{', '.join(parameters)} → " if parameters else ""
            what = "no longer in the project" if node.missing else f"{node.generator}, batch {node.batch}"
            marks = [word for word in (node.mark, "in the trash" if node.trashed else None) if word]
            told = f"{by}{node.name} ({', '.join([what, *marks])}){' ↑ as above' if again else ''}"
            lines.append((depth, visible(" ".join(told.split())), node.id == self.asset_id))
        if self.truncated:
            lines.append((0, "… and more, beyond the depth that was asked for", False))
        return lines

    @property
    def _head(self) -> str:
        told = f"{_count(self.ancestors, 'ancestor')}, {_count(self.descendants, 'descendant')}"
        return f"Lineage of {self.asset_id}: {told}"

    def __repr__(self) -> str:
        lines = [f"<{self._head}>"]
        for depth, text, here in self._lines():
            lines.append(f"{'   ' * depth}{'└─ ' if depth else ''}{text}{'  ◀' if here else ''}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for depth, text, here in self._lines():
            label = f"<strong>{markup(text)}</strong>" if here else markup(text)
            rows.append(f'<li dir="auto" style="margin-left:{depth * 1.5:g}em" aria-level="{depth + 1}">{label}</li>')
        head = f"<p>{markup(self._head)}</p>"
        return f'{head}<ul style="list-style:none;padding:0;line-height:1.5">{"".join(rows)}</ul>'


def _count(found: Sequence[object], noun: str) -> str:
    return f"{len(found):,} {noun}{'' if len(found) == 1 else 's'}"


def _reach(start: str, steps: Iterable[tuple[str, str]]) -> set[str]:
    """Give what can be reached from an id, without that itself."""
    ways: dict[str, list[str]] = {}
    for here, there in steps:
        ways.setdefault(here, []).append(there)
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for there in ways.get(waiting.pop(), ()):
            if there not in found:
                found.add(there)
                waiting.append(there)
    return found - {start}


def read_lineage(
    database: Questions, lock: AbstractContextManager[Any], project: Assets, asset: Asset | str, depth: int | None
) -> Lineage:
    """Read the lineage of an asset from rows, without reading batches; see `Project.lineage`."""
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        msg = f"depth: {show(depth)} is not allowed; give a whole number from 0, or None for all generations"
        raise ParameterError(msg, field="depth", value=depth)
    start = asset.id if isinstance(asset, Asset) else str(asset)
    with lock:
        reader = _Reader(database)
        if not reader.load([start]):
            raise ProjectError(f"{start}: no such asset in {project.path}; see Project.find() for what there is")
        generations = {start: 0}
        truncated = reader.walk(start, depth, generations, -1)
        truncated |= reader.walk(start, depth, generations, +1)
        reader.load(generations)
        makers = {
            row["id"]: row["generator"]
            for row in reader.ask(
                "SELECT id, generator FROM batches WHERE id IN", ({row["batch_id"] for row in reader.rows.values()})
            )
        }
    order = sorted(generations, key=lambda each: (generations[each], reader.place(each)))
    nodes = {each: reader.node(each, generations[each], makers) for each in order}
    edges = tuple(edge for each in order for edge in reader.edges_into(each, nodes))
    return Lineage(start, nodes, edges, truncated, project)


class _Reader:
    """Reads assets by id, their parents and their children, each generation with few statements."""

    _COLUMNS = "id, batch_id, file, kind, created_at, mark, params, parents, trashed_at"

    def __init__(self, database: Questions) -> None:
        self._database = database
        self.rows: dict[str, Mapping[str, Any]] = {}
        self._parents: dict[str, list[str]] = {}

    def ask(self, sql: str, ids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        """Run a statement that ends in IN, for any number of ids."""
        listed = list(ids)
        for start in range(0, len(listed), _CHUNK):
            chunk = listed[start : start + _CHUNK]
            yield from map(dict, self._database.ask(f"{sql} ({', '.join('?' * len(chunk))})", *chunk))

    def load(self, ids: Iterable[str]) -> bool:
        """Read assets that were not read before; say whether all of the ids are there."""
        wanted = list(ids)
        new = [each for each in wanted if each not in self.rows]
        self._take(self.ask(f"SELECT {self._COLUMNS} FROM assets WHERE id IN", new))
        return all(each in self.rows for each in wanted)

    def walk(self, start: str, depth: int | None, generations: dict[str, int], step: int) -> bool:
        """Go from generation to generation in one direction; say whether there would be more."""
        level, now = [start], 0
        while level:
            found = self._parents_of(level) if step < 0 else self._children_of(level)
            level = [each for each in dict.fromkeys(found) if each not in generations]
            if depth is not None and abs(now) >= depth:
                return bool(level)
            now += step
            generations |= dict.fromkeys(level, now)
        return False

    def _parents_of(self, ids: Sequence[str]) -> list[str]:
        self.load(ids)
        return [parent for each in ids for parent in self._parents.get(each, ())]

    def _children_of(self, ids: Sequence[str]) -> list[str]:
        """Find what was made from some: by the index of first parents, and among the few that have several."""
        wanted = set(ids)
        first = "json_extract(parents, '$[0]')"
        self._take(self.ask(f"SELECT {self._COLUMNS} FROM assets WHERE parents != '[]' AND {first} IN", ids))
        several = self._database.ask(f"SELECT {self._COLUMNS} FROM assets WHERE json_array_length(parents) > 1")
        self._take(
            dict(row) for row in several if row["id"] not in self.rows and wanted & set(json.loads(row["parents"]))
        )
        return [child for child, parents in self._parents.items() if wanted & set(parents)]

    def _take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self.rows[row["id"]] = row
            self._parents[row["id"]] = [str(parent) for parent in json.loads(row["parents"])]

    def place(self, asset_id: str) -> tuple[float, str]:
        """Give what assets of one generation are sorted by."""
        row = self.rows.get(asset_id)
        return (row["created_at"] if row else 0.0, asset_id)

    def node(self, asset_id: str, generation: int, makers: Mapping[str, str]) -> LineageNode:
        """Make the node of an asset."""
        row = self.rows.get(asset_id)
        if row is None:
            return LineageNode(asset_id, asset_id, None, None, None, None, None, False, generation)
        return LineageNode(
            id=asset_id,
            name=str(row["file"]).rpartition("/")[2],
            kind=row["kind"],
            batch=row["batch_id"],
            generator=makers.get(row["batch_id"]),
            created_at=datetime.fromtimestamp(row["created_at"], UTC),
            mark=row["mark"],
            trashed=row["trashed_at"] is not None,
            generation=generation,
        )

    def edges_into(self, asset_id: str, nodes: Mapping[str, LineageNode]) -> Iterator[LineageEdge]:
        """Give the steps to an asset from the others on show."""
        parents = [parent for parent in self._parents.get(asset_id, ()) if parent in nodes]
        if parents:
            uses = _uses(json.loads(self.rows[asset_id]["params"]))
            for parent in dict.fromkeys(parents):
                yield LineageEdge(parent, asset_id, tuple(uses.get(parent, ())))


def _uses(params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Say for each asset that parameters refer to, by which of them."""
    uses: dict[str, list[str]] = {}

    def look(name: str, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                look(name, each)
        elif isinstance(value, dict):
            asset_id = value.get("asset")
            if set(value) == {"asset"} and isinstance(asset_id, str):
                if name not in uses.setdefault(asset_id, []):
                    uses[asset_id].append(name)
            else:
                for each in value.values():
                    look(name, each)

    for name, value in params.items():
        look(name, value)
    return uses
