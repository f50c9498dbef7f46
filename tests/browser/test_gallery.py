"""The gallery in the hands of a person: choosing, finding, looking closely, comparing, and what comes next."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.gallery import POSTERS, RESULTS, Gallery, box_center, box_of
from tests.browser.hosts import SLOW_MS, Notebook, Server

STUDIO = POSTERS + "studio = bg.BatchStudio(session)\nstudio"
ONE_BY_ONE = POSTERS + "gallery = bg.BatchGalleryView(session)\ngallery"


def opened(notebook: Notebook, cell: str, *more: str) -> Gallery:
    """Open a notebook with these cells, run the first, and wait for its gallery."""
    notebook.open(None, cell, *more)
    notebook.run(0)
    gallery = Gallery(notebook.widget())
    expect(gallery.region.get_by_text(f"{RESULTS} results")).to_be_visible(timeout=SLOW_MS)
    expect(gallery.tiles.first).to_be_visible()
    return gallery


def test_triage_by_keyboard(lab: Notebook) -> None:
    gallery = opened(lab, ONE_BY_ONE, "sorted(asset.task_index for asset in gallery.favorites)")
    gallery.focus(0)
    columns = gallery.columns()
    assert columns > 2

    # The focus moves in two dimensions.
    gallery.press("ArrowRight", "ArrowDown")
    expect(gallery.tile(columns + 1)).to_be_focused()
    gallery.press("ArrowUp", "ArrowLeft")
    expect(gallery.tile(0)).to_be_focused()
    gallery.press("End")
    expect(gallery.tile(RESULTS - 1)).to_be_focused()
    expect(gallery.tile(RESULTS - 1)).to_be_in_viewport()
    gallery.press("Home")

    # Marks, and back.
    gallery.press("f", "ArrowRight", "x", "ArrowRight", "f")
    gallery.expect_marks(All=RESULTS, Favorites=2, Unselected=RESULTS - 3, Discarded=1)
    gallery.press("u")
    gallery.expect_marks(Favorites=1, Discarded=1)
    gallery.press("Control+z")
    gallery.expect_marks(Favorites=1, Discarded=0)
    gallery.press("x", "u")
    gallery.expect_marks(Favorites=1, Discarded=0)
    expect(gallery.tile(2)).to_be_focused()

    # Space opens, Escape comes back to the tile.
    gallery.press(" ")
    expect(gallery.dialog.get_by_text(f"3 of {RESULTS}")).to_be_visible()
    gallery.press("Escape")
    expect(gallery.dialog).to_be_hidden()
    expect(gallery.tile(2)).to_be_focused()

    # One by one, as a range, everything, nothing.
    gallery.press("Enter")
    gallery.expect_selected(2)
    gallery.press("Shift+ArrowRight", "Shift+ArrowRight")
    gallery.expect_selected(2, 3, 4)
    gallery.press("Shift+ArrowLeft")
    gallery.expect_selected(2, 3)
    expect(gallery.region.get_by_text("2 selected", exact=True)).to_be_visible()
    gallery.press("Control+a")
    expect(gallery.region.get_by_text(f"{RESULTS} selected", exact=True)).to_be_visible()
    gallery.press("Escape")
    gallery.expect_selected()
    expect(gallery.tile(3)).to_be_focused()

    # A mark on a part of the selection is one for all of it, and one step back.
    gallery.select(5, 6, 7)
    gallery.press("x")
    gallery.expect_marks(Favorites=1, Discarded=3)
    gallery.press("u")
    gallery.expect_marks(Favorites=1, Discarded=0)
    gallery.button("Favorite").click()
    gallery.expect_marks(Favorites=4, Unselected=RESULTS - 4)
    gallery.button("Deselect").click()

    # Where the rest is written down, and the search.
    gallery.focus(0)
    gallery.press("?")
    expect(gallery.dialog.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    gallery.press("Escape")
    expect(gallery.dialog).to_be_hidden()
    gallery.press("/")
    expect(gallery.search).to_be_focused()

    lab.run(1)
    expect(lab.output(1)).to_contain_text("[0, 5, 6, 7]")

    # Marks survive the page.
    lab.page.keyboard.press("ControlOrMeta+s")
    expect(lab.page.locator(".jp-mod-dirty")).to_have_count(0)
    lab.goto()
    gallery = Gallery(lab.widget())
    expect(gallery.tiles.first).to_be_visible(timeout=SLOW_MS)
    gallery.expect_marks(Favorites=4, Unselected=RESULTS - 4)

    review(gallery)


def review(gallery: Gallery) -> None:
    """Go through what is left, one result at a time."""
    gallery.region.get_by_role("radio", name=re.compile("^Unselected")).click()
    expect(gallery.tiles).to_have_count(RESULTS - 4)
    gallery.focus(1)
    gallery.press("r")
    dialog = gallery.dialog
    left = RESULTS - 4
    marked = dialog.get_by_role("progressbar", name="Marked")
    expect(dialog.get_by_text(f"{left} of {left} unmarked left, 0 kept, 0 dropped", exact=True)).to_be_visible()
    expect(dialog.get_by_role("img").first).to_have_js_property("naturalWidth", 240)
    gallery.press("f", "x", "ArrowRight", "s")
    expect(dialog.get_by_text(f"{left - 3} of {left} unmarked left, 2 kept, 1 dropped", exact=True)).to_be_visible()
    expect(marked).to_have_attribute("aria-valuenow", "3")
    expect(dialog.get_by_text(f"5 / {left}")).to_be_visible()
    gallery.press("u")
    expect(dialog.get_by_text(f"{left - 2} of {left} unmarked left, 1 kept, 1 dropped", exact=True)).to_be_visible()
    expect(dialog.get_by_text(f"3 / {left}")).to_be_visible()
    for step in range(left - 2):
        gallery.press("x")
        expect(marked).to_have_attribute("aria-valuenow", str(3 + step))
    expect(dialog.get_by_text("Everything is sorted")).to_be_visible()
    expect(dialog.get_by_text(f"of {left} results")).to_be_visible()
    gallery.press("Escape")
    expect(dialog).to_be_hidden()
    gallery.expect_marks(All=RESULTS, Favorites=5, Unselected=0, Discarded=RESULTS - 5)
    expect(gallery.region.get_by_text("Everything is sorted", exact=True)).to_be_visible()


def test_search_sort_and_filters_are_the_same_in_python(lab: Notebook) -> None:
    lab.page.set_viewport_size({"width": 1500, "height": 1100})
    gallery = opened(
        lab,
        ONE_BY_ONE,
        "[asset.task_index for asset in gallery.shown], gallery.query",
        "gallery.filter(steps=(20, None), text='harbour', sort='-score')\ngallery.selected = batch.results[5:8]",
        "[asset.task_index for asset in gallery.selected]",
    )

    # Words, and a metric to sort by.
    gallery.search.fill("Forest RAIN")
    expect(gallery.tiles).to_have_count(8)
    expect(gallery.region.get_by_text(f"8 of {RESULTS} results")).to_be_visible()
    gallery.region.get_by_label("Sort by").select_option(label="By score")
    gallery.expect_order(19, 18, 17, 16, 15, 14, 13, 12)
    gallery.button("Largest first").click()
    gallery.expect_order(12, 13, 14, 15, 16, 17, 18, 19)

    # Facets count what there is under all other conditions.
    gallery.button("Filters").click()
    filters = gallery.region.get_by_role("region", name="Filters")
    steps = filters.get_by_role("group").filter(has_text=re.compile("^steps"))
    for label in ("10 4", "20 4", "30 0"):
        expect(steps.get_by_role("checkbox", name=label, exact=True)).to_be_visible()
    steps.get_by_role("checkbox", name="20 4", exact=True).check()
    gallery.expect_order(16, 17, 18, 19)
    gallery.search.fill("")
    gallery.expect_order(4, 5, 6, 7, 16, 17, 18, 19)
    lowest = filters.get_by_label("score from", exact=True)
    lowest.fill("0.6")
    lowest.press("Enter")
    gallery.expect_order(4, 5, 6, 7)
    expect(gallery.tiles).to_have_count(4)

    # What was chosen here is known there.
    lab.run(1)
    expect(lab.output(1)).to_contain_text("[4, 5, 6, 7]")
    expect(lab.output(1)).to_contain_text("score")

    # Each condition can be taken away by itself.
    chips = gallery.region.get_by_role("group", name="Active filters")
    chips.get_by_role("button", name="Remove filter: score from 0.6").click()
    expect(gallery.tiles).to_have_count(8)
    chips.get_by_role("button", name="Remove filter: steps 20").click()
    gallery.expect_marks(All=RESULTS)
    expect(chips).to_have_count(0)

    # And the other way: a cell filters and selects, and the browser shows it.
    lab.run(2)
    expect(gallery.search).to_have_value("harbour")
    expect(gallery.tiles).to_have_count(8)
    gallery.expect_order(4, 5, 6, 7, 8, 9, 10, 11)
    gallery.expect_selected(5, 6, 7)
    expect(chips.get_by_role("button", name="Remove filter: steps from 20")).to_be_visible()
    expect(gallery.region.get_by_label("Sort by")).to_have_value("score")

    gallery.focus(4)
    gallery.press("Enter", "ArrowRight", "Enter")
    gallery.expect_selected(4, 6, 7)
    lab.run(3)
    expect(lab.output(3)).to_contain_text("[4, 6, 7]")


MEDIA = """
import numpy as np
import batchgen_widgets as bg
from typing import Literal

@bg.generator
def mixed(prompt: str = "A lighthouse", seed: int = 7, kind: Literal["image", "video", "audio"] = "image"):
    if kind == "audio":
        return bg.Audio(np.sin(np.arange(8000) / 9) * np.linspace(0, 1, 8000), 8000)
    if kind == "video":
        return bg.Video(np.arange(8, dtype=np.uint8)[:, None, None, None] * 30 + np.zeros((96, 128, 3), np.uint8), 8)
    x, y = np.meshgrid(np.arange(1800), np.arange(1400))
    return np.stack([x // 8, y // 6, (x + y) % 256], axis=-1).astype(np.uint8)

session = bg.BatchSession(mixed, project="project", workers=1)
session.set_batch_config({"variation_params": {
    "strategy": "grid", "vary_parameters": True, "parameter_ranges": {"kind": ["image", "video", "audio"]}}})
session.start_batch().wait()
session.set_base_parameters({"prompt": "Something else", "seed": 1})
studio = bg.BatchStudio(session)
studio
"""


def test_one_result_at_a_time(lab: Notebook) -> None:
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.open(None, MEDIA, "session.base_parameters")
    lab.run(0)
    studio = lab.widget()
    gallery = Gallery(studio)
    expect(gallery.tiles).to_have_count(3, timeout=SLOW_MS)
    gallery.tile(0).click()
    dialog = gallery.dialog

    # An image, as large as it is, and moved by hand.
    picture = dialog.locator("img.bgw-stage-image")
    expect(picture).to_have_js_property("complete", True)
    fitted = box_of(picture)
    assert fitted["width"] < 1200
    dialog.get_by_role("button", name="1:1").click()
    expect(dialog.get_by_role("group", name="Zoom")).to_contain_text("100 %")
    expect(picture).to_have_js_property("naturalWidth", 1800)
    before = box_of(picture)
    assert before["width"] == pytest.approx(1800, abs=1)
    x, y = box_center(dialog.locator(".bgw-dialog-stage"))
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x - 40, y - 30, steps=4)
    lab.page.mouse.up()
    after = box_of(picture)
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((-40, -30), abs=1)
    dialog.get_by_role("button", name="Fit").click()
    assert box_of(picture)["width"] == pytest.approx(fitted["width"], abs=1)

    # All that is known, copied.
    dialog.get_by_role("button", name="Copy everything as JSON").click()
    copied = json.loads(lab.page.evaluate("navigator.clipboard.readText()"))
    assert copied["parameters"] == {"prompt": "A lighthouse", "seed": 7, "kind": "image"}
    assert (copied["width"], copied["height"]) == (1800, 1400)
    dialog.get_by_role("button", name="Copy seed").click()
    lab.page.wait_for_function("async () => await navigator.clipboard.readText() === '7'")

    # Its settings go to the form, with the seed and without.
    dialog.get_by_role("button", name="All but the seed").click()
    expect(dialog.get_by_role("status").filter(has_text="Changed prompt")).to_be_visible()
    expect(studio.get_by_label("Prompt", exact=True)).to_have_value("A lighthouse")
    expect(studio.get_by_label("Seed", exact=True)).to_have_value("1")
    dialog.get_by_role("button", name="Use these settings").click()
    expect(dialog.get_by_role("status").filter(has_text="Changed seed")).to_be_visible()
    expect(studio.get_by_label("Seed", exact=True)).to_have_value("7")

    # A video: its poster, then its frames.
    gallery.press("ArrowRight")
    expect(dialog.get_by_text("2 of 3")).to_be_visible()
    video = dialog.locator("video")
    expect(video).to_have_attribute("poster", re.compile("^(blob|data):"))
    expect(video).to_have_js_property("duration", 1)
    playback = dialog.get_by_role("group", name="Playback")
    playback.get_by_role("button", name="Loop").click()
    playback.get_by_role("button", name="Play").click()
    expect(video).to_have_js_property("paused", False)
    lab.page.wait_for_function("video => video.currentTime > 0.2", arg=video.element_handle())
    playback.get_by_role("button", name="Pause").click()
    expect(video).to_have_js_property("paused", True)

    # A sound: its waveform has the keys of a slider.
    gallery.press("]")
    expect(dialog.get_by_text("3 of 3")).to_be_visible()
    waveform = dialog.get_by_role("slider", name=re.compile("^Waveform"))
    expect(waveform.locator("svg path").first).to_have_attribute("d", re.compile("^M"))
    waveform.press("End")
    expect(waveform).to_have_attribute("aria-valuenow", "1")
    waveform.press("Home")
    playback.get_by_role("button", name="Play").click()
    expect(dialog.locator("audio")).to_have_js_property("paused", False)
    gallery.press("Escape")
    expect(dialog).to_be_hidden()
    expect(gallery.tile(2)).to_be_focused()
    lab.run(1)
    expect(lab.output(1)).to_contain_text("A lighthouse")


def test_compare_and_sweep(lab: Notebook) -> None:
    lab.page.set_viewport_size({"width": 1280, "height": 1100})
    gallery = opened(lab, ONE_BY_ONE, "batch.contact_sheet(x='steps', y='prompt')")
    dialog = gallery.dialog

    # Two, one over the other.
    gallery.select(0, 4)
    gallery.press("c")
    expect(dialog.get_by_role("heading", name="Compare 2")).to_be_visible()
    facts = dialog.get_by_role("table", name="What differs")
    expect(facts.get_by_role("row", name=re.compile("^Steps 10 20"))).to_be_visible()
    expect(facts.get_by_role("rowheader", name="Seed")).to_have_count(0)
    expect(dialog.get_by_text(re.compile("Same in all"))).to_be_visible()
    dialog.get_by_role("radio", name="Swipe").click()
    divider = dialog.get_by_role("slider", name="Divider")
    x, y = box_center(divider)
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x - 100, y, steps=4)
    lab.page.mouse.up()
    dragged = int(divider.get_attribute("aria-valuenow") or 50)
    assert 5 < dragged < 45
    divider.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", str(dragged + 2))
    dialog.get_by_role("radio", name="Difference").click()
    expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"\d.*pixels"))
    expect(dialog.get_by_role("slider", name="Brighten")).to_be_visible()
    gallery.press("Escape")
    expect(dialog).to_be_hidden()

    # Three side by side, with one zoom.
    gallery.select_more(16)
    gallery.button("Compare").click()
    expect(dialog.get_by_role("heading", name="Compare 3")).to_be_visible()
    panes = dialog.get_by_role("group", name=re.compile(r"^\d of 3"))
    expect(panes).to_have_count(3)
    pictures = panes.locator("img.bgw-stage-image")
    expect(pictures).to_have_count(3)
    small = box_of(pictures.first)["width"]
    for _ in range(3):
        dialog.get_by_role("button", name="Zoom in").click()
    assert box_of(pictures.first)["width"] > 1.5 * small
    before = [box_of(picture) for picture in pictures.all()]
    x, y = box_center(panes.nth(1).locator(".bgw-compare-view"))
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + 25, y + 15, steps=4)
    lab.page.mouse.up()
    for old, picture in zip(before, pictures.all(), strict=True):
        new = box_of(picture)
        assert new["width"] == pytest.approx(before[0]["width"], abs=1)
        assert (new["x"] - old["x"], new["y"] - old["y"]) == pytest.approx((25, 15), abs=1)
    gallery.press("Escape")
    gallery.button("Deselect").click()

    # The same as a table, with larger cells than there is room for.
    size = gallery.region.get_by_label("Tile size")
    size.focus()
    size.press("End")
    gallery.show_sweep()
    gallery.region.get_by_label("Columns").select_option("steps")
    gallery.region.get_by_label("Rows").select_option("prompt")
    table = gallery.region.get_by_role("grid", name="prompt by steps")
    failed = table.get_by_role(
        "gridcell", name="prompt A forest in the rain, steps 30: failed: ValueError: no paint left"
    )
    expect(failed).to_have_count(1)
    full = table.get_by_role("gridcell", name="prompt A quiet harbour at night, steps 10: 4 results")
    expect(full.locator("img")).to_have_count(4)
    area = gallery.region.locator(".bgw-sweep-scroll")
    row = table.get_by_role("rowheader").first
    head = table.get_by_role("columnheader", name="20", exact=True)
    area.hover()
    row_at, head_at = box_of(row), box_of(head)
    lab.page.mouse.wheel(160, 120)
    lab.page.wait_for_function("area => area.scrollLeft > 0 && area.scrollTop > 0", arg=area.element_handle())
    assert box_of(row)["x"] == pytest.approx(row_at["x"], abs=1)
    assert box_of(head)["y"] == pytest.approx(head_at["y"], abs=1)
    assert box_of(head)["x"] < head_at["x"] - 50

    # Two cells are compared, and marked as a whole.
    full.focus()
    gallery.press("c", "ArrowRight", "c")
    gallery.region.get_by_role("button", name="Compare 2 cells").click()
    expect(dialog.get_by_role("heading", name="Compare 8")).to_be_visible()
    gallery.press("Escape")
    expect(dialog).to_be_hidden()
    full.focus()
    gallery.press("f")
    gallery.expect_marks(Favorites=4)
    expect(table.get_by_role("gridcell", name="steps 10: 4 favorites of 8 results, mean score 0.75")).to_be_attached()

    # And as one picture, in a cell.
    lab.run(1)
    sheet = lab.output(1).get_by_role("img")
    expect(sheet).to_have_js_property("complete", True)
    assert sheet.evaluate("image => image.naturalWidth") > 600


def test_more_like_these(lab: Notebook) -> None:
    gallery = opened(lab, STUDIO, "session.config.variation_params.parameter_ranges, session.base_parameters")
    studio = lab.widget()
    expect(studio.get_by_text("24 tasks").first).to_be_visible()
    for position in (12, 17, 19):
        gallery.focus(position)
        gallery.press("f")
    gallery.expect_marks(Favorites=3)
    gallery.button("Choose next").click()
    dialog = gallery.dialog
    expect(dialog.get_by_role("heading", name="What wins")).to_be_visible()
    expect(dialog.get_by_text(f"3 favorites of {RESULTS} results")).to_be_visible()
    for value, count in {"10": "1 of 8", "20": "2 of 8", "30": "0 of 4"}.items():
        expect(dialog.get_by_role("listitem").filter(has_text=re.compile(rf"^{value}\s*{count}$"))).to_be_visible()
    dialog.get_by_role("button", name="More like these").click()
    expect(dialog.get_by_role("heading", name="The config panel is filled")).to_be_focused()
    expect(dialog.get_by_role("listitem").filter(has_text=re.compile("^Steps: 10 and 20"))).to_be_visible()
    expect(dialog.get_by_role("listitem").filter(has_text="A forest in the rain")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(studio.get_by_text("8 tasks").first).to_be_visible()
    expect(studio.get_by_label("Prompt", exact=True)).to_have_value("A forest in the rain")
    lab.run(1)
    expect(lab.output(1)).to_contain_text("[10, 20]")
    expect(lab.output(1)).to_contain_text("A forest in the rain")


def test_all_of_it_in_notebook_7(context: BrowserContext, server: Server) -> None:
    notebook = Notebook(context.new_page(), server, "notebook")
    gallery = opened(
        notebook,
        STUDIO,
        "studio.filter(steps=20)\n[asset.task_index for asset in studio.selected]",
        "batch.contact_sheet()",
    )
    dialog = gallery.dialog

    # Choose.
    gallery.focus(0)
    gallery.press("f", "ArrowRight", "x", "u", "ArrowRight", "f")
    gallery.expect_marks(Favorites=2, Discarded=0)
    gallery.press("r")
    expect(dialog.get_by_role("heading", name="Review")).to_be_visible()
    gallery.press("ArrowDown", "f")
    expect(dialog.get_by_role("progressbar", name="Marked")).to_have_attribute("aria-valuenow", "3")
    gallery.press("Escape")
    gallery.expect_marks(Favorites=3)

    # Look closely, and compare.
    gallery.focus(4)
    gallery.press(" ")
    dialog.get_by_role("button", name="1:1").click()
    expect(dialog.get_by_role("group", name="Zoom")).to_contain_text("100 %")
    gallery.press("Escape")
    gallery.focus(4)
    gallery.press("Enter", "Shift+ArrowRight", "c")
    expect(dialog.get_by_role("heading", name="Compare 2")).to_be_visible()
    gallery.press("s", "d")
    expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"\d.*pixels"))
    gallery.press("Escape")
    expect(dialog).to_be_hidden()

    # Find, here and in a cell.
    gallery.press("/")
    notebook.page.keyboard.type("harbour")
    gallery.expect_marks(All=12)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("[4, 5]")
    gallery.expect_order(4, 5, 6, 7, 16)
    gallery.region.get_by_role("button", name="Remove filter: steps 20").click()
    gallery.expect_marks(All=RESULTS)

    # The table, and what comes next.
    gallery.button("Deselect").click()
    gallery.show_sweep()
    table = gallery.region.get_by_role("grid", name=re.compile("steps"))
    expect(table.get_by_role("gridcell", name=re.compile("failed: ValueError: no paint left"))).to_be_attached()
    notebook.run(2)
    expect(notebook.output(2).get_by_role("img")).to_have_js_property("complete", True)
    gallery.button("Choose next").click()
    dialog.get_by_role("button", name="More like these").click()
    expect(dialog.get_by_role("heading", name="The config panel is filled")).to_be_focused()
    expect(dialog.get_by_role("listitem").filter(has_text="A quiet harbour at night")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(notebook.widget().get_by_label("Prompt", exact=True)).to_have_value("A quiet harbour at night")
