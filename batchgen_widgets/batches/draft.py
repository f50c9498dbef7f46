"""The draft of the next batch: base parameters, config, and the plan they make."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

from ..errors import ConfigError, FieldError, ParameterError
from ..generators import Generator
from .config import BatchConfig, VariationParams
from .planning import Plan, make_plan, validate_config

__all__ = ["Draft", "complete"]


class Draft:
    """What the next batch shall be; every change is checked where it is made.

    Parameters
    ----------
    generator : Generator
    lock : RLock
        Guards the draft.
    on_change : callable
        Called under the lock when `plan` would give another plan from now on.

    Attributes
    ----------
    config : BatchConfig
    base_parameters : dict
    version : int
        Grows with each change.
    """

    def __init__(self, generator: Generator, lock: RLock, on_change: Callable[[], None]) -> None:
        self._generator = generator
        self._lock = lock
        self._on_change = on_change
        # A few tasks that differ by their seed, where there is one: tasks that are all alike teach nothing.
        has_seed = any(parameter.role == "seed" for parameter in generator.parameters.values())
        self.config = BatchConfig(
            batch_size=4 if has_seed else 1, variation_params=VariationParams(vary_seeds=has_seed)
        )
        self.base_parameters: dict[str, Any] = generator.defaults()
        self.version = 0
        self._entropy = secrets.randbits(53)
        self._known: tuple[dict[str, Any], Plan] | None = None

    def set_config(self, config: BatchConfig | Mapping[str, Any]) -> None:
        """Take a config that names no impossible value; `plan` says what else is missing."""
        taken = config if isinstance(config, BatchConfig) else BatchConfig.model_validate(dict(config))
        validate_config(self._generator.parameters, taken)
        with self._lock:
            if taken != self.config:
                self.config = taken
                self.renew()

    def set_base_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Change some base parameters, all or none."""
        taken = _checked(self._generator, parameters)
        with self._lock:
            base = {**self.base_parameters, **taken}
            if not _same(base, self.base_parameters):
                self.base_parameters = base
                self.renew()

    def renew(self) -> None:
        """Let the next plan draw anew: something changed, or the plan that was shown has been started."""
        with self._lock:
            self._known = None
            self.version += 1
            self._entropy = secrets.randbits(53)
            self._on_change()

    def plan(self, base_parameters: Mapping[str, Any], estimate: Callable[[Plan], Plan]) -> Plan:
        """Plan the batch around some other parameters; the same plan each time until something changes."""
        with self._lock:
            base = {**self.base_parameters, **base_parameters}
            known, version = self._known, self.version
            config, entropy = self.config, self._entropy
        # Planning a large batch takes a while and reads nothing that can change: no lock. With one entropy until
        # something changes, everybody who asks for the same plan gets it.
        plan = known[1] if known and _same(known[0], base) else None
        plan = estimate(plan or make_plan(self._generator.parameters, base, config, entropy=entropy))
        with self._lock:
            if self.version == version:
                self._known = (base, plan)
        return plan


def complete(generator: Generator, base: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Give every parameter of a task: some values around a base.

    Raises
    ------
    ConfigError
        Names each value that is not allowed, as ``base.<name>``.
    """
    merged = {**base, **_checked(generator, parameters)}
    try:
        return generator.validate(merged)
    except ParameterError as error:
        raise ConfigError([FieldError(f"base.{error.field}", error.reason)]) from None


def _checked(generator: Generator, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Check some parameters, all or none."""
    taken: dict[str, Any] = {}
    problems: list[FieldError] = []
    for name, value in parameters.items():
        try:
            taken[name] = generator.parameter(name).validate(value)
        except ParameterError as error:
            problems.append(FieldError(f"base.{name}", error.reason))
    if problems:
        raise ConfigError(problems)
    return taken


def _same(some: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Say whether parameters are the same; a value that can't be compared, such as an array, only is itself."""
    if some.keys() != others.keys():
        return False
    for name, value in some.items():
        other = others[name]
        try:
            if value is not other and not (type(value) is type(other) and bool(value == other)):
                return False
        except Exception:
            return False
    return True
