"""Notes in files of every format: in, out, and nothing else changed."""

from __future__ import annotations

import struct
import time
import tracemalloc
import wave
import zlib
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from batchgen_widgets.media import NOTE, probe, read_notes, write_note
from batchgen_widgets.media.formats import sniff
from batchgen_widgets.media.notes import MAX_NOTE
from batchgen_widgets.media.notes.pieces import splice
from tests.unit.media.samples import encoded, noise, save, tone

CARRIERS = [name for name in encoded() if name not in ("gif", "mp3")]
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=2000)


@cache
def opus_video() -> bytes:
    """Give a WebM as it comes out of a recorder: written as a stream, so that nothing says how long it is."""
    file = BytesIO()
    with av.open(file, "w", format="webm", options={"live": "1"}) as container:
        stream: Any = container.add_stream("libvpx-vp9", rate=10, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(60):
            frame = av.VideoFrame.from_ndarray(noise(48, 64), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@cache
def vorbis() -> bytes:
    file = BytesIO()
    with av.open(file, "w", format="ogg") as container:
        options = {"strict": "experimental"}
        stream: Any = container.add_stream("vorbis", rate=48000, layout="stereo", options=options)
        wave = (np.sin(np.arange(24000) / 20) / 4).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        frame.rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@cache
def fragmented() -> bytes:
    file = BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov"}
    with av.open(file, "w", format="mp4", options=options) as container, av.open(BytesIO(encoded()["mp4"])) as source:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    return file.getvalue()


@cache
def variants() -> dict[str, bytes]:
    """Other files of the same formats that real programs write."""
    picture = Image.fromarray(noise())
    clear = Image.fromarray(noise(channels=4))
    frames = [Image.fromarray(noise() // (index + 1)) for index in range(3)]
    exif = Image.Exif()
    exif[0x010E] = "A fox"
    more = {"save_all": True, "append_images": frames[1:], "duration": 100}
    return {
        "lossless webp": save(picture, "WEBP", lossless=True),
        "clear webp": save(clear, "WEBP"),
        "clear lossless webp": save(clear, "WEBP", lossless=True),
        "webp with exif": save(picture, "WEBP", exif=exif, icc_profile=b"profile" * 9, xmp=b"<x/>"),
        "moving webp": save(frames[0], "WEBP", **more),
        "odd webp": save(Image.fromarray(noise(1, 1)), "WEBP"),
        "moving png": save(frames[0], "PNG", **more),
        "palette png": save(picture.convert("P"), "PNG"),
        "jpeg with exif": save(picture, "JPEG", exif=exif, icc_profile=b"profile" * 9000, comment=b"hello"),
        "progressive jpeg": save(picture, "JPEG", progressive=True),
        "grey jpeg": save(picture.convert("L"), "JPEG"),
        "moving avif": save(frames[0], "AVIF", **more),
        "avif with exif": save(picture, "AVIF", exif=exif),
        "vorbis": vorbis(),
        "streamed webm": opus_video(),
        "fragmented mp4": fragmented(),
        "wav without padding": odd_wav(),
    }


def odd_wav() -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(1)
        wav.setframerate(8000)
        wav.writeframes(bytes(range(128, 255)) * 31)
    data = file.getvalue().removesuffix(b"\0")
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def everything() -> dict[str, bytes]:
    return {name: encoded()[name] for name in CARRIERS} | variants()


NAMES = [*CARRIERS, *variants()]


def put(data: bytes, note: str, parameters: str | None = None) -> bytes:
    file = BytesIO(data)
    assert write_note(file, note, parameters=parameters)
    return file.getvalue()


def contents(data: bytes) -> list[Any]:
    """Decode all pixels or samples, with everything else that readers tell of a file."""
    found = sniff(data)
    assert found is not None
    if found.kind == "image":
        decoded = []
        with Image.open(BytesIO(data)) as image:
            for index in range(getattr(image, "n_frames", 1)):
                image.seek(index)
                decoded.append(np.asarray(image.convert("RGBA")).tobytes())
            kept = {name: value for name, value in image.info.items() if name not in (NOTE, "parameters")}
            return [image.size, image.mode, kept, dict(image.getexif()), *decoded]
    kind = probe(data).kind
    with av.open(BytesIO(data)) as container:
        described = [container.duration, len(container.streams)]
        frames: Any = container.decode(**{kind: 0})
        return [*described, *((frame.pts, frame.to_ndarray().tobytes()) for frame in frames)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 1, 1000, 70_001, 600_000])
def test_a_note_goes_in_and_comes_out_and_the_rest_stays(name: str, size: int) -> None:
    data = everything()[name]
    note = "".join(chr(32 + index % 95) for index in range(size))
    carrying = put(data, note)
    notes = read_notes(carrying)
    assert notes is not None
    assert notes[NOTE] == note
    assert contents(carrying) == contents(data)
    assert probe(carrying) == probe(data)
    assert sniff(carrying) == sniff(data)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_note_takes_the_place_of_the_first(name: str) -> None:
    data = everything()[name]
    once = put(data, "short")
    for first in ("x" * 200_000, "", "tiny"):
        again = put(put(data, first), "short")
        assert (read_notes(again) or {})[NOTE] == "short"
        assert contents(again) == contents(data)
        assert len(again) == len(once)


@pytest.mark.parametrize("name", CARRIERS)
@given(note=ASCII)
@settings(max_examples=30, deadline=None)
def test_any_ascii_comes_back(name: str, note: str) -> None:
    assert (read_notes(put(encoded()[name], note)) or {})[NOTE] == note


@pytest.mark.parametrize("name", ["gif", "mp3"])
def test_other_formats_stay_as_they_are(name: str) -> None:
    file = BytesIO(encoded()[name])
    assert not write_note(file, "note")
    assert file.getvalue() == encoded()[name]
    assert read_notes(encoded()[name]) == {}


def test_what_is_no_media_file_has_no_notes() -> None:
    assert read_notes(b"") is read_notes(b"hello") is None
    assert not write_note(BytesIO(b"hello"), "note")


def test_a_note_that_nobody_would_read_is_not_written() -> None:
    file = BytesIO(encoded()["png"])
    assert not write_note(file, "x" * (MAX_NOTE + 1))
    assert file.getvalue() == encoded()["png"]


@pytest.mark.parametrize("name", NAMES)
def test_files_on_disk(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(everything()[name])
    with path.open("rb+") as file:
        assert write_note(file, "note" * 50_000)
    assert path.read_bytes() == put(everything()[name], "note" * 50_000)
    assert read_notes(path) == read_notes(path.read_bytes())


# What tools read


def test_pillow_and_others_see_the_text_of_a_png() -> None:
    data = put(encoded()["png"], "note", "a fox, été, 狐\0\ud800")
    with Image.open(BytesIO(data)) as image:
        assert image.text == {"batchgen": "note", "parameters": "a fox, été, 狐�?"}  # type: ignore[attr-defined]


def test_texts_of_others_stay_as_they_are() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", "theirs")
    info.add_text("workflow", "{}", zip=True)
    info.add_itxt("Title", "狐", "ja", "題", zip=True)
    data = put(save(Image.fromarray(noise()), "PNG", pnginfo=info), "note", "ours")
    assert read_notes(data) == {"batchgen": "note", "parameters": "theirs", "workflow": "{}", "title": "狐"}


def test_ffmpeg_sees_the_note_in_flac_and_opus() -> None:
    for name in ("flac", "ogg"):
        with av.open(BytesIO(put(encoded()[name], "note"))) as container:
            seen = {**container.metadata, **container.streams[0].metadata}
            assert seen["BATCHGEN"] == "note"


def test_tags_stay_in_a_webm_that_another_program_copied() -> None:
    file = BytesIO()
    with av.open(file, "w", format="webm") as container:
        container.metadata["artist"], container.metadata["batchgen"] = "A fox", "old"
        stream: Any = container.add_stream("libopus", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert (read_notes(file.getvalue()) or {})[NOTE] == "old"
    notes = read_notes(put(file.getvalue(), "new"))
    assert notes is not None
    assert (notes[NOTE], notes["artist"]) == ("new", "A fox")


def test_the_wave_module_reads_a_wav_with_a_note() -> None:
    with wave.open(BytesIO(put(encoded()["wav"], "note" * 99))) as wav:
        assert wav.readframes(wav.getnframes()) == tone().pcm16().tobytes()


def test_the_index_of_a_fragmented_mp4_stays_last() -> None:
    data = put(fragmented(), "note")
    assert data[-int.from_bytes(data[-4:], "big") :][4:8] == b"mfra"


def test_ogg_pages_are_numbered_and_checked() -> None:
    """By a computation that has nothing in common with ours."""
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    data, at, numbers = put(encoded()["ogg"], "x" * 100_000), 0, []
    while at < len(data):
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        end = at + 27 + len(lacing) + sum(lacing)
        crc = 0
        for byte in data[at : at + 22] + b"\0\0\0\0" + data[at + 26 : end]:
            crc = (crc << 8 & 0xFFFFFFFF) ^ table[crc >> 24 ^ byte]
        assert struct.unpack_from("<I", data, at + 22) == (crc,)
        numbers += struct.unpack_from("<I", data, at + 18)
        at = end
    assert numbers == list(range(len(numbers)))


# What hostile and damaged files do


@pytest.mark.parametrize("name", NAMES)
def test_torn_files_are_read_and_written_as_far_as_they_go(name: str) -> None:
    data = put(everything()[name], "note")
    steps = sorted({*range(min(200, len(data))), *range(0, len(data), max(1, len(data) // 60))})
    for end in steps:
        assert (read_notes(data[:end]) or {}).get(NOTE) in (None, "note")
        file = BytesIO(data[:end])
        if not write_note(file, "other"):
            assert file.getvalue() == data[:end]


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_files_with_wrong_bytes_break_nothing(name: str, data: st.DataObject) -> None:
    mangled = bytearray(put(everything()[name], "note"))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, min(len(mangled) - 1, 600)) | st.integers(0, len(mangled) - 1))
        mangled[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    read_notes(bytes(mangled))
    file = BytesIO(mangled)
    if not write_note(file, "other"):
        assert file.getvalue() == bytes(mangled)


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    return struct.pack(">I", len(data) if length is None else length) + kind + data + b"\0\0\0\0"


PNG_HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
BOMB = zlib.compress(bytes(200 * 2**20), 9)


@pytest.mark.parametrize(
    "data",
    [
        PNG_HEAD + chunk(b"zTXt", b"parameters\0\0" + BOMB) * 40 + chunk(b"IEND", b""),
        PNG_HEAD + chunk(b"iTXt", b"prompt\0\1\0\0\0" + BOMB) * 40 + chunk(b"IEND", b""),
        PNG_HEAD + chunk(b"tEXt", b"parameters\0", 2**31 - 1),
        PNG_HEAD + chunk(b"tEXt", b"parameters\0", 2**32 - 1) + bytes(99),
        PNG_HEAD + chunk(b"junk", b"") * 60_000,
        b"\xff\xd8\xff\xe9" + b"\xff" * 300_000,
        b"\xff\xd8" + b"\xff\xe9\x00\x10batchgen\0\0\0\xff\xff!" * 20_000,
        b"RIFF\xff\xff\xff\xffWAVE" + b"bgen\xf0\xff\xff\xff" + bytes(99),
        b"RIFF\xff\xff\xff\xffWAVELIST\x20\x00\x00\x00INFOICMT\xff\xff\xff\x7f" + bytes(99),
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0\0\0\x08free" * 60_000,
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0\0\0\1uuid" + b"\xff" * 40,
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x10moov\0\0\xff\xfftrak",
        b"fLaC\x84\x00\x00\x10\x00\x00\x00\x00\xff\xff\xff\xff" + bytes(99),
        b"fLaC" + b"\x04\x00\x00\x08\xff\xff\xff\xff\xff\xff\xff\xff" * 100_000,
        b"\x1aE\xdf\xa3\x84webm\x18S\x80g\xff" + b"\x12\x54\xc3\x67\xff" * 40_000,
        b"\x1aE\xdf\xa3\x84webm\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xfe\x12\x54\xc3\x67\x08\x7f\xff\xff\xff",
        b"OggS\0\2" + bytes(20) + b"\1\x08OpusHead" + (b"OggS\0\0" + bytes(20) + b"\xff" + b"\xff" * 255) * 3,
    ],
    ids=range(17),
)
def test_hostile_files_cost_little(data: bytes) -> None:
    start = time.perf_counter()
    tracemalloc.start()
    try:
        assert NOTE not in (read_notes(data) or {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * MAX_NOTE
    assert time.perf_counter() - start < 20  # it is a fraction of a second; tracing makes it many times that


@pytest.mark.parametrize(("start", "end", "new"), [(0, 0, 3), (5, 5, 9), (5, 9, 1), (0, 20, 0), (20, 20, 4), (3, 7, 4)])
def test_splicing(start: int, end: int, new: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batchgen_widgets.media.notes.pieces._BLOCK", 4)
    file = BytesIO(bytes(range(20)))
    splice(file, start, end, b"x" * new)
    assert file.getvalue() == bytes(range(start)) + b"x" * new + bytes(range(end, 20))
