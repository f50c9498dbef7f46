"""The usual names of parameters, and what else they are called."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["as_number", "as_whole", "other_names"]

# Each line means the same thing; the first word is the usual one.
_SAME: Final = (
    ("prompt", "positive_prompt", "text"),
    ("negative_prompt", "negative", "uncond_prompt"),
    ("seed", "noise_seed"),
    ("steps", "num_inference_steps", "num_steps", "inference_steps"),
    ("cfg_scale", "guidance_scale", "cfg", "guidance"),
    ("sampler", "sampler_name", "sampling_method"),
    ("scheduler", "scheduler_name", "schedule"),
    ("model", "checkpoint", "ckpt", "model_name", "model_id"),
    ("denoise", "strength", "denoising_strength"),
    ("width", "image_width"),
    ("height", "image_height"),
)


def other_names(name: str) -> Iterator[str]:
    """Give the other names of a parameter, the usual one first."""
    for names in _SAME:
        if name in names:
            yield from (other for other in names if other != name)


def as_whole(value: object) -> int | None:
    """Read a whole number, as a number or as a text."""
    number = as_number(value)
    if number is None:
        return None
    if isinstance(number, float):
        return int(number) if number.is_integer() else None
    return number


def as_number(value: object) -> int | float | None:
    """Read a finite number, as a number or as a text; None when it is none."""
    if isinstance(value, str):
        text = value.strip()
        try:
            value = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def known(params: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was found."""
    return {name: value for name, value in params.items() if value is not None and value != ""}
