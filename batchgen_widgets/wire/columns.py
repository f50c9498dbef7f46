"""Columns of assets and tasks on their way to the browser, which sorts, filters and counts by them."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..batches import Asset, Column, Fields, Task, make_column
from ..texts import cut
from .values import LONGEST_NAME

__all__ = ["MAX_ROWS", "TaskTable", "asset_columns", "read_range", "task_columns", "write_columns"]

MAX_ROWS = 2_000
"""Of one reply."""

_FACTS = ("status", "task", "created", "width", "height", "duration", "size", "name")  # kind and mark are traits
_NO_TEXT = 0xFFFFFFFF


class TaskTable(Protocol):
    """What a page asks of a batch beside its assets; `Batch` is one."""

    @property
    def varied(self) -> Sequence[str]:
        """The parameters that differ between tasks."""

    @property
    def tasks(self) -> Sequence[Task]:
        """Every task, in order."""


def read_range(params: Mapping[str, Any], total: int) -> tuple[int, int]:
    """Give the rows to send: those that were asked for and are there, `MAX_ROWS` at most."""
    start = min(max(0, int(params["start"])), total)
    return start, max(start, min(int(params["stop"]), start + MAX_ROWS, total))


def asset_columns(assets: Sequence[Asset]) -> list[Column]:
    """Give everything known of some assets but their kinds and marks."""
    fields = Fields(assets)
    return [*fields.measured, *map(fields.fact, _FACTS)]


def task_columns(batch: TaskTable, tasks: Sequence[Task]) -> list[Column]:
    """Give what tells the tasks of a batch apart, their status, why they failed, and their index."""
    return [
        *(make_column(name, "parameter", [task.params.get(name) for task in tasks]) for name in batch.varied),
        make_column("status", "field", [str(task.status) for task in tasks]),
        make_column("error", "field", [task.error for task in tasks]),
        make_column("task", "field", [task.index for task in tasks]),
    ]


def write_columns(columns: Sequence[Column], start: int, stop: int, total: int) -> tuple[dict[str, Any], list[bytes]]:
    """Write columns as the wire has them."""
    specs, buffers = [], []
    for column in columns:
        values, buffer = _write_texts(column) if column.type == "text" else (None, _write_numbers(column))
        specs.append(
            {"name": cut(column.name, LONGEST_NAME), "group": column.group, "type": column.type, "values": values}
        )
        buffers.append(buffer)
    return {"columns": specs, "start": start, "stop": stop, "total": total}, buffers


def _write_numbers(column: Column) -> bytes:
    cells = [math.nan if cell is None else cell for cell in column.cells]
    return struct.pack(f"<{len(cells)}d", *cells)


def _write_texts(column: Column) -> tuple[list[str], bytes]:
    values = [cell for cell in dict.fromkeys(column.cells) if isinstance(cell, str)]
    codes: dict[object, int] = {value: code for code, value in enumerate(values)} | {None: _NO_TEXT}
    return values, struct.pack(f"<{len(column.cells)}I", *map(codes.__getitem__, column.cells))
