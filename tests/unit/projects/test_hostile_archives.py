"""Archives that somebody made to do harm, or that are damaged: refused by name and reason, with nothing written."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.projects import archives, contents, importing
from batchgen_widgets.projects.archives import check_name

from .exports import Archive, content_of, make_batch, reopened, speckle, state_of

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    root = tmp_path_factory.mktemp("source")
    make_batch(root / "project", 2)
    return bg.Project(root / "project").export(root / "x.zip").read_bytes()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with something in it, which nothing here changes."""
    root = tmp_path_factory.mktemp("target") / "project"
    make_batch(root, 1)
    return root


@pytest.fixture
def archive(exported: bytes) -> Archive:
    return Archive(exported)


@pytest.fixture
def refuse(target: Path, tmp_path: Path) -> Callable[..., None]:
    """Import something that is refused with these words, and see that nothing came of it."""

    def check(source: Archive | bytes | Path, *words: str) -> None:
        path = source if isinstance(source, Path) else tmp_path / "hostile.zip"
        if isinstance(source, Archive):
            source.write(path)
        elif isinstance(source, bytes):
            path.write_bytes(source)
        before = state_of(target)
        around = sorted(found.name for found in target.parent.iterdir())
        with pytest.raises(bg.ProjectError) as caught:
            bg.Project(target).import_(path)
        assert state_of(target) == before
        assert sorted(found.name for found in target.parent.iterdir()) == around
        for word in words:
            assert word in str(caught.value), str(caught.value)
        assert str(caught.value).isprintable()

    return check


NAMES = {
    "../evil.png": "leads out of the archive",
    "assets/../../evil.png": "leads out of the archive",
    "/etc/cron.d/evil": "an absolute path",
    "\\\\server\\share\\evil": "an absolute path",
    "\\evil": "an absolute path",
    "C:/evil.exe": "the letter of a drive",
    "C:evil.exe": "the letter of a drive",
    "assets\\..\\evil.png": "a backslash",
    "assets/evil.png\0.txt": "a NUL",
    "assets//evil.png": "a folder without a name",
    "./evil.png": "a folder without a name",
    "assets/con.png": "the name of a device",
    "NUL": "the name of a device",
    "assets/COM1": "the name of a device",
    "assets/lpt¹.png": "the name of a device",
    "assets/evil.png.": "a space or a dot",
    "assets/evil.png ": "a space or a dot",
    "assets/evil.png:stream": "characters other than",
    "assets/\u202egnp.exe": "characters other than",
    "assets/e\u0301.png": "normal form",
    "assets/a\nb": "characters other than",
    "a" * 300: "300 characters",
    "": "0 characters",
    "extra.png": "the manifest does not name it",
    "MANIFEST.JSON": "the same file as",
    "ASSETS.csv": "the same file as",
}


class TestNames:
    @pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
    def test_a_name_that_is_somewhere_else(self, archive, refuse, name):
        archive.add(name, b"evil")
        refuse(archive, "refused", NAMES[name])

    def test_the_same_name_twice(self, archive, refuse):
        archive.add(archive.media[0], b"other")
        with pytest.warns(UserWarning, match="Duplicate name"):
            refuse(archive, archive.media[0], "the same file as")

    def test_names_of_folders_count_too(self, archive, refuse):
        archive.add("../up/", b"")
        refuse(archive, "../up/", "leads out of the archive")

    def test_a_name_in_the_manifest(self, archive, refuse):
        archive.change(lambda manifest: manifest["batches"][0]["assets"][0].update(file="../../evil.png"))
        refuse(archive, "is not in assets/")

    @given(st.text(max_size=30))
    def test_whatever_passes_is_plain(self, name):
        try:
            check_name(name)
        except ValueError:
            return
        assert all(part and part not in (".", "..") for part in name.split("/"))
        assert name.isascii()
        assert not set(name) & set('\\:*?"<>|\0')

    def test_what_systems_leave_in_folders_is_no_harm(self, exported, tmp_path):
        archive = Archive(exported)
        archive.add(".DS_Store", b"mac")
        archive.add("assets/Thumbs.db", b"windows")
        archive.add("__MACOSX/assets/._x.png", b"mac")
        archive.add("assets/", b"", lambda info: setattr(info, "external_attr", 0o040755 << 16))
        assert len(bg.Project(tmp_path / "new").import_(archive.write(tmp_path / "x.zip")).assets) == 2


class TestEntries:
    @pytest.mark.parametrize(
        ("mode", "reason"),
        [
            (0o120777, "it is a link"),
            (0o020666, "neither a file nor a folder"),
            (0o010666, "neither a file nor a folder"),
        ],
    )
    def test_links_and_devices(self, archive, refuse, mode, reason):
        name = archive.media[0]
        data = archive[name]
        archive.remove(name)
        archive.add(name, data, lambda info: setattr(info, "external_attr", mode << 16))
        refuse(archive, name, reason)

    def test_a_link_of_windows(self, archive, refuse):
        name = archive.media[0]
        data = archive[name]
        archive.remove(name)
        archive.add(name, data, lambda info: setattr(info, "external_attr", 0x400))
        refuse(archive, name, "it is a link")

    @pytest.mark.parametrize("bit", [0x1, 0x40, 0x2000])
    def test_encrypted(self, exported, refuse, bit):
        refuse(with_flags(exported, bit), "refused", "it is encrypted")

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_other_ways_to_compress(self, archive, refuse, method):
        name = archive.media[0]
        data = archive[name]
        archive.remove(name)
        archive.add(name, data, lambda info: setattr(info, "compress_type", method))
        refuse(archive, name, "a way other than deflate")

    def test_missing_files(self, archive, refuse):
        name = archive.media[0]
        archive.remove(name)
        refuse(archive, name, "it is missing")

    def test_no_manifest(self, archive, refuse):
        archive.remove("manifest.json")
        refuse(archive, "no manifest.json at its top")

    def test_other_content_of_the_same_size(self, archive, refuse):
        name = archive.media[0]
        archive[name] = archive[name][:-1] + b"?"
        refuse(archive, name, "another SHA-256")

    def test_another_size(self, archive, refuse):
        name = archive.media[0]
        archive[name] += b"?"
        refuse(archive, name, "bytes instead of")

    def test_a_file_that_two_assets_claim(self, archive, refuse):
        def edit(manifest: dict[str, Any]) -> None:
            first, second = manifest["batches"][0]["assets"]
            second |= {name: first[name] for name in ("file", "sha256", "size")}

        archive.change(edit)
        refuse(archive, "the manifest names it twice")


def with_flags(data: bytes, bit: int) -> bytes:
    """Set a flag of the first entry, in its header and in the table of contents."""
    changed = bytearray(data)
    changed[6:8] = struct.pack("<H", struct.unpack("<H", changed[6:8])[0] | bit)
    at = data.index(b"PK\1\2")
    changed[at + 8 : at + 10] = struct.pack("<H", struct.unpack("<H", changed[at + 8 : at + 10])[0] | bit)
    return bytes(changed)


class TestSizes:
    def test_a_bomb_that_says_so(self, archive, refuse):
        zeros = bytes(80 * 1024 * 1024)
        archive.add("bomb.bin", zeros, lambda info: setattr(info, "compress_type", zipfile.ZIP_DEFLATED))
        refuse(archive, "a bomb")

    def test_many_small_bombs(self, archive, refuse, monkeypatch):
        monkeypatch.setattr(archives, "FREE_BYTES", 100_000)
        monkeypatch.setattr(archives, "MOST_RATIO", 10)
        for number in range(5):
            archive.add(
                f"bomb{number}.bin", bytes(99_000), lambda info: setattr(info, "compress_type", zipfile.ZIP_DEFLATED)
            )
        refuse(archive, "unpack to", "a bomb")

    def test_a_bomb_that_lies(self, exported, refuse):
        """The table says 100 bytes, the data have 10 MB: no more than the 100 are ever read."""
        packed = zlib.compress(bytes(10_000_000), 9)[2:-4]
        refuse(one_entry("manifest.json", packed, size=100, crc=0), "manifest.json", "it can't be read (Bad CRC-32")

    def test_an_entry_that_is_shorter_than_it_says(self, refuse):
        packed = zlib.compress(b"short", 9)[2:-4]
        refuse(one_entry("manifest.json", packed, size=1000, crc=zlib.crc32(b"short")), "manifest.json")

    def test_too_many_entries(self, refuse, archive, monkeypatch):
        monkeypatch.setattr(archives, "MOST_FILES", 3)
        refuse(archive, "it holds 5 files; 3 are allowed")

    def test_a_table_of_contents_without_end(self, refuse, archive, monkeypatch):
        monkeypatch.setattr(archives, "MOST_DIRECTORY_BYTES", 50)
        refuse(archive, "its table of contents has", "50 are allowed")

    def test_a_large_file(self, refuse, archive, monkeypatch):
        monkeypatch.setattr(archives, "MOST_FILE_BYTES", 100)
        refuse(archive, "100 are allowed")

    def test_a_large_manifest(self, refuse, archive, monkeypatch):
        monkeypatch.setattr(contents, "MOST_MANIFEST_BYTES", 100)
        refuse(archive, "manifest.json", "100 are allowed")

    def test_entries_that_lie_over_each_other(self, refuse):
        """As in the bomb of David Fifield: one stream of data for many entries."""
        data = zlib.compress(bytes(1000), 9)[2:-4]
        local = local_header("a", data, 1000, zlib.crc32(bytes(1000)))
        central = b"".join(
            central_header(name, data, 1000, zlib.crc32(bytes(1000)), offset=0) for name in ("a", "b", "c")
        )
        body = local + data
        refuse(body + central + end_record(3, len(central), len(body)), "it lies over another entry")


def local_header(name: str, data: bytes, size: int, crc: int) -> bytes:
    raw = name.encode()
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(data), size, len(raw), 0) + raw


def central_header(name: str, data: bytes, size: int, crc: int, offset: int) -> bytes:
    raw = name.encode()
    head = struct.pack("<4s6H3L", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(data), size)
    return head + struct.pack("<5H2L", len(raw), 0, 0, 0, 0, 0, offset) + raw


def end_record(count: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, 0)


def one_entry(name: str, packed: bytes, size: int, crc: int) -> bytes:
    body = local_header(name, packed, size, crc) + packed
    central = central_header(name, packed, size, crc, offset=0)
    return body + central + end_record(1, len(central), len(body))


class TestContainer:
    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda data: b"", "it is no zip"),
            (lambda data: b"hello", "it is no zip"),
            (lambda data: data[: len(data) // 2], "it is no zip"),
            (lambda data: data[:-1], "it is no zip"),
            (lambda data: data + b"more", "it is no zip"),
            (lambda data: b"#!/bin/sh\n" + data, "not where it says it is"),
            (lambda data: data[:-22] + patched(data[-22:], 4, "<H", 1), "several parts"),
            (lambda data: data[:-22] + patched(data[-22:], 8, "<H", 4), "several parts"),
            (lambda data: data[:-22] + patched(patched(data[-22:], 8, "<H", 4), 10, "<H", 4), "and lists"),
            (lambda data: data[:-22] + patched(data[-22:], 16, "<L", 0), "not where it says it is"),
            (lambda data: data[:-22] + patched(data[-22:], 12, "<L", 2**31), "its table of contents has"),
        ],
    )
    def test_what_is_no_zip_or_no_whole_one(self, exported, refuse, spoil, reason):
        refuse(spoil(exported), reason)

    def test_a_header_that_says_something_else(self, exported, refuse):
        refuse(patched(exported, 8, "<H", 8), "something else of itself")  # the method
        refuse(patched(exported, 22, "<L", 1), "another size of itself")
        refuse(exported.replace(b"PK\3\4", b"PK\3\5", 1), "not where the table of contents says")
        name = Archive(exported).media[0].encode()
        refuse(exported.replace(name, name.upper(), 1), "something else of itself")

    def test_a_file_that_is_not_there(self, refuse, tmp_path):
        refuse(tmp_path / "none.zip", "none.zip", "No such file")

    def test_a_project_is_no_export(self, target, refuse, tmp_path):
        refuse(target, "a project, not an export")
        make_batch(tmp_path / "other", 1)
        refuse(tmp_path / "other", "a project, not an export")


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    file = BytesIO()
    image.save(file, form)
    return file.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """The head of a picture with no pixels to speak of."""
    data = encoded(Image.new("RGB", (8, 8)))
    head = struct.pack(">2L", width, height) + data[24:29]
    return data[:16] + head + struct.pack(">L", zlib.crc32(b"IHDR" + head)) + data[33:]


class TestMedia:
    @pytest.mark.parametrize(
        ("data", "suffix"),
        [
            (SVG, ".png"),
            (SVG, ".svg"),
            (b"\xef\xbb\xbf" + SVG, ".png"),
            (b"<!doctype html><script>alert(1)</script>", ".png"),
            (b"<!doctype html><script>alert(1)</script>", ".html"),
            (b"%PDF-1.7", ".png"),
            (b"MZ\x90\0", ".png"),
            (b"PK\3\4", ".png"),
            (b"#EXTM3U\nfile:///etc/passwd", ".mp4"),
        ],
    )
    def test_what_is_no_media(self, archive, refuse, data, suffix):
        archive.put_media(data, suffix)
        refuse(archive, suffix, "no media file that a browser shows")

    def test_a_picture_that_is_called_a_page(self, archive, refuse):
        archive.put_media(encoded(speckle(1)), ".html")
        refuse(archive, "is not called like that")

    def test_pictures_that_are_damaged(self, archive, refuse):
        archive.put_media(encoded(speckle(1))[:60])
        refuse(archive, "refused")

    def test_a_picture_that_breaks_off(self, archive, refuse):
        archive.put_media(encoded(speckle(1, 200))[:-2000])
        refuse(archive, "it is a damaged image")

    def test_a_picture_whose_head_is_well(self, archive, refuse):
        archive.put_media(encoded(speckle(1, 200), "JPEG")[:-2000], ".jpg")
        refuse(archive, "it can't be decoded")

    @pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)])
    def test_a_picture_that_would_fill_the_memory(self, archive, refuse, width, height):
        archive.put_media(png_of_size(width, height))
        refuse(archive, ".png: refused")

    def test_the_limit_of_pillow_counts(self, archive, refuse, monkeypatch):
        archive.put_media(encoded(speckle(1, 300)))
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200 * 200)
        refuse(archive, "its picture is too large")

    def test_texts_in_a_picture_that_unpack_without_end(self, archive, refuse):
        text = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
        chunk = struct.pack(">L", len(text)) + b"zTXt" + text + struct.pack(">L", zlib.crc32(b"zTXt" + text))
        data = encoded(speckle(1))
        archive.put_media(data[:33] + chunk + data[33:])
        refuse(archive, ".png: refused")

    def test_another_kind_than_the_manifest_says(self, archive, refuse):
        wave = (
            b"RIFF" + struct.pack("<L", 36 + 800) + b"WAVEfmt " + struct.pack("<L2H2L2H", 16, 1, 1, 8000, 16000, 2, 16)
        )
        archive.put_media(wave + b"data" + struct.pack("<L", 800) + bytes(800), ".wav")
        refuse(archive, "of kind image, and it is of kind audio")

    def test_sound_that_is_none(self, archive, refuse):
        archive.put_media(b"RIFF" + struct.pack("<L", 4) + b"WAVE" + bytes(40), ".wav")
        refuse(archive, ".wav: refused")

    def test_a_film_that_is_none(self, archive, refuse):
        archive.put_media(struct.pack(">L", 20) + b"ftypisom" + bytes(200), ".mp4")
        refuse(archive, ".mp4: refused")


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["batches"][0]


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "newer": (lambda m: m.update(version=7), "a newer version of batchgen_widgets (format 7"),
    "other format": (lambda m: m.update(format="zip"), "not an exported project"),
    "wrong type": (lambda m: first(m).update(tasks="many"), "batches[0].tasks"),
    "extra": (lambda m: first(m)["assets"][0].update(path="/etc"), "batches[0].assets[0].path"),
    "id with a path": (lambda m: first(m).update(id="../../x"), "batches[0].id"),
    "id of a device": (lambda m: first(m).update(id="CON"), "batches[0].id"),
    "status": (lambda m: first(m).update(status="running"), "batches[0].status"),
    "time": (lambda m: first(m).update(created_at="now"), "batches[0].created_at"),
    "time that is none": (lambda m: first(m).update(created_at="2026-13-45T99:00:00Z"), "batches[0].created_at"),
    "hash": (lambda m: first(m)["assets"][0].update(sha256="0" * 64), "another SHA-256"),
    "kind": (lambda m: first(m)["assets"][0].update(kind="program"), "batches[0].assets[0].kind"),
    "size": (lambda m: first(m)["assets"][0].update(size=-1), "batches[0].assets[0].size"),
    "size true": (lambda m: first(m)["assets"][0].update(size=True), "batches[0].assets[0].size"),
    "task": (lambda m: first(m)["assets"][0].update(task=99), "is of task 99; there are 2"),
    "place": (lambda m: first(m)["assets"][1].update(task=0), "has the place of another one"),
    "unfinished": (lambda m: first(m)["tasks"][0].update(status="failed"), "of a task that did not complete"),
    "twice": (lambda m: m["batches"].append(m["batches"][0]), "stands twice in it"),
    "own parent": (lambda m: first(m)["assets"][0].update(parents=[first(m)["assets"][0]["id"]]), "its own parent"),
    "config": (lambda m: first(m)["config"].update(batch_size=0), "its config is not valid"),
    "seeds": (lambda m: first(m)["config"]["variation_params"].update(seed_range=[5, 1]), "its config is not valid"),
    "origin": (lambda m: first(m).update(origin={"source": "x" * 2_000_000}), "its origin has more than"),
    "input": (lambda m: m.update(inputs=[{"file": "inputs/../x.png", "size": 1}]), "inputs[0].file"),
    "reviewer": (
        lambda m: first(m)["assets"][0].update(
            reviews=[{"reviewer": "A\u202eB", "mark": None, "made_at": "2026-01-01T00:00:00Z"}]
        ),
        "reviewer",
    ),
    "reviewer twice": (
        lambda m: first(m)["assets"][0].update(
            reviews=[{"reviewer": "A", "mark": None, "made_at": "2026-01-01T00:00:00Z"}] * 2
        ),
        "two reviews under one name",
    ),
    "escape codes": (lambda m: first(m).update({"\x1b[2J\u202e": 1}), "\\x1b[2J\\u202e"),
}


class TestManifest:
    @pytest.mark.parametrize("name", SPOILED)
    def test_what_no_export_says(self, archive, refuse, name):
        edit, reason = SPOILED[name]
        archive.change(edit)
        refuse(archive, reason)

    @pytest.mark.parametrize(
        "text",
        [
            b"[" * 200_000,
            b'{"format": "batchgen-project", "version": 1, "version": 1}',
            b'{"format": "batchgen-project", "version": NaN}',
            b"\x00\x01\x02",
            b'{"format": "' + b"x" * 5_000_000 + b'"}',
        ],
    )
    def test_json_that_is_none(self, archive, refuse, text):
        archive["manifest.json"] = text
        refuse(archive, "manifest.json")


class TestFolders:
    @pytest.fixture
    def folder(self, exported, tmp_path) -> Path:
        place = tmp_path / "folder"
        with zipfile.ZipFile(BytesIO(exported)) as archive:
            archive.extractall(place)
        return place

    def test_one_is_as_good_as_a_zip(self, folder, tmp_path):
        assert len(bg.Project(tmp_path / "new").import_(folder).assets) == 2

    @pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
    def test_links(self, folder, refuse, tmp_path):
        (media,) = list((folder / "assets").rglob("*0000*"))
        held = media.read_bytes()
        (tmp_path / "outside.png").write_bytes(held)
        media.unlink()
        media.symlink_to(tmp_path / "outside.png")
        refuse(folder, media.name, "it is a link")
        media.unlink()
        media.write_bytes(held)
        (folder / "more").symlink_to(tmp_path, target_is_directory=True)
        refuse(folder, "more", "it is a link")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe(self, folder, refuse):
        os.mkfifo(folder / "assets" / "pipe")
        refuse(folder, "assets/pipe", "neither a file nor a folder")

    def test_files_that_are_too_many(self, folder, refuse):
        (folder / "notes.txt").write_text("mine")
        refuse(folder, "notes.txt", "the manifest does not name it")

    def test_a_link_that_takes_the_place_of_a_file(self, folder, target, tmp_path, monkeypatch):
        """Between the look at the folder and the reading."""
        media = sorted((folder / "assets").rglob("*.png"))[0]
        copy = shutil.copy(media, tmp_path / "outside.png")
        before = state_of(target)
        real = importing.read_contents

        def swap(archive: Any) -> Any:
            found = real(archive)
            media.unlink()
            media.symlink_to(copy)
            return found

        monkeypatch.setattr(importing, "read_contents", swap)
        with pytest.raises(bg.ProjectError, match="can't be read"):
            bg.Project(target).import_(folder)
        assert state_of(target) == before

    def test_a_file_that_changes_while_it_is_read(self, folder, target, monkeypatch):
        media = sorted((folder / "assets").rglob("*.png"))[0]
        before = state_of(target)
        real = importing.draw_thumbnails

        @contextmanager
        def change(archive: Any, files: Any) -> Iterator[Any]:
            with real(archive, files) as thumbnail_of:
                spoil()
                yield thumbnail_of

        def spoil() -> None:
            data = bytearray(media.read_bytes())
            data[-5] ^= 1
            media.write_bytes(data)

        monkeypatch.setattr(importing, "draw_thumbnails", change)
        with pytest.raises(bg.ProjectError, match="it changed while it was read"):
            bg.Project(target).import_(folder)
        (target / ".import.lock").unlink()
        assert state_of(target) == before


# Whatever else there may be


@pytest.fixture(scope="module")
def good(exported: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("good")
    (root / "x.zip").write_bytes(exported)
    bg.Project(root / "project").import_(root / "x.zip")
    return content_of(root / "project")


def try_out(data: bytes, place: Path) -> dict[str, Any] | None:
    """Import into a new project; give what it has then, or None where it was refused and nothing is there."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / "x.zip").write_bytes(data)
    project = reopened(place / "project")
    before = state_of(project.path)
    try:
        project.import_(place / "x.zip")
    except bg.ProjectError:
        assert state_of(project.path) == before
        return None
    assert reopened(project.path).verify(deep=True).ok
    return content_of(project.path)


FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FUZZ
@given(seed=st.integers(0, 2**32))
def test_bytes_that_flip(exported, good, tmp_path, seed):
    """Each archive is either refused, or what comes of it is exactly what was exported."""
    draw = random.Random(seed)
    data = bytearray(exported)
    for _ in range(draw.choice([1, 1, 2, 8])):
        # Half of them where the structure is: headers, the table of contents, the manifest.
        at = draw.randrange(len(data)) if draw.random() < 0.5 else -1 - draw.randrange(min(len(data), 2000))
        data[at] ^= 1 << draw.randrange(8)
    assert try_out(bytes(data), tmp_path / "fuzz") in (None, good)


@FUZZ
@given(seed=st.integers(0, 2**32))
def test_archives_that_are_cut_or_joined(exported, good, tmp_path, seed):
    draw = random.Random(seed)
    first, second = sorted(draw.randrange(len(exported)) for _ in range(2))
    changed = draw.choice(
        [exported[:first], exported[first:], exported[:first] + exported[second:], exported[:second] + exported[first:]]
    )
    assert try_out(changed, tmp_path / "fuzz") in (None, good)


ODD = [
    None,
    True,
    0,
    -1,
    2**70,
    0.5,
    "",
    "x",
    "../x",
    "\u202e",
    [],
    {},
    [[]],
    {"a": 1},
    "2026-01-01T00:00:00Z",
    "0" * 64,
]


@FUZZ
@given(seed=st.integers(0, 2**32))
def test_manifests_that_say_something_else(exported, tmp_path, seed):
    """Whatever it says, it is refused, or there is a project in which all is well."""
    draw = random.Random(seed)
    archive = Archive(exported)

    def edit(manifest: dict[str, Any]) -> None:
        for _ in range(draw.choice([1, 1, 3])):
            place: Any = manifest
            while True:
                keys = list(place) if isinstance(place, dict) else range(len(place))
                if not keys:
                    break
                key = draw.choice(list(keys))
                if isinstance(place[key], dict | list) and place[key] and draw.random() < 0.8:
                    place = place[key]
                    continue
                how = draw.random()
                if how < 0.2:
                    del place[key]
                elif how < 0.3 and isinstance(place, list):
                    place.append(place[key])
                else:
                    place[key] = draw.choice(ODD)
                break

    archive.change(edit)
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for info, data in archive.entries:
            target.writestr(info.filename, data)
    try_out(file.getvalue(), tmp_path / "fuzz")


def test_the_hash_is_of_the_file(exported):
    archive = Archive(exported)
    for asset in json.loads(archive["manifest.json"])["batches"][0]["assets"]:
        assert hashlib.sha256(archive[asset["file"]]).hexdigest() == asset["sha256"]
