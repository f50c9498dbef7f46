"""The form field of a parameter that takes media: files that are dropped on it, and results of a gallery beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ..batches import Asset
from ..errors import ParameterError, ResultError, StateError
from ..generators import Parameter
from ..generators.inputs import MediaInput
from ..sessions import BatchSession
from ..wire import asset_thumbnail
from .base import Answer, Reply, command
from .shelf import Shelf

__all__ = ["MAX_UPLOAD_BYTES", "InputsDesk"]

MAX_UPLOAD_BYTES = 256 * 1024 * 1024
"""The largest file that comes through the browser; larger ones are given by their path, in Python."""

_SHOWN = 24
_AT_ONCE = 4  # uploads
_SIZE = 96


class InputsDesk:
    """Takes what the next batch of a session shall be made from.

    Parameters
    ----------
    session : BatchSession
    shelf : Shelf, optional
        The gallery beside the form, whose results can be taken.
    """

    is_live = False

    def __init__(self, session: BatchSession, shelf: Shelf | None = None) -> None:
        self._session = session
        self._shelf = shelf
        self._uploads: dict[str, bytearray] = {}

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""
        given = {}
        for name in self._media():
            values = self._values(name)
            items = [
                {"id": _id(value), "name": _name(value), "kind": getattr(value, "kind", None)}
                for value in values[:_SHOWN]
            ]
            given[name] = {"count": len(values), "items": items}
        return {"inputs": {"given": given, "takes": self._shelf is not None}}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {"inputs.take": command(self._take), "inputs.remove": command(self._remove)}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that write and read files."""
        return {"inputs.upload": self._upload, "inputs.thumbnails": self._thumbnails}

    def _media(self) -> list[str]:
        return [name for name, parameter in self._session.generator.parameters.items() if parameter.is_media]

    def _values(self, name: str) -> list[Any]:
        several = self._session.inputs.get(name)
        if several is not None:
            return list(several)
        value = self._session.base_parameters.get(name)
        return [] if value is None else [value]

    def _parameter(self, params: Mapping[str, Any]) -> Parameter:
        parameter = self._session.generator.parameter(str(params["parameter"]))
        if not parameter.is_media:
            raise _problem(parameter, "takes no media")
        return parameter

    def _set(self, parameter: Parameter, values: Sequence[Any]) -> None:
        """Give a parameter one value as a base parameter, several as inputs; the inputs of others stay."""
        if len(values) == 1:
            self._session.set_base_parameters({parameter.name: values[0]})
        elif values:
            self._session.set_inputs_of(parameter.name, values)
        else:
            self._session.clear_inputs(parameter.name)

    def _take(self, params: Mapping[str, Any]) -> None:
        """Take the selected results of the gallery, or its favorites."""
        if self._shelf is None:
            raise StateError("there is no gallery beside this form; give a file")
        parameter, which = self._parameter(params), params["which"]
        if which not in ("selected", "favorites"):
            msg = f"which: {which!r} is not allowed; choose 'selected' or 'favorites'"
            raise ParameterError(msg, field="which", value=which)
        chosen: list[Asset] = (
            self._shelf.selected() if which == "selected" else [a for a in self._shelf.now()[2] if a.favorite]
        )
        if not chosen:
            cure = "select some results" if which == "selected" else "star some results"
            raise _problem(parameter, f"nothing to take; {cure} in the gallery first; it shows earlier batches, too")
        wrong = [asset for asset in chosen if parameter.type not in ("asset", asset.kind)]
        if wrong:
            raise _problem(parameter, f"{wrong[0].path.name} is of kind {wrong[0].kind}; {parameter.allowed}")
        self._set(parameter, chosen)

    def _remove(self, params: Mapping[str, Any]) -> None:
        """Take one value away, or all of them."""
        parameter, index = self._parameter(params), params["index"]
        values = self._values(parameter.name)
        kept = [] if index is None else [value for place, value in enumerate(values) if place != int(index)]
        self._set(parameter, kept)

    def _upload(self, params: Mapping[str, Any]) -> Reply:
        """Take a piece of a file; with the last one the file becomes a value."""
        parameter = self._parameter(params)
        name, size, offset = str(params["name"]), int(params["size"]), int(params["offset"])
        if parameter.type == "asset":
            raise _problem(parameter, "takes results of this project only; use those of the gallery")
        if not 0 < size <= MAX_UPLOAD_BYTES:
            why = f"larger than {MAX_UPLOAD_BYTES // 2**20} MB" if size > 0 else "empty"
            cure = "; give it by its path in Python: session.set_base_parameters" if size > 0 else ""
            raise _problem(parameter, f"{name} is {why}{cure}")
        key = str(params["upload"])
        if offset == 0:
            for old in list(self._uploads)[: -_AT_ONCE + 1]:  # a page that was closed does not say so
                self._uploads.pop(old, None)
            self._uploads[key] = bytearray()
        received = self._uploads.get(key)
        try:
            piece = base64.b64decode(params["data"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            self._uploads.pop(key, None)
            raise _problem(parameter, f"{name} did not arrive whole; drop it once more") from None
        if received is None or offset != len(received) or offset + len(piece) > size:
            self._uploads.pop(key, None)
            raise _problem(parameter, f"{name} did not arrive whole; drop it once more")
        received += piece
        if len(received) < size:
            return {"next": len(received)}, []
        self._uploads.pop(key, None)
        try:
            value = parameter.validate(bytes(received))
        except ParameterError as error:
            raise _problem(parameter, f"{name}: {error.reason}") from None
        value.name = Path(name).name or value.name
        self._set(parameter, [*(self._values(parameter.name) if params["add"] else ()), value])
        return {"next": None}, []

    def _thumbnails(self, params: Mapping[str, Any]) -> Reply:
        parameter = self._parameter(params)
        items, buffers = [], []
        for place, value in enumerate(self._values(parameter.name)[:_SHOWN]):
            picture = _thumbnail(value)
            if picture:
                items.append({"position": place, "type": "image/webp"})
                buffers.append(picture)
        return {"items": items}, buffers


def _problem(parameter: Parameter, message: str) -> ParameterError:
    # It is read below the field: its name need not be in the message.
    return ParameterError(message, field=f"inputs.{parameter.name}")


def _name(value: Any) -> str:
    return value.path.name if isinstance(value, Asset) else str(getattr(value, "name", value))


def _id(value: Any) -> str:
    """Give what tells a value from others: of a file the hash of its content."""
    path = getattr(value, "path", None)
    return value.id if isinstance(value, Asset) else path.stem if path else str(value)


def _thumbnail(value: Any) -> bytes | None:
    with suppress(OSError, ResultError, ValueError):  # a file that is gone or damaged has no picture
        if isinstance(value, Asset):
            return asset_thumbnail(value)
        if isinstance(value, MediaInput) and value.path is not None:
            return _file_thumbnail(value.path, value.kind)
    return None


@lru_cache(maxsize=256)
def _file_thumbnail(path: Path, kind: Literal["image", "video", "audio"]) -> bytes:
    from ..media import make_thumbnail

    return make_thumbnail(path, kind, _SIZE)
