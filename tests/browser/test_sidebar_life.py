"""The sidebar beside blocked, restarted, killed and shared kernels; and what it leaves behind in them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.hosts import Server
from tests.browser.lab import LabNotebook, save_settings
from tests.browser.sidebar import BEGIN, BLOCK, Panel, end_kernels, release

pytestmark = pytest.mark.timeout(240)

PLUGIN = "batchgen-widgets:plugin"
# How soon a person sees something happen without wondering, on a busy machine.
SOON_MS = 3_000
PATIENT_MS = 10_000


@pytest.fixture
def book(context: BrowserContext, server: Server) -> Iterator[LabNotebook]:
    """A notebook in JupyterLab, whose page looks for sessions every second."""
    page = context.new_page()
    # Room for the notebook's toolbar beside the panel and a tab.
    page.set_viewport_size({"width": 1800, "height": 900})
    end_kernels(page, server)
    save_settings(page, server, PLUGIN, {"refreshSeconds": 1})
    notebook = LabNotebook(page, server)
    yield notebook
    if notebook.path.exists():
        (notebook.path.parent / "gate").touch()


def block(book: LabNotebook, index: int = 1) -> None:
    book.run(index, wait=False)
    expect(book.output(index)).to_contain_text("blocked")


def test_a_blocked_kernel_is_followed_and_commanded(book: LabNotebook) -> None:
    book.open(None, BEGIN, BLOCK)
    panel = Panel(book.shell)
    book.run(0)
    panel.expect_status("Running")
    block(book)
    release(book, 0)
    panel.expect_done(1)
    panel.press("Pause")
    panel.expect_status("Paused", timeout=SOON_MS)
    panel.press("Resume")
    panel.expect_status("Running", timeout=SOON_MS)
    release(book, 1)
    panel.expect_done(2)
    clicked = time.time()
    panel.press("Cancel")
    panel.expect_status("Cancelled")
    expect(book.output(1)).not_to_contain_text("free again")
    with sqlite3.connect(book.path.parent / "project" / "batchgen.db") as database:
        ((ended,),) = database.execute("SELECT completed_at FROM batches")
    assert 0 < ended - clicked < 1


def test_a_page_that_is_reloaded_is_live_while_the_cell_still_blocks(book: LabNotebook) -> None:
    book.open(None, BEGIN, BLOCK)
    panel = Panel(book.shell)
    book.run(0)
    panel.expect_status("Running")
    panel.open_view("Open gallery")
    release(book, 0)
    gallery = book.shell.content("dots gallery")
    expect(gallery.get_by_role("gridcell", name="0")).to_be_visible()
    block(book)

    # The tab is kept with the layout of the page, which JupyterLab saves a moment after it changed.
    with book.page.expect_response(lambda answer: "/lab/api/workspaces/" in answer.url):
        pass
    book.reload()
    panel = Panel(book.shell)
    # JupyterLab itself holds back for 3 s what is sent over the connection of a notebook whose kernel is busy.
    panel.expect_status("Running", timeout=PATIENT_MS)
    gallery = book.shell.content("dots gallery")
    expect(gallery.get_by_role("grid")).to_be_visible(timeout=PATIENT_MS)
    release(book, 1)
    panel.expect_done(2)
    panel.press("Cancel")
    panel.expect_status("Cancelled")
