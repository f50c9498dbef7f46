"""Which kernels have batch sessions, told by a small file beside each kernel's connection file."""

from __future__ import annotations

__all__: list[str] = []
