"""The widgets, and the bridge that keeps the browser in step with the session.

This room alone knows Jupyter. Its names load when they are first used, so that the types of the wire can be read
without it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config_panel import BatchConfigPanel
    from .gallery_view import BatchGalleryView
    from .progress_display import BatchProgressDisplay
    from .studio import BatchStudio

__all__ = ["BatchConfigPanel", "BatchGalleryView", "BatchProgressDisplay", "BatchStudio"]

_HOME_OF = {
    "BatchConfigPanel": "config_panel",
    "BatchGalleryView": "gallery_view",
    "BatchProgressDisplay": "progress_display",
    "BatchStudio": "studio",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)
