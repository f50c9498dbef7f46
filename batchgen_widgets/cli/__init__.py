"""`batchgen` on the command line: run batches, look at projects, and pass results on, without a notebook.

Each command lives in a module that is imported when it is asked for, so that help and errors come at once.
"""

from __future__ import annotations

from .main import main

__all__ = ["main"]
