"""What JupyterLab has of batches beside the panel: commands, the status bar, notifications, settings, a file type."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.hosts import SLOW_MS, Server
from tests.browser.lab import LabNotebook, save_settings
from tests.browser.sidebar import BEGIN, TASKS, Panel, end_kernels, release

pytestmark = pytest.mark.timeout(240)

PLUGIN = "batchgen-widgets:plugin"


@pytest.fixture
def book(context: BrowserContext, server: Server) -> Iterator[LabNotebook]:
    """A notebook in JupyterLab, alone on its server, whose page looks for sessions every second."""
    page = context.new_page()
    end_kernels(page, server)
    save_settings(page, server, PLUGIN, {"refreshSeconds": 1})
    yield LabNotebook(page, server)
    save_settings(page, server, PLUGIN, {})


def menu_item(book: LabNotebook, label: str) -> Locator:
    """An item of the menu that a click with the right button opens on the notebook."""
    book.cell(0).locator(".jp-InputPrompt").click(button="right")
    return book.page.get_by_role("menu").get_by_role("menuitem", name=label)


def test_a_new_studio_cell_waits_to_be_run(book: LabNotebook) -> None:
    book.open(None, "1 + 1", "2 + 2")
    book.cell(0).locator(".jp-InputPrompt").click()
    book.shell.run_command("New Batch Studio Cell")
    made = book.cell(1)
    expect(made).to_contain_text("bg.BatchStudio(bg.demos.landscape)")
    expect(made).to_have_class(re.compile("jp-mod-active"))
    expect(book.cell(2)).to_contain_text("2 + 2")
    expect(made.locator(".jp-InputPrompt")).to_have_text("[ ]:")
    book.page.keyboard.press("Shift+Enter")
    expect(book.widget(1).get_by_role("button", name="Generate")).to_be_visible(timeout=SLOW_MS)

    menu_item(book, "New Batch Studio Cell").click()
    expect(book.cell(1)).to_contain_text("bg.BatchStudio(bg.demos.landscape)")
    expect(book.cell(1)).to_have_class(re.compile("jp-mod-active"))
    expect(book.cell(1).locator(".jp-InputPrompt")).to_have_text("[ ]:")


def test_what_runs_shows_in_the_status_bar_and_is_cancelled_by_a_command(book: LabNotebook) -> None:
    book.open(None, BEGIN)
    cancel = menu_item(book, "Cancel Active Batch")
    expect(cancel).to_have_attribute("aria-disabled", "true")
    book.page.keyboard.press("Escape")
    item = book.shell.status_bar.get_by_role("button", name=re.compile("Show all batches"))
    expect(item).to_have_count(0)

    book.run(0)
    expect(item).to_be_visible(timeout=SLOW_MS)
    expect(item).to_have_text("1 batch 0 %")
    release(book, 0)
    expect(item).to_contain_text(f"1 batch {100 // TASKS} %")
    item.click()
    panel = Panel(book.shell)
    panel.expect_done(1)
    expect(menu_item(book, "Cancel Active Batch")).not_to_have_attribute("aria-disabled", "true")
    book.page.keyboard.press("Escape")
    book.shell.run_command("Cancel Active Batch")
    panel.expect_status("Cancelled")
    expect(item).to_be_hidden()
    expect(menu_item(book, "Cancel Active Batch")).to_have_attribute("aria-disabled", "true")
    book.page.keyboard.press("Escape")

    book.shell.open_panel("File Browser")
    book.shell.run_command("Open Batches")
    expect(panel.region).to_be_visible()
    book.shell.open_panel("File Browser")
    menu_item(book, "Open Batches").click()
    expect(panel.region).to_be_visible()
