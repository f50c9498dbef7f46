"""What crosses between Python and a page: its types, and records, values and columns in these types.

A kernel sends them over a comm, an exported page carries them with it.
"""

from .assets import asset_record, asset_reviews, asset_thumbnail
from .columns import MAX_ROWS, asset_columns, read_range, task_columns, write_columns
from .values import plain_params

__all__ = [
    "MAX_ROWS",
    "asset_columns",
    "asset_record",
    "asset_reviews",
    "asset_thumbnail",
    "plain_params",
    "read_range",
    "task_columns",
    "write_columns",
]
