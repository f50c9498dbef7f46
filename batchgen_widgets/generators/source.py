"""The source of a generator, and a hash of it that is the same in every kernel."""

from __future__ import annotations

import functools
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

__all__ = ["Source", "read_source"]


@dataclass(frozen=True, slots=True)
class Source:
    """What a function says.

    Attributes
    ----------
    text : str or None
        As it was written, with plain line ends, the setup first; None where there is only bytecode, or not even that.
    sha256 : str or None
        Of the text or else of the bytecode, in hexadecimal digits. How far the function was indented, and what is blank
        at the ends of its lines, does not count.
    module, qualname : str or None
        Where it was defined.
    """

    text: str | None
    sha256: str | None
    module: str | None
    qualname: str | None


def read_source(function: Callable[..., Any], setup: Callable[[], Any] | None = None) -> Source:
    """Read the source of a function, and of the setup that makes what it works with."""
    target = _named(function)
    text = _text(target)
    content = _content(target, text)
    digest = hashlib.sha256(content or b"")
    if setup is not None:
        before = _text(_named(setup))
        digest.update(b"\0" + (_content(_named(setup), before) or b""))
        if before and text and before not in text:  # a lambda stands in the decorator of the function
            text = f"{before}\n\n\n{text}"
    return Source(text, digest.hexdigest() if content else None, *_place(target))


def _named(function: Any) -> Any:
    """Give what has a source: the function behind partials and wrappers, the class of an object that can be called."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    return function if inspect.isroutine(function) or inspect.isclass(function) else type(function)


def _place(target: Any) -> tuple[str | None, str | None]:
    return getattr(target, "__module__", None), getattr(target, "__qualname__", None)


def _text(target: Any) -> str | None:
    try:
        text = inspect.getsource(target)
    except (OSError, TypeError, SyntaxError, IndexError):  # typed at a prompt, built in, or its file has changed
        return None
    lines = textwrap.dedent(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _content(target: Any, text: str | None) -> bytes | None:
    if text is not None:
        return text.encode("utf-8", "surrogatepass")
    code = getattr(target, "__code__", None) or getattr(getattr(target, "__call__", None), "__code__", None)  # noqa: B004
    return "\n".join(_instructions(code)).encode("utf-8", "surrogatepass") if isinstance(code, CodeType) else None


def _instructions(code: CodeType) -> Iterator[str]:
    """Give what a function does, without the places and names of files."""
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)
        else:  # sets have no order that lasts
            yield repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant)
