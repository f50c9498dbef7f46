"""The gallery: every asset of a batch, its marks, its media, and what of it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, get_args

import traitlets

from ..batches import Asset, Batch, Mark, MarkFilter, Query
from ..errors import BatchgenError, StateError
from ..projects import Ledger
from ..sessions import BatchSession
from ..wire import asset_columns, asset_record, asset_thumbnail, read_range, task_columns, write_columns
from .base import Answer, BatchgenWidget, Desk, Live, Reply, command
from .delivery import read_chunk
from .frontend import module
from .shelf import Shelf

__all__ = ["BatchGalleryView", "GalleryDesk", "GalleryView", "ToolDesk", "gallery_desks"]

_MAX_POSITIONS = 400


def _marked(mark: Mark) -> Any:
    def read(view: GalleryView) -> list[Asset]:
        return [asset for asset in list(view.shelf.now()[2]) if asset.mark == mark]

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
        return {"records": [asset_record(position, asset, batches[asset.batch_id]) for position, asset in few]}, []

    def _mark(self, params: Mapping[str, Any]) -> Reply:
        mark = params["mark"]
        if mark not in (None, *get_args(Mark)):
            raise BatchgenError(f"mark: {mark!r} is not allowed; choose 'favorite', 'discarded' or null")
        self._shelf.mark([asset for _, asset in self._shelf.pick(params["source"], _positions(params))], mark)
        return {}, []

    def _clear(self, params: Mapping[str, Any]) -> Reply:
        source, _, assets = self._shelf.now()
        if params["source"] == source:
            self._shelf.mark(list(assets), None)
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
        return self._shelf.session.winners(batch.id).to_json(), []

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        items, buffers = [], []
        for position, asset in self._few(params):
            items.append({"position": position, "type": "image/webp"})
            buffers.append(asset_thumbnail(asset))
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
    return [GalleryDesk(shelf, [desk.offers for desk in tools]), *tools]


class BatchGalleryView(GalleryView, BatchgenWidget):
    """Every asset of a batch as a tile, to look at, star and put aside.

    Parameters
    ----------
    shown : BatchSession, Batch or sequence of Asset
        A session shows its active batch, whichever that is.
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

    def __init__(self, shown: BatchSession | Batch | Sequence[Asset], **layout: Any) -> None:
        self.shelf = Shelf(shown)
        ledger = self.shelf.keeper
        super().__init__(ledger if isinstance(ledger, Ledger) else None, gallery_desks(self.shelf), **layout)
