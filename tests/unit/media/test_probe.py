from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media import Audio, MediaInfo, Video, open_media, probe
from batchgen_widgets.media.formats import sniff
from tests.unit.media.samples import SUFFIXES, encoded, noise, save

IMAGES, VIDEOS = ("png", "jpeg", "webp", "gif", "avif"), ("mp4", "webm")
SOUNDS = tuple(SUFFIXES.keys() - IMAGES - set(VIDEOS))


@pytest.fixture(params=SUFFIXES)
def media_file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "file"
    path.write_bytes(encoded()[request.param])
    return request.param, path


def test_probe_tells_kind_size_and_length(media_file: tuple[str, Path]) -> None:
    name, path = media_file
    info = probe(path)
    assert info == probe(str(path)) == probe(path.read_bytes())
    if name in IMAGES:
        assert info == MediaInfo("image", 40, 24, None)
    else:
        assert info.kind == ("video" if name in VIDEOS else "audio")
        assert (info.width, info.height) == ((64, 48) if name in VIDEOS else (None, None))
        assert info.duration == pytest.approx(0.5, abs=0.02)


def test_open_media_gives_what_a_generator_would_return(media_file: tuple[str, Path]) -> None:
    name, path = media_file
    value = open_media(path)
    if name in IMAGES:
        assert isinstance(value, Image.Image)
        assert value.size == (40, 24)
        assert np.asarray(value.convert("RGB")).std() > 10
    elif name in VIDEOS:
        assert isinstance(value, Video)
        assert value.fps == 10
        assert not value.reads_once
        assert [frame.shape for frame in value] == [frame.shape for frame in value] == [(48, 64, 3)] * 5
    else:
        assert isinstance(value, Audio)
        assert value.duration == pytest.approx(0.5, abs=0.1)
        assert value.sample_rate == (8000 if name == "wav" else 48000)
        assert value.samples.dtype == (np.int16 if name in {"wav", "flac"} else np.float32)
        assert value.channels == (1 if name == "wav" else 2)


def test_the_size_is_the_one_that_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    assert probe(save(Image.fromarray(noise()), "JPEG", exif=exif)) == MediaInfo("image", 24, 40)


def test_missing_files_and_damaged_ones(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "none.png")
    for name in ("png", "avif", "flac", "mp4", "webm"):
        path = tmp_path / name
        path.write_bytes(encoded()[name][:40])
        with pytest.raises(ResultError, match=f"{name}.* is (a damaged image|damaged video or audio)"):
            probe(path)


@pytest.mark.parametrize("name", ["png", "jpeg", "mp4"])
def test_a_file_torn_in_the_middle_is_refused_when_opened(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(encoded()[name][: len(encoded()[name]) // 2])
    with pytest.raises(ResultError):
        open_media(path)


def test_an_image_beyond_pillows_limit_says_how_to_allow_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(encoded()["png"])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ResultError, match=r"too large an image.*PIL\.Image\.MAX_IMAGE_PIXELS"):
        probe(path)


def box(*brands: bytes) -> bytes:
    return (12 + 4 * len(brands)).to_bytes(4, "big") + b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:]) + bytes(40)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (box(b"mif1", b"avif"), "AVIF"),
        (box(b"mif1", b"heic"), None),
        (box(b"qt  "), None),
        (box(b"iso5", b"dash"), "MP4"),
        (b"\xff\xfb\x90\x00", "MP3"),
        (b"\xff\xfe\x41\x00", None),
        (b"\xff\xf1\x50\x80", None),
        (b"\xff", None),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"RF64\0\0\0\0WAVE", "WAV"),
        (b"OggS" + bytes(24) + b"\x80theora", None),
        (b"\x1aE\xdf\xa3\x42\x82\x88matroska", None),
        (b"%PDF-1.7", None),
        (b"<svg xmlns=", None),
        (b"BM" + bytes(20), None),
    ],
)
def test_formats_are_told_by_their_first_bytes(head: bytes, name: str | None) -> None:
    found = sniff(head)
    assert (found and found.name) == name
