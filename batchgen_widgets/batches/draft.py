"""The draft of the next batch: base parameters, config, and the plan they make."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import RLock
from typing import Any

from ..errors import ConfigError, FieldError, ParameterError
from ..generators import Generator, Parameter
from .config import BatchConfig, VariationParams
from .inputs import GivenInputs, check_inputs
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
    keep : callable, optional
        Takes a parameter and a valid value, gives it as it shall be held; for media, which may change otherwise.

    Attributes
    ----------
    config : BatchConfig
    base_parameters : dict
    inputs : dict of str to list
        The media of parameters that have several, so that everything is done with each.
    version : int
        Grows with each change.
    """

    def __init__(
        self,
        generator: Generator,
        lock: RLock,
        on_change: Callable[[], None],
        keep: Callable[[Parameter, Any], Any] = lambda _, value: value,
    ) -> None:
        self._generator = generator
        self._lock = lock
        self._on_change = on_change
        self._keep = keep
        self.config = _first_config(generator)
        self.base_parameters: dict[str, Any] = generator.defaults()
        self.inputs: dict[str, list[Any]] = {}
        self.version = 0
        self._entropy = secrets.randbits(53)
        self._known: tuple[dict[str, Any], object, Plan] | None = None

    def set_config(self, config: BatchConfig | Mapping[str, Any]) -> None:
        """Take a config that names no impossible value; `plan` says what else is missing."""
        taken = config if isinstance(config, BatchConfig) else BatchConfig.model_validate(dict(config))
        validate_config(self._generator.parameters, taken)
        with self._lock:
            if taken != self.config:
                self.config = taken
                self.renew()

    def set_base_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Change some base parameters, all or none; media that are given once take the place of several."""
        taken = _checked(self._generator, parameters)
        taken = {name: self._keep(self._generator.parameters[name], value) for name, value in taken.items()}
        with self._lock:
            base = {**self.base_parameters, **taken}
            inputs = {name: values for name, values in self.inputs.items() if name not in taken}
            if inputs != self.inputs or not _same(base, self.base_parameters):
                self.base_parameters, self.inputs = base, inputs
                self.renew()

    def set_inputs(self, inputs: GivenInputs | None) -> None:
        """Take what the next batch shall be made from, in place of what it was; None for nothing."""
        given = check_inputs(self._generator.parameters, inputs)
        kept = {
            name: [self._keep(self._generator.parameters[name], value) for value in values]
            for name, values in given.items()
        }
        self._take_inputs(kept)

    def hold_inputs(self, name: str, values: Sequence[Any]) -> None:
        """Take the inputs of one parameter, those of others stay; whether their lengths fit is for the plan to say."""
        given = check_inputs(self._generator.parameters, {name: values})
        kept = [self._keep(self._generator.parameters[name], value) for value in given[name]]
        with self._lock:
            self._take_inputs({**self.inputs, name: kept})

    def clear_inputs(self, name: str) -> None:
        """Take away what a parameter had, as an input or as a base parameter."""
        with self._lock:
            base = {**self.base_parameters}
            parameter = self._generator.parameter(name)
            if parameter.required:
                base.pop(name, None)
            else:
                base[name] = parameter.default
            inputs = {other: values for other, values in self.inputs.items() if other != name}
            if inputs != self.inputs or not _same(base, self.base_parameters):
                self.base_parameters, self.inputs = base, inputs
                self.renew()

    def _take_inputs(self, kept: dict[str, list[Any]]) -> None:
        with self._lock:
            if kept != self.inputs:
                self.inputs = kept
                self.renew()

    def use(self, generator: Generator) -> None:
        """Take a newer definition of the generator: what was set stays where that is possible, else the defaults."""
        with self._lock:
            old, before = self._generator, self._generator.defaults()
            base = generator.defaults()
            for name, value in self.base_parameters.items():
                if name in base and not _same({name: value}, {name: before[name]}):
                    with suppress(ParameterError):
                        base[name] = generator.parameters[name].validate(value)
            try:
                validate_config(generator.parameters, self.config)
                config = self.config
            except ConfigError:
                config = _first_config(generator)
            try:
                inputs = check_inputs(generator.parameters, self.inputs or None)
            except ConfigError:
                inputs = {}
            self._generator, self.base_parameters, self.config, self.inputs = generator, base, config, inputs
            if generator is not old:
                self.renew()

    def renew(self) -> None:
        """Let the next plan draw anew: something changed, or the plan that was shown has been started."""
        with self._lock:
            self._known = None
            self.version += 1
            self._entropy = secrets.randbits(53)
            self._on_change()

    def plan(
        self,
        base_parameters: Mapping[str, Any],
        estimate: Callable[[Plan], Plan],
        *,
        inputs: GivenInputs | None = None,
        config: BatchConfig | None = None,
    ) -> Plan:
        """Plan the batch around some other parameters; the same plan each time until something changes.

        `inputs` and `config` take the place of those of the draft.
        """
        with self._lock:
            base = {**self.base_parameters, **base_parameters}
            known, version = self._known, self.version
            own = inputs is None and config is None
            if inputs is None:
                # Whoever names one for this plan means that one.
                inputs = {name: given for name, given in self.inputs.items() if name not in base_parameters} or None
            config, entropy = config or self.config, self._entropy
        # Planning a large batch takes a while and reads nothing that can change: no lock. With one entropy until
        # something changes, everybody who asks for the same plan gets it.
        plan = known[2] if known and own and known[1] == inputs and _same(known[0], base) else None
        plan = estimate(plan or make_plan(self._generator.parameters, base, config, entropy=entropy, inputs=inputs))
        with self._lock:
            if self.version == version and own:
                self._known = (base, inputs, plan)
        return plan

    def plan_of(
        self,
        generator: Generator,
        parameters: Mapping[str, Any],
        estimate: Callable[[Plan], Plan],
        *,
        inputs: GivenInputs | None = None,
        config: BatchConfig | None = None,
    ) -> Plan:
        """Plan a batch of any generator, around its defaults; drawn from the same entropy as the draft's own plan."""
        base = generator.defaults() | dict(parameters)
        config = config or BatchConfig(enabled=False)
        return estimate(make_plan(generator.parameters, base, config, entropy=self._entropy, inputs=inputs))


def _first_config(generator: Generator) -> BatchConfig:
    # A few tasks that differ by their seed, where there is one: tasks that are all alike teach nothing.
    has_seed = any(parameter.role == "seed" for parameter in generator.parameters.values())
    return BatchConfig(batch_size=4 if has_seed else 1, variation_params=VariationParams(vary_seeds=has_seed))


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
