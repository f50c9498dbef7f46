"""Exported archives, looked at where they lie."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.errors import BatchgenError, StateError
from batchgen_widgets.projects.contents import check_file
from batchgen_widgets.server import unpacked
from batchgen_widgets.server.archive import open_archive
from batchgen_widgets.server.framing import frame
from batchgen_widgets.server.sources import Source, Sources
from batchgen_widgets.wire.sidebar import SERVER_REQUESTS
from tests.unit.media.samples import encoded, tone
from tests.unit.projects.exports import Archive, make_batch, speckle
from tests.unit.projects.hostile import (
    CONTAINERS,
    ENTRIES,
    MANIFESTS,
    MEDIA,
    UNDRAWABLE,
    first,
    flip_bits,
    say_something_else,
)

EVERYTHING = {"batch": None, "revision": ""}
ALL_HISTORY = {"text": "", "generator": None, "status": None, "favorites": False, "start": 0, "stop": 50}


@bg.generator
def scene(prompt: str = "a fox", seed: int = 0) -> dict[str, Any]:
    if seed == 2:
        raise ValueError("no foxes today")
    frames = np.stack([np.asarray(speckle(seed + number, 32)) for number in range(4)])
    return {"still": speckle(seed, 40), "film": bg.Video(frames, fps=8), "sound": tone(), "score": math.nan}


class Asked:
    """A source, asked as the server asks it."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __call__(self, method: str, **params: Any) -> tuple[Mapping[str, Any], list[bytes]]:
        result, buffers = self.source.answers()[method](params)
        assert method in SERVER_REQUESTS
        frame(result, buffers)  # it can be sent
        return result, buffers

    def media(self, position: int, source: str = "list", **more: Any) -> tuple[str, bytes]:
        data, offset = b"", 0
        while offset is not None:
            result, (part,) = self("assets.media", source=source, position=position, offset=offset, **more)
            data += part
            offset = result["next"]
        assert result["size"] == len(data)
        return result["type"], data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bg.Project:
    """Two batches: stills, films and sounds with marks and reviews, and three pictures."""
    root = tmp_path_factory.mktemp("made") / "project"
    with bg.BatchSession(scene, root) as session:
        prompts = {"vary_seeds": False, "vary_parameters": True, "parameter_ranges": {"seed": [1, 2, 3]}}
        session.set_batch_config({"batch_size": 3, "variation_params": {**prompts, "strategy": "grid"}})
        batch = session.start_batch()
        assert batch.wait(30)
        session.project.set_marks([(batch.results[0], "favorite"), (batch.results[4], "discarded")])
    make_batch(root, 3)
    project = bg.Project(root)
    review = {
        "format": "batchgen-review",
        "version": 1,
        "reviewer": "Ada",
        "batch": batch.id,
        "title": "",
        "made_at": "2026-01-02T03:04:05Z",
        "marks": [{"asset": batch.results[1].id, "mark": "favorite", "note": "this one"}],
    }
    project.import_review(json.dumps(review).encode())
    return project


@pytest.fixture(scope="module")
def exported(made: bg.Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.export(tmp_path_factory.mktemp("exported") / "all.batchgen")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the hostile archives are made from."""
    root = tmp_path_factory.mktemp("two")
    make_batch(root / "project", 2)
    return bg.Project(root / "project").export(root / "x.zip").read_bytes()


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's directory for temporary files, in which nothing else is."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def ask(exported: Path) -> Iterator[Asked]:
    with closing(open_archive(exported)) as source:
        yield Asked(source)


@pytest.fixture
def looked_at(tmp_path: Path) -> Iterator[Callable[[bytes | Archive], Asked]]:
    """Open archives that are closed in the end."""
    opened: list[Source] = []

    def look(content: bytes | Archive) -> Asked:
        path = tmp_path / "given.batchgen"
        path.write_bytes(content.data() if isinstance(content, Archive) else content)
        opened.append(open_archive(path))
        return Asked(opened[-1])

    yield look
    for source in opened:
        source.close()


def files_in(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


class TestLists:
    def test_everything_in_it(self, ask, made):
        result, (kinds, marks) = ask("gallery.open", **EVERYTHING)
        assets = [asset for batch in made.batches() for asset in batch.results]
        gallery = result["gallery"]
        assert len(assets) == 9
        assert (gallery["source"], gallery["title"], gallery["total"]) == ("list", "all.batchgen", 9)
        assert gallery["read_only"] is True
        assert [("image", "video", "audio")[code] for code in kinds] == [asset.kind for asset in assets]
        assert [(None, "favorite", "discarded")[code] for code in marks] == [asset.mark for asset in assets]

    def test_one_batch(self, ask, made):
        batch = made.batches()[-1]
        result, (kinds, _) = ask("gallery.open", batch=batch.id, revision="")
        assert (result["gallery"]["source"], result["gallery"]["title"]) == (batch.id, batch.generator)
        assert len(kinds) == len(batch.results)

    def test_what_the_page_has_already_is_not_sent(self, ask, made):
        known = ask("gallery.open", **EVERYTHING)[0]["revision"]
        assert ask("gallery.open", batch=None, revision=known) == ({"revision": known, "gallery": None}, [])
        assert ask("gallery.open", batch=made.batches()[0].id, revision=known)[0]["gallery"] is not None

    def test_a_batch_that_it_has_not(self, ask):
        for method, params in [
            ("gallery.open", {"batch": "20260101-000000-000000", "revision": ""}),
            ("assets.get", {"source": "20260101-000000-000000", "positions": [0]}),
            ("assets.thumbnails", {"source": "other", "positions": [0]}),
            ("assets.media", {"source": "other", "position": 0, "offset": 0}),
        ]:
            with pytest.raises(bg.ProjectError, match="there is no batch"):
                ask(method, **params)

    def test_records_are_those_of_the_project(self, ask, made):
        assets = [asset for batch in made.batches() for asset in batch.results]
        records = ask("assets.get", source="list", positions=range(9))[0]["records"]
        for record, asset in zip(records, assets, strict=True):
            same = ("id", "kind", "width", "height", "duration", "file_size", "alt", "task_index")
            assert {name: record[name] for name in same} == {name: getattr(asset, name) for name in same}
            assert record["name"] == asset.path.name
            assert record["params"]["seed"] == asset.params["seed"]
            assert record["path"] == f"all.batchgen/assets/{asset.batch_id}/{asset.path.name}"
            assert "missing" not in record
        assert records[0]["metrics"]["score"] == "nan"
        assert records[1]["reviews"] == [{"reviewer": "Ada", "mark": "favorite", "note": "this one"}]
        assert all(record["reviews"] == [] for record in records[2:])

    def test_columns_and_tasks(self, ask, made):
        batch = next(batch for batch in made.batches() if batch.generator == "scene")
        columns, buffers = ask("assets.columns", source="list", start=0, stop=100)
        named = dict(zip([column["name"] for column in columns["columns"]], buffers, strict=True))
        assert struct.unpack("<9d", named["seed"]) == tuple(
            float(asset.params["seed"]) for every in made.batches() for asset in every.results
        )
        cells, buffers = ask("cells.get", source=batch.id, start=0, stop=100)
        status, error = (next(c for c in cells["columns"] if c["name"] == name) for name in ("status", "error"))
        assert (cells["total"], status["values"]) == (3, ["completed", "failed"])
        assert error["values"] == ["ValueError: no foxes today"]
        with pytest.raises(StateError, match="a list of results, which has no tasks"):
            ask("cells.get", source="list", start=0, stop=100)

    def test_an_archive_of_one_batch_knows_its_tasks(self, made, tmp_path):
        batch = next(batch for batch in made.batches() if batch.generator == "scene")
        with closing(open_archive(batch.export(tmp_path / "one.batchgen"))) as source:
            ask = Asked(source)
            assert ask("gallery.open", **EVERYTHING)[0]["gallery"]["title"] == "scene"
            assert ask("cells.get", source="list", start=0, stop=9)[0]["total"] == 3
            assert ask("assets.get", source="list", positions=[0])[0]["records"][0]["task_seconds"] > 0


class TestHistory:
    def test_it_tells_of_batches_as_the_project_does(self, ask, made):
        page = ask("history.get", **ALL_HISTORY)[0]
        assert page["rows"] == [entry.to_json() for entry in made.history()]
        assert (page["total"], page["generators"], page["own"]) == (2, ["dots", "scene"], None)

    @pytest.mark.parametrize(
        "asked",
        [
            {"text": "FOX"},
            {"text": "fox scene"},
            {"text": "nothing of the kind"},
            {"generator": "dots"},
            {"status": "completed"},
            {"status": "failed"},
            {"favorites": True},
            {"start": 1},
            {"stop": 1},
        ],
        ids=str,
    )
    def test_it_finds_what_the_project_finds(self, ask, made, asked):
        wanted = ALL_HISTORY | asked
        page = ask("history.get", **wanted)[0]
        found = made.history(
            text=wanted["text"],
            generator=wanted["generator"],
            status=wanted["status"],
            favorites=wanted["favorites"] or None,
            offset=wanted["start"],
            limit=wanted["stop"] - wanted["start"],
        )
        assert (page["rows"], page["total"]) == ([entry.to_json() for entry in found], found.total)

    def test_a_status_that_is_none(self, ask):
        with pytest.raises(bg.ParameterError, match="status"):
            ask("history.get", **ALL_HISTORY | {"status": "done"})


class TestMedia:
    def test_each_kind_arrives_as_it_was_exported(self, ask, made):
        assets = [asset for batch in made.batches() for asset in batch.results]
        mimes = set()
        for position, asset in enumerate(assets):
            mime, data = ask.media(position, original=True)
            assert data == asset.path.read_bytes()
            mimes.add(mime.partition("/")[0])
        assert mimes == {"image", "video", "audio"}

    def test_a_large_one_comes_in_pieces(self, two, looked_at):
        archive = Archive(two)
        file = BytesIO()
        speckle(1, 700).save(file, "PNG")
        archive.put_media(file.getvalue())
        ask = looked_at(archive)
        assert ask("assets.media", source="list", position=0, offset=0, original=True)[0]["next"] == 256 * 1024
        assert ask.media(0, original=True) == ("image/png", file.getvalue())

    def test_thumbnails(self, ask):
        result, pictures = ask("assets.thumbnails", source="list", positions=[0, 1, 2, 99, -1])
        assert [item["position"] for item in result["items"]] == [0, 1, 2]
        for picture in pictures:
            with Image.open(BytesIO(picture)) as image:
                assert (image.format, max(image.size) > 0) == ("WEBP", True)

    def test_thumbnails_by_id(self, ask, made):
        ids = made.history()[0].thumbnails
        result, pictures = ask("assets.thumbnails_by_id", ids=["nobody", *ids])
        assert [item["id"] for item in result["items"]] == list(ids)
        assert all(picture.startswith(b"RIFF") for picture in pictures)

    def test_a_place_where_nothing_is(self, ask):
        for position in (-1, 9, 10**9):
            with pytest.raises(StateError, match="no result at"):
                ask("assets.media", source="list", position=position, offset=0)

    def test_every_format(self, two, looked_at):
        for suffix, data in encoded().items():
            archive = Archive(two)
            archive.put_media(data, ".bin")
            kind = {"wav": "audio", "flac": "audio", "ogg": "audio", "mp3": "audio", "m4a": "audio"}.get(suffix)
            kind = kind or {"mp4": "video", "webm": "video", "webm sound": "audio"}.get(suffix, "image")
            archive.change(lambda manifest, kind=kind: first(manifest)["assets"][0].update(kind=kind))
            ask = looked_at(archive)
            assert ask("assets.thumbnails", source="list", positions=[0])[1][0].startswith(b"RIFF"), suffix
            assert ask.media(0, original=True)[1] == data


class TestRefused:
    @pytest.mark.parametrize("name", ENTRIES | CONTAINERS | MANIFESTS)
    def test_what_no_export_is(self, two, tmp_path, temporary, name):
        """The same archives that an import refuses."""
        make, words = (ENTRIES | CONTAINERS | MANIFESTS)[name]
        path = tmp_path / "hostile.batchgen"
        path.write_bytes(make(two))
        with pytest.raises(bg.ProjectError) as caught:
            open_archive(path)
        told = str(caught.value)
        assert all(word in told for word in words), told
        assert told.startswith("hostile.batchgen: ")
        assert "imported" not in told
        assert told.isprintable()
        assert files_in(temporary) == []

    @pytest.mark.parametrize("name", MEDIA)
    def test_media_that_are_not_what_they_should_be(self, two, looked_at, temporary, name):
        make, words = MEDIA[name]
        ask = looked_at(make(two))
        for original in (False, True):
            with pytest.raises(bg.ProjectError) as caught:
                ask("assets.media", source="list", position=0, offset=0, original=original)
            assert all(word in str(caught.value) for word in words), str(caught.value)
            assert str(caught.value).endswith("nothing of it is shown")
        assert ask("assets.thumbnails", source="list", positions=[0, 1])[1][0] == b""
        assert files_in(temporary) == []
        # The other one is as good as ever.
        assert ask.media(1)[0] == "image/png"
        assert ask("assets.thumbnails", source="list", positions=[0, 1])[1][1].startswith(b"RIFF")

    def test_a_picture_that_can_not_be_decoded(self, two, looked_at):
        ask = looked_at(UNDRAWABLE.make(two))
        assert ask("assets.thumbnails", source="list", positions=[0])[1] == [b""]

    def test_neither_a_folder_nor_nothing(self, made, tmp_path):
        with pytest.raises(bg.ProjectError, match="a folder; give a file"):
            open_archive(made.export(tmp_path / "folder"))
        with pytest.raises(bg.ProjectError, match=r"none\.batchgen: can't be read \(No such file"):
            open_archive(tmp_path / "none.batchgen")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.batchgen")
        with pytest.raises(bg.ProjectError, match="neither a file nor a folder"):
            open_archive(tmp_path / "pipe.batchgen")

    def test_texts_that_no_page_takes(self, two, looked_at):
        """Half a surrogate pair, and what turns the text around it."""
        archive = Archive(two)

        def edit(manifest: dict[str, Any]) -> None:
            batch = first(manifest)
            batch["generator"] = "\u202e\x1b[2J"
            for task in batch["tasks"]:
                task["params"] = {"prompt": "\ud800", "deep": [[{"asset": "x"}]]}

        archive.change(edit)
        ask = looked_at(archive)
        ask("gallery.open", **EVERYTHING)
        ask("assets.get", source="list", positions=[0, 1])
        ask("assets.columns", source="list", start=0, stop=2)
        ask("cells.get", source="list", start=0, stop=2)
        ask("history.get", **ALL_HISTORY)

    def test_nothing_can_be_changed(self, ask):
        asset = ask.source._everything[0]  # type: ignore[attr-defined]
        with pytest.raises(StateError, match="only looked at"):
            asset.keeper.set_marks([(asset, "favorite")])


class TestUnpacked:
    def test_nothing_is_written_beside_the_archive(self, exported, temporary):
        before = {path: path.stat().st_mtime_ns for path in exported.parent.iterdir()}
        with closing(open_archive(exported)) as source:
            ask = Asked(source)
            ask.media(0)
            ask("assets.thumbnails", source="list", positions=range(9))
            assert {path: path.stat().st_mtime_ns for path in exported.parent.iterdir()} == before
            (held,) = files_in(temporary)
            if os.name == "posix":
                assert held.parent.stat().st_mode & 0o077 == 0
        assert list(temporary.iterdir()) == []

    def test_it_is_bounded(self, two, looked_at, temporary, monkeypatch):
        archive = Archive(two)
        largest = max(len(archive[name]) for name in archive.media)
        monkeypatch.setattr(unpacked.Unpacked.__init__, "__defaults__", (largest,))
        ask = looked_at(archive)
        taken: list[str] = []
        monkeypatch.setattr(
            unpacked, "check_file", lambda archive, name, *rest: (taken.append(name), check_file(archive, name, *rest))
        )
        for position in (0, 0, 1, 1, 0):
            ask.media(position)
            assert sum(path.stat().st_size for path in files_in(temporary)) <= largest
        assert taken == [archive.media[place] for place in (0, 1, 0)]

    def test_what_is_too_large_to_look_at(self, two, looked_at, monkeypatch):
        monkeypatch.setattr(unpacked.Unpacked.__init__, "__defaults__", (100,))
        with pytest.raises(bg.ProjectError, match="can be looked at in an archive: import it into a project"):
            looked_at(two).media(0)

    def test_large_files_draw_their_thumbnails_from_disk(self, exported, temporary, monkeypatch):
        monkeypatch.setattr(unpacked, "_IN_MEMORY", 10)
        with closing(open_archive(exported)) as source:
            pictures = Asked(source)("assets.thumbnails", source="list", positions=range(9))[1]
            assert all(picture.startswith(b"RIFF") for picture in pictures)
            assert len(files_in(temporary)) == 9

    def test_a_disk_that_is_full(self, ask, monkeypatch):
        def full(*_: object, **__: object) -> str:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(tempfile, "mkdtemp", full)
        with pytest.raises(bg.ProjectError, match=r"no room to unpack it.*No space left on device"):
            ask.media(0)
        monkeypatch.undo()

    def test_after_it_was_closed(self, exported, temporary):
        source = open_archive(exported)
        Asked(source).media(0)
        source.close()
        source.close()
        assert list(temporary.iterdir()) == []
        for method, params in [
            ("assets.media", {"source": "list", "position": 0, "offset": 0}),
            ("assets.media", {"source": "list", "position": 1, "offset": 0}),
        ]:
            with pytest.raises(BatchgenError, match=r"all\.batchgen: "):
                source.answers()[method](params)
        assert list(temporary.iterdir()) == []

    def test_the_end_of_the_process_removes_it_too(self, exported, temporary):
        code = (
            "import sys, tempfile; from pathlib import Path\n"
            "from batchgen_widgets.server.archive import open_archive\n"
            "source = open_archive(Path(sys.argv[1]))\n"
            "source.answers()['assets.media']({'source': 'list', 'position': 0, 'offset': 0})\n"
            "print(len(list(Path(tempfile.gettempdir()).iterdir())))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(exported)],
            env=os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
        assert list(temporary.iterdir()) == []


class TestTogether:
    def test_two_threads_take_a_file_out_once(self, exported, monkeypatch):
        taken: list[str] = []
        both = threading.Barrier(2, timeout=20)

        def slowly(archive: Any, name: str, *rest: Any) -> Any:
            taken.append(name)
            return check_file(archive, name, *rest)

        monkeypatch.setattr(unpacked, "check_file", slowly)
        with closing(open_archive(exported)) as source, ThreadPoolExecutor(2) as pool:
            ask = Asked(source)

            def look(_: int) -> bytes:
                both.wait()
                return ask.media(0)[1]

            one, other = pool.map(look, range(2))
        assert one == other
        assert len(taken) == 1

    def test_many_threads_share_little_room(self, two, looked_at, temporary, monkeypatch):
        """There is room for one file at a time: who wants the other one waits."""
        archive = Archive(two)
        largest = max(len(archive[name]) for name in archive.media)
        monkeypatch.setattr(unpacked.Unpacked.__init__, "__defaults__", (largest,))
        monkeypatch.setattr(unpacked, "_IN_MEMORY", 10)
        ask = looked_at(archive)
        wanted = [archive[name] for name in archive.media]

        def look(number: int) -> None:
            for turn in range(10):
                position = (number + turn) % 2
                assert ask.media(position, original=True)[1] == wanted[position]
                assert ask("assets.thumbnails", source="list", positions=[position])[1][0]

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(look, range(6)))
        assert sum(path.stat().st_size for path in files_in(temporary)) <= largest

    def test_an_archive_that_is_replaced(self, made, tmp_path):
        def no_project(_: Path) -> Source:
            raise AssertionError

        path = tmp_path / "x.batchgen"
        first_batch, second_batch = made.batches()
        first_batch.export(path)
        sources = Sources(no_project, open_archive)
        with sources.use(path) as source:
            before = Asked(source)("gallery.open", **EVERYTHING)[0]
            second_batch.export(path, overwrite=True)
            # Who looks at it meanwhile sees what it was.
            if os.name == "posix":
                assert Asked(source).media(0, original=True)[1] == first_batch.results[0].path.read_bytes()
        with sources.use(path) as source:
            after = Asked(source)("gallery.open", batch=None, revision=before["revision"])[0]
            assert after["revision"] != before["revision"]
            assert after["gallery"]["total"] == len(second_batch.results)
            assert Asked(source).media(0, original=True)[1] == second_batch.results[0].path.read_bytes()
        sources.close()

    def test_an_archive_that_is_written_over_while_it_is_open(self, two, looked_at, tmp_path):
        """In place, so that the open file changes: its bytes are checked before they are shown."""
        ask = looked_at(two)
        name = Archive(two).media[0]
        with zipfile.ZipFile(BytesIO(two)) as opened:
            offset = opened.getinfo(name).header_offset + 60 + len(name)
        with (tmp_path / "given.batchgen").open("r+b") as file:
            file.seek(offset)
            file.write(b"changed")
        with pytest.raises(bg.ProjectError, match=r"refused, .*; nothing of it is shown"):
            ask.media(0)


def ask_everything(path: Path) -> None:
    """Ask all that a page may ask of an archive of two pictures; whatever is refused is refused in our words."""
    with closing(open_archive(path)) as source:
        ask = Asked(source)
        total = ask("gallery.open", **EVERYTHING)[0]["gallery"]["total"]
        places = list(range(total))
        ask("assets.get", source="list", positions=places)
        ask("assets.columns", source="list", start=0, stop=total)
        for row in ask("history.get", **ALL_HISTORY)[0]["rows"]:
            ask("cells.get", source=row["id"], start=0, stop=9)
            ask("assets.thumbnails_by_id", ids=row["thumbnails"])
        ask("assets.thumbnails", source="list", positions=places)
        for place in places:
            for original in (False, True):
                with suppress(bg.ProjectError):
                    ask("assets.media", source="list", position=place, offset=0, original=original)


FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(seed=st.integers(0, 2**32), spoil=st.sampled_from([flip_bits, say_something_else]))
def test_whatever_there_may_be(two, tmp_path, temporary, seed, spoil):
    path = tmp_path / "fuzz.batchgen"
    path.write_bytes(spoil(two, seed))
    with suppress(bg.ProjectError):
        ask_everything(path)
    assert list(temporary.iterdir()) == []


def test_many_assets_are_there_at_once(two, tmp_path):
    """The bound is generous for the sake of slow machines; a machine of its own takes about a second."""
    archive, count = Archive(two), 10_000
    (name, *_) = archive.media
    data, manifest = archive[name], archive.manifest
    batch = first(manifest)
    task, asset = batch["tasks"][0], batch["assets"][0]
    batch["tasks"] = [{**task, "params": {**task["params"], "seed": number}} for number in range(count)]
    batch["assets"] = [
        {**asset, "id": f"{batch['id']}-{number}", "task": number, "file": f"assets/{batch['id']}/{number}.png"}
        for number in range(count)
    ]
    path = tmp_path / "many.batchgen"
    with zipfile.ZipFile(path, "w") as file:
        for each in batch["assets"]:
            file.writestr(zipfile.ZipInfo(each["file"]), data)
        file.writestr("manifest.json", json.dumps(manifest), zipfile.ZIP_DEFLATED)
    begun = time.perf_counter()
    with closing(open_archive(path)) as source:
        assert Asked(source)("gallery.open", **EVERYTHING)[0]["gallery"]["total"] == count
        assert time.perf_counter() - begun < 15
        assert Asked(source).media(count - 1, original=True)[1] == data
