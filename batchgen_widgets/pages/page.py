"""A batch as one HTML file, for people without Jupyter."""

from __future__ import annotations

import hashlib
import os
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, Literal, get_args

from ..batches import Asset, Batch
from ..errors import BatchgenError, ParameterError, ProjectError
from ..generators.parameters import show
from ..texts import cut
from ..wire import MAX_ROWS, asset_columns, asset_record, kind_code, mark_code, task_columns, write_columns
from .about import about_batch
from .embed import PageFile, policy, safe_line, slices
from .pictures import CLOSING, write_media, write_thumbnails

__all__ = ["Only", "write_page"]

Only = Literal["favorites", "kept"]

_STATIC: Final = Path(__file__).resolve().parent.parent / "static"
_RECORDS: Final = 100
_LONGEST_TITLE: Final = 1_000
_LEAST_BYTES: Final = 1_000_000
_IMAGE_SIZES: Final = (64, 8192)

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="bgw-page"><noscript>This page shows {title} by a script that it carries with it. Allow scripts, and open it
again.</noscript></div>
"""


def write_page(
    batch: Batch,
    path: str | os.PathLike[str],
    *,
    assets: Iterable[Asset] | None,
    only: Only | None,
    title: str | None,
    marks: bool,
    max_bytes: int,
    image_size: int,
    code: bool,
    overwrite: bool,
) -> Path:
    """Write a batch as a page; see `Batch.to_html`."""
    target = Path(path).expanduser().absolute()
    _check_sizes(max_bytes, image_size)
    chosen = _choose(batch, assets, only)
    _check_target(target, overwrite)
    script, style, licenses = (_built(name) for name in ("page.js", "page.css", "licenses.txt"))
    # Beside its place: on the same disk, so that it appears there at once and whole, or not at all.
    part = target.with_name(f".{target.name[:100]}.{token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            page = PageFile(file, max_bytes)
            told = safe_line(title or batch.generator)
            page.write(_HEAD.format(policy=policy(script, style), title=told, style=style))
            tasks = None if assets is None and only is None else {asset.task_index for asset in chosen}
            page.value("about", _about(batch, chosen, title, bool(marks), bool(code), max_bytes))
            # What follows may still be on its way from the disk: the script waits for what it shows.
            page.write(f"<script>{script}</script>\n")
            # Of the packages that the script holds: they ask for their terms to go with them.
            page.value("licenses", licenses)
            _write_texts(page, batch, chosen, tasks)
            thumbnail_size = write_thumbnails(page, chosen)
            contents = write_media(page, chosen, image_size, by_mark=bool(marks))
            told_sizes = {"thumbnail_size": thumbnail_size, "image_size": image_size}
            page.value("contents", {**asdict(contents), **told_sizes})
            page.write("</body>\n</html>\n")
        _check_target(target, overwrite)
        part.replace(target)
    except OSError as error:
        if isinstance(error, BatchgenError):
            raise
        reason = error.strerror or str(error)
        raise ProjectError(f"path: {target} can't be written ({reason}); give another place") from error
    finally:
        part.unlink(missing_ok=True)
    return target


# What is asked for


def _check_sizes(max_bytes: int, image_size: int) -> None:
    low, high = _IMAGE_SIZES
    for name, value, least, most in (
        ("max_bytes", max_bytes, _LEAST_BYTES, None),
        ("image_size", image_size, low, high),
    ):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or value < least or (most and value > most):
            allowed = f"{least:,} to {most:,} pixels" if most else f"{least:,} and more, such as 50_000_000"
            raise ParameterError(f"{name}: {show(value)} is not allowed; give {allowed}", field=name, value=value)


def _choose(batch: Batch, assets: Iterable[Asset] | None, only: Only | None) -> list[Asset]:
    """Give the assets of the page in their order, each once."""
    if only not in (None, *get_args(Only)):
        msg = f"only: {show(only)} is not allowed; choose 'favorites', 'kept' or None"
        raise ParameterError(msg, field="only", value=only)
    given = batch.results if assets is None else list(assets)
    for asset in given:
        if not isinstance(asset, Asset) or asset.batch_id != batch.id:
            msg = f"assets: {show(asset)} is no asset of batch {batch.id}; give some of batch.results"
            raise ParameterError(msg, field="assets", value=asset)
    found = [asset for asset in dict.fromkeys(given) if asset.trashed_at is None]
    if only == "favorites":
        found = [asset for asset in found if asset.favorite]
    elif only == "kept":
        found = [asset for asset in found if not asset.discarded]
    if not found:
        what = f"of these is {'a favorite' if only == 'favorites' else 'kept'}" if given and only else "is there"
        raise ParameterError(
            f"assets: no result {what}, so there is nothing to show; choose others, or wait until the batch has some",
            field="only" if given and only else "assets",
        )
    return found


def _check_target(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise ProjectError(f"path: {target} is a directory; give the name of a file in it, such as review.html")
    if target.exists() and not overwrite:
        raise ProjectError(f"path: {target} exists; give another name, or overwrite=True")
    if not target.parent.is_dir():
        raise ProjectError(f"path: there is no directory {target.parent}; make it, or give another place")


def _built(name: str) -> str:
    try:
        return (_STATIC / name).read_text("utf-8")
    except FileNotFoundError:
        raise BatchgenError(
            "the front end of batchgen_widgets is not built, and a page carries it; in a checkout, run in js/: "
            "npm ci && npm run build; elsewhere install batchgen_widgets again"
        ) from None


# What the page is told


def _about(
    batch: Batch, assets: Sequence[Asset], title: str | None, marks: bool, code: bool, max_bytes: int
) -> dict[str, Any]:
    ids = "\n".join([batch.id, *(asset.id for asset in assets)])
    return {
        # The same page, written anew, finds what a reviewer had not saved yet.
        "page": hashlib.sha256(ids.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        "title": cut(title or batch.generator, _LONGEST_TITLE),
        "made_at": time.time(),
        "max_bytes": max_bytes,
        "shows_marks": marks,
        "total": len(assets),
        "ids": [asset.id for asset in assets],
        "kinds": _letters(kind_code(asset) for asset in assets),
        "marks": _letters(mark_code(asset) if marks else 0 for asset in assets),
        **about_batch(batch, code=code),
    }


def _letters(codes: Iterable[int]) -> str:
    return b64encode(bytes(codes)).decode()


def _write_texts(page: PageFile, batch: Batch, assets: Sequence[Asset], indices: set[int] | None) -> None:
    """Write records and columns, in pieces that the page reads when it needs them."""
    for number, (start, stop) in enumerate(slices(len(assets), _RECORDS)):
        records = [_record(position, assets[position], batch) for position in range(start, stop)]
        page.value(f"records-{number}", records)
        _check_room(page, assets)
    for number, (start, stop) in enumerate(slices(len(assets), MAX_ROWS)):
        page.value(
            f"columns-{number}", _packed(*write_columns(asset_columns(assets[start:stop]), start, stop, len(assets)))
        )
        _check_room(page, assets)
    tasks = [task for task in batch.tasks[:] if indices is None or task.index in indices]
    for number, (start, stop) in enumerate(slices(len(tasks), MAX_ROWS)):
        page.value(
            f"cells-{number}", _packed(*write_columns(task_columns(batch, tasks[start:stop]), start, stop, len(tasks)))
        )
        _check_room(page, assets)


def _record(position: int, asset: Asset, batch: Batch) -> dict[str, Any]:
    record = asset_record(position, asset, batch)
    # Where the owner keeps the project is nobody else's business.
    return {**record, "path": f"{asset.path.parent.name}/{asset.path.name}"}


def _packed(reply: dict[str, Any], buffers: Sequence[bytes]) -> dict[str, Any]:
    return {"reply": reply, "buffers": [b64encode(buffer).decode() for buffer in buffers]}


def _check_room(page: PageFile, assets: Sequence[Asset]) -> None:
    if page.left < CLOSING:
        budget = page.left + page.size
        raise ParameterError(
            f"max_bytes: {budget:,} bytes do not hold the texts of {len(assets):,} results; allow more, or choose "
            "fewer with assets=... or only='favorites'",
            field="max_bytes",
            value=budget,
        )
