"""Python as text: literals that read back as the same values, and the layout that ``ruff format`` gives.

Whatever does not print as itself (control characters, lone surrogates, right-to-left overrides, odd spaces) is written
as an escape. So nothing in a value can make the code look like something that it is not.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from ..generators.parameters import plain

__all__ = [
    "Call",
    "Items",
    "Node",
    "Text",
    "comment",
    "data",
    "escape",
    "hides",
    "layout",
    "literal",
    "mapping",
    "quote",
]

LINE_LENGTH: Final = 88
_INDENT: Final = 4
# A text of more lines is no easier to read for being laid out.
_MOST_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class Text:
    """A text: one literal, or on several lines where it has some and is too long for one."""

    value: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list, a tuple, a set or a dict: `head` stands before each item, such as the key and a colon."""

    opening: str
    closing: str
    items: Sequence[tuple[str, Node]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call; `head` of an argument is its name and "=", or nothing."""

    function: str
    items: Sequence[tuple[str, Node]]


Node: TypeAlias = str | Text | Items | Call
"""What can be laid out; a str is code that stays on one line."""


def quote(text: str) -> str:
    """Write a text as a literal, in double quotes unless single ones need fewer escapes."""
    # With both kinds in it, repr() writes single quotes and escapes those, whatever else is there.
    body = repr("'\"" + text)[4:-1]
    if text.count('"') > text.count("'"):
        return f"'{body}'"
    return '"' + re.sub(r"\\.|\"", _requote, body) + '"'


def _requote(match: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(match[0], match[0])


def escape(text: str) -> str:
    r"""Write what does not print as itself as ``\x``, ``\u`` or ``\U`` escapes, and leave all else."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def hides(source: str) -> bool:
    """Say whether some code has characters that don't print as themselves, apart from line breaks and tabs."""
    return not re.sub(r"[\n\t]", "", source).isprintable()


def comment(text: str) -> list[str]:
    """Write a text as comment lines, wrapped between words."""
    lines, line = [], "#"
    for word in escape(text).split(" "):
        if len(line) > 1 and len(line) + 1 + len(word) > LINE_LENGTH:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def literal(value: Any) -> Node | None:
    """Write a value that Python can write: texts, numbers, None, bytes, and lists, tuples, sets, dicts of them.

    Members of an Enum are their names, and NumPy scalars the Python ones, as parameters take them.

    Returns
    -------
    Node or None
        None where it can't be written.
    """
    try:
        return data(value)
    except (TypeError, RecursionError):
        return None


def data(value: Any) -> Node:
    """As `literal`; a TypeError says that it can't be written."""
    value = value.name if isinstance(value, Enum) else plain(value)
    if isinstance(value, str):
        return Text(str(value))
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return _whole(int(value))
    if isinstance(value, float):
        number = float(value)
        return repr(number) if math.isfinite(number) else f'float("{number}")'
    kind = type(value)
    if kind is bytes:
        return repr(value) if b"'" in value or b'"' in value else f'b"{repr(value)[2:-1]}"'
    if kind is list:
        return Items("[", "]", [("", data(item)) for item in value])
    if kind is tuple:
        return Items("(", ")", [("", data(item)) for item in value])
    if kind in (set, frozenset) and value:
        items = Items("{", "}", [("", data(item)) for item in sorted(value, key=repr)])
        return items if kind is set else Call("frozenset", [("", items)])
    if isinstance(value, Mapping):
        return mapping({key: data(item) for key, item in value.items()})
    raise TypeError


def mapping(items: Mapping[Any, Node]) -> Items:
    """Write a dict of what is laid out already."""
    return Items("{", "}", [(f"{_flat(data(key))}: ", item) for key, item in items.items()])


def _whole(value: int) -> str:
    try:
        return repr(value)
    except ValueError:  # more digits than Python turns into decimals
        return hex(value)


def layout(node: Node, before: str = "", after: str = "") -> str:
    """Lay out one statement: an expression with what stands before and after it on its lines."""
    return before + _lines(node, 0, _width(before), len(after)) + after


def _lines(node: Node, indent: int, before: int, after: int) -> str:
    """Lay out an expression of which the first line begins after `before` columns, and `after` follow the last."""
    if not _is_long(node, LINE_LENGTH - before - after):
        return _flat(node)
    inner = indent + _INDENT
    pad, end = " " * inner, "\n" + " " * indent
    if isinstance(node, Text):
        parts = re.findall(r"[^\n]*\n|[^\n]+", node.value)
        if not 1 < len(parts) <= _MOST_LINES or not _is_long(node, LINE_LENGTH - inner):
            return quote(node.value)
        return "(\n" + "".join(f"{pad}{quote(part)}\n" for part in parts) + end[1:] + ")"
    if isinstance(node, str) or not node.items:
        return _flat(node)
    if isinstance(node, Call):
        opening, closing = f"{node.function}(", ")"
        flat = ", ".join(head + _flat(item) for head, item in node.items) if not _is_long(node, LINE_LENGTH * 2) else ""
        if flat and inner + _width(flat) <= LINE_LENGTH:
            return f"{opening}\n{pad}{flat}{end}{closing}"
        comma = "" if len(node.items) == 1 and not node.items[0][0] else ","
    else:
        opening, closing, comma = node.opening, node.closing, ","
    parts = [
        f"{pad}{head}{_lines(item, inner, inner + _width(head), len(comma))}{comma}\n" for head, item in node.items
    ]
    return f"{opening}\n{''.join(parts)}{end[1:]}{closing}"


def _flat(node: Node) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, Text):
        return quote(node.value)
    inside = ", ".join(head + _flat(item) for head, item in node.items)
    if isinstance(node, Call):
        return f"{node.function}({inside})"
    lone = "," if node.opening == "(" and len(node.items) == 1 else ""
    return f"{node.opening}{inside}{lone}{node.closing}"


def _is_long(node: Node, room: int) -> bool:
    """Say whether a node needs more columns than there are, without writing more of it than that."""
    return _room_left(node, room) < 0


def _room_left(node: Node, room: int) -> int:
    if isinstance(node, Text):
        return room - (_width(quote(node.value)) if len(node.value) <= room else len(node.value) + 2)
    if isinstance(node, str):
        return room - _width(node)
    room -= len(node.function) + 2 if isinstance(node, Call) else 2
    if isinstance(node, Items) and node.opening == "(" and len(node.items) == 1:
        room -= 1
    room -= 2 * max(0, len(node.items) - 1)
    for head, item in node.items:
        if room < 0:
            return room
        room = _room_left(item, room - _width(head))
    return room


def _width(text: str) -> int:
    """Count the columns of a text on one line."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
