"""The entry point: finds the command, and turns whatever goes wrong into a message and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence

from ..errors import BatchgenError, ConfigError, GeneratorError, ParameterError, StateError
from ..texts import visible
from .console import Console
from .exits import CommandError, Exit
from .parser import make_parser

__all__ = ["main"]

# The fields of a config, as the command line calls them.
_OPTIONS = {
    "batch_size": "--batch-size",
    "prompt_variations": "--prompts-file",
    "parameter_ranges": "--vary",
    "base": "--set",
    "inputs": "--vary",
    "seed_range": "--seed-range",
    "strategy": "--strategy",
    "seed": "--draw",
    "vary_seeds": "--seeds",
    "vary_prompts": "--prompts-file",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process when not given.

    Returns
    -------
    int
        The exit code, see `Exit`.
    """
    console = Console()
    arguments = _parse(list(sys.argv[1:] if argv is None else argv))
    try:
        code = _call(arguments, console)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Nobody reads any more, as after `| head`. What is left in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE
    except KeyboardInterrupt:
        console.note("", "Interrupted.")
        return 128 + signal.SIGINT
    except Exception as error:
        if arguments.traceback:
            console.note(visible(traceback.format_exc().rstrip(), breaks=True))
        code, text = _explain(error)
        console.complain(text.replace("overwrite=True", "--overwrite"))
        if code is Exit.UNEXPECTED and not arguments.traceback:
            console.note("Run it again with --traceback to see where that came from.")
        return code


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = make_parser()
    arguments, left = parser.parse_known_args(argv)
    # argparse takes all places at once, also where options stand between them.
    while left and hasattr(arguments, "places") and not left[0].startswith("-"):
        arguments.places.append(left.pop(0))
    if left:
        arguments.parser.error(f"unrecognized arguments: {' '.join(left)}")
    return arguments


def _call(arguments: argparse.Namespace, console: Console) -> int:
    module, name = arguments.command
    command = getattr(importlib.import_module(f".{module}", __package__), name)
    return int(command(arguments, console))


def _explain(error: Exception) -> tuple[Exit, str]:
    """Say what an error means: its exit code, and its text."""
    if isinstance(error, CommandError):
        return error.code, str(error)
    if isinstance(error, ConfigError):
        return Exit.USAGE, "\n".join(f"{_option(problem.field)}: {problem.message}" for problem in error.errors)
    if isinstance(error, ParameterError):
        return Exit.USAGE, str(error)
    if isinstance(error, StateError):
        return Exit.USAGE, str(error)
    if isinstance(error, GeneratorError):
        return Exit.NOT_LOADED, str(error)
    if isinstance(error, BatchgenError):
        return Exit.NOT_FOUND, str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Exit.NOT_FOUND, f"{where}{error.strerror or error}"
    return Exit.UNEXPECTED, f"{type(error).__name__}: {error}"


def _option(field: str) -> str:
    head, _, name = field.partition(".")
    return f"{_OPTIONS.get(head, head)} {name}".rstrip()
