"""Ten thousand results in one gallery: what is on screen exists, what arrives moves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import batchgen_widgets as bg
from batchgen_widgets.testing import reopen
from tests.browser.gallery import Gallery, box_of
from tests.browser.hosts import SLOW_MS, Notebook

COUNT = 10_000
MOST_TILES = 90
"""What a gallery of 620 by 850 pixels has on screen, and a row more on both sides, is less."""

CELL = """
import threading
from pathlib import Path
import batchgen_widgets as bg
from batchgen_widgets.testing import GatedGenerator, wait_for

gate = GatedGenerator("swatch", patience=120)
session = bg.BatchSession(gate.generator, project={project!r})
[batch] = session.history
for seed in range(3):
    session.add_task({{"seed": 10**6 + seed}}, batch_id=batch.id)

def let_through():
    wait_for(Path("gate").exists, "the gate", timeout=120)
    for _ in range(3):
        gate.next_call().finish()

threading.Thread(target=let_through, daemon=True).start()
bg.BatchGalleryView(session)
"""
# The first tile that is whole on screen.
FIRST_WHOLE = """
area => {
  const { top } = area.getBoundingClientRect();
  const tiles = [...area.querySelectorAll("[role=gridcell]")];
  return tiles.find(tile => tile.getBoundingClientRect().top >= top)?.dataset.position;
}
"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with one batch of ten thousand tiny pictures."""

    @bg.generator
    def swatch(prompt: str = "a prompt", seed: int = 0, strength: float = 0.5) -> Any:
        from PIL import Image

        return Image.new("RGB", (8, 6), (seed % 256, seed // 256 % 256, 128))

    place = tmp_path_factory.mktemp("crowd") / "project"
    with bg.BatchSession(swatch, project=place, workers=2) as session:
        session.set_batch_config({"batch_size": COUNT, "variation_params": {"vary_seeds": True, "seed": 1}})
        session.start_batch().wait()
        project = session.project
    assert len(reopen(project).batches()[0].results) == COUNT
    return place


@pytest.mark.timeout(180)
def test_ten_thousand_results(lab: Notebook, crowd: Path) -> None:
    lab.page.set_viewport_size({"width": 1280, "height": 1200})
    lab.open(None, CELL.format(project=str(crowd)))
    lab.run(0)
    gallery = Gallery(lab.widget())
    expect(gallery.region.get_by_text("10,000 results")).to_be_visible(timeout=SLOW_MS)
    gallery.wait_for_pictures()
    rows = -(-COUNT // gallery.columns())
    expect(gallery.grid).to_have_attribute("aria-rowcount", str(rows))
    assert 10 < gallery.tiles.count() < MOST_TILES
    area = gallery.region.locator(".bgw-gallery-area")
    row_height = box_of(gallery.tiles.first)["height"]
    assert area.evaluate("area => area.scrollHeight") >= rows * row_height

    # To the last one and back by key; its picture comes.
    gallery.focus(0)
    gallery.press("End")
    expect(gallery.tile(COUNT - 1)).to_be_focused()
    expect(gallery.tile(COUNT - 1)).to_be_in_viewport()
    gallery.wait_for_pictures()
    assert gallery.tiles.count() < MOST_TILES
    gallery.press("Home")
    expect(gallery.tile(0)).to_be_focused()

    # In another order of all ten thousand, scrolled down, the newest would come first.
    gallery.region.get_by_label("Sort by").select_option(label="By time created")
    gallery.button("Largest first").click()
    gallery.expect_order(COUNT - 1, COUNT - 2)
    area.hover()
    lab.page.mouse.wheel(0, 30_000)
    lab.page.wait_for_function("area => area.scrollTop >= 30000", arg=area.element_handle())
    gallery.wait_for_pictures()
    looked_at = gallery.tile(int(area.evaluate(FIRST_WHOLE)))
    before = box_of(looked_at)
    lab.path.with_name("gate").touch()
    expect(gallery.region.get_by_text("10,003 results")).to_be_visible()
    gallery.expect_marks(All=COUNT + 3)
    assert box_of(looked_at) == pytest.approx(before, abs=1)
    assert gallery.tiles.count() < MOST_TILES
    gallery.search.focus()
    gallery.tile(int(area.evaluate(FIRST_WHOLE))).focus()
    gallery.press("Home")
    expect(gallery.tiles.first).to_be_focused()
    gallery.expect_order(COUNT + 2, COUNT + 1, COUNT, COUNT - 1)
    expect(gallery.region.get_by_role("alert")).to_have_count(0)
