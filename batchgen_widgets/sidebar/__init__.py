"""The kernel's side of the JupyterLab sidebar."""

from __future__ import annotations

__all__: list[str] = []
