"""What a notebook shows, and saves, of one medium: bounded, whatever its size."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.encoders import encode_mp4, encode_wav
from batchgen_widgets.media.formats import MediaKind, read_format
from batchgen_widgets.media.thumbnails import make_thumbnail
from batchgen_widgets.media.values import Audio, Video
from batchgen_widgets.texts import markup

MAX_INLINE_BYTES = 2**21
"""The largest sound or clip that goes into a notebook; of a larger one its waveform or its poster does."""

_IMAGE_SIZE = 768
_MAX_CLIP_PIXELS = 2**27  # what is worth encoding for a display: 512 frames of 512 x 512, about 1.5 s


def show_file(path: Path | str, kind: MediaKind, *, alt: str = "") -> dict[str, str]:
    """Show a media file as a MIME bundle for a notebook.

    Parameters
    ----------
    path : Path or str
    kind : {"image", "video", "audio"}
    alt : str, optional
        What it shows, in words; by default the file's name.

    Returns
    -------
    dict
        ``text/html``: the image as WebP of at most 768 pixels, or a player; one line of text where the file is gone.
    """
    path = Path(path)
    alt = alt or path.name
    try:
        if kind == "image":
            return _picture(make_thumbnail(path, kind, _IMAGE_SIZE), alt)
        if path.stat().st_size <= MAX_INLINE_BYTES:
            return _player(path.read_bytes(), kind, read_format(path).mime_as(kind), alt)
        return _picture(make_thumbnail(path, kind), alt, caption=True)
    except (OSError, ResultError) as error:
        return {"text/html": f"<div>{markup(alt)} can't be shown: {markup(str(error))}</div>"}


def show_audio(audio: Audio) -> dict[str, str]:
    """Show a sound: a player, or the waveform of a long one."""
    if audio.samples.size * 2 <= MAX_INLINE_BYTES:
        return _player(encode_wav(audio), "audio", "audio/wav", repr(audio))
    return _picture(make_thumbnail(audio, "audio"), repr(audio), caption=True)


def show_video(video: Video) -> dict[str, str]:
    """Show a clip: a player, or the poster of a long one and of an iterator, which is not used up."""
    if video.frame_count and video.frame_count * video.peek(1)[0].size <= 3 * _MAX_CLIP_PIXELS:
        data = encode_mp4(video)
        if len(data) <= MAX_INLINE_BYTES:
            return _player(data, "video", "video/mp4", repr(video))
    return _picture(make_thumbnail(video, "video"), repr(video), caption=True)


def _data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{b64encode(data).decode()}"


def _player(data: bytes, kind: MediaKind, mime: str, alt: str) -> dict[str, str]:
    label = markup(alt)
    source = _data_url(data, mime)
    return {"text/html": f'<{kind} controls aria-label="{label}" style="max-width:100%" src="{source}"></{kind}>'}


def _picture(webp: bytes, alt: str, *, caption: bool = False) -> dict[str, str]:
    label = markup(alt)
    picture = f'<img alt="{label}" style="max-width:100%" src="{_data_url(webp, "image/webp")}">'
    return {"text/html": f"{picture}<div>{label}</div>" if caption else picture}
