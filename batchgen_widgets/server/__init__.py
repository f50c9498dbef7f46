"""The Jupyter server extension: projects under the server's root, read without a kernel."""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the handlers to a server."""
    import atexit

    from .handlers import Reader, handlers

    web_app = app.web_app
    reader = Reader(web_app.settings["contents_manager"])
    atexit.register(reader.close)
    web_app.add_handlers(".*$", handlers(web_app.settings["base_url"], reader))
