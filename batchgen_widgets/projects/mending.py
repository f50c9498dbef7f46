"""Files that are not where their rows say, found again elsewhere in the project."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from uuid import uuid4

from ..errors import ResultError
from .trash import STRAYS, TRASH, free_place, move_file

__all__ = ["Copies", "hash_of", "opens", "put_copy", "set_aside"]

_OURS = ("assets", "thumbnails")
_SKIPPED = ("inputs",)
_BLOCK = 1 << 20


class Copies:
    """The files of a project that no row knows, by their size; looked for when they are first asked for.

    Parameters
    ----------
    root : Path
    known : set of Path
        Where rows say that files are, or would be in the trash.
    is_taken : callable
        Says of a file whether a task that runs may be writing it.
    """

    def __init__(self, root: Path, known: Set[Path], is_taken: Callable[[Path], bool]) -> None:
        self._root = root
        self._known = known
        self._is_taken = is_taken
        self._by_size: defaultdict[int, list[Path]] | None = None
        self._hashes: dict[Path, str | None] = {}
        self._by_hash: dict[str, Path] = {}

    def learn(self, row: sqlite3.Row, path: Path) -> None:
        """Take note of a whole file of an asset, which another asset may have the same of."""
        if row["sha256"]:
            self._by_hash[row["sha256"]] = path

    def find(self, row: sqlite3.Row, *, alone: bool) -> Path | None:
        """Give a whole copy of the file of an asset, or None.

        Where its hash is known that decides. Else its size and what is in it have to be those of the row, and either
        its name too, or there is no other such file and, as `alone` says, no other asset that it could be of; and no
        task that runs may be writing it.
        """
        same_size = [path for path in self._sizes().get(row["file_size"], []) if path.exists()]
        if row["sha256"]:
            for path in same_size:
                if self._hash(path) == row["sha256"]:
                    return path
            twin = self._by_hash.get(row["sha256"])
            return twin if twin is not None and hash_of(twin) == row["sha256"] else None
        alike = [path for path in same_size if not self._is_taken(path) and _is_alike(path, row)]
        named = [path for path in alike if path.name == Path(row["file"]).name]
        if len(named) == 1:
            return named[0]
        return alike[0] if len(alike) == 1 and alone else None

    def is_spare(self, path: Path) -> bool:
        """Say whether a copy can be moved: it lies among the project's own files, and belongs to nothing and nobody."""
        inside = path.relative_to(self._root).parts
        unclaimed = path not in self._known and not self._is_taken(path)
        return unclaimed and (inside[0] in _OURS or inside[: len(Path(STRAYS).parts)] == Path(STRAYS).parts)

    def _sizes(self) -> defaultdict[int, list[Path]]:
        if self._by_size is None:
            self._by_size = defaultdict(list)
            for path in self._walk():
                if path not in self._known and not path.is_symlink():
                    self._by_size[path.stat().st_size].append(path)
        return self._by_size

    def _walk(self) -> Iterator[Path]:
        for place, folders, names in os.walk(self._root):
            top = Path(place) == self._root
            folders[:] = sorted(name for name in folders if not name.startswith(".") and not (top and name in _SKIPPED))
            yield from (Path(place, name) for name in sorted(names) if not name.startswith((".", "batchgen.db")))

    def _hash(self, path: Path) -> str | None:
        if path not in self._hashes:
            self._hashes[path] = hash_of(path)
        return self._hashes[path]


def _is_alike(path: Path, row: sqlite3.Row) -> bool:
    """Say whether what is in a file is as its row has it, and can be read."""
    from ..media import probe

    try:
        found = probe(path)
    except (OSError, ResultError, ValueError):
        return False
    if (found.kind, found.width, found.height) != (row["kind"], row["width"], row["height"]):
        return False
    if found.duration is None or row["duration"] is None:
        return opens(path, row["kind"])
    return abs(found.duration - row["duration"]) < 0.05 and opens(path, row["kind"])


def opens(path: Path, kind: str) -> bool:
    """Say whether a file can be decoded to its end."""
    return why_not(path, kind) is None


def why_not(path: Path, kind: str) -> str | None:
    """Say why a file can't be decoded to its end, or None."""
    from ..media import Video, open_media

    try:
        media = open_media(path, kind)  # type: ignore[arg-type]
        if isinstance(media, Video):
            for _ in media:
                pass
    except (OSError, ResultError, ValueError) as error:
        return str(error)
    return None


def hash_of(path: Path) -> str | None:
    """Give the SHA-256 of a file in hexadecimal digits; None when it can't be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def put_copy(source: Path, target: Path, *, move: bool) -> None:
    """Put a file in its place, whole at any moment, and leave the copy where it is unless it is to be moved.

    Raises
    ------
    OSError
        When it can't be written.
    """
    if move:
        move_file(source, target)
        return
    from ..media import TEMPORARY_PREFIX

    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex}{target.suffix}")
    try:
        shutil.copy2(source, temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def set_aside(root: Path, path: Path) -> Path:
    """Move a file to the trash that belongs to nothing, or is damaged; give its new place.

    Raises
    ------
    OSError
        When it can't be moved.
    """
    inside = path.relative_to(root)
    if inside.parts[0] == TRASH:
        inside = inside.relative_to(TRASH)
    target = free_place(root / STRAYS / inside)
    move_file(path, target)
    return target
