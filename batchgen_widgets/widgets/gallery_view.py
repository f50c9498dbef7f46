"""The gallery: every asset of a batch, its marks, its media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets

from ..batches import Asset, Batch, Keeper, Mark
from ..errors import BatchgenError, StateError
from ..projects import Ledger
from ..sessions import BatchSession
from . import wire
from .base import Answer, BatchgenWidget, Live, Reply
from .delivery import read_chunk
from .frontend import module
from .wirevalues import plain_params

__all__ = ["BatchGalleryView", "GalleryDesk", "GalleryView", "Shelf"]

_KINDS = {kind: code for code, kind in enumerate(wire.ASSET_KINDS)}
_MARKS = {None: 0, "favorite": 1, "discarded": 2}
_MAX_POSITIONS = 400


class Shelf:
    """The assets on show: those of a session's active batch, of one batch, or a fixed list.

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

    @property
    def keeper(self) -> Keeper | None:
        """The ledger of the project that the assets belong to; None for an empty list."""
        if self._session:
            return self._session.project.ledger
        if self._batch:
            return self._batch.keeper
        return self._list[0].keeper if self._list else None

    def now(self) -> tuple[str, str, list[Asset]]:
        """Give the name of the source, its title, and its assets; they only ever grow at the end."""
        if self._list is not None:
            return "list", "", self._list
        batch = self._session.active_batch if self._session else self._batch
        return (batch.id, "" if self._session else batch.generator, batch.assets) if batch else ("", "", [])

    def pick(self, source: str, positions: Sequence[int]) -> list[Asset]:
        """Give assets by position, as long as the source is still the one on show."""
        current, _, assets = self.now()
        if self._session and source and source != current:
            assets = self._session.project.batch(source).assets
        elif source != current:
            raise StateError("the gallery shows another batch now; choose again")
        return [assets[position] for position in positions[:_MAX_POSITIONS] if 0 <= position < len(assets)]

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

    favorites = Live(_marked("favorite"), help="The starred assets on show.")
    discarded = Live(_marked("discarded"), help="The assets on show that are put aside.")


class GalleryDesk:
    """Shows a shelf of assets, delivers their pictures, and takes marks."""

    is_live = False

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""
        source, title, assets = self._shelf.now()
        assets = list(assets)
        return {
            "gallery": {"source": source, "title": title, "total": len(assets), "undoable": self._shelf.can_undo},
            "asset_kinds": bytes(_KINDS[asset.kind] for asset in assets),
            "asset_marks": bytes(_MARKS[asset.mark] for asset in assets),
        }

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {
            "assets.get": self._records,
            "assets.mark": self._mark,
            "assets.clear_marks": self._clear,
            "assets.undo": self._undo,
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that read and encode files."""
        return {"assets.thumbnails": self._thumbnails, "assets.media": self._media}

    def _pick(self, params: Mapping[str, Any]) -> list[tuple[int, Asset]]:
        positions = [int(position) for position in params["positions"]]
        return list(zip(positions, self._shelf.pick(params["source"], positions), strict=False))

    def _records(self, params: Mapping[str, Any]) -> Reply:
        return {"records": [_record(position, asset) for position, asset in self._pick(params)]}, []

    def _mark(self, params: Mapping[str, Any]) -> Reply:
        mark = params["mark"]
        if mark not in _MARKS:
            raise BatchgenError(f"mark: {mark!r} is not allowed; choose 'favorite', 'discarded' or null")
        self._shelf.mark([asset for _, asset in self._pick(params)], mark)
        return {}, []

    def _clear(self, params: Mapping[str, Any]) -> Reply:
        source, _, assets = self._shelf.now()
        if params["source"] == source:
            self._shelf.mark(list(assets), None)
        return {}, []

    def _undo(self, _params: Mapping[str, Any]) -> Reply:
        self._shelf.undo()
        return {}, []

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        items, buffers = [], []
        for position, asset in self._pick(params):
            items.append({"position": position, "type": "image/webp"})
            buffers.append(_thumbnail(asset))
        return {"items": items}, buffers

    def _media(self, params: Mapping[str, Any]) -> Reply:
        [asset] = self._shelf.pick(params["source"], [int(params["position"])])
        chunk = read_chunk(asset, int(params["offset"]), original=bool(params.get("original")))
        reply = {"size": chunk.size, "type": chunk.mime, "offset": chunk.offset, "next": chunk.next}
        return reply, [chunk.data]


def _thumbnail(asset: Asset) -> bytes:
    """Read the thumbnail, and make it anew when it is gone."""
    from ..media import make_thumbnail

    try:
        return asset.thumbnail_path.read_bytes()
    except FileNotFoundError:
        data = make_thumbnail(asset.path, asset.kind)
        asset.thumbnail_path.parent.mkdir(parents=True, exist_ok=True)
        asset.thumbnail_path.write_bytes(data)
        return data


def _record(position: int, asset: Asset) -> dict[str, Any]:
    return {
        "position": position,
        "id": asset.id,
        "name": asset.path.name,
        "kind": asset.kind,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "file_size": asset.file_size,
        "created_at": asset.created_at.timestamp(),
        "params": plain_params(asset.params),
        "metrics": plain_params(asset.metrics),
        "task_index": asset.task_index,
        "alt": asset.alt,
        "path": _short_path(asset.path),
    }


def _short_path(path: Path) -> str:
    """Give a path as a cell of this notebook would write it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


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
        The marked assets on show; can be observed and linked.
    """

    _esm = module("gallery")

    def __init__(self, shown: BatchSession | Batch | Sequence[Asset], **layout: Any) -> None:
        self.shelf = Shelf(shown)
        ledger = self.shelf.keeper
        super().__init__(ledger if isinstance(ledger, Ledger) else None, [GalleryDesk(self.shelf)], **layout)
