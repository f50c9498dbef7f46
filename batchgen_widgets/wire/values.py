"""Python values as the browser can take them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from ..batches.fields import clip
from ..generators.inputs import media_label
from ..generators.parameters import plain
from ..texts import cut

__all__ = ["LONGEST_NAME", "plain_params"]

LONGEST_NAME: Final = 1_000


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Give parameters or metrics as JSON scalars; what is none becomes its text."""
    return {cut(str(name), LONGEST_NAME): _scalar(value) for name, value in params.items()}


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
