"""Why tasks failed, told in a few lines: errors that differ only in numbers, paths or quoted words have one cause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from heapq import nsmallest

__all__ = ["FailureGroup", "Failures", "cause_of"]

_VARIES = re.compile(
    r"""
      (?<!\w)(?P<quote>['"`]).*?(?P=quote)(?!\w)           # quoted
    | (?<!\w)[‘“«].*?[’”»](?!\w)
    | \b0[xX][0-9a-fA-F]+                                  # an address
    | (?<![\w…/\\])(?:[A-Za-z]:|~)?[\\/][^\s'",;:()\]]+      # a path
    | (?<![^\W_])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,})*(?![^\W_])  # a hash
    | (?<![^\W_])[-+]?\d+(?:[.,_:x×]\d+)*(?:[eE][-+]?\d+)?  # a number; float16 and float32 stay different
    """,
    re.VERBOSE,
)
_SERIES = re.compile(r"…(?:[\s,]+…)+")


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Tasks that failed for one cause.

    Attributes
    ----------
    error : str
        The error of all of them, in one line; what differs between them is an ellipsis.
    count : int
        How many they are.
    first : int
        Index of the first of them.
    """

    error: str
    count: int
    first: int


def cause_of(error: str) -> str:
    """Give an error line without what differs from task to task: numbers, addresses, paths and quoted parts."""
    return _SERIES.sub("…", _VARIES.sub("…", error))


class _Group:
    __slots__ = ("cause", "error", "tasks")

    def __init__(self, cause: str, error: str) -> None:
        self.cause = cause
        self.error = error  # as it was, while all are alike
        self.tasks: set[int] = set()


class Failures:
    """The failed tasks of a batch by cause, kept in step as tasks fail and are retried.

    Each change costs the same however many tasks failed; the groups are put in order when somebody asks again.
    """

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._largest: dict[int | None, list[FailureGroup]] = {}

    def add(self, index: int, error: str | None) -> None:
        """Take note of a task that failed."""
        error = error or "failed without a reason"
        cause = cause_of(error)
        group = self._groups.get(cause)
        if group is None:
            group = self._groups[cause] = _Group(cause, error)
        elif group.error != error:
            group.error = cause
        group.tasks.add(index)
        self._largest = {}

    def discard(self, index: int, error: str | None) -> None:
        """Forget a task that is tried again; `error` is what it failed with."""
        cause = cause_of(error or "failed without a reason")
        if group := self._groups.get(cause):
            group.tasks.discard(index)
            if not group.tasks:
                del self._groups[cause]
        self._largest = {}

    def largest(self, limit: int | None = None) -> list[FailureGroup]:
        """Give the groups, the one of most tasks first, and of those the one that began first."""
        known = self._largest.get(limit)
        if known is None:
            count = len(self._groups) if limit is None else limit
            groups = nsmallest(count, self._groups.values(), key=lambda group: (-len(group.tasks), min(group.tasks)))
            known = [FailureGroup(group.error, len(group.tasks), min(group.tasks)) for group in groups]
            self._largest[limit] = known
        return list(known)
