"""Where the browser's part of a widget comes from."""

from __future__ import annotations

import warnings
from pathlib import Path

__all__ = ["module", "style"]

_STATIC = Path(__file__).resolve().parent.parent / "static"

_MISSING = """
export default { render({ el }) {
  el.textContent = "The front end of batchgen_widgets is not built. In a checkout, run: npm ci && npm run build (in
  js/).";
} };
"""


def module(name: str) -> Path | str:
    """Give the built module of a widget, or one that says how to build it."""
    path = _STATIC / f"{name}.js"
    if path.is_file():
        return path
    warnings.warn(f"{path.name} is not built; run npm ci && npm run build in js/", RuntimeWarning, stacklevel=2)
    return _MISSING


def style() -> Path | str:
    """Give the built style sheet; nothing where it is not built."""
    path = _STATIC / "batchgen.css"
    return path if path.is_file() else ""
