"""From whatever a generator returned to a list of media and a dict of metrics."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.formats import MediaKind, read_format
from batchgen_widgets.media.pixels import as_array, is_array, is_picture, to_picture
from batchgen_widgets.media.probe import probe
from batchgen_widgets.media.values import Audio, Video

if TYPE_CHECKING:
    from PIL import Image

Metric = float | int | str | bool

_Filled = TypeVar("_Filled", bound=Collection[object])

_ALLOWED = (
    "A generator may return a PIL image, a NumPy array or torch tensor (HxW, HxWx3, HxWx4), encoded bytes, the path of "
    "a media file, bg.Audio, bg.Video, or a list or dict of these; numbers and strings in a dict are metrics"
)


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One image, clip or sound that a generator returned, ready to be written.

    Attributes
    ----------
    kind : {"image", "video", "audio"}
    source : PIL.Image.Image, Audio, Video, bytes or Path
        A value to encode, or an encoded file, which is kept as it is.
    suffix : str
        Of the file that it becomes, with its dot.
    name : str or None
        Its key, when the generator returned a dict.
    """

    kind: MediaKind
    source: Image.Image | Audio | Video | bytes | Path
    suffix: str
    name: str | None = None


@dataclass(slots=True)
class Outputs:
    """Everything that one task made.

    Attributes
    ----------
    items : list of MediaItem
        In the order of the list or dict.
    metrics : dict of str to float, int, str or bool
        They belong to every item.
    """

    items: list[MediaItem] = field(default_factory=list)
    metrics: dict[str, Metric] = field(default_factory=dict)


def normalize(result: object) -> Outputs:
    """Sort what a generator returned into media and metrics, and check all of it.

    Parameters
    ----------
    result : object
        A PIL image; an array or tensor of shape HxW, HxWx1, HxWx3 or HxWx4 (uint8, bool, or floats in 0..1); encoded
        bytes; a path; `Audio`; `Video`; a list or a dict of these. Numbers and strings in a dict are metrics; a list in
        a dict gives all its media the name of its key.

    Returns
    -------
    Outputs
        Items hold a PIL image, `Audio`, `Video`, bytes or a path.

    Raises
    ------
    ResultError
        When something is no media; it names the place, the type, and what is allowed.
    OSError
        When a file cannot be read.
    """
    outputs = Outputs()
    if isinstance(result, Mapping):
        for key, value in _filled(result, "the result").items():
            _add_entry(outputs, str(key), value, f"result[{key!r}]")
        if not outputs.items:
            _refuse_lone_paths(outputs.metrics)
    elif isinstance(result, list | tuple):
        outputs.items += [_to_item(each, f"result[{i}]") for i, each in enumerate(_filled(result, "the result"))]
    else:
        outputs.items.append(_to_item(result, "the result"))
    return outputs


def _filled(value: _Filled, where: str) -> _Filled:
    if not value:
        raise ResultError(f"{where} is an empty {type(value).__name__}. {_ALLOWED}")
    return value


def _add_entry(outputs: Outputs, key: str, value: object, where: str) -> None:
    metric = _to_metric(value)
    if metric is not None:
        outputs.metrics[key] = metric
    elif isinstance(value, list | tuple):
        outputs.items += [_to_item(each, f"{where}[{i}]", key) for i, each in enumerate(_filled(value, where))]
    else:
        outputs.items.append(_to_item(value, where, key))


def _to_metric(value: object) -> Metric | None:
    if is_array(value) and value.ndim == 0:  # type: ignore[attr-defined]
        value = as_array(value).item()
    if type(value).__module__ == "numpy" and hasattr(value, "item") and not is_array(value):
        value = value.item()
    if isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else None


def _refuse_lone_paths(metrics: Mapping[str, Metric]) -> None:
    # Strings in a dict are metrics; where there is nothing else, a path was surely meant as media.
    for key, value in metrics.items():
        if isinstance(value, str) and os.path.splitext(value)[1] and os.path.isfile(value):
            raise ResultError(
                f"result[{key!r}] is the string {value!r}, which would be a metric, but it names a file, and "
                f"the result holds no media. Return pathlib.Path({value!r}) to keep the file"
            )


def _to_item(value: object, where: str, name: str | None = None) -> MediaItem:
    if is_picture(value) or is_array(value):
        return MediaItem("image", to_picture(value, where), ".png", name)
    if isinstance(value, Audio):
        return MediaItem("audio", value, ".wav", name)
    if isinstance(value, Video):
        return MediaItem("video", value, ".mp4", name)
    if isinstance(value, bytes | bytearray | memoryview):
        return _encoded(bytes(value), where, name)
    if isinstance(value, str | os.PathLike):
        path = Path(value)
        if not path.is_file():
            raise ResultError(f"{where} is {str(path)!r}, read as the path of a media file, but there is no such file")
        return _encoded(path, f"{where}, the file {str(path)!r},", name)
    raise ResultError(f"{where} is {_name_type(value)}. {_ALLOWED}")


def _encoded(source: bytes | Path, where: str, name: str | None) -> MediaItem:
    kind = probe(source, where=where).kind
    return MediaItem(kind, source, read_format(source, where).suffix_as(kind), name)


def _name_type(value: object) -> str:
    if value is None:
        return "None: did the function forget its return?"
    kind = type(value)
    if isinstance(value, list | tuple | Mapping):
        return f"a {kind.__name__} inside a list or dict; media may be nested one list deep inside a dict, no deeper"
    return f"a {kind.__name__}" if kind.__module__ == "builtins" else f"a {kind.__module__}.{kind.__qualname__}"
