from __future__ import annotations

import hashlib
import os
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media import NOTE, Audio, StoredMedia, Video, normalize, open_media, read_notes, write_media
from tests.unit.media.samples import SUFFIXES, encoded, noise, tone


def write(result: object, directory: Path, stem: str = "0001", **options: Any) -> StoredMedia:
    return write_media(normalize(result).items[0], directory, stem, **options)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_become_lossless_png(channels: int, tmp_path: Path) -> None:
    values = noise(channels=channels).squeeze()
    stored = write(values, tmp_path / "new" / "folder")
    path = tmp_path / "new" / "folder" / "0001.png"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert stored == StoredMedia(path, "image", 40, 24, None, path.stat().st_size, sha256)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), values)
    assert os.listdir(path.parent) == ["0001.png"]


@pytest.mark.parametrize("result", [noise(), tone(), Video([noise()], 4), encoded()["jpeg"]], ids=type)
def test_files_carry_the_note_and_their_hash_is_that_of_the_whole(result: object, tmp_path: Path) -> None:
    stored = write(result, tmp_path, note='{"seed":1}', parameters="a fox")
    notes = read_notes(stored.path)
    assert notes is not None
    assert notes[NOTE] == '{"seed":1}'
    assert notes.get("parameters") == ("a fox" if stored.path.suffix == ".png" else None)
    data = stored.path.read_bytes()
    assert (stored.file_size, stored.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert NOTE not in (read_notes(write(result, tmp_path).path) or {})


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_sounds_become_16_bit_wav(channels: int, tmp_path: Path) -> None:
    sound = tone(0.5, 8000, channels)
    stored = write(sound, tmp_path)
    assert (stored.kind, stored.duration, stored.width, stored.path.name) == ("audio", 0.5, None, "0001.wav")
    with wave.open(str(stored.path)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (channels, 2, 8000)
        assert wav.readframes(4000) == sound.pcm16().tobytes()


@pytest.mark.parametrize(("width", "height"), [(64, 48), (51, 31), (1, 1), (300, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_clips_become_mp4_that_browsers_play(width: int, height: int, dtype: str, tmp_path: Path) -> None:
    frame = np.full((height, width, 3), (255, 40, 0), np.uint8)
    given = frame if dtype == "uint8" else (frame / 255).astype(dtype)
    stored = write(Video([given] * 6, fps=12), tmp_path)
    even = width + width % 2, height + height % 2
    assert (stored.kind, stored.width, stored.height, stored.duration) == ("video", *even, 0.5)
    data = stored.path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat"), "the index stands in front"
    with av.open(str(stored.path)) as container:
        stream: Any = container.streams.video[0]
        assert (stream.codec.name, stream.pix_fmt, stream.average_rate) == ("h264", "yuv420p", 12)
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
    frames = list(open_media(stored.path))  # type: ignore[arg-type]
    assert len(frames) == 6
    assert np.abs(frames[3].astype(int) - (255, 40, 0)).max() <= 4


def test_odd_sizes_repeat_their_last_row_and_column(tmp_path: Path) -> None:
    frame = np.zeros((31, 51, 3), np.uint8)
    frame[:, -1] = frame[-1] = 255
    read = next(iter(open_media(write(Video([frame], 5), tmp_path).path)))  # type: ignore[arg-type]
    assert read[-1].min() > 240
    assert read[:, -1].min() > 240


@pytest.mark.parametrize("fps", [0.5, 23.976, 29.97, 60])
def test_the_rate_of_a_clip_is_kept(fps: float, tmp_path: Path) -> None:
    stored = write(Video((noise() for _ in range(6)), fps), tmp_path)
    assert stored.duration == pytest.approx(6 / fps, rel=1e-4)
    video = open_media(stored.path)
    assert isinstance(video, Video)
    assert video.fps == pytest.approx(fps, rel=1e-6)


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("from_file", [False, True])
def test_encoded_media_are_copied_byte_by_byte(name: str, from_file: bool, tmp_path: Path) -> None:
    original = tmp_path / "made"
    original.write_bytes(encoded()[name])
    stored = write(original if from_file else encoded()[name], tmp_path / "assets")
    assert stored.path == tmp_path / "assets" / f"0001{SUFFIXES[name]}"
    assert stored.path.read_bytes() == encoded()[name] == original.read_bytes()
    assert stored.file_size == len(encoded()[name])


def test_a_taken_name_is_counted_up_and_nothing_is_overwritten(tmp_path: Path) -> None:
    names = [write(np.full((2, 2), index, np.uint8), tmp_path).path.name for index in range(3)]
    assert names == ["0001.png", "0001-2.png", "0001-3.png"]
    for index, name in enumerate(names):
        with Image.open(tmp_path / name) as image:
            assert image.getpixel((0, 0)) == index


def test_writers_at_once_never_share_a_name(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda value: write(np.full((2, 2), value, np.uint8), tmp_path), range(40)))
    assert len({each.path for each in stored}) == 40
    seen = set()
    for each in stored:
        with Image.open(each.path) as image:
            seen.add(image.getpixel((0, 0)))
    assert seen == set(range(40))


@pytest.mark.parametrize("stem", ["", ".", "..", "a/b", "/a"])
def test_a_stem_stays_in_its_directory(stem: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a file name without folders"):
        write(noise(), tmp_path, stem)


def test_finished_files_have_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    assert write(noise(), tmp_path).path.stat().st_mode == (tmp_path / "usual").stat().st_mode


def raise_disk_full(*_args: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("result", [noise(), tone(), Video([noise()], 4), encoded()["png"]], ids=str)
@pytest.mark.parametrize("call", [(os, "replace"), (os, "fsync"), (Path, "touch"), (Path, "stat")])
def test_a_failing_disk_leaves_nothing_behind(
    result: object, call: tuple[Any, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = normalize(result).items[0]
    with monkeypatch.context() as patch:
        if call[1] == "stat":  # a failure while the directory is there already
            monkeypatch.setattr("batchgen_widgets.media.encode.probe", raise_disk_full)
        else:
            patch.setattr(*call, raise_disk_full)
        with pytest.raises(OSError, match="No space left"):
            write_media(item, tmp_path, "0001")
    assert os.listdir(tmp_path) == []


def test_a_directory_that_cannot_be_synced_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batchgen_widgets.media.encode._sync_directory", raise_disk_full)
    with pytest.raises(OSError, match="No space left"):
        write(noise(), tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("writer", ["PIL.Image.Image.save", "wave.Wave_write.writeframes", "shutil.copyfile"])
def test_an_encoder_that_fails_half_way_leaves_nothing_behind(
    writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.png").write_bytes(encoded()["png"])
    results = {"PIL": noise(), "wave": tone(), "shutil": tmp_path / "in.png"}
    item = normalize(results[writer.partition(".")[0]]).items[0]
    monkeypatch.setattr(writer, raise_disk_full)
    with pytest.raises(OSError, match="No space left"):
        write_media(item, tmp_path / "out", "0001")
    assert os.listdir(tmp_path / "out") == []


class Stopped(BaseException):
    """As an interrupted kernel raises it."""


def stopping() -> Iterator[np.ndarray[Any, Any]]:
    yield noise()
    raise Stopped


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        (stopping, Stopped),
        (lambda: iter([]), ResultError),
        (lambda: iter([noise(), noise(9, 9)]), ResultError),
        (lambda: iter([noise(), np.full((24, 40, 3), np.nan)]), ResultError),
    ],
)
def test_a_clip_that_breaks_off_leaves_nothing_behind(frames: Any, error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error):
        write(Video(frames(), 24), tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_file_that_changed_since_it_was_checked_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(encoded()["png"])
    item = normalize(path).items[0]
    path.write_bytes(b"gone")
    with pytest.raises(ResultError, match="no media file"):
        write_media(item, tmp_path / "out", "0001")
    assert os.listdir(tmp_path / "out") == []


def test_unusual_images_are_written(tmp_path: Path) -> None:
    for index, mode in enumerate(("1", "P", "LA", "I;16", "CMYK", "F")):
        assert write(Image.new(mode, (3, 2)), tmp_path, f"{index}").width == 3


def test_silence_and_full_scale_survive(tmp_path: Path) -> None:
    audio = open_media(write(Audio([0.0, 1.0, -1.0], 8000), tmp_path).path)
    assert isinstance(audio, Audio)
    assert audio.samples.tolist() == [0, 32767, -32767]
