"""A notebook that shows itself: what a person finds in the saved file, without the kernel, and when it is back."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect

from tests.browser.hosts import SLOW_MS, TOKEN, Notebook, Server
from tests.browser.test_story import fill, star, tiles, wait_for_completion

LIMIT = 300_000
COLOURS = [(200, 30, 30), (30, 160, 60), (40, 70, 200), (220, 180, 40), (150, 40, 170), (20, 170, 180)]
MAKE = f"""
import threading, time
from pathlib import Path
import batchgen_widgets as bg
from PIL import Image

@bg.generator
def tint(prompt: str = "colours", seed: int = 0, *, task: bg.TaskContext):
    while Path("wait").exists():
        time.sleep(0.01)
        task.progress(0.5, "still at it")
    return Image.new("RGB", (96, 64), {COLOURS}[task.index])

studio = bg.BatchStudio(tint, project="project")
studio.session.set_batch_config({{"batch_size": 6}})
"""
STUDIO = f"{MAKE}studio"


def picture(notebook: Notebook, index: int = 0) -> Locator:
    """The picture for the saved notebook, in the output of a cell."""
    return notebook.cell(index).locator("[class^=bgw-saved] img")


def order(encoded: bytes) -> list[int]:
    """Which of the colours a picture shows, in reading order."""
    pixels = np.asarray(Image.open(BytesIO(encoded)).convert("RGB")).astype(int)
    found = []
    for index, colour in enumerate(COLOURS):
        rows, columns = np.where((abs(pixels - colour) < 25).all(axis=2))
        if len(rows) > 400:
            found.append((int(np.median(rows)) // 40, int(np.median(columns)), index))
    return [index for _, _, index in sorted(found)]


def decode(html: str) -> bytes:
    found = re.search(r'src="data:image/webp;base64,([^"]+)"', html)
    assert found, html[:200]
    return base64.b64decode(found[1])


def save(notebook: Notebook) -> None:
    """Save with the keyboard, and wait for the file."""

    def saves(response: Response) -> bool:
        return response.request.method == "PUT" and response.url.split("?")[0].endswith(notebook.path.name)

    with notebook.page.expect_response(saves) as saved:
        notebook.page.keyboard.press("ControlOrMeta+s")
    assert saved.value.ok


def end_kernels(notebook: Notebook) -> None:
    """Shut the kernels of the notebook down, and leave its page."""
    headers = {"Authorization": f"token {TOKEN}"}
    address = f"{notebook.server.url}/api/sessions"
    notebook.page.goto("about:blank")
    for session in notebook.page.request.get(address, headers=headers).json():
        if notebook.path.parent.name in session["path"]:
            assert notebook.page.request.delete(f"{address}/{session['id']}", headers=headers).ok


def make_six(notebook: Notebook) -> Locator:
    """Run the cell, generate six results, and star the third and the fifth."""
    notebook.run(0)
    studio = notebook.widget()
    studio.get_by_role("button", name="Generate").click()
    wait_for_completion(studio, 6)
    star(tiles(studio).nth(4))
    star(tiles(studio).nth(2))
    expect(picture(notebook)).to_have_attribute("alt", "tint: 6 results, 2 favorites, completed")
    return studio


def check_shown(page: Page, image: Locator) -> None:
    """The picture is there to see, as large as it is, and nothing complains."""
    expect(image).to_be_visible(timeout=SLOW_MS)
    assert image.evaluate("image => image.decode().then(() => image.clientWidth === image.naturalWidth)")
    expect(page.get_by_text("model not found").filter(visible=True)).to_have_count(0)
    expect(page.get_by_text("shown by a running kernel")).to_have_count(0)


def test_the_saved_notebook_shows_the_batch(notebook: Notebook, browser: Browser, tmp_path: Path) -> None:
    notebook.open(None, STUDIO)
    save(notebook)
    before = notebook.path.stat().st_size
    studio = make_six(notebook)
    # Live there is the studio alone, and no room is kept for the picture.
    expect(picture(notebook)).to_be_hidden()
    heights = notebook.cell(0).locator(".jp-OutputArea-child").evaluate_all("all => all.map(one => one.clientHeight)")
    assert sorted(height > 0 for height in heights) == [False, True]
    save(notebook)

    book = nbformat.read(notebook.path, 4)
    nbformat.validate(book)
    assert "widgets" not in book.metadata
    assert 10_000 < notebook.path.stat().st_size - before < LIMIT
    own, beside = book.cells[0].outputs
    assert own.data["text/html"] == ""
    assert beside.data["text/plain"].splitlines()[0] == "tint: 6 results, 2 favorites, completed"
    assert order(base64.b64decode(beside.data["image/png"])) == [2, 4, 0, 1, 3, 5]
    assert order(decode(beside.data["text/html"])) == [2, 4, 0, 1, 3, 5]
    assert "<script" not in beside.data["text/html"]

    html = tmp_path / "saved.html"
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(notebook.path), "--output", str(html)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    plain = browser.new_context(java_script_enabled=False, offline=True)
    page = plain.new_page()
    page.goto(html.as_uri(), wait_until="domcontentloaded")
    image = page.get_by_alt_text("tint: 6 results, 2 favorites, completed").first
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 300
    expect(page.get_by_text("shown by a running kernel")).to_have_count(0)
    plain.close()

    end_kernels(notebook)
    notebook.goto()
    check_shown(notebook.page, picture(notebook))
    expect(studio).to_have_count(0)

    notebook.run(0)
    expect(tiles(notebook.widget())).to_have_count(6, timeout=SLOW_MS)
    expect(notebook.widget().get_by_role("radio", name=re.compile(r"Favorites\s*2"))).to_be_visible()
    expect(picture(notebook)).to_have_attribute("alt", "tint: 6 results, 2 favorites, completed")
    expect(picture(notebook)).to_be_hidden()


def test_a_notebook_that_is_not_trusted_shows_the_batch_too(
    notebook: Notebook, context: BrowserContext, server: Server
) -> None:
    notebook.open(None, STUDIO)
    make_six(notebook)
    save(notebook)
    book = nbformat.read(notebook.path, 4)
    book.cells[0].source += "\n# from somebody else"
    other = Notebook(notebook.page, server, notebook.host)
    other.path = notebook.path.parent.with_name(f"{notebook.path.parent.name}-sent") / "test.ipynb"
    other.path.parent.mkdir()
    nbformat.write(book, other.path)
    other.goto()
    check_shown(other.page, picture(other))
    assert other.cell(0).locator("[class^=bgw-saved] style").count() == 0, "the page did not take it for untrusted"
    expect(other.page.get_by_text("display:none")).to_have_count(0)


WATCH = """
() => {
  window.seen = 0;
  const look = () => {
    const widget = document.querySelector(".bgw-root");
    const images = [...document.querySelectorAll("[class^=bgw-saved]")];
    if (widget && images.some(image => image.getClientRects().length)) window.seen += 1;
    requestAnimationFrame(look);
  };
  look();
}
"""
# Stars come from a thread of the kernel, as the person at the page has something else in hand.
STARS = """
def star():
    for count in range(1, 4):
        while not Path(f"star-{count}").exists():
            time.sleep(0.01)
        studio.session.set_marks(studio.session.active_batch.results[:count], "favorite")

threading.Thread(target=star, daemon=True).start()
"""


def test_live_views_do_not_notice_the_picture(notebook: Notebook) -> None:
    busy = "while not Path('enough').exists():\n    time.sleep(0.01)"
    notebook.open(None, f"{MAKE}{STARS}studio", busy, *["'more'"] * 12)
    page = notebook.page
    notebook.run(0)
    page.evaluate(WATCH)
    studio = notebook.widget()
    studio.get_by_role("button", name="Generate").click()
    wait_for_completion(studio, 6)
    expect(picture(notebook)).to_have_attribute("alt", "tint: 6 results, completed")
    studio.evaluate("root => { root.dataset.probe = 'the same' }")

    def star_meanwhile(count: int) -> None:
        (notebook.path.parent / f"star-{count}").touch()
        told = f"tint: 6 results, {count} favorite{'s' if count > 1 else ''}, completed"
        expect(picture(notebook)).to_have_attribute("alt", told)
        expect(notebook.widget()).to_have_attribute("data-probe", "the same")

    prompt = studio.get_by_label("Prompt", exact=True)
    fill(prompt, "half a sen")
    for _ in range(3):
        prompt.press("ArrowLeft")
    scrolled = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTop")
    star_meanwhile(1)
    expect(prompt).to_be_focused()
    expect(prompt).to_have_value("half a sen")
    assert prompt.evaluate("field => field.selectionStart") == 7
    assert page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTop") == scrolled

    tiles(studio).nth(1).dblclick()
    dialog = studio.get_by_role("dialog")
    expect(dialog).to_be_visible()
    star_meanwhile(2)
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # Scrolled far away, while another cell runs.
    notebook.run(1, wait=False)
    expect(notebook.cell(1).locator(".jp-InputPrompt")).to_have_text("[*]:")
    notebook.cell(13).scroll_into_view_if_needed()
    scrolled = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTop")
    star_meanwhile(3)
    assert page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTop") == scrolled
    (notebook.path.parent / "enough").touch()
    notebook.wait_for_run(1)
    assert page.evaluate("() => window.seen") == 0


def test_another_view_of_the_output_and_a_reload_show_the_studio_once(lab: Notebook) -> None:
    lab.open(None, STUDIO)
    make_six(lab)
    lab.cell(0).locator(".jp-OutputArea-output").first.click(button="right", position={"x": 3, "y": 3})
    lab.page.get_by_role("menuitem", name="Create New View for Cell Output").click()
    expect(lab.page.locator(".bgw-root")).to_have_count(2)
    for image in lab.page.locator("[class^=bgw-saved] img").all():
        expect(image).to_be_hidden()

    save(lab)
    lab.page.reload()
    expect(tiles(lab.widget())).to_have_count(6, timeout=SLOW_MS)
    expect(picture(lab)).to_be_hidden()


WAYS = {
    "in a function": "def look():\n    display(one)\nlook()",
    "in a layout": "ipywidgets.VBox([ipywidgets.Label('above'), one])",
    "in a displayed layout": "display(ipywidgets.VBox([one]))",
    "in an output widget": "output = ipywidgets.Output()\ndisplay(output)\nwith output:\n    display(one)",
    "twice, cleared between": "display(one)\nclear_output()\ndisplay(one)",
    "with another widget": "display(one, bg.BatchProgressDisplay(one.session))",
    "the gallery alone": "bg.BatchGalleryView(batch)",
    "nothing but the batch": "batch",
}
FINISHED = f"""
{MAKE}
import ipywidgets
from IPython.display import clear_output, display
batch = studio.session.start_batch()
batch.wait()
"""


def test_however_it_is_displayed(lab: Notebook) -> None:
    cells = [f"one = bg.BatchStudio(studio.session)\n{way}" for way in WAYS.values()]
    lab.open(None, FINISHED, *cells)
    for index in range(len(WAYS) + 1):
        lab.run(index)
    for index, way in enumerate(WAYS, start=1):
        image = lab.cell(index).get_by_alt_text("tint: 6 results, completed")
        expect(image, way).to_have_count(1)
        if way != "nothing but the batch":
            expect(tiles(lab.widget(index).first), way).to_have_count(6, timeout=SLOW_MS)
            expect(image, way).to_be_hidden()
    save(lab)
    for way, cell in zip(WAYS, nbformat.read(lab.path, 4).cells[1:], strict=False):
        assert ["image/png" in output.get("data", {}) for output in cell.outputs].count(True) == 1, way
    end_kernels(lab)
    lab.goto()
    for index in range(1, len(WAYS) + 1):
        check_shown(lab.page, lab.cell(index).get_by_alt_text("tint: 6 results, completed"))


# With the kernel back


def test_running_the_cell_again_commands_the_batch_that_runs(notebook: Notebook) -> None:
    notebook.open(None, STUDIO)
    gate = notebook.path.parent / "wait"
    gate.touch()
    notebook.run(0)
    notebook.widget().get_by_role("button", name="Generate").click()
    expect(notebook.widget().get_by_text("still at it").first).to_be_visible()
    notebook.cell(0).locator(".cm-content").click()
    notebook.page.keyboard.press("ControlOrMeta+End")
    notebook.page.keyboard.type(" # again")
    notebook.run(0, wait=False)
    expect(notebook.cell(0).locator(".jp-InputPrompt")).to_have_text("[2]:", timeout=SLOW_MS)
    studio = notebook.widget()
    expect(studio.get_by_text("still at it").first).to_be_visible()
    expect(studio.get_by_label("Batch size")).to_have_value("6")
    studio.get_by_role("button", name="Pause").click()
    expect(studio.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    gate.unlink()
    expect(tiles(studio)).to_have_count(1)
    studio.get_by_role("button", name="Resume", exact=True).click()
    wait_for_completion(studio, 6)


def test_a_batch_that_a_kernel_left_unfinished_is_resumed(lab: Notebook) -> None:
    lab.open(None, STUDIO)
    gate = lab.path.parent / "wait"
    lab.run(0)
    gate.touch()
    lab.widget().get_by_role("button", name="Generate").click()
    expect(lab.widget().get_by_text("still at it").first).to_be_visible()
    expect(picture(lab).or_(lab.cell(0).locator("[class^=bgw-saved]"))).to_contain_text("running")
    save(lab)
    end_kernels(lab)
    lab.goto()
    expect(lab.cell(0).locator("[class^=bgw-saved]")).to_be_visible(timeout=SLOW_MS)
    expect(lab.cell(0).locator("[class^=bgw-saved]")).to_contain_text("running")

    gate.unlink()
    lab.run(0)
    studio = lab.widget()
    expect(studio.get_by_text("Interrupted").first).to_be_visible()
    studio.get_by_role("button", name="Resume batch").click()
    wait_for_completion(studio, 6)
    notes: dict[str, Any] = json.loads(lab.path.read_text())
    assert notes["cells"][0]["outputs"]
