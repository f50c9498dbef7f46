"""Archives that somebody made to do harm, or that are damaged: refused by name and reason, with nothing written."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import zipfile
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
from .hostile import CONTAINERS, ENTRIES, MANIFESTS, MEDIA, UNDRAWABLE, encoded, flip_bits, say_something_else


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


TABLE = ENTRIES | CONTAINERS | MANIFESTS | MEDIA


@pytest.mark.parametrize("name", TABLE)
def test_what_no_export_is(exported, refuse, name):
    make, words = TABLE[name]
    refuse(make(exported), *words)


class TestNames:
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


class TestSizes:
    def test_many_small_bombs(self, archive, refuse, monkeypatch):
        monkeypatch.setattr(archives, "FREE_BYTES", 100_000)
        monkeypatch.setattr(archives, "MOST_RATIO", 10)
        for number in range(5):
            archive.add(
                f"bomb{number}.bin", bytes(99_000), lambda info: setattr(info, "compress_type", zipfile.ZIP_DEFLATED)
            )
        refuse(archive, "unpack to", "a bomb")

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


class TestContainer:
    def test_a_file_that_is_not_there(self, refuse, tmp_path):
        refuse(tmp_path / "none.zip", "none.zip", "No such file")

    def test_a_project_is_no_export(self, target, refuse, tmp_path):
        refuse(target, "a project, not an export")
        make_batch(tmp_path / "other", 1)
        refuse(tmp_path / "other", "a project, not an export")


class TestMedia:
    def test_a_picture_whose_head_is_well(self, exported, refuse):
        refuse(UNDRAWABLE.make(exported), *UNDRAWABLE.words)

    def test_the_limit_of_pillow_counts(self, archive, refuse, monkeypatch):
        archive.put_media(encoded(speckle(1, 300)))
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200 * 200)
        refuse(archive, "its picture is too large")


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
    assert try_out(flip_bits(exported, seed), tmp_path / "fuzz") in (None, good)


@FUZZ
@given(seed=st.integers(0, 2**32))
def test_archives_that_are_cut_or_joined(exported, good, tmp_path, seed):
    draw = random.Random(seed)
    first, second = sorted(draw.randrange(len(exported)) for _ in range(2))
    changed = draw.choice(
        [exported[:first], exported[first:], exported[:first] + exported[second:], exported[:second] + exported[first:]]
    )
    assert try_out(changed, tmp_path / "fuzz") in (None, good)


@FUZZ
@given(seed=st.integers(0, 2**32))
def test_manifests_that_say_something_else(exported, tmp_path, seed):
    """Whatever it says, it is refused, or there is a project in which all is well."""
    try_out(say_something_else(exported, seed), tmp_path / "fuzz")


def test_the_hash_is_of_the_file(exported):
    archive = Archive(exported)
    for asset in json.loads(archive["manifest.json"])["batches"][0]["assets"]:
        assert hashlib.sha256(archive[asset["file"]]).hexdigest() == asset["sha256"]
