"""Batches as pages and pictures that need no kernel."""

from __future__ import annotations

__all__: list[str] = []
