"""An asset as it lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..errors import ProjectError, ResultError

if TYPE_CHECKING:
    from PIL import Image

    from ..media import Audio, Video
    from .records import Batch

__all__ = ["Asset", "Keeper", "Mark"]

Mark = Literal["favorite", "discarded"]


class Keeper(Protocol):
    """What keeps the records: the ledger of a project, seen from a record."""

    @property
    def lock(self) -> threading.RLock:
        """Guards every record."""

    @property
    def runs_here(self) -> bool:
        """Whether this process is the one that runs batches."""

    def set_marks(self, changes: Sequence[tuple[Asset, Mark | None]]) -> None:
        """Mark assets, on disk first."""

    def cancel_batch(self, batch: Batch, *, hard: bool = False) -> None:
        """Cancel a batch, whoever runs it in this process."""


class Asset:
    """One image, video or audio clip that a task made.

    Attributes
    ----------
    id : str
        Name of the asset, unique in its project.
    kind : {"image", "video", "audio"}
    path : pathlib.Path
        The file.
    width, height : int or None
        In pixels; None for audio.
    duration : float or None
        In seconds; None for images.
    file_size : int
        In bytes.
    created_at : datetime
        In UTC.
    params, metrics : mapping
        What it was made with, and what the generator measured.
    favorite, discarded : bool
        The curator's mark; at most one of them is set.
    parents : tuple of str
        Ids of the assets it was made from.
    sha256 : str or None
        Of the file, in hexadecimal digits; None for one that an early version wrote.
    trashed_at : datetime or None
        When it was put into the project's trash, in UTC; None for all others.
    """

    __slots__ = (
        "batch_id",
        "created_at",
        "duration",
        "file_size",
        "height",
        "id",
        "keeper",
        "kind",
        "mark",
        "metrics",
        "name",
        "order",
        "params",
        "parents",
        "path",
        "position",
        "sha256",
        "task_index",
        "thumbnail_path",
        "trashed_at",
        "width",
    )

    def __init__(
        self,
        *,
        id: str,
        batch_id: str,
        task_index: int,
        position: int,
        kind: Literal["image", "video", "audio"],
        path: Path,
        thumbnail_path: Path,
        file_size: int,
        created_at: datetime,
        params: Mapping[str, Any],
        metrics: Mapping[str, Any],
        width: int | None = None,
        height: int | None = None,
        duration: float | None = None,
        name: str | None = None,
        mark: Mark | None = None,
        parents: tuple[str, ...] = (),
        sha256: str | None = None,
        trashed_at: datetime | None = None,
        keeper: Keeper,
    ) -> None:
        self.id = id
        self.keeper = keeper
        self.order = -1  # its place among the assets of its batch, once it is one of them
        self.batch_id = batch_id
        self.task_index = task_index
        self.position = position
        self.kind = kind
        self.path = path
        self.thumbnail_path = thumbnail_path
        self.file_size = file_size
        self.created_at = created_at
        self.params = params
        self.metrics = metrics
        self.width = width
        self.height = height
        self.duration = duration
        self.name = name
        self.mark = mark
        self.parents = parents
        self.sha256 = sha256
        self.trashed_at = trashed_at

    @property
    def favorite(self) -> bool:
        """Whether the curator starred it."""
        return self.mark == "favorite"

    @property
    def discarded(self) -> bool:
        """Whether the curator put it aside; its file stays."""
        return self.mark == "discarded"

    @property
    def alt(self) -> str:
        """The asset in words, for people who can't see or hear it."""
        prompt = self.params.get("prompt")
        what = f"{self.kind.capitalize()} {self.task_index}"
        rest = ", ".join(f"{name} {value}" for name, value in self.params.items() if name in ("seed",))
        return ": ".join(part for part in (what, ", ".join(part for part in (str(prompt or ""), rest) if part)) if part)

    def open(self) -> Image.Image | Audio | Video:
        """Read the file.

        Returns
        -------
        PIL.Image.Image, Audio or Video
            By `kind`, whole and independent of the file.

        Raises
        ------
        ProjectError
            When the file is gone or can't be read.
        """
        from ..media import open_media

        try:
            return open_media(self.path, self.kind)
        except (OSError, ResultError, ValueError) as error:
            msg = f"{self.path.name}: can't be read ({error}); was the file of asset {self.id} moved or changed?"
            raise ProjectError(msg) from error

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from ..media import show_file

        return {"text/plain": repr(self), **show_file(self.path, self.kind, alt=self.alt)}

    def __repr__(self) -> str:
        mark = f" {self.mark}" if self.mark else ""
        return f"<Asset {self.id} {self.kind} {self.path.name!r}{mark}>"
