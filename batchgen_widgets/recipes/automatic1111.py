"""The text by which AUTOMATIC1111's web UI and its many relatives say how a picture was made.

::

    a lighthouse at dawn
    Negative prompt: blurry
    Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 1, Size: 512x768, Model: landscapes
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from .names import as_number, as_whole, known, other_names
from .recipe import Recipe

__all__ = ["read_automatic1111", "write_automatic1111"]

_NEGATIVE: Final = "Negative prompt:"
_SETTINGS: Final = re.compile(r"Steps: \s*\d")
# A name, then a value: in quotes as JSON has them, or up to the next comma.
_SETTING: Final = re.compile(r'\s*([^:,"]{1,80}?)\s*:\s*("(?:[^"\\]|\\.)*"(?=\s*(?:,|$))|[^,]*)(?:,|$)', re.DOTALL)
_SIZE: Final = re.compile(r"(\d{1,6})\s*x\s*(\d{1,6})")
_MOST_SETTINGS: Final = 1000
_LONGEST_SETTINGS: Final = 64_000
_FEWEST: Final = 3
"""A line of fewer settings is taken for a part of the prompt."""
_NUMBERS: Final = {"steps": as_whole, "seed": as_whole, "cfg_scale": as_number, "denoise": as_number}
_NAMES: Final = {
    "Steps": "steps",
    "Sampler": "sampler",
    "Schedule type": "scheduler",
    "CFG scale": "cfg_scale",
    "Seed": "seed",
    "Model": "model",
    "Denoising strength": "denoise",
}
_ORDER: Final = ("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model", "Denoising strength")


def read_automatic1111(notes: Mapping[str, str]) -> Recipe | None:
    """Read it from a PNG's ``parameters``, or from the user comment in the EXIF data of other images."""
    for place in ("parameters", "exif.usercomment", "comment", "exif.imagedescription"):
        text = notes.get(place, "")
        found = _parse(text)
        if found is not None:
            return found
    return None


def _parse(text: str) -> Recipe | None:
    text = text.replace("\r\n", "\n").strip()
    start = _start_of_settings(text)
    if start is None and _NEGATIVE not in text:
        return None
    words, settings = (text, "") if start is None else (text[:start], text[start : start + _LONGEST_SETTINGS])
    prompt, _, negative = f"\n{words}".partition(f"\n{_NEGATIVE}")
    params: dict[str, Any] = {"prompt": prompt.strip(), "negative_prompt": negative.strip()}
    raw: dict[str, Any] = {}
    for name, value in _settings(settings):
        usual = _NAMES.get(name)
        size = _SIZE.fullmatch(value) if name == "Size" else None
        if size:
            params |= {"width": int(size[1]), "height": int(size[2])}
        elif usual and (found := _NUMBERS.get(usual, str)(value)) is not None:
            params.setdefault(usual, found)
        else:
            raw[name] = value
    return Recipe(params=known(params), made_by="automatic1111", raw={**raw, "parameters": text})


def _start_of_settings(text: str) -> int | None:
    """Find the line of settings: the last one that begins with the steps, since a prompt may say anything."""
    at = text.rfind("\nSteps: ")
    if at >= 0 and _SETTINGS.match(text, at + 1):
        return at + 1
    return 0 if _SETTINGS.match(text) else None


def _settings(text: str) -> list[tuple[str, str]]:
    found, at = list[tuple[str, str]](), 0
    while len(found) < _MOST_SETTINGS and (match := _SETTING.match(text, at)) and match.end() > at:
        found.append((match[1].strip(), _unquoted(match[2].strip())))
        at = match.end()
    return found


def _unquoted(value: str) -> str:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        try:
            return str(json.loads(value, strict=False))
        except ValueError:
            return value
    return value


def write_automatic1111(params: Mapping[str, Any]) -> str | None:
    """Write parameters that way, where there are a prompt and enough with the usual names; else None."""
    prompt = _find(params, "prompt")
    settings = {title: _find(params, name) for title, name in _NAMES.items()}
    width, height = _find(params, "width"), _find(params, "height")
    settings["Size"] = None if width is None or height is None else f"{width}x{height}"
    given = {title: settings[title] for title in _ORDER if settings[title] not in (None, "")}
    if not isinstance(prompt, str) or len(given) < _FEWEST:
        return None
    lines = [prompt]
    negative = _find(params, "negative_prompt")
    if isinstance(negative, str) and negative:
        lines.append(f"{_NEGATIVE} {negative}")
    lines.append(", ".join(f"{title}: {_quoted(value)}" for title, value in given.items()))
    return "\n".join(lines)


def _find(params: Mapping[str, Any], name: str) -> Any:
    for candidate in (name, *other_names(name)):
        if params.get(candidate) is not None:
            return params[candidate]
    return None


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ',:\n"') else text
