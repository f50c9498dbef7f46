"""Files of an archive, taken out of it one by one when somebody looks at them, each checked before it is shown."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Final

from ..batches import Asset
from ..errors import ProjectError, StateError
from ..projects import AssetFiles
from ..projects.archives import ArchiveReader, reason_of
from ..projects.contents import check_file

__all__ = ["AT_ONCE", "Unpacked"]

MOST_HELD: Final = 1024 * 1024 * 1024
"""Bytes of media that are unpacked at a time, on disk."""

MOST_THUMBNAILS: Final = 64 * 1024 * 1024
"""Bytes of thumbnails that are kept, in memory."""

AT_ONCE: Final = 4
"""Thumbnails that are drawn at a time: each may take half a gigabyte while a picture is as large as is allowed."""

_IN_MEMORY: Final = 16 * 1024 * 1024
"""Files up to this size are not put on disk for their thumbnail."""

_DRAWING: Final = threading.BoundedSemaphore(AT_ONCE)


class _File:
    """A file on its way out of the archive: who looks at it, and where it is once it was checked."""

    def __init__(self) -> None:
        self.users = 0
        self.size = 0
        self.path: Path | None = None
        self.making = threading.Lock()


class Unpacked:
    """Media and thumbnails of an archive; what was looked at longest ago makes room for what is looked at now.

    Media lie in a directory of the system's for temporary files that only this user can read, under names that no
    archive chose. It is made when it is needed, and removed by `close`, or when the process ends.

    Parameters
    ----------
    archive : ArchiveReader
        Stays open as long as this is used.
    most : int, default 1 GiB
        Bytes of media on disk.
    """

    def __init__(self, archive: ArchiveReader, most: int = MOST_HELD) -> None:
        self._archive = archive
        self._most = most
        self._changed = threading.Condition()
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._size = 0
        self._numbers = count()
        self._folder: Path | None = None
        self._remove: Callable[[], object] | None = None
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()
        self._thumbnails_size = 0
        self._closed = False

    # As `gallery.Files`

    def has(self, asset: Asset) -> bool:
        """Say whether the archive has the file of an asset."""
        return self._name(asset) in self._archive.files

    def place(self, asset: Asset) -> str:
        """Say for people where the file is: behind the name of the archive."""
        return f"{self._archive.label}/{self._name(asset)}"

    def get(self, asset: Asset) -> AssetFiles:
        """Give the file of an asset, which is there for certain only within `hold`; raises as that does."""
        with self.hold(asset) as files:
            return files

    def _name(self, asset: Asset) -> str:
        return asset.path.relative_to(self._archive.path).as_posix()

    # Media

    @contextmanager
    def hold(self, asset: Asset) -> Iterator[AssetFiles]:
        """Keep the file of an asset on disk as long as the block runs.

        Raises
        ------
        ProjectError
            When the file is not what the manifest says it is, no media, damaged or too large, or there is no room.
        StateError
            After `close`.
        """
        name = self._name(asset)
        with self._changed:
            file = self._files.setdefault(name, _File())
            file.users += 1
            self._files.move_to_end(name)
        try:
            # One of several threads takes it out, and the others wait for it.
            with file.making:
                if file.path is None:
                    file.path = self._take_out(name, asset, file)
            yield AssetFiles(asset.kind, file.path, file.path / "none")
        finally:
            with self._changed:
                file.users -= 1
                if file.path is None and not file.users and self._files.get(name) is file:
                    del self._files[name]
                self._changed.notify_all()

    def _take_out(self, name: str, asset: Asset, file: _File) -> Path:
        folder = self._reserve(name, file)
        path = folder / str(next(self._numbers))
        try:
            with path.open("x+b") as into:
                check_file(self._archive, name, asset.sha256 or "", asset.kind, into)
        except BaseException as error:
            self._give_up(path, file)
            if isinstance(error, OSError) and not isinstance(error, ProjectError):
                raise self._archive.refusal(name, f"it can't be unpacked ({error.strerror or error})") from error
            raise
        return path

    def _reserve(self, name: str, file: _File) -> Path:
        """Make room for a file, and give the folder that it goes to."""
        size = self._archive.files[name]
        if size > self._most:
            raise self._archive.refusal(
                name,
                f"it has {size:,} bytes, and {self._most:,} can be looked at in an archive: import it into a project",
            )
        with self._changed:
            while self._size + size > self._most and not self._closed:
                idle = next((each for each in self._files.items() if each[1].path and not each[1].users), None)
                if idle is None:
                    self._changed.wait()
                    continue
                del self._files[idle[0]]
                self._drop(idle[1])
            folder = self._find_folder()
            file.size = size
            self._size += size
        return folder

    def _find_folder(self) -> Path:
        if self._closed:
            raise StateError(f"{self._archive.label}: closed; open it again")
        if self._folder is None:
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="batchgen-archive-"))
            except OSError as error:
                raise self._archive.broken(f"there is no room to unpack it ({error.strerror or error})") from error
            self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _drop(self, file: _File) -> None:
        if file.path:
            with suppress(OSError):
                file.path.unlink()
        self._size -= file.size

    def _give_up(self, path: Path, file: _File) -> None:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        with self._changed:
            self._size -= file.size
            file.size = 0
            self._changed.notify_all()

    # Thumbnails

    def thumbnail(self, asset: Asset) -> bytes:
        """Draw the thumbnail of an asset, a WebP; raises as `hold` does, and where it can't be decoded."""
        name = self._name(asset)
        with self._changed:
            if name in self._thumbnails:
                self._thumbnails.move_to_end(name)
                return self._thumbnails[name]
        with _DRAWING:
            made = self._draw(name, asset)
        with self._changed:
            if name not in self._thumbnails:
                self._thumbnails[name] = made
                self._thumbnails_size += len(made)
            while self._thumbnails_size > MOST_THUMBNAILS:
                self._thumbnails_size -= len(self._thumbnails.popitem(last=False)[1])
        return made

    def _draw(self, name: str, asset: Asset) -> bytes:
        from ..media import make_thumbnail

        def draw(source: bytes | Path) -> bytes:
            try:
                return make_thumbnail(source, asset.kind)
            except Exception as error:  # whatever a decoder says of a damaged file
                raise self._archive.refusal(name, f"it can't be decoded ({reason_of(error)})") from error

        if self._archive.files[name] > _IN_MEMORY:
            with self.hold(asset) as files:
                return draw(files.path)
        with BytesIO() as file:
            check_file(self._archive, name, asset.sha256 or "", asset.kind, file)
            return draw(file.getvalue())

    def close(self) -> None:
        """Remove what is on disk, and let nothing more be taken out."""
        with self._changed:
            self._closed = True
            self._files.clear()
            self._thumbnails.clear()
            self._changed.notify_all()
            if self._remove:
                self._remove()
