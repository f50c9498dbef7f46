"""A batch as one bounded picture, for what knows no widgets: saved notebooks, their HTML, GitHub, plain text."""

from __future__ import annotations

import html
import math
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from ..batches import Asset, Batch, TaskStatus
from ..batches.sheet import caption, draw_results, shared_values
from ..batches.strategies import plural
from ..batches.table import value_key
from ..media.lettering import one_line

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["SNAPSHOT_BYTES", "Snapshot", "snapshot", "snapshot_of_results", "snapshot_of_words"]

SNAPSHOT_BYTES: Final = 300_000
"""How much a saved picture may add to a notebook."""

_MOST: Final = 24  # results in one picture: more could not be told apart
_SIZES: Final = ((4, 256), (12, 192), (_MOST, 144))  # up to so many results, each of that many pixels
_LARGE_ENOUGH: Final = 128  # pixels; only larger results are drawn larger
_SMALLEST: Final = 72  # pixels; before they would be smaller there are fewer of them
_WEBP_SHARE: Final = 0.45  # of what the pictures may take; PNG needs more for the same
_TEXT_LETTERS: Final = 200  # of one caption in words
_MARGIN: Final = 1_000  # bytes for names of MIME types, quotes and the like

_QUIET: Final = (TaskStatus.COMPLETED, TaskStatus.QUEUED)  # what the status and the number of results tell


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One thing told in three ways; of these a viewer takes the best that it knows.

    Attributes
    ----------
    text : str
        Plain text, a few lines.
    html : str
        A WebP as a data URI, or words; no script, no style sheet and nothing from the network.
    png : bytes or None
        The same picture, or None where there is none.
    """

    text: str
    html: str
    png: bytes | None = None

    @classmethod
    def of_words(cls, *lines: str) -> Snapshot:
        """Tell some lines, whatever characters they have."""
        shown = [_line(line) for line in lines]
        return cls("\n".join(shown), "".join(f"<div>{html.escape(line)}</div>" for line in shown))

    @property
    def bundle(self) -> dict[str, str]:
        """The MIME bundle of a notebook's output."""
        told = {"text/plain": self.text, "text/html": self.html}
        return told | ({"image/png": b64encode(self.png).decode()} if self.png else {})


def snapshot(batch: Batch, max_bytes: int = SNAPSHOT_BYTES) -> Snapshot:
    """Show a batch: some of its results, favorites first, each with what varied; without results, words.

    Parameters
    ----------
    batch : Batch
    max_bytes : int, default 300_000
        How large all of it together may be in the notebook's file, encoded as it is there. Where that is too little
        for a picture there are words alone.

    Returns
    -------
    Snapshot
        The same for the same batch.
    """
    results = batch.results
    if not results:
        return snapshot_of_words(batch)
    return _show(results, batch.varied, batch.generator, _facts_of(batch, results), max_bytes)


def snapshot_of_results(assets: Sequence[Asset], max_bytes: int = SNAPSHOT_BYTES) -> Snapshot:
    """Show results of any batches of one project, as `snapshot` does."""
    if not assets:
        return Snapshot.of_words("No results")
    known = [asset.params for asset in assets]
    names = dict.fromkeys(name for params in known for name in params)
    varied = [name for name in names if len({value_key(params.get(name)) for params in known}) > 1]
    return _show(assets, varied, "Results", _starred(assets), max_bytes)


def snapshot_of_words(batch: Batch) -> Snapshot:
    """Tell where a batch is, and what is in it."""
    results = batch.results
    told = [f"{batch.generator}: {', '.join([*_facts_of(batch, results), plural(len(batch.tasks), 'task')])}"]
    if shared := shared_values([batch.base_parameters], batch.varied):
        told.append(shared)
    if batch.varied:
        told.append(f"varied: {', '.join(name.replace('_', ' ') for name in batch.varied)}")
    return Snapshot.of_words(*told)


def _line(text: str) -> str:
    """Give a text in one line of some length, without what would change the text around it."""
    shown = one_line(text)
    return shown if len(shown) <= _TEXT_LETTERS else f"{shown[:_TEXT_LETTERS].rstrip()}…"


def _facts_of(batch: Batch, results: Sequence[Asset]) -> list[str]:
    counts = [f"{count:,} {status}" for status, count in batch.counts.items() if count and status not in _QUIET]
    return [*_starred(results), *counts, str(batch.status)]


def _starred(assets: Sequence[Asset]) -> list[str]:
    count = sum(asset.favorite for asset in assets)
    return [plural(count, "favorite")] if count else []


def _best(assets: Sequence[Asset]) -> list[Asset]:
    """Give favorites, then what has no mark; what was discarded only where there is nothing else."""
    by_mark: dict[str | None, list[Asset]] = {"favorite": [], None: [], "discarded": []}
    for asset in assets:
        by_mark[asset.mark].append(asset)
    return (by_mark["favorite"] + by_mark[None] or by_mark["discarded"])[:_MOST]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What all pictures of one snapshot show."""

    results: Sequence[Asset]
    total: int
    varied: Sequence[str]
    title: str
    facts: Sequence[str]
    shared: str

    def told(self, count: int) -> str:
        """Say what a picture of so many results holds."""
        number = plural(count, "result") if count == self.total else f"{count:,} of {plural(self.total, 'result')}"
        return ", ".join([number, *self.facts])

    def draw(self, count: int, size: int) -> Image.Image:
        return draw_results(
            self.results[:count],
            self.varied,
            title=self.title,
            facts=self.told(count),
            shared=self.shared,
            size=size,
        )


def _show(assets: Sequence[Asset], varied: Sequence[str], title: str, facts: Sequence[str], max_bytes: int) -> Snapshot:
    best = _best(assets)
    shared = shared_values([asset.params for asset in best], varied)
    subject = _Subject(best, len(assets), varied, title, facts, shared)
    lines = [f"{title}: {subject.told(len(best))}", *([shared] if shared else [])]
    lines += [f"{'★ ' if asset.favorite else ''}{caption(asset, varied)}" for asset in best]
    words = Snapshot.of_words(*lines)

    # Every byte of a picture takes 4/3 in base64.
    room = (max_bytes - _MARGIN - _size(words.bundle)) * 3 // 4
    webp = _fit(subject, _webps, int(room * _WEBP_SHARE))
    png = _fit(subject, _pngs, room - len(webp[0])) if webp else None
    if not webp or not png:
        return words
    data, count, width = webp
    alt = html.escape(_line(f"{title}: {subject.told(count)}"), quote=True)
    source = f"data:image/webp;base64,{b64encode(data).decode()}"
    picture = f'<img alt="{alt}" width="{width}" style="max-width: 100%; height: auto" src="{source}">'
    return Snapshot(words.text, picture, png[0])


def _size(bundle: Mapping[str, Any]) -> int:
    # As JSON may write them: six bytes for a letter that is not ASCII.
    return sum(len(text) + 5 * sum(not letter.isascii() for letter in text) for text in bundle.values())


def _fit(
    subject: _Subject, encode: Callable[[Image.Image], Iterator[bytes]], room: int
) -> tuple[bytes, int, int] | None:
    """Draw as many results as large as fit into some bytes: first they become smaller, then fewer.

    Gives their number and the picture's width too, or None where not even one fits.
    """
    count = len(subject.results)
    longest = max(max(asset.width or 256, asset.height or 0) for asset in subject.results)
    size = min(next(size for most, size in _SIZES if count <= most), max(_LARGE_ENOUGH, longest))
    while room > 0:
        picture = subject.draw(count, size)
        for data in encode(picture):
            if len(data) <= room:
                return data, count, picture.width
        # What has half the area has about half the bytes.
        share = 0.92 * room / len(data)
        smaller = int(size * math.sqrt(share))
        if smaller >= _SMALLEST:
            size = smaller
        elif count == 1:
            return None
        else:
            count = max(1, min(count - 1, int(count * share * (size / _SMALLEST) ** 2)))
            size = _SMALLEST
    return None


def _webps(picture: Image.Image) -> Iterator[bytes]:
    """Encode a picture, the best first."""
    for quality in (82, 68):
        file = BytesIO()
        picture.save(file, "WEBP", quality=quality, method=4)
        yield file.getvalue()


def _pngs(picture: Image.Image) -> Iterator[bytes]:
    """Encode a picture, the best first; a PNG of all its colours would be several times as large."""
    for colours in (256, 64):
        file = BytesIO()
        picture.quantize(colours).save(file, "PNG", optimize=True)
        yield file.getvalue()
