"""The queue, in the hands of a person: paused, reordered by keyboard, thinned, and stopped after what runs."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.hosts import SLOW_MS, Notebook

CELL = """
import batchgen_widgets as bg
session = bg.BatchSession(bg.demos.landscape, project="project")
session.set_base_parameters({"width": 64, "height": 64, "steps": 2})
session.pause()
studio = bg.BatchStudio(session)
studio
"""


def test_the_queue_is_reordered_and_thinned_by_keyboard(lab: Notebook) -> None:
    lab.open(None, CELL, "[task.index for task in session.queue]")
    lab.run(0)
    page, studio = lab.page, lab.widget()
    studio.get_by_role("button", name="Generate").click()
    studio.get_by_role("button", name=re.compile("Queue · 4 tasks")).click()
    grip = studio.get_by_role("button", name=re.compile("^Move task 0")).first
    grip.focus()
    page.keyboard.press("Alt+ArrowDown")
    studio.get_by_role("button", name=re.compile("^Remove task 3")).first.click()
    expect(studio.get_by_role("button", name=re.compile("Queue · 3 tasks"))).to_be_visible()
    lab.run(1)
    expect(lab.output(1)).to_contain_text("[1, 0, 2]")
    assert lab.violations() == []
    studio.get_by_role("button", name="Resume").click()
    expect(studio.get_by_role("gridcell")).to_have_count(3, timeout=SLOW_MS)
