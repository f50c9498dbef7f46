"""How InvokeAI says how a picture was made, now and in its earlier days."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from .names import as_number, as_whole, known
from .recipe import Recipe

__all__ = ["read_invokeai"]

_NOW: Final = {
    "prompt": "positive_prompt",
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "steps": "steps",
    "cfg_scale": "cfg_scale",
    "sampler": "scheduler",
    "width": "width",
    "height": "height",
    "model": "model",
    "denoise": "strength",
}
_BEFORE: Final = {**_NOW, "prompt": "prompt", "sampler": "sampler"}
_ACCEPT: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("seed", "steps", "width", "height"), as_whole),
    **dict.fromkeys(("cfg_scale", "denoise"), as_number),
}
_SWITCHES: Final = {
    "s": "steps",
    "S": "seed",
    "W": "width",
    "H": "height",
    "C": "cfg_scale",
    "A": "sampler",
    "f": "denoise",
}
_SWITCH: Final = re.compile(r"\s-([A-Za-z])\s*([\w.]+)")
_NEGATIVE: Final = re.compile(r"\[([^\[\]]*)\]")


def read_invokeai(notes: Mapping[str, str]) -> Recipe | None:
    """Read it from the texts of a PNG."""
    now, before = _load(notes.get("invokeai_metadata")), _load(notes.get("sd-metadata"))
    if now:
        params = {name: _accept(name, now.get(key)) for name, key in _NOW.items()}
        left = {key: value for key, value in now.items() if key not in _NOW.values()}
        return Recipe(params=known(params), made_by="invokeai", raw=left)
    if before:
        image = before.get("image")
        image = image if isinstance(image, dict) else {}
        params = {name: _accept(name, image.get(key)) for name, key in _BEFORE.items()}
        params["model"] = _accept("model", before.get("model_weights"))
        params |= _split(params.get("prompt"))
        left = {key: value for key, value in image.items() if key not in _BEFORE.values()}
        rest = {key: value for key, value in before.items() if key not in ("image", "model_weights")}
        return Recipe(params=known(params), made_by="invokeai", raw={**rest, **left})
    if "dream" in notes:
        return _read_command(notes["dream"])
    return None


def _load(text: str | None) -> dict[str, Any] | None:
    try:
        data = json.loads(text, strict=False) if text else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _accept(name: str, value: Any) -> Any:
    if name == "prompt" and isinstance(value, list):  # weighted parts
        parts = [part.get("prompt") if isinstance(part, dict) else part for part in value]
        value = ", ".join(part for part in parts if isinstance(part, str))
    if name == "model" and isinstance(value, dict):
        inner = value.get("model")
        found = [value.get(key) for key in ("name", "model_name", "key")]
        value = next((each for each in found if each), inner if isinstance(inner, str) else None)
    accept = _ACCEPT.get(name)
    return accept(value) if accept else value if isinstance(value, str) else None


def _read_command(text: str) -> Recipe:
    """Read a line as it was typed: ``"a lighthouse [blurry]" -s 20 -S 1 -W 512 -H 512 -C 7.5 -A k_euler``."""
    line = text.strip()
    quoted = line.startswith('"') and line.rfind('"') > 0
    first = None if quoted else _SWITCH.search(line)
    end = line.rfind('"') + 1 if quoted else first.start() if first else len(line)
    params: dict[str, Any] = _split(line[:end].strip('"'))
    for letter, value in _SWITCH.findall(line[end:]):
        usual = _SWITCHES.get(letter)
        if usual:
            params.setdefault(usual, _accept(usual, value))
    return Recipe(params=known(params), made_by="invokeai", raw={"dream": text})


def _split(prompt: object) -> dict[str, Any]:
    """Take what shall not be in the picture out of a prompt: what stands in square brackets."""
    if not isinstance(prompt, str):
        return {}
    negative = ", ".join(part.strip() for part in _NEGATIVE.findall(prompt) if part.strip())
    return known({"prompt": " ".join(_NEGATIVE.sub(" ", prompt).split()), "negative_prompt": negative})
