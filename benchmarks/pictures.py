"""Batches of many small pictures, made once and kept in the directory for temporary files."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

import batchgen_widgets as bg

__all__ = ["picture_batch", "pictures"]

SIDE = 256
_CANVAS = 1024
# Size and weight of what is in the picture: with these a thumbnail has about 9 kB, as those of photographs have.
_DETAILS = ((8, 0.6), (32, 0.3), (256, 0.35))


@cache
def _canvas() -> Image.Image:
    random = np.random.default_rng(0)

    def channel() -> Any:
        spots = [(Image.fromarray(random.random((cells, cells), np.float32)), weight) for cells, weight in _DETAILS]
        return sum(
            weight * np.asarray(spot.resize((_CANVAS, _CANVAS), Image.Resampling.BICUBIC)) for spot, weight in spots
        )

    values = np.stack([channel() for _ in range(3)], axis=-1)
    return Image.fromarray((255 * (values - values.min()) / np.ptp(values)).astype(np.uint8))


@bg.generator
def pictures(prompt: str = "A quiet harbour at night", seed: int = 0, cfg_scale: float = 7.0) -> Any:
    """Cut a picture out of a large one, as a JPEG: that is quick, and no two are the same."""
    random = Random(seed)
    left, top = random.randrange(_CANVAS - SIDE), random.randrange(_CANVAS - SIDE)
    file = io.BytesIO()
    _canvas().crop((left, top, left + SIDE, top + SIDE)).save(file, "JPEG", quality=80)
    return {"image": file.getvalue(), "score": round(random.random(), 3)}


def picture_batch(count: int, say: Callable[[str], None]) -> Path:
    """Give the directory of a project with one batch of that many pictures; it is made when there is none."""
    place = Path(tempfile.gettempdir()) / "batchgen-bench-gallery" / f"{count}"
    if place.exists():
        return place
    say(f"making {count:,} pictures, once")
    unfinished = place.with_name(f"{place.name}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    _canvas()
    with bg.BatchSession(pictures, project=unfinished, workers=2) as session:
        varied = {"vary_seeds": True, "vary_parameters": True, "parameter_ranges": {"cfg_scale": [1.0, 20.0]}}
        session.set_batch_config({"batch_size": count, "variation_params": {**varied, "seed": 1}})
        batch = session.start_batch()
        batch.wait()
        assert len(batch.results) == count, batch.failures
    unfinished.rename(place)
    return place
