"""What an export holds, and that there is all of it or nothing."""

from __future__ import annotations

import json
import os
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.projects import exporting, packing
from batchgen_widgets.projects.manifest import manifest_schema
from batchgen_widgets.testing import wait_for

from .exports import dots, make_batch, reopened, state_of

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def batch(root: Path) -> bg.Batch:
    return make_batch(root)


@pytest.fixture
def project(batch: bg.Batch, root: Path) -> bg.Project:
    return bg.Project(root)


def names_in(path: Path) -> list[str]:
    if path.is_dir():
        return sorted(found.relative_to(path).as_posix() for found in path.rglob("*") if found.is_file())
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return sorted(archive.namelist())


def manifest_in(path: Path) -> dict[str, Any]:
    if path.is_dir():
        return json.loads((path / "manifest.json").read_bytes())
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


class TestContent:
    def test_a_zip_and_a_folder_hold_the_same(self, project, batch, tmp_path):
        archive, folder = project.export(tmp_path / "all.zip"), project.export(tmp_path / "all")
        other = project.export(tmp_path / "all.batchgen")
        media = [f"assets/{batch.id}/{asset.path.name}" for asset in batch.results]
        assert names_in(archive) == sorted([*media, "manifest.json", "assets.csv", "assets.parquet"])
        assert names_in(folder) == names_in(archive) == names_in(other)
        with zipfile.ZipFile(archive) as opened:
            for name in names_in(folder):
                assert (folder / name).read_bytes() == opened.read(name)
        for asset, name in zip(batch.results, media, strict=True):
            assert (folder / name).read_bytes() == asset.path.read_bytes()

    def test_two_zips_of_the_same_are_the_same(self, project, tmp_path):
        one, other = project.export(tmp_path / "one.zip"), project.export(tmp_path / "other.zip")
        assert one.read_bytes() == other.read_bytes()

    def test_the_manifest_says_all_and_meets_the_published_schema(self, open_session, gate, root, tmp_path):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        gate.next_call().finish()
        gate.next_call().fail(ValueError("too dark"))
        assert batch.wait(20)
        session.mark_as_favorite(batch.id, batch.results[0].id)
        review = {
            "format": "batchgen-review",
            "version": 1,
            "reviewer": "Ada",
            "batch": batch.id,
            "made_at": "2026-01-01T10:00:00Z",
            "marks": [{"asset": batch.results[0].id, "mark": "discarded", "note": "no"}],
        }
        session.project.import_review(review)
        manifest = manifest_in(session.export(tmp_path / "x.zip"))
        schema = json.loads((REPOSITORY / "docs" / "manifest.schema.json").read_bytes())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(manifest)
        (entry,) = manifest["batches"]
        assert (entry["id"], entry["generator"], entry["status"]) == (batch.id, batch.generator, "completed")
        assert entry["config"]["batch_size"] == 2
        assert [task["status"] for task in entry["tasks"]] == ["completed", "failed"]
        assert entry["tasks"][1]["error"] == "ValueError: too dark"
        (asset,) = entry["assets"]
        assert asset["mark"] == "favorite"
        assert asset["reviews"] == [
            {"reviewer": "Ada", "mark": "discarded", "note": "no", "made_at": "2026-01-01T10:00:00Z"}
        ]
        assert (asset["width"], asset["height"], asset["size"]) == (
            batch.results[0].width,
            batch.results[0].height,
            batch.results[0].file_size,
        )

    def test_the_schema_is_strict(self, project, tmp_path):
        manifest = manifest_in(project.export(tmp_path / "x.zip"))
        validator = jsonschema.Draft202012Validator(json.loads(manifest_schema()))
        for spoil in (
            {"batches": [{**manifest["batches"][0], "extra": 1}]},
            {"version": 2},
            {"batches": [{**manifest["batches"][0], "id": "../x"}]},
        ):
            assert not validator.is_valid(manifest | spoil)

    def test_numbers_that_are_not_finite_are_valid_json(self, root, tmp_path):
        @bg.generator
        def odd(weight: float = 1.0) -> dict[str, Any]:
            return {"image": Image.new("RGB", (8, 8), (weight > 1, 2, 3)), "nan": float("nan"), "low": float("-inf")}

        make_batch(root, 1, odd)
        path = bg.Project(root).export(tmp_path / "x")
        text = (path / "manifest.json").read_text("utf-8")
        found = json.loads(text, parse_constant=pytest.fail)
        assert found["batches"][0]["assets"][0]["metrics"] == {"nan": {"float": "nan"}, "low": {"float": "-inf"}}


class TestChoice:
    def test_favorites_and_kept(self, project, batch, tmp_path):
        star, bin_ = batch.results[0], batch.results[1]
        project.set_marks([(star, "favorite"), (bin_, "discarded")])
        favorites = manifest_in(project.export(tmp_path / "f", only="favorites"))
        kept = manifest_in(batch.export(tmp_path / "k", only="kept"))
        assert [asset["id"] for asset in favorites["batches"][0]["assets"]] == [star.id]
        assert [asset["id"] for asset in kept["batches"][0]["assets"]] == [star.id, batch.results[2].id]
        # The tasks are all there: results keep their places.
        assert len(favorites["batches"][0]["tasks"]) == 3

    def test_some_assets_and_some_batches(self, project, batch, root, tmp_path):
        other = make_batch(root, 2)
        one = manifest_in(project.export(tmp_path / "1", batches=other.id))
        assert [entry["id"] for entry in one["batches"]] == [other.id]
        two = manifest_in(project.export(tmp_path / "2", assets=[other.results[0], batch.results[1]]))
        assert {entry["id"]: len(entry["assets"]) for entry in two["batches"]} == {batch.id: 1, other.id: 1}

    def test_what_is_in_the_trash_stays_there(self, project, batch, tmp_path):
        project.trash([batch.results[0]])
        found = manifest_in(project.export(tmp_path / "x"))
        assert len(found["batches"][0]["assets"]) == 2

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"only": "best"}, "only: 'best' is not allowed; choose 'favorites' or 'kept'"),
            ({"only": "favorites"}, "nothing to export: no favorites"),
            ({"assets": []}, "nothing to export"),
            ({"assets": ["x"]}, "assets: 'x' is no asset"),
        ],
    )
    def test_what_is_not_allowed(self, project, tmp_path, options, message):
        with pytest.raises(bg.ParameterError, match=re.escape(message)):
            project.export(tmp_path / "x.zip", **options)
        assert not (tmp_path / "x.zip").exists()

    def test_batches_of_another_project(self, project, tmp_path):
        other = make_batch(tmp_path / "other", 1)
        with pytest.raises(bg.ParameterError, match="of another project"):
            project.export(tmp_path / "x.zip", batches=[other])


class TestPlace:
    def test_what_is_there_is_replaced_only_when_asked(self, project, tmp_path):
        for name in ("x.zip", "x"):
            path = project.export(tmp_path / name)
            with pytest.raises(bg.ProjectError, match=r"there already.*overwrite=True"):
                project.export(path)
            assert project.export(path, overwrite=True) == path
        assert sorted(os.listdir(tmp_path)) == ["project", "x", "x.zip"]

    def test_a_folder_that_is_no_export_is_never_replaced(self, project, tmp_path):
        precious = tmp_path / "photos"
        precious.mkdir()
        (precious / "manifest.json").write_text("{}")
        with pytest.raises(bg.ProjectError, match="no export, which is never replaced"):
            project.export(precious, overwrite=True)
        assert (precious / "manifest.json").read_text() == "{}"

    def test_never_into_the_project_itself(self, project, root, tmp_path):
        for path in (root, tmp_path, root / "assets" / "x.zip", root / "trash" / "x"):
            with pytest.raises(bg.ProjectError, match="a folder of the project itself"):
                project.export(path, overwrite=True)

    @pytest.mark.parametrize("name", ["x.zip", "x"])
    @pytest.mark.parametrize("when", ["copy", "manifest", "tables"])
    def test_an_interrupted_export_leaves_nothing(self, project, batch, tmp_path, monkeypatch, name, when):
        before = project.export(tmp_path / name)
        held = names_in(before)

        def stop(*_: object, **__: object) -> Any:
            raise KeyboardInterrupt

        if when == "copy":
            monkeypatch.setattr(exporting, "_pour", stop)
        elif when == "manifest":
            monkeypatch.setattr(exporting, "_asset_entry", stop)
        else:
            monkeypatch.setattr(exporting, "write_csv", stop)
        with pytest.raises(KeyboardInterrupt):
            project.export(before, overwrite=True)
        assert sorted(os.listdir(tmp_path)) == sorted(["project", name])
        assert names_in(before) == held

    def test_what_a_killed_export_left_goes_with_a_later_one(self, project, tmp_path):
        left = tmp_path / ".x.zip.0123.partial"
        left.write_bytes(b"half")
        os.utime(left, (1, 1))
        project.export(tmp_path / "x.zip")
        assert not left.exists()

    def test_a_full_disk_is_told(self, project, tmp_path, monkeypatch):
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(exporting, "_pour", full)
        with pytest.raises(bg.ProjectError, match=r"No space left on device.*nothing was left"):
            project.export(tmp_path / "x.zip")
        assert os.listdir(tmp_path) == ["project"]


class TestWhole:
    def test_progress_is_told_and_can_stop(self, project, tmp_path):
        heard: list[tuple[int, int]] = []
        project.export(tmp_path / "x.zip", progress=lambda done, total: heard.append((done, total)))
        assert heard == [(0, 3), (1, 3), (2, 3), (3, 3)]

        def stop(done: int, _total: int) -> None:
            if done == 2:
                raise RuntimeError("enough")

        with pytest.raises(RuntimeError, match="enough"):
            project.export(tmp_path / "y.zip", progress=stop)
        assert not (tmp_path / "y.zip").exists()

    def test_files_that_are_gone_or_changed_are_left_out_and_named(self, project, batch, tmp_path):
        gone, changed, _ = batch.results
        gone.path.unlink()
        data = bytearray(changed.path.read_bytes())
        data[-20] ^= 1
        changed.path.write_bytes(data)
        with pytest.warns(UserWarning, match=f"2 assets are left out.*{gone.id} is not there; {changed.id} is damaged"):
            path = project.export(tmp_path / "x.zip")
        assert len(manifest_in(path)["batches"][0]["assets"]) == 1
        assert reopened(tmp_path / "new").import_(path).assets == [batch.results[2].id]

    def test_a_batch_that_runs(self, open_session, gate, tmp_path):
        session = open_session(gate, tasks=3)
        batch = session.start_batch()
        gate.next_call().finish()
        call = gate.next_call()
        wait_for(lambda: batch.completed_count == 1, "one result")
        before = batch.status
        (entry,) = manifest_in(session.export(tmp_path / "x.zip"))["batches"]
        assert entry["status"] == "interrupted"
        assert [task["status"] for task in entry["tasks"]] == ["completed", "interrupted", "queued"]
        assert len(entry["assets"]) == 1
        assert batch.status is before
        call.finish()
        gate.next_call().finish()
        assert batch.wait(20)

    def test_names_that_clash_or_that_no_system_takes(self, project, batch, root, tmp_path, rows):
        import sqlite3

        folder = batch.results[0].path.parent
        with sqlite3.connect(root / "batchgen.db") as connection:
            for asset, name in zip(batch.results, ["Same.png", "same.PNG", "aux .png"], strict=True):
                asset.path.rename(folder / name)
                file = f"assets/{batch.id}/{name}"
                connection.execute("UPDATE assets SET file = ? WHERE id = ?", (file, asset.id))
        connection.close()
        path = reopened(root).export(tmp_path / "x.zip")
        found = [asset["file"].rpartition("/")[2] for asset in manifest_in(path)["batches"][0]["assets"]]
        assert found == ["Same.png", "same-2.PNG", f"{batch.results[2].id}.png"]
        assert len(reopened(tmp_path / "new").import_(path).assets) == 3

    def test_it_does_not_change_the_project(self, project, root, tmp_path):
        before = state_of(root)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            project.export(tmp_path / "x.zip")
        assert state_of(root) == before

    def test_a_zip_has_no_more_than_its_bounds(self, project, tmp_path, monkeypatch):
        monkeypatch.setattr(exporting, "MOST_MANIFEST_BYTES", 100)
        with pytest.raises(bg.ProjectError, match="the manifest would have more than 100 bytes"):
            project.export(tmp_path / "x.zip")
        monkeypatch.setattr(exporting, "MOST_FILES", 4)
        with pytest.raises(bg.ProjectError, match="3 files are too many for one archive"):
            project.export(tmp_path / "x.zip")
        assert os.listdir(tmp_path) == ["project"]

    def test_without_pyarrow_one_file_less(self, project, tmp_path, monkeypatch):
        monkeypatch.setattr(exporting, "has_parquet", lambda: False)
        assert "assets.parquet" not in names_in(project.export(tmp_path / "x.zip"))


def test_a_session_exports_its_active_batch(root, tmp_path):
    make_batch(root, 1)
    newest = make_batch(root, 1)
    with bg.BatchSession(dots, root) as session:
        assert [entry["id"] for entry in manifest_in(session.export(tmp_path / "x"))["batches"]] == [newest.id]


def test_the_writer_streams(tmp_path):
    """No file is ever held in memory as a whole."""
    with packing.create_archive(tmp_path / "x.zip", overwrite=False) as writer, writer.open("a", 10) as file:
        assert not isinstance(file, bytes)
        assert file.write(b"0123456789") == 10
