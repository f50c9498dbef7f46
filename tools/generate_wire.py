"""Write the TypeScript types of the wire from ``types.py`` and ``sidebar.py`` of ``batchgen_widgets/wire``.

``python tools/generate_wire.py`` writes ``js/src/state/wire.gen.ts``; with ``--check`` it exits with 1 when that file
is out of date.
"""

from __future__ import annotations

import inspect
import json
import sys
import types
from pathlib import Path
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from batchgen_widgets.wire import sidebar
from batchgen_widgets.wire import types as wire

TARGET = Path(__file__).resolve().parents[1] / "js" / "src" / "state" / "wire.gen.ts"
SIMPLE = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    bytes: "DataView",
    type(None): "null",
    Any: "unknown",
}


def typescript(hint: Any) -> str:
    """Give the TypeScript spelling of a Python type hint."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if is_typeddict(hint):
        return str(hint.__name__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(typescript(argument) for argument in arguments))
    if origin is list:
        inner = typescript(arguments[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{typescript(arguments[0])}, {typescript(arguments[1])}>"
    msg = f"{hint!r} has no TypeScript spelling yet; add one to tools/generate_wire.py"
    raise TypeError(msg)


def declaration(cls: type) -> str:
    """Give one TypedDict as a TypeScript interface."""
    doc = (inspect.getdoc(cls) or "").replace("\n", " ")
    hints = get_type_hints(cls, include_extras=True)
    if not hints:
        return f"/** {doc} */\nexport type {cls.__name__} = Record<string, never>;\n"
    lines = [f"/** {doc} */", f"export interface {cls.__name__} {{"]
    for name, hint in hints.items():
        optional = get_origin(hint) is NotRequired
        lines.append(f"  {name}{'?' if optional else ''}: {typescript(get_args(hint)[0] if optional else hint)};")
    return "\n".join([*lines, "}", ""])


def generate() -> str:
    """Give the whole TypeScript file."""
    classes = [
        value
        for module in (wire, sidebar)
        for value in vars(module).values()
        if is_typeddict(value) and value.__module__ == module.__name__
    ]
    tables: dict[str, str | tuple[str, ...]]
    tables = {"TASK_STATUSES": wire.TASK_STATUSES, "ASSET_KINDS": wire.ASSET_KINDS, "ASSET_MARKS": wire.ASSET_MARKS}
    tables |= {"SIDEBAR_TARGET": sidebar.SIDEBAR_TARGET, "VIEW_TARGET": sidebar.VIEW_TARGET}
    parts = ["// Written by tools/generate_wire.py from batchgen_widgets/wire. Change that, then run the tool.\n"]
    parts += [declaration(cls) for cls in classes]
    parts += [f"export const {name} = {json.dumps(values)} as const;" for name, values in tables.items()]
    parts += [
        requests("Requests", "Every request by name: its parameters and its result.", wire.REQUESTS),
        requests("SidebarRequests", "Those on the comm of the sidebar.", sidebar.SIDEBAR_REQUESTS),
        requests("ServerRequests", "Those that the server answers.", sidebar.SERVER_REQUESTS),
    ]
    return "\n".join([*parts, ""])


def requests(name: str, doc: str, table: dict[str, tuple[type, type]]) -> str:
    """Give a table of requests as a TypeScript interface."""
    rows = [
        f'  "{method}": {{ params: {params.__name__}; result: {result.__name__} }};'
        for method, (params, result) in table.items()
    ]
    return "\n".join([f"\n/** {doc} */", f"export interface {name} {{", *rows, "}"])


def main() -> int:
    """Write the file, or check it."""
    text = generate()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            print(f"{TARGET.name} is out of date: run python tools/generate_wire.py", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
