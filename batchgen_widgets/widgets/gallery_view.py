"""The gallery: every asset of a batch, its marks, its media, and what of it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, get_args

import traitlets

from ..batches import Asset, Batch, Mark, MarkFilter, Query
from ..errors import BatchgenError, StateError
from ..pages import SNAPSHOT_BYTES
from ..projects import Ledger
from ..sessions import BatchSession
from ..texts import whole_texts
from ..wire import (
    asset_columns,
    asset_record,
    asset_reviews,
    asset_thumbnail,
    read_chunk,
    read_range,
    task_columns,
    write_columns,
)
from .base import Answer, BatchgenWidget, Desk, Live, Reply, command
from .cleanup_desk import CleanupDesk
from .frontend import module
from .history_desk import HistoryDesk, held_batch
from .lineage_desk import LineageDesk
from .reproduce_desk import ReproduceDesk
from .reviews_desk import ReviewsDesk
from .share_desk import ShareDesk
from .shelf import Shelf
from .snapshot import pictures_of

__all__ = ["BatchGalleryView", "GalleryDesk", "GalleryView", "ToolDesk", "gallery_desks"]

_MAX_POSITIONS = 400
_LONGEST_VALUE = 1_000  # characters of one in a chart


def _marked(mark: Mark) -> Any:
    def read(view: GalleryView) -> list[Asset]:
        return [asset for asset in list(view.shelf.now()[2]) if asset.mark == mark and asset.trashed_at is None]

    return read


class GalleryView(traitlets.HasTraits):
    """Traits of the gallery."""

    shelf: Shelf

    gallery = traitlets.Dict(read_only=True).tag(sync=True)
    asset_kinds = traitlets.Bytes(read_only=True).tag(sync=True)
    asset_marks = traitlets.Bytes(read_only=True).tag(sync=True)
    asset_selected = traitlets.Bytes(read_only=True).tag(sync=True)

    favorites = Live(_marked("favorite"), help="The starred assets on show.")
    discarded = Live(_marked("discarded"), help="The assets on show that are put aside.")
    shown = Live(lambda view: view.shelf.shown(), help="The assets that the query shows, in its order.")
    selected = Live(
        lambda view: view.shelf.selected(),
        lambda view, assets: view.shelf.select_assets(assets),
        help="The selected assets, in order of arrival; set it with a list of assets on show.",
    )
    query = Live(
        lambda view: view.shelf.query,
        lambda view, query: view.shelf.set_query(query if isinstance(query, Query) else Query.from_json(query)),
        help="What is shown and in which order; see `filter`.",
    ).tag(sync=True, to_json=lambda query, _view: query.to_json())

    def filter(
        self,
        *,
        text: str = "",
        mark: MarkFilter | None = None,
        sort: str | None = None,
        where: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> list[Asset]:
        """Show only some assets, as the toolbar of the gallery does, until the next call; without arguments, show all.

        Parameters
        ----------
        text : str, default ""
            Words that must all occur in the texts among parameters and metrics, or in the file name.
        mark : {"favorite", "unmarked", "discarded"}, optional
            Show only what has that mark, or none.
        sort : str, optional
            Field to sort by, ``"-clip_score"`` for the largest first.
        where : mapping, optional
            More conditions, for fields that are called like one of these arguments.
        **conditions
            By field: a value, a list of values, or a tuple ``(low, high)`` with None for an open end. Fields are the
            parameters and metrics, and kind, status, mark, task, created, width, height, duration, size and name.

        Returns
        -------
        list of Asset
            What is shown now, in its order.

        Raises
        ------
        ParameterError
            When no asset has such a field, or a condition is not allowed.

        Examples
        --------
        ::

            best = gallery.filter(text="fox", steps=[20, 30], clip_score=(0.3, None), sort="-clip_score")
        """
        self.shelf.set_query(Query.of(text=text, mark=mark, sort=sort, where=where, **conditions))
        return self.shelf.shown()

    def show(self, batch: Batch | str | None) -> None:
        """Show the results of a batch of the project, and stay there whatever starts meanwhile.

        Parameters
        ----------
        batch : Batch, str or None
            As it is, or by its id; see `Project.history`. None goes back to what the gallery shows by itself.

        Raises
        ------
        ParameterError
            When it is something else.
        ProjectError
            When the project has no such batch.
        """
        self.shelf.show(batch)


class ToolDesk(Desk, Protocol):
    """A desk that answers one tool of the gallery's menu."""

    @property
    def offers(self) -> str:
        """Name of the tool, as in ``js/src/views/gallery/tools.ts``."""


class GalleryDesk:
    """Shows a shelf of assets, delivers their pictures, and takes marks."""

    is_live = False

    def __init__(self, shelf: Shelf, offers: Sequence[str] = ()) -> None:
        self._shelf = shelf
        self._offers = list(offers)

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""
        now = self._shelf.snapshot()
        return {
            "gallery": {
                "source": now.source,
                "title": now.title,
                "total": now.total,
                "undoable": self._shelf.can_undo,
                "offers": self._offers,
                **held_batch(self._shelf),
            },
            "asset_kinds": now.kinds,
            "asset_marks": now.marks,
            "asset_selected": self._shelf.selected_bytes(now),
        }

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {
            "assets.get": self._records,
            "assets.mark": self._mark,
            "assets.clear_marks": self._clear,
            "assets.undo": self._undo,
            "assets.select": command(self._select),
            "query.set": command(self._set_query),
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that read and encode files, or send much."""
        return {
            "assets.thumbnails": self._thumbnails,
            "assets.media": self._media,
            "assets.columns": self._columns,
            "cells.get": self._cells,
            "winners.get": self._winners,
        }

    def _few(self, params: Mapping[str, Any]) -> list[tuple[int, Asset]]:
        return self._shelf.pick(params["source"], _positions(params)[:_MAX_POSITIONS])

    def _records(self, params: Mapping[str, Any]) -> Reply:
        few = self._few(params)
        batches = {asset.batch_id: self._shelf.known_batch(asset) for _, asset in few}
        places = self._shelf.places(parent for _, asset in few for parent in asset.parents)
        records = [asset_record(position, asset, batches[asset.batch_id], places) for position, asset in few]
        reviews = asset_reviews([asset for _, asset in few])
        return {"records": [record | {"reviews": reviews.get(record["id"], [])} for record in records]}, []

    def _mark(self, params: Mapping[str, Any]) -> Reply:
        mark = params["mark"]
        if mark not in (None, *get_args(Mark)):
            raise BatchgenError(f"mark: {mark!r} is not allowed; choose 'favorite', 'discarded' or null")
        self._shelf.mark([asset for _, asset in self._shelf.pick(params["source"], _positions(params))], mark)
        return {}, []

    def _clear(self, params: Mapping[str, Any]) -> Reply:
        source, _, assets = self._shelf.now()
        if params["source"] == source:
            self._shelf.mark([asset for asset in list(assets) if asset.trashed_at is None], None)
        return {}, []

    def _undo(self, _params: Mapping[str, Any]) -> Reply:
        self._shelf.undo()
        return {}, []

    def _select(self, params: Mapping[str, Any]) -> None:
        self._shelf.select(params["source"], _positions(params), params["how"])

    def _set_query(self, params: Mapping[str, Any]) -> None:
        self._shelf.set_query(Query.from_json(params["query"]), params["source"])

    def _columns(self, params: Mapping[str, Any]) -> Reply:
        assets = self._shelf.assets_of(params["source"])
        total = len(assets)
        start, stop = read_range(params, total)
        return write_columns(asset_columns(assets[start:stop]), start, stop, total)

    def _cells(self, params: Mapping[str, Any]) -> Reply:
        batch = self._shelf.batch_of(params["source"])
        total = len(batch.tasks)
        start, stop = read_range(params, total)
        return write_columns(task_columns(batch, batch.tasks[start:stop]), start, stop, total)

    def _winners(self, params: Mapping[str, Any]) -> Reply:
        batch = self._shelf.batch_of(params["source"])
        if self._shelf.session is None:
            raise StateError("only a session knows what its parameters may be; make a gallery of the session")
        return whole_texts(self._shelf.session.winners(batch.id).to_json(), _LONGEST_VALUE), []

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        items, buffers = [], []
        for position, asset in self._few(params):
            items.append({"position": position, "type": "image/webp"})
            try:
                buffers.append(asset_thumbnail(asset))
            except (OSError, BatchgenError, ValueError):  # its file is gone or damaged, which its tile says
                buffers.append(b"")
        return {"items": items}, buffers

    def _media(self, params: Mapping[str, Any]) -> Reply:
        asset = self._shelf.pick_one(params["source"], int(params["position"]))
        chunk = read_chunk(asset, int(params["offset"]), original=bool(params.get("original")))
        reply = {"size": chunk.size, "type": chunk.mime, "offset": chunk.offset, "next": chunk.next}
        return reply, [chunk.data]


def _positions(params: Mapping[str, Any]) -> list[int]:
    return [int(position) for position in params["positions"]]


def gallery_desks(shelf: Shelf) -> list[Desk]:
    """Give the desks of a gallery: itself, and one for each tool of its menu."""
    tools: list[ToolDesk] = []
    if isinstance(shelf.keeper, Ledger):
        tools.append(HistoryDesk(shelf))
        tools.append(ReproduceDesk(shelf))
        tools.append(LineageDesk(shelf))
        tools.append(CleanupDesk(shelf))
        tools.append(ShareDesk(shelf))
        tools.append(ReviewsDesk(shelf))
    return [GalleryDesk(shelf, [desk.offers for desk in tools]), *tools]


class BatchGalleryView(GalleryView, BatchgenWidget):
    """Every asset of a batch as a tile, to look at, star and put aside.

    Parameters
    ----------
    shown : BatchSession, Batch or sequence of Asset
        A session shows its active batch, whichever that is.
    snapshot_bytes : int, default 300_000
        How much the notebook's file may grow by the picture that the cell shows without its kernel, 20,000 to
        10,000,000; 0 for no picture.
    layout, tooltip, tabbable : optional
        As with any widget.

    Attributes
    ----------
    favorites, discarded : list of Asset
        The marked assets on show.
    shown : list of Asset
        What the query shows, in its order.
    selected : list of Asset
        What is selected, in order of arrival; can be set.
    query : Query
        What is shown and in which order; `filter` is the short way to set it.

    Notes
    -----
    All of these are the same in the browser and here, and can be observed and linked.
    """

    _esm = module("gallery")
    options = ("snapshot_bytes",)

    def __init__(
        self,
        shown: BatchSession | Batch | Sequence[Asset],
        *,
        snapshot_bytes: int | None = SNAPSHOT_BYTES,
        **layout: Any,
    ) -> None:
        self.shelf = Shelf(shown)
        keeper = self.shelf.keeper
        ledger = keeper if isinstance(keeper, Ledger) else None
        super().__init__(ledger, gallery_desks(self.shelf), saved=pictures_of(self.shelf, snapshot_bytes), **layout)
