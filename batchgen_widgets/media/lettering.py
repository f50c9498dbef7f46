"""Letters for pictures: any text in a few fonts, cut and wrapped to a width.

Pillow carries one font with the letters of English. A text with others is set in the first font of the machine that has
them all; without one, accents are dropped, and what is left is drawn as boxes.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchgen_widgets.errors import ParameterError
from batchgen_widgets.texts import visible

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

__all__ = ["Lettering", "Lines", "check_font"]

ELLIPSIS: Final = "…"

# By name, in the places where each system keeps its fonts.
_COMMON: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "arial.ttf",
    "Arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc",
)
_FINE: Final = 4
_LONGEST: Final = 600  # letters of one text that are worth measuring


@dataclass(frozen=True, slots=True)
class Lines:
    """A text as it is drawn: what each line says, in one font."""

    font: FreeTypeFont  # `_FINE` times larger than it is drawn: letters of a few pixels would stand unevenly
    lines: Sequence[str]
    leading: int

    @classmethod
    def none(cls) -> Lines:
        """Give no text."""
        return cls(_open("", 10), (), 0)

    @property
    def width(self) -> int:
        """Of the longest line, in pixels."""
        return max((math.ceil(self.font.getlength(line) / _FINE) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        """Of all lines, in pixels."""
        return self.leading * len(self.lines)

    def draw(self, picture: Image, left: float, top: float, colour: str, *, width: float = 0, side: float = 0) -> None:
        """Draw it into a column: at its left with `side` 0, in its middle with 0.5, at its right with 1."""
        from PIL import Image, ImageDraw

        for number, line in enumerate(self.lines):
            length = self.font.getlength(line)
            x = left + max(0.0, (width - length / _FINE) * side)
            # Letters may reach a little beyond their line.
            size = math.ceil(length / _FINE) + self.leading, self.leading * 2
            mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
            middle = self.leading * _FINE // 2, self.leading * _FINE
            ImageDraw.Draw(mask).text(middle, line, 255, self.font, "lm")
            where = round(x) - self.leading // 2, round(top + number * self.leading - self.leading / 2)
            picture.paste(colour, where, mask.resize(size, Image.Resampling.BOX))


class Lettering:
    """Sets texts in one size.

    Parameters
    ----------
    size : int
        Of the letters, in pixels.
    font : path-like, optional
        A TrueType or OpenType font for everything.

    Attributes
    ----------
    leading : int
        From one line to the next, in pixels.
    """

    def __init__(self, size: int, font: str | Path | None = None) -> None:
        self.size = size
        self.leading = round(size * 1.3)
        self._given = None if font is None else str(font)

    def set(self, text: str, width: float, lines: int = 1) -> Lines:
        """Break a text into at most some lines that fit, with an ellipsis where something is missing.

        Words longer than a line are broken too.
        """
        font, rest = self._choose(one_line(text))
        wrapped: list[str] = []
        while rest and len(wrapped) < lines - 1:
            taken = _first_line(font, rest, width)
            if taken == len(rest):
                break
            wrapped.append(rest[:taken].rstrip())
            rest = rest[taken:].lstrip()
        last = _cut(font, rest, width)
        return Lines(font, [*wrapped, last] if last else wrapped, self.leading)

    def _choose(self, text: str) -> tuple[FreeTypeFont, str]:
        """Give a font for a text, and the text as that font can show it."""
        if self._given is not None:
            return _open(self._given, self.size * _FINE), text
        for name in _fonts():
            if all(_has(name, letter) for letter in text):
                return _open(name, self.size * _FINE), text
        return _open("", self.size * _FINE), _without_accents(text)


def _length(font: FreeTypeFont, text: str) -> float:
    return font.getlength(text) / _FINE


def _cut(font: FreeTypeFont, text: str, width: float) -> str:
    if _length(font, text) <= width:
        return text
    fits = _longest(text, lambda part: _length(font, part.rstrip() + ELLIPSIS) <= width)
    return text[:fits].rstrip(" ,;:.") + ELLIPSIS if fits else ""


def _first_line(font: FreeTypeFont, text: str, width: float) -> int:
    """Say how many letters go into the first line, at least one."""
    if _length(font, text) <= width:
        return len(text)
    fits = max(1, _longest(text, lambda part: _length(font, part.rstrip()) <= width))
    if text[fits : fits + 1] == " ":
        return fits
    space = text.rfind(" ", 1, fits)
    return space + 1 if space > 0 else fits


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """Give the length of the longest beginning of a text that fits, where all of it does not."""
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle)
    return low


def one_line(text: str) -> str:
    """Give a text without breaks, and with everything in it to be seen."""
    shown = visible(" ".join(text[:_LONGEST].split()))
    return shown + ELLIPSIS if len(text) > _LONGEST else shown


def check_font(font: str | Path | None) -> None:
    """Refuse what is no font, before anything is drawn.

    Raises
    ------
    ParameterError
    """
    if font is None:
        return
    try:
        _open(str(font), 12)
    except (OSError, ValueError, TypeError) as error:
        msg = f"font: {str(font)!r} can't be read as a font ({error}); give the path of a TrueType or OpenType file"
        raise ParameterError(msg, field="font", value=font) from error


@lru_cache(maxsize=64)
def _open(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    if name:
        return ImageFont.truetype(name, size)
    built_in = ImageFont.load_default(size)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    return built_in


@lru_cache(maxsize=1)
def _fonts() -> tuple[str, ...]:
    """Find the fonts of this machine, the built-in one first."""
    found = [""]
    plots = find_spec("matplotlib")
    carried = [Path(plots.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf"] if plots and plots.origin else []
    for name in [*_COMMON, *map(str, carried)]:
        try:
            _open(name, 12)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@lru_cache(maxsize=8192)
def _has(name: str, letter: str) -> bool:
    """Say whether a font has a letter: what it has not, it draws as a box like any other."""
    return letter == " " or _picture(name, letter) != _box(name)


@lru_cache(maxsize=64)
def _box(name: str) -> bytes:
    return _picture(name, "\uffff")


def _picture(name: str, letter: str) -> bytes:
    return bytes(_open(name, 12).getmask(letter))


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
