r"""Texts of other people, made safe to look at: on a page, on a terminal, in an error, in a picture.

A prompt, a name or a message may hold characters that can't be seen, that turn what stands around them, or that a
terminal obeys. Where a text is looked at, each of these is written as Python writes it: ``\x1b``, ``\u202e``. Stored,
copied and edited texts stay as they are. ``js/src/state/visible.ts`` does the same in the browser;
``tests/unit/safety/texts.json`` holds both to it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

__all__ = ["cut", "has_hidden", "markup", "visible", "whole", "whole_texts", "without_hidden"]

# Control characters but for tabs and line breaks, zero-width spaces, what breaks lines or turns the direction, halves
# of surrogate pairs, and tags: letters that nobody sees. Scripts written from right to left need their marks (U+061C,
# U+200E, U+200F), Persian and emoji need joiners; between Latin letters these join nothing.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]|\r(?!\n)|(?<![^\x00-\u024f\u200c\u200d])[\u200c\u200d]"
)
_BREAKS = re.compile(r"[\n\r\t]")
_HALVES = re.compile("[\ud800-\udfff]")
# What no name has: joiners are needed, and everything else that can't be seen is not.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def visible(text: str, *, breaks: bool = False, limit: int | None = None) -> str:
    r"""Give a text as it may be looked at: what can't be seen as ``\x1b`` or ``\u202e``, of floods of marks a few.

    Parameters
    ----------
    text : str
    breaks : bool, default False
        Whether line breaks and tabs stay; else they become ``\n`` and ``\t``.
    limit : int, optional
        Characters of it that are looked at, at most; an ellipsis stands for the others.
    """
    if limit is not None:
        text = cut(text, limit)
    if text.isascii() and text.isprintable():
        return text
    text = _UNSEEN.sub(lambda found: _escape(found[0]), text)
    if not breaks:
        text = _BREAKS.sub(lambda found: _escape(found[0]), text)
    return text if text.isascii() else _floods().sub(_thin, text)


def cut(text: str, limit: int) -> str:
    """Give at most so many characters of a text, the last one an ellipsis where there are more."""
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)]}…"


def markup(text: str, *, limit: int | None = None) -> str:
    """Give a text as HTML, within an element or an attribute in quotes; see `visible`."""
    return html.escape(visible(text, breaks=True, limit=limit), quote=True)


def whole(text: str) -> str:
    """Put U+FFFD for halves of surrogate pairs, which UTF-8 has no bytes for."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def whole_texts(value: Any, limit: int | None = None) -> Any:
    """Give JSON-able data as it goes over a wire: with every text in it `whole`, and cut where there is a limit."""
    if isinstance(value, str):
        return whole(value if limit is None else cut(value, limit))
    if isinstance(value, Mapping):
        return {whole_texts(name, limit): whole_texts(item, limit) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [whole_texts(item, limit) for item in value]
    return value


def has_hidden(text: str) -> bool:
    """Say whether a text has characters that can't be seen, line breaks and tabs among them."""
    return bool(_HIDDEN.search(text))


def without_hidden(text: str) -> str:
    """Leave out characters that can't be seen, and what is more than one space."""
    return " ".join(_HIDDEN.sub(" ", text).split())


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


@cache
def _floods() -> re.Pattern[str]:
    """Find where a letter has more than six accents and other marks, which cover the lines around it, but for two."""
    letters = map(chr, range(0x300, 0x10000))
    # Those beyond, but for the selectors, are of scripts that nobody writes floods in, and would make it much slower.
    marks = "".join(letter for letter in letters if unicodedata.category(letter).startswith("M"))
    return re.compile(f"[{marks}\U000e0100-\U000e01ef]{{7,}}")


def _thin(flood: re.Match[str]) -> str:
    return f"{flood[0][:2]}[+{len(flood[0]) - 2} marks]"
