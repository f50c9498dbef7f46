"""What an HTML file carries: texts, values and bytes that break nothing in it, and the policy that it loads nothing."""

from __future__ import annotations

import hashlib
import html
import json
from base64 import b64encode
from typing import Any, BinaryIO

from ..texts import markup

__all__ = ["PageFile", "content_hash", "encoded_size", "policy", "safe_json", "safe_line", "slices"]

_PER_READ = 3 * 2**18  # a multiple of three: base64 of the pieces is the base64 of the whole


def safe_json(value: Any) -> bytes:
    """Write a value as JSON that can stand in a ``<script>``: ASCII, and without ``<``, so that nothing in it ends it.

    Lone surrogates are written as such, and read back as such.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("ascii")


def safe_line(text: str, limit: int = 200) -> str:
    """Give a text as one line of HTML, cut to `limit` characters."""
    return markup(" ".join(text[: 2 * limit].split()), limit=limit)


def content_hash(content: str) -> str:
    """Give the hash by which a Content-Security-Policy knows an inline script or style sheet."""
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def policy(script: str, style: str) -> str:
    """Give the Content-Security-Policy of a page that runs one script, has one style sheet, and reaches no network.

    Pictures and media come from the page itself, as data or blob URLs. Preact sets styles of elements through the
    CSSOM, which needs no ``'unsafe-inline'``. No string ever becomes HTML or a script, which is what the trusted types
    enforce.
    """
    rules = {
        "default-src": "'none'",
        "script-src": content_hash(script),
        "style-src": content_hash(style),
        "img-src": "data: blob:",
        "media-src": "blob:",
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def encoded_size(size: int) -> int:
    """Say how many bytes a node with that many bytes of content takes in the file, at most."""
    return 4 * ((size + 2) // 3) + 96


class PageFile:
    """An HTML file that is being written, and how much of its budget is left.

    Parameters
    ----------
    file : binary file
        At its beginning, and seekable.
    max_bytes : int
        How large it may become.
    """

    def __init__(self, file: BinaryIO, max_bytes: int) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self.size = 0

    @property
    def left(self) -> int:
        """How many bytes are left of the budget; less than none where it is overdrawn."""
        return self._max_bytes - self.size

    def write(self, content: str | bytes) -> None:
        """Write HTML as it is."""
        data = content.encode() if isinstance(content, str) else content
        self._file.write(data)
        self.size += len(data)

    def value(self, name: str, value: Any) -> None:
        """Write a node with a value, which the page reads when it first needs it."""
        self.write(f'<script type="application/json" id="bgw-{name}">')
        self.write(safe_json(value))
        self.write("</script>\n")

    def data(self, name: str, data: bytes, mime: str) -> None:
        """Write a node with bytes."""
        self._open(name, mime)
        self.write(b64encode(data))
        self.write("</script>\n")

    def stream(self, name: str, source: BinaryIO, mime: str) -> None:
        """Write a node with what a file holds, piece by piece."""
        self._open(name, mime)
        while piece := source.read(_PER_READ):
            self.write(b64encode(piece))
        self.write("</script>\n")

    def _open(self, name: str, mime: str) -> None:
        self.write(f'<script type="text/plain" id="bgw-{name}" data-type="{html.escape(mime)}">')

    def rewind(self, size: int) -> None:
        """Forget what was written beyond a size."""
        self._file.seek(size)
        self._file.truncate()
        self.size = size


def slices(total: int, length: int) -> list[tuple[int, int]]:
    """Cut 0 to `total` into pieces of a length."""
    return [(start, min(total, start + length)) for start in range(0, total, length)]
