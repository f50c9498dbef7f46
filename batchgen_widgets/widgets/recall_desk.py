"""A media file that is dropped on the config panel fills it in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from ..errors import ParameterError
from ..recipes import Fit, Recipe, has_recipe_in_front, recall
from ..sessions import BatchSession
from ..texts import cut
from .base import Answer, Reply

__all__ = ["MAX_RECALL_BYTES", "RecallDesk"]

MAX_RECALL_BYTES: Final = 64 * 2**20
"""The largest file that comes through the browser; larger ones are read in Python."""

_LISTED: Final = 1_000


class RecallDesk:
    """Takes a file in pieces, reads its recipe, and sets what the generator of the session takes of it."""

    is_live = False

    def __init__(self, session: BatchSession) -> None:
        self._session = session
        # One at a time: whoever drops another file has given the first one up.
        self._upload = ""
        self._received = bytearray()

    def state(self) -> dict[str, Any]:
        """Give no traits: the settings are the config desk's."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests: none."""
        return {}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the slow requests: files are long."""
        return {"recipe.upload": self._take}

    def _take(self, params: Mapping[str, Any]) -> Reply:
        """Take a piece; with the last one, or as soon as that is enough, the recipe is read."""
        name = PurePath(str(params["name"]).replace("\\", "/")).name or "the file"
        upload, size, offset = str(params["upload"]), int(params["size"]), int(params["offset"])
        if size > MAX_RECALL_BYTES:
            raise _problem(
                f"{name} is larger than {MAX_RECALL_BYTES // 2**20} MB; read it in Python: "
                "session.use_recipe(bg.recall(path))"
            )
        if offset == 0:
            self._upload, self._received = upload, bytearray()
        try:
            piece = base64.b64decode(params["data"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            piece = b""
        received = self._received
        if upload != self._upload or offset != len(received) or not len(received) < len(received) + len(piece) <= size:
            raise _problem(f"{name} did not arrive whole; choose it once more")
        received += piece
        whole = len(received) == size
        if not whole and not (offset == 0 and has_recipe_in_front(piece)):
            return {"next": len(received), "taken": None}, []
        self._received = bytearray()
        return {"next": None, "taken": self._use(name, bytes(received))}, []

    def _use(self, name: str, data: bytes) -> dict[str, Any]:
        try:
            recipe = recall(data)
        except ParameterError as error:
            raise _problem(error.reason.replace(f"the file of {len(data):,} bytes", name)) from None
        found = self._session.use_recipe(recipe)
        return _wire(recipe, found, self._varied())

    def _varied(self) -> set[str]:
        """Name the parameters whose base value does not count as long as they vary."""
        config = self._session.config
        variation = config.variation_params
        if not config.enabled:
            return set()
        roles = {"seed": variation.vary_seeds, "prompt": variation.vary_prompts}
        parameters = self._session.generator.parameters.values()
        ranges = set(variation.parameter_ranges) if variation.vary_parameters else set()
        return ranges | {each.name for each in parameters if each.role and roles[each.role]}


def _wire(recipe: Recipe, found: Fit, varied: set[str]) -> dict[str, Any]:
    return {
        "made_by": recipe.made_by,
        "generator": recipe.generator and cut(recipe.generator, 200),
        "taken": list(found.params),
        "varied": [name for name in found.params if name in varied],
        "left_out": [
            {"name": cut(left.name, 200), "reason": cut(left.reason, 500)} for left in found.left_out[:_LISTED]
        ],
    }


def _problem(message: str) -> ParameterError:
    return ParameterError(message, field="")
