"""What `verify` finds, what it mends, and what it never touches."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from batchgen_widgets import ProjectError
from batchgen_widgets.projects import Report
from batchgen_widgets.projects.project import forget
from batchgen_widgets.testing import reopen
from batchgen_widgets.testing.gates import picture

LONG_AGO = time.time() - 3600


def put(path: Path, data: bytes = b"something", *, when: float | None = LONG_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if when is not None:
        os.utime(path, (when, when))
    return path


@pytest.fixture
def batch(open_session, gate):
    session = open_session(gate, tasks=3)
    found = session.start_batch()
    for _ in range(3):
        gate.next_call().finish()
    assert found.wait(20)
    session.close()
    return found


@pytest.fixture
def project(batch, root):
    """The project as a later kernel finds it, in which nobody runs anything."""
    from batchgen_widgets import Project

    forget(Project(root))
    return Project(root)


def test_all_is_well(project, root):
    report = project.verify(fix=True, deep=True)
    assert report.ok
    assert report == Report(root, 3)
    assert repr(report) == f"{root}: 3 assets checked, all is well"
    assert not (root / "trash").exists()


def test_rows_whose_file_is_gone_or_torn(project, batch, root):
    gone, short, garbled = (asset.path for asset in batch.results)
    size = garbled.stat().st_size
    gone.unlink()
    short.write_bytes(short.read_bytes()[:-7])
    garbled.write_bytes(b"x" * size)

    report = project.verify(fix=True)
    assert [(flaw.asset_id, flaw.batch_id, flaw.path, flaw.reason) for flaw in report.missing_files] == [
        (batch.results[0].id, batch.id, gone, "is not there")
    ]
    assert [flaw.path for flaw in report.torn_files] == [short]
    assert report.torn_files[0].reason == f"has {short.stat().st_size} bytes instead of {short.stat().st_size + 7}"
    assert not report.ok
    assert "1 asset without its file" in repr(report)
    assert short.name in repr(report)

    deep = project.verify(deep=True)
    assert [flaw.path for flaw in deep.torn_files] == [short, garbled]
    assert deep.torn_files[1].reason.startswith("can't be read (")
    # Rows stay, with what was chosen.
    assert len(project.assets()) == 3


def test_a_picture_that_breaks_off_is_found_by_looking_deep(project, batch):
    path = batch.results[0].path
    data = bytearray(path.read_bytes())
    middle = data.index(b"IDAT") + 8
    data[middle : middle + 6] = b"\0" * 6
    path.write_bytes(data)
    assert project.verify().ok
    assert [flaw.path for flaw in project.verify(deep=True).torn_files] == [path]


def test_thumbnails_are_made_anew(project, batch):
    gone, empty, garbled = (asset.thumbnail_path for asset in batch.results)
    before = gone.read_bytes()
    gone.unlink()
    empty.write_bytes(b"")
    found = project.verify()
    assert [flaw.path for flaw in found.missing_thumbnails] == [gone, empty]
    assert [flaw.reason for flaw in found.missing_thumbnails] == ["is not there", "is empty"]
    assert not found.ok
    assert not gone.exists()

    report = project.verify(fix=True)
    assert report.rebuilt == [gone, empty]
    assert report.ok
    assert gone.read_bytes() == before
    assert "2 thumbnails missing, 2 made anew" in repr(report)

    garbled.write_bytes(before[:-9])
    assert [flaw.reason for flaw in project.verify().missing_thumbnails] == ["is broken off"]
    assert project.verify(fix=True).rebuilt == [garbled]
    assert garbled.read_bytes() != before[:-9]
    assert project.verify(deep=True) == Report(project.path, 3)


def test_a_thumbnail_of_a_file_that_is_gone_cannot_be_made(project, batch):
    asset = batch.results[0]
    asset.path.unlink()
    asset.thumbnail_path.unlink()
    report = project.verify(fix=True)
    assert report.rebuilt == []
    assert [text.split(" (")[0] for text in report.failures] == [f"{asset.thumbnail_path.name}: can't be made anew"]
    assert list(asset.thumbnail_path.parent.glob(".*")) == []


def test_what_belongs_to_nothing_goes_to_the_trash(project, batch, root):
    strays = [
        put(root / "assets" / batch.id / "0001_a-prompt-2.png"),
        put(root / "assets" / "lost.png"),
        put(root / "thumbnails" / "an-old-batch" / "0000.png.webp"),
    ]
    leftover = put(root / "assets" / batch.id / ".batchgen-0123.png")
    hidden = put(root / "assets" / ".DS_Store")
    checkpoint = put(root / "assets" / ".ipynb_checkpoints" / "a.png")
    link = root / "assets" / "link.png"
    link.symlink_to(batch.results[0].path)
    kept = {path: path.read_bytes() for asset in batch.results for path in (asset.path, asset.thumbnail_path)}

    found = project.verify()
    assert sorted(found.strays) == sorted(strays)
    assert found.leftovers == [leftover]
    assert found.moved == []
    assert all(path.exists() for path in [*strays, leftover])

    report = project.verify(fix=True)
    assert report.ok
    assert {path.relative_to(root / "trash" / "strays") for path in report.moved} == {
        path.relative_to(root) for path in [*strays, leftover]
    }
    assert all(path.read_bytes() == b"something" for path in report.moved)
    assert not any(path.exists() for path in [*strays, leftover])
    assert f"3 files of no asset, moved to {root / 'trash' / 'strays'}" in repr(report)
    assert hidden.exists()
    assert checkpoint.exists()
    assert link.is_symlink()
    assert {path: path.read_bytes() for path in kept} == kept
    assert project.verify() == Report(root, 3)

    put(strays[0], b"another")
    (second,) = project.verify(fix=True).moved
    assert second.name == "0001_a-prompt-2-2.png"
    assert (second.parent / "0001_a-prompt-2.png").read_bytes() == b"something"


def test_files_of_the_last_minute_and_of_running_tasks_are_left_alone_while_a_kernel_runs(open_session, gate, root):
    session = open_session(gate, tasks=2, workers=2)
    running = session.start_batch()
    calls = [gate.next_call() for _ in range(2)]
    folder = root / "assets" / running.id
    theirs = [put(folder / name) for name in ("0000_a.png", "0001_b.png", ".batchgen-77.png")]
    theirs.append(put(root / "thumbnails" / running.id / "0000_a.png.webp"))
    fresh = put(root / "assets" / "fresh.png", when=None)
    future = put(root / "assets" / "future.png", when=time.time() + 3600)  # the clock was set back
    old = [put(folder / "0002_c.png"), put(root / "assets" / "other" / "0000_a.png")]

    report = session.project.verify(fix=True)
    assert sorted(report.left_alone) == sorted([*theirs, fresh, future])
    assert sorted(report.strays) == sorted(old)
    assert report.ok
    assert "left alone: perhaps of a task that runs" in repr(report)
    assert all(path.exists() for path in [*theirs, fresh, future])

    for call in calls:
        call.finish([picture({"seed": 1}), picture({"seed": 2})])
    assert running.wait(20)
    assert running.completed_count == 2
    assert {flaw.path for flaw in session.project.verify().missing_files} == set()
    session.close()
    again = reopen(session.project)
    # Now that nobody runs anything, age counts for nothing.
    assert sorted(again.verify(fix=True).strays + again.verify().leftovers)
    assert again.verify() == Report(root, 4)


def test_while_batches_run_nothing_of_theirs_is_ever_moved(open_session, root):
    def sketch(seed: int = 0):
        return [picture({"seed": seed}), picture({"seed": seed + 1})]

    session = open_session(sketch, tasks=60, workers=2)
    batch = session.start_batch()
    reports = []
    while not batch.status.is_finished:
        reports.append(session.project.verify(fix=True))
    assert batch.completed_count == 60
    assert all(report.ok and not report.moved for report in reports), reports
    assert session.project.verify(deep=True) == Report(root, 120)


def test_a_damaged_database_is_told_and_nothing_is_moved(project, batch, root):
    stray = put(root / "assets" / "lost.png")
    file = root / "batchgen.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'assets_by_batch'").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    data = bytearray(file.read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    file.write_bytes(data)

    project._opened.database.close()
    report = reopen(project).verify(fix=True)
    assert report.damage
    assert not report.ok
    assert report.strays == [stray]
    assert report.moved == []
    assert stray.exists()
    assert "the database is damaged; nothing was mended" in repr(report)


def test_what_cannot_be_moved_is_told(project, root, monkeypatch):
    stray = put(root / "assets" / "lost.png")

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.replace", refuse)
    report = project.verify(fix=True)
    assert report.failures == [f"lost.png: can't be moved to {root / 'trash' / 'strays'} (Read-only file system)"]
    assert not report.ok
    assert stray.exists()


def test_missing_folders_are_many_missing_files(project, batch, root):
    import shutil

    shutil.rmtree(root / "assets")
    shutil.rmtree(root / "thumbnails")
    report = project.verify(fix=True)
    assert (len(report.missing_files), len(report.missing_thumbnails), len(report.failures)) == (3, 3, 3)
    assert [str(flaw) for flaw in report.missing_files] == [
        f"{asset.id}: {asset.path.name} is not there" for asset in batch.results
    ]


def test_a_database_that_cannot_be_read_is_an_error(project, root):
    project._opened.database.close()
    for path in root.glob("batchgen.db*"):
        path.unlink()
    with pytest.raises(ProjectError, match=rf"{root}.*: can't be "):
        project.verify()


def test_the_report_in_a_notebook(project, root):
    for number in range(7):
        put(root / "assets" / f"<{number}>.png")
    report = project.verify()
    page = report._repr_html_()
    assert "7 files of no asset" in page
    assert "&lt;0&gt;.png" in page
    assert "<0>" not in page
    assert "... and 2 more" in page
    assert page.count("<ul>") == page.count("</ul>") == 2
    assert "<ul>" not in Report(root)._repr_html_()


def test_a_renamed_file_is_found_also_where_a_kernel_runs_and_its_copy_stays(open_session, gate, root):
    session = open_session(gate, tasks=1)
    batch = session.start_batch()
    gate.next_call().finish()
    assert batch.wait(20)
    asset = batch.results[0]
    renamed = asset.path.rename(asset.path.with_name("renamed a moment ago.png"))
    report = session.project.verify(fix=True)
    assert [flaw.asset_id for flaw in report.missing_files] == [asset.id]
    assert renamed in report.left_alone  # as far as anybody can tell, a task is writing it
    assert asset.path.read_bytes() == renamed.read_bytes()
    assert session.project.verify().ok


def test_a_file_that_was_renamed_or_moved_is_put_back(project, batch, root):
    renamed, moved, elsewhere = batch.results
    before = {asset.path: asset.path.read_bytes() for asset in batch.results}
    renamed.path.rename(renamed.path.with_name("the best one.png"))
    put(root / "assets" / "folder" / "a.txt")
    (root / "assets" / "another").mkdir()
    moved.path.rename(root / "assets" / "another" / moved.path.name)
    (root / "best").mkdir()
    elsewhere.path.rename(root / "best" / "picked.png")

    found = project.verify()
    assert {flaw.path for flaw in found.missing_files} == set(before)
    assert not found.ok

    report = project.verify(fix=True, deep=True)
    assert sorted(report.put_back) == sorted(before)
    assert report.ok, report
    assert "3 files put back in place" in repr(report)
    assert {path: path.read_bytes() for path in before} == before
    # What a person put into a folder of their own stays there.
    assert (root / "best" / "picked.png").exists()
    assert not (root / "assets" / "another" / moved.path.name).exists()
    assert project.verify(deep=True) == Report(root, 3)


def test_a_renamed_folder_of_a_batch(project, batch, root):
    (root / "assets" / batch.id).rename(root / "assets" / "my favourite run")
    report = project.verify(fix=True)
    assert len(report.put_back) == 3
    assert report.ok, report
    assert project.verify(deep=True) == Report(root, 3)


def without_hashes(root: Path) -> None:
    with sqlite3.connect(root / "batchgen.db") as connection:
        connection.execute("UPDATE assets SET sha256 = NULL")
    connection.close()


def test_without_hashes_only_what_is_certain_is_put_back(project, batch, root):
    """As those of an early version: its size, what is in it and its name or its being the only one have to tell."""
    without_hashes(root)
    one, other, third = (asset.path for asset in batch.results)
    data = one.read_bytes()
    # Two files that may be either: neither is put anywhere.
    other.write_bytes(data)
    picture({"seed": 99}).resize((30, 20)).save(third)
    with sqlite3.connect(root / "batchgen.db") as connection:
        sql = "UPDATE assets SET file_size = ?, width = ?, height = ? WHERE file = ?"
        for path, width, height in ((one, 8, 6), (other, 8, 6), (third, 30, 20)):
            connection.execute(sql, (path.stat().st_size, width, height, path.relative_to(root).as_posix()))
    connection.close()
    one.rename(one.with_name("x.png"))
    other.rename(other.with_name("y.png"))
    third.rename(third.with_name("z.png"))
    (third.with_name("decoy.png")).write_bytes(b"x" * third.with_name("z.png").stat().st_size)

    report = project.verify(fix=True)
    assert report.put_back == [third]
    assert {flaw.path for flaw in report.missing_files} == {one, other, third}
    assert not report.ok
    names = {path.name for path in report.moved}
    assert names == {"x.png", "y.png", "decoy.png"}  # to the trash, where nothing is lost

    # With its name it can be told.
    (root / "trash" / "strays" / "assets" / batch.id / "x.png").rename(root / "assets" / one.name)
    report = project.verify(fix=True)
    assert report.put_back == [one]


def test_a_torn_file_makes_way_for_a_whole_copy(project, batch, root):
    torn, lost, whole = batch.results
    before = torn.path.read_bytes()
    copy = put(root / "downloads" / "copy of it.png", before)
    torn.path.write_bytes(before[: len(before) // 2])
    lost.path.write_bytes(lost.path.read_bytes()[:50])

    report = project.verify(fix=True)
    assert [flaw.path for flaw in report.torn_files] == [torn.path, lost.path]
    assert report.put_back == [torn.path]
    assert report.set_aside == [root / "trash" / "strays" / path.relative_to(root) for path in (torn.path, lost.path)]
    assert not report.ok
    assert torn.path.read_bytes() == before
    assert copy.exists()
    assert report.set_aside[0].read_bytes() == before[: len(before) // 2]
    assert "2 damaged files set aside in" in repr(report)
    # Its row stays, and says that the file is missing from now on.
    assert not lost.path.exists()
    assert [flaw.asset_id for flaw in project.verify().missing_files] == [lost.id]
    assert len(project.assets()) == 3
    assert whole.path.exists()


def test_a_file_that_was_changed_but_can_be_read_stays(project, batch):
    changed = batch.results[0]
    picture({"seed": 99}).resize((30, 30)).save(changed.path)
    report = project.verify(fix=True)
    assert [flaw.path for flaw in report.torn_files] == [changed.path]
    assert report.set_aside == []
    assert changed.open().size == (30, 30)
    assert not report.ok


def test_a_twin_of_another_asset_is_copied(project, batch, root):
    one, other, _ = batch.results
    other.path.write_bytes(one.path.read_bytes())
    with sqlite3.connect(root / "batchgen.db") as connection:
        connection.execute(
            "UPDATE assets SET sha256 = (SELECT sha256 FROM assets WHERE id = ?), file_size = ? WHERE id = ?",
            (one.id, one.file_size, other.id),
        )
    connection.close()
    other.path.unlink()
    report = project.verify(fix=True)
    assert report.put_back == [other.path]
    assert one.path.exists()
    assert report.ok


def test_what_lies_on_the_wrong_side_of_the_trash(project, root):
    live, trashed, _ = project.assets()
    project.trash(trashed)
    for source, target in (
        (live.path, root / "trash" / live.path.relative_to(root)),
        (trashed.path, root / trashed.path.relative_to(root / "trash")),
        (trashed.thumbnail_path, root / trashed.thumbnail_path.relative_to(root / "trash")),
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    found = project.verify()
    assert [flaw.asset_id for flaw in found.misplaced] == [live.id, trashed.id, trashed.id]
    assert found.missing_files == []
    assert not found.ok
    report = project.verify(fix=True)
    assert sorted(report.put_back) == sorted([live.path, trashed.path, trashed.thumbnail_path])
    assert report.ok
    assert project.verify(deep=True) == Report(root, 3)


def test_inputs_are_no_strays(project, root):
    kept = put(root / "inputs" / ("0" * 64 + ".png"), b"an input")
    assert project.verify(fix=True) == Report(root, 3)
    assert kept.exists()


def test_what_cannot_be_put_back_is_told(project, batch, root, monkeypatch):
    gone = batch.results[0].path
    gone.rename(gone.with_name("elsewhere.png"))

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.replace", refuse)
    report = project.verify(fix=True)
    assert f"{gone.name}: can't be put back (Read-only file system)" in report.failures
    assert not report.ok
    assert gone.with_name("elsewhere.png").exists()
