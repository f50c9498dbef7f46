"""Earlier batches as a page asks for them, of a project that may be open or only looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from ..projects import History

__all__ = ["Histories", "history_page"]

_MAX_ROWS: Final = 200


class Histories(Protocol):
    """A project, as far as its history goes."""

    def history(
        self,
        *,
        text: str | None = None,
        generator: str | Iterable[str] | None = None,
        status: str | Iterable[str] | None = None,
        favorites: bool | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> History:
        """Find batches without reading all of them, newest first."""

    def generators(self) -> list[str]:
        """Give the names of the generators that made batches."""


def history_page(project: Histories, params: Mapping[str, Any], *, own: str | None, shown: str) -> dict[str, Any]:
    """Answer ``history.get``, as `types.HistoryPage`.

    Parameters
    ----------
    project : Project or ReadOnlyProject
    params : mapping
        As `types.HistoryQuery`.
    own : str or None
        The generator of the session, if there is one.
    shown : str
        The batch on show, empty where there is none.
    """
    start = max(0, int(params["start"]))
    found = project.history(
        text=params["text"],
        generator=params["generator"],
        status=params["status"],
        favorites=True if params["favorites"] else None,
        offset=start,
        limit=min(_MAX_ROWS, max(0, int(params["stop"]) - start)),
    )
    return {
        "start": start,
        "total": found.total,
        "rows": [entry.to_json() for entry in found],
        "generators": project.generators(),
        "own": own,
        "shown": shown,
    }
