"""From values to encoded images, sounds and clips."""

from __future__ import annotations

import wave
from fractions import Fraction
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media.encoding import AudioFormat, Encoding, VideoFormat
from batchgen_widgets.media.pixels import to_rgb
from batchgen_widgets.media.values import Audio, Video

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

_CODECS: Final[dict[VideoFormat, tuple[str, dict[str, str]]]] = {
    "mp4": ("libx264", {"preset": "veryfast", "crf": "18"}),
    "webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "24", "b": "0"}),
}
# x264's mbtree reads memory that nobody wrote unless a row has a multiple of 16 macroblocks. Without it the same frames
# make the same file, which is a quarter larger.
_TREE_WIDTH: Final = 256
_QUALITY: Final = {"jpeg": 92, "webp": 90, "avif": 80}
_LARGEST: Final = {"jpeg": 65_535, "webp": 16_383, "avif": 65_535}
_OPUS_RATES: Final = {8_000, 12_000, 16_000, 24_000, 48_000}
_LAYOUTS: Final = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
_BLOCK: Final = 1 << 16


def write_image(image: Image.Image, file: BinaryIO, encoding: Encoding) -> None:
    """Encode an image.

    Raises
    ------
    ResultError
        When it is larger than the format allows.
    """
    if encoding.image == "png":
        image.save(file, "PNG", compress_level=1)
        return
    name, most = encoding.image, _LARGEST[encoding.image]
    if max(image.size) > most:
        raise ResultError(
            f"the image is {image.width}x{image.height}, and {name} allows {most} pixels a side; use image_format='png'"
        )
    picture = to_rgb(image)
    profile = picture.info.get("icc_profile")
    options: dict[str, Any] = {"quality": encoding.image_quality or _QUALITY[name], "icc_profile": profile}
    if name == "jpeg":
        # Colours at full size: what is generated has thin red lines on blue as well.
        picture, options["subsampling"] = _on_white(picture), 0
    elif name == "webp" and options["quality"] == 100:
        options |= {"lossless": True, "quality": 0, "method": 0}
    elif name == "avif":
        options["speed"] = 8
    picture.save(file, name.upper(), **options)


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image as images

    if image.mode != "RGBA":
        return image
    ground = images.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def write_sound(audio: Audio, file: BinaryIO, name: AudioFormat) -> None:
    """Encode a sound."""
    if name == "wav":
        _write_wav(audio, file)
        return
    import av

    layout, rate = _LAYOUTS[audio.channels - 1], audio.sample_rate
    with av.open(file, "w", format="ogg" if name == "opus" else "flac") as container:
        if name == "opus":
            stream: Any = container.add_stream("libopus", rate=rate if rate in _OPUS_RATES else 48_000, layout=layout)
            stream.bit_rate = 32_000 + 64_000 * audio.channels
        else:
            stream = container.add_stream("flac", rate=rate, layout=layout)
            stream.format = "s16"
        samples = audio.pcm16()
        for at in range(0, len(samples), _BLOCK):
            block = samples[at : at + _BLOCK]
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout=layout)
            frame.rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write_wav(audio: Audio, file: IO[bytes]) -> None:
    with wave.open(file, "wb") as wav:
        wav.setnchannels(audio.channels)
        wav.setsampwidth(2)
        wav.setframerate(audio.sample_rate)
        wav.writeframes(audio.pcm16().astype("<i2", copy=False).tobytes())


def write_clip(video: Video, target: str | BytesIO, name: VideoFormat) -> None:
    """Encode a clip, so that browsers play it while it loads."""
    import av

    stream: Any = None
    codec, settings = _CODECS[name]
    # FFmpeg reads a file again to move its index to the front, which it cannot do in memory.
    options = {"movflags": "faststart"} if name == "mp4" and isinstance(target, str) else {}
    with av.open(target, "w", format=name, options=options) as container:
        for index, pixels in enumerate(video):
            pixels = _pad_to_even(pixels)
            if stream is None:
                if codec == "libx264" and pixels.shape[1] % _TREE_WIDTH:
                    settings = {**settings, "x264-params": "mbtree=0"}
                stream = container.add_stream(codec, rate=video.rate, options=settings)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                # BT.709, and said so: players guess by size otherwise, and the colours shift.
                stream.color_primaries = stream.color_trc = stream.colorspace = stream.color_range = 1
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = index, 1 / video.rate
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))


def _pad_to_even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat the last row or column where a side is odd: yuv420p halves both."""
    import numpy as np

    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def encode_wav(audio: Audio) -> bytes:
    """Encode a sound as 16-bit WAV."""
    file = BytesIO()
    _write_wav(audio, file)
    return file.getvalue()


def encode_mp4(video: Video) -> bytes:
    """Encode a clip as H.264 MP4."""
    file = BytesIO()
    write_clip(video, file, "mp4")
    return file.getvalue()
