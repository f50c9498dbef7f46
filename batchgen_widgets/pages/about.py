"""What a page tells about its batch, beside its results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ..batches import Batch
from ..batches.strategies import plural
from ..batches.table import value_key, value_text
from ..errors import BatchgenError
from ..wire import plain_params

__all__ = ["about_batch"]

_FEW: Final = 8
_LONG: Final = 160
_MOST_CODE: Final = 200_000


def about_batch(batch: Batch, *, code: bool) -> dict[str, Any]:
    """Give what made a batch and what became of it, as JSON.

    Parameters
    ----------
    batch : Batch
    code : bool
        Whether to tell the code.

    Returns
    -------
    dict
        ``batch``, ``generator``, ``created_at`` in epoch seconds, ``counts`` of tasks by status, ``base`` parameters
        by name, ``varied`` ones with their values in words, ``version`` of this package, and ``code``: Python that
        makes the same batch, or None where that is not known or longer than anybody reads.
    """
    from .. import __version__

    base = {name: value for name, value in batch.base_parameters.items() if name not in batch.varied}
    return {
        "batch": batch.id,
        "generator": batch.generator,
        "created_at": batch.created_at.timestamp(),
        "counts": {str(status): count for status, count in batch.counts.items() if count},
        "base": plain_params(base),
        "varied": [
            {"name": name, "values": _in_words([task.params.get(name) for task in batch.tasks[:]])}
            for name in batch.varied
        ],
        "version": __version__,
        "code": _code(batch) if code else None,
    }


def _in_words(values: Sequence[Any]) -> str:
    """Give the values of a parameter: all of a few, else how many, and the ends where they are numbers."""
    distinct = {value_key(value): value for value in values}
    if len(distinct) <= _FEW:
        return ", ".join(_short(value_text(value)) for value in distinct.values())
    count = plural(len(distinct), "value")
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in distinct.values()):
        return f"{count}, {value_text(min(distinct.values()))} to {value_text(max(distinct.values()))}"
    return count


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _code(batch: Batch) -> str | None:
    try:
        code = batch.to_code()
    except BatchgenError:
        return None
    # Where the owner keeps the project is nobody else's business; its name will do.
    root: Path | None = getattr(batch.keeper, "root", None)
    home = str(root).removesuffix(root.name) if root else ""
    if len(home) > 1:
        for spelled in {home, home.replace("\\", "\\\\")}:
            code = code.replace(spelled, "")
    return code if len(code) <= _MOST_CODE else None
