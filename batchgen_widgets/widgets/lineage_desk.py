"""Which assets were made from which, for the gallery's view of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..projects import Project
from ..wire import nearest
from .base import Answer, Reply
from .shelf import Shelf

__all__ = ["LineageDesk"]


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
