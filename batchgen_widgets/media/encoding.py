"""In which formats values become files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from batchgen_widgets.errors import ParameterError
from batchgen_widgets.media.formats import MediaKind

ImageFormat: TypeAlias = Literal["png", "jpeg", "webp", "avif"]
VideoFormat: TypeAlias = Literal["mp4", "webm"]
AudioFormat: TypeAlias = Literal["wav", "flac", "opus"]

_SUFFIXES: Final = {"jpeg": ".jpg"}


@dataclass(frozen=True, slots=True)
class Encoding:
    """The formats of what a generator returns as values; what it returns as files stays as it is.

    Parameters
    ----------
    image : {"png", "jpeg", "webp", "avif"}
        PNG and WebP of quality 100 lose nothing. JPEG has no transparency: what is behind becomes white.
    video : {"mp4", "webm"}
        H.264, or VP9.
    audio : {"wav", "flac", "opus"}
        The first two have 16 bits and lose nothing else. Opus plays at 48, 24, 16, 12 or 8 kHz; others become 48.
    image_quality : int, optional
        1 to 100, for all but PNG; 92 for JPEG, 90 for WebP and 80 for AVIF when not given.

    Raises
    ------
    ParameterError
        When one is not allowed; its field is ``image_format`` and so on, as `BatchSession` calls them.
    """

    image: ImageFormat = "png"
    video: VideoFormat = "mp4"
    audio: AudioFormat = "wav"
    image_quality: int | None = None

    def __post_init__(self) -> None:
        for field, allowed in (("image", ImageFormat), ("video", VideoFormat), ("audio", AudioFormat)):
            _check_format(f"{field}_format", getattr(self, field), get_args(allowed))
        quality = self.image_quality
        if quality is None:
            return
        if isinstance(quality, bool) or not isinstance(quality, int) or not 1 <= quality <= 100:
            msg = f"image_quality: {quality!r} is not allowed; give a whole number from 1 to 100, or None"
            raise ParameterError(msg, field="image_quality", value=quality)
        if self.image == "png":
            msg = (
                f"image_quality: {quality!r} has no meaning for PNG, which loses nothing; "
                "choose image_format='jpeg', 'webp' or 'avif' with it"
            )
            raise ParameterError(msg, field="image_quality", value=quality)

    def suffix(self, kind: MediaKind) -> str:
        """Give the suffix of files of that kind, with its dot."""
        chosen = {"image": self.image, "video": self.video, "audio": self.audio}[kind]
        return _SUFFIXES.get(chosen, f".{chosen}")


def _check_format(field: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        choices = ", ".join(map(repr, allowed))
        raise ParameterError(f"{field}: {value!r} is not allowed; choose one of {choices}", field=field, value=value)
