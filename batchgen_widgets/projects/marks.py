"""Marks on assets, what goes to the trash, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..batches import Asset, Batch, Mark
from .ledger import Ledger
from .trash import Cleanup

__all__ = ["MarkHistory"]


class MarkHistory:
    """Sets marks and fills the trash, and takes the changes back one by one, the last first."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        # Each says whether it changed anything.
        self._steps: list[Callable[[], bool]] = []

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
                self._steps.append(lambda: self._unmark(before))

    def change(self, changes: Sequence[tuple[Asset, Mark | None]]) -> None:
        """Give each asset a mark of its own, or none, as one step; those that have it already are no part of it."""
        with self._ledger.lock:
            before = [(asset, asset.mark) for asset, mark in changes if asset.mark != mark]
            if before:
                self._ledger.set_marks(changes)
                self._steps.append(lambda: self._unmark(before))

    def trash(self, assets: Sequence[Asset | str] | Asset | str) -> int:
        """Move assets to the trash as one step; give how many were not in it."""
        return len(self._trashed(self._ledger.trash.put(assets)))

    def keep_only_favorites(self, batch: Batch | None) -> Cleanup:
        """Move all but the favorites to the trash, of a batch or of the project, as one step."""
        done = self._ledger.trash.keep_only_favorites(batch)
        self._trashed(done.ids)
        return done

    def _trashed(self, ids: Sequence[str]) -> Sequence[str]:
        if ids:
            with self._ledger.lock:
                self._steps.append(lambda: bool(self._ledger.trash.restore(ids)))
        return ids

    def _unmark(self, before: Sequence[tuple[Asset, Mark | None]]) -> bool:
        self._ledger.set_marks(before)
        return True

    def undo(self) -> bool:
        """Take back the last step; False when there is none.

        What has been restored or deleted for good since it went to the trash is no step any more.
        """
        while True:
            with self._ledger.lock:
                if not self._steps:
                    return False
                step = self._steps.pop()
            # Without the lock: the trash waits for other processes.
            try:
                if step():
                    return True
            except BaseException:
                with self._ledger.lock:
                    self._steps.append(step)
                raise
