"""Marks on assets, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from ..batches import Asset, Mark
from .ledger import Ledger

__all__ = ["MarkHistory"]


class MarkHistory:
    """Sets marks, and takes the changes back one by one, the last first."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._steps: list[list[tuple[Asset, Mark | None]]] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._steps)

    def set(self, assets: Sequence[Asset], mark: Mark | None) -> None:
        """Give assets one mark, or none, as one step; those that have it already are no part of it."""
        with self._ledger.lock:
            before = [(asset, asset.mark) for asset in assets if asset.mark != mark]
            if before:
                self._ledger.set_marks([(asset, mark) for asset, _ in before])
                self._steps.append(before)

    def undo(self) -> bool:
        """Take back the last step; False when there is none."""
        with self._ledger.lock:
            if not self._steps:
                return False
            self._ledger.set_marks(self._steps[-1])
            self._steps.pop()
            return True
