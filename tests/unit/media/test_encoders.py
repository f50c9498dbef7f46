"""Values in each of the formats that a session may choose."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from batchgen_widgets.errors import ParameterError, ResultError
from batchgen_widgets.media import Audio, Encoding, Video, normalize, open_media, probe, read_format, write_media
from batchgen_widgets.media.encoders import write_image
from tests.unit.media.samples import noise, tone


def store(result: object, directory: Path, **formats: Any) -> Path:
    return write_media(normalize(result).items[0], directory, "0001", encoding=Encoding(**formats)).path


def gradient(channels: int = 3) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[0:48, 0:64]
    planes = [x * 4, y * 5, (x + y) * 2, np.full_like(x, 255)][:channels]
    return np.stack(planes, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "suffix", "format_name"),
    [("png", ".png", "PNG"), ("jpeg", ".jpg", "JPEG"), ("webp", ".webp", "WebP"), ("avif", ".avif", "AVIF")],
)
def test_images(name: str, suffix: str, format_name: str, tmp_path: Path) -> None:
    path = store(gradient(), tmp_path, image=name)
    assert (path.name, read_format(path).name) == (f"0001{suffix}", format_name)
    read = open_media(path)
    assert isinstance(read, Image.Image)
    error = np.abs(np.asarray(read.convert("RGB")).astype(int) - gradient())
    assert error.mean() < (0.01 if name == "png" else 3)


@pytest.mark.parametrize("name", ["png", "webp", "avif"])
def test_transparency_stays_where_there_can_be_some(name: str, tmp_path: Path) -> None:
    pixels = gradient(4)
    pixels[:24, :, 3] = 0
    read = open_media(store(pixels, tmp_path, image=name))
    assert isinstance(read, Image.Image)
    alpha = np.asarray(read.convert("RGBA"))[..., 3]
    assert alpha[4, 4] == 0
    assert alpha[44, 44] == 255


def test_what_is_behind_a_jpeg_is_white(tmp_path: Path) -> None:
    pixels = gradient(4)
    pixels[..., 3] = 0
    read = open_media(store(pixels, tmp_path, image="jpeg"))
    assert isinstance(read, Image.Image)
    assert read.mode == "RGB"
    assert np.asarray(read).min() > 250


def test_webp_of_quality_100_loses_nothing(tmp_path: Path) -> None:
    read = open_media(store(noise(), tmp_path, image="webp", image_quality=100))
    assert np.array_equal(np.asarray(read), noise())


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif"])
def test_quality_decides_the_size(name: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    sizes = [store(pixels, tmp_path, image=name, image_quality=quality).stat().st_size for quality in (20, 60, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] * 2 < sizes[2]


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK", "F", "RGBA"])
def test_unusual_images(name: str, mode: str, tmp_path: Path) -> None:
    assert probe(store(Image.new(mode, (9, 7)), tmp_path, image=name)).width == 9


def test_a_colour_profile_stays(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("png", "jpeg", "webp", "avif"):
        image = Image.fromarray(gradient())
        image.info["icc_profile"] = profile
        with Image.open(store(image, tmp_path, image=name)) as read:
            assert read.info["icc_profile"] == profile, name


def test_an_image_too_large_for_its_format_says_what_fits() -> None:
    with pytest.raises(ResultError, match="16384x1, and webp allows 16383 pixels a side; use image_format='png'"):
        write_image(Image.new("RGB", (16_384, 1)), BytesIO(), Encoding(image="webp"))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("rate", [8000, 44_100, 96_000])
def test_flac_keeps_every_sample(channels: int, rate: int, tmp_path: Path) -> None:
    sound = tone(1.7, rate, channels)
    path = store(sound, tmp_path, audio="flac")
    assert (path.suffix, read_format(path).name) == (".flac", "FLAC")
    read = open_media(path)
    assert isinstance(read, Audio)
    assert (read.sample_rate, read.channels) == (rate, channels)
    assert np.array_equal(read.samples.reshape(-1, channels), sound.pcm16())


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_opus(channels: int, rate: int, tmp_path: Path) -> None:
    path = store(tone(1.7, rate, channels), tmp_path, audio="opus")
    assert (path.suffix, read_format(path).name) == (".opus", "OGG")
    assert probe(path).duration == pytest.approx(1.7, abs=0.02)
    with av.open(str(path)) as container:
        stream: Any = container.streams.audio[0]
        assert (stream.codec.name, stream.layout.nb_channels) == ("opus", channels)
    read = open_media(path)
    assert isinstance(read, Audio)
    assert np.abs(read.samples).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("name", "codec"), [("mp4", "h264"), ("webm", "vp9")])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (51, 31), (1, 1)])
def test_clips(name: str, codec: str, width: int, height: int, tmp_path: Path) -> None:
    frame = np.full((height, width, 3), (255, 40, 0), np.uint8)
    path = store(Video((frame for _ in range(6)), 12), tmp_path, video=name)
    assert path.suffix == f".{name}"
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        assert stream.codec_context.name.startswith(codec) or codec in stream.codec.name
        assert (stream.pix_fmt, stream.average_rate) == ("yuv420p", 12)
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
    assert probe(path).duration == pytest.approx(0.5, abs=0.001)
    frames = list(open_media(path))  # type: ignore[arg-type]
    assert len(frames) == 6
    assert np.abs(frames[3].astype(int) - (255, 40, 0)).max() <= 6


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        ({"image": "gif"}, "image_format: 'gif' is not allowed; choose one of 'png', 'jpeg', 'webp', 'avif'"),
        ({"video": "mkv"}, "video_format: 'mkv' is not allowed; choose one of 'mp4', 'webm'"),
        ({"audio": None}, "audio_format: None is not allowed; choose one of 'wav', 'flac', 'opus'"),
        ({"image": "jpeg", "image_quality": 0}, "image_quality: 0 is not allowed; give a whole number from 1 to 100"),
        ({"image": "jpeg", "image_quality": True}, "image_quality: True is not allowed"),
        ({"image_quality": 80}, "image_quality: 80 has no meaning for PNG"),
    ],
)
def test_what_is_not_allowed(formats: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Encoding(**formats)
    assert str(caught.value).startswith(message)
    assert caught.value.field == message.partition(":")[0]
