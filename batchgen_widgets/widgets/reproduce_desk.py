"""*Make again* in the details of an asset: one request starts it, others follow it, and closing the dialog stops it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..batches import Asset
from ..errors import BatchgenError, StateError
from ..runner import Reproduction, Watch, reproduce
from .base import Answer, Reply, command
from .shelf import Shelf

__all__ = ["ReproduceDesk"]

_FORGOTTEN_S = 30.0
"""How long a page may be silent, as when it was reloaded, before nobody waits any more."""

_KEPT = 8  # results, for pages that ask late
_PICTURE = 768


class ReproduceDesk:
    """Makes assets of a gallery again, each in a thread of its own: deliveries go on meanwhile."""

    is_live = False
    offers = "reproduce"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._numbers = itertools.count(1)
        self._runs: dict[str, _Run] = {}

    def state(self) -> dict[str, Any]:
        """Give no traits: only the page that asked wants to know."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {
            "asset.reproduce": self._start,
            "asset.reproduce_stop": command(lambda params: self._run(params).watch.stop.request()),
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give the request whose last answer has a picture with it."""
        return {"asset.reproduced": self._look}

    def _start(self, params: Mapping[str, Any]) -> Reply:
        asset = self._shelf.pick_one(params["source"], int(params["position"]))
        run_id = str(next(self._numbers))
        for old in list(self._runs)[: -_KEPT + 1]:
            self._runs.pop(old).watch.stop.request()
        self._runs[run_id] = _Run(asset)
        return {"run": run_id, "seconds": _seconds(self._shelf, asset)}, []

    def _run(self, params: Mapping[str, Any]) -> _Run:
        run = self._runs.get(str(params["run"]))
        if run is None:
            raise StateError("that was given up; press Make again once more")
        return run

    def _look(self, params: Mapping[str, Any]) -> Reply:
        return self._run(params).look()


class _Run:
    def __init__(self, asset: Asset) -> None:
        self.watch = Watch()
        self._asset = asset
        self._asked = time.monotonic()
        self._over = threading.Event()
        self._made: Reproduction | None = None
        self._problem: str | None = None
        threading.Thread(target=self._work, name="batchgen-again", daemon=True).start()
        threading.Thread(target=self._mind, name="batchgen-again-watch", daemon=True).start()

    def _work(self) -> None:
        try:
            self._made = reproduce(self._asset, watch=self.watch)
        except Exception as error:
            text = str(error) or type(error).__name__
            self._problem = text if isinstance(error, BatchgenError) else f"{type(error).__name__}: {text}"
        finally:
            self._over.set()

    def _mind(self) -> None:
        """Stop it when nobody asks any more."""
        while not self._over.wait(_FORGOTTEN_S / 10):
            if time.monotonic() - self._asked > _FORGOTTEN_S:
                self.watch.stop.request()
                return

    def look(self) -> Reply:
        """Say where it stands; once it is done, with a picture of what was made."""
        self._asked = time.monotonic()
        state: dict[str, Any] = {
            "done": self._over.is_set(),
            "progress": self.watch.progress,
            "message": self.watch.message,
            "problem": self._problem,
            "result": None,
        }
        made = self._made
        if made is None or not self._over.is_set():
            return state, []
        state["result"] = {
            "verdict": made.verdict,
            "summary": made.summary,
            "distance": made.distance,
            "measure": made.measure,
            "limit": made.limit,
            "changes": list(made.changes),
        }
        return state, [_picture(made)]


def _picture(made: Reproduction) -> bytes:
    from ..media import make_thumbnail

    with suppress(OSError, TypeError, ValueError):  # what was compared can't be drawn: the verdict is what counts
        return make_thumbnail(made.media, made.original.kind, _PICTURE)
    return b""


def _seconds(shelf: Shelf, asset: Asset) -> float | None:
    """Say how long the task took, which it will about take again."""
    batch = shelf.known_batch(asset)
    task = batch.tasks[asset.task_index] if batch else None
    if task is None or task.started_at is None or task.completed_at is None:
        return None
    return (task.completed_at - task.started_at).total_seconds() / task.group_size
