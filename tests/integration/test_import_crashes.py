"""Kernels killed in the middle of an import: what it brings is there as a whole, or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects.project import forget
from tests.unit.projects.exports import content_of, make_batch

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="nothing kills itself there"),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]

CHILD = """
import os, signal, sys
import batchgen_widgets as bg

root, archive, when = sys.argv[1], sys.argv[2], int(sys.argv[3])
project = bg.Project(root)
import batchgen_widgets.projects.importing, PIL.PngImagePlugin, PIL.WebPImagePlugin
seen = 0

def step(what):
    global seen
    if seen == when:
        os.kill(os.getpid(), signal.SIGKILL)
    seen += 1

def hear(event, arguments):
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"):
        if any(root in str(argument) for argument in arguments):
            step(event)

project._opened.database._connection.set_trace_callback(
    lambda sql: step(sql) if sql.startswith(("BEGIN", "INSERT", "COMMIT")) else None
)
sys.addaudithook(hear)
project.import_(archive)
print(seen)
"""


def run(root: Path, archive: Path, when: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, str(root), str(archive), str(when)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=REPOSITORY)


def test_all_or_nothing(tmp_path):
    make_batch(tmp_path / "source", 2)
    bg.Project(tmp_path / "source").export(tmp_path / "x.zip")
    good = content_of(tmp_path / "source")
    done = run(tmp_path / "whole", tmp_path / "x.zip", 10**9)
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    assert steps > 20
    outcomes = set()
    for when in range(0, steps, 2):
        root = tmp_path / f"killed-{when}"
        assert run(root, tmp_path / "x.zip", when).returncode == -9
        there = content_of(root)
        assert there in ({}, good), when
        outcomes.add(bool(there))
        project = bg.Project(root)
        assert project.verify(fix=True, deep=True).ok, when
        assert project.verify(deep=True).ok
        assert len(project.import_(tmp_path / "x.zip").assets) == (0 if there else len(good))
        assert content_of(root) == good
        assert bg.Project(root).verify(deep=True).ok
        forget(bg.Project(root))
    assert outcomes == {False, True}
