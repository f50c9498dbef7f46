"""A project to look at, which nobody has open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg


@bg.generator
def dots(prompt: str = "dots", seed: int = 0) -> Any:
    """Draw a picture of one colour."""
    return {"image": Image.new("RGB", (32, 32), (seed % 256, 90, 120)), "score": seed / 2}


@pytest.fixture
def batch(root: Path) -> bg.Batch:
    """Five pictures: one a favorite, one discarded, one in the trash."""
    with bg.BatchSession(dots, root) as session:
        session.set_batch_config({"batch_size": 5, "variation_params": {"vary_seeds": True, "seed": 5}})
        made = session.start_batch()
        assert made.wait(20)
        session.set_marks([made.results[0]], "favorite")
        session.set_marks([made.results[1]], "discarded")
        session.project.trash(made.results[4])
    return made
