"""Python values as the browser can take them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from ..batches.fields import clip
from ..generators.inputs import media_label
from ..generators.parameters import plain
from ..texts import whole

__all__ = ["plain_params", "whole_texts"]


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Give parameters or metrics as JSON scalars; what is none becomes its text."""
    return {str(name): _scalar(value) for name, value in params.items()}


def _scalar(value: Any) -> str | int | float | bool | None:
    if isinstance(value, Enum):
        return value.name
    value = plain(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else media_label(value) or repr(value)
    return clip(text)


def whole_texts(value: Any) -> Any:
    """Give JSON-able data as a message can carry it: a text with half a surrogate pair has no UTF-8."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        return {whole_texts(name): whole_texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [whole_texts(item) for item in value]
    return value
