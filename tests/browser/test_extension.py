"""The extensions that came with the wheel: Jupyter lists them, and JupyterLab and Notebook 7 load them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.browser.hosts import Notebook, Server
from tests.browser.installed import Environment, run
from tests.browser.lab import Shell, leave_out_extension
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.timeout(180)

NAME = "batchgen-widgets"
SHARED = f"globalThis[Symbol.for('{NAME}.shared')]"
WHERE = "import batchgen_widgets, sys; print(batchgen_widgets.__file__, sys.prefix)"


@pytest.fixture(scope="module")
def folder(environment: Environment) -> Path:
    """Where the wheel put the extension."""
    return environment.prefix / "share" / "jupyter" / "labextensions" / NAME


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "package.json").read_text("utf-8"))
    return found


def listed(environment: Environment, home: Path, *words: str) -> list[str]:
    """What `jupyter` says when asked for a list, line by line and without colours."""
    done = subprocess.run(
        [environment.prefix / "bin" / "jupyter", *words, "list"],
        cwd=home,
        env={**environment.variables(home), "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()]


def test_jupyter_lists_the_labextension(
    environment: Environment, folder: Path, manifest: dict[str, Any], tmp_path: Path
) -> None:
    lines = listed(environment, tmp_path, "labextension")
    assert [line for line in lines if NAME in line] == [f"{NAME} v{manifest['version']} enabled OK (python, {NAME})"]
    # Of all places where JupyterLab looks, the environment's own is the one that has it.
    assert str(folder.parent) in lines


def test_jupyter_lists_the_server_extension(environment: Environment, tmp_path: Path) -> None:
    lines = listed(environment, tmp_path, "server", "extension")
    version = run(environment.python, "-c", "import batchgen_widgets as b; print(b.__version__)", cwd=tmp_path).strip()
    found = [line for line in lines if "batchgen_widgets" in line]
    assert found == [
        "batchgen_widgets enabled",
        "- Validating batchgen_widgets...",
        f"batchgen_widgets {version} OK",
    ]


def test_the_server_loads_its_extension(server: Server) -> None:
    log = server.log.read_text("utf-8")
    assert "batchgen_widgets | extension was successfully linked." in log
    assert "batchgen_widgets | extension was successfully loaded." in log


def test_it_takes_what_the_installed_jupyterlab_shares(environment: Environment, manifest: dict[str, Any]) -> None:
    wanted = manifest["dependencies"]
    assert wanted
    core = json.loads((environment.prefix / "share/jupyter/lab/static/package.json").read_text("utf-8"))
    assert wanted.keys() <= core["resolutions"].keys()
    program = """
import json, sys
from jupyterlab.commands import _test_overlap
for pair in json.loads(sys.argv[1]):
    print(_test_overlap(*pair, drop_prerelease1=True))
"""
    pairs = [(core["resolutions"][name], versions) for name, versions in wanted.items()]
    # The last one is refused, to see that one can be.
    told = run(
        environment.python,
        "-W",
        "ignore",
        "-c",
        program,
        json.dumps([*pairs, (pairs[0][0], "^1.0.0")]),
        cwd=environment.prefix,
    )
    assert told.split() == ["True"] * len(pairs) + ["False"]


def test_server_and_kernels_run_what_the_wheel_installed(lab: Notebook) -> None:
    lab.open(None, WHERE)
    lab.run(0)
    file, prefix = lab.output(0).inner_text().split()
    made = lab.server.environment
    assert Path(file).is_relative_to(made.site_packages)
    assert Path(prefix) == made.prefix


def listened(context: BrowserContext) -> tuple[Page, list[str]]:
    """A new page, and whatever is said in its console as an error, or of us; and what it could not load."""
    page = context.new_page()
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" or NAME in message.text:
            said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(error.message))
    page.on("response", lambda answer: said.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    return page, said


@pytest.mark.parametrize("host", ["lab", "notebook"])
def test_it_loads_without_a_word(
    host: str, context: BrowserContext, server: Server, folder: Path, manifest: dict[str, Any]
) -> None:
    page, complaints = listened(context)
    traffic = Traffic(page)
    Notebook(page, server, host).open(None, "1")

    config = json.loads(page.locator("#jupyter-config-data").inner_text())
    (ours,) = (extension for extension in config["federated_extensions"] if extension["name"] == NAME)
    load = manifest["jupyterlab"]["_build"]["load"]
    assert (ours["load"], ours["extension"]) == (load, "./extension")
    assert "batchgen-widgets:plugin" not in str(config.get("disabledExtensions"))
    if host == "lab":
        expect(Shell(page).side_tab("Batches")).to_be_visible()

    # It has each module that it asked for, and none of the views was fetched.
    shared: dict[str, int] = page.evaluate(
        f"() => Object.fromEntries(Object.entries({SHARED}).map(([name, it]) => [name, Object.keys(it).length]))"
    )
    assert shared.keys() == manifest["dependencies"].keys()
    assert all(shared.values()), shared
    loaded = {path.rpartition("/")[2].partition("-")[0] for _, path in traffic.paths(f"/extensions/{NAME}/static/")}
    assert "extension" in loaded
    assert not loaded & {"drawPanel", "drawTab"}
    assert not [text for text in complaints if NAME in text or "batchgen_widgets" in text]
    # Notebook 7.6 has two errors of its own at each start.
    page, without = listened(context)
    leave_out_extension(page)
    Notebook(page, server, host).open(None, "1")
    assert page.evaluate(f"{SHARED} === undefined")
    assert sorted(complaints) == sorted(without)
