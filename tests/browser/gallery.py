"""The gallery as a person finds it: by role, by label, by the place of a result."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.hosts import SLOW_MS

# One cell for most tests: prompts × steps × seeds, of which one combination always fails.
POSTERS = """
import batchgen_widgets as bg
from typing import Annotated, Literal

@bg.generator
def poster(
    prompt: str = "A harbour",
    seed: int = 0,
    steps: Annotated[int, bg.Range(1, 60)] = 20,
    sampler: Literal["euler", "ddim"] = "euler",
    *,
    task: bg.TaskContext,
):
    \"\"\"Paint two colours, as many stripes as steps.\"\"\"
    from PIL import Image, ImageDraw
    if steps == 30 and "forest" in prompt:
        raise ValueError("no paint left")
    picture = Image.new("RGB", (240, 160), (seed * 30 % 256, 90, 140))
    pen = ImageDraw.Draw(picture)
    for stripe in range(steps):
        pen.line([(8 * stripe, 0), (8 * stripe, 160)], (230, 200, 120 + 5 * steps % 100), 2)
    return {"image": picture, "score": round(0.9 - task.index / 50, 2)}

session = bg.BatchSession(poster, project="project", workers=1)
if not session.history:
    session.set_batch_config({"batch_size": 4, "variation_params": {
        "strategy": "grid", "vary_seeds": True, "seed_range": [0, 3], "seed": 3,
        "vary_prompts": True, "prompt_variations": ["A quiet harbour at night", "A forest in the rain"],
        "vary_parameters": True, "parameter_ranges": {"steps": [10, 20, 30]}}})
    session.start_batch().wait()
batch = session.history[-1]
"""
RESULTS = 20
"""How many results the cell makes; four of its tasks fail."""


class Gallery:
    """The gallery of a widget, and what a person does in it."""

    def __init__(self, widget: Locator) -> None:
        self.page = widget.page
        self.region = widget.get_by_role("region", name="Gallery")
        self.grid = self.region.get_by_role("grid")
        self.tiles = self.grid.get_by_role("gridcell")
        self.search = self.region.get_by_role("searchbox", name="Search prompts, texts and file names")
        self.dialog = self.region.get_by_role("dialog")

    def tile(self, position: int) -> Locator:
        """The tile of the result that arrived as number `position`, if it exists now."""
        return self.grid.locator(f'[data-position="{position}"]')

    def button(self, name: str) -> Locator:
        """A button outside of the tiles."""
        return self.region.locator(".bgw-panel-head, .bgw-gallery-tools").get_by_role("button", name=name, exact=True)

    def focus(self, position: int) -> None:
        """Give a tile the focus, as Tab would."""
        self.tile(position).focus()
        expect(self.tile(position)).to_be_focused()

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def expect_marks(self, **counts: int) -> None:
        """Wait until the filters say how many there are, as in ``Favorites=2``."""
        for name, count in counts.items():
            expect(self.region.get_by_role("radio", name=re.compile(rf"^{name}\s*{count:,}$"))).to_be_visible()

    def expect_selected(self, *positions: int) -> None:
        """Wait until just these are selected."""
        expect(self.grid.get_by_role("gridcell", selected=True)).to_have_count(len(positions))
        for position in positions:
            expect(self.tile(position)).to_have_attribute("aria-selected", "true")

    def expect_order(self, *positions: int) -> None:
        """Wait until the first tiles are these."""
        for index, position in enumerate(positions):
            expect(self.tiles.nth(index)).to_have_attribute("data-position", str(position), timeout=SLOW_MS)

    def columns(self) -> int:
        """How many tiles stand side by side."""
        return int(self.grid.get_attribute("aria-colcount") or 0)

    def wait_for_pictures(self) -> None:
        """Wait until every tile on screen shows its picture."""
        for tile in self.tiles.all():
            expect(tile.locator("img")).to_have_js_property("complete", True)
            assert tile.locator("img").evaluate("image => image.naturalWidth") > 0

    def select(self, *positions: int) -> None:
        """Select results with Enter."""
        for position in positions:
            self.focus(position)
            self.press("Enter")
        self.expect_selected(*positions)

    def select_more(self, position: int) -> None:
        """Select one result more with Enter."""
        self.focus(position)
        self.press("Enter")
        expect(self.tile(position)).to_have_attribute("aria-selected", "true")

    def show_sweep(self) -> None:
        """Show the results as a table; where there is little room, the choice is in a drawer."""
        drawer = self.button("Order and size")
        choice = self.region.get_by_role("radio", name="Sweep")
        expect(drawer.or_(choice).first).to_be_visible()
        if drawer.count():
            drawer.click()
        choice.click()


def box_of(target: Locator) -> dict[str, Any]:
    """Where something is on the page."""
    box = target.bounding_box()
    assert box, f"{target} is not on the page"
    return dict(box)


def box_center(target: Locator) -> tuple[float, float]:
    """Where the middle of something is on the page."""
    box = box_of(target)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
