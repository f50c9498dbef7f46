"""Media to files: encoded, on disk for good, and never half there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from hashlib import file_digest
from io import BytesIO
from itertools import count
from pathlib import Path
from uuid import uuid4

from batchgen_widgets.media.encoders import write_clip, write_image, write_sound
from batchgen_widgets.media.encoding import Encoding
from batchgen_widgets.media.formats import MediaKind
from batchgen_widgets.media.normalize import MediaItem
from batchgen_widgets.media.notes import write_note
from batchgen_widgets.media.probe import probe
from batchgen_widgets.media.values import Audio, Video

DEFAULT_ENCODING = Encoding()

TEMPORARY_PREFIX = ".batchgen-"
"""How unfinished files begin, then the number of the process; what a killed one left behind can be told by it."""


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A media file that is safely on disk.

    Attributes
    ----------
    path : Path
    kind : {"image", "video", "audio"}
    width, height : int or None
        In pixels; None for audio.
    duration : float or None
        In seconds; None for images.
    file_size : int
        In bytes.
    sha256 : str
        Of the file, in hexadecimal digits.
    """

    path: Path
    kind: MediaKind
    width: int | None
    height: int | None
    duration: float | None
    file_size: int
    sha256: str


def write_media(
    item: MediaItem,
    directory: Path | str,
    stem: str,
    *,
    encoding: Encoding = DEFAULT_ENCODING,
    note: str | None = None,
    parameters: str | None = None,
) -> StoredMedia:
    """Write one item as ``stem`` + suffix into a directory, durably and whole or not at all.

    Images, `Audio` and `Video` are encoded; encoded bytes and files are copied, and get the note as well where their
    format takes one without being encoded anew, which GIF and MP3 do not. Where the name is taken, ``stem-2``,
    ``stem-3``... is used.

    Parameters
    ----------
    item : MediaItem
        From `normalize`.
    directory : Path or str
        Made if it is not there.
    stem : str
        File name without suffix, as from `readable_stem`.
    encoding : Encoding
        The formats of what is encoded here; PNG, MP4 and WAV when not given.
    note : str, optional
        How it was made, in ASCII, as `read_notes` gives it back.
    parameters : str, optional
        The same as other programs read it, for the text ``parameters`` of a PNG that has none.

    Returns
    -------
    StoredMedia

    Raises
    ------
    ResultError
        When a frame of a clip is no picture, or encoded media are damaged.
    OSError
        When the disk fails or is full. Nothing is left behind then.
    """
    if stem in {"", ".", ".."} or Path(stem).name != stem:
        raise ValueError(f"stem is {stem!r}; allowed is a file name without folders")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    suffix = item.suffix if isinstance(item.source, bytes | Path) else encoding.suffix(item.kind)
    temporary = directory / f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex}{suffix}"
    try:
        _write(item, temporary, encoding, note, parameters)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
            # While it is in the system's memory.
            sha256 = file_digest(file, "sha256").hexdigest()
        info = probe(temporary)
        size = temporary.stat().st_size
        path = publish(temporary, directory, stem, suffix)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return StoredMedia(path, info.kind, info.width, info.height, info.duration, size, sha256)


def _write(item: MediaItem, path: Path, encoding: Encoding, note: str | None, parameters: str | None) -> None:
    """Make the file; values are encoded, and what is encoded already is copied."""
    source = item.source
    if isinstance(source, Path | Video):
        if isinstance(source, Path):
            shutil.copyfile(source, path)
        else:
            write_clip(source, str(path), encoding.video)
        if note is not None:
            with path.open("rb+") as file:
                write_note(file, note, parameters=parameters)
        return
    # What is no film fits into memory, and goes to the disk once.
    buffer = BytesIO()
    if isinstance(source, bytes):
        buffer.write(source)
    elif isinstance(source, Audio):
        write_sound(source, buffer, encoding.audio)
    else:
        write_image(source, buffer, encoding)
    if note is not None:
        write_note(buffer, note, parameters=parameters)
    path.write_bytes(buffer.getbuffer())


def publish(temporary: Path, directory: Path, stem: str, suffix: str) -> Path:
    """Give a finished file its name, which nothing else has: an empty file holds the place against other writers."""
    for number in count(1):
        path = directory / f"{stem}{suffix if number == 1 else f'-{number}{suffix}'}"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        break
    try:
        os.replace(temporary, path)
        _sync_directory(directory)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder, and keeps names without it
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
