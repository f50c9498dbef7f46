"""What a gallery shows: its assets, their marks, the query and the selection."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar, Literal, get_args

from ..batches import Asset, Batch, Fields, Keeper, Mark, Query
from ..errors import BatchgenError, ParameterError, ProjectError, StateError
from ..generators.parameters import show
from ..projects import Cleanup, Ledger, MarkHistory, MarksChanged, Project, TrashChanged
from ..sessions import BatchSession
from ..wire import kind_code, mark_code
from ..wire import types as wire
from .pump import Pump

__all__ = ["How", "Shelf", "Snapshot"]

How = Literal["set", "add", "remove"]

_TRASHED = wire.ASSET_MARKS.index("trashed")


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

    Any batch of the project can be held there instead. The query and the selection are those of one widget, and of no
    other view of the same batch. When the source changes, the selection is emptied, and the query keeps its conditions
    only on fields that are still there.

    Parameters
    ----------
    shown : BatchSession, Batch or sequence of Asset
    """

    def __init__(self, shown: BatchSession | Batch | Sequence[Asset]) -> None:
        self._session = shown if isinstance(shown, BatchSession) else None
        self._batch = shown if isinstance(shown, Batch) else None
        self._list = None if isinstance(shown, BatchSession | Batch) else list(shown)
        self._held: str | None = None
        if self._list is not None and not all(isinstance(asset, Asset) for asset in self._list):
            raise TypeError("a gallery shows a BatchSession, a Batch or a list of Asset; give one of these")
        if self._list is not None and len({id(asset.keeper) for asset in self._list}) > 1:
            raise BatchgenError("a gallery shows assets of one project; make a gallery for each project")
        self._guard = threading.Lock()
        self._source = ""
        self._query = Query()
        self._selected: frozenset[int] = frozenset()
        self._selected_bytes: tuple[frozenset[int], bytes, bytes] = (self._selected, b"", b"")
        self._snapshot: Snapshot | None = None
        self._order: tuple[Snapshot, Query, list[int]] | None = None
        ledger = self.keeper
        self._changes = _MarkChanges.of(ledger) if isinstance(ledger, Ledger) else None
        # A session has one for all its views.
        self._history = MarkHistory(ledger) if isinstance(ledger, Ledger) and not self._session else None

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

    @property
    def project(self) -> Project:
        """The project that the assets belong to.

        Raises
        ------
        StateError
            When there is none, since the gallery was made of an empty list.
        """
        if self._session:
            return self._session.project
        ledger = self.keeper
        if not isinstance(ledger, Ledger):
            raise StateError("this gallery is empty and belongs to no project; make a gallery of a session or a batch")
        return Project(ledger.root)

    # What is on show

    @property
    def batch(self) -> Batch | None:
        """The batch on show; None where there is none yet, and in a fixed list."""
        held = self._held
        return self._find(held) if held else self._own_batch

    def now(self) -> tuple[str, str, list[Asset]]:
        """Give the name of the source, its title, and its assets; they only ever grow at the end."""
        held = self._held
        if self._list is not None and held is None:
            source, title, batch, assets = "list", "", None, self._list
        else:
            batch = self._find(held) if held else self._own_batch
            source, title = (batch.id, "" if self._session else batch.generator) if batch else ("", "")
            assets = batch.assets if batch else []
        with self._guard:
            if source != self._source:
                self._source, self._selected = source, frozenset()
                if self._query.where:
                    self._query = self._query.only(_field_names(batch, assets))
        return source, title, assets

    @property
    def _own_batch(self) -> Batch | None:
        """The batch that is on show when none is held."""
        return self._session.active_batch if self._session else self._batch

    def _find(self, batch_id: str) -> Batch:
        ledger = self.keeper
        found = ledger.batch(batch_id) if isinstance(ledger, Ledger) else None
        if found is None:
            raise ProjectError(f"{batch_id}: no such batch in the project of this gallery; see Project.history()")
        return found

    def show(self, batch: Batch | str | None) -> None:
        """Show a batch of the project, whatever starts meanwhile, until another is asked for.

        Parameters
        ----------
        batch : Batch, str or None
            As it is, or by its id. None, or what the gallery would show by itself, goes back to that.

        Raises
        ------
        ParameterError
            When it is something else.
        ProjectError
            When the project has no such batch.
        """
        if not isinstance(batch, Batch | str | None):
            raise ParameterError(f"batch: {show(batch)} is not allowed; give a Batch, its id, or None", field="batch")
        held = None if batch is None else self._find(batch if isinstance(batch, str) else batch.id)
        self._held = None if held is None or held is self._own_batch else held.id
        self._wake()

    @property
    def held(self) -> Batch | None:
        """The batch that is on show because somebody asked for it; None where it would be there anyway."""
        found = self._find(self._held) if self._held else None
        return None if found is self._own_batch else found

    @property
    def newer_runs(self) -> bool:
        """Whether the session runs another batch than the one that is held."""
        active = self._session.active_batch if self._session else None
        return active is not None and not active.status.is_finished and active is not self.held

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
            kinds + bytes(map(kind_code, assets[len(kinds) : total])),
            marks + bytes(map(mark_code, assets[len(marks) : total])),
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
        if source == self._held:
            return self._find(source)
        if self._batch:
            return self._batch
        raise StateError(
            "this gallery shows a list of assets, which has no tasks; make a gallery of the session or the batch"
        )

    def known_batch(self, asset: Asset) -> Batch | None:
        """Give the batch of an asset on show; None in a fixed list, whose batches nobody may have read."""
        if self._session:
            return self._session.project.batch(asset.batch_id)
        return self._find(asset.batch_id) if self._held else self._batch

    def pick(self, source: str, positions: Iterable[int]) -> list[tuple[int, Asset]]:
        """Give assets with their positions, without those that there are not; raises as `assets_of` does."""
        assets = self.assets_of(source)
        return [(position, assets[position]) for position in positions if 0 <= position < len(assets)]

    def places(self, ids: Iterable[str]) -> dict[str, int]:
        """Give the positions of assets by id, of those that are on show."""
        wanted = set(ids)
        if not wanted:
            return {}
        return {asset.id: place for place, asset in enumerate(self.now()[2][:]) if asset.id in wanted}

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
        if self._history:
            self._history.set(assets, mark)

    def change_marks(self, changes: Sequence[tuple[Asset, Mark | None]]) -> None:
        """Give each asset a mark of its own as one step for undo, in a gallery without a session."""
        if self._history:
            self._history.change(changes)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of marks, or something in the trash, to take back."""
        return self._session.can_undo if self._session else self._history is not None and self._history.can_undo

    def undo(self) -> bool:
        """Take back the last change of marks, or what went to the trash last."""
        if self._session:
            return self._session.undo()
        return self._history is not None and self._history.undo()

    # Trash

    def trash(self, assets: Sequence[Asset]) -> int:
        """Move assets to the trash as one step for undo; give how many were not in it."""
        marks = self._session or self._history
        return marks.trash(assets) if marks else 0

    def keep_only_favorites(self, source: str) -> Cleanup:
        """Move all but the favorites of a batch to the trash as one step for undo; raises as `batch_to_clean` does."""
        batch = self.batch_to_clean(source)
        if self._session:
            return self._session.keep_only_favorites(batch.id)
        assert self._history is not None  # there is a batch
        return self._history.keep_only_favorites(batch)

    def batch_to_clean(self, source: str) -> Batch:
        """Give the batch behind a source.

        Raises
        ------
        StateError
            When there is none, or the source is not on show any more.
        """
        if source == "list":
            raise StateError("this gallery shows a list of results; open that of a batch to keep only its favorites")
        return self.batch_of(source)

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
        batch = self.batch_of(current) if current not in ("", "list") else None
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
            found = query.apply(snapshot.assets[: snapshot.total])
            known = (snapshot, query, [position for position in found if snapshot.marks[position] != _TRASHED])
            self._order = known
        return [snapshot.assets[position] for position in known[2]]

    # Selection

    def selected(self) -> list[Asset]:
        """Give the selected assets, in order of arrival."""
        _, _, assets = self.now()
        chosen = [assets[position] for position in sorted(self._selected) if position < len(assets)]
        return [asset for asset in chosen if asset.trashed_at is None]

    def selected_bytes(self, snapshot: Snapshot) -> bytes:
        """Give one byte for each asset of a snapshot: 1 where it is selected."""
        with self._guard:
            selected = self._selected if self._source == snapshot.source else frozenset()
        of, marks, known = self._selected_bytes
        if of is not selected or marks is not snapshot.marks:
            flags = bytearray(snapshot.total)
            for position in selected:
                if position < len(flags) and snapshot.marks[position] != _TRASHED:
                    flags[position] = 1
            known = bytes(flags)
            self._selected_bytes = (selected, snapshot.marks, known)
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
        if isinstance(event, MarksChanged | TrashChanged):
            self.revision += 1


_revisions = count()


def _field_names(batch: Batch | None, assets: list[Asset], *more: str) -> list[str]:
    """Give every field of some assets; those of the tasks too, whose assets may be still to come."""
    planned = [*batch.base_parameters, *batch.varied] if batch else []
    return list(dict.fromkeys([*planned, *Fields(assets[:]).names, *more]))


def _moved_on() -> StateError:
    return StateError("the gallery shows another batch now; choose again")
