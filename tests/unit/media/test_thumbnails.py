from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media import Audio, Video, display_bytes, make_preview, make_thumbnail, normalize, write_media
from tests.unit.media.samples import SUFFIXES, Tensor, encoded, noise, save, tone


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def thumbnail(*args: Any) -> Image.Image:
    image = opened(make_thumbnail(*args))
    assert image.format == "WEBP"
    return image


def kind_of(name: str) -> Any:
    return normalize(encoded()[name]).items[0].kind


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("wrap", ["item", "bytes", "path", "str"])
def test_every_format_from_every_source(name: str, wrap: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encoded()[name])
    sources = {"item": normalize(path).items[0], "bytes": encoded()[name], "path": path, "str": str(path)}
    image = thumbnail(sources[wrap], kind_of(name))
    assert image.size == {"image": (40, 24), "video": (64, 48), "audio": (256, 128)}[kind_of(name)]
    assert np.asarray(image).std() > 5


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 600), st.integers(1, 600), st.integers(1, 256))
def test_thumbnails_fit_and_are_never_enlarged(width: int, height: int, size: int) -> None:
    image = thumbnail(Image.new("RGB", (width, height)), "image", size)
    assert max(image.size) <= min(size, max(width, height))
    assert min(image.size) >= 1
    if max(width, height) >= size:
        assert max(image.size) == size


def test_a_long_strip_keeps_a_pixel() -> None:
    assert thumbnail(Image.new("RGB", (9000, 2)), "image").size == (256, 1)


def test_alpha_is_kept_and_does_not_bleed() -> None:
    pixels = np.zeros((600, 600, 4), np.uint8)
    pixels[:, :300] = (255, 0, 0, 255)
    pixels[:, 300:] = (0, 255, 0, 0)
    image = thumbnail(Image.fromarray(pixels), "image")
    assert image.mode == "RGBA"
    alpha = np.asarray(image)[..., 3]
    assert alpha[:, :120].min() == 255
    assert alpha[:, 136:].max() == 0
    assert np.asarray(image)[:, :120, 1].max() < 16


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "YCbCr"])
def test_every_mode_is_shown(mode: str) -> None:
    image = thumbnail(Image.new(mode, (300, 300)), "image")
    assert (image.size, image.mode) == ((256, 256), "RGBA" if mode == "LA" else "RGB")


def test_a_transparent_palette_and_16_bits_are_shown_right() -> None:
    palette = Image.new("P", (4, 4))
    palette.info["transparency"] = 0
    assert np.asarray(thumbnail(palette, "image"))[..., 3].max() == 0
    deep = Image.fromarray(np.full((4, 4), 0x8000, np.uint16))
    assert np.abs(np.asarray(thumbnail(deep, "image")).astype(int) - 128).max() <= 3


@pytest.mark.parametrize("suffix", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "call", [lambda path: make_thumbnail(path, "image"), lambda path: display_bytes(path, "image", 300)[0]]
)
def test_exif_orientation_is_honoured(
    suffix: str, call: Callable[[Path], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batchgen_widgets.media.thumbnails._DISPLAY_BYTES", 100)
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((1200, 800), np.uint8)
    pixels[:600] = 255
    path = tmp_path / "photo"
    path.write_bytes(save(Image.fromarray(pixels).convert("RGB"), suffix, exif=exif, quality=90))
    image = opened(call(path))
    assert image.width / image.height == pytest.approx(1.5, abs=0.01)
    grey = np.asarray(image.convert("L"))
    assert grey[:, : image.width // 2 - 8].max() < 30
    assert grey[:, image.width // 2 + 8 :].min() > 225
    assert not image.getexif()


def test_the_source_is_left_alone() -> None:
    image = Image.fromarray(noise(600, 600))
    make_thumbnail(image, "image")
    make_preview(image)
    assert image.size == (600, 600)
    assert np.array_equal(np.asarray(image), noise(600, 600))


def flat(level: int) -> np.ndarray[Any, Any]:
    return np.full((48, 64, 3), level, np.uint8)


@pytest.mark.parametrize("where", ["value", "file", "iterator"])
def test_the_poster_is_the_first_frame_that_is_not_black(where: str, tmp_path: Path) -> None:
    frames = [flat(0), flat(3), flat(120), flat(250)]
    source: Any = Video(iter(frames) if where == "iterator" else frames, 4)
    if where == "file":
        source = write_media(normalize(source).items[0], tmp_path, "clip").path
    assert np.asarray(thumbnail(source, "video", 32)).mean() == pytest.approx(120, abs=4)
    assert thumbnail(source, "video", 32).size == (32, 24)
    if where == "iterator":
        assert len(list(source)) == 4


def test_a_black_clip_has_its_lightest_frame_as_poster() -> None:
    assert np.asarray(thumbnail(Video([flat(0), flat(9), flat(2)], 4), "video")).mean() == pytest.approx(9, abs=2)


def test_a_long_black_stream_is_not_read_to_its_end() -> None:
    left = iter(range(500))
    make_thumbnail(Video((flat(0) for _ in left), 24), "video", 16)
    assert next(left) < 100


def wave_alpha(audio: Audio, size: int = 256) -> np.ndarray[Any, Any]:
    pixels = np.asarray(thumbnail(audio, "audio", size).convert("RGBA"))
    visible = pixels[..., 3] > 0
    assert (pixels[visible][:, :3] == (0x7A, 0x8C, 0xA8)).all()
    return pixels[..., 3]


def test_a_waveform_follows_the_sound() -> None:
    loudness = np.linspace(0, 1, 8000)
    alpha = wave_alpha(Audio(np.sin(np.arange(8000)) * loudness, 8000))
    assert alpha.shape == (128, 256)
    heights = (alpha > 127).sum(axis=0)
    assert heights[0] in {1, 2}
    assert heights[128] == pytest.approx(64, abs=4)
    assert heights[255] == pytest.approx(128, abs=3)
    assert alpha[0, :100].max() == 0, "the background is transparent"


def test_all_channels_count_and_silence_is_a_line() -> None:
    left = np.zeros((8000, 2))
    left[4000:, 1] = np.sin(np.arange(4000))
    heights = (wave_alpha(Audio(left, 8000)) > 127).sum(axis=0)
    assert set(heights[:126]) <= {1, 2}
    assert heights[130:].min() > 100


@pytest.mark.parametrize("count", [1, 2, 100, 300])
@pytest.mark.parametrize("size", [1, 2, 64])
def test_short_sounds_and_small_sizes(count: int, size: int) -> None:
    assert wave_alpha(Audio([0.5] * count, 8000), size).shape == (max(1, size // 2), size)


def test_file_and_value_have_the_same_waveform(tmp_path: Path) -> None:
    path = write_media(normalize(tone(2, 44100, 2)).items[0], tmp_path, "a").path
    assert np.abs(wave_alpha(tone(2, 44100, 2)).astype(int) - np.asarray(thumbnail(path, "audio"))[..., 3]).mean() < 2


def test_a_kind_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ResultError, match="kind 'audio' can be made from a Image"):
        make_thumbnail(Image.new("L", (4, 4)), "audio")
    with pytest.raises(ResultError, match="damaged"):
        make_thumbnail(encoded()["png"][:900], "image")


@pytest.mark.parametrize("wrap", [Image.fromarray, np.asarray, Tensor, lambda values: values / 255])
def test_previews_of_every_kind(wrap: Any) -> None:
    y, x = np.mgrid[0:1000, 0:1500]
    values = np.dstack([x // 6, y // 4, x // 6]).astype(np.uint8)
    preview = make_preview(wrap(values))
    assert (preview.size, preview.mode) == ((256, 171), "RGB")
    expected = np.asarray(Image.fromarray(values).resize((256, 171), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(preview) - expected).max() <= 4


def test_a_preview_is_a_copy_and_forgives_wild_floats() -> None:
    for values in (noise(8, 8, 3), noise(8, 8, 4), noise(8, 8, 1)):
        before = values.copy()
        preview = make_preview(values)
        shown = np.asarray(preview).copy()
        values[...] = 0
        assert np.array_equal(np.asarray(preview), shown)
        assert np.array_equal(shown[..., 0], before[..., 0])
    wild = np.array([[np.nan, -3, 7, np.inf]])
    assert np.asarray(make_preview(wild))[..., 0].tolist() == [[0, 0, 255, 255]]


@pytest.mark.parametrize("bad", ["x", None, [1], np.zeros((3, 8, 8)), np.zeros((2, 8, 8, 3)), np.zeros((4, 4), "i8")])
def test_a_preview_of_something_else_is_refused(bad: Any) -> None:
    with pytest.raises(ResultError, match="preview is a"):
        make_preview(bad)


@pytest.mark.parametrize("name", SUFFIXES)
def test_small_files_are_shown_as_they_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encoded()[name])
    data, mime = display_bytes(path, kind_of(name))
    assert data == encoded()[name]
    special = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "webm sound": "audio/webm"}
    assert mime == special.get(name, f"{kind_of(name)}/{name}")


def test_large_images_are_shown_as_webp_within_the_limit(tmp_path: Path) -> None:
    path = write_media(normalize(noise(700, 900)).items[0], tmp_path, "large").path
    data, mime = display_bytes(path, "image", limit=450)
    assert (mime, opened(data).size) == ("image/webp", (450, 350))
    data, mime = display_bytes(path, "image")
    assert (mime, opened(data).size) == ("image/webp", (900, 700))
    assert len(data) < path.stat().st_size


def test_what_webp_would_make_larger_or_stop_is_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(save(Image.fromarray(noise(2000, 2000)), "JPEG", quality=20))
    assert path.stat().st_size > 400_000
    assert display_bytes(path, "image")[1] == "image/jpeg"
    frames = [Image.fromarray(noise(400, 400) // (index + 1)) for index in range(4)]
    path.write_bytes(save(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert path.stat().st_size > 400_000
    assert display_bytes(path, "image", limit=100) == (path.read_bytes(), "image/gif")


def test_large_videos_and_sounds_are_shown_as_they_are(tmp_path: Path) -> None:
    path = write_media(normalize(tone(30, 8000)).items[0], tmp_path, "a").path
    assert display_bytes(path, "audio") == (path.read_bytes(), "audio/wav")


def test_other_files_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("<script>")
    with pytest.raises(ResultError, match="no media file"):
        display_bytes(tmp_path / "a.png", "image")
