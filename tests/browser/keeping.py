"""A project with a past, and what a person does with files and with the tools of the gallery's menu."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.gallery import Gallery, box_center
from tests.browser.hosts import SLOW_MS, Notebook

# A module beside the notebook: another process makes batches with it, and code to share imports from it.
MAKERS = '''
import os
from typing import Annotated, Literal

import PIL.Image
import batchgen_widgets as bg
from PIL import ImageOps


@bg.generator
def poster(
    prompt: str = "A harbour",
    seed: int = 0,
    steps: Annotated[int, bg.Range(1, 60)] = 20,
    sampler: Literal["euler", "ddim"] = "euler",
    *,
    task: bg.TaskContext,
):
    """Paint one colour."""
    if "DIE" in os.environ and task.index == 1:
        os._exit(1)
    return {"image": PIL.Image.new("RGB", (96, 64), (seed * 40 % 256, steps * 4, 140)), "score": seed / 10}


@bg.generator
def upscale(image: PIL.Image.Image, factor: Annotated[int, bg.Range(1, 4)] = 2):
    """Make a picture larger, in other colours."""
    return ImageOps.invert(image.convert("RGB").resize((image.width * factor, image.height * factor)))


def start(session, base, size):
    session.set_base_parameters(base)
    session.set_batch_config({"batch_size": size, "variation_params": {
        "vary_seeds": True, "seed_range": [1, 6], "seed": 3}})
    return session.start_batch()


def begin():
    session = bg.BatchSession(poster, project="project", workers=1)
    start(session, {"prompt": "A boat", "steps": 12}, 2).wait()
    start(session, {"prompt": "A forest", "steps": 30, "sampler": "ddim"}, 3).wait()
    session.close()


def begin_and_die():
    begin()
    os.environ["DIE"] = "yes"
    start(bg.BatchSession(poster, project="project", workers=1), {"prompt": "A storm"}, 4).wait()
'''
POSTER_STUDIO = """
import batchgen_widgets as bg, makers
session = bg.BatchSession(makers.poster, project="project", workers=1)
studio = bg.BatchStudio(session)
studio
"""
UPSCALE_STUDIO = POSTER_STUDIO.replace("poster", "upscale")


def opened(notebook: Notebook, past: str, *cells: str) -> Gallery:
    """Open a notebook in whose project another process has made batches, and run the first cell.

    ``past`` is ``"begin"`` for two batches, of a boat and of a forest, and ``"begin_and_die"`` for a third one, of a
    storm, whose process was killed after the first of four tasks.
    """
    notebook.open(None, *cells)
    folder = notebook.path.parent
    (folder / "makers.py").write_text(MAKERS, "utf-8")
    environment = notebook.server.environment
    command = [environment.python, "-c", f"import makers; makers.{past}()"]
    done = subprocess.run(command, cwd=folder, env=environment.variables(folder), check=False)
    assert done.returncode == (past == "begin_and_die")
    notebook.run(0)
    gallery = Gallery(notebook.widget())
    expect(gallery.region).to_be_visible(timeout=SLOW_MS)
    return gallery


def value_of(notebook: Notebook, cell: int) -> Any:
    """Run a cell, and give the value that it shows."""
    notebook.run(cell)
    return ast.literal_eval(notebook.output(cell).inner_text())


def open_tool(gallery: Gallery, name: str) -> Locator:
    """Open a tool of the gallery's menu, and give its dialog."""
    gallery.button("More").click()
    gallery.page.get_by_role("menuitem", name=re.compile(f"^{name}…")).click()
    expect(gallery.dialog.get_by_role("heading", name=name, level=3)).to_be_visible()
    return gallery.dialog


def past_batches(dialog: Locator) -> Locator:
    """The rows of the history."""
    return dialog.get_by_role("listbox", name="Batches, newest first").get_by_role("option")


def choose_file(button: Locator, *paths: Path) -> None:
    """Press a button that asks for a file, and give it some."""
    with button.page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(paths)


def drop_file(target: Locator, path: Path) -> None:
    """Drag a file from the desktop to the middle of an element, and let it go there."""
    target.scroll_into_view_if_needed()
    x, y = box_center(target)
    session = target.page.context.new_cdp_session(target.page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
    session.detach()
