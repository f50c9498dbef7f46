"""Which assets were made from which, for the gallery's view of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..projects import Project
from .base import Answer, Reply
from .shelf import Shelf

__all__ = ["LineageDesk", "nearest"]

MAX_NODES = 200


class LineageDesk:
    """Answers the lineage view of a gallery, for the project that its assets belong to."""

    is_live = False
    offers = "lineage"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        """Give no traits: nothing of it is on show before somebody asks."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give no quick requests."""
        return {}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the request that may walk through many generations."""
        return {"lineage.get": self._get}

    def _get(self, params: Mapping[str, Any]) -> Reply:
        project: Project = self._shelf.project
        return nearest(project.lineage(str(params["asset"])).to_json()), []


def nearest(lineage: Mapping[str, Any], limit: int = MAX_NODES) -> dict[str, Any]:
    """Keep the relatives that are the fewest steps away, as `types.Lineage`."""
    nodes = lineage["nodes"]
    kept = sorted(nodes, key=lambda node: abs(node["generation"]))[:limit]
    ids = {node["id"] for node in kept}
    return {
        "asset": lineage["asset"],
        "nodes": [node for node in nodes if node["id"] in ids],
        "edges": [edge for edge in lineage["edges"] if edge["parent"] in ids and edge["child"] in ids],
        "left_out": len(nodes) - len(kept),
    }
