"""A notebook under papermill: other parameters, a batch that runs to its end, and an output that people can read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

import batchgen_widgets as bg

pytest.importorskip("papermill")

CELLS = [
    ("parameters", 'prompt = "a default"\ncount = 2\nproject = "not given"'),
    ("", "import time\nimport batchgen_widgets as bg\nfrom PIL import Image"),
    (
        "",
        """
@bg.generator
def poster(prompt: str = "x", seed: int = 0, *, task: bg.TaskContext):
    for step in range(20):
        task.progress(step / 20, f"step {step}")
        time.sleep(0.002)
    return Image.effect_noise((512, 512), 60 + seed % 50).convert("RGB")
""",
    ),
    ("", "studio = bg.BatchStudio(poster, project=project)\nstudio"),
    (
        "",
        """
session = studio.session
session.set_batch_config({"batch_size": count, "variation_params": {"vary_seeds": True, "seed": 1}})
batch = session.start_batch({"prompt": prompt})
finished = batch.wait(progress=True)
finished, batch.completed_count
""",
    ),
    ("", "batch.wait()"),
    ("", "session.close()"),
]


def write(path: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source.strip(), metadata={"tags": [tag] if tag else []}) for tag, source in CELLS
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, path)


def text_of(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_batch_runs_with_other_parameters(tmp_path: Path):
    write(tmp_path / "in.ipynb")
    project, prompt = tmp_path / "p", 'it\'s "other"\n日本 \\'
    parameters = {"prompt": prompt, "count": 40, "project": str(project)}
    (tmp_path / "parameters.json").write_text(json.dumps(parameters), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-f", "parameters.json", "--no-progress-bar"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=170,
        env={**os.environ, "PYTHONPATH": str(Path(bg.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr

    (batch,) = bg.Project(project).batches()
    assert (batch.status, batch.completed_count) == ("completed", 40)
    assert {task.params["prompt"] for task in batch.tasks} == {prompt}

    saved = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    # Papermill adds a cell with the parameters behind the one that is tagged.
    assert saved.cells[1].metadata.tags == ["injected-parameters"]
    running, silent = saved.cells[5], saved.cells[6]
    progress = text_of(running)
    assert "\r" not in progress
    assert "\x1b" not in progress
    # One line at its beginning and one at its end, and one every ten seconds between them.
    lines = progress.splitlines()
    assert 1 <= len(lines) <= 2 + batch_seconds(batch) // 10 + 1, progress
    assert lines[-1].startswith("poster: 100%|")
    assert lines[-1].endswith("completed]")
    assert running.outputs[-1].data["text/plain"] == "(True, 40)"
    # Nobody looks at a terminal, so nothing is drawn unasked.
    assert text_of(silent) == ""
    # 40 pictures of noise were made; none of them is in the notebook.
    assert sum(asset.file_size for asset in batch.results) > 5_000_000
    assert (tmp_path / "out.ipynb").stat().st_size < 400_000


def batch_seconds(batch: bg.Batch) -> float:
    assert batch.started_at
    assert batch.completed_at
    return (batch.completed_at - batch.started_at).total_seconds()
