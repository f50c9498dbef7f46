"""Which paths the server follows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batchgen_widgets.server.places import inside, locate


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A root with projects and an archive in it, and things outside of it."""
    top = tmp_path.resolve() / "root"
    outside = top.parent / "outside"
    for folder in (
        *(top / "project", top / "a folder" / "größe ✓", top / ".hidden", top / "in" / ".hidden" / "deep"),
        *(outside, top.parent / "rooted", top / "empty"),
    ):
        folder.mkdir(parents=True)
        if folder.name != "empty":
            (folder / "batchgen.db").write_bytes(b"database")
    (top / "set.batchgen").write_bytes(b"zip")
    (top / "SET.ZIP").write_bytes(b"zip")
    (top / "notes.txt").write_text("notes")
    (top / "folder.zip").mkdir()
    (outside / "far.zip").write_bytes(b"zip")
    (top / "out").symlink_to(outside)
    (top / "out.zip").symlink_to(outside / "far.zip")
    (top / "round").symlink_to(top / "round")
    (top / "to hidden").symlink_to(top / ".hidden")
    (top / "also").symlink_to(top / "project")
    (top / "linked").mkdir()
    (top / "linked" / "batchgen.db").symlink_to(outside / "batchgen.db")
    return top


@pytest.mark.parametrize("path", ["project", "a folder/größe ✓", "set.batchgen", "SET.ZIP"])
def test_projects_and_archives_are_found(top: Path, path: str) -> None:
    assert locate(top, path, allow_hidden=False) == top / path


def test_links_that_stay_inside_lead_to_what_they_mean(top: Path) -> None:
    assert locate(top, "also", allow_hidden=False) == top / "project"


def test_the_root_itself_may_be_a_project(top: Path) -> None:
    assert locate(top, "", allow_hidden=False) is None
    (top / "batchgen.db").write_bytes(b"database")
    assert locate(top, "", allow_hidden=False) == top


@pytest.mark.parametrize("path", [".hidden", "in/.hidden/deep", "to hidden"])
def test_hidden_ones_are_as_the_server_says(top: Path, path: str) -> None:
    assert locate(top, path, allow_hidden=False) is None
    assert locate(top, path, allow_hidden=True) == (top / path).resolve()


HOSTILE = [
    "..",
    "../outside",
    "project/..",
    "project/../project",
    "./project",
    "project/.",
    "project/",
    "/project",
    "//project",
    "project//assets",
    "../root/project",
    "../rooted",
    "{top}/project",
    "{top}",
    "/etc/passwd",
    "~",
    "%2e%2e/outside",
    "..%2foutside",
    "%2e%2e%2foutside",
    "..\\outside",
    "project\\..\\..\\outside",
    "\\\\host\\share",
    "C:\\Windows",
    "file:///etc/passwd",
    "project\0",
    "\0",
    "project\0/../../outside",
    "out",
    "out.zip",
    "round",
    "round/deeper",
    "linked",
    "empty",
    "notes.txt",
    "folder.zip",
    "project/batchgen.db",
    "set.batchgen/inner",
    "nowhere",
    "a" * 300,
    "a/" * 3000 + "a",
    "x" * 100_000,
    "\uff0e\uff0e/outside",
    "\u2024\u2024/outside",
    "..\u2215outside",
    "..\u200b/outside",
    "pro\u00adject",
    "\ud800",
    "\udcff",
    "pro\u0000ject",
    "\u202eproject",
    "project ",
    " project",
    "project\n",
]
"""Paths that lead nowhere, each for a reason of its own."""


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: ascii(path)[:40])
def test_hostile_paths_lead_nowhere(top: Path, path: str, hidden: bool) -> None:
    assert locate(top, path.replace("{top}", str(top)), allow_hidden=hidden) is None


class TestInside:
    def test_files_of_the_directory(self, top: Path) -> None:
        (top / "project" / "same.png").symlink_to(top / "project" / "batchgen.db")
        assert inside(top / "project", top / "project" / "same.png") == top / "project" / "batchgen.db"

    @pytest.mark.parametrize(
        "path",
        [
            "/etc/passwd",
            "../outside/batchgen.db",
            "assets/../../outside/batchgen.db",
            "link/batchgen.db",
            "file.png",
            "",
            ".",
            "assets",
            "nothing.png",
            "circle",
            "pipe",
            "a\0b",
            "\ud800",
            "x" * 10_000,
        ],
        ids=ascii,
    )
    def test_and_of_nothing_else(self, top: Path, path: str) -> None:
        project = top / "project"
        (project / "assets").mkdir()
        (project / "link").symlink_to(top.parent / "outside")
        (project / "file.png").symlink_to(top.parent / "outside" / "batchgen.db")
        (project / "circle").symlink_to(project / "circle")
        os.mkfifo(project / "pipe")
        with pytest.raises(OSError):  # noqa: PT011 - whichever it is
            inside(project, project / path)
