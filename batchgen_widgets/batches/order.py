"""What a person asks `BatchSession.start_batch` for, read into one form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from ..generators import Generator, as_generator
from ..generators.parameters import show
from .config import BatchConfig
from .inputs import GivenInputs

__all__ = ["Order"]


@dataclass(frozen=True, slots=True)
class Order:
    """A batch that was asked for.

    Attributes
    ----------
    generator : Generator or None
        None for that of the session, with its settings.
    parameters : mapping
        What differs from the base parameters.
    inputs : sequence, mapping or None
    config : BatchConfig or None
        None for the settings of the session; with a generator, for no variation.
    """

    generator: Generator | None
    parameters: Mapping[str, Any]
    inputs: GivenInputs | None
    config: BatchConfig | None

    @classmethod
    def of(
        cls,
        first: Mapping[str, Any] | Generator | Callable[..., Any] | None,
        parameters: Mapping[str, Any] | None,
        inputs: GivenInputs | None,
        config: BatchConfig | Mapping[str, Any] | None,
    ) -> Order:
        """Read the arguments of `start_batch`.

        Raises
        ------
        ParameterError
            When they contradict each other.
        GeneratorError
            When the first one is a function whose signature can't be read.
        """
        if config is not None and not isinstance(config, BatchConfig):
            config = BatchConfig.model_validate(dict(config))
        if isinstance(first, Mapping):
            if parameters is not None:
                msg = "given twice: the first argument has the parameters too; leave one of them out"
                raise ParameterError(f"parameters: {msg}", field="parameters", value=parameters)
            return cls(None, first, inputs, config)
        if first is None:
            return cls(None, parameters or {}, inputs, config)
        if not callable(first):
            msg = f"base_parameters: {show(first)} is not allowed; give a mapping of parameters, or a generator"
            raise ParameterError(msg, field="base_parameters", value=first)
        return cls(as_generator(first), parameters or {}, inputs, config)
