"""An asset as it lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..errors import ProjectError, ResultError
from ..generators.inputs import is_media

if TYPE_CHECKING:
    from PIL import Image

    from ..generators import Generator
    from ..media import Audio, Video
    from ..recipes import Recipe
    from ..runner import Reproduction
    from .records import Batch

__all__ = ["Asset", "Keeper", "Mark"]

Mark = Literal["favorite", "discarded"]

_PLAIN = (str, int, float, bool, type(None))
_LONGEST_ALT = 950  # of the prompt in it


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

    def reviews(self, asset_ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """Give what reviewers say of assets, by asset."""


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
    deleted_at : datetime or None
        When the trash was emptied with it in there, in UTC: the file is gone for good, all else that is known stays.
    """

    __slots__ = (
        "__weakref__",
        "batch_id",
        "created_at",
        "deleted_at",
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
        deleted_at: datetime | None = None,
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
        self.deleted_at = deleted_at

    @property
    def reference(self) -> dict[str, str]:
        """What JSON holds of it where it is the value of a parameter."""
        return {"asset": self.id}

    def __getstate__(self) -> dict[str, Any]:
        """Give what travels to the process where it is a parameter: without what keeps it, and as plain as can be."""
        state = {name: getattr(self, name) for name in self.__slots__ if name not in ("__weakref__", "keeper")}
        return state | {"params": _portable(self.params), "metrics": _portable(self.metrics)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in {**state, "keeper": None}.items():
            setattr(self, name, value)

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
        """The asset in words, for people who can't see or hear it; a thousand letters at most."""
        prompt = str(self.params.get("prompt") or "")
        prompt = prompt if len(prompt) <= _LONGEST_ALT else f"{prompt[: _LONGEST_ALT - 1]}…"
        what = f"{self.kind.capitalize()} {self.task_index}"
        rest = ", ".join(f"{name} {value}" for name, value in self.params.items() if name in ("seed",))
        return ": ".join(part for part in (what, ", ".join(part for part in (prompt, rest) if part)) if part)

    @property
    def recipe(self) -> Recipe:
        """How it was made, as its own file says it.

        Raises
        ------
        ProjectError
            When the file is gone or can't be read.
        ParameterError
            When it carries no recipe: an early version wrote it, or its format takes none, as GIF and MP3.
        """
        from ..recipes import recall

        try:
            return recall(self.path)
        except OSError as error:
            msg = f"{self.path.name}: can't be read ({error}); was the file of asset {self.id} moved or deleted?"
            raise ProjectError(msg) from error

    def open(self) -> Image.Image | Audio | Video:
        """Read the file.

        Returns
        -------
        PIL.Image.Image, Audio or Video
            By `kind`, whole and independent of the file.

        Raises
        ------
        ProjectError
            When the file was deleted, is gone or can't be read.
        """
        if self.deleted_at is not None:
            when = f"{self.deleted_at.astimezone():%Y-%m-%d %H:%M}"
            why = "when the trash was emptied; its parameters stay"
            raise ProjectError(f"{self.path.name}: was deleted on {when}, {why}")
        from ..media import open_media

        try:
            return open_media(self.path, self.kind)
        except (OSError, ResultError, ValueError) as error:
            msg = f"{self.path.name}: can't be read ({error}); was the file of asset {self.id} moved or changed?"
            raise ProjectError(msg) from error

    def reproduce(self, generator: Generator | Callable[..., Any] | None = None) -> Reproduction:
        """Make it again from its parameters, and say whether it came out the same, and what has changed since.

        Where a session is open for its generator, it runs there as one of its workers, before the queue, and is no task
        of it; else right here. Nothing becomes part of the project. It takes as long as the task did.

        Parameters
        ----------
        generator : Generator or callable, optional
            What made it; when not given, the newest one of that name in this process.

        Returns
        -------
        Reproduction
            Its `verdict` is identical, close or different; a cell shows both side by side.

        Raises
        ------
        GeneratorError
            When the generator is not defined in this process, or fails.
        ParameterError
            When it no longer takes the parameters, or what the asset was made from is gone.
        ProjectError
            When the file of the asset is gone.
        """
        from ..runner import reproduce

        return reproduce(self, generator)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from ..media import show_file

        return {"text/plain": repr(self), **show_file(self.path, self.kind, alt=self.alt)}

    def __repr__(self) -> str:
        mark = f" {self.mark}" if self.mark else ""
        return f"<Asset {self.id} {self.kind} {self.path.name!r}{mark}>"


def _portable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give values that can be pickled: what is neither plain nor media becomes its text."""
    return {
        name: value if isinstance(value, _PLAIN) or is_media(value) else repr(value) for name, value in values.items()
    }
