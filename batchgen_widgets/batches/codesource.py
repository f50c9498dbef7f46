"""Where code gets a generator from: an import where it has one, else the source of its function with all that it uses.

Nothing is imported or called to find that out: whatever was made here is in ``sys.modules``.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import functools
import inspect
import keyword
import linecache
import re
import symtable
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, Final

from ..generators import Generator, registry
from .codetext import Call, Text, comment, data, escape, hides, layout, literal

__all__ = ["Maker", "find_generator", "maker_of", "maker_of_origin"]

_PACKAGE: Final = "batchgen_widgets"
_OURS: Final = "import batchgen_widgets as bg"
_LONGEST_CONSTANT: Final = 2000
_SECRETS: Final = re.compile(r"key|token|secret|passw|credential|auth", re.IGNORECASE)
_TYPING: Final = frozenset({"Annotated", "Any", "Literal", "Optional", "Union"})


@dataclass
class Maker:
    """How code gets a generator.

    Attributes
    ----------
    expression : str
        What stands for it.
    imports : list of str
        Lines that the rest needs, without that of this package.
    definitions : list of str
        Blocks of code that come before it.
    gaps : list of str
        Names that somebody has to give a value, as assignments with a comment.
    """

    expression: str
    imports: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def find_generator(name: str, origin: Mapping[str, Any]) -> Generator | None:
    """Find the generator of a batch among what this process has loaded; None where it is not."""
    found = _look_up(origin.get("module"), origin.get("qualname"))
    if isinstance(found, Generator):
        return found if found.name == name else None
    if inspect.isfunction(found):
        try:
            return Generator(found, name=name)
        except TypeError:  # it has become something that is no generator
            return None
    return registry.find_generator(name)


def maker_of(generator: Generator) -> Maker:
    """Say how code gets a generator that is at hand."""
    needs = _Needs()
    module, path = getattr(generator, "__module__", None), getattr(generator, "__qualname__", None)
    found = _look_up(module, path)
    is_itself = found is generator
    if is_itself and str(module).startswith(f"{_PACKAGE}.generators.demos"):
        return Maker(f"bg.demos.{path}")
    if found is not None and (is_itself or found is generator.function) and _is_importable(module):
        needs.take_import(str(module), str(path).partition(".")[0])
        expression = str(path)
    else:
        expression = needs.define(generator.function, "generator") or ""
        scope = getattr(generator.function, "__globals__", {})
        is_itself = scope.get(expression) is generator
    if not expression:
        return _gap_of(generator.name)
    options = {} if is_itself else _options(generator, expression, needs)
    if options:
        wrapped = Call("bg.generator", [("", expression), *((f"{name}=", value) for name, value in options.items())])
        target = expression.rpartition(".")[2]
        needs.definitions.append(layout(wrapped, f"{target} = "))
        expression = target
    return Maker(expression, list(needs.imports), needs.definitions, list(needs.gaps.values()))


def maker_of_origin(name: str, origin: Mapping[str, Any]) -> Maker:
    """Say how code gets a generator of which only the batch knows, by what it noted of it."""
    module, path, source = origin.get("module"), origin.get("qualname"), origin.get("source")
    if _is_path(module) and _is_path(path) and module != "__main__":
        maker = Maker(str(path), [f"from {module} import {str(path).partition('.')[0]}"])
    elif isinstance(source, str) and (defined := _last_defined(source)):
        maker = Maker(defined, definitions=[_readable(source)])
        unknown = sorted(set(free_names(source)) - set(dir(builtins)) - {"bg", defined})
        typing = [used for used in unknown if used in _TYPING]
        if typing:
            maker.imports.append(f"from typing import {', '.join(typing)}")
        maker.gaps = [f"{used} = ...  # FILL IN: the function uses it" for used in unknown if used not in _TYPING]
    else:
        maker = _gap_of(name)
        if isinstance(source, str) and source.strip():
            lines = [line for text in source.splitlines() for line in (f"# {escape(text)}".rstrip(),)]
            maker.definitions.append("\n".join(["# Its source, which is no whole function:", *lines]))
        return maker
    target = maker.expression.rpartition(".")[2]
    if target != name:
        wrapped = Call("bg.generator", [("", maker.expression), ("name=", Text(name))])
        maker.definitions.append(layout(wrapped, f"{target} = "))
        maker.expression = target
    return maker


def _gap_of(name: str) -> Maker:
    variable = _safe_name(name)
    return Maker(variable, gaps=[f"{variable} = ...  # FILL IN: the generator, which was called {escape(repr(name))}"])


def _options(generator: Generator, expression: str, needs: _Needs) -> dict[str, Any]:
    """Give what a generator has beyond its function."""
    options: dict[str, Any] = {}
    if generator.name != getattr(generator.function, "__name__", None):
        options["name"] = Text(generator.name)
    if generator.kind:
        options["kind"] = Text(generator.kind)
    if generator.resources is not None:
        options["setup"] = needs.refer(generator.resources.setup, "setup")
    if generator.grouping is not None:
        options["max_batch_size"] = str(generator.grouping.max_size)
        if generator.grouping.same is not None:
            options["group_by"] = data(list(generator.grouping.same))
    # Whoever takes a function makes a plain generator of it.
    return options if set(options) - {"kind"} else {}


class _Needs:
    """What a piece of code needs before it can run: imports, definitions, and what can't be written."""

    def __init__(self) -> None:
        self.imports: dict[str, None] = {}
        self.definitions: list[str] = []
        self.gaps: dict[str, str] = {}
        self._known: set[str] = set()

    def define(self, value: Any, what: str) -> str | None:
        """Write the source of a function or class, after all that it uses; give its name, or None without a source."""
        name = getattr(value, "__name__", "")
        if not name.isidentifier():
            return None
        source = _source_of(value)
        if source is None or _defined_by(source) != name:
            return None
        if name in self._known:
            return name
        self._known.add(name)
        scope = _scope_of(value)
        for used in free_names(source):
            if used in scope:
                self._provide(used, scope[used])
            elif not hasattr(builtins, used) and used not in self._known:
                self._leave(used, f"the {what} uses it")
        for module in _submodules(source, scope):
            self.imports[f"import {module}"] = None
        self.definitions.append(_readable(source))
        if getattr(getattr(value, "__code__", None), "co_flags", 0) & __future__.annotations.compiler_flag:
            self.imports = {"from __future__ import annotations": None, **self.imports}
        return name

    def refer(self, value: Any, name: str) -> str:
        """Give code for a function that stands in an argument."""
        module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if _is_importable(module) and _look_up(module, path) is value:
            self.take_import(str(module), str(path).partition(".")[0])
            return str(path)
        return self.define(value, name) or self._leave(name, f"it was {type(value).__name__}")

    def take_import(self, module: str, name: str, alias: str | None = None) -> None:
        """Import a name from the shortest module that has the same thing."""
        value = getattr(sys.modules[module], name)
        parts = module.split(".")
        for length in range(1, len(parts)):
            shorter = ".".join(parts[:length])
            if length == 1 and parts[0].startswith("_"):
                continue
            if getattr(sys.modules.get(shorter), name, None) is value:
                module = shorter
                break
        renamed = f" as {alias}" if alias and alias != name else ""
        self.imports[f"from {module} import {name}{renamed}"] = None
        self._known.add(alias or name)

    def _provide(self, name: str, value: Any) -> None:
        """Write what gives a name its value."""
        if name in self._known:
            return
        if isinstance(value, ModuleType):
            self._known.add(name)
            self._import_module(name, value)
            return
        if isinstance(value, Generator) and value.function is not None and _source_of(value.function):
            self.define(value.function, "generator")
            return
        module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if isinstance(path, str) and "." not in path and _is_importable(module) and _look_up(module, path) is value:
            self.take_import(str(module), path, name)
            return
        if inspect.isfunction(value) or inspect.isclass(value):
            defined = self.define(value, "code")
            if defined is not None:
                if defined != name:
                    self._known.add(name)
                    self.definitions.append(f"{name} = {defined}")
                return
        else:
            node = None if _SECRETS.search(name) else literal(value)
            if node is not None and len(repr(value)) <= _LONGEST_CONSTANT:
                self._known.add(name)
                self.definitions.append(layout(node, f"{name} = "))
                return
        self._leave(name, f"it was {_article(type(value).__name__)}")

    def _import_module(self, name: str, module: ModuleType) -> None:
        path = module.__name__
        parent, _, last = path.rpartition(".")
        if sys.modules.get(path) is not module or path == "__main__":
            self._leave(name, f"it was the module {path}")
        elif path == name:
            self.imports[f"import {path}"] = None
        elif last == name:
            self.imports[f"from {parent} import {name}"] = None
        else:
            self.imports[f"import {path} as {name}"] = None

    def _leave(self, name: str, why: str) -> str:
        self._known.add(name)
        self.gaps[name] = f"{name} = ...  # FILL IN: {escape(why)}"
        return name


def free_names(source: str) -> list[str]:
    """Give the names that some code takes from around it, in order of the alphabet."""
    found: set[str] = set()

    def walk(table: symtable.SymbolTable, *, outermost: bool) -> None:
        for symbol in table.get_symbols():
            given = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            if symbol.is_referenced() and (not given if outermost else symbol.is_global()):
                found.add(symbol.get_name())
        for child in table.get_children():
            walk(child, outermost=False)

    table = symtable.symtable(source, "<source>", "exec")
    walk(table, outermost=True)
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_namespace()}
    return sorted(found - own)


def _source_of(value: Any) -> str | None:
    """Give the source of a function or class, ready to stand on its own; None where there is none."""
    if isinstance(value, functools.partial) or not (inspect.isfunction(value) or inspect.isclass(value)):
        return None
    try:
        source = inspect.getsource(value)
    except (OSError, TypeError):
        source = _class_in_cells(value.__name__) if inspect.isclass(value) else ""
    source = textwrap.dedent(source).strip("\n") + "\n"
    return source if _defined_by(source) else None


def _class_in_cells(name: str) -> str:
    """Find a class of a notebook, which `inspect` does not before Python 3.13, in the cells that ran."""
    for entry in reversed(list(linecache.cache.values())):
        # Cells have no file, and so no time of it.
        if len(entry) == 4 and entry[1] is None:
            text = "".join(entry[2])
            if f"class {name}" not in text:
                continue
            for node in _parse(text):
                if isinstance(node, ast.ClassDef) and node.name == name:
                    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return ""


def _parse(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _defined_by(source: str) -> str | None:
    """Give the name of the one function or class that some code defines."""
    match _parse(source):
        case [ast.FunctionDef(name=name) | ast.ClassDef(name=name)]:
            return name
    return None


def _last_defined(source: str) -> str | None:
    """Give the name of the last function that some code of functions and classes defines."""
    body = _parse(source)
    whole = all(isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in body)
    return body[-1].name if whole and body and isinstance(body[-1], ast.FunctionDef) else None


def _readable(source: str) -> str:
    """Give code as it is, with escapes for what does not print as itself: the same in texts, harmless elsewhere."""
    source = source.strip("\n")
    if not hides(source):
        return source
    shown = "\n".join("\t".join(map(escape, line.split("\t"))) for line in source.split("\n"))
    return "\n".join([*comment("Characters that don't show as themselves are written as escapes here."), shown])


def _scope_of(value: Any) -> dict[str, Any]:
    """Give the names around a function or class, and their values."""
    if not isinstance(value, FunctionType):
        return dict(vars(sys.modules.get(getattr(value, "__module__", "") or "", builtins)))
    cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=False)
    inner = {}
    for name, cell in cells:
        try:
            inner[name] = cell.cell_contents
        except ValueError:  # nothing is in it yet
            continue
    return {**value.__globals__, **inner}


def _submodules(source: str, scope: Mapping[str, Any]) -> Iterator[str]:
    """Give modules that code reaches through others, as in ``PIL.Image.open``."""
    for node in ast.walk(ast.Module(_parse(source), [])):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = scope.get(node.value.id)
            if isinstance(module, ModuleType) and module.__name__ == node.value.id:
                path = f"{module.__name__}.{node.attr}"
                if (
                    isinstance(sys.modules.get(path), ModuleType)
                    and getattr(module, node.attr, None) is sys.modules[path]
                ):
                    yield path


def _look_up(module: object, path: object) -> Any:
    """Give what a loaded module has under a path, or None."""
    if not (_is_path(module) and _is_path(path)):
        return None
    found: Any = sys.modules.get(str(module))
    for part in str(path).split("."):
        found = getattr(found, part, None)
    return found


def _is_importable(module: object) -> bool:
    """Say whether an import in another process would find a module that this one has loaded."""
    loaded = sys.modules.get(module) if isinstance(module, str) and module != "__main__" else None
    return getattr(loaded, "__spec__", None) is not None


def _is_path(text: object) -> bool:
    return isinstance(text, str) and all(
        part.isidentifier() and not keyword.iskeyword(part) for part in text.split(".")
    )


def _safe_name(text: str) -> str:
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    return f"the_{name}" if name[:1].isdigit() or keyword.iskeyword(name) else name or "generator"


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
