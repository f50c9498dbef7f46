"""A batch as a contact sheet: what is in each cell, and what stands beside it."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import ParameterError
from ..generators.parameters import did_you_mean, show
from ..media.contact_sheet import Cell, Page, Sheet, Tile, draw_contact_sheet
from .status import TaskStatus
from .strategies import plural
from .table import Scale, Table, make_table, value_key, value_text

if TYPE_CHECKING:
    from PIL import Image

    from .assets import Asset
    from .records import Batch, Task

__all__ = ["caption", "draw_batch", "draw_results", "shared_values"]

_ORDER: Final = {"favorite": 0, None: 1, "discarded": 2}
_NO_REASON: Final = "no reason was told"
_LONG: Final = 24  # letters that labels must have in common to leave them out
_PROMPT_LETTERS: Final = 120
_MANY_CELLS: Final = 500_000


def draw_batch(
    batch: Batch,
    x: str | None,
    y: str | None,
    page: str | Mapping[str, Any] | None,
    size: int,
    labels: bool,
    font: str | os.PathLike[str] | None,
) -> Image.Image:
    """Draw a batch; see `Batch.contact_sheet`."""
    tasks, pages, part = batch.tasks[:], None, ""
    if isinstance(page, Mapping):
        tasks, part = (
            _only(tasks, page, batch.varied),
            ", ".join(f"{_label(name)}: {_wanted(page[name])}" for name in page),
        )
    elif isinstance(page, str) or page is None:
        pages = page
    else:
        msg = f"page: {show(page)} is not allowed; give a varied parameter, or a mapping of some to values"
        raise ParameterError(msg, field="page", value=page)
    table = make_table([task.params for task in tasks], batch.varied, batch.config, x=x, y=y, page=pages)
    _check_cells(table)
    columns, shared_by_columns = _slot_labels(table.x)
    rows, shared_by_rows = _slot_labels(table.y)
    beside = {name for name in (pages, *(page if part and isinstance(page, Mapping) else ())) if name}
    sheet = Sheet(
        title=batch.generator,
        facts=_facts(batch, tasks),
        shared=", ".join([*shared_by_columns, *shared_by_rows, *_shared(batch, tasks, beside)]),
        pages=_pages(table, tasks, batch.varied, part),
        x=_axis_name(table.x),
        y=_axis_name(table.y),
        columns=columns if _has_axes(table) else (),
        rows=rows if _has_axes(table) else (),
    )
    return draw_contact_sheet(sheet, size=size, labels=bool(labels), font=None if font is None else Path(font))


def draw_results(
    assets: Sequence[Asset], varied: Sequence[str], *, title: str, facts: str, shared: str, size: int
) -> Image.Image:
    """Draw some results as a grid, with what varied in the caption of each.

    Parameters
    ----------
    assets : sequence of Asset
    varied : sequence of str
        The parameters that stand in the captions.
    title, facts, shared : str
        At the left of the first line, at its right, and below it.
    size : int
        Longest side of each in pixels, 32 to 2048.
    """
    cells = [Cell(tiles=[_tile(asset)], caption=caption(asset, varied)) for asset in assets]
    return draw_contact_sheet(Sheet(title=title, facts=facts, shared=shared, pages=[Page("", [cells])]), size=size)


def caption(asset: Asset, varied: Sequence[str]) -> str:
    """Say what varied in one result, the seed last."""
    return _own(asset, _told(asset.params, varied) or f"task {asset.task_index}")


def shared_values(params: Sequence[Mapping[str, Any]], beside: Collection[str]) -> str:
    """Say what is the same in the parameters of all, the prompt first, but for what is told beside that."""
    return ", ".join(_same_in(params, [name for name in params[0] if name not in beside])) if params else ""


def _check_cells(table: Table) -> None:
    """Refuse a table whose cells could not even be counted in pixels, before any is made."""
    amounts = {axis: len(scale.slots) for axis in ("page", "y", "x") if (scale := getattr(table, axis))}
    if math.prod(amounts.values()) > _MANY_CELLS:
        axis = max(amounts, key=lambda axis: amounts[axis])
        told = " x ".join(f"{amount:,}" for amount in amounts.values())
        msg = f"{axis}: {told} cells are too many for a picture; choose another parameter, or draw a part with page"
        raise ParameterError(msg, field=axis, value=getattr(table, axis).name)


def _has_axes(table: Table) -> bool:
    return table.x is not None or table.y is not None


def _only(tasks: Sequence[Task], page: Mapping[str, Any], varied: Sequence[str]) -> list[Task]:
    """Give the tasks that have some values."""
    for name in page:
        if name not in varied:
            msg = f"page: {show(name)} is no varied parameter; {did_you_mean(name, varied)}"
            raise ParameterError(msg, field="page", value=name)
    found = [task for task in tasks if all(_fits(task.params.get(name), wanted) for name, wanted in page.items())]
    if not found:
        told = " and ".join(f"{name} {show(wanted)}" for name, wanted in page.items())
        raise ParameterError(f"page: no task has {told}; give values that some have", field="page", value=dict(page))
    return found


def _wanted(wanted: Any) -> str:
    if isinstance(wanted, tuple) and len(wanted) == 2:
        low, high = wanted
        if low is None or high is None:
            return f"from {value_text(low)}" if high is None else f"up to {value_text(high)}"
        return f"{value_text(low)} to {value_text(high)}"
    return " or ".join(map(value_text, wanted if isinstance(wanted, list) else [wanted]))


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple) and len(wanted) == 2:
        low, high = wanted
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and (low is None or low <= value) and (high is None or value <= high)
    among = wanted if isinstance(wanted, list) else [wanted]
    return value_key(value) in {value_key(each) for each in among}


# What is in the cells


def _pages(table: Table, tasks: Sequence[Task], varied: Sequence[str], part: str) -> list[Page]:
    pages = []
    for number in range(len(table.page.slots) if table.page else 1):
        label = f"{_axis_name(table.page)}: {table.page.slots[number].label}" if table.page else part
        if _has_axes(table):
            rows = range(len(table.y.slots) if table.y else 1)
            columns = range(len(table.x.slots) if table.x else 1)
            cells: list[list[Cell | None]] = [
                [_cell([tasks[index] for index in table.cells.get((number, row, column), ())]) for column in columns]
                for row in rows
            ]
        else:
            cells = [_captioned([tasks[index] for index in table.cells.get((number, 0, 0), ())], varied)]
        pages.append(Page(label, cells))
    return pages


def _cell(tasks: Sequence[Task]) -> Cell | None:
    if not tasks:
        return None
    assets = sorted((asset for task in tasks for asset in task.results), key=lambda asset: _ORDER[asset.mark])
    failed = [task for task in tasks if task.status is TaskStatus.FAILED]
    if assets:
        return Cell(tiles=[_tile(asset) for asset in assets], failed=len(failed))
    if failed:
        return Cell(problem=failed[0].error or _NO_REASON)
    return Cell(note=_why_empty(tasks[0]))


def _why_empty(task: Task) -> str:
    if task.status is not TaskStatus.COMPLETED:
        return str(task.status)
    return ", ".join(f"{name} {value_text(value)}" for name, value in task.metrics.items()) or "no media"


def _captioned(tasks: Sequence[Task], varied: Sequence[str]) -> list[Cell | None]:
    """Give one cell for each asset, and one for each failure."""
    cells: list[Cell | None] = []
    for task in tasks:
        told = _told(task.params, varied) or f"task {task.index}"
        if task.status is TaskStatus.FAILED and not task.assets:
            cells.append(Cell(problem=task.error or _NO_REASON, caption=told))
        cells += [Cell(tiles=[_tile(asset)], caption=_own(asset, told)) for asset in task.results]
    return cells or [Cell(note="no media yet")]


def _told(params: Mapping[str, Any], varied: Sequence[str]) -> str:
    names = sorted(varied, key=lambda name: name == "seed")
    told = [(name, value_text(params.get(name))) for name in names]
    return ", ".join(text if name == "prompt" else f"{_spaced(name)} {text}" for name, text in told)


def _own(asset: Asset, told: str) -> str:
    return f"{asset.name}: {told}" if asset.name else told


def _tile(asset: Asset) -> Tile:
    return Tile(
        path=asset.path,
        thumbnail=asset.thumbnail_path,
        kind=asset.kind,
        width=asset.width,
        height=asset.height,
        duration=asset.duration,
        starred=asset.favorite,
        faded=asset.discarded,
    )


# What stands beside them


def _axis_name(scale: Scale | None) -> str:
    return "" if scale is None else _label(scale.name)


def _label(name: str) -> str:
    text = _spaced(name)
    return text[:1].upper() + text[1:]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _slot_labels(scale: Scale | None) -> tuple[list[str], list[str]]:
    """Give the labels of an axis, and what all of them begin with, where that is long: then it stands only once."""
    if scale is None:
        return [""], []
    labels = [slot.label for slot in scale.slots]
    words = [label.split(" ") for label in labels]
    alike = len(list(takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))))
    start = " ".join(words[0][:alike])
    if len(labels) < 2 or len(start) < _LONG:
        return labels, []
    return [" ".join(["…", *label[alike:]]) for label in words], [f"{_shortened(start).rstrip(' ,;:…')}…"]


def _facts(batch: Batch, tasks: Sequence[Task]) -> str:
    assets = [asset for task in tasks for asset in task.results]
    starred = sum(asset.favorite for asset in assets)
    failed = sum(task.status is TaskStatus.FAILED for task in tasks)
    made = {kind: sum(asset.kind == kind for asset in assets) for kind in ("image", "video", "audio")}
    facts = [
        plural(count, {"image": "image", "video": "video", "audio": "sound"}[kind])
        for kind, count in made.items()
        if count
    ]
    facts += [plural(starred, "favorite")] if starred else []
    facts += [f"{failed:,} failed"] if failed else []
    when = batch.created_at
    return ", ".join([*facts, f"{when.day} {when:%b %Y}"])


def _shortened(text: str) -> str:
    return text if len(text) <= _PROMPT_LETTERS else f"{text[:_PROMPT_LETTERS].rstrip()}…"


def _shared(batch: Batch, tasks: Sequence[Task], beside: Collection[str]) -> list[str]:
    """Say what is the same in all tasks, the prompt first, but for what stands beside that."""
    if not tasks:
        return []
    first = tasks[0].params
    # Of what varies elsewhere, a part of the tasks may all have one value.
    named = [name for name in first if name not in beside and (len(tasks) > 1 or name not in batch.varied)]
    return _same_in([task.params for task in tasks], named)


def _same_in(params: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    first = params[0]
    same = {name: value_text(first[name]) for name in names if len({value_key(each.get(name)) for each in params}) == 1}
    told = []
    prompt = same.pop("prompt", "")
    if prompt:
        told.append(_shortened(prompt))
    if "width" in same and "height" in same:
        told.append(f"{same.pop('width')} x {same.pop('height')}")
    return told + [f"{_spaced(name)} {text}" for name, text in same.items()]
