"""Exit codes, which scripts can rely on, and the errors that mean them."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["CommandError", "Exit"]


class Exit(IntEnum):
    """What the exit code of ``batchgen`` says; a signal ends it with 128 and its number, as with any program."""

    OK = 0
    FAILURES = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_LOADED = 4
    UNEXPECTED = 5
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class CommandError(Exception):
    """What went wrong, in words for the person who typed the command.

    Attributes
    ----------
    code : Exit
    """

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code
