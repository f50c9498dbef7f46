"""An answer as the page gets it: a JSON header that says how long it is, then buffers one after the other."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import BatchgenError
from ..texts import whole_texts

__all__ = ["frame", "frame_refusal"]

_LONGEST_ERROR: Final = 5_000


def frame(result: Mapping[str, Any], buffers: Sequence[bytes]) -> bytes:
    """Write a result: uint32 little endian, the header of that many bytes in UTF-8, the buffers."""
    header = {"ok": True, "result": whole_texts(result), "sizes": [len(buffer) for buffer in buffers]}
    return _join(header, buffers)


def frame_refusal(error: BatchgenError) -> bytes:
    """Write why there is no result."""
    told = {"type": type(error).__name__, "message": whole_texts(str(error), _LONGEST_ERROR)}
    return _join({"ok": False, "error": told}, ())


def _join(header: Mapping[str, Any], buffers: Sequence[bytes]) -> bytes:
    # NaN is no JSON: what has one in it is a fault of ours, better found here than in the page.
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return b"".join([struct.pack("<I", len(text)), text, *buffers])
