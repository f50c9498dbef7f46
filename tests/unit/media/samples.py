"""Small media of every kind, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from io import BytesIO
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from batchgen_widgets.media import Audio, Video
from batchgen_widgets.media.encoders import encode_mp4, encode_wav

SUFFIXES = {
    "png": ".png",
    "jpeg": ".jpg",
    "webp": ".webp",
    "gif": ".gif",
    "avif": ".avif",
    "wav": ".wav",
    "flac": ".flac",
    "ogg": ".ogg",
    "mp3": ".mp3",
    "mp4": ".mp4",
    "m4a": ".m4a",
    "webm": ".webm",
    "webm sound": ".webm",
}


class Tensor:
    """What this package may know of a torch tensor."""

    def __init__(self, values: Any, dtype: str = "torch.float32") -> None:
        self._values, self.dtype = np.asarray(values), dtype
        self.shape, self.ndim = self._values.shape, self._values.ndim
        self.device, self.requires_grad = "cuda", True

    def _turn(self, **changes: Any) -> Tensor:
        other = type(self)(self._values, self.dtype)
        vars(other).update({"device": self.device, "requires_grad": self.requires_grad} | changes)
        return other

    def detach(self) -> Tensor:
        return self._turn(requires_grad=False)

    def cpu(self) -> Tensor:
        return self._turn(device="cpu")

    def float(self) -> Tensor:
        return self._turn(dtype="torch.float32")

    def numpy(self) -> NDArray[Any]:
        if self.requires_grad or self.device != "cpu" or self.dtype == "torch.bfloat16":
            raise TypeError("torch refuses this tensor")
        return self._values

    def __len__(self) -> int:
        return len(self._values)


Tensor.__module__ = "torch"


def noise(height: int = 24, width: int = 40, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, channels), dtype=np.uint8)


def tone(seconds: float = 0.5, rate: int = 8000, channels: int = 1) -> Audio:
    wave = np.sin(np.arange(int(seconds * rate)) * (2 * np.pi * 440 / rate)) * 0.5
    return Audio(wave if channels == 1 else np.stack([wave] * channels, axis=1), rate)


def encode_sound(container_format: str, codec: str) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream: Any = container.add_stream(codec, rate=48000, layout="stereo")
        wave = (np.sin(np.arange(24000) / 20) * 9000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], format="s16", layout="stereo")
        frame.rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        for each in (frame, None):
            for packet in stream.encode(each):
                container.mux(packet)
    return file.getvalue()


def encode_webm() -> bytes:
    file = BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=10, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(5):
            frame = av.VideoFrame.from_ndarray(noise(48, 64), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def save(image: Image.Image, image_format: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


@cache
def encoded() -> dict[str, bytes]:
    """One small file of every format: images 40x24, clips 64x48 of 0.5 s, sounds of 0.5 s."""
    images = {name: save(Image.fromarray(noise()), name) for name in ("png", "jpeg", "webp", "gif", "avif")}
    return images | {
        "wav": encode_wav(tone()),
        "flac": encode_sound("flac", "flac"),
        "ogg": encode_sound("ogg", "libopus"),
        "mp3": encode_sound("mp3", "libmp3lame"),
        "m4a": encode_sound("ipod", "aac"),
        "webm sound": encode_sound("webm", "libopus"),
        "mp4": encode_mp4(Video([noise(48, 64)] * 5, fps=10)),
        "webm": encode_webm(),
    }
