"""What reviewers say of the results on show: brought in, looked at side by side, and made one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ProjectError, StateError
from ..projects import Ledger, Project, Review, Reviews
from .base import Answer, Reply
from .shelf import Shelf

__all__ = ["ReviewsDesk"]


class ReviewsDesk:
    """Answers the reviews dialog of a gallery."""

    is_live = False
    offers = "reviews"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        """Give no traits: what reviewers say is asked for."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give no quick requests."""
        return {}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that look at every result."""
        return {"reviews.get": self._get, "reviews.import": self._import, "reviews.adopt": self._adopt}

    @property
    def _ledger(self) -> Ledger:
        ledger = self._shelf.keeper
        if not isinstance(ledger, Ledger):
            raise StateError("this gallery is empty and belongs to no project; make a gallery of a session or a batch")
        return ledger

    def _reviews(self, source: str) -> Reviews:
        assets = self._shelf.assets_of(source)[:]
        return Reviews(assets, self._ledger.reviews([asset.id for asset in assets]))

    def _get(self, params: Mapping[str, Any]) -> Reply:
        found = self._reviews(params["source"])
        reviewed = {asset.id for asset in found.assets}
        rows = []
        for position, asset in enumerate(self._shelf.assets_of(params["source"])[:]):
            if asset.id in reviewed and asset.trashed_at is None:
                said = found.of(asset)
                reviews = [_review(said.get(name)) for name in found.reviewers]
                rows.append({"position": position, "name": asset.path.name, "reviews": reviews})
        return {"reviewers": found.reviewers, "rows": rows}, []

    def _import(self, params: Mapping[str, Any]) -> Reply:
        name = str(params["name"])[:120]
        try:
            done = Project(self._ledger.root).import_review(str(params["text"]).encode("utf-8", "surrogatepass"))
        except ProjectError as error:
            # The person knows the file by its name; its text came without it.
            raise ProjectError(str(error).replace("the review:", f"{name}:", 1)) from error
        return {
            "reviewer": done.reviewer,
            "batch": done.batch_id,
            "added": done.added,
            "updated": done.updated,
            "unchanged": done.unchanged,
            "unknown": done.unknown[:100],
        }, []

    def _adopt(self, params: Mapping[str, Any]) -> Reply:
        source, reviewer, at_least = params["source"], params["reviewer"], int(params["at_least"])
        session = self._shelf.session
        if session is not None:
            return {"changed": len(session.adopt_reviews(source, at_least=at_least, reviewer=reviewer))}, []
        adoption = self._reviews(source).adoption(at_least=at_least, reviewer=reviewer)
        self._shelf.change_marks(adoption.changes)
        return {"changed": len(adoption.changes)}, []


def _review(said: Review | None) -> dict[str, Any] | None:
    return None if said is None else {"reviewer": said.reviewer, "mark": said.mark, "note": said.note}
