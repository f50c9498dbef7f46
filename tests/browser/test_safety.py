"""A batch whose every text is hostile: in JupyterLab, in the saved notebook, and in the exported page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

from tests.browser.gallery import Gallery
from tests.browser.hosts import SLOW_MS, Notebook
from tests.browser.test_saved import save
from tests.unit.safety import hostile
from tests.unit.safety.hostile import ALL, SHOWN, assert_seen, read_html

pytestmark = pytest.mark.timeout(240)

MAKE = """
import batchgen_widgets as bg
from PIL import Image
from batchgen_widgets.texts import whole
from hostile_texts import ALL, TEXTS

NAME = whole(" ".join(TEXTS.values()))[:900]

@bg.generator(name=NAME)
def hostile(prompt: str = "calm", note: str = "", seed: int = 0, *, task: bg.TaskContext):
    \"\"\"<img src=x onerror=alert(1)> describes itself.\"\"\"
    task.progress(0.5, prompt)
    print(prompt)
    if note == "fail":
        raise ValueError(prompt)
    return {f"image {prompt}": Image.new("RGB", (120, 80), (40 + 9 * task.index, 90, 120)), f"score {prompt}": 0.5}

@bg.generator(name=f"again {NAME}")
def again(picture: Image.Image, prompt: str = ""):
    return picture.resize((60, 40))

session = bg.BatchSession(hostile, project="project", workers=2)
prompts = {"strategy": "grid", "vary_prompts": True, "prompt_variations": list(ALL.values()), "vary_seeds": False}
config = {"batch_size": len(ALL), "variation_params": prompts}
session.start_batch({"note": "fail"}, config=config).wait()
batch = session.start_batch({"note": NAME}, config=config)
batch.wait()
with bg.BatchSession(again, project="project") as other:
    other.start_batch({"prompt": NAME}, inputs={"picture": batch.results[:2]}).wait()
entries = [{"asset": asset.id, "mark": "favorite", "note": asset.params["prompt"][:2000]} for asset in batch.results]
session.project.import_review({"format": "batchgen-review", "version": 1, "reviewer": NAME, "batch": batch.id,
                               "title": NAME, "made_at": "2026-01-01T00:00:00Z", "marks": entries})
"""
STUDIO = """
session.set_base_parameters({"prompt": NAME, "note": NAME})
studio = bg.BatchStudio(session)
studio.show(batch)
studio
"""
REPRS = """
from IPython.display import display
for shown in (session.project.history(), session.project.compare(session.history[0], batch), session.project.reviews(),
              session.project.lineage(batch.results[0]), session.plan(config=config), batch.results[0], batch,
              session.project.verify()):
    display(shown)
print(batch.to_html("page.html", title=NAME))
batch.results[0].recipe
"""

# What is in the page, for Python to judge.
LOOK = """
root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest("style, script, textarea")) texts.push(walker.currentNode.data);
    }
    for (const one of root.querySelectorAll("[title], [alt], [aria-label]")) {
        texts.push(...["title", "alt", "aria-label"].map(name => one.getAttribute(name) ?? ""));
    }
    const strange = "script:not([type]), iframe, object, embed, b:not([class]), img[src='x'], svg[onload], [autofocus]";
    const events = [...root.querySelectorAll("*")].filter(one => one.getAttributeNames().some(a => a.startsWith("on")));
    return {
        texts,
        strange: [...root.querySelectorAll(strange), ...events].map(one => one.outerHTML.slice(0, 200)),
    };
}
"""


def look(target: Locator, *names: str, fits: bool = True) -> str:
    """Check that there are only texts in an element, and that they can be seen; give all of them."""
    # JupyterLab lays out what is on screen.
    target.scroll_into_view_if_needed()
    found: dict[str, Any] = target.evaluate(LOOK)
    assert found["strange"] == []
    if fits:  # the gallery follows a change of width in the next frame
        target.page.wait_for_function("one => one.scrollWidth <= one.clientWidth + 1", arg=target.element_handle())
    for text in found["texts"]:
        assert_seen(text)
    told = "\n".join(found["texts"])
    for name in names:
        assert SHOWN[name].split()[0][:40] in told
    return told


def open_beside_texts(lab: Notebook, *cells: str) -> None:
    """Open a notebook that can import the table of texts, and that no dialog may interrupt."""
    lab.page.on("dialog", refuse)
    lab.open(None, *cells)
    table = Path(hostile.__file__)
    shutil.copy(table, lab.path.with_name("hostile_texts.py"))
    shutil.copy(table.with_name("texts.json"), lab.path.with_name("texts.json"))


def refuse(dialog: Dialog) -> None:
    pytest.fail(f"a script ran: {dialog.message}")


def open_tool(gallery: Gallery, name: str) -> Locator:
    """Choose something in the gallery's menu, and wait for its dialog."""
    gallery.region.get_by_role("button", name="More").click()
    gallery.region.get_by_role("menuitem", name=name).click()
    expect(gallery.dialog).to_be_visible()
    expect(gallery.dialog.locator("[aria-busy=true], .bgw-waiting-part")).to_have_count(0)
    return gallery.dialog


@pytest.fixture
def shown(lab: Notebook) -> Notebook:
    """The studio of the hostile batch."""
    open_beside_texts(lab, MAKE, STUDIO, REPRS)
    for index in range(3):
        lab.run(index)
    expect(lab.widget(1).locator(".bgw-tile-image").first).to_be_visible(timeout=SLOW_MS)
    return lab


def test_hostile_texts_are_texts_wherever_they_are(shown: Notebook, browser: Browser, tmp_path: Path) -> None:
    page, studio = shown.page, shown.widget(1)
    gallery = Gallery(studio)
    look(studio, "elements")
    for width in (1280, 700):
        page.set_viewport_size({"width": width, "height": 900})
        look(studio)
    page.set_viewport_size({"width": 1280, "height": 900})

    gallery.tile(0).click()
    expect(gallery.dialog.locator(".bgw-fact-value").first).to_be_visible()
    look(gallery.dialog)
    gallery.press("Escape")
    told = look(open_tool(gallery, "History…"))
    assert "<img src=x onerror=alert(1)>" in told
    gallery.press("Escape")
    gallery.focus(0)
    for name in ("Lineage…", "Share…", "Reviews…"):
        look(open_tool(gallery, name))
        gallery.press("Escape")
        expect(gallery.dialog).to_have_count(0)

    # Where the kernel says what objects are, and in the file.
    for output in shown.output(2).all():
        look(output, fits=False)
    save(shown)
    book = nbformat.read(shown.path, 4)
    assert shown.path.stat().st_size < 3_000_000
    for cell in book.cells:
        for output in cell.outputs:
            told = output.get("text", "") + "".join(output.get("data", {}).get("text/plain", ""))
            assert_seen(told)
            assert len(told) < 50_000
            html = "".join(output.get("data", {}).get("text/html", ""))
            read_html(re.sub(r"<style>:root:has[^<]*</style>|class=\"bgw-saved-\w+\"", "", html))

    # As HTML, and as the page for people without Jupyter: scripts may run, and none of the texts is one.
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(shown.path), "--output", str(tmp_path / "x.html")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    outside = browser.new_context(offline=True)
    try:
        check_converted(outside, tmp_path / "x.html")
        check_page(outside, shown.path.parent / "page.html")
    finally:
        outside.close()


def check_converted(context: BrowserContext, file: Path) -> None:
    page = context.new_page()
    page.on("dialog", refuse)
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.first).to_be_visible()
    for output in outputs.all():
        assert output.evaluate("one => one.querySelectorAll('script, iframe, img[src=x], svg, [onerror]').length") == 0
    assert page.evaluate("window.ran") is None


def check_page(context: BrowserContext, file: Path) -> None:
    page: Page = context.new_page()
    page.on("dialog", refuse)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(file.as_uri())
    root = page.locator("#bgw-page")
    gallery = Gallery(root)
    expect(gallery.tiles.first).to_be_visible()
    look(root, "elements")
    assert_seen(page.title())
    page.get_by_text("About this batch").click()
    look(root, "elements")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        # The gallery hears of its new width a frame later. A function, since the page's policy forbids to read text as
        # code, which Playwright does with an expression each time it looks again.
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    gallery.tile(0).click()
    expect(gallery.dialog.locator(".bgw-fact-value").first).to_be_visible()
    look(gallery.dialog)
    assert not [url for url in sent if not url.startswith(("file:", "data:", "blob:"))]


def test_what_is_typed_and_sent_is_what_it_is(lab: Notebook) -> None:
    open_beside_texts(
        lab,
        MAKE,
        "config = bg.BatchConfigPanel(session)\nconfig",
        "import json; print(json.dumps(session.base_parameters['prompt']))",
    )
    lab.run(0)
    lab.run(1)
    panel = lab.widget(1)
    field = panel.get_by_role("textbox", name="Prompt", exact=True)
    for name in ("override", "escape codes", "zero width", "hebrew"):
        text = ALL[name].replace("\r", "")
        field.fill(text)
        field.press("Tab")
        expect(field).to_have_value(text)
        lab.run(2)
        expect(lab.output(2)).to_contain_text(json.dumps(text))
