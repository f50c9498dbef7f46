"""What makes media: functions, and the parameters read from their signatures."""

from __future__ import annotations

from .context import ProgressSink, TaskContext
from .generator import Generator, as_generator, generator
from .parameters import Parameter, Range
from .signature import read_parameters

__all__ = [
    "Generator",
    "Parameter",
    "ProgressSink",
    "Range",
    "TaskContext",
    "as_generator",
    "generator",
    "read_parameters",
]
