"""Real JupyterLab and Notebook 7 servers, the system's Chromium, and what a person does in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocket

from tests.browser.hosts import Notebook, Server
from tests.browser.installed import Environment, make_environment
from tests.browser.serving import CHROMIUM, NO_CHROMIUM, browsing, serving


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What a user has installed: the wheel, JupyterLab and Notebook 7."""
    return make_environment(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def server(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab and Notebook 7 in one server."""
    home = tmp_path_factory.mktemp("jupyter")
    root = home / "root"
    root.mkdir()
    with serving(root, home, environment) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with browsing() as launched:
        yield launched


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
