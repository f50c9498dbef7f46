"""The story of the first notebook, as a person lives it, from the form to the choice read in Python."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.hosts import SLOW_MS, Notebook, tab_to

QUICKSTART = Path(__file__).resolve().parents[2] / "notebooks" / "quickstart.ipynb"
EIGHT = re.compile(r"8 tasks = 8 seeds")


def fill(field: Locator, text: str) -> None:
    """Type into a field, as far as the browser can tell."""
    field.click()
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)


def configure_eight(studio: Locator) -> None:
    """Set up a batch of eight small pictures that differ by their seed."""
    fill(studio.get_by_label("Batch size"), "8")
    fill(studio.get_by_label("Width", exact=True), "128")
    fill(studio.get_by_label("Height", exact=True), "128")
    fill(studio.get_by_label("Steps", exact=True), "6")
    fill(studio.get_by_label("Prompt", exact=True), "A quiet harbour at night")
    expect(studio.get_by_text(EIGHT).first).to_be_visible()


def tiles(studio: Locator) -> Locator:
    return studio.get_by_role("region", name="Gallery").get_by_role("gridcell")


def wait_for_completion(studio: Locator, count: int) -> None:
    expect(tiles(studio)).to_have_count(count, timeout=SLOW_MS)
    progress = studio.get_by_role("progressbar", name="Batch progress")
    expect(progress).to_have_attribute("aria-valuenow", "100", timeout=SLOW_MS)


def test_the_story(notebook: Notebook) -> None:
    notebook.open(QUICKSTART)
    notebook.run(0)
    studio = notebook.widget()
    expect(studio.get_by_text("No batch yet")).to_be_visible()
    expect(studio.get_by_text("No results yet")).to_be_visible()

    configure_eight(studio)
    studio.get_by_role("button", name="Generate").click()
    expect(studio.get_by_role("progressbar", name=re.compile(r"Task \d"))).not_to_have_count(0)
    wait_for_completion(studio, 8)
    for tile in tiles(studio).all():
        expect(tile.locator("img")).to_have_js_property("naturalWidth", 128)

    star(tiles(studio).nth(1))
    star(tiles(studio).nth(4))
    tiles(studio).nth(2).hover()
    tiles(studio).nth(2).get_by_role("button", name="Discard").click()
    for name, count in {"All": 8, "Favorites": 2, "Unselected": 5, "Discarded": 1}.items():
        studio.get_by_role("radio", name=re.compile(rf"{name}\s*{count}")).click()
        expect(tiles(studio)).to_have_count(count)

    notebook.run(1)
    starred = notebook.output(1)
    expect(starred).to_contain_text(re.compile(r"(Asset.*favorite.*){2}", re.DOTALL))

    database = sqlite3.connect(notebook.path.parent / "projects" / "quickstart" / "batchgen.db")
    rows = database.execute("SELECT id, mark, json_extract(params, '$.prompt') FROM assets").fetchall()
    database.close()
    assert len(rows) == 8
    assert {prompt for _, _, prompt in rows} == {"A quiet harbour at night"}
    assert [mark for _, mark, _ in rows].count("discarded") == 1
    favorites = [asset_id for asset_id, mark, _ in rows if mark == "favorite"]
    assert len(favorites) == 2
    for asset_id in favorites:
        expect(starred).to_contain_text(asset_id)


def star(tile: Locator) -> None:
    tile.hover()
    button = tile.get_by_role("button", name="Favorite")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


STUDIO = """
import batchgen_widgets as bg
studio = bg.BatchStudio(bg.demos.landscape, project="project")
session = studio.session
session.set_base_parameters({"width": 64, "height": 64, "steps": 2})
studio
"""


def test_everything_is_still_there_after_a_reload_and_in_a_new_kernel(notebook: Notebook) -> None:
    notebook.open(None, STUDIO, "[len(studio.favorites), len(session.history)]")
    notebook.run(0)
    studio = notebook.widget()
    studio.get_by_role("button", name="Generate").click()
    wait_for_completion(studio, 4)
    star(tiles(studio).nth(3))
    if notebook.host == "lab":
        # Notebook 7 draws live widgets anew only when their cell runs again.
        save(notebook)
        notebook.page.reload()
        studio = notebook.widget()
        expect(tiles(studio)).to_have_count(4, timeout=SLOW_MS)
        expect(tiles(studio).nth(3).get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")

    notebook.page.get_by_role("menuitem", name="Kernel").click()
    notebook.page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).first.click()
    notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()
    notebook.wait_for_idle()
    notebook.run(0)
    studio = notebook.widget()
    expect(tiles(studio)).to_have_count(4, timeout=SLOW_MS)
    expect(tiles(studio).nth(3).get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("[1, 1]")


def save(notebook: Notebook) -> None:
    notebook.page.keyboard.press("ControlOrMeta+s")
    expect(notebook.page.locator(".jp-mod-dirty")).to_have_count(0)


FAILING = """
import batchgen_widgets as bg

@bg.generator
def picky(seed: int = 0, *, task: bg.TaskContext):
    from PIL import Image
    if task.index == 1:
        raise ValueError("seed <b>1</b> is not to my taste")
    return Image.new("RGB", (64, 64), "teal")

studio = bg.BatchStudio(picky, project="project")
studio
"""


def test_a_failure_shows_its_reason_and_can_be_retried(lab: Notebook) -> None:
    lab.open(None, FAILING)
    lab.run(0)
    studio = lab.widget()
    studio.get_by_role("button", name="Generate").click()
    expect(tiles(studio)).to_have_count(3, timeout=SLOW_MS)
    expect(studio.get_by_text("ValueError: seed <b>1</b> is not to my taste").first).to_be_visible()
    studio.get_by_role("button", name=re.compile("details of task 1", re.IGNORECASE)).click()
    expect(studio.get_by_text(re.compile(r"Traceback[\s\S]*in picky"))).to_be_visible()
    studio.get_by_role("button", name="Retry failed").click()
    expect(studio.get_by_text("ValueError: seed <b>1</b> is not to my taste").first).to_be_visible()


def test_two_views_of_one_session_agree(lab: Notebook) -> None:
    lab.open(
        None,
        STUDIO,
        "bg.BatchConfigPanel(session)",
        "bg.BatchProgressDisplay(session)",
        "bg.BatchGalleryView(session)",
    )
    for index in range(4):
        lab.run(index)
    studio, panel, progress, gallery = (lab.widget(index) for index in range(4))
    fill(panel.get_by_label("Batch size"), "3")
    expect(studio.get_by_label("Batch size")).to_have_value("3")
    panel.get_by_role("button", name="Generate").click()
    expect(gallery.get_by_role("gridcell")).to_have_count(3, timeout=SLOW_MS)
    expect(progress.get_by_text("Completed").first).to_be_visible()
    star(gallery.get_by_role("gridcell").nth(0))
    expect(tiles(studio).nth(0).get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")


def test_the_whole_flow_by_keyboard(lab: Notebook) -> None:
    lab.open(None, STUDIO, "[a.discarded for a in studio.discarded]")
    lab.run(0)
    page, studio = lab.page, lab.widget()
    studio.get_by_role("switch", name="Batch mode").focus()
    tab_to(page, studio.get_by_label("Batch size"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    tab_to(page, studio.get_by_role("button", name="Generate"))
    page.keyboard.press("Enter")
    wait_for_completion(studio, 2)
    tab_to(page, tiles(studio).nth(0))
    page.keyboard.press("f")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    expect(studio.get_by_role("radio", name=re.compile(r"Discarded\s*1"))).to_be_visible()
    page.keyboard.press("Space")
    dialog = studio.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(tiles(studio).nth(0)).to_be_focused()
    page.keyboard.press("u")
    expect(studio.get_by_role("radio", name=re.compile(r"Discarded\s*0"))).to_be_visible()
    expect(lab.cell(1)).to_be_visible()
    lab.run(1)
    expect(lab.output(1)).to_contain_text("[]")
