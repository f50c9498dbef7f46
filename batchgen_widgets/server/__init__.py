"""The Jupyter server extension: projects under the server's root, read without a kernel."""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the handlers to a server."""
