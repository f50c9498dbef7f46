"""Configure, run, watch, curate and keep batches of generated images, video and audio, in a notebook cell.

Everything public is here; each name loads what it needs when it is first used, so that the import itself stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batches import (
        Asset,
        Batch,
        BatchConfig,
        BatchStatus,
        Plan,
        Task,
        TaskStatus,
        VariationParams,
        arange,
        linspace,
    )
    from .errors import (
        BatchgenError,
        ConfigError,
        FieldError,
        GeneratorError,
        ParameterError,
        ProjectError,
        ResultError,
        StateError,
        TaskCancelled,
    )
    from .generators import Generator, Parameter, Range, TaskContext, demos, generator
    from .media import Audio, Video
    from .projects import Project
    from .recipes import Recipe, recall
    from .sessions import BatchSession
    from .widgets import BatchConfigPanel, BatchGalleryView, BatchProgressDisplay, BatchStudio

_HOMES = {
    "batches": (
        "Asset",
        "Batch",
        "BatchConfig",
        "BatchStatus",
        "Plan",
        "Task",
        "TaskStatus",
        "VariationParams",
        "arange",
        "linspace",
    ),
    "errors": (
        "BatchgenError",
        "ConfigError",
        "FieldError",
        "GeneratorError",
        "ParameterError",
        "ProjectError",
        "ResultError",
        "StateError",
        "TaskCancelled",
    ),
    "generators": ("Generator", "Parameter", "Range", "TaskContext", "generator"),
    "media": ("Audio", "Video"),
    "projects": ("Project",),
    "recipes": ("Recipe", "recall"),
    "sessions": ("BatchSession",),
    "widgets": ("BatchConfigPanel", "BatchGalleryView", "BatchProgressDisplay", "BatchStudio"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Asset",
    "Audio",
    "Batch",
    "BatchConfig",
    "BatchConfigPanel",
    "BatchGalleryView",
    "BatchProgressDisplay",
    "BatchSession",
    "BatchStatus",
    "BatchStudio",
    "BatchgenError",
    "ConfigError",
    "FieldError",
    "Generator",
    "GeneratorError",
    "Parameter",
    "ParameterError",
    "Plan",
    "Project",
    "ProjectError",
    "Range",
    "Recipe",
    "ResultError",
    "StateError",
    "Task",
    "TaskCancelled",
    "TaskContext",
    "TaskStatus",
    "VariationParams",
    "Video",
    "__version__",
    "arange",
    "demos",
    "generator",
    "linspace",
    "recall",
]


def __getattr__(name: str) -> object:
    if name == "demos":
        value: object = importlib.import_module(".generators.demos", __name__)
    elif name in _HOME_OF:
        value = getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "batchgen_widgets.server"}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "batchgen-widgets"}]
