"""The packages as a user gets them: built, unpacked, and imported where there is no Node and no checkout."""

from __future__ import annotations

import importlib.metadata as metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built_names() -> set[str]:
    return set(json.loads((ROOT / "js" / "budget.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def no_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose PATH holds no Node."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env["PATH"] = str(tmp_path_factory.mktemp("empty-path"))
    assert shutil.which("node", path=env["PATH"]) is None
    return env


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", directory, "-t", "sdist", "-t", "wheel", cwd=ROOT)
    return directory


@pytest.fixture(scope="module")
def wheel(packages: Path) -> Path:
    (found,) = packages.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def sdist(packages: Path) -> Path:
    (found,) = packages.glob("*.tar.gz")
    return found


def requirements_closure(names: list[str]) -> set[str]:
    """Everything that the named distributions need, by what is installed here; extras are left out."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        found.add(key)
        for text in metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def link_distributions(names: set[str], target: Path) -> None:
    """Link what the named distributions installed here into another environment: fresh, and no download needed."""
    for name in names:
        distribution = metadata.distribution(name)
        base = Path(str(distribution.locate_file("")))
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            link = target / top
            if not link.exists():
                link.symlink_to(base / top)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel, what the wheel says it needs, and nothing else."""
    directory = tmp_path_factory.mktemp("fresh")
    venv.create(directory, symlinks=True)
    (site_packages,) = directory.glob("lib/python*/site-packages")
    python = directory / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=directory)
    (info,) = site_packages.glob("batchgen_widgets-*.dist-info")
    needed = metadata.Distribution.at(info).requires or []
    direct = [re.split(r"[^\w.-]", text)[0] for text in needed if "extra ==" not in text]
    link_distributions(requirements_closure(direct), site_packages)
    return python


def test_the_wheel_holds_the_front_end_and_no_sources_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        sizes = {name.split("/static/")[1]: archive.getinfo(name).file_size for name in names if "/static/" in name}
    assert sizes.keys() == built_names()
    assert all(size > 0 for size in sizes.values())
    assert [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".map"))] == []
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"batchgen_widgets"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_wheel_is_for_every_python_and_machine(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_installed_wheel_works_without_node_and_without_the_checkout(
    installed: Path, no_node: dict[str, str], tmp_path: Path
) -> None:
    program = """
import sys, batchgen_widgets as bg
heavy = {"av", "PIL", "numpy", "scipy", "pandas", "torch", "anywidget", "ipywidgets"} & set(sys.modules)
for name in bg.__all__:
    getattr(bg, name)
print(bg.__file__)
print(sorted(heavy))
print(len(str(bg.BatchStudio._esm)) > 10_000, len(str(bg.BatchStudio._css)) > 1_000)
from batchgen_widgets.widgets.frontend import PARTS
print(PARTS.names)
"""
    file, heavy, bundled, parts = run(installed, "-I", "-c", program, cwd=tmp_path, env=no_node).splitlines()
    assert Path(file).is_relative_to(installed.parents[1])
    assert heavy == "[]"
    assert bundled == "True True"
    built = sorted(name.removeprefix("parts/") for name in built_names() if name.startswith("parts/"))
    assert parts == str([name.removesuffix(".js") for name in built])


def test_the_sdist_builds_the_same_wheel_without_node(
    sdist: Path, wheel: Path, no_node: dict[str, str], tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert not (source / "js" / "node_modules").exists()
    run(sys.executable, "-m", "hatchling", "build", "-d", tmp_path / "dist", "-t", "wheel", cwd=source, env=no_node)
    (again,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert first.namelist() == second.namelist()
        assert [item.CRC for item in first.infolist()] == [item.CRC for item in second.infolist()]
