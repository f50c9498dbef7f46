"""What a gallery shows: its assets, their marks, the query and the selection."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar, Literal, get_args

from ..batches import Asset, Batch, Fields, Keeper, Mark, Query
from ..errors import BatchgenError, ParameterError, StateError
from ..generators.parameters import show
from ..projects import Ledger, MarksChanged
from ..sessions import BatchSession
from ..wire import types as wire
from .pump import Pump

__all__ = ["How", "Shelf", "Snapshot"]

How = Literal["set", "add", "remove"]

_KINDS = {kind: code for code, kind in enumerate(wire.ASSET_KINDS)}
_MARKS = {None: 0, "favorite": 1, "discarded": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The assets on show at one moment, and one byte for each in the orders of the wire.

    `assets` may have grown since; `total` says how many there were.
    """

    source: str
    title: str
    assets: list[Asset]
    total: int
    revision: int
    kinds: bytes
    marks: bytes


class Shelf:
    """The assets on show: those of a session's active batch, of one batch, or a fixed list.

    The query and the selection are those of one widget, and of no other view of the same batch. When the source
    changes, the selection is emptied, and the query keeps its conditions only on fields that are still there.

    Parameters
    ----------
    shown : BatchSession, Batch or sequence of Asset
    """

    def __init__(self, shown: BatchSession | Batch | Sequence[Asset]) -> None:
        self._session = shown if isinstance(shown, BatchSession) else None
        self._batch = shown if isinstance(shown, Batch) else None
        self._list = None if isinstance(shown, BatchSession | Batch) else list(shown)
        self._undo: list[list[tuple[Asset, Mark | None]]] = []
        if self._list is not None and not all(isinstance(asset, Asset) for asset in self._list):
            raise TypeError("a gallery shows a BatchSession, a Batch or a list of Asset; give one of these")
        if self._list is not None and len({id(asset.keeper) for asset in self._list}) > 1:
            raise BatchgenError("a gallery shows assets of one project; make a gallery for each project")
        self._guard = threading.Lock()
        self._source = ""
        self._query = Query()
        self._selected: frozenset[int] = frozenset()
        self._selected_bytes: tuple[frozenset[int], bytes] = (self._selected, b"")
        self._snapshot: Snapshot | None = None
        self._order: tuple[Snapshot, Query, list[int]] | None = None
        ledger = self.keeper
        self._changes = _MarkChanges.of(ledger) if isinstance(ledger, Ledger) else None

    @property
    def keeper(self) -> Keeper | None:
        """The ledger of the project that the assets belong to; None for an empty list."""
        if self._session:
            return self._session.project.ledger
        if self._batch:
            return self._batch.keeper
        return self._list[0].keeper if self._list else None

    @property
    def session(self) -> BatchSession | None:
        """The session whose active batch is on show, if it is one."""
        return self._session

    # What is on show

    def now(self) -> tuple[str, str, list[Asset]]:
        """Give the name of the source, its title, and its assets; they only ever grow at the end."""
        if self._list is not None:
            source, title, batch, assets = "list", "", None, self._list
        else:
            batch = self._session.active_batch if self._session else self._batch
            source, title = (batch.id, "" if self._session else batch.generator) if batch else ("", "")
            assets = batch.assets if batch else []
        with self._guard:
            if source != self._source:
                self._source, self._selected = source, frozenset()
                if self._query.where:
                    self._query = self._query.only(_field_names(batch, assets))
        return source, title, assets

    def snapshot(self) -> Snapshot:
        """Give what is on show; the same object until that changes."""
        source, title, assets = self.now()
        known = self._snapshot
        # Read before the marks: a change meanwhile is looked at again.
        revision = self._changes.revision if self._changes else next(_revisions)
        total = len(assets)
        same = known is not None and known.assets is assets and known.source == source
        if known and same and (known.revision, known.total) == (revision, total):
            return known
        kinds, marks = (known.kinds, known.marks) if known and same else (b"", b"")
        if known and revision != known.revision:
            marks = b""
        self._snapshot = Snapshot(
            source,
            title,
            assets,
            total,
            revision,
            kinds + bytes([_KINDS[asset.kind] for asset in assets[len(kinds) : total]]),
            marks + bytes([_MARKS[asset.mark] for asset in assets[len(marks) : total]]),
        )
        return self._snapshot

    def assets_of(self, source: str) -> list[Asset]:
        """Give the assets of a source: the one on show, or another batch of the session's project.

        Raises
        ------
        StateError
            When the source is not on show any more.
        ProjectError
            When the session's project has no such batch.
        """
        current, _, assets = self.now()
        if source == current:
            return assets
        if self._session and source:
            return self._session.project.batch(source).assets
        raise _moved_on()

    def batch_of(self, source: str) -> Batch:
        """Give the batch behind a source; raises as `assets_of` does, and where there is none."""
        self.assets_of(source)
        if self._session and source:
            return self._session.project.batch(source)
        if self._batch:
            return self._batch
        raise StateError(
            "this gallery shows a list of assets, which has no tasks; make a gallery of the session or the batch"
        )

    def known_batch(self, asset: Asset) -> Batch | None:
        """Give the batch of an asset on show; None in a fixed list, whose batches nobody may have read."""
        if self._session:
            return self._session.project.batch(asset.batch_id)
        return self._batch

    def pick(self, source: str, positions: Iterable[int]) -> list[tuple[int, Asset]]:
        """Give assets with their positions, without those that there are not; raises as `assets_of` does."""
        assets = self.assets_of(source)
        return [(position, assets[position]) for position in positions if 0 <= position < len(assets)]

    def pick_one(self, source: str, position: int) -> Asset:
        """Give one asset; raises as `assets_of` does, and where it is not there."""
        for _, asset in self.pick(source, [position]):
            return asset
        raise StateError(f"the gallery has no asset at {position}; reload the page")

    # Marks

    def mark(self, assets: Sequence[Asset], mark: Mark | None) -> None:
        """Give assets one mark, as one step for undo."""
        if self._session:
            self._session.set_marks(assets, mark)
            return
        before = [(asset, asset.mark) for asset in assets if asset.mark != mark]
        if before and self.keeper:
            self.keeper.set_marks([(asset, mark) for asset, _ in before])
            self._undo.append(before)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of marks to take back."""
        return self._session.can_undo if self._session else bool(self._undo)

    def undo(self) -> bool:
        """Take back the last change of marks."""
        if self._session:
            return self._session.undo()
        if not self._undo or not self.keeper:
            return False
        self.keeper.set_marks(self._undo.pop())
        return True

    # Query

    @property
    def query(self) -> Query:
        """What of the assets is shown, and in which order."""
        self.now()
        return self._query

    def set_query(self, query: Query, source: str | None = None) -> None:
        """Show other assets, or in another order.

        Parameters
        ----------
        query : Query
        source : str, optional
            What must be on show still.

        Raises
        ------
        ParameterError
            When the query names a field that no asset has.
        StateError
            When another source is on show.
        """
        current, _, assets = self.now()
        if source is not None and source != current:
            raise _moved_on()
        batch = None if self._list is not None else self.batch_of(current) if current else None
        # A field to sort by stays when the source changes, also where there is no such field for now.
        before = self._query
        query.check(_field_names(batch, assets, *before.where, *([before.sort] if before.sort else [])))
        with self._guard:
            if self._source == current:
                self._query = query
        self._wake()

    def shown(self) -> list[Asset]:
        """Give the assets that the query shows, in its order."""
        snapshot = self.snapshot()
        query, known = self._query, self._order
        if known is None or known[0] is not snapshot or known[1] is not query:
            known = (snapshot, query, query.apply(snapshot.assets[: snapshot.total]))
            self._order = known
        return [snapshot.assets[position] for position in known[2]]

    # Selection

    def selected(self) -> list[Asset]:
        """Give the selected assets, in order of arrival."""
        _, _, assets = self.now()
        return [assets[position] for position in sorted(self._selected) if position < len(assets)]

    def selected_bytes(self, snapshot: Snapshot) -> bytes:
        """Give one byte for each asset of a snapshot: 1 where it is selected."""
        with self._guard:
            selected = self._selected if self._source == snapshot.source else frozenset()
        of, known = self._selected_bytes
        if of is not selected or len(known) != snapshot.total:
            flags = bytearray(snapshot.total)
            for position in selected:
                if position < len(flags):
                    flags[position] = 1
            known = bytes(flags)
            self._selected_bytes = (selected, known)
        return known

    def select(self, source: str, positions: Iterable[int], how: How) -> None:
        """Make positions the selection, add them to it, or take them out of it; what is not there is left out.

        Raises
        ------
        ParameterError
            When `how` is something else.
        StateError
            When another source is on show.
        """
        if how not in get_args(How):
            raise ParameterError(f"how: {show(how)} is not allowed; choose 'set', 'add' or 'remove'", field="how")
        current, _, assets = self.now()
        if source != current:
            raise _moved_on()
        total = len(assets)
        chosen = frozenset(position for position in positions if 0 <= position < total)
        with self._guard:
            if self._source != source:
                raise _moved_on()
            before = self._selected
            self._selected = chosen if how == "set" else before | chosen if how == "add" else before - chosen
        self._wake()

    def select_assets(self, chosen: Iterable[Asset]) -> None:
        """Make assets the selection.

        Raises
        ------
        ParameterError
            When one is not on show.
        """
        source, _, assets = self.now()
        place = {asset.id: position for position, asset in enumerate(assets[:])}
        positions = []
        for asset in [chosen] if isinstance(chosen, Asset) else chosen:
            if not isinstance(asset, Asset) or asset.id not in place:
                raise ParameterError(
                    f"selected: {show(asset)} is not in this gallery; give assets of gallery.shown", field="selected"
                )
            positions.append(place[asset.id])
        self.select(source, positions, "set")

    def _wake(self) -> None:
        ledger = self.keeper
        if isinstance(ledger, Ledger):
            Pump.of(ledger).wake()


class _MarkChanges:
    """Counts the changes of marks in one project, so that nobody has to look at every asset to see whether one changed.

    One for each ledger, which hears it as long as it lives.
    """

    _known: ClassVar[weakref.WeakKeyDictionary[Ledger, _MarkChanges]] = weakref.WeakKeyDictionary()
    _guard: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def of(cls, ledger: Ledger) -> _MarkChanges:
        """Give the count of a project."""
        with cls._guard:
            changes = cls._known.get(ledger)
            if changes is None:
                changes = cls._known[ledger] = cls()
                ledger.hub.subscribe(changes.hear)
            return changes

    def __init__(self) -> None:
        self.revision = 0

    def hear(self, event: object) -> None:
        """Take note of an event of the project, under its lock."""
        if isinstance(event, MarksChanged):
            self.revision += 1


_revisions = count()


def _field_names(batch: Batch | None, assets: list[Asset], *more: str) -> list[str]:
    """Give every field of some assets; those of the tasks too, whose assets may be still to come."""
    planned = [*batch.base_parameters, *batch.varied] if batch else []
    return list(dict.fromkeys([*planned, *Fields(assets[:]).names, *more]))


def _moved_on() -> StateError:
    return StateError("the gallery shows another batch now; choose again")
