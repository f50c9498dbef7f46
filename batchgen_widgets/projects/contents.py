"""What an archive holds, checked before anything is written: its manifest, and each file down to its pixels."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING, Final

from ..batches import BatchConfig
from ..errors import BatchgenError, ConfigError, ProjectError
from .archives import MANIFEST, TABLES, ArchiveReader, reason_of
from .database import dump_json
from .limits import MOST_FILE_BYTES, MOST_IMAGE_BYTES, MOST_MANIFEST_BYTES, MOST_ORIGIN_BYTES, MOST_PIXELS
from .manifest import BatchEntry, Manifest, read_manifest
from .reviews import reviewer_name

if TYPE_CHECKING:
    from ..media import MediaKind

__all__ = ["Media", "check_file", "check_files", "draw_thumbnails", "read_contents"]

_HEAD: Final = 4096
_AT_ONCE: Final = 16


def read_contents(archive: ArchiveReader) -> Manifest:
    """Read the manifest, and see that it and the archive name the same files."""
    if MANIFEST not in archive.files:
        raise archive.broken(
            f"it has no {MANIFEST} at its top: give what export() wrote, and zip what is in a folder, not the folder"
        )
    manifest = read_manifest(archive.read(MANIFEST, MOST_MANIFEST_BYTES), f"{archive.label}: {MANIFEST}")
    named: dict[str, int] = {}

    def name(file: str, size: int) -> None:
        if file in named:
            raise archive.refusal(file, "the manifest names it twice")
        if file not in archive.files:
            raise archive.refusal(file, "the manifest names it, and it is missing")
        if archive.files[file] != size:
            raise archive.refusal(file, f"it has {archive.files[file]:,} bytes instead of {size:,}")
        named[file] = size

    for entry in manifest.inputs:
        name(entry.file, entry.size)
    seen: set[str] = set()
    for batch in manifest.batches:
        if batch.id in seen:
            raise archive.refusal(MANIFEST, f"batch {batch.id} stands twice in it")
        seen.add(batch.id)
        _check_batch(archive, batch)
        for asset in batch.assets:
            if not asset.file.startswith(f"assets/{batch.id}/"):
                raise archive.refusal(MANIFEST, f"the file of asset {asset.id} is not in assets/{batch.id}/")
            name(asset.file, asset.size)
    for file in archive.files:
        if file not in named and file != MANIFEST and file not in TABLES:
            raise archive.refusal(file, "the manifest does not name it")
    return manifest


def _check_batch(archive: ArchiveReader, batch: BatchEntry) -> None:
    def wrong(reason: str) -> ProjectError:
        return archive.refusal(MANIFEST, f"batch {batch.id}: {reason}")

    try:
        BatchConfig.from_json(batch.config.model_dump())
    except ConfigError as error:
        raise wrong(f"its config is not valid ({error})") from None
    if len(dump_json(batch.origin)) > MOST_ORIGIN_BYTES:
        raise wrong(f"its origin has more than {MOST_ORIGIN_BYTES:,} bytes")
    ids: set[str] = set()
    places: set[tuple[int, int]] = set()
    for asset in batch.assets:
        if not asset.id.startswith(f"{batch.id}-") or asset.id in ids:
            raise wrong(f"asset {asset.id} is of another batch, or stands twice in it")
        if asset.task >= len(batch.tasks):
            raise wrong(f"asset {asset.id} is of task {asset.task}; there are {len(batch.tasks)}")
        if batch.tasks[asset.task].status != "completed":
            raise wrong(f"asset {asset.id} is of a task that did not complete")
        if (asset.task, asset.position) in places:
            raise wrong(f"asset {asset.id} has the place of another one of its task")
        if asset.id in asset.parents:
            raise wrong(f"asset {asset.id} is its own parent")
        names = [reviewer_name(review.reviewer) for review in asset.reviews]
        if len(set(names)) < len(names):
            raise wrong(f"asset {asset.id} has two reviews under one name")
        ids.add(asset.id)
        places.add((asset.task, asset.position))


@dataclass(frozen=True, slots=True)
class Media:
    """What a file of an archive turned out to be.

    Attributes
    ----------
    sha256 : str
    kind : {"image", "video", "audio"}
    suffix : str
        That of its format, with its dot, whatever it is called.
    width, height, duration : number or None
        As for any asset.
    """

    sha256: str
    kind: MediaKind
    suffix: str
    width: int | None
    height: int | None
    duration: float | None


def check_files(archive: ArchiveReader, manifest: Manifest) -> dict[str, Media]:
    """See that each file is the media that it is said to be, with nothing written."""
    found = {}
    for entry in manifest.inputs:
        found[entry.file] = check_file(archive, entry.file, Path(entry.file).stem, None)
    for batch in manifest.batches:
        for asset in batch.assets:
            found[asset.file] = check_file(archive, asset.file, asset.sha256, asset.kind)
    return found


def check_file(
    archive: ArchiveReader, name: str, sha256: str, kind: MediaKind | None, into: IO[bytes] | None = None
) -> Media:
    """See that a file is the media that it is said to be.

    Parameters
    ----------
    archive : ArchiveReader
    name : str
    sha256 : str
        What its content has to have.
    kind : {"image", "video", "audio"} or None
        What it has to be; None for any of them.
    into : file, optional
        Open for reading and writing, and empty: gets the content, and it is this copy that is looked at.

    Raises
    ------
    ProjectError
        When it is anything else, damaged, or has too many pixels to decode.
    """
    if archive.files[name] > MOST_FILE_BYTES:
        raise archive.refusal(name, f"it has {archive.files[name]:,} bytes; {MOST_FILE_BYTES:,} are allowed")
    if archive.copy(name, into) != sha256:
        raise archive.refusal(name, "its content is not what the manifest says (another SHA-256)")
    try:
        with nullcontext(into) if into else archive.open_seekable(name) as file:
            media = _look(archive, name, file, sha256)
    except ProjectError:
        raise
    except (BatchgenError, OSError) as error:
        raise archive.refusal(name, error) from error
    if kind is not None and media.kind != kind:
        raise archive.refusal(name, f"the manifest says that it is of kind {kind}, and it is of kind {media.kind}")
    if name.endswith((".html", ".htm", ".svg", ".xml", ".js")):
        raise archive.refusal(name, "a picture, a clip or a sound is not called like that")
    return media


def _look(archive: ArchiveReader, name: str, file: IO[bytes], sha256: str) -> Media:
    from ..media import read_format

    file.seek(0)
    form = read_format(file.read(_HEAD) or b"", "it")
    file.seek(0)
    if form.kind == "image":
        width, height = _image_size(archive, name, file)
        return Media(sha256, "image", form.suffix, width, height, None)
    kind, size, duration = _stream_facts(archive, name, file, form.kind)
    return Media(sha256, kind, form.suffix_as(kind), size and size[0], size and size[1], duration)


def _image_size(archive: ArchiveReader, name: str, file: IO[bytes]) -> tuple[int, int]:
    from PIL import Image

    from ..media.pixels import upright_size

    if archive.files[name] > MOST_IMAGE_BYTES:
        raise archive.refusal(name, f"it has {archive.files[name]:,} bytes; an image may have {MOST_IMAGE_BYTES:,}")
    try:
        # Only the head is read: what a picture would take in memory is known before it is decoded.
        with Image.open(file, formats=("PNG", "JPEG", "WEBP", "GIF", "AVIF")) as image:
            _check_pixels(archive, name, *image.size)
            return upright_size(image)
    except ProjectError:
        raise
    except Image.DecompressionBombError as error:
        raise archive.refusal(name, f"its picture is too large: {error}") from error
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, TypeError, IndexError, MemoryError) as error:
        raise archive.refusal(name, f"it is a damaged image ({reason_of(error)})") from error


def _check_pixels(archive: ArchiveReader, name: str, width: int, height: int) -> None:
    from PIL import Image

    most = 2 * Image.MAX_IMAGE_PIXELS if Image.MAX_IMAGE_PIXELS else MOST_PIXELS
    if width * height > most:
        msg = f"its picture has {width:,} by {height:,} pixels; {most:,} are allowed (PIL.Image.MAX_IMAGE_PIXELS)"
        raise archive.refusal(name, msg)


def _stream_facts(
    archive: ArchiveReader, name: str, file: IO[bytes], kind: MediaKind
) -> tuple[MediaKind, tuple[int, int] | None, float | None]:
    import av
    from av.stream import Disposition

    try:
        with av.open(file, "r") as container:
            duration = container.duration / 1_000_000 if container.duration else None
            pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
            for picture in container.streams.video:
                _check_pixels(archive, name, picture.width, picture.height)
            if kind == "video" and pictures:
                return "video", (pictures[0].width, pictures[0].height), duration
            if container.streams.audio:
                return "audio", None, duration
    except ProjectError:
        raise
    except (av.FFmpegError, ValueError, OverflowError, AttributeError) as error:
        raise archive.refusal(name, f"it is damaged video or audio ({error})") from error
    raise archive.refusal(name, "there is neither a picture nor a sound in it")


@contextmanager
def draw_thumbnails(archive: ArchiveReader, files: Sequence[tuple[str, MediaKind]]) -> Iterator[Callable[[str], bytes]]:
    """Draw the thumbnails of files, which decodes them; they wait in a file outside of the project.

    Parameters
    ----------
    archive : ArchiveReader
    files : sequence of tuple
        Name and kind of each.

    Yields
    ------
    callable
        Gives a thumbnail by the name of its file.

    Raises
    ------
    ProjectError
        When one can't be decoded.
    """
    places: dict[str, tuple[int, int]] = {}
    with TemporaryFile() as store:

        def put(name: str, job: Future[bytes]) -> None:
            try:
                data = job.result()
            except Exception as error:  # whatever a decoder says of a damaged file
                raise archive.refusal(name, f"it can't be decoded ({reason_of(error)})") from error
            places[name] = (store.tell(), len(data))
            store.write(data)

        # Pillow and FFmpeg let other threads run while they decode.
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="batchgen-import") as pool:
            waiting: deque[tuple[str, Future[bytes]]] = deque()
            try:
                for name, kind in files:
                    waiting.append((name, pool.submit(_draw, _source(archive, name, kind), kind)))
                    if len(waiting) >= _AT_ONCE:
                        put(*waiting.popleft())
                while waiting:
                    put(*waiting.popleft())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

        def get(name: str) -> bytes:
            if name not in places:
                raise archive.broken("the project has changed meanwhile: try again")
            start, size = places[name]
            store.seek(start)
            return store.read(size)

        yield get


def _source(archive: ArchiveReader, name: str, kind: MediaKind) -> bytes | Callable[[], Path]:
    """Give the bytes of an image; clips and sounds, which may be large, wait in a file of their own."""
    if kind == "image":
        return archive.read(name, MOST_IMAGE_BYTES)
    with NamedTemporaryFile(suffix=Path(name).suffix, delete=False) as file:
        place = Path(file.name)
        try:
            archive.copy(name, file)
        except BaseException:
            file.close()
            place.unlink(missing_ok=True)
            raise
    return lambda: place


def _draw(source: bytes | Callable[[], Path], kind: MediaKind) -> bytes:
    from ..media import make_thumbnail

    if isinstance(source, bytes):
        return make_thumbnail(source, kind)
    place = source()
    try:
        return make_thumbnail(place, kind)
    finally:
        place.unlink(missing_ok=True)
