"""A landscape painter in NumPy: the machinery behind the ``landscape`` demo."""

from __future__ import annotations

from .painter import Painter

__all__ = ["Painter"]
