"""The packages as a user gets them: built, unpacked, and imported where there is no Node and no checkout.

How they look in JupyterLab is in `tests/browser`, which runs on the installed wheel.
"""

from __future__ import annotations

import importlib.metadata as metadata
import json
import os
import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.installed import ROOT, install, run

LABEXTENSION = "share/jupyter/labextensions/batchgen-widgets/"
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/batchgen_widgets.json"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def built_names() -> set[str]:
    """The files of the widgets and of exported pages, as named in the budget."""
    names = json.loads((ROOT / "js" / "budget.json").read_text("utf-8"))
    return {name for name in names if not name.startswith("labextension/")}


def shared_data(wheel: Path) -> dict[str, bytes]:
    """What the wheel puts beside Python's packages, by its path from the root of the environment."""
    with zipfile.ZipFile(wheel) as archive:
        parts = [name.partition(".data/data/") for name in archive.namelist()]
        return {path: archive.read(top + inner + path) for top, inner, path in parts if inner}


@pytest.fixture(scope="module")
def labextension(wheel: Path) -> dict[str, bytes]:
    """The files of the JupyterLab extension, by their path in its folder."""
    files = shared_data(wheel).items()
    return {path.removeprefix(LABEXTENSION): content for path, content in files if path.startswith(LABEXTENSION)}


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
    made = install(wheel, tmp_path_factory.mktemp("fresh"))
    (info,) = made.site_packages.glob("batchgen_widgets-*.dist-info")
    needed = metadata.Distribution.at(info).requires or []
    direct = [re.split(r"[^\w.-]", text)[0] for text in needed if "extra ==" not in text]
    link_distributions(requirements_closure(direct), made.site_packages)
    return made.python


def test_the_wheel_holds_the_front_end_and_no_sources_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        package = "batchgen_widgets/static/"
        sizes = {
            item.filename.removeprefix(package): item.file_size
            for item in archive.infolist()
            if item.filename.startswith(package)
        }
    assert sizes.keys() == built_names()
    assert all(size > 0 for size in sizes.values())
    assert [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".map"))] == []
    stem = "-".join(wheel.name.split("-")[:2])
    assert {name.split("/")[0] for name in names} == {"batchgen_widgets", f"{stem}.dist-info", f"{stem}.data"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_wheel_puts_its_extensions_where_jupyter_looks(wheel: Path, labextension: dict[str, bytes]) -> None:
    others = {path: text for path, text in shared_data(wheel).items() if not path.startswith(LABEXTENSION)}
    assert others.keys() == {SERVER_CONFIG}
    assert json.loads(others[SERVER_CONFIG]) == {"ServerApp": {"jpserver_extensions": {"batchgen_widgets": True}}}
    built = ROOT / "batchgen_widgets" / "labextension"
    assert labextension == {
        file.relative_to(built).as_posix(): file.read_bytes() for file in built.rglob("*") if file.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.startswith("batchgen_widgets/labextension")]


def test_the_labextension_is_whole(wheel: Path, labextension: dict[str, bytes]) -> None:
    manifest = json.loads(labextension["package.json"])
    assert manifest["name"] == "batchgen-widgets"
    assert manifest["version"] == wheel.name.split("-")[1]
    assert json.loads(labextension["install.json"])["packageName"] == "batchgen-widgets"
    schemas = [path for path in labextension if path.startswith(f"{manifest['jupyterlab']['schemaDir']}/")]
    assert "schemas/batchgen-widgets/plugin.json" in schemas
    assert all(json.loads(labextension[path])["type"] == "object" for path in schemas)

    # From the script that JupyterLab loads, every file is reached, and none that is not there.
    (entry,) = files_named(labextension, manifest["jupyterlab"]["_build"]["load"])
    assert reached(labextension, entry, files_named) | {manifest["jupyterlab"]["_build"]["load"]} == {
        path for path in labextension if path.startswith("static/")
    }


def test_what_jupyterlab_loads_at_its_start_is_in_the_budget(labextension: dict[str, bytes]) -> None:
    load = json.loads(labextension["package.json"])["jupyterlab"]["_build"]["load"]
    budget = json.loads((ROOT / "js" / "budget.json").read_text("utf-8"))
    (entry,) = files_named(labextension, load)
    sizes = {path: len(labextension[path]) for path in reached(labextension, entry, files_imported)}
    assert sum(sizes.values()) <= budget["labextension/start"], sizes


def files_named(files: dict[str, bytes], path: str) -> list[str]:
    """The modules that a file names in any way."""
    return [f"static/{name}" for name in re.findall(r"""["'`]\./([\w.-]+\.js)["'`]""", files[path].decode())]


def files_imported(files: dict[str, bytes], path: str) -> list[str]:
    """The modules that a module needs before it runs."""
    return [
        f"static/{name}" for name in re.findall(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", files[path].decode())
    ]


def reached(files: dict[str, bytes], entry: str, step: Callable[[dict[str, bytes], str], list[str]]) -> set[str]:
    """The files to which the steps lead from one of them, itself included."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += step(files, path)
    return found


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
