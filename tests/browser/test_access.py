"""No axe-core violation of WCAG 2.2 A or AA in any state, in the host's light and dark theme."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.gallery import POSTERS, RESULTS, Gallery
from tests.browser.hosts import SLOW_MS, Notebook, Server, tab_to
from tests.browser.keeping import (
    POSTER_STUDIO,
    UPSCALE_STUDIO,
    choose_file,
    open_tool,
    opened,
    past_batches,
)

CELL = """
import threading
import batchgen_widgets as bg
gate = threading.Event()

@bg.generator
def poster(prompt: str = "A harbour", seed: int = 0, cfg_scale: float = 7.5, *, task: bg.TaskContext):
    \"\"\"Paint one colour.\"\"\"
    from PIL import Image
    picture = Image.new("RGB", (64, 64), (seed % 256, 99, 150))
    if task.index == 2:
        raise ValueError("no paint left")
    if task.index >= 3:
        task.progress(0.4, "waiting for the paint to dry", preview=picture)
        while not gate.wait(0.01):
            task.raise_if_cancelled()
    return picture

studio = bg.BatchStudio(poster, project="project")
studio.config = bg.BatchConfig(batch_size=5, variation_params=bg.VariationParams(
    vary_seeds=True, vary_prompts=True, prompt_variations=["at dawn", "at night"],
    vary_parameters=True, parameter_ranges={"cfg_scale": (4, 12)}))
studio
"""


@pytest.fixture(params=[("lab", "light"), ("lab", "dark"), ("notebook", "light")], ids="-".join)
def themed(request: pytest.FixtureRequest, context: BrowserContext, server: Server) -> Iterator[tuple[Notebook, str]]:
    host, theme = request.param
    opened = Notebook(context.new_page(), server, host)
    opened.use_theme(theme)
    yield opened, theme
    opened.use_theme("light")


def test_no_violation_in_any_state(themed: tuple[Notebook, str]) -> None:
    notebook, theme = themed
    notebook.open(None, CELL, "gate.set()")
    light = "true" if theme == "light" else "false"
    expect(notebook.page.locator(f"body[data-jp-theme-light='{light}']")).to_be_attached()
    notebook.run(0)
    studio = notebook.widget()
    expect(studio.get_by_text("No batch yet")).to_be_visible()
    assert notebook.violations() == [], "empty, with variations"

    studio.get_by_role("button", name="Generate").click()
    expect(studio.get_by_text("waiting for the paint to dry").first).to_be_visible()
    expect(studio.get_by_text("ValueError: no paint left").first).to_be_visible()
    assert notebook.violations() == [], "running, with a failure"

    studio.get_by_role("button", name="Pause").click()
    expect(studio.get_by_role("button", name="Resume")).to_be_visible()
    assert notebook.violations() == [], "paused"

    studio.get_by_role("button", name="Resume").click()
    notebook.run(1)
    gallery = studio.get_by_role("region", name="Gallery")
    expect(gallery.get_by_role("gridcell")).to_have_count(4, timeout=SLOW_MS)
    gallery.get_by_role("gridcell").nth(0).focus()
    notebook.page.keyboard.press("f")
    expect(studio.get_by_role("radio", name=re.compile(r"Favorites\s*1"))).to_be_visible()
    assert notebook.violations() == [], "completed, with a favorite"

    notebook.page.keyboard.press("Space")
    expect(studio.get_by_role("dialog").get_by_role("img").first).to_have_js_property("naturalWidth", 64)
    assert notebook.violations() == [], "dialog"


LIGHT_AND_DARK = [("lab", "light"), ("lab", "dark")]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("themed", LIGHT_AND_DARK, ids="-".join, indirect=True)
def test_no_violation_while_choosing(themed: tuple[Notebook, str]) -> None:
    notebook, _ = themed
    notebook.open(None, POSTERS + "bg.BatchStudio(session)")
    notebook.run(0)
    gallery = Gallery(notebook.widget())
    page, dialog = notebook.page, gallery.dialog
    expect(gallery.tiles.first).to_be_visible(timeout=SLOW_MS)

    def check(state: str) -> None:
        assert notebook.violations() == [], state

    gallery.focus(0)
    gallery.press("f", "ArrowRight", "f", "ArrowRight", "x")
    gallery.select(4, 8)
    check("selected")
    gallery.press("c")
    expect(dialog.get_by_role("table", name="What differs")).to_be_visible()
    expect(dialog.locator("img.bgw-stage-image")).to_have_count(2)
    check("compare, side by side")
    gallery.press("s")
    expect(dialog.get_by_role("slider", name="Divider")).to_be_visible()
    check("compare, swipe")
    gallery.press("d")
    expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"\d.*pixels"))
    check("compare, difference")
    gallery.press("Escape", "Escape")
    gallery.expect_selected()

    gallery.press("?")
    expect(dialog.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    check("shortcuts")
    gallery.press("Escape")
    gallery.press("r")
    expect(dialog.get_by_role("img").first).to_have_js_property("complete", True)
    check("review")
    for _ in range(RESULTS - 5):
        page.keyboard.press("s")
    gallery.press("ArrowUp")
    expect(dialog.get_by_text("Back to")).to_be_attached()
    gallery.press("s")
    expect(dialog.get_by_role("group", name="The end of the review")).to_be_visible()
    check("review, end")
    gallery.press("Escape")
    expect(dialog).to_be_hidden()

    gallery.button("Choose next").click()
    expect(dialog.get_by_role("button", name="More like these")).to_be_visible()
    check("winners")
    dialog.get_by_role("button", name="More like these").click()
    expect(dialog.get_by_role("heading", name="The config panel is filled")).to_be_focused()
    check("winners, used")
    gallery.press("Escape")
    expect(dialog).to_be_hidden()

    gallery.button("Filters").click()
    filters = gallery.region.get_by_role("region", name="Filters")
    filters.get_by_role("checkbox", name=re.compile("^20 ")).check()
    expect(gallery.region.get_by_role("group", name="Active filters")).to_be_visible()
    check("filters, with a condition")
    gallery.search.fill("nothing like this")
    expect(gallery.region.get_by_text("Nothing found")).to_be_visible()
    check("nothing found")
    gallery.region.get_by_role("button", name="Show all results").click()
    filters.get_by_role("button", name="Close filters").click()
    gallery.show_sweep()
    cell = gallery.region.get_by_role("gridcell", name=re.compile("failed: ValueError"))
    expect(cell.first).to_be_attached()
    check("sweep, with a failed cell")


REVIEW = """
import json
from pathlib import Path
forest = session.project.batches()[1]
for reviewer, mark in (("Ada", "favorite"), ("Grace", "discarded")):
    marks = [{"asset": forest.results[0].id, "mark": mark, "note": "Too dark"}]
    review = {"format": "batchgen-review", "version": 1, "reviewer": reviewer, "batch": forest.id, "title": "",
              "made_at": "2026-11-23T15:00:00Z", "marks": marks}
    Path("review.json").write_text(json.dumps(review))
    session.project.import_review("review.json")
"""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("themed", LIGHT_AND_DARK, ids="-".join, indirect=True)
def test_no_violation_in_what_is_kept_and_shared(themed: tuple[Notebook, str]) -> None:
    notebook, _ = themed
    gallery = opened(notebook, "begin_and_die", POSTER_STUDIO, REVIEW)
    studio, page = notebook.widget(), notebook.page
    expect(gallery.tiles).to_have_count(1, timeout=SLOW_MS)
    notebook.run(1)

    def check(state: str) -> None:
        assert notebook.violations() == [], state

    dialog = open_tool(gallery, "History")
    rows = past_batches(dialog)
    for row in (1, 2):
        rows.nth(row).get_by_title("Choose to compare").click()
    expect(rows.nth(2).locator("img").first).to_be_visible()
    check("history")
    dialog.get_by_role("button", name="Compare two").click()
    expect(dialog.get_by_role("img", name=re.compile("^A: ")).first).to_be_visible()
    check("history, two compared")
    dialog.get_by_role("button", name="Back to all batches").click()
    dialog.get_by_role("searchbox").fill("nothing like this")
    expect(dialog.get_by_text("No such batch")).to_be_visible()
    check("history, nothing found")
    dialog.get_by_role("button", name="Show all batches").click()
    rows.filter(has_text="A forest").dblclick()
    expect(gallery.tiles).to_have_count(3)
    check("an earlier batch on show")

    dialog = open_tool(gallery, "Reviews")
    expect(dialog.get_by_role("table")).to_be_visible()
    check("reviews")
    gallery.press("Escape")
    gallery.focus(0)
    gallery.press("f")
    gallery.expect_marks(Favorites=1)

    dialog = open_tool(gallery, "Share")
    dialog.get_by_role("radio", name=re.compile("^Page")).check()
    dialog.get_by_role("button", name="Write").click()
    expect(dialog.get_by_role("button", name="Download")).to_be_visible(timeout=SLOW_MS)
    check("share, a page written")
    dialog.get_by_role("radio", name=re.compile("^Python code")).check()
    expect(dialog.get_by_text("from makers import poster")).to_be_visible()
    check("share, code")
    gallery.press("Escape")

    dialog = open_tool(gallery, "Clean up")
    dialog.get_by_role("button", name="Keep only favorites").click()
    expect(dialog.get_by_role("button", name="Move to trash")).to_be_visible()
    check("clean up, asked")
    dialog.get_by_role("button", name="Move to trash").click()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name="Delete for good…").click()
    check("clean up, the trash")
    gallery.press("Escape", "Escape")

    dialog = open_tool(gallery, "Lineage")
    expect(dialog.get_by_text("No relatives")).to_be_visible()
    check("no relatives")
    gallery.press("Escape")
    gallery.tile(0).click()
    dialog.get_by_role("button", name="Make again").click()
    expect(dialog.get_by_text("The same · identical")).to_be_visible(timeout=SLOW_MS)
    check("details, made again, with reviews")
    gallery.press("Escape")

    fill_in = studio.get_by_role("button", name="Fill in from a file…")
    choose_file(fill_in, next((notebook.path.parent / "project" / "assets").rglob("*.png")))
    expect(studio.get_by_text("settings filled in from")).to_be_visible()
    check("filled in")
    choose_file(fill_in, notebook.path)
    expect(studio.get_by_role("alert")).to_be_visible()
    check("not filled in")
    # As in a page that came without encryption.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    studio.get_by_role("button", name="Copy as code").click()
    expect(studio.get_by_role("dialog", name="These settings as code")).to_be_visible()
    check("code to copy by hand")


@pytest.mark.parametrize("themed", LIGHT_AND_DARK, ids="-".join, indirect=True)
def test_no_violation_among_inputs_and_relatives(themed: tuple[Notebook, str]) -> None:
    notebook, _ = themed
    gallery = opened(notebook, "begin", UPSCALE_STUDIO)
    studio = notebook.widget()
    field = studio.get_by_role("group", name="Image")
    field.get_by_role("button", name="Use selected results").click()
    expect(field.get_by_role("alert")).to_be_visible()
    assert notebook.violations() == [], "no input yet, and nothing to take"
    gallery.region.get_by_role("button", name="Show an earlier batch…").click()
    past_batches(gallery.dialog).first.dblclick()
    expect(gallery.tiles).to_have_count(3)
    gallery.select(0, 1)
    field.get_by_role("button", name="Use selected results").click()
    expect(field.get_by_role("listitem").locator("img")).to_have_count(2)
    assert notebook.violations() == [], "two inputs"
    studio.get_by_role("button", name="Generate").click()
    back = gallery.region.get_by_role("button", name=re.compile("^(Back to the current batch|Show it)$"))
    back.click()
    expect(gallery.tiles).to_have_count(2, timeout=SLOW_MS)
    gallery.tile(1).click()
    gallery.dialog.get_by_role("button", name="Lineage").click()
    lineage = gallery.region.get_by_role("dialog", name="Lineage")
    expect(lineage.locator("img")).to_have_count(2)
    assert notebook.violations() == [], "lineage"


def test_a_whole_triage_by_keyboard_alone(lab: Notebook) -> None:
    lab.open(
        None, POSTERS + "studio = bg.BatchStudio(session)\nstudio", "[len(studio.favorites), len(studio.discarded)]"
    )
    lab.run(0)
    page, studio = lab.page, lab.widget()
    gallery = Gallery(studio)
    dialog = gallery.dialog
    expect(gallery.tiles.first).to_be_visible(timeout=SLOW_MS)
    studio.get_by_role("button", name="Generate").focus()

    # Search, and look at what is found.
    tab_to(page, gallery.search)
    page.keyboard.type("forest")
    gallery.expect_marks(All=8)
    tab_to(page, gallery.tiles.first)
    gallery.press("f", "ArrowRight", "x", "ArrowRight", "Enter", "Shift+ArrowRight", "c")
    expect(dialog.get_by_role("heading", name="Compare 2")).to_be_visible()
    gallery.press("2", "f", "1", "x", "Escape")
    expect(dialog).to_be_hidden()
    gallery.expect_marks(Favorites=2, Discarded=2, Unselected=4)

    # Only what is left, one at a time.
    gallery.press("Escape", "Shift+Tab")
    tab_to(page, gallery.region.get_by_role("radio", name=re.compile("^All")), "Shift+Tab")
    gallery.press("ArrowRight", "ArrowRight")
    gallery.expect_marks(Unselected=4)
    expect(gallery.tiles).to_have_count(4)
    tab_to(page, gallery.tiles.first)
    gallery.press("r")
    expect(dialog.get_by_role("heading", name="Review")).to_be_visible()
    gallery.press("f", "x", "u", "x", "f", "x")
    expect(dialog.get_by_text("Everything is sorted")).to_be_visible()
    gallery.press("Escape")
    expect(dialog).to_be_hidden()
    gallery.expect_marks(Favorites=4, Discarded=4, Unselected=0)

    # And more like the ones that were kept.
    tab_to(page, gallery.button("Choose next"), "Shift+Tab")
    gallery.press("Enter")
    tab_to(page, dialog.get_by_role("button", name="More like these"))
    gallery.press("Enter")
    expect(dialog.get_by_role("heading", name="The config panel is filled")).to_be_focused()
    gallery.press("Escape")
    expect(dialog).to_be_hidden()
    expect(studio.get_by_label("Prompt", exact=True)).to_have_value("A forest in the rain")
    lab.run(1)
    expect(lab.output(1)).to_contain_text("[4, 4]")
