"""The words of the JupyterLab sidebar: with a kernel over a comm of its own, with the server over HTTP.

``tools/generate_wire.py`` writes them as TypeScript beside those of the widgets.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from .types import (
    AssetIds,
    AssetPositions,
    AssetRecords,
    AssetThumbnails,
    BatchComparison,
    BatchPair,
    BatchSummary,
    Columns,
    Empty,
    GallerySummary,
    HistoryPage,
    HistoryQuery,
    Lineage,
    LineageRef,
    MediaChunk,
    MediaRange,
    QueueSummary,
    SourceRange,
    Thumbnails,
)

SIDEBAR_TARGET = "batchgen_widgets.sidebar"
"""Name of the comm that tells of all sessions of a kernel. Its traits are `SidebarTraits`."""

VIEW_TARGET = "batchgen_widgets.view"
"""Name of the comm behind one tab. It opens with `ViewOrder`; traits and requests are those of the widgets."""


class ProjectRef(TypedDict):
    """A project directory. ``key`` is the same wherever it is told of; ``folder`` is for people to read."""

    key: str
    name: str
    folder: str


class SidebarSession(TypedDict):
    """A batch session of a kernel.

    ``progress`` is how much of the active batch is done, 0 to 1. ``widgets`` are the comm ids of the widgets that show
    the session in cells, the newest last.
    """

    id: str
    generator: str
    project: ProjectRef
    batch: BatchSummary | None
    queue: QueueSummary
    progress: float
    widgets: list[str]


class SidebarTraits(TypedDict):
    """Every open session of a kernel, in the order in which they were opened."""

    sessions: list[SidebarSession]


class SessionRef(TypedDict):
    """A session of the kernel."""

    session: str


class SessionBatch(TypedDict):
    """A batch of a session of the kernel."""

    session: str
    batch: str


class ViewOrder(TypedDict):
    """What a tab shows.

    A session, with ``batch`` null for whatever is active there; or ``project``, by its key, with the batch to show, for
    one that some session of the kernel has open. ``history`` has no view of its own: it answers for lists of batches.
    """

    view: Literal["gallery", "progress", "lineage", "history"]
    session: str | None
    project: str | None
    batch: str | None


class TraitsMessage(TypedDict):
    """What the kernel sends on these comms when traits change: values, and the names of those that are buffers."""

    kind: Literal["traits"]
    values: dict[str, Any]
    buffers: list[str]


class GoneMessage(TypedDict):
    """The last message on a comm whose session or project is no more."""

    kind: Literal["gone"]
    message: str


SIDEBAR_REQUESTS: dict[str, tuple[type[Any], type[Any]]] = {
    "session.pause": (SessionRef, Empty),
    "session.resume": (SessionRef, Empty),
    "session.cancel_batch": (SessionBatch, Empty),
    "session.resume_batch": (SessionBatch, Empty),
    "session.retry_failed": (SessionBatch, Empty),
}
"""Every request on the comm of the sidebar: the type of its parameters, and of its result."""


class SessionKernels(TypedDict):
    """The running kernels of the server, by id, that have or had a batch session, and the projects these opened."""

    kernels: dict[str, list[ProjectRef]]


class FoundProject(TypedDict):
    """A project under the server's root.

    ``path`` leads from the root to it, with slashes; ``problem`` says why it can't be read, where that is so.
    """

    key: str
    name: str
    path: str
    batches: int
    changed_at: float
    problem: NotRequired[str]


class FoundProjects(TypedDict):
    """The projects under the server's root, the last changed first; ``complete`` is false where the search was cut."""

    projects: list[FoundProject]
    complete: bool


class Place(TypedDict):
    """What the server reads: a project, or an exported archive, by its path from the root."""

    path: str


class GalleryOrder(TypedDict):
    """The batch to show; null for everything in an archive. ``revision`` is of what the page has, empty for nothing."""

    batch: str | None
    revision: str


class GalleryState(TypedDict):
    """The list of assets on show, null while it is what the page has; kinds and marks are in two buffers beside it."""

    revision: str
    gallery: GallerySummary | None


SERVER_REQUESTS: dict[str, tuple[type[Any], type[Any]]] = {
    "gallery.open": (GalleryOrder, GalleryState),
    "assets.get": (AssetPositions, AssetRecords),
    "assets.thumbnails": (AssetPositions, Thumbnails),
    "assets.media": (MediaRange, MediaChunk),
    "assets.columns": (SourceRange, Columns),
    "cells.get": (SourceRange, Columns),
    "history.get": (HistoryQuery, HistoryPage),
    "history.compare": (BatchPair, BatchComparison),
    "assets.thumbnails_by_id": (AssetIds, AssetThumbnails),
    "lineage.get": (LineageRef, Lineage),
}
"""Every request that the server answers for a project or an archive: the type of its parameters, and of its result."""
