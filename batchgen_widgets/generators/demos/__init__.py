"""Generators that need no model, no network and no preparation: something worth looking at from the first minute.

- `landscape` paints a picture, step by step;
- `chime` plays a few bars of bells;
- `drift` films ink in water, as a loop without a seam.

They depend on NumPy and Pillow only, and import them when they run. The same parameters always give the same bytes.
"""

from __future__ import annotations

from .audio import chime
from .image import landscape
from .video import drift

__all__ = ["chime", "drift", "landscape"]
