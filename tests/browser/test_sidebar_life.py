"""The sidebar beside blocked, restarted, killed and shared kernels; and what it leaves behind in them."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Response, expect

from batchgen_widgets.wire.sidebar import SIDEBAR_TARGET, VIEW_TARGET
from tests.browser.hosts import Server
from tests.browser.lab import LabNotebook, save_settings
from tests.browser.sidebar import BEGIN, BLOCK, Panel, client_of, end_kernels, expect_held, release
from tests.browser.traffic import Traffic

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


def is_layout_saved(answer: Response) -> bool:
    """Whether it is JupyterLab's word that it has kept which tabs are open."""
    return answer.request.method == "PUT" and "/lab/api/workspaces/" in answer.url


def save(book: LabNotebook) -> None:
    """Save the notebook, so that closing it raises no question."""
    book.shell.activate(book.path.name)
    book.page.keyboard.press("Control+s")
    expect(book.shell.tab(book.path.name)).not_to_have_class(re.compile("jp-mod-dirty"))


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
    expect(gallery.get_by_role("gridcell").first).to_be_visible()
    block(book)

    # The tab is kept with the layout of the page, which JupyterLab saves a moment after it changed.
    with book.page.expect_response(is_layout_saved):
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


def test_it_comes_back_with_the_kernel(book: LabNotebook) -> None:
    book.open(None, BEGIN)
    book.run(0)
    panel = Panel(book.shell)
    panel.expect_status("Running")
    panel.open_view("Open gallery")
    tab = book.shell.content("dots gallery")
    live, gone = tab.locator(".bgw-tab-view:not([inert])"), tab.get_by_text("No notebook has a session of dots open")

    def run_again() -> None:
        book.shell.activate(book.path.name)
        release(book, 0)
        book.run(0)
        panel.expect_status("Running")
        expect(gone).to_have_count(0)
        expect(live).to_be_visible()

    expect(live).to_be_visible()
    book.restart_kernel()
    expect(gone).to_be_visible()
    panel.expect_nothing()
    run_again()
    # The tab that is there is the one of the session that came.
    panel.open_view("Open gallery")
    expect(book.shell.tab("dots gallery")).to_have_count(1)

    os.kill(int((book.path.parent / "process").read_text()), signal.SIGKILL)
    book.shell.answer("Ok")
    expect(gone).to_be_visible()
    panel.expect_nothing()
    book.wait_for_idle()
    run_again()

    book.shut_down_kernel()
    expect(gone).to_be_visible()
    panel.expect_nothing()


def test_two_notebooks_on_one_kernel_and_another_name(book: LabNotebook, server: Server) -> None:
    traffic = Traffic(book.page)
    book.open(None, BEGIN)
    panel = Panel(book.shell)
    book.run(0)
    expect(panel.kernel("test.ipynb")).to_be_visible()
    kernel = book.kernel()
    other = book.open_beside("other.ipynb")
    panel = Panel(book.shell)  # JupyterLab has shown the file instead
    expect(panel.kernel("test.ipynb", "other.ipynb")).to_be_visible()
    assert traffic.kinds_sent(kernel)[f"comm_open of {SIDEBAR_TARGET}"] == 1
    other.rename("renamed.ipynb")
    expect(panel.kernel("test.ipynb", "renamed.ipynb")).to_be_visible()
    panel.press("Pause")
    panel.expect_status("Paused")

    # The connection that it went over goes, and the other notebook has one.
    save(book)
    book.shell.close("test.ipynb")
    expect(panel.card().get_by_role("button", name="Resume")).to_be_enabled()
    panel.press("Resume")
    panel.expect_status("Running")
    # Nobody has one but the panel.
    save(other)
    book.shell.close("renamed.ipynb")
    release(book, 0)
    panel.expect_done(1)
    panel.press("Cancel")
    panel.expect_status("Cancelled")
    with client_of(server, kernel) as client:
        expect_held(client, [SIDEBAR_TARGET], 1)


def test_nothing_is_left_in_the_kernel_by_tabs_and_pages_that_close(book: LabNotebook, server: Server) -> None:
    book.open(None, BEGIN)
    book.run(0)
    panel = Panel(book.shell)
    panel.expect_status("Running")
    with client_of(server, book.kernel()) as client:
        expect_held(client, [SIDEBAR_TARGET], 1)
        for label, title in [
            ("Open gallery", "dots gallery"),
            ("Open progress", "dots progress"),
            ("Open lineage", "dots lineage"),
        ]:
            panel.open_view(label)
            expect(book.shell.content(title).locator(".bgw-tab-view")).to_be_visible()
        expect_held(client, [SIDEBAR_TARGET, *3 * [VIEW_TARGET]], 1)
        book.shell.close("dots lineage")
        expect_held(client, [SIDEBAR_TARGET, *2 * [VIEW_TARGET]], 1)
        book.shell.close("dots gallery")
        with book.page.expect_response(is_layout_saved):
            panel.open_view("Open gallery")
        expect(book.shell.content("dots gallery").locator(".bgw-tab-view")).to_be_visible()
        expect_held(client, [SIDEBAR_TARGET, *2 * [VIEW_TARGET]], 1)
        book.reload()
        Panel(book.shell).expect_status("Running")
        book.shell.activate("dots progress")
        expect(book.shell.content("dots progress").locator(".bgw-tab-view")).to_be_visible()
        expect(book.shell.activate("dots gallery").locator(".bgw-tab-view")).to_be_visible()
        expect_held(client, [SIDEBAR_TARGET, *2 * [VIEW_TARGET]], 1)
        book.page.close()
        expect_held(client, [], 0)
