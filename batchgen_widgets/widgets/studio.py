"""The studio: config, progress and gallery in one cell."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ..generators import Generator
from ..projects import Project
from ..sessions import BatchSession
from .base import BatchgenWidget
from .config_panel import ConfigDesk, ConfigView
from .frontend import module
from .gallery_view import GalleryDesk, GalleryView, Shelf
from .progress_display import ProgressDesk, ProgressView

__all__ = ["BatchStudio"]


class BatchStudio(ConfigView, ProgressView, GalleryView, BatchgenWidget):
    """Configure, run, watch and curate batches of a generator in one cell.

    Parameters
    ----------
    generator : Generator, callable or BatchSession
        What makes the media; a session shows that session.
    project : Project or path-like, default "batchgen-project"
        Where batches and assets are kept.
    workers : int, default 1
        How many tasks run at once.
    executor : {"thread"}, default "thread"
        Where the generator runs.
    layout, tooltip, tabbable : optional
        As with any widget.

    Attributes
    ----------
    session : BatchSession
        Everything the studio does is a method of it.
    config, base_parameters, status, progress, favorites, discarded
        As in `BatchConfigPanel`, `BatchProgressDisplay` and `BatchGalleryView`.
    """

    _esm = module("studio")

    def __init__(
        self,
        generator: Generator | Callable[..., Any] | BatchSession,
        project: Project | str | os.PathLike[str] | None = None,
        *,
        workers: int | None = None,
        executor: str | None = None,
        **layout: Any,
    ) -> None:
        given = {"project": project, "workers": workers, "executor": executor}
        options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if isinstance(generator, BatchSession):
            if options:
                raise TypeError(
                    f"{', '.join(options)}: set when the BatchSession was made; give either a session or a generator"
                )
            self.session = generator
        else:
            self.session = BatchSession(generator, **options)
        self.shelf = Shelf(self.session)
        desks = [ConfigDesk(self.session), ProgressDesk(self.session), GalleryDesk(self.shelf)]
        super().__init__(self.session.project.ledger, desks, **layout)
