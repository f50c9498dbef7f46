"""Zips and folders that hold an exported project, read with suspicion.

A reader trusts nothing: each name, each size and each type in the archive is checked before a byte of it is used, and
what does not fit is refused with the name of the entry and the reason. Entries are read by the names of the manifest
and streamed; nothing is ever extracted to a name that an archive chose.

Beside what the manifest names there may be the two tables, and the files that systems leave in folders
(``.DS_Store``, ``Thumbs.db``, ``desktop.ini``, ``__MACOSX/``); anything else is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, BinaryIO, Final, Self

from ..errors import ProjectError
from ..texts import visible
from .limits import FREE_BYTES, MOST_DIRECTORY_BYTES, MOST_FILE_BYTES, MOST_FILES, MOST_NAME_LENGTH, MOST_RATIO

__all__ = [
    "FORMAT",
    "MANIFEST",
    "TABLES",
    "ZIP_SUFFIXES",
    "ArchiveReader",
    "check_name",
    "open_archive",
    "reason_of",
]

FORMAT: Final = "batchgen-project"
MANIFEST: Final = "manifest.json"
TABLES: Final = ("assets.csv", "assets.parquet")
ZIP_SUFFIXES: Final = (".zip", ".batchgen")

_CHUNK: Final = 1024 * 1024
_JUNCTION: Final = 0xA0000003  # as Windows marks a folder that stands for another one
_LITTER: Final = {".ds_store", "thumbs.db", "desktop.ini"}
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[0-9A-Za-z._-]+")


def check_name(name: str) -> None:
    """Refuse the name of an entry that some system would take for another place, another file or a device.

    Raises
    ------
    ValueError
        With the reason.
    """
    if not name or len(name) > MOST_NAME_LENGTH:
        raise ValueError(f"its name has {len(name)} characters; 1 to {MOST_NAME_LENGTH} are allowed")
    if "\0" in name:
        raise ValueError("its name has a NUL in it")
    if name.startswith(("/", "\\")):
        raise ValueError("its name is an absolute path")
    if re.match(r"[A-Za-z]:", name):
        raise ValueError("its name begins with the letter of a drive")
    if "\\" in name:
        raise ValueError("its name has a backslash in it")
    parts = name.split("/")
    if ".." in parts:
        raise ValueError("its name leads out of the archive")
    if "" in parts or "." in parts:
        raise ValueError("its name has a folder without a name")
    if unicodedata.normalize("NFC", name) != name:
        raise ValueError("its name is not in Unicode's normal form")
    for part in parts:
        if _DEVICES.fullmatch(part.partition(".")[0].rstrip()):
            raise ValueError(f"{part!r} is the name of a device")
        if part.endswith((".", " ")) or part.startswith(" "):
            raise ValueError("its name has a space or a dot where some systems drop it")
        if not _PLAIN.fullmatch(part):
            raise ValueError("its name has characters other than A-Z, a-z, 0-9, '.', '_' and '-'")


def _same_place(name: str) -> str:
    """Give what two names have in common that are one file on some system."""
    return unicodedata.normalize("NFKC", name).casefold()


def _is_litter(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].lower() in _LITTER


def reason_of(error: BaseException) -> str:
    """Give what an error says, or its name where it says nothing."""
    return str(error) or type(error).__name__


class ArchiveReader:
    """An exported project: the sizes of its files by name, and their content.

    Attributes
    ----------
    path : Path
        Of the zip or folder.
    label : str
        What errors call it.
    files : dict of str to int
        Bytes of each file that counts, by its name.
    """

    path: Path
    label: str
    files: dict[str, int]

    def __init__(self, path: Path, label: str, outcome: str) -> None:
        self.path = path
        self.label = label
        self.files = {}
        self._outcome = outcome
        self._places: dict[str, str] = {}

    def refusal(self, name: str, reason: object) -> ProjectError:
        """Make the error that names an entry and what is wrong with it."""
        short = visible(name if len(name) <= 120 else f"{name[:117]}...")
        return ProjectError(f"{self.label}: {short}: refused, {visible(str(reason))}; {self._outcome}")

    def broken(self, reason: object) -> ProjectError:
        """Make the error for an archive that can't be read as a whole."""
        return ProjectError(f"{self.label}: refused, {visible(str(reason))}; {self._outcome}")

    def _add(self, name: str, size: int) -> None:
        try:
            check_name(name)
        except ValueError as error:
            raise self.refusal(name, error) from None
        place = _same_place(name)
        if other := self._places.get(place):
            raise self.refusal(name, f"on some systems it would be the same file as {other!r}")
        self._places[place] = name
        if size > MOST_FILE_BYTES:
            raise self.refusal(name, f"it has {size:,} bytes; {MOST_FILE_BYTES:,} are allowed")
        if not _is_litter(name):
            self.files[name] = size
        if len(self._places) > MOST_FILES:
            raise self.broken(f"it holds more than {MOST_FILES:,} files")

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file; whatever is wrong with it is a `ProjectError` that names it."""
        try:
            with self._open(name) as file:
                yield file
        except ProjectError:
            raise
        # What zipfile and zlib raise at damaged entries, some of it on purpose.
        except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error) as error:
            raise self.refusal(name, f"it can't be read ({reason_of(error)})") from error

    def _open(self, name: str) -> AbstractContextManager[BinaryIO]:
        raise NotImplementedError

    @contextmanager
    def open_seekable(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file in which a decoder can jump about: what is compressed is unpacked first, outside the project."""
        if not self._is_packed(name):
            with self.open(name) as file:
                yield file
            return
        with TemporaryFile() as unpacked:
            self.copy(name, unpacked)
            unpacked.seek(0)
            yield unpacked

    def _is_packed(self, name: str) -> bool:
        return False

    def read(self, name: str, most: int) -> bytes:
        """Read a small file whole."""
        size = self.files[name]
        if size > most:
            raise self.refusal(name, f"it has {size:,} bytes; {most:,} are allowed")
        with self.open(name) as file:
            data = file.read(size + 1)
        if len(data) != size:
            raise self.refusal(name, f"it has {len(data):,} bytes or more instead of {size:,}")
        return data

    def copy(self, name: str, into: IO[bytes] | None = None) -> str:
        """Read a file, perhaps into another one, and give the SHA-256 of what was read."""
        digest = hashlib.sha256()
        left = self.files[name]
        with self.open(name) as file:
            while data := file.read(min(_CHUNK, left + 1)):
                left -= len(data)
                if left < 0:
                    raise self.refusal(name, f"it has more than the {self.files[name]:,} bytes that it says it has")
                digest.update(data)
                if into is not None:
                    self._write(into, data)
        if left:
            raise self.refusal(name, f"it has {left:,} bytes less than it says it has")
        return digest.hexdigest()

    def _write(self, file: IO[bytes], data: bytes) -> None:
        try:
            file.write(data)
        except OSError as error:
            reason = error.strerror or error
            raise ProjectError(f"{self.label}: can't be unpacked ({reason}); {self._outcome}") from error

    def close(self) -> None:
        """Let go of the archive."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_archive(path: Path, *, label: str | None = None, outcome: str = "nothing was imported") -> ArchiveReader:
    """Open a zip or a folder, and check the names, sizes and types of all that is in it.

    Parameters
    ----------
    path : Path
    label : str, optional
        What errors call it; by default its path.
    outcome : str
        What errors say in the end: what did not happen.

    Raises
    ------
    ProjectError
        When there is none, or anything about it is not as in an exported project.
    """
    name = label or str(path)
    try:
        if path.is_dir():
            return _FolderReader(path, name, outcome)
        if path.exists() and not path.is_file():
            raise ProjectError(f"{name}: neither a file nor a folder; give a zip or a folder that was exported")
        return _ZipReader(path, name, outcome)
    except OSError as error:
        if isinstance(error, ProjectError):
            raise
        raise ProjectError(f"{name}: can't be read ({error.strerror or error})") from error


class _FolderReader(ArchiveReader):
    def __init__(self, path: Path, label: str, outcome: str) -> None:
        super().__init__(path, label, outcome)
        for place, folders, names in os.walk(path, onerror=self._fail):
            base = Path(place).relative_to(path)
            for name in sorted([*folders, *names]):
                relative = (base / name).as_posix()
                found = os.lstat(Path(place, name))
                if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION:
                    raise self.refusal(relative, "it is a link")
                if stat.S_ISREG(found.st_mode):
                    self._add(relative, found.st_size)
                elif not stat.S_ISDIR(found.st_mode):
                    raise self.refusal(relative, "it is neither a file nor a folder")

    def _fail(self, error: OSError) -> None:
        raise self.broken(f"a folder can't be read ({error.strerror or error})")

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        # A link that took the place of the file meanwhile is not followed, where the system can do that.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = os.open(self.path / name, flags)
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise self.refusal(name, "it is no file any more")
            yield file


_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_STREAMED: Final = 0x8
_UTF8: Final = 0x800
_REPARSE_POINT: Final = 0x400


class _ZipReader(ArchiveReader):
    def __init__(self, path: Path, label: str, outcome: str) -> None:
        super().__init__(path, label, outcome)
        self._file = path.open("rb")
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            start, entries = self._check_end()
            try:
                self._zip = zipfile.ZipFile(self._file)
            except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
                raise self.broken(f"its table of contents is damaged ({error})") from error
            found = self._zip.infolist()
            if len(found) != entries:
                raise self.broken(f"it says that it holds {entries:,} files, and lists {len(found):,}")
            self._entries = {info.filename: info for info in found}
            for info in found:
                self._check_entry(info)
            self._check_places(found, start)
            total = sum(info.file_size for info in found)
            if total > FREE_BYTES + MOST_RATIO * self._size:
                raise self.broken(
                    f"its {self._size:,} bytes unpack to {total:,}, more than {MOST_RATIO} times as much: a bomb"
                )
        except BaseException:
            self._file.close()
            raise

    def _check_end(self) -> tuple[int, int]:
        """Find the table of contents: where it begins, and how many entries it has. Python's zipfile forgives much."""
        tail_size = min(self._size, _END.size + _LOCATOR.size)
        self._file.seek(self._size - tail_size)
        tail = self._file.read(tail_size)
        if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\5\6"):
            raise self.broken("it is no zip, is cut off, or has more after its end")
        _, disk, start_disk, here, entries, size, offset, _ = _END.unpack(tail[-_END.size :])
        end = self._size - _END.size
        if tail[: -_END.size].startswith(b"PK\6\7"):
            end, disk, start_disk, here, entries, size, offset = self._check_end_64(
                tail[: -_END.size], (disk, start_disk, here, entries, size, offset)
            )
        if disk or start_disk or here != entries:
            raise self.broken("it is a part of a zip in several parts")
        if entries > MOST_FILES:
            raise self.broken(f"it holds {entries:,} files; {MOST_FILES:,} are allowed")
        if size > MOST_DIRECTORY_BYTES:
            raise self.broken(f"its table of contents has {size:,} bytes; {MOST_DIRECTORY_BYTES:,} are allowed")
        if offset + size != end:
            raise self.broken("its table of contents is not where it says it is")
        return offset, entries

    def _check_end_64(
        self, locator: bytes, small: tuple[int, int, int, int, int, int]
    ) -> tuple[int, int, int, int, int, int, int]:
        _, on_disk, place, disks = _LOCATOR.unpack(locator)
        if on_disk or disks > 1:
            raise self.broken("it is a part of a zip in several parts")
        if place != self._size - _END.size - _LOCATOR.size - _END_64.size:
            raise self.broken("its end is not where it says it is")
        self._file.seek(place)
        mark, length, _, _, *large = _END_64.unpack(self._file.read(_END_64.size))
        if mark != b"PK\6\6" or length != _END_64.size - 12:
            raise self.broken("its end is damaged")
        for i, (few, many) in enumerate(zip(small, large, strict=True)):
            if few != many and few != (0xFFFF if i < 4 else 0xFFFFFFFF):
                raise self.broken("it says two different things of its contents")
        disk, start_disk, here, entries, size, offset = large
        return place, disk, start_disk, here, entries, size, offset

    def _check_entry(self, info: zipfile.ZipInfo) -> None:
        name = info.orig_filename
        if name.endswith("/") and not info.file_size and not info.compress_size:
            # An entry for a folder: other programs write them.
            try:
                check_name(name[:-1])
            except ValueError as error:
                raise self.refusal(name, error) from None
            self._check_type(info, name, is_folder=True)
            return
        self._add(name, info.file_size)
        if info.filename != name:
            raise self.refusal(name, f"it says that its name is also {info.filename!r}")
        self._check_type(info, name, is_folder=False)
        if info.flag_bits & _ENCRYPTED:
            raise self.refusal(name, "it is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.refusal(name, "it is compressed in a way other than deflate")
        if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
            raise self.refusal(name, "it is not compressed, yet says that it has two sizes")
        if info.file_size > FREE_BYTES + MOST_RATIO * info.compress_size:
            raise self.refusal(name, f"its {info.compress_size:,} bytes unpack to {info.file_size:,}: a bomb")

    def _check_type(self, info: zipfile.ZipInfo, name: str, *, is_folder: bool) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK or info.external_attr & _REPARSE_POINT:
            raise self.refusal(name, "it is a link")
        if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
            raise self.refusal(name, "it is neither a file nor a folder")

    def _check_places(self, found: list[zipfile.ZipInfo], start: int) -> None:
        """See that entries lie one after another, and that each says the same of itself as the table does."""
        end = 0
        for info in sorted(found, key=lambda info: info.header_offset):
            name = info.orig_filename
            if info.header_offset < end:
                raise self.refusal(name, "it lies over another entry: a bomb")
            self._file.seek(info.header_offset)
            header = self._file.read(_LOCAL.size)
            if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
                raise self.refusal(name, "it is not where the table of contents says it is")
            _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
            raw = self._file.read(name_length)
            encoding = "utf-8" if info.flag_bits & _UTF8 else "cp437"
            if raw != name.encode(encoding, "replace") or flags != info.flag_bits or method != info.compress_type:
                raise self.refusal(name, "it says something else of itself than the table of contents does")
            told = ((crc, info.CRC), (packed, info.compress_size), (size, info.file_size))
            for here, there in told:
                # What was written as a stream knew its sizes only at its end; large ones stand in another place.
                if here != there and not (flags & _STREAMED and here == 0) and here != 0xFFFFFFFF:
                    raise self.refusal(name, "it says another size of itself than the table of contents does")
            end = info.header_offset + _LOCAL.size + name_length + extra_length + info.compress_size
            if end > start:
                raise self.refusal(name, "it goes on beyond the end of the archive")

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        with self._zip.open(self._entries[name]) as file:
            yield file  # type: ignore[misc]

    def _is_packed(self, name: str) -> bool:
        return self._entries[name].compress_type != zipfile.ZIP_STORED

    def close(self) -> None:
        with suppress(AttributeError):  # refused before it was a zip
            self._zip.close()
        self._file.close()
