"""One project in which everything that has a text has a hostile one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.texts import whole

from .hostile import ALL, TEXTS

NAME = " ".join(TEXTS.values())
"""A text with all the others."""

MAKER = whole(NAME)[:900]
"""As a name of a generator may be."""


@bg.generator(name=MAKER)
def hostile(prompt: str = "calm", note: str = "", seed: int = 0, *, task: bg.TaskContext) -> Any:
    """<img src=x onerror=alert(1)> \u202e describes itself."""
    task.progress(0.5, prompt)
    print(prompt)
    if note == "fail":
        raise ValueError(prompt)
    return {
        f"image {prompt}": Image.new("RGB", (48, 32), (seed % 256, 90, 120)),
        f"score {prompt}": 0.5,
        "said": prompt,
    }


@bg.generator(name=f"again {MAKER}")
def again(picture: Image.Image, prompt: str = "") -> Any:
    return picture.resize((24, 16))


@dataclass(frozen=True)
class Place:
    """A project, and what is in it."""

    session: bg.BatchSession
    made: bg.Batch
    """One result for each text, in the order of the table."""
    failed: bg.Batch
    """One failure for each text."""
    child: bg.Batch
    """Made from the first results."""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root: Path = tmp_path_factory.mktemp("hostile") / "pro\x1b[2Jject <b>\u202ex"
    prompts = {"strategy": "grid", "vary_prompts": True, "prompt_variations": list(ALL.values()), "vary_seeds": False}
    config = {"batch_size": len(ALL), "variation_params": prompts}
    with bg.BatchSession(hostile, project=root, workers=2) as session:
        made = session.start_batch({"note": NAME}, config=config)
        failed = session.start_batch({"note": "fail"}, config=config)
        assert made.wait(60)
        assert failed.wait(60)
        assert (made.failed_count, failed.failed_count) == (0, len(ALL))
        with bg.BatchSession(again, project=root) as other:
            child = other.start_batch({"prompt": NAME}, inputs={"picture": made.results[:3]}, config={"batch_size": 3})
            assert child.wait(60)
        for asset, text in zip(made.results, ALL.values(), strict=True):
            session.project.import_review(_review(made, asset.id, text))
        session.toggle_favorite(made.results[0]) if hasattr(session, "toggle_favorite") else None
        yield Place(session, made, failed, child)


def _review(batch: bg.Batch, asset_id: str, text: str) -> bytes:
    entry = {"asset": asset_id, "mark": "favorite", "note": text[:2000]}
    head = {"format": "batchgen-review", "version": 1, "batch": batch.id, "title": text[:1000]}
    reviewer = text.strip()[:80] or "nobody"
    return json.dumps({**head, "reviewer": reviewer, "made_at": "2026-01-01T00:00:00Z", "marks": [entry]}).encode()
