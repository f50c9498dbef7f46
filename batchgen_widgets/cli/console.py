"""What goes to the terminal: safe to look at, in colour where that is wanted, and JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, TextIO

from ..texts import visible

__all__ = ["Console", "as_json", "safe"]

_COLOURS: Final = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}
_LONGEST_LINE: Final = 4_000  # characters of what is wrong
_MOST_LINES: Final = 200
_STATUSES: Final = {
    "completed": "green",
    "running": "blue",
    "failed": "red",
    "cancelled": "yellow",
    "interrupted": "yellow",
    "paused": "yellow",
}


def safe(text: object, limit: int | None = None) -> str:
    r"""Give a text as a terminal may show it: one line, control characters and hidden ones as ``\x1b`` or ``\u202e``.

    Parameters
    ----------
    text : object
        Whatever came from a project, a generator or an error.
    limit : int, optional
        Letters to show at most.
    """
    return visible(str(text), limit=limit)


class Console:
    """Standard output for results, standard error for everything else.

    Parameters
    ----------
    out, err : text file, optional
        ``sys.stdout`` and ``sys.stderr`` when not given.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        for stream in (self.out, self.err):
            # A letter that the terminal's encoding lacks must not end the command.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self._colours = {stream: _takes_colours(stream) for stream in (self.out, self.err)}

    def say(self, *lines: str) -> None:
        """Print lines that are safe already."""
        for line in lines:
            print(line, file=self.out)

    def note(self, *lines: str) -> None:
        """Print lines that are no results, such as how it goes; they are safe already."""
        for line in lines:
            print(line, file=self.err, flush=True)

    def complain(self, text: str, word: str = "error") -> None:
        """Print what is wrong."""
        head, *rest = text.splitlines() or [""]
        paint = "red" if word == "error" else "yellow"
        first = f"batchgen: {self.paint(f'{word}:', paint, self.err)} {safe(head, _LONGEST_LINE)}"
        self.note(first, *(f"  {safe(line, _LONGEST_LINE)}" for line in rest[:_MOST_LINES]))

    def json(self, value: object) -> None:
        """Print data for programs, in ASCII."""
        self.say(json.dumps(as_json(value), indent=2, allow_nan=False))

    def paint(self, text: str, colour: str, stream: TextIO | None = None) -> str:
        """Give a text in a colour, where the stream takes colours."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._colours[stream or self.out] else text

    def status(self, status: str) -> str:
        """Give a padded status in its colour."""
        colour = _STATUSES.get(status.strip())
        return self.paint(status, colour) if colour else status

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]], *, status: int | None = None) -> None:
        """Print a table; `status` is the column with a status."""
        cells = [[safe(cell, _LONGEST_LINE) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]

        def line(row: Sequence[str]) -> list[str]:
            return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]

        self.say(self.paint("  ".join(line(headings)).rstrip(), "dim"))
        for row in cells:
            shown = line(row)
            if status is not None:
                shown[status] = self.status(shown[status])
            self.say("  ".join(shown).rstrip())


def as_json(value: Any) -> Any:
    """Give anything as JSON holds it: what it can't hold as its text, numbers that are none as null."""
    if isinstance(value, Enum):
        return as_json(value.value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    reference = getattr(value, "reference", None)
    if isinstance(reference, Mapping):
        return as_json(reference)
    if type(value).__name__ == "Asset":
        return {"asset": value.id}
    return repr(value)


def _takes_colours(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # a stand-in, or closed
        return False
