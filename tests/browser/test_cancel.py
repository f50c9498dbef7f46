"""Cancel is heard at once, also while a cell blocks the kernel's main thread."""

from __future__ import annotations

import sqlite3

from playwright.sync_api import expect

from tests.browser.hosts import Notebook

ENDLESS = """
import time
from pathlib import Path
import batchgen_widgets as bg

@bg.generator
def endless(seed: int = 0, *, task: bg.TaskContext):
    while True:
        time.sleep(0.01)
        task.progress(0.5, "still at it")

studio = bg.BatchStudio(endless, project="project")
studio
"""
BLOCK = """
print("blocked")
while not Path("gate").exists():
    time.sleep(0.01)
print("free again")
"""
CLICK = """
button => new Promise(done => {
  button.addEventListener("click", () => done(Date.now() / 1000), { capture: true, once: true });
  button.click();
})
"""


def test_cancel_works_while_a_cell_blocks_the_main_thread(notebook: Notebook) -> None:
    notebook.open(None, ENDLESS, BLOCK)
    notebook.run(0)
    studio = notebook.widget()
    studio.get_by_role("button", name="Generate").click()
    expect(studio.get_by_text("still at it").first).to_be_visible()

    notebook.run(1, wait=False)
    expect(notebook.output(1)).to_contain_text("blocked")
    cancel = studio.get_by_role("button", name="Cancel batch")
    cancel.scroll_into_view_if_needed()
    clicked = notebook.page.evaluate(CLICK, cancel.element_handle())
    expect(studio.get_by_text("Cancelled").first).to_be_visible()
    expect(notebook.output(1)).not_to_contain_text("free again")

    with sqlite3.connect(notebook.path.parent / "project" / "batchgen.db") as database:
        status, ended = database.execute("SELECT status, completed_at FROM batches").fetchone()
    assert status == "cancelled"
    assert ended - clicked < 0.5
    (notebook.path.parent / "gate").touch()
    expect(notebook.output(1)).to_contain_text("free again")
