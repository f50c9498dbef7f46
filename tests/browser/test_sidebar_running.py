"""What runs, in the side panel and in tabs beside the notebook, which agree with the cell and with Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.gallery import Gallery, box_of
from tests.browser.hosts import SLOW_MS, Server
from tests.browser.lab import LabNotebook, open_file, save_settings
from tests.browser.sidebar import Panel, end_kernels, hold_again, release

pytestmark = pytest.mark.timeout(240)

PLUGIN = "batchgen-widgets:plugin"

# Each task waits until the test lets it go, and the second one fails as long as there is no paint.
DOTS = """
import time
from pathlib import Path
import batchgen_widgets as bg

@bg.generator
def dots(prompt: str = "A harbour", seed: int = 0, *, task: bg.TaskContext):
    from PIL import Image
    while not Path(f"go-{task.index}").exists():
        task.progress(0.5, "drying")
        time.sleep(0.01)
    if task.index == 1 and not Path("paint").exists():
        raise ValueError("no paint left")
    return Image.new("RGB", (96, 64), (seed * 40 % 256, 90, 140))

session = bg.BatchSession(dots, project="project", workers=1)
session.set_batch_config({"batch_size": 4, "variation_params": {"vary_seeds": True}})
"""
STUDIO = DOTS + "studio = bg.BatchStudio(session)\nstudio"
STATUSES = "[[str(task.status) for task in batch.tasks] for batch in session.history]"
FAVORITES = "[asset.task_index for asset in studio.favorites]"


@pytest.fixture
def book(context: BrowserContext, server: Server) -> Iterator[LabNotebook]:
    """A notebook in JupyterLab, with room for tabs beside it, and no other kernel."""
    page = context.new_page()
    page.set_viewport_size({"width": 1600, "height": 900})
    end_kernels(page, server)
    save_settings(page, server, PLUGIN, {"refreshSeconds": 1})
    yield LabNotebook(page, server)
    end_kernels(page, server)


def progress_of(studio: Locator) -> Locator:
    return studio.get_by_role("region", name="Progress")


def expect_both(panel: Panel, studio: Locator, word: str) -> None:
    """Wait until panel and studio say the same of the batch."""
    panel.expect_status(word)
    expect(progress_of(studio).locator(".bgw-panel-head .bgw-badge")).to_have_text(word)


def test_the_panel_follows_and_commands_what_the_studio_started(book: LabNotebook) -> None:
    book.open(None, STUDIO, STATUSES)
    panel = Panel(book.shell)
    book.run(0)
    studio = book.widget()
    expect(panel.kernel("test.ipynb").get_by_role("listitem", name="dots")).to_be_visible(timeout=SLOW_MS)
    card = panel.card()
    expect(card).to_contain_text("No batch yet")
    studio.get_by_role("button", name="Generate").click()
    bar = card.get_by_role("progressbar", name="Progress of dots")
    expect(card).to_contain_text("0 of 4 done")
    release(book, 0, 1)
    expect(card).to_contain_text("2 of 4 done")
    expect(card).to_contain_text(re.compile("(about|a few) .* left"))
    # Half of the third task is in it.
    expect(bar).to_have_attribute("aria-valuenow", "62")
    card.get_by_role("button", name=re.compile("1 failed")).click()
    expect(card.get_by_role("list", name="What failed")).to_contain_text("ValueError: no paint left")

    card.get_by_role("button", name="Pause").click()
    expect_both(panel, studio, "Paused")
    progress_of(studio).get_by_role("button", name="Resume").click()
    expect_both(panel, studio, "Running")
    progress_of(studio).get_by_role("button", name="Pause").click()
    expect_both(panel, studio, "Paused")
    card.get_by_role("button", name="Resume").click()
    expect_both(panel, studio, "Running")
    card.get_by_role("button", name="Cancel").click()
    expect_both(panel, studio, "Cancelled")
    expect(card).to_contain_text("1 of 4 completed")

    (book.path.parent / "paint").touch()
    card.get_by_role("button", name="Retry failed").click()
    expect(card.get_by_role("button", name=re.compile("failed"))).to_have_count(0)
    expect(card).to_contain_text("2 of 4 completed")
    release(book, 2, 3)
    card.get_by_role("button", name="Resume batch").click()
    expect_both(panel, studio, "Completed")
    expect(card).to_contain_text("4 of 4 completed")
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(Gallery(studio).tiles).to_have_count(4)
    book.run(1)
    expect(book.output(1)).to_have_text(str([["completed"] * 4]))


def test_the_cell_is_shown_from_behind_another_tab_and_out_of_view(book: LabNotebook) -> None:
    more = ["\n".join(f"# line {line} of cell {cell}" for line in range(30)) for cell in range(12)]
    book.open(None, *more[:6], STUDIO, *more[6:])
    panel = Panel(book.shell)
    book.cell(6).scroll_into_view_if_needed()
    book.run(6)
    studio = book.widget(6)
    expect(studio).to_be_visible(timeout=SLOW_MS)
    expect(panel.card()).to_be_visible(timeout=SLOW_MS)
    book.cell(12).scroll_into_view_if_needed()
    expect(studio).not_to_be_in_viewport()
    other = book.path.with_name("notes.txt")
    other.write_text("Something else", "utf-8")
    open_file(book.shell, other, book.server)
    book.shell.expect_active("notes.txt")

    panel = Panel(book.shell)  # JupyterLab has shown the file instead
    panel.open_view("Show the cell")
    book.shell.expect_active("test.ipynb")
    expect(studio).to_be_in_viewport()
    expect(book.cell(6)).to_have_class(re.compile("jp-mod-active"))


def test_tabs_beside_the_notebook_are_in_step_with_the_cell(book: LabNotebook) -> None:
    book.open(None, STUDIO, FAVORITES)
    panel = Panel(book.shell)
    book.run(0)
    studio = book.widget()
    for view in ("gallery", "progress", "lineage"):
        book.shell.activate(book.path.name)
        panel.open_view(f"Open {view}")
        book.shell.expect_active(f"dots {view}")
    gallery = Gallery(book.shell.activate("dots gallery"))
    expect(gallery.region).to_contain_text("No results yet")
    assert box_of(gallery.region)["x"] > box_of(studio)["x"] + box_of(studio)["width"]
    # Each is there once, whoever asks again.
    panel.open_view("Open gallery")
    book.shell.expect_active("dots gallery")
    expect(book.shell.tab("dots gallery")).to_have_count(1)

    # A batch that starts in the cell shows in the tab, and keeps places for what is still to come.
    studio.get_by_role("button", name="Generate").click()
    expect(gallery.region).to_contain_text("Waiting for the first result", timeout=SLOW_MS)
    (book.path.parent / "paint").touch()
    places = gallery.grid.locator(".bgw-ghost")
    release(book, 0)
    expect(gallery.tiles).to_have_count(1, timeout=SLOW_MS)
    expect(places).to_have_count(3)
    release(book, 1)
    expect(gallery.tiles).to_have_count(2)
    expect(places).to_have_count(2)
    expect(gallery.tile(1).locator("img")).to_have_js_property("naturalWidth", 96)

    # Marks go both ways, and to Python.
    gallery.focus(1)
    gallery.press("f")
    cell = Gallery(studio)
    cell.expect_marks(Favorites=1)
    expect(cell.tile(1).get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    cell.tile(0).hover()
    cell.tile(0).get_by_role("button", name="Favorite").click()
    gallery.expect_marks(Favorites=2)
    book.run(1)
    expect(book.output(1)).to_have_text("[0, 1]")

    progress = book.shell.activate("dots progress")
    expect(progress.get_by_role("progressbar", name="Task 2")).to_be_visible()
    progress.get_by_role("button", name="Pause").click()
    expect_both(panel, studio, "Paused")
    progress.get_by_role("button", name="Resume").click()
    release(book, 2, 3)
    expect_both(panel, studio, "Completed")
    expect(progress.get_by_role("progressbar", name="Batch progress")).to_have_attribute("aria-valuenow", "100")
    lineage = book.shell.activate("dots lineage")
    expect(lineage.get_by_role("listbox", name="4 results to look at").get_by_role("option")).to_have_count(4)
    lineage.get_by_role("option").nth(2).click()
    expect(lineage.get_by_role("option").nth(2).locator("img")).to_have_js_property("naturalWidth", 96)
    expect(lineage.get_by_role("heading", name="Lineage")).to_be_visible()

    # The next batch takes the place of the one before.
    hold_again(book)
    studio.get_by_role("button", name="Generate").click()
    gallery = Gallery(book.shell.activate("dots gallery"))
    expect(gallery.region).to_contain_text("Waiting for the first result", timeout=SLOW_MS)
    expect(gallery.tiles).to_have_count(0)
    release(book, 0, 1, 2, 3)
    expect(gallery.tiles).to_have_count(4, timeout=SLOW_MS)


def test_sessions_without_a_widget_and_of_a_second_kernel_are_listed(book: LabNotebook) -> None:
    book.open(None, DOTS + "batch = session.start_batch()")
    other = LabNotebook(book.page, book.server)
    panel = Panel(book.shell)
    book.run(0)
    headless = panel.kernel("test.ipynb")
    expect(headless).to_contain_text("0 of 4 done", timeout=SLOW_MS)

    other.path = book.path.parent / "folder" / "second.ipynb"
    other.path.parent.mkdir()
    other.path.write_bytes(book.path.read_bytes())
    open_file(book.shell, other.path, book.server)
    expect(other.cell(0)).to_be_visible(timeout=SLOW_MS)
    other.wait_for_idle()
    panel = Panel(book.shell)  # JupyterLab has shown the file instead
    other.run(0)
    second = panel.kernel("second.ipynb")
    expect(second).to_contain_text("0 of 4 done", timeout=SLOW_MS)
    release(other, 0, 1)
    expect(second).to_contain_text("2 of 4 done")
    expect(headless).to_contain_text("0 of 4 done")
    second.get_by_role("button", name="Cancel").click()
    expect(second.locator(".bgw-badge")).to_have_text("Cancelled")
    expect(headless.locator(".bgw-badge")).to_have_text("Running")

    # There is no cell to show, so its notebook is.
    book.shell.expect_active("second.ipynb")
    headless.get_by_role("button", name="More views").click()
    book.page.get_by_role("menuitem", name="Show the notebook").click()
    book.shell.expect_active("test.ipynb")
    headless.get_by_role("button", name="Open gallery").click()
    gallery = Gallery(book.shell.content("dots gallery"))
    release(book, 0)
    expect(gallery.tiles).to_have_count(1, timeout=SLOW_MS)
    expect(gallery.tile(0).locator("img")).to_have_js_property("naturalWidth", 96)
