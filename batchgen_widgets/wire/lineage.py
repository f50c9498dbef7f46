"""A lineage as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["nearest"]

_MOST: Final = 200


def nearest(lineage: Mapping[str, Any], limit: int = _MOST) -> dict[str, Any]:
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
