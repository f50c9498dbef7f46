"""What JupyterLab has of batches beside the panel: commands, the status bar, notifications, settings, a file type."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

import batchgen_widgets as bg
from tests.browser.gallery import Gallery
from tests.browser.hosts import SLOW_MS, Server
from tests.browser.lab import LabNotebook, open_file, save_settings
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


def leave_notebook(book: LabNotebook) -> None:
    """Have something else in front."""
    other = book.path.with_name("notes.txt")
    other.write_text("notes")
    open_file(book.shell, other, book.server)
    book.shell.expect_active(other.name)


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


def test_the_end_of_a_batch_is_told_and_leads_to_it(book: LabNotebook) -> None:
    book.open(
        None,
        BEGIN.replace("batch = ", "studio = bg.BatchStudio(session); batch = ") + "\nstudio",
        "batch = session.start_batch()",
    )
    book.run(0)
    panel = Panel(book.shell)
    panel.expect_status("Running")
    leave_notebook(book)
    release(book, *range(TASKS))
    told = book.shell.notification(re.compile(rf"dots: {TASKS} tasks done"))
    expect(told).to_have_count(1, timeout=SLOW_MS)
    told.get_by_role("button", name="Show the cell").click()
    book.shell.expect_active(book.path.name)
    expect(book.cell(0)).to_be_in_viewport()
    expect(told).to_have_count(0)

    # Its notebook is on screen: no word.
    book.run(1)
    panel = Panel(book.shell)
    expect(panel.card().get_by_text(f"{TASKS} of {TASKS} completed")).to_be_visible(timeout=SLOW_MS)
    expect(told).to_have_count(0)
    # Of the next one, the gallery.
    for task in range(TASKS):
        (book.path.parent / f"go-{task}").unlink()
    book.run(1)
    panel.expect_status("Running")
    leave_notebook(book)
    release(book, *range(TASKS))
    expect(told).to_have_count(1, timeout=SLOW_MS)
    told.get_by_role("button", name="Open gallery").click()
    book.shell.expect_active("dots gallery")
    expect(Gallery(book.shell.content("dots gallery")).tiles).to_have_count(TASKS)


def test_the_settings_count_at_once(book: LabNotebook) -> None:
    book.open(None, BEGIN)
    panel = Panel(book.shell)
    on_the_left = book.page.get_by_role("complementary", name="main sidebar")
    on_the_right = book.page.get_by_role("complementary", name="alternate sidebar")
    expect(on_the_left.get_by_role("tab", name="Batches")).to_be_visible()
    book.run(0)
    item = book.shell.status_bar.get_by_role("button", name=re.compile("Show all batches"))
    expect(item).to_be_visible(timeout=SLOW_MS)
    panel.expect_status("Running")

    book.shell.choose("Settings", "Settings Editor")
    editor = book.shell.content("Settings")
    editor.get_by_role("tab", name=re.compile("^Batches")).click()
    # JupyterLab's form has no labels that belong to its fields.
    editor.locator('select[id$="_area"]').select_option(label="Right")
    expect(on_the_right.get_by_role("tab", name="Batches")).to_be_visible()
    expect(on_the_left.get_by_role("tab", name="Batches")).to_have_count(0)
    panel.expect_status("Running")
    editor.locator('input[id$="_statusBar"]').uncheck()
    expect(item).to_be_hidden()
    editor.locator('select[id$="_notifications"]').select_option(label="Never")
    release(book, *range(TASKS))
    panel.expect_status("Completed")
    expect(book.page.locator(".Toastify__toast")).to_have_count(0)


@bg.generator
def posters(seed: int = 0) -> PIL.Image.Image:
    return PIL.Image.new("RGB", (64, 48), (seed * 20 % 256, 90, 140))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two batches in one file, of two and of three results."""
    folder = tmp_path_factory.mktemp("exported")
    with bg.BatchSession(posters, project=folder / "project") as session:
        for size in (2, 3):
            session.set_batch_config({"batch_size": size, "variation_params": {"vary_seeds": True}})
            session.start_batch().wait()
        return session.project.export(folder / "posters.batchgen")


def test_an_exported_file_opens_as_a_gallery(book: LabNotebook, exported: Path) -> None:
    asked: list[str] = []
    book.page.on("request", lambda request: asked.append(request.url))
    book.open(None, "1")
    file = book.path.with_name("posters.batchgen")
    file.write_bytes(exported.read_bytes())
    broken = book.path.with_name("broken.batchgen")
    broken.write_bytes(exported.read_bytes()[:-40])
    hostile = book.path.with_name("hostile.batchgen")
    with zipfile.ZipFile(exported) as good, zipfile.ZipFile(hostile, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name))
        bad.writestr("../outside.png", b"outside")

    browser = book.shell.open_panel("File Browser")
    browser.get_by_role("button", name="Refresh the file browser").click()
    browser.get_by_text("posters.batchgen").dblclick()
    tab = book.shell.content("posters.batchgen")
    gallery = Gallery(tab)
    expect(gallery.tiles).to_have_count(5, timeout=SLOW_MS)
    gallery.wait_for_pictures()
    chooser = tab.get_by_role("combobox", name="Batch")
    chooser.select_option(label=chooser.get_by_role("option", name="3 results").inner_text())
    expect(gallery.tiles).to_have_count(3)
    chooser.select_option(label="All 2 batches")
    expect(gallery.tiles).to_have_count(5)

    for name in ("broken", "hostile"):
        browser.get_by_text(f"{name}.batchgen").dblclick()
        said = book.shell.content(f"{name}.batchgen").get_by_role("status")
        expect(said).to_contain_text(f"{name}.batchgen", timeout=SLOW_MS)
    assert not (book.path.parent.parent / "outside.png").exists()
    # The page has asked for names and dates, and for what is on screen: nowhere for the file itself.
    of_files = [url for url in asked if ".batchgen" in url]
    assert of_files
    assert not [url for url in of_files if "content=0" not in url and "/checkpoints?" not in url]
