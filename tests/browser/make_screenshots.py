"""Make the pictures of the README again: ``pytest tests/browser/make_screenshots.py``.

No test: its name keeps it out of every other run.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.gallery import Gallery
from tests.browser.hosts import SLOW_MS, Notebook, Server
from tests.browser.lab import LabNotebook

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
CELL = """
import batchgen_widgets as bg

studio = bg.BatchStudio(bg.demos.landscape, project="my-project", workers=2)
studio
"""
SETUP = """
studio.config = bg.BatchConfig(batch_size=12, variation_params=bg.VariationParams(
    vary_seeds=True, seed_range=(0, 999_999), vary_prompts=True,
    prompt_variations=["Mountains at dawn", "Aurora over a winter lake", "An autumn forest at sunset"],
    vary_parameters=True, parameter_ranges={"cfg_scale": (5, 12)}, seed=11))
"""
SWEEP = """
import batchgen_widgets as bg
session = bg.BatchSession(bg.demos.landscape, project="my-project", workers=1)
session.set_base_parameters({"steps": 12, "width": 448, "height": 448})
session.set_batch_config({"batch_size": 2, "variation_params": {
    "strategy": "grid", "vary_seeds": True, "seed_range": [0, 999], "seed": 4,
    "vary_prompts": True, "prompt_variations": [
        "Mountains at dawn, mist", "Aurora over a winter lake",
        "An autumn forest at sunset", "A canyon in a thunderstorm, ink"],
    "vary_parameters": True, "parameter_ranges": {"cfg_scale": [3.0, 5.0, 7.0, 9.0, 11.0, 13.0]}}})
batch = session.start_batch()
batch.wait()
session.set_marks([batch.results[index] for index in (6, 7, 18, 19, 20, 30, 33)], "favorite")
session.set_marks([batch.results[index] for index in (0, 13, 24, 36)], "discarded")
"""


def keep(target: Locator | Page, name: str) -> None:
    """Save a picture of an element, or of what is in the window."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    Image.open(BytesIO(target.screenshot(animations="disabled"))).convert("RGB").save(
        IMAGES / f"{name}.webp", quality=88, method=6
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("theme", "width"), [("light", 1600), ("dark", 1180)])
def test_pictures(lab: Notebook, theme: str, width: int) -> None:
    lab.page.set_viewport_size({"width": width, "height": 1500})
    lab.use_theme(theme)
    lab.open(None, CELL, SETUP)
    lab.use_theme("light")
    lab.run(0)
    lab.page.keyboard.press("ControlOrMeta+b")
    lab.run(1)
    studio = lab.widget()
    studio.get_by_role("button", name="Generate").click()
    tiles = studio.get_by_role("gridcell")
    expect(tiles.nth(5)).to_be_visible(timeout=SLOW_MS)
    if theme == "dark":
        keep(studio, "studio-dark-busy")
        return
    expect(tiles).to_have_count(12, timeout=SLOW_MS)
    for index in (1, 4, 6):
        tiles.nth(index).hover()
        tiles.nth(index).get_by_role("button", name="Favorite").click()
    expect(studio.get_by_role("radio", name=re.compile(r"Favorites\s*3"))).to_be_visible()
    lab.page.mouse.move(0, 0)
    for tile in tiles.all():
        expect(tile.locator("img")).to_have_js_property("complete", True)
    keep(studio, "studio-light")
    tiles.nth(4).click()
    dialog = studio.get_by_role("dialog")
    expect(dialog.get_by_role("img").first).to_have_js_property("naturalWidth", 512)
    keep(dialog, "detail-light")


@pytest.mark.timeout(300)
def test_pictures_of_the_gallery(lab: Notebook) -> None:
    lab.page.set_viewport_size({"width": 1480, "height": 1100})
    lab.open(None, SWEEP, "bg.BatchGalleryView(session)", "bg.BatchStudio(session)")
    lab.page.keyboard.press("ControlOrMeta+b")
    lab.run(0)
    lab.run(1)
    gallery = Gallery(lab.widget(1))
    dialog = gallery.dialog
    expect(gallery.tiles.first).to_be_visible(timeout=SLOW_MS)

    gallery.button("Filters").click()
    filters = gallery.region.get_by_role("region", name="Filters")
    filters.get_by_role("checkbox", name=re.compile("^9 ")).check()
    filters.get_by_role("checkbox", name=re.compile("^11 ")).check()
    gallery.expect_marks(All=16)
    gallery.wait_for_pictures()
    lab.page.mouse.move(0, 0)
    keep(lab.widget(1), "gallery-filters")

    gallery.region.get_by_role("button", name="Clear filters").click()
    filters.get_by_role("button", name="Close filters").click()
    gallery.region.get_by_label("Tile size").fill("104")
    gallery.show_sweep()
    cells = gallery.region.get_by_role("gridcell", name=re.compile(r": \d results"))
    expect(cells).to_have_count(24)
    for picture in cells.locator("img").all():
        expect(picture).to_have_js_property("complete", True)
    lab.page.mouse.move(0, 0)
    keep(lab.widget(1), "sweep")

    gallery.region.get_by_role("radio", name="Grid").click()
    gallery.select(12, 20)
    gallery.press("c")
    pictures = dialog.locator("img.bgw-stage-image")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        expect(picture).to_have_js_property("naturalWidth", 448)
    keep(dialog, "compare")
    gallery.press("Escape", "Escape")
    gallery.expect_selected()
    gallery.focus(31)
    gallery.press("r")
    expect(dialog.locator("img").first).to_have_js_property("naturalWidth", 448)
    keep(dialog, "review")
    gallery.press("Escape")

    lab.run(2)
    studio = Gallery(lab.widget(2))
    expect(studio.tiles.first).to_be_visible(timeout=SLOW_MS)
    studio.button("Choose next").click()
    expect(studio.dialog.get_by_role("button", name="More like these")).to_be_visible()
    keep(studio.dialog, "choose-next")


SHARED = """
from PIL import Image, ImageFilter, ImageOps

@bg.generator
def soften(image: Image.Image, radius: float = 3.0):
    return image.filter(ImageFilter.GaussianBlur(radius))

@bg.generator
def tint(image: Image.Image, tone: str = "sepia"):
    return ImageOps.colorize(ImageOps.grayscale(image), "#2a1a10", "#f4e3c1" if tone == "sepia" else "#bcd7f5")

soft = session.start_batch(soften, inputs=batch.favorites[1:4])
soft.wait()
session.set_marks(soft.results[:1], "favorite")
for tone in ("sepia", "blue"):
    session.start_batch(tint, inputs=soft.favorites, parameters={"tone": tone}).wait()
print(batch.to_html("landscapes.html", title="Landscapes for the poster"))
"""


@pytest.mark.timeout(300)
def test_pictures_of_what_is_shared(lab: Notebook, browser: Browser) -> None:
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    lab.open(None, SWEEP, SHARED, "bg.BatchGalleryView(batch)")
    lab.page.keyboard.press("ControlOrMeta+b")
    lab.run(0)
    lab.run(1)
    expect(lab.output(1)).to_contain_text("landscapes.html", timeout=SLOW_MS)
    lab.run(2)
    gallery = Gallery(lab.widget(2))
    expect(gallery.tiles.nth(7)).to_be_visible(timeout=SLOW_MS)
    gallery.tiles.nth(7).click()
    lab.page.set_viewport_size({"width": 1080, "height": 620})
    gallery.dialog.get_by_role("button", name="Lineage").click()
    lineage = lab.page.get_by_role("dialog", name=re.compile("Lineage"))
    for picture in lineage.locator("img").all():
        expect(picture).to_have_js_property("complete", True)
    keep(lineage, "lineage")

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto((lab.path.parent / "landscapes.html").as_uri())
    shown = Gallery(page.locator(".bgw-root"))
    for index in (3, 9):
        shown.focus(index)
        shown.press("f")
    shown.wait_for_pictures()
    page.mouse.move(0, 0)
    keep(page.locator("body"), "page")
    context.close()


SIDEBAR = """
import batchgen_widgets as bg

session = bg.BatchSession(bg.demos.landscape, project="poster", workers=2)
session.set_base_parameters({"steps": 12, "width": 384, "height": 384})
"""
EARLIER = """
for number, prompts in enumerate((["A canyon in a thunderstorm, ink"], ["An autumn forest at sunset"],
                                  ["Aurora over a winter lake"])):
    session.set_batch_config({"batch_size": 8 - number, "variation_params": {
        "vary_seeds": True, "seed": number, "vary_prompts": True, "prompt_variations": prompts}})
    earlier = session.start_batch()
    earlier.wait()
    session.set_marks(earlier.results[:2 + number], "favorite")
"""
BIG = """
session.set_base_parameters({"steps": 14, "width": 320, "height": 320})
session.set_batch_config({"batch_size": 48, "variation_params": {
    "strategy": "random", "vary_seeds": True, "seed": 11, "vary_prompts": True,
    "prompt_variations": ["Mountains at dawn, mist", "A lighthouse in a storm", "Dunes under the stars"],
    "vary_parameters": True, "parameter_ranges": {"cfg_scale": [5.0, 12.0]}}})
batch = session.start_batch()
batch
"""


@pytest.mark.timeout(300)
def test_picture_of_the_sidebar(context: BrowserContext, server: Server) -> None:
    lab = LabNotebook(context.new_page(), server)
    page, shell = lab.page, lab.shell
    page.set_viewport_size({"width": 1500, "height": 950})
    lab.open(None, SIDEBAR, EARLIER, BIG)
    lab.rename("Poster for the autumn fair.ipynb")
    lab.run(0)
    lab.run(1)
    panel = shell.open_panel("Batches")
    lab.run(2)
    card = panel.get_by_role("listitem", name="landscape", exact=True)
    card.get_by_role("button", name="Open gallery").click()
    gallery = Gallery(shell.content("landscape gallery"))
    expect(gallery.tiles.nth(13)).to_be_visible(timeout=SLOW_MS)
    for index in (1, 3, 8):
        gallery.focus(index)
        gallery.press("f")
    gallery.wait_for_pictures()
    for picture in panel.get_by_role("list", name="Batches of poster, newest first").locator("img").all():
        expect(picture).to_have_js_property("complete", True)
    page.mouse.move(0, 0)
    keep(page, "sidebar")
