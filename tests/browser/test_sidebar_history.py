"""What ran before, of projects with a kernel and without one: listed, searched, and looked at without a trace."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.gallery import Gallery
from tests.browser.hosts import SLOW_MS, TOKEN, Server
from tests.browser.installed import run
from tests.browser.lab import LabNotebook, Shell, ask, save_settings
from tests.browser.sidebar import BEGIN, Panel, end_kernels, release

pytestmark = pytest.mark.timeout(240)

PLUGIN = "batchgen-widgets:plugin"

# Seven batches of pictures larger than a thumbnail, then a video, then a sound.
MAKE = """
import sys
import batchgen_widgets as bg

def make(generator, count=1, **params):
    with bg.BatchSession(generator, project=sys.argv[1]) as session:
        session.set_batch_config({"batch_size": count, "variation_params": {"vary_seeds": True}})
        batch = session.start_batch(params)
        batch.wait()
        assert batch.status == "completed", batch

for place in ("harbour", "forest", "desert", "city", "canyon", "meadow", "ocean"):
    make(bg.demos.landscape, 3 if place == "forest" else 1, prompt=place, width=768, height=512, steps=1)
make(bg.demos.drift, width=64, height=64, seconds=0.5, fps=8)
make(bg.demos.chime, duration=0.5)
"""


@pytest.fixture(scope="module")
def stored(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project under the server's root, made by a process that is gone."""
    project = server.root / f"stored-{os.urandom(4).hex()}" / "studies"
    home = tmp_path_factory.mktemp("home")
    made = server.environment
    run(made.python, "-c", MAKE, project, cwd=home, env=made.variables(home))
    return project


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """A page of JupyterLab that looks for sessions every second; no kernel runs."""
    made = context.new_page()
    end_kernels(made, server)
    save_settings(made, server, PLUGIN, {"refreshSeconds": 1})
    yield made
    end_kernels(made, server)


class History:
    """A project in the history of the panel."""

    def __init__(self, panel: Panel, project: str) -> None:
        self.page = panel.region.page
        projects = panel.region.get_by_role("list", name="Projects")
        self.project = projects.locator(".bgw-lab-project").filter(has_text=project)
        self.batches = self.project.get_by_role("list", name=re.compile("^Batches of"))
        self.search = self.project.get_by_role("searchbox")

    def unfold(self) -> None:
        """Show the batches."""
        button = self.project.get_by_role("heading").get_by_role("button")
        expect(button).to_be_visible(timeout=SLOW_MS)
        if button.get_attribute("aria-expanded") != "true":
            button.click()

    def batch(self, text: str) -> Locator:
        """The batch with these words."""
        return self.batches.get_by_role("button").filter(has_text=text)

    def open(self, text: str, title: str) -> Locator:
        """Open a batch as a tab, and give what it shows."""
        self.batch(text).click()
        return Shell(self.page).content(re.compile(f"^{title}, "))


def open_lab(page: Page, server: Server) -> Shell:
    """JupyterLab without any notebook."""
    page.goto(f"{server.url}/lab/workspaces/{os.urandom(4).hex()}?token={TOKEN}", timeout=SLOW_MS)
    return Shell(page)


def expect_pictures(within: Locator, count: int, width: int) -> None:
    """Wait until real pictures are to be seen."""
    pictures = within.locator("img")
    expect(pictures).to_have_count(count, timeout=SLOW_MS)
    for picture in pictures.all():
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") == width


def content_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file in a folder: what is in it, and when it was written."""
    return {
        file.relative_to(folder).as_posix(): (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_project_without_a_kernel_is_looked_at_without_a_trace(page: Page, server: Server, stored: Path) -> None:
    before = content_of(stored)
    folders = sorted(path for path in stored.rglob("*") if path.is_dir())
    assert "batchgen.db" in before
    shell = open_lab(page, server)
    history = History(Panel(shell), stored.parent.name)
    history.unfold()
    expect(history.project).to_contain_text("9 batches", timeout=SLOW_MS)
    listed = history.batches.get_by_role("listitem")
    # Only those on screen exist.
    expect(listed.first).to_have_attribute("aria-setsize", "9")
    history.search.fill("forest")
    expect(listed).to_have_count(1)
    expect_pictures(listed, 3, 256)
    gallery = Gallery(history.open("forest", "landscape"))
    expect(gallery.tiles).to_have_count(3, timeout=SLOW_MS)
    expect_pictures(gallery.grid, 3, 256)

    # There is nothing to mark with, and the keys of the cell do nothing.
    gallery.tile(0).hover()
    expect(gallery.tile(0).get_by_role("button", name="Select")).to_be_visible()
    for name in ("Favorite", "Discard"):
        expect(gallery.region.get_by_role("button", name=name)).to_have_count(0)
    gallery.focus(0)
    gallery.press("f", "x", "u", "Delete", "Control+z", "ArrowRight")
    expect(gallery.tile(1)).to_be_focused()
    gallery.expect_marks(All=3, Favorites=0, Discarded=0)

    gallery.press(" ")
    expect(gallery.dialog.get_by_text("2 of 3")).to_be_visible()
    expect(gallery.dialog.get_by_role("img").first).to_have_js_property("naturalWidth", 768)
    gallery.press("f", "x")
    expect(gallery.dialog.get_by_role("button", name="Favorite")).to_have_count(0)
    gallery.press("Escape")
    expect(gallery.dialog).to_be_hidden()
    gallery.expect_marks(Favorites=0, Discarded=0)

    for generator, element in (("drift", "video"), ("chime", "audio")):
        history.search.fill(generator)
        expect(listed).to_have_count(1)
        gallery = Gallery(history.open(generator, generator))
        gallery.tile(0).click()
        media = gallery.dialog.locator(element)
        expect(media).to_have_js_property("duration", 0.5)
        media.evaluate("async element => { element.muted = true; await element.play(); element.pause(); }")
        expect(media).to_have_js_property("error", None)
        gallery.press("Escape")
        expect(gallery.dialog).to_be_hidden()

    assert content_of(stored) == before
    assert sorted(path for path in stored.rglob("*") if path.is_dir()) == folders


def test_a_project_outside_of_the_root_is_read_through_its_kernel(page: Page, server: Server, tmp_path: Path) -> None:
    project = tmp_path / "elsewhere"
    book = LabNotebook(page, server)
    book.open(None, BEGIN.replace('project="project"', f"project={str(project)!r}"), "session.close()")
    release(book, 0, 1, 2, 3)
    book.run(0)
    panel = Panel(book.shell)
    panel.expect_status("Completed")
    found = ask(page, server, "GET", "batchgen/api/projects")["projects"]
    assert "elsewhere" not in {entry["name"] for entry in found}
    history = History(panel, "elsewhere")
    history.unfold()
    expect(history.batch("dots")).to_contain_text("4 results", timeout=SLOW_MS)
    expect_pictures(history.batch("dots"), 4, 64)
    gallery = Gallery(history.open("dots", "dots"))
    expect(gallery.tiles).to_have_count(4, timeout=SLOW_MS)
    gallery.wait_for_pictures()
    gallery.tile(2).click()
    expect(gallery.dialog.get_by_text("3 of 4")).to_be_visible()
    expect(gallery.dialog.get_by_role("img").first).to_have_js_property("naturalWidth", 64)
    gallery.press("Escape")

    # Nobody else may read it: it leaves with its session.
    book.shell.activate(book.path.name)
    book.run(1)
    expect(history.project).to_have_count(0, timeout=SLOW_MS)


def test_what_a_dead_kernel_made_stays(page: Page, server: Server) -> None:
    book = LabNotebook(page, server)
    book.open(None, BEGIN)
    book.run(0)
    panel = Panel(book.shell)
    panel.expect_status("Running")
    history = History(panel, book.path.parent.name)
    history.unfold()
    row = history.batch("dots")
    expect(row).to_contain_text("0 results", timeout=SLOW_MS)
    # The row follows what runs.
    release(book, 0)
    panel.expect_done(1)
    expect(row).to_contain_text("1 result")
    expect_pictures(row, 1, 64)
    expect(row.locator(".bgw-badge")).to_have_text("Running")
    release(book, 1)
    expect(row).to_contain_text("2 results")
    gallery = Gallery(history.open("dots", "dots"))
    expect(gallery.tiles).to_have_count(2, timeout=SLOW_MS)

    os.kill(int((book.path.parent / "process").read_text()), signal.SIGKILL)
    book.shell.answer("Ok")
    panel.expect_nothing()
    expect(row).to_contain_text("2 results")
    expect_pictures(row, 2, 64)
    gallery.wait_for_pictures()
    gallery.tile(1).click()
    expect(gallery.dialog.get_by_text("2 of 2")).to_be_visible()
    expect(gallery.dialog.get_by_role("img").first).to_have_js_property("naturalWidth", 64)
    gallery.press("Escape")
    book.shut_down_kernel()
    # Who comes later finds it, too.
    history = History(Panel(open_lab(page, server)), book.path.parent.name)
    history.unfold()
    expect(history.batch("dots")).to_contain_text("2 results", timeout=SLOW_MS)


REQUEST = """
async path => {
  const token = document.cookie.match(/_xsrf=([^;]+)/)[1];
  const body = JSON.stringify({ path, method: "gallery.open", params: { batch: null, revision: "" } });
  const answer = await fetch("/batchgen/api/request", { method: "POST", headers: { "X-XSRFToken": token }, body });
  return [answer.status, answer.status === 200 ? "" : (await answer.json()).message];
}
"""


@pytest.fixture
def hostile(server: Server, stored: Path, tmp_path: Path) -> Iterator[list[str]]:
    """Paths that lead out of the root, or nowhere."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "batchgen.db").write_bytes((stored / "batchgen.db").read_bytes())
    link = server.root / f"link-{os.urandom(4).hex()}"
    link.symlink_to(outside)
    inside = stored.relative_to(server.root).as_posix()
    up = "../" * (len(server.root.parts) + 2)
    yield [
        str(outside),
        f"{up}{str(outside).lstrip('/')}",
        f"{inside}/{up}{str(outside).lstrip('/')}",
        link.name,
        f"{link.name}/batchgen.db",
        "../config",
        "..\\config",
        "%2e%2e/config",
        f"{inside}/batchgen.db",
        f"{inside}\0",
        "no such place",
        "/etc/passwd",
        "~",
    ]
    link.unlink()


def test_nobody_gets_what_is_not_theirs(page: Page, server: Server, stored: Path, hostile: list[str]) -> None:
    expect(open_lab(page, server).side_tab("Batches")).to_be_visible(timeout=SLOW_MS)
    inside = stored.relative_to(server.root).as_posix()
    assert page.evaluate(REQUEST, inside)[0] == 200
    # One answer for all, so that it tells nothing of what is there.
    assert {tuple(page.evaluate(REQUEST, path)) for path in hostile} == {
        (404, "there is no project and no archive at that path")
    }
    found = {entry["path"] for entry in ask(page, server, "GET", "batchgen/api/projects")["projects"]}
    assert inside in found
    assert not any(path.startswith("link-") for path in found)

    def refused(path: str, data: Any = None) -> int:
        body = None if data is None else json.dumps(data).encode()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{server.url}/batchgen/api/{path}", body, timeout=20)
        caught.value.close()
        return caught.value.code

    asked = {"path": inside, "method": "history.get", "params": {}}
    assert [refused("kernels"), refused("projects"), refused("request", asked)] == [403, 403, 403]
