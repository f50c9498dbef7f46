"""Who keeps records that are only looked at: nobody who changes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from ..errors import StateError

if TYPE_CHECKING:
    from ..batches import Asset, Batch, Mark
    from .reviews import Review

__all__ = ["LookingOnly"]


class LookingOnly:
    """A `Keeper` that knows what reviewers say, and refuses every change.

    Parameters
    ----------
    refusal : str
        Why nothing can be changed here, and what to do instead.
    reviews : callable
        Takes ids of assets, gives what reviewers say of each.
    """

    runs_here = False

    def __init__(self, refusal: str, reviews: Callable[[Sequence[str]], Mapping[str, Sequence[Review]]]) -> None:
        self._refusal = refusal
        self._lock = threading.RLock()
        self._reviews = reviews

    @property
    def lock(self) -> threading.RLock:
        """Guards every record."""
        return self._lock

    def set_marks(self, changes: Sequence[tuple[Asset, Mark | None]]) -> None:
        """Refuse."""
        self._refuse()

    def cancel_batch(self, batch: Batch, *, hard: bool = False) -> None:
        """Refuse."""
        self._refuse()

    def reviews(self, asset_ids: Sequence[str]) -> Mapping[str, Sequence[Review]]:
        """Give what reviewers say of assets, by asset."""
        return self._reviews(asset_ids)

    def _refuse(self) -> NoReturn:
        raise StateError(self._refusal)
