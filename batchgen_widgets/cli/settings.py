"""From the options of ``run`` to a config and base parameters."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..batches import BatchConfig, VariationParams, arange, linspace
from ..errors import ConfigError, FieldError, ParameterError
from ..generators import Generator, Parameter
from .exits import CommandError, Exit

__all__ = ["read_settings", "reword"]

_RANGE = re.compile(r"\s*(-?[\d.eE+-]+?)\s*\.\.\s*(-?[\d.eE+-]+?)\s*(?:/\s*(\d+)\s*)?")
_CALL = re.compile(r"bg\.(linspace|arange)\(([^(),]+), ([^(),]+), ([^(),]+)\)")


class Settings(NamedTuple):
    """What was asked for: how tasks differ, what they share, and media by parameter that there are several of."""

    config: BatchConfig
    base: dict[str, Any]
    inputs: dict[str, list[Any]] | None


def read_settings(arguments: argparse.Namespace, generator: Generator) -> Settings:
    """Read what shall vary, and what all tasks share.

    Raises
    ------
    CommandError, ConfigError, ParameterError
        When a name or a value is not allowed.
    """
    base = {}
    for given in arguments.set:
        name, text = _split(given, "--set", generator)
        base[name] = _read_value(generator.parameter(name), text)
    ranges: dict[str, Any] = {}
    inputs: dict[str, list[Any]] = {}
    prompts: list[str] = []
    for given in arguments.vary:
        name, text = _split(given, "--vary", generator)
        parameter = generator.parameter(name)
        if parameter.role == "prompt":
            prompts += _read_texts(text)
        elif parameter.is_media:
            inputs[name] = [*inputs.get(name, ()), *_read_texts(text)]
        elif parameter.type == "str" and name in ranges:
            ranges[name] += _read_texts(text)
        elif name in ranges:
            raise CommandError(f"--vary {name}: given twice; list its values in one, as in {name}=10,20,40")
        else:
            ranges[name] = _read_values(parameter, text)
    if arguments.prompts_file is not None:
        prompts += _read_prompts(arguments.prompts_file)
    size = _batch_size(arguments)
    variation: dict[str, Any] = {"strategy": arguments.strategy or _default_strategy(ranges)}
    if arguments.seeds is not None or arguments.seed_range is not None:
        variation["vary_seeds"] = True
    if arguments.seed_range is not None:
        variation["seed_range"] = _read_seed_range(arguments.seed_range)
    if prompts:
        variation |= {"vary_prompts": True, "prompt_variations": prompts}
    if ranges:
        variation |= {"vary_parameters": True, "parameter_ranges": ranges}
    if arguments.draw is not None:
        variation["seed"] = arguments.draw
    config = BatchConfig(batch_size=size, variation_params=VariationParams(**variation))
    return Settings(config, base, inputs or None)


def reword(error: ConfigError) -> ConfigError:
    """Give the errors of a plan with cures that can be typed here."""
    return ConfigError(FieldError(each.field, _CALL.sub(_typed, each.message)) for each in error.errors)


def _typed(call: re.Match[str]) -> str:
    if call[1] == "linspace":
        return f"{float(call[2]):g}..{float(call[3]):g}/{call[4]}"
    try:
        values = arange(*(float(part) if "." in part or "e" in part else int(part) for part in call.group(2, 3, 4)))
    except ValueError:
        return call[0]
    return ",".join(map(str, values))


def _split(given: str, option: str, generator: Generator) -> tuple[str, str]:
    name, equals, text = given.partition("=")
    name = name.strip()
    if not equals or not name:
        raise CommandError(f"{option} {given!r}: give a name and what it shall be, as in {option} steps=20")
    if name not in generator.parameters:
        # It names the one that was probably meant.
        try:
            generator.parameter(name)
        except ParameterError as error:
            raise CommandError(f"{option} {error}") from None
    return name, text


def _read_value(parameter: Parameter, text: str) -> Any:
    """Read a value as its parameter takes it, and else as JSON."""
    if parameter.optional and parameter.type != "str" and text.strip().lower() in ("none", "null"):
        return None
    if parameter.type == "any":
        try:
            return json.loads(text)
        except ValueError:
            return text
    try:
        return parameter.validate(text)
    except ParameterError as error:
        try:
            return parameter.validate(json.loads(text))
        except ValueError:
            raise error from None


def _read_values(parameter: Parameter, text: str) -> Any:
    """Read a range, or the values of a list."""
    listed = _read_list(text)
    if listed is not None:
        return listed
    if parameter.type == "str":
        return [text]
    number = parameter.type in ("int", "float")
    if number and (found := _RANGE.fullmatch(text)):
        low, high = (_read_number(parameter, part) for part in found.group(1, 2))
        if found[3] is None:
            return low, high
        values = linspace(low, high, int(found[3]))
        return [int(value) for value in values] if all(map(float.is_integer, values)) else values
    if number and ".." in text:
        raise CommandError(f"--vary {parameter.name}: {text!r} is no range; give two numbers, as in 4..12")
    return [_read_value(parameter, part.strip()) for part in text.split(",")]


def _read_number(parameter: Parameter, text: str) -> float:
    try:
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    except ValueError:
        raise CommandError(f"--vary {parameter.name}: {text!r} is no number") from None


def _read_list(text: str) -> list[Any] | None:
    """Read a JSON list; None for what is none."""
    if not text.lstrip().startswith("["):
        return None
    try:
        read = json.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, list) else None


def _read_texts(text: str) -> list[str]:
    listed = _read_list(text)
    return [text] if listed is None else listed


def _read_prompts(place: str) -> list[str]:
    """Read prompts: one a line, or a JSON list."""
    if place == "-":
        text = sys.stdin.read()
    else:
        try:
            text = Path(place).expanduser().read_text("utf-8-sig")
        except OSError as error:
            raise CommandError(f"--prompts-file {place}: {error.strerror or error}", Exit.NOT_FOUND) from None
        except UnicodeDecodeError:
            raise CommandError(f"--prompts-file {place}: is no UTF-8 text; save it as UTF-8") from None
    if place.lower().endswith(".json"):
        listed = _read_list(text)
        if listed is None or not all(isinstance(prompt, str) for prompt in listed):
            raise CommandError(f'--prompts-file {place}: is no JSON list of texts, as in ["a cat", "a dog"]')
        return listed
    prompts = [line.strip() for line in text.split("\n") if line.strip()]
    if not prompts:
        raise CommandError(f"--prompts-file {place}: has no prompt; write one a line")
    return prompts


def _read_seed_range(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*", text)
    if found is None:
        raise CommandError(f"--seed-range {text!r}: give two whole numbers, as in 0..9999")
    return int(found[1]), int(found[2])


def _batch_size(arguments: argparse.Namespace) -> int:
    seeds, size = arguments.seeds, arguments.batch_size
    if None not in (seeds, size) and seeds != size:
        raise CommandError(f"--seeds {seeds} and --batch-size {size}: one task has one seed; give one of them")
    return next((number for number in (seeds, size) if number is not None), 1)


def _default_strategy(ranges: Mapping[str, Any]) -> str:
    return "random" if any(isinstance(given, tuple) for given in ranges.values()) else "grid"
