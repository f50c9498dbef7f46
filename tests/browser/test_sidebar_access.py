"""The sidebar for everybody: no axe-core violation, everything by keys, a calm voice, room enough at any width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.gallery import Gallery
from tests.browser.hosts import SLOW_MS, Server, tab_to
from tests.browser.lab import LabNotebook, ask, save_settings
from tests.browser.sidebar import Panel, end_kernels

pytestmark = pytest.mark.timeout(240)

PLUGIN = "batchgen-widgets:plugin"
# The last task waits for a file, the second one always fails; the name is as long as names get.
CELL = """
import time
from pathlib import Path
import batchgen_widgets as bg
from PIL import Image

@bg.generator
def paint_with_everything_there_is_on_the_shelf(seed: int = 0, *, task: bg.TaskContext):
    if task.index == 1:
        raise ValueError("no paint left " + "for_a_word_without_an_end" * 8)
    while task.index == 3 and not Path("go").exists():
        time.sleep(0.01)
        task.progress(0.5, "waiting")
    return Image.new("RGB", (64, 48), (40 * task.index, 90, 140))

session = bg.BatchSession(paint_with_everything_there_is_on_the_shelf, project="PROJECT", workers=1)
for size in (3, 2, 1, 1, 1, 1, 4):
    session.set_batch_config({"batch_size": size, "variation_params": {"vary_seeds": True}})
    batch = session.start_batch()
    if size < 4:
        batch.wait()
"""
GENERATOR = "paint_with_everything_there_is_on_the_shelf"
DONE = "3 of 4 done"

Opened = tuple[LabNotebook, Panel]

# What is wider than the panel or cut off in it. Texts that end in an ellipsis are whole in a title.
CUT_OFF = """
root => {
  const edges = root.getBoundingClientRect();
  const right = edges.left + root.clientWidth;
  const cut = element => {
    const box = element.getBoundingClientRect();
    if (!box.width || element.closest(".bgw-sr-only, .bgw-lab-cut, .bgw-thumb, svg")) return false;
    if (box.right > right + 1 || box.left < edges.left - 1) return true;
    const isBox = getComputedStyle(element).overflowX !== "visible" && element.tagName !== "INPUT";
    return isBox && element.scrollWidth > element.clientWidth + 1;
  };
  const found = [root, ...root.querySelectorAll("*")].filter(cut);
  return found.map(element => `${element.tagName} ${element.className}: ${element.textContent.slice(0, 40)}`);
}
"""
# Motion that goes on for ever, of what is on screen.
MOVING = """
() => document.getAnimations()
  .filter(({ playState, effect }) =>
    playState === "running" && effect.getTiming().iterations === Infinity && effect.target?.closest(".bgw-root"))
  .map(({ effect }) => effect.target.outerHTML.slice(0, 120))
"""


@pytest.fixture
def open_panel(context: BrowserContext, server: Server) -> Iterator[Callable[..., Opened]]:
    """Run the cell in JupyterLab, and give the notebook with the panel beside it, at the batch's last task."""
    opened = LabNotebook(context.new_page(), server)

    def begin(project: str, theme: str = "light") -> Opened:
        end_kernels(opened.page, server)
        save_settings(opened.page, server, PLUGIN, {"refreshSeconds": 1, "notifications": "never"})
        opened.use_theme(theme)
        opened.open(None, CELL.replace("PROJECT", project))
        opened.run(0)
        panel = Panel(opened.shell)
        expect(panel.card(GENERATOR).get_by_text(DONE)).to_be_visible(timeout=SLOW_MS)
        return opened, panel

    yield begin
    opened.use_theme("light")


def let_go(notebook: LabNotebook) -> None:
    """Let the last task end."""
    (notebook.path.parent / "go").touch()


def open_project(panel: Panel, project: str) -> Locator:
    """Unfold a project of the history, and give its batches."""
    head = panel.region.get_by_role("button", name=re.compile(f"^{project}"))
    expect(head).to_be_visible(timeout=SLOW_MS)
    if head.get_attribute("aria-expanded") == "false":
        head.click()
    batches = panel.region.get_by_role("list", name=f"Batches of {project}, newest first")
    expect(batches.locator("img").first).to_be_visible(timeout=SLOW_MS)
    return batches


def by_palette(page: Page, command: str) -> None:
    """Choose a command with keys alone."""
    page.keyboard.press("Control+Shift+C")
    expect(page.get_by_role("region", name="Command Palette Section").get_by_placeholder("SEARCH")).to_be_focused()
    page.keyboard.type(command)
    active = page.locator("#modal-command-palette .lm-CommandPalette-item.lm-mod-active")
    expect(active).to_contain_text(command)
    page.keyboard.press("Enter")


def expect_focus_in(target: Locator) -> None:
    """Wait until the focus is on something, or in it."""
    expect(target.and_(target.page.locator(":focus-within"))).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_in_panel_tabs_and_status(open_panel: Callable[..., Opened], theme: str) -> None:
    project = f"painted-{theme}"
    notebook, panel = open_panel(project, theme)
    card = panel.card(GENERATOR)

    def check(state: str) -> None:
        assert notebook.violations() == [], state

    batches = open_project(panel, project)
    expect(notebook.shell.status_bar.get_by_role("button", name=re.compile("1 batch running"))).to_be_visible()
    check("running, with a failure and history")
    card.get_by_role("button", name=re.compile("^1 failed")).click()
    panel.region.get_by_role("button", name="Filters").first.click()
    check("failures and filters unfolded")
    card.get_by_role("button", name="Pause").click()
    expect(card.get_by_role("button", name="Resume")).to_be_visible()
    card.get_by_role("button", name="More views").click()
    check("paused, with a menu")
    notebook.page.keyboard.press("Escape")
    for view in ("Open gallery", "Open progress", "Open lineage"):
        if view == "Open gallery":
            card.get_by_role("button", name=view).click()
        else:
            card.get_by_role("button", name="More views").click()
            notebook.page.get_by_role("menuitem", name=view).click()
        tab = notebook.shell.content(f"{GENERATOR} {view.split()[1]}")
        expect(tab.locator(".bgw-panel")).to_be_visible(timeout=SLOW_MS)
        expect(tab.locator("img, li").first).to_be_visible(timeout=SLOW_MS)
        check(view)
    batches.get_by_role("button").nth(1).click()
    expect(notebook.page.get_by_text("Read only")).to_be_visible(timeout=SLOW_MS)
    check("an earlier batch")
    notebook.shell.activate(f"{GENERATOR} gallery")
    ask(notebook.page, notebook.server, "DELETE", f"api/sessions/{notebook.session()['id']}")
    expect(notebook.page.get_by_text("it comes back by itself").first).to_be_visible(timeout=SLOW_MS)
    expect(card).to_have_count(0)
    check("a tab whose kernel is gone, and no session")


def test_all_of_it_by_keyboard_alone(open_panel: Callable[..., Opened]) -> None:
    notebook, panel = open_panel("painted-by-keys")
    page, shell, region = notebook.page, notebook.shell, panel.region
    card = panel.card(GENERATOR)
    voice = region.locator("[aria-live]")
    expect(voice).to_have_count(1)
    shell.activate(notebook.path.name)

    by_palette(page, "Open Batches")
    expect_focus_in(region)
    tab_to(page, card.get_by_role("button", name="Pause"))
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Resume")).to_be_focused()
    expect(voice).to_contain_text("Paused")
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Pause")).to_be_focused()

    tab_to(page, card.get_by_role("button", name="Open gallery"))
    page.keyboard.press("Enter")
    shell.expect_active(f"{GENERATOR} gallery")
    frame = shell.content(f"{GENERATOR} gallery")
    expect_focus_in(frame)
    gallery = Gallery(frame)
    expect(gallery.tiles).to_have_count(2)
    tab_to(page, gallery.tiles.first)
    gallery.press("f")
    gallery.expect_marks(Favorites=1)

    by_palette(page, "Open Batches")
    expect_focus_in(region)
    tab_to(page, card.get_by_role("button", name="Cancel"))
    let_go(notebook)
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    expect_focus_in(card)
    expect(voice).to_contain_text("completed")

    tab_to(page, card.get_by_role("button", name="Open gallery"))
    ask(page, notebook.server, "DELETE", f"api/sessions/{notebook.session()['id']}")
    expect(card).to_have_count(0, timeout=SLOW_MS)
    expect_focus_in(region)
    page.keyboard.press("Tab")
    expect_focus_in(region)


def test_narrow_enlarged_and_without_motion(open_panel: Callable[..., Opened]) -> None:
    project = "painted-" + "with_a_name_without_an_end_" * 3
    notebook, panel = open_panel(project)
    page = notebook.page
    lab = panel.region.locator(".bgw-lab")
    card = panel.card(GENERATOR)
    open_project(panel, project)
    card.get_by_role("button", name=re.compile("^1 failed")).click()

    handle = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle").filter(visible=True).first
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, 400)
    page.mouse.down()
    page.mouse.move(60, 400, steps=4)
    page.mouse.up()
    expect(panel.region).to_have_css("width", "250px")
    assert lab.evaluate(CUT_OFF) == []

    # As at 200 %: half as many pixels of CSS both ways.
    page.set_viewport_size({"width": 640, "height": 450})
    assert lab.evaluate(CUT_OFF) == []
    card.get_by_role("button", name="Open gallery").click()
    frame = notebook.shell.content(f"{GENERATOR} gallery")
    expect(frame.get_by_role("gridcell").first).to_be_visible(timeout=SLOW_MS)
    assert frame.evaluate("element => element.scrollWidth <= element.clientWidth")

    assert page.evaluate(MOVING)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == []
