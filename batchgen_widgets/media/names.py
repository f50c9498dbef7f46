"""File names that say what is inside, and that every system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

MAX_LENGTH = 80


def readable_stem(
    index: int, params: Mapping[str, object], *, name: str | None = None, position: int = 0, width: int = 4
) -> str:
    """Name a file after its task: ``0003_a-beautiful-landscape_seed-482113``.

    Parameters
    ----------
    index : int
        Of the task.
    params : mapping
        Its parameters; the prompt and the seed become part of the name.
    name : str, optional
        Key of the media in the dict that the generator returned.
    position : int, default 0
        Of the media among those of the task; from 1 on, ``_2``, ``_3``... are added.
    width : int, default 4
        Digits of the index.

    Returns
    -------
    str
        Lower-case ASCII letters, digits, ``-`` and ``_``, 1 to 80 of them, beginning with the index. So it is safe on
        Windows too: no reserved name begins with a digit.
    """
    prompt, seed = params.get("prompt"), params.get("seed")
    head = [f"{abs(index):0{width}d}"[:MAX_LENGTH]]
    tail = []
    if isinstance(seed, int) and not isinstance(seed, bool):
        tail.append(f"seed-{_slug(str(seed), 20)}")
    tail += [_slug(name or "", 24), str(position + 1) if position else ""]
    room = MAX_LENGTH - sum(len(part) + 1 for part in [*head, *tail] if part)
    words = _slug(prompt, room) if isinstance(prompt, str) else ""
    return "_".join(part for part in [*head, words, *tail] if part)[:MAX_LENGTH].rstrip("-_")


def _slug(text: str, length: int) -> str:
    """Reduce to at most `length` of a-z, 0-9 and hyphens, cut between words where that keeps half of it."""
    plain = unicodedata.normalize("NFKD", text[:1000]).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    if len(slug) <= length:
        return slug
    cut = slug[: max(length, 0)]
    if slug[len(cut)] != "-" and cut.rfind("-") >= length // 2:
        cut = cut[: cut.rfind("-")]
    return cut.strip("-")
