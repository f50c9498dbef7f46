"""No axe-core violation of WCAG 2.2 A or AA in any state, in the host's light and dark theme."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.hosts import SLOW_MS, Notebook, Server

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

    notebook.page.keyboard.press("Enter")
    expect(studio.get_by_role("dialog").get_by_role("img").first).to_have_js_property("naturalWidth", 64)
    assert notebook.violations() == [], "dialog"
