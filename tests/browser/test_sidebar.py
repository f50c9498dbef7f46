"""The sidebar: what it sends, to whom, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from batchgen_widgets.wire.sidebar import SIDEBAR_TARGET, VIEW_TARGET
from tests.browser.hosts import SLOW_MS, Server
from tests.browser.lab import LabNotebook, leave_out_extension, save_settings
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.timeout(240)

PLUGIN = "batchgen-widgets:plugin"
# The page asks this of the server, and of nobody else.
ASKED = "/batchgen/api/kernels"

# A widget that isn't ours, so that the page has comms to look at.
SLIDER = "import ipywidgets; ipywidgets.IntSlider()"
SESSION = """
import batchgen_widgets as bg
session = bg.BatchSession(bg.demos.landscape, project="project", workers=1)
"""


@pytest.fixture
def open_notebook(context: BrowserContext, server: Server) -> Callable[..., tuple[LabNotebook, Traffic]]:
    """Open a notebook in a page of its own, and give it with all that the page sends and hears."""

    def opened(*cells: str, extension: bool = True) -> tuple[LabNotebook, Traffic]:
        page = context.new_page()
        save_settings(page, server, PLUGIN, {"refreshSeconds": 1})
        if not extension:
            leave_out_extension(page)
        traffic = Traffic(page)
        notebook = LabNotebook(page, server)
        notebook.open(None, *cells)
        return notebook, traffic

    return opened


def wait_for_looks(notebook: LabNotebook, traffic: Traffic, times: int = 2) -> None:
    """Wait until the page has looked for sessions some times more."""
    for _ in range(times):
        with notebook.page.expect_response(lambda answer: ASKED in answer.url):
            pass
    assert traffic.paths(ASKED)


def test_nothing_is_sent_to_a_notebook_that_never_imports(
    open_notebook: Callable[..., tuple[LabNotebook, Traffic]], server: Server
) -> None:
    told = []
    for extension in (True, False):
        notebook, traffic = open_notebook("1 + 1", SLIDER, extension=extension)
        notebook.run(0)
        notebook.run(1)
        expect(notebook.output(1).locator(".widget-slider")).to_be_visible(timeout=SLOW_MS)
        if extension:
            notebook.shell.open_panel("Batches")
            wait_for_looks(notebook, traffic)
            notebook.restart_kernel()
            wait_for_looks(notebook, traffic)
        else:
            notebook.restart_kernel()
        notebook.run(0)
        if extension:
            wait_for_looks(notebook, traffic)
        kernel = notebook.kernel()
        assert set(traffic.connections) == {kernel}
        assert {message.subshell for message in traffic.sent} == {None}
        told.append(
            (
                traffic.kinds_sent(kernel),
                len(traffic.connections),
                {(method, path.replace(kernel, "*")) for method, path in traffic.paths(f"/api/kernels/{kernel}")},
            )
        )
        notebook.page.close()
        Path(notebook.path).unlink()
    with_us, without_us = told
    assert with_us[0]["execute_request"] == 3
    assert with_us == without_us


def test_a_notebook_with_a_session_is_told_over_a_comm_of_its_own(
    open_notebook: Callable[..., tuple[LabNotebook, Traffic]],
) -> None:
    notebook, traffic = open_notebook("1 + 1", SESSION)
    notebook.run(0)
    panel = notebook.shell.open_panel("Batches")
    wait_for_looks(notebook, traffic)
    assert not traffic.kinds_sent()[f"comm_open of {SIDEBAR_TARGET}"]
    notebook.run(1)
    expect(panel.get_by_text("landscape").first).to_be_visible(timeout=SLOW_MS)
    sent = traffic.kinds_sent(notebook.kernel())
    assert sent[f"comm_open of {SIDEBAR_TARGET}"] == 1
    # The list of what ran before may be asked of it, too; no view is.
    orders = [message.content["data"]["view"] for message in traffic.sent if message.target == VIEW_TARGET]
    assert set(orders) <= {"history"}
    (opened,) = (message for message in traffic.sent if message.target == SIDEBAR_TARGET)
    assert opened.subshell
    # Beside what the person ran, nothing runs in the notebook, and nobody has a second connection to it.
    assert sent["execute_request"] == 2
    assert len(traffic.connections) == 1
