"""Running a notebook up to the definition of a generator, without a kernel."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import linecache
import re
import symtable
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import batchgen_widgets

from .exits import CommandError, Exit

__all__ = ["run_notebook"]

# Magics for whole cells that run what is in the cell.
_TRANSPARENT: Final = re.compile(r"\s*%%(time|timeit|capture|prun)\b[^\n]*\n?")
_MAGIC: Final = re.compile(r"^\s*[%!?]|^[^#'\"]*\w\?+\s*$")
# What a notebook makes for its reader does nothing here.
_INERT: Final = (
    "BatchConfigPanel",
    "BatchGalleryView",
    "BatchProgressDisplay",
    "BatchSession",
    "BatchStudio",
    "Project",
)
_SIGNS: Final = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!"}


def run_notebook(path: Path, name: str, warn: Callable[[str], None]) -> Mapping[str, Any]:
    """Run the code cells of a notebook, from the first to the one that defines a name.

    They run in a namespace of their own, which is that of the main program from now on. Sessions, projects and widgets
    that they make are stand-ins which do nothing.

    Parameters
    ----------
    path : Path
    name : str
        What is looked for; without it all cells run.
    warn : callable
        Takes what was left out.

    Returns
    -------
    mapping
        The names that the notebook has by then.
    """
    root = name.partition(".")[0]
    cells = [(number, _python(source, f"{path.name}, cell {number}", warn)) for number, source in _read(path)]
    definitions = [number for number, source in cells if root and _binds(source, root)]
    if root and not definitions:
        raise CommandError(f"{path.name}: no cell defines {root} by an assignment, def or import", Exit.NOT_LOADED)
    if len(definitions) > 1:
        several = ", ".join(map(str, definitions))
        warn(f"{path.name}: cells {several} define {root}; that of cell {definitions[0]} is used")
    module = types.ModuleType("__main__")
    module.__dict__.update(get_ipython=lambda: _NoShell(warn), display=lambda *_, **__: None)
    # Functions and classes look there for the names around them, and travel to worker processes as a whole.
    sys.modules["__main__"] = module
    sys.path.insert(0, str(path.parent))
    with _inert_widgets():
        for number, source in cells:
            if definitions and number > definitions[0]:
                break
            _run(source, f"<cell {number} of {path.name}>", module.__dict__, f"{path.name}, cell {number}")
    return module.__dict__


def _read(path: Path) -> Iterator[tuple[int, str]]:
    """Give the code cells with their numbers, counted from 1 among all cells, as people count them."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = notebook["cells"]
        for number, cell in enumerate(cells, 1):
            if cell["cell_type"] == "code":
                source = cell["source"]
                yield number, source if isinstance(source, str) else "".join(source)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        cure = "save it in notebook format 4"
        raise CommandError(f"{path.name}: can't be read as a notebook ({error!r}); {cure}", Exit.NOT_LOADED) from None


def _python(source: str, where: str, warn: Callable[[str], None]) -> str:
    """Give a cell as plain Python: magics and shell commands are calls that do nothing, or are left out."""
    source = _TRANSPARENT.sub("", source, count=1) if source.lstrip().startswith("%%") else source
    if source.lstrip().startswith("%%"):
        warn(f"{where} is left out: {source.lstrip().splitlines()[0]}")
        return ""
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError):
        pass
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return "\n".join(_without_magics(source, where, warn))
    transformer: Any = TransformerManager
    return str(transformer().transform_cell(source))


def _without_magics(source: str, where: str, warn: Callable[[str], None]) -> Iterator[str]:
    for line in source.split("\n"):
        if _MAGIC.match(line):
            warn(f"{where}: left out: {line.strip()}")
            yield line[: len(line) - len(line.lstrip())] + "pass"
        else:
            yield line


def _binds(source: str, name: str) -> bool:
    """Say whether a cell gives a name a value."""
    try:
        symbol = symtable.symtable(source, "<cell>", "exec").lookup(name)
    except (SyntaxError, ValueError, KeyError):
        return False
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _run(source: str, filename: str, names: dict[str, Any], where: str) -> None:
    # So that tracebacks have lines, and functions a source.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        code = compile(source, filename, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, names))
        else:
            exec(code, names)
    except (Exception, SystemExit) as error:
        line = _line_of(error, filename)
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        msg = f"{where}{f', line {line}' if line else ''}: {type(error).__name__}: {text}"
        raise CommandError(msg, Exit.NOT_LOADED) from error


def _line_of(error: BaseException, filename: str) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno if error.filename == filename else None
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class _NoShell:
    """Stands for IPython: whatever is asked of it is left out."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def leave_out(*arguments: Any, **_: Any) -> Any:
            sign = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!"}.get(
                name, f"{name} "
            )
            self._warn(f"left out: {sign}{' '.join(str(argument) for argument in arguments[:2])}".rstrip())
            return [] if name == "getoutput" else None

        return leave_out


class _Inert:
    """Stands for a session, a project or a widget: takes everything, does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Inert()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return _Inert()

    def __getitem__(self, _: Any) -> Any:
        return _Inert()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...


@contextmanager
def _inert_widgets() -> Iterator[None]:
    package: dict[str, Any] = vars(batchgen_widgets)
    before: dict[str, Any] = {name: package[name] for name in _INERT if name in package}
    for name in _INERT:
        package[name] = _Inert
    try:
        yield
    finally:
        for name in _INERT:
            del package[name]
        package.update(before)
