"""The studio: config, progress and gallery in one cell."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

from ..generators import Generator
from ..projects import Project
from ..sessions import BatchSession
from .base import BatchgenWidget
from .config_panel import ConfigDesk, ConfigView
from .frontend import module
from .gallery_view import GalleryView, gallery_desks
from .progress_display import ProgressDesk, ProgressView
from .queue_desk import QueueDesk
from .reuse_desk import ReuseDesk
from .shelf import Shelf

__all__ = ["BatchStudio"]


class BatchStudio(ConfigView, ProgressView, GalleryView, BatchgenWidget):
    """Configure, run, watch and curate batches of a generator in one cell.

    Parameters
    ----------
    generator : Generator, callable or BatchSession
        What makes the media; a session shows that session.
    project : Project or path-like, default "batchgen-project"
        Where batches and assets are kept.
    **options
        Those of `BatchSession` (workers, executor, retries, timeout...), and layout, tooltip and tabbable as with any
        widget.

    Attributes
    ----------
    session : BatchSession
        Everything the studio does is a method of it.
    config, base_parameters, status, progress, favorites, discarded, shown, selected, query
        As in `BatchConfigPanel`, `BatchProgressDisplay` and `BatchGalleryView`.
    """

    _esm = module("studio")
    options = tuple(name for name in inspect.signature(BatchSession).parameters if name not in ("generator", "project"))

    def __init__(
        self,
        generator: Generator | Callable[..., Any] | BatchSession,
        project: Project | str | os.PathLike[str] | None = None,
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
            self.session = BatchSession(generator, **options)
        self.shelf = Shelf(self.session)
        progress = [ProgressDesk(self.session), QueueDesk(self.session)]
        gallery = [*gallery_desks(self.shelf), ReuseDesk(self.session, self.shelf)]
        desks = [ConfigDesk(self.session), *progress, *gallery]
        super().__init__(self.session.project.ledger, desks, **layout)
