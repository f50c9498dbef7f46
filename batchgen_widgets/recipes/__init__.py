"""How an asset was made, as its own file says it."""

from __future__ import annotations

__all__: list[str] = []
