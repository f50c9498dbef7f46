"""Real JupyterLab and Notebook 7 servers, the system's Chromium, and what a person does in them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocket, sync_playwright

from tests.browser.hosts import TOKEN, Notebook, Server
from tests.browser.installed import Environment, make_environment

CHROMIUM = os.environ.get("CHROMIUM_PATH") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What a user has installed: the wheel, JupyterLab and Notebook 7."""
    return make_environment(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def server(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab and Notebook 7 in one server: ``/lab`` and ``/notebooks``."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "root"
    config = home / "config"
    (config / "labconfig").mkdir(parents=True)
    root.mkdir()
    announcements = {"@jupyterlab/apputils-extension:announcements": True}
    (config / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": announcements}))
    port = _free_port()
    options = [
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={root}",
    ]
    command = [environment.python, "-m", "jupyterlab", *options]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=root, env=environment.variables(home), stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for_server(url, process, home / "server.log")
            yield Server(url, root, home / "server.log", environment)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for_server(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the Jupyter server did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or set CHROMIUM_PATH")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A fresh browser profile that fails the test when a page calls out to the network or throws.

    No kernel of a test is there for the next one.
    """
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    outside: list[str] = []
    thrown: list[str] = []

    def look(request: Any) -> None:
        if not request.url.startswith((server.url, "data:", "blob:")):
            outside.append(request.url)

    def look_at_socket(socket: WebSocket) -> None:
        if not socket.url.startswith(server.url.replace("http", "ws", 1)):
            outside.append(socket.url)

    made.on("request", look)
    made.on("page", lambda page: page.on("websocket", look_at_socket))
    made.on("weberror", lambda error: thrown.append(str(error.error)))
    yield made
    made.close()
    server.shut_down_kernels()
    ours = [error for error in thrown if "batchgen" in error or "anywidget" in error]
    assert not outside, f"a page called out to the network: {outside[:3]}"
    assert not ours, ours


@pytest.fixture(params=["lab", "notebook"])
def notebook(request: pytest.FixtureRequest, context: BrowserContext, server: Server) -> Notebook:
    """A notebook, in JupyterLab and in Notebook 7."""
    return Notebook(context.new_page(), server, request.param)


@pytest.fixture
def lab(context: BrowserContext, server: Server) -> Notebook:
    """A notebook in JupyterLab alone, for what does not depend on the host."""
    return Notebook(context.new_page(), server, "lab")
