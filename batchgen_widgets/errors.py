"""Every error this package raises on purpose, in one tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .texts import visible

__all__ = [
    "BatchgenError",
    "ConfigError",
    "FieldError",
    "GeneratorError",
    "ParameterError",
    "ProjectError",
    "ResultError",
    "StateError",
    "TaskCancelled",
]


class BatchgenError(Exception):
    """Root of every error of this package; each one is also a builtin kind.

    ::

        BatchgenError
        ├── ParameterError  (ValueError)    a value that a parameter does not take
        ├── ConfigError     (ValueError)    a batch config or a plan that cannot be
        ├── GeneratorError  (TypeError)     a function whose signature cannot be read
        ├── ResultError     (TypeError)     a generator returned something that is no media
        ├── StateError      (RuntimeError)  a status move that is forbidden, a session that is closed
        ├── ProjectError    (OSError)       a project directory that cannot be read or written
        └── TaskCancelled                   raised inside a generator whose task was cancelled
    """

    def __str__(self) -> str:
        # Names and values in a message come from anywhere, and go to terminals.
        return visible(super().__str__(), breaks=True)


class ParameterError(BatchgenError, ValueError):
    """A value that a parameter does not take.

    Attributes
    ----------
    field : str
        Name of the parameter.
    value : object
        The value that was refused.
    """

    def __init__(self, message: str, *, field: str = "", value: object = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value

    @property
    def reason(self) -> str:
        """The message without the name of the field in front."""
        return str(self).removeprefix(f"{self.field}: ")

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default would forget the keyword-only arguments.
        return _rebuild_parameter_error, (str(self), self.field, self.value)


def _rebuild_parameter_error(message: str, field: str, value: object) -> ParameterError:
    return ParameterError(message, field=field, value=value)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with a config.

    Attributes
    ----------
    field : str
        Where it is, for example ``"batch_size"`` or ``"parameter_ranges.cfg_scale"``.
    message : str
        What was given, what is allowed, what to do.
    """

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class ConfigError(BatchgenError, ValueError):
    """A batch config, or the plan made from it, that cannot be.

    Attributes
    ----------
    errors : list of FieldError
        Everything that is wrong, at least one.
    """

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(map(str, self.errors)))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.errors,)


class GeneratorError(BatchgenError, TypeError):
    """A function that cannot be a generator: its signature cannot be read, it is async, or its setup failed."""


class ResultError(BatchgenError, TypeError):
    """A generator returned something that is neither media nor metrics."""


class StateError(BatchgenError, RuntimeError):
    """A status move that is forbidden, or the use of a session that is closed."""


class ProjectError(BatchgenError, OSError):
    """A project directory that cannot be opened, read or written."""


class TaskCancelled(BatchgenError):
    """Raised in a generator by ``progress()`` and ``raise_if_cancelled()`` once its task is cancelled."""
