"""Notebooks that a program runs in a real kernel, with no page: what their cells show afterwards."""

from __future__ import annotations

import base64
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
MAKE = """
import batchgen_widgets as bg
from PIL import Image

@bg.generator
def tint(seed: int = 0, *, task: bg.TaskContext):
    return Image.new("RGB", (96, 64), [(200, 30, 30), (30, 160, 60), (40, 70, 200)][task.index])

studio = bg.BatchStudio(tint, project="project")
session = studio.session
session.set_batch_config({"batch_size": 3})
"""


def run(folder: Path, *cells: str) -> list[list[Any]]:
    """Run cells in one kernel, and give their outputs."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "default"}
    client = nbclient.NotebookClient(book, timeout=60, resources={"metadata": {"path": str(folder)}})
    client.execute(env=env)
    nbformat.validate(book)
    assert "warning" not in nbformat.writes(book).lower()
    return [cell.outputs for cell in book.cells]


def words(outputs: list[Any]) -> list[str]:
    return [output.data["text/plain"].splitlines()[0] for output in outputs]


def first_tile(output: Any) -> tuple[int, ...]:
    """The colour that has the most pixels in the upper half of the left third of a picture."""
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB"))
    corner = pixels[: pixels.shape[0] * 3 // 4, : pixels.shape[1] // 3].reshape(-1, 3)
    strong = corner[(corner.max(axis=1).astype(int) - corner.min(axis=1)) > 100]
    colours, counts = np.unique(strong, axis=0, return_counts=True)
    return tuple(map(int, colours[counts.argmax()]))


@pytest.mark.timeout(120)
def test_the_studio_shows_what_later_cells_made(tmp_path):
    shown, made, again = run(
        tmp_path,
        MAKE + "studio",
        "batch = session.start_batch()\nbatch.wait()\nsession.set_marks([batch.tasks[2].assets[0]], 'favorite')",
        "batch",
    )
    assert len(shown) == 2
    assert words(shown)[1] == "tint: 3 results, 1 favorite, completed"
    assert first_tile(shown[1]) == pytest.approx((40, 70, 200), abs=12)
    assert made == []
    assert words(again) == ["tint: 3 results, 1 favorite, completed"]

    # In another kernel, the same cell shows the same batch at once.
    (shown,) = run(tmp_path, MAKE + "studio")
    assert words(shown)[1] == "tint: 3 results, 1 favorite, completed"


@pytest.mark.timeout(120)
def test_layouts_and_captured_outputs(tmp_path):
    _, layout, captured, silent = run(
        tmp_path,
        MAKE + "session.start_batch().wait()",
        "import ipywidgets\nipywidgets.HBox([studio])",
        "%%capture\nfrom IPython.display import display\ndisplay(studio)",
        "studio;",
    )
    assert words(layout)[1] == "tint: 3 results, completed"
    assert captured == silent == []
