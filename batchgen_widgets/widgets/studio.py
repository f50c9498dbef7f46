"""The studio: config, progress and gallery in one cell."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

from ..generators import Generator
from ..pages import SNAPSHOT_BYTES
from ..projects import Project
from ..sessions import BatchSession
from .attach import attach
from .base import BatchgenWidget
from .code_desk import CodeDesk
from .config_panel import ConfigDesk, ConfigView
from .frontend import module
from .gallery_view import GalleryView, gallery_desks
from .inputs_desk import InputsDesk
from .progress_display import ProgressDesk, ProgressView
from .queue_desk import QueueDesk
from .recall_desk import RecallDesk
from .reuse_desk import ReuseDesk
from .shelf import Shelf
from .snapshot import pictures_of

__all__ = ["BatchStudio"]


class BatchStudio(ConfigView, ProgressView, GalleryView, BatchgenWidget):
    """Configure, run, watch and curate batches of a generator in one cell.

    Parameters
    ----------
    generator : Generator, callable or BatchSession
        What makes the media; a session shows that session.
    project : Project or path-like, default "batchgen-project"
        Where batches and assets are kept.
    snapshot_bytes : int, default 300_000
        How much the notebook's file may grow by the picture that the cell shows without its kernel, 20,000 to
        10,000,000; 0 for no picture.
    **options
        Those of `BatchSession` (workers, executor, retries, timeout...), and layout, tooltip and tabbable as with any
        widget.

    Notes
    -----
    When the cell runs again, its new studio takes the open session of the last one: of the same project, the same name
    of the generator and the same options. So it shows and commands the same batches, running or finished, and keeps
    the settings. The generator that is given now replaces the one before: new and retried tasks call it, and what waits
    in the queue keeps the old one. In a new kernel the studio shows the newest batch of that generator in the project,
    and offers to resume what was interrupted. Who wants a second session of a generator makes a `BatchSession`, and
    gives that.

    Attributes
    ----------
    session : BatchSession
        Everything the studio does is a method of it.
    config, base_parameters, status, progress, favorites, discarded, shown, selected, query
        As in `BatchConfigPanel`, `BatchProgressDisplay` and `BatchGalleryView`.
    """

    _esm = module("studio")
    options = (
        *(name for name in inspect.signature(BatchSession).parameters if name not in ("generator", "project")),
        "snapshot_bytes",
    )

    def __init__(
        self,
        generator: Generator | Callable[..., Any] | BatchSession,
        project: Project | str | os.PathLike[str] | None = None,
        *,
        snapshot_bytes: int | None = SNAPSHOT_BYTES,
        **options: Any,
    ) -> None:
        layout = {name: options.pop(name) for name in tuple(options) if name not in self.options}
        if project is not None:
            options["project"] = project
        if isinstance(generator, BatchSession):
            if options:
                raise TypeError(
                    f"{', '.join(options)}: set when the BatchSession was made; give either a session or a generator"
                )
            self.session = generator
        else:
            self.session = attach(generator, **options)
        self.shelf = Shelf(self.session)
        progress = [ProgressDesk(self.session), QueueDesk(self.session)]
        gallery = [*gallery_desks(self.shelf), ReuseDesk(self.session, self.shelf)]
        config = [
            ConfigDesk(self.session),
            CodeDesk(self.session),
            InputsDesk(self.session, self.shelf),
            RecallDesk(self.session),
        ]
        desks = [*config, *progress, *gallery]
        saved = pictures_of(self.shelf, snapshot_bytes)
        super().__init__(self.session.project.ledger, desks, saved=saved, **layout)
