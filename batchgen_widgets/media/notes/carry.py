"""The one door to the containers: which of them a file is decides how its notes are written and read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from batchgen_widgets.media.formats import (
    AVIF,
    FLAC,
    JPEG,
    M4A,
    MP4,
    OGG,
    PNG,
    WAV,
    WEBM,
    WEBP,
    MediaFormat,
    sniff,
)
from batchgen_widgets.media.notes import boxes, ebml, flac, jpeg, ogg, png, riff
from batchgen_widgets.media.notes.exif import read_exif_of_avif, read_tags
from batchgen_widgets.media.notes.pieces import MAX_NOTE, NOTE, NoRoom

_HEAD_SIZE = 4096

_WRITERS: dict[MediaFormat, Callable[[BinaryIO, str], None]] = {
    JPEG: jpeg.write,
    WEBP: riff.write,
    WAV: riff.write,
    AVIF: boxes.write,
    MP4: boxes.write,
    M4A: boxes.write,
    WEBM: ebml.write,
    FLAC: flac.write,
    OGG: ogg.write,
}
_READERS: dict[MediaFormat, tuple[Callable[[BinaryIO], Iterator[tuple[str, str]]], ...]] = {
    PNG: (png.read,),
    JPEG: (jpeg.read,),
    WEBP: (riff.read,),
    AVIF: (boxes.read, read_exif_of_avif),
    WAV: (riff.read,),
    MP4: (boxes.read, read_tags),
    M4A: (boxes.read, read_tags),
    WEBM: (ebml.read,),
    FLAC: (flac.read,),
    OGG: (ogg.read,),
}


def write_note(file: BinaryIO, note: str, *, parameters: str | None = None) -> bool:
    """Write our note into a media file, in the place of an earlier one; pixels, samples and other notes stay.

    PNG, JPEG, WebP, AVIF, MP4, M4A, WebM, WAV, FLAC, and Ogg with Opus or Vorbis take one. GIF and MP3 don't, and
    neither do a few of the others: RF64 and streamed WAV, Ogg with several streams, MP4 with something behind its end.

    Parameters
    ----------
    file : binary file
        Open for reading and writing, the whole of it.
    note : str
        Printable ASCII only, up to 16 MB.
    parameters : str, optional
        A text for a PNG's chunk ``parameters``, where it has none.

    Returns
    -------
    bool
        Whether it is in there now; where it is not, nothing was changed.

    Raises
    ------
    OSError
        When the file can't be read or written.
    """
    file.seek(0)
    found = sniff(file.read(_HEAD_SIZE))
    if len(note) > MAX_NOTE:
        return False
    try:
        if found is PNG:
            png.write(file, note, parameters)
        elif found in _WRITERS:
            _WRITERS[found](file, note)
        else:
            return False
    except (NoRoom, EOFError, struct.error):
        return False
    return True


def read_notes(source: Path | bytes) -> dict[str, str] | None:
    """Read the texts that a media file carries, ours and those of other programs, by name in small letters.

    Nothing is decoded, and memory stays bounded whatever the file says of itself. What is damaged is passed over.

    Returns
    -------
    dict of str to str or None
        None when the file is none of the formats that browsers show.

    Raises
    ------
    OSError
        When the file can't be read.
    """
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        found = sniff(file.read(_HEAD_SIZE))
        if found is None:
            return None
        notes: dict[str, str] = {}
        room = MAX_NOTE
        for reader in _READERS.get(found, ()):
            try:
                for name, text in reader(file):
                    room -= len(text)
                    if room < 0:
                        break
                    notes.setdefault(name.lower(), text)
            except (NoRoom, EOFError, struct.error):
                continue
            if NOTE in notes:
                break
        return notes
