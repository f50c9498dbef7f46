"""``TARGET:GENERATOR``: a generator in a module, a script or a notebook."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from ..generators import Generator, as_generator
from .exits import CommandError, Exit

__all__ = ["load_generator"]


def load_generator(target: str, warn: Callable[[str], None]) -> Generator:
    """Load a generator; what its program prints meanwhile goes to stderr.

    Parameters
    ----------
    target : str
        As it was typed.
    warn : callable
        Takes what somebody should know of.

    Raises
    ------
    CommandError
        When there is no such place, it fails, or has no such generator.
    """
    place, name = _split(target)
    with redirect_stdout(sys.stderr):
        if place.endswith(".ipynb"):
            from .notebooks import run_notebook

            names = run_notebook(_existing(place), name, warn)
        elif place.endswith(".py"):
            names = vars(_import_script(_existing(place)))
        else:
            names = vars(_import_module(place))
        return _pick(names, name, place)


def _split(target: str) -> tuple[str, str]:
    """Split at the last colon, unless it is that of a drive."""
    place, colon, name = target.rpartition(":")
    if colon and place and all(part.isidentifier() for part in name.split(".")):
        return place, name
    if colon and place and not name:
        return place, ""
    return target, ""


def _existing(place: str) -> Path:
    path = Path(place).expanduser().resolve()
    if not path.is_file():
        raise CommandError(f"{place}: no such file", Exit.NOT_FOUND)
    return path


def _import_module(name: str) -> Any:
    if not all(part.isidentifier() for part in name.split(".")):
        raise CommandError(f"{name}: is no module, .py file or .ipynb notebook; see batchgen run --help")
    # As with `python -m`: what is in this directory is found.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            cure = "run it from the directory that has it, or install it"
            raise CommandError(f"{name}: no such module; {cure}", Exit.NOT_FOUND) from None
        raise _failed(name, error) from error
    except (Exception, SystemExit) as error:
        raise _failed(name, error) from error


def _import_script(path: Path) -> Any:
    """Import a file under its own name, so that worker processes find it, too."""
    name = path.stem
    if not name.isidentifier():
        cure = "rename it, with letters, digits and _ only"
        raise CommandError(f"{path.name}: can't be imported under that name; {cure}", Exit.NOT_LOADED)
    known = importlib.util.find_spec(name) if name in sys.modules or name in sys.stdlib_module_names else None
    if known is not None and known.origin != str(path):
        raise CommandError(f"{path.name}: another module is called {name}; rename the file", Exit.NOT_LOADED)
    sys.path.insert(0, str(path.parent))
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise _failed(path.name, error) from error
    if Path(getattr(module, "__file__", None) or "").resolve() != path:
        raise CommandError(f"{path.name}: another module is called {name}; rename the file", Exit.NOT_LOADED)
    return module


def _failed(place: str, error: BaseException) -> CommandError:
    """Say where a program failed, in its own files."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename and "/cli/" not in frame.filename]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    if isinstance(error, SyntaxError):
        where = f" ({Path(error.filename or place).name}, line {error.lineno})"
        return CommandError(f"{place}: SyntaxError: {error.msg}{where}", Exit.NOT_LOADED)
    return CommandError(f"{place}: can't be loaded: {type(error).__name__}: {error}{where}", Exit.NOT_LOADED)


def _pick(names: Mapping[str, Any], name: str, place: str) -> Generator:
    there = {key: value for key, value in names.items() if isinstance(value, Generator)}
    if not name:
        distinct = {id(value): key for key, value in there.items()}
        if len(distinct) == 1:
            return names[next(iter(distinct.values()))]  # type: ignore[no-any-return]
        told = f"it has {', '.join(there)}" if there else "it has none; decorate a function with @bg.generator"
        raise CommandError(f"{place}: say which generator, as in {place}:NAME; {told}")
    first, *rest = name.split(".")
    found = names.get(first)
    for part in rest:
        found = getattr(found, part, None)
    if found is None:
        told = f"; it has {', '.join(there)}" if there else ""
        raise CommandError(f"{place}: has no {name}{told}", Exit.NOT_LOADED)
    return as_generator(found)
