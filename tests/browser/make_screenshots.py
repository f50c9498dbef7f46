"""Make the pictures of the README again: ``pytest tests/browser/make_screenshots.py``.

No test: its name keeps it out of every other run.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.hosts import SLOW_MS, Notebook

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


def keep(target: Locator, name: str) -> None:
    """Save a picture of an element."""
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
