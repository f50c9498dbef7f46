"""Earlier batches: found, shown again in the gallery, compared, and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..batches import Batch
from ..errors import BatchgenError, ResultError, StateError
from ..projects.history import summarize_config
from ..sessions import BatchSession
from ..wire import asset_thumbnail, history_page
from .base import Answer, Reply, command
from .shelf import Shelf

__all__ = ["HistoryDesk", "held_batch"]

_MAX_THUMBNAILS = 80


def held_batch(shelf: Shelf) -> dict[str, Any]:
    """Give what `types.GallerySummary` says of the batch that somebody asked to see; nothing where nobody did."""
    held = shelf.held
    if held is None:
        return {}
    created = held.created_at.timestamp()
    return {"held": {"created_at": created, "generator": held.generator, "newer": shelf.newer_runs}}


class HistoryDesk:
    """Answers the history dialog of a gallery, for the project that its assets belong to."""

    is_live = False
    offers = "history"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        """Give no traits: what is on show is the gallery's."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {
            "history.show": command(lambda params: self._shelf.show(params["batch"])),
            "history.use": self._use,
            "history.resume": command(lambda params: self._session.resume_batch(params["batch"])),
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that look through many rows, or read files."""
        return {
            "history.get": self._get,
            "history.compare": self._compare,
            "assets.thumbnails_by_id": self._thumbnails,
        }

    @property
    def _session(self) -> BatchSession:
        if self._shelf.session is None:
            raise StateError("only a session runs batches; make a gallery of the session")
        return self._shelf.session

    def _get(self, params: Mapping[str, Any]) -> Reply:
        session = self._shelf.session
        own = session.generator.name if session else None
        return history_page(self._shelf.project, params, own=own, shown=self._shelf.now()[0]), []

    def _use(self, params: Mapping[str, Any]) -> Reply:
        return {"notes": use_settings(self._session, self._session.project.batch(params["batch"]))}, []

    def _compare(self, params: Mapping[str, Any]) -> Reply:
        return self._shelf.project.compare(params["a"], params["b"]).to_json(), []

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        items, buffers = [], []
        files = self._shelf.project.asset_files(list(map(str, params["ids"]))[:_MAX_THUMBNAILS])
        for asset_id, each in files.items():
            try:
                picture = asset_thumbnail(each)
            except (OSError, ResultError, ValueError):  # the file is gone, or no medium any more: there is no picture
                continue
            items.append({"id": asset_id, "type": "image/webp"})
            buffers.append(picture)
        return {"items": items}, buffers


def use_settings(session: BatchSession, batch: Batch) -> list[str]:
    """Give a session the base parameters and the config of a batch; say what is new, one sentence each.

    Raises
    ------
    ConfigError
        When the generator does not take them any more. Nothing is changed then.
    StateError
        When another generator made the batch.
    """
    if batch.generator != session.generator.name:
        raise StateError(
            f"batch {batch.id} was made by {batch.generator}, and this session runs {session.generator.name}"
        )
    parameters = session.generator.parameters
    # The generator may have lost a parameter, and of an opaque value the project only kept a text.
    kept = {
        name: value
        for name, value in batch.base_parameters.items()
        if name in parameters and not (batch.restored and parameters[name].type == "any")
    }
    before, config = dict(session.base_parameters), session.config
    session.set_batch_config(batch.config)
    try:
        session.set_base_parameters(kept)
    except BatchgenError:
        session.set_batch_config(config)
        raise
    after = session.base_parameters
    changed = [
        name
        for name in kept
        if name not in before or parameters[name].to_json(before[name]) != parameters[name].to_json(after[name])
    ]
    lost = [name for name in batch.base_parameters if name not in kept]
    notes = [f"Tasks: {summarize_config(batch.config)}." if batch.config != config else "Tasks differ as before."]
    notes.append(f"Changed: {', '.join(changed)}." if changed else "The base parameters are the same.")
    if lost:
        notes.append(f"Left out, since the generator does not take it or its value was not kept: {', '.join(lost)}.")
    return notes
