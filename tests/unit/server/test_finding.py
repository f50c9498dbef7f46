"""Projects below a root, found within bounds."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects import project_key
from batchgen_widgets.projects.readonly import ReadOnlyProject
from batchgen_widgets.server import finding
from batchgen_widgets.server.finding import Bounds, ProjectSearch

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "projects"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path.resolve() / "root"
    top.mkdir()
    return top


def put(place: Path, name: str = "schema2") -> Path:
    return Path(shutil.copytree(FIXTURES / name, place))


def paths(search: ProjectSearch) -> list[str]:
    return sorted(project["path"] for project in search.find()["projects"])


def test_what_is_told_of_a_project(top: Path) -> None:
    place = put(top / "some" / "poster")
    [found] = ProjectSearch(top).find()["projects"]
    assert found == {
        "key": project_key(place),
        "name": "poster",
        "path": "some/poster",
        "batches": 3,
        "changed_at": pytest.approx((place / "batchgen.db").stat().st_mtime, rel=0, abs=0.001),
    }
    assert len(bg.Project(place).batches()) == 3


def test_the_last_changed_comes_first_and_what_cannot_be_read_says_why(top: Path) -> None:
    old, new = put(top / "old"), put(top / "new")
    os.utime(old / "batchgen.db", (1_000, 1_000))
    os.utime(new / "batchgen.db", (2_000, 2_000))
    put(top / "early", "schema1")
    (top / "odd").mkdir()
    (top / "odd" / "batchgen.db").write_text("nothing of the kind")
    found = {project["path"]: project for project in ProjectSearch(top).find()["projects"]}
    assert [path for path in found if path in ("old", "new")] == ["new", "old"]
    assert "problem" not in found["new"]
    assert "open it once in a notebook" in found["early"]["problem"]
    assert "damaged" in found["odd"]["problem"]


def test_a_database_of_another_program_is_told_as_one(top: Path) -> None:
    (top / "other").mkdir()
    connection = sqlite3.connect(top / "other" / "batchgen.db")
    connection.execute("CREATE TABLE notes (text)")
    connection.close()
    [found] = ProjectSearch(top).find()["projects"]
    assert "another program" in found["problem"]


def test_where_it_looks(top: Path) -> None:
    shutil.copytree(FIXTURES / "schema2", top, dirs_exist_ok=True)
    for inner in ("sub/one", "sub/one/two"):
        put(top / inner)
    for left_out in (
        *(".hidden/p", "sub/.git/p", "node_modules/p", "lib/site-packages/p", "__pycache__/p", "assets/p"),
        *("thumbnails/p", "trash/p", "sub/one/assets/p", "environment/p"),
    ):
        put(top / left_out)
    (top / "environment" / "pyvenv.cfg").write_text("")
    outside = put(top.parent / "outside")
    (top / "link").symlink_to(outside)
    (top / "sub" / "up").symlink_to(top)
    (top / "sub" / "same").symlink_to(top / "sub" / "one")
    # Only those of a project's own folders are left out; elsewhere these are names as any.
    put(top / "sub" / "inputs" / "p")
    search = ProjectSearch(top)
    assert paths(search) == ["", "sub/inputs/p", "sub/one", "sub/one/two"]
    assert search.find()["complete"]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Bounds(depth=1), ["a"]),
        (Bounds(directories=2), ["a"]),
        (Bounds(projects=1), ["a"]),
        (Bounds(entries=1), []),
        (Bounds(seconds=-1), []),
    ],
)
def test_bounds_cut_the_search_and_say_so(top: Path, bounds: Bounds, expected: list[str]) -> None:
    put(top / "a")
    put(top / "b" / "c")
    search = ProjectSearch(top, bounds)
    assert paths(search) == expected
    assert not search.find()["complete"]


def test_pages_that_ask_at_once_share_one_search(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(top / "a")
    search = ProjectSearch(top, keep_s=1000)
    going, go_on, walks = threading.Event(), threading.Event(), []
    walk = ProjectSearch._folders

    def slowly(self: ProjectSearch) -> Any:
        walks.append(1)
        going.set()
        assert go_on.wait(20)
        return walk(self)

    monkeypatch.setattr(ProjectSearch, "_folders", slowly)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(search.find())) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert going.wait(20)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert len(walks) == 1
    assert all(answer is answers[0] for answer in answers)
    assert len(answers) == 5


def test_a_project_is_read_again_once_it_has_changed(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put(top / "a")
    search = ProjectSearch(top, keep_s=0)
    opened: list[int] = []
    count = ReadOnlyProject.count_batches
    monkeypatch.setattr(ReadOnlyProject, "count_batches", lambda self: opened.append(1) or count(self))
    os.utime(place / "batchgen.db", (1_000, 1_000))
    search.find()
    search.find()
    assert len(opened) == 1
    os.utime(place / "batchgen.db", (2_000, 2_000))
    assert search.find()["projects"][0]["changed_at"] == 2_000
    assert len(opened) == 2


def test_what_takes_long_to_fail_is_not_tried_at_each_search(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(put(top / "a") / "batchgen.db", (1_000, 1_000))
    search = ProjectSearch(top, keep_s=0)
    count, tried = ReadOnlyProject.count_batches, list[int]()

    def locked(_project: ReadOnlyProject) -> int:
        tried.append(1)
        raise bg.ProjectError("another program locks it")

    monkeypatch.setattr(ReadOnlyProject, "count_batches", locked)
    assert [search.find()["projects"][0]["problem"] for _ in range(3)] == ["another program locks it"] * 3
    assert len(tried) == 1
    monkeypatch.setattr(ReadOnlyProject, "count_batches", count)
    now = finding.time.monotonic()
    monkeypatch.setattr(finding.time, "monotonic", lambda: now + 61)
    assert "problem" not in search.find()["projects"][0]


def test_a_search_ends_however_long_each_project_takes(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        os.utime(put(top / name) / "batchgen.db", (1_000, 1_000))
    search = ProjectSearch(top, keep_s=0)
    clock, count = [0.0], ReadOnlyProject.count_batches

    def slow(project: ReadOnlyProject) -> int:
        clock[0] += 4
        return count(project)

    monkeypatch.setattr(finding.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(ReadOnlyProject, "count_batches", slow)
    first = {project["path"]: project.get("problem", "") for project in search.find()["projects"]}
    assert [path for path, problem in first.items() if "refresh the list" in problem] == ["c"]
    # What was known by then costs nothing, so that the next search comes to the end.
    clock[0] += 1
    assert [project["batches"] for project in search.find()["projects"]] == [3, 3, 3]


def test_a_directory_that_may_not_be_read_is_passed_over(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(top / "a")
    put(top / "b")
    scan = finding.os.scandir

    def refuse(path: Path) -> Any:
        if Path(path).name == "b":
            raise PermissionError(13, "no")
        return scan(path)

    monkeypatch.setattr(finding.os, "scandir", refuse)
    assert paths(ProjectSearch(top)) == ["a"]
