"""Where the browser's part of a widget comes from."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

from ..errors import BatchgenError

__all__ = ["PARTS", "Parts", "module", "style"]

_STATIC = Path(__file__).resolve().parent.parent / "static"

_UNBUILT = "The front end of batchgen_widgets is not built. In a checkout, run in js/: npm ci && npm run build"

_MISSING = f"export default {{ render({{ el }}) {{ el.textContent = {_UNBUILT!r}; }} }};"


def module(name: str) -> Path | str:
    """Give the built module of a widget, or one that says how to build it."""
    path = _STATIC / f"{name}.js"
    if path.is_file():
        return path
    warnings.warn(f"{path.name} is not built; run npm ci && npm run build in js/", RuntimeWarning, stacklevel=2)
    return _MISSING


def style() -> Path | str:
    """Give the built style sheet; nothing where it is not built."""
    path = _STATIC / "batchgen.css"
    return path if path.is_file() else ""


class Parts:
    """What widgets load late: modules that belong to one build of the widgets' own.

    They are read with this package and kept, so that a page that is open while the package is upgraded still finds the
    parts it was built with.

    Parameters
    ----------
    directory : Path
        Where the build put them, one ``.js`` file each.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._held = self._read()

    def _read(self) -> dict[tuple[str, str], bytes]:
        texts = {path.stem: path.read_bytes() for path in self._directory.glob("*.js")}
        return {(name, hashlib.sha256(text).hexdigest()[:16]): text for name, text in texts.items()}

    @property
    def names(self) -> list[str]:
        """The parts there are."""
        return sorted({name for name, _ in self._held})

    def text(self, name: str, digest: str) -> bytes:
        """Give the text of a part.

        Parameters
        ----------
        name : str
            The part's name, as in ``js/src/parts``.
        digest : str
            The first 16 hexadecimal digits of the SHA-256 of the text that the page was built with.

        Raises
        ------
        BatchgenError
            When there is no such part, or only that of another build.
        """
        if (name, digest) not in self._held:
            # The front end may have been built since.
            self._held = self._read() | self._held
        found = self._held.get((name, digest))
        if found is not None:
            return found
        if name in self.names:
            raise BatchgenError(
                "this page and the installed batchgen_widgets are of different versions; "
                "restart the kernel and run the cell again"
            )
        raise BatchgenError(
            f"the front end has no part {name!r}; in a checkout, run npm ci && npm run build in js/, "
            "elsewhere install batchgen_widgets again"
        )


PARTS = Parts(_STATIC / "parts")
