"""What crosses between Python and a page: its types, and records, values and columns in these types.

A kernel sends them over a comm, an exported page carries them with it.
"""

from .assets import asset_record, asset_reviews, asset_thumbnail, kind_code, mark_code
from .columns import MAX_ROWS, TaskTable, asset_columns, read_range, task_columns, write_columns
from .history import history_page
from .lineage import nearest
from .media import CHUNK_BYTES, Chunk, read_chunk
from .values import plain_params

__all__ = [
    "CHUNK_BYTES",
    "MAX_ROWS",
    "Chunk",
    "TaskTable",
    "asset_columns",
    "asset_record",
    "asset_reviews",
    "asset_thumbnail",
    "history_page",
    "kind_code",
    "mark_code",
    "nearest",
    "plain_params",
    "read_chunk",
    "read_range",
    "task_columns",
    "write_columns",
]
