"""`recall`: from a file to the recipe in it, whoever wrote it."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ParameterError
from ..media import NOTE, read_notes
from ..media.formats import JPEG, PNG, sniff
from .automatic1111 import read_automatic1111
from .comfyui import read_comfyui
from .invokeai import read_invokeai
from .recipe import Recipe

__all__ = ["has_recipe_in_front", "recall"]

_OTHERS = (read_invokeai, read_automatic1111, read_comfyui)
_LOOKED_FOR = "neither batchgen_widgets nor AUTOMATIC1111, ComfyUI or InvokeAI left a recipe in it"


def recall(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> Recipe:
    """Read how a file was made from the file itself.

    Parameters
    ----------
    source : path or bytes
        A PNG, JPEG, WebP, AVIF, MP4, M4A, WebM, WAV, FLAC or Ogg file; with the recipe that we wrote into it, or with
        one of AUTOMATIC1111 and its relatives, of ComfyUI, or of InvokeAI.

    Returns
    -------
    Recipe

    Raises
    ------
    ParameterError
        When it is no media file, or there is no recipe in it; its field is ``source``.
    OSError
        When the file can't be read.

    Examples
    --------
    >>> recipe = bg.recall("poster.png")  # doctest: +SKIP
    >>> session.set_base_parameters(recipe.params)  # doctest: +SKIP
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        return _read(data, f"the file of {len(data):,} bytes")
    path = Path(source).expanduser()
    return _read(path, str(path))


def has_recipe_in_front(head: bytes) -> bool:
    """Say whether the first bytes of a file are enough to recall: of formats that have all such texts in front."""
    found = sniff(head)
    if found not in (PNG, JPEG):
        return False
    notes = read_notes(head) or {}
    return NOTE in notes or any(read(notes) for read in _OTHERS)


def _read(source: Path | bytes, name: str) -> Recipe:
    notes = read_notes(source)
    if notes is None:
        raise ParameterError(
            f"source: {name} is no image, video or sound of a kind that carries a recipe", field="source"
        )
    damage = ""
    if NOTE in notes:
        try:
            return Recipe.from_json(notes[NOTE])
        except ValueError as error:
            damage = f" Ours is in it, but damaged: {error}."
    for read in _OTHERS:
        found = read(notes)
        if found is not None:
            return found
    msg = f"source: {name} says nothing about how it was made; {_LOOKED_FOR}.{damage} "
    cure = "Programs and sites that save or convert a file often drop it: take the file as it was first written"
    raise ParameterError(msg + cure, field="source")
