"""Making room: only the favorites stay, and what was thrown away can be looked at, taken back or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..batches import Asset
from ..errors import StateError
from ..projects import Ledger
from .base import Answer, Reply
from .shelf import Shelf

__all__ = ["CleanupDesk"]

_MAX_ROWS = 200


class CleanupDesk:
    """Answers the clean-up dialog of a gallery, and its key that throws results away."""

    is_live = False
    offers = "cleanup"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        """Give no traits: what is in the trash is a mark of the gallery."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give no quick requests: each of these may wait for another kernel."""
        return {}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that look through many rows, or move files."""
        return {
            "cleanup.preview": self._preview,
            "cleanup.keep_favorites": self._keep_favorites,
            "trash.put": self._put,
            "trash.get": self._get,
            "trash.restore": self._restore,
            "trash.empty": self._empty,
        }

    @property
    def _ledger(self) -> Ledger:
        ledger = self._shelf.keeper
        if not isinstance(ledger, Ledger):
            raise StateError("this gallery is empty and belongs to no project; make a gallery of a session or a batch")
        return ledger

    def _preview(self, params: Mapping[str, Any]) -> Reply:
        found = self._ledger.trash.preview(self._shelf.batch_to_clean(params["source"]))
        kinds = [{"kind": kind, "count": count, "bytes": size} for kind, (count, size) in found.kinds.items()]
        reply = {"count": found.count, "bytes": found.bytes, "kinds": kinds, "kept": found.kept, "in_use": found.in_use}
        return reply, []

    def _keep_favorites(self, params: Mapping[str, Any]) -> Reply:
        return {"count": self._shelf.keep_only_favorites(params["source"]).count}, []

    def _put(self, params: Mapping[str, Any]) -> Reply:
        positions = [int(position) for position in params["positions"]]
        return {"count": self._shelf.trash([asset for _, asset in self._shelf.pick(params["source"], positions)])}, []

    def _get(self, params: Mapping[str, Any]) -> Reply:
        trash = self._ledger.trash
        start = max(0, int(params["start"]))
        sizes = trash.sizes()
        rows = trash.page(start, max(0, min(int(params["stop"]) - start, _MAX_ROWS)))
        return {
            "rows": [_row(asset) for asset in rows],
            "total": sizes.count,
            "bytes": sizes.bytes,
            "strays": sizes.stray_count,
            "stray_bytes": sizes.stray_bytes,
        }, []

    def _restore(self, params: Mapping[str, Any]) -> Reply:
        trash, ids = self._ledger.trash, params["ids"]
        return {"count": len(trash.restore_all() if ids is None else trash.restore([str(name) for name in ids]))}, []

    def _empty(self, _params: Mapping[str, Any]) -> Reply:
        return {"bytes": self._ledger.trash.empty()}, []


def _row(asset: Asset) -> dict[str, Any]:
    assert asset.trashed_at is not None
    return {
        "id": asset.id,
        "name": asset.path.name,
        "kind": asset.kind,
        "alt": asset.alt,
        "batch": asset.batch_id,
        "file_size": asset.file_size,
        "trashed_at": asset.trashed_at.timestamp(),
        "favorite": asset.favorite,
    }
