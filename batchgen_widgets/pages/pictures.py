"""The pictures and media of a page: small pictures of all, then as much at full size as fits."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Final, TypeAlias

from ..batches import Asset
from ..errors import BatchgenError, ParameterError, ProjectError
from ..wire import asset_thumbnail
from .embed import PageFile, encoded_size

__all__ = ["CLOSING", "Contents", "write_media", "write_thumbnails"]

CLOSING: Final = 2_000
"""Bytes that are kept for what follows the media."""

_WEBP: Final = "image/webp"
# None is the thumbnail as the project has it, 256 pixels a side.
_SIZES: Final = (None, 160, 96, 64)
_MARKS: Final = {"favorite": 0, None: 1, "discarded": 2}
# Where that many copies in a row did not fit, no more are made: that is what takes the time.
_PATIENCE: Final = 12
_WORKERS: Final = min(4, os.cpu_count() or 1)

_Place: TypeAlias = tuple[int, Asset]


@dataclass(slots=True)
class Contents:
    """What of the media is in a page: how many of each kind, and how many could not be read."""

    image: int = 0
    video: int = 0
    audio: int = 0
    unread: int = 0


def write_thumbnails(page: PageFile, assets: Sequence[Asset]) -> int:
    """Write a small picture of each asset, as large as the budget allows.

    Returns
    -------
    int
        Longest side in pixels.

    Raises
    ------
    ParameterError
        When not even the smallest fit.
    """
    start = page.size
    for size in _SIZES:
        for position, asset in enumerate(assets):
            page.data(f"thumbnail-{position}", _thumbnail(asset, size), _WEBP)
            if page.left < CLOSING:
                break
        else:
            return size or 256
        written = page.size
        page.rewind(start)
    share = (position + 1) / len(assets)
    needed = start + (written - start) / share + CLOSING
    budget = page.left + page.size
    raise ParameterError(
        f"max_bytes: {budget:,} bytes hold no page of {len(assets):,} results, whose smallest pictures and texts "
        f"alone take about {1.1 * needed:,.0f}; allow more, or choose fewer with assets=... or only='favorites'",
        field="max_bytes",
        value=budget,
    )


def _thumbnail(asset: Asset, size: int | None) -> bytes:
    """Give the thumbnail of an asset; nothing where its file is gone or damaged."""
    try:
        data = asset_thumbnail(asset)
        if size is None:
            return data
        from ..media import make_thumbnail

        return make_thumbnail(data, "image", size)
    except (OSError, BatchgenError):
        return b""


def write_media(page: PageFile, assets: Sequence[Asset], image_size: int, *, by_mark: bool) -> Contents:
    """Write as many media as fit, best first; where one does not fit, a smaller one after it may still.

    The order is favorites, what has no mark, what is discarded; of each the images, then videos and sounds; each in
    order of arrival.

    Parameters
    ----------
    page : PageFile
    assets : sequence of Asset
        By position.
    image_size : int
        Longest side of images in pixels.
    by_mark : bool
        False leaves the owner's marks out of the order, where the page is to tell nothing of them.
    """

    def rank(place: _Place) -> tuple[int, bool]:
        return _MARKS[place[1].mark] if by_mark else 0, place[1].kind != "image"

    contents = Contents()
    for (_, is_file), group in groupby(sorted(enumerate(assets), key=rank), key=rank):
        if is_file:
            _write_files(page, list(group), contents)
        else:
            _write_images(page, list(group), image_size, contents)
    return contents


def _write_images(page: PageFile, places: Sequence[_Place], size: int, contents: Contents) -> None:
    misses = 0
    for position, copy in _copies(places, size):
        try:
            data, mime = copy.result()
        except (OSError, BatchgenError):
            contents.unread += 1
            continue
        if _fits(page, len(data)):
            page.data(f"medium-{position}", data, mime)
            contents.image += 1
            misses = 0
        else:
            misses += 1
            if misses == _PATIENCE:
                return


def _copies(places: Sequence[_Place], size: int) -> Iterator[tuple[int, Future[tuple[bytes, str]]]]:
    """Make copies of images in their order, a few ahead of who takes them."""
    waiting: deque[tuple[int, Future[tuple[bytes, str]]]] = deque()
    coming = iter(places)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="batchgen-page") as pool:
        try:
            while True:
                for position, asset in islice(coming, 2 * _WORKERS - len(waiting)):
                    waiting.append((position, pool.submit(_copy, asset.path, size)))
                if not waiting:
                    return
                yield waiting.popleft()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _copy(path: Path, size: int) -> tuple[bytes, str]:
    """Give an image as WebP of that size; the file itself where it moves, or is small in both senses."""
    from ..media import make_thumbnail, probe, read_format
    from ..media.probe import open_image

    mime = read_format(path).mime_as("image")
    with open_image(path) as image:
        if getattr(image, "is_animated", False):
            return path.read_bytes(), mime
    data = make_thumbnail(path, "image", size)
    info = probe(path)
    if path.stat().st_size <= len(data) and max(info.width or 0, info.height or 0) <= size:
        return path.read_bytes(), mime
    return data, _WEBP


def _write_files(page: PageFile, places: Sequence[_Place], contents: Contents) -> None:
    from ..media import read_format

    for position, asset in places:
        before = page.size
        try:
            if not _fits(page, asset.path.stat().st_size):
                continue
            mime = read_format(asset.path).mime_as(asset.kind)
            with asset.path.open("rb") as file:
                page.stream(f"medium-{position}", file, mime)
            if page.left < CLOSING:  # it grew meanwhile
                raise ProjectError(f"{asset.path.name} is being written")
        except (OSError, BatchgenError):
            page.rewind(before)
            contents.unread += 1
        else:
            setattr(contents, asset.kind, getattr(contents, asset.kind) + 1)


def _fits(page: PageFile, size: int) -> bool:
    return encoded_size(size) <= page.left - CLOSING
