"""Pictures, clips and sounds as values of parameters: what is taken, what travels, and what a function gets.

A value stays what it was given as, or the path of a file, for as long as it waits: 10,000 queued tasks cost 10,000
references. It is decoded where the task runs, right before the function is called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, TypeGuard, get_args

from ..errors import ResultError
from ..texts import visible

if TYPE_CHECKING:
    from PIL import Image

    from ..media import Audio, Video

__all__ = [
    "INPUTS",
    "MEDIA_TYPES",
    "STAND_INS",
    "AssetLike",
    "LostMedia",
    "MediaInput",
    "MediaType",
    "assets_in",
    "is_asset",
    "is_media",
    "media_label",
    "media_type_of",
    "read_reference",
    "take_media",
]

MediaType: TypeAlias = Literal["image", "video", "audio", "asset"]
"""What a parameter for media takes; ``asset`` is an asset of any kind, which the function gets as it is."""

MEDIA_TYPES: Final[tuple[MediaType, ...]] = get_args(MediaType)

INPUTS: Final = "inputs"
"""The folder of a project that keeps what was given and is no asset."""

_LONGEST_REPR: Final = 300

ALLOWED: Final[Mapping[str, str]] = {
    "image": "give an image: an asset, a path, a PIL image, an array or encoded bytes",
    "video": "give a video: an asset, a path, bg.Video or encoded bytes",
    "audio": "give a sound: an asset, a path, bg.Audio or encoded bytes",
    "asset": "give an asset, such as one of batch.results",
}

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_NOUNS: Final = {"image": "an image", "video": "a video", "audio": "a sound"}
_CLASSES: Final[Mapping[str, MediaType]] = {
    "PIL.Image.Image": "image",
    "batchgen_widgets.media.values.Video": "video",
    "batchgen_widgets.media.values.Audio": "audio",
    "batchgen_widgets.batches.assets.Asset": "asset",
}
_KEPT_NAME = re.compile(rf"{INPUTS}/([0-9a-f]{{64}})(\.[a-z0-9]{{1,5}})")
_ASSET_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}(-\w+)+")


class AssetLike(Protocol):
    """An asset, as far as a parameter has to know it."""

    id: str
    kind: Literal["image", "video", "audio"]
    path: Path
    batch_id: str
    trashed_at: datetime | None
    deleted_at: datetime | None

    def open(self) -> Image.Image | Audio | Video:
        """Decode its file."""


class MediaInput:
    """A picture, a clip or a sound that is the value of a parameter, and no asset of the project.

    Parameters
    ----------
    source : Path, bytes, PIL.Image.Image, ndarray, Audio or Video
        What was given. Once a project keeps it, the path of its copy there.
    kind : {"image", "video", "audio"}
    name : str
        What people know it by, such as the name of the file that it was read from.
    kept : bool, default False
        Whether `source` is a file in the project's folder for inputs, which never changes.
    origin : mapping, optional
        Where it comes from, when it was an asset of another project: its id and that of its batch.
    """

    __slots__ = ("kept", "kind", "name", "origin", "source")

    def __init__(
        self,
        source: Any,
        kind: Literal["image", "video", "audio"],
        name: str,
        *,
        kept: bool = False,
        origin: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.kind = kind
        self.name = name
        self.kept = kept
        self.origin = origin

    @property
    def path(self) -> Path | None:
        """The file, where there is one."""
        return self.source if isinstance(self.source, Path) else None

    @property
    def reference(self) -> dict[str, Any] | None:
        """What JSON holds of it; None as long as no project keeps it."""
        if not self.kept:
            return None
        found: dict[str, Any] = {"file": f"{INPUTS}/{self.source.name}", "kind": self.kind, "name": self.name}
        return found | ({"from": dict(self.origin)} if self.origin else {})

    @property
    def label(self) -> str:
        """Its name, and what tells it from others of that name."""
        return f"{self.name} ({self.source.name[:8]})" if self.kept else self.name

    def open(self) -> Image.Image | Audio | Video:
        """Decode it.

        Raises
        ------
        ResultError
            When it is damaged.
        OSError
            When its file can't be read.
        """
        from ..media import open_media

        if isinstance(self.source, Path):
            return open_media(self.source, self.kind)
        return _decode(self.source, self.kind) if isinstance(self.source, bytes) else self.source

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MediaInput):
            return NotImplemented
        return self is other or (self.kept and other.kept and self.source == other.source and self.name == other.name)

    def __hash__(self) -> int:
        return hash(self.source) if self.kept else id(self)

    def __repr__(self) -> str:
        return visible(f"<MediaInput {self.kind} {self.name!r}>", limit=_LONGEST_REPR)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from ..media import show_file

        path = self.path
        return {"text/plain": repr(self), **(show_file(path, self.kind, alt=self.name) if path else {})}


class LostMedia:
    """What a task was made with, and what the project no longer has; it stays what it is, so that nothing is forgotten.

    Parameters
    ----------
    reference : mapping
        As it was written.
    """

    __slots__ = ("reference",)

    def __init__(self, reference: Mapping[str, Any]) -> None:
        self.reference = dict(reference)

    @property
    def label(self) -> str:
        """What it was called."""
        name = self.reference.get("name") or self.reference.get("asset") or self.reference.get("file")
        return f"{name} (gone)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LostMedia) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash(str(self.reference.get("asset") or self.reference.get("file")))

    def __repr__(self) -> str:
        return visible(f"<LostMedia {self.label!r}>", limit=_LONGEST_REPR)


# Types


class _Picture:
    """Stands for ``PIL.Image.Image`` where an annotation names it and nobody imported it."""


class _Clip:
    """Stands for ``bg.Video``."""


class _Sound:
    """Stands for ``bg.Audio``."""


class _AnyAsset:
    """Stands for ``bg.Asset``."""


_OURS = SimpleNamespace(Video=_Clip, Audio=_Sound, Asset=_AnyAsset)
_PIL_IMAGE = SimpleNamespace(Image=_Picture)

STAND_INS: Final[Mapping[str, Any]] = {
    "PIL": SimpleNamespace(Image=_PIL_IMAGE),
    "Image": _PIL_IMAGE,
    "bg": _OURS,
    "batchgen_widgets": _OURS,
    **vars(_OURS),
}
"""Names in annotations that were imported for type checkers only, or are meant to be."""

_STANDS_FOR: Final[Mapping[type, MediaType]] = {
    _Picture: "image",
    _Clip: "video",
    _Sound: "audio",
    _AnyAsset: "asset",
}


def media_type_of(annotation: object) -> MediaType | None:
    """Give the type of a parameter with that annotation, if it is one of the media; nothing is imported for that."""
    if not isinstance(annotation, type):
        return None
    for base in annotation.__mro__:
        found = _STANDS_FOR.get(base) or _CLASSES.get(f"{base.__module__}.{base.__qualname__}")
        if found:
            return found
    return None


# Values


def is_asset(value: object) -> TypeGuard[AssetLike]:
    """Say whether a value is an asset of a project."""
    if type(value) in _SCALARS:  # most are, and it is asked for each parameter of each task
        return False
    return any(_CLASSES.get(f"{base.__module__}.{base.__qualname__}") == "asset" for base in type(value).__mro__)


def is_media(value: object) -> bool:
    """Say whether a value of a parameter is one of the media, as `take_media` gives them, or a list of some."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(is_media, value))
    return isinstance(value, (MediaInput, LostMedia)) or is_asset(value)


def assets_in(value: object) -> Iterator[AssetLike]:
    """Give the assets in the value of a parameter: itself, or those in a list or a mapping."""
    if is_asset(value):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from assets_in(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from assets_in(each)


def media_label(value: object) -> str | None:
    """Give the words for media in a table: the name of the file and what tells it from others of that name.

    None for everything that is no media.
    """
    if isinstance(value, (MediaInput, LostMedia)):
        return value.label
    if is_asset(value):
        return f"{value.path.name} ({value.batch_id})"
    if isinstance(value, (list, tuple)) and is_media(value):
        return ", ".join(str(media_label(each)) for each in value)
    return None


def take_media(wanted: str, value: Any) -> Any:
    """Check a value for a parameter of that type, without decoding a file.

    Returns
    -------
    Asset or MediaInput

    Raises
    ------
    ValueError
        What is wrong with it, and what to do.
    """
    if is_asset(value):
        return _take_asset(wanted, value)
    if isinstance(value, LostMedia):
        raise ValueError(f"{value.label}: the project no longer has it; give another one")
    if wanted == "asset":
        raise ValueError(f"{_kind_of_thing(value)} is not allowed; {ALLOWED[wanted]}")
    if isinstance(value, MediaInput):
        if value.kind != wanted:
            raise ValueError(f"{value.name} is {_NOUNS[value.kind]}; {ALLOWED[wanted]}")
        if value.path and not value.path.is_file():
            raise ValueError(f"the file of {value.name} is gone ({value.path}); give another one")
        return value
    try:
        taken = _take_value(value)
    except ResultError as error:
        raise ValueError(str(error)) from None
    except OSError as error:
        raise ValueError(f"{value!s} can't be read ({error.strerror or error}); {ALLOWED[wanted]}") from None
    if taken is None:
        raise ValueError(f"{_kind_of_thing(value)} is not allowed; {ALLOWED[wanted]}")
    if taken.kind != wanted:
        raise ValueError(f"{taken.name} is {_NOUNS[taken.kind]}; {ALLOWED[wanted]}")
    return taken


def give_media(wanted: str, value: Any) -> Any:
    """Give a function what it annotated, decoded: an RGB or RGBA image the right way up, a video, a sound, an asset.

    Raises
    ------
    ResultError, OSError
        When a file is damaged, or can't be read.
    """
    if wanted == "asset" or not (is_asset(value) or isinstance(value, MediaInput)):
        return value
    opened: Any = value.open()
    if wanted != "image":
        return opened
    from ..media.pixels import to_rgb, upright

    return upright(to_rgb(opened))


def read_reference(value: object) -> tuple[str, Mapping[str, Any]] | None:
    """Tell whether JSON is a reference to media: to an ``asset`` by its id, or to a ``file`` among the inputs."""
    if not isinstance(value, Mapping):
        return None
    asset, file = value.get("asset"), value.get("file")
    if set(value) == {"asset"} and isinstance(asset, str) and _ASSET_ID.fullmatch(asset):
        return "asset", value
    if set(value) <= {"file", "kind", "name", "from"} and isinstance(file, str) and _KEPT_NAME.fullmatch(file):
        return "file", value
    return None


def _take_asset(wanted: str, asset: AssetLike) -> AssetLike:
    if wanted not in ("asset", asset.kind):
        raise ValueError(f"asset {asset.id} is {_NOUNS[asset.kind]}; {ALLOWED[wanted]}")
    if asset.deleted_at is not None:
        raise ValueError(f"asset {asset.id} was deleted with the trash; give another one")
    if asset.trashed_at is not None:
        raise ValueError(f"asset {asset.id} is in the trash; restore it with project.restore([asset]), or give another")
    if not asset.path.is_file():
        raise ValueError(f"the file of asset {asset.id} is gone ({asset.path}); project.verify() says what is missing")
    return asset


def _take_value(value: Any) -> MediaInput | None:
    from ..media import Audio, Video
    from ..media.pixels import is_array, is_picture, to_picture

    if is_picture(value) or is_array(value):
        picture = to_picture(value, "it")
        return MediaInput(picture, "image", f"image {picture.width}×{picture.height}")
    if isinstance(value, Audio):
        return MediaInput(value, "audio", f"sound of {value.duration:.3g} s")
    if isinstance(value, Video):
        return MediaInput(value, "video", f"video at {value.fps:g} fps")
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        return MediaInput(data, _kind_of_file(data), f"{len(data):,} bytes")
    if isinstance(value, (str, os.PathLike)):
        path = Path(value).expanduser().absolute()
        if not path.is_file():
            raise ValueError(f"{str(value)!r} is no file")
        return MediaInput(path, _kind_of_file(path), path.name)
    return None


def _kind_of_file(source: Path | bytes) -> Literal["image", "video", "audio"]:
    from ..media import probe, read_format

    kind = read_format(source).kind
    # The same container may hold sound alone.
    return probe(source).kind if kind == "video" else kind


def _decode(data: bytes, kind: Literal["image", "video", "audio"]) -> Image.Image | Audio | Video:
    """Decode bytes that no project keeps."""
    import tempfile

    from ..media import Video, open_media

    with tempfile.TemporaryDirectory(prefix="batchgen-") as folder:
        path = Path(folder, "input")
        path.write_bytes(data)
        opened = open_media(path, kind)
        return Video(list(opened), opened.fps) if isinstance(opened, Video) else opened


def _kind_of_thing(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"
