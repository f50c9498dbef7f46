"""Images, videos and sounds play in the dialog, in a real front end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.hosts import SLOW_MS, Notebook

CASES = {
    "landscape": '{"width": 64, "height": 64, "steps": 2}',
    "drift": '{"width": 64, "height": 64, "seconds": 0.5, "fps": 8}',
    "chime": '{"duration": 0.5}',
}
CELL = """
import batchgen_widgets as bg
session = bg.BatchSession(bg.demos.{name}, project="project")
session.set_batch_config(bg.BatchConfig(batch_size=2))
batch = session.start_batch({params})
batch.wait()
bg.BatchGalleryView(session)
"""


@pytest.mark.parametrize("name", CASES)
def test_media_in_the_dialog(lab: Notebook, name: str) -> None:
    lab.open(None, CELL.format(name=name, params=CASES[name]))
    lab.run(0)
    gallery = lab.widget()
    expect(gallery.get_by_role("gridcell")).to_have_count(2, timeout=SLOW_MS)
    gallery.get_by_role("gridcell").nth(1).click()
    dialog = gallery.get_by_role("dialog")
    expect(dialog.get_by_text("Parameters")).to_be_visible()
    if name == "landscape":
        expect(dialog.get_by_role("img").first).to_have_js_property("naturalWidth", 64)
    else:
        media = dialog.locator("video" if name == "drift" else "audio")
        expect(media).to_have_js_property("duration", 0.5)
        media.evaluate("async element => { element.muted = true; await element.play(); element.pause(); }")
        expect(media).to_have_js_property("error", None)
    dialog.get_by_role("button", name="Previous").click()
    expect(dialog.get_by_text("1 of 2")).to_be_visible()
    assert lab.violations() == []
