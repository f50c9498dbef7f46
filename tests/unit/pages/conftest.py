"""A batch with files of every kind, and a page as it is read back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg


class PageParser(HTMLParser):
    """What a browser finds in a page: elements, and the texts of scripts and style sheets."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.title = ""
        self._inside: str | None = None
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        _, attrs = self.elements[-1] if self.elements else ("", {})
        if self._inside == "script":
            name = attrs.get("id")
            if name:
                self.texts[name] = self.texts.get(name, "") + data
            else:
                self.scripts.append(data)
        elif self._inside == "style":
            self.styles.append(data)
        elif self._inside == "title":
            self.title += data

    @property
    def policy(self) -> dict[str, str]:
        """The rules of the Content-Security-Policy."""
        (found,) = (a["content"] for tag, a in self.elements if a.get("http-equiv") == "Content-Security-Policy")
        return dict(rule.split(" ", 1) for rule in (found or "").split("; "))

    def value(self, name: str) -> Any:
        """A value that the page carries."""
        return json.loads(self.texts[f"bgw-{name}"])

    def data(self, name: str) -> bytes:
        """Bytes that the page carries."""
        return base64.b64decode(self.texts.get(f"bgw-{name}", ""), validate=True)

    def media(self) -> list[int]:
        """The positions of the assets at full size, in the order of the file."""
        return [int(match[1]) for name in self.texts if (match := re.fullmatch(r"bgw-medium-(\d+)", name))]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every record."""
        nodes = [name for name in self.texts if name.startswith("bgw-records-")]
        return [record for name in nodes for record in json.loads(self.texts[name])]


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A small front end, so that these tests need none that was built."""
    static = tmp_path_factory.mktemp("static")
    (static / "page.js").write_text("(()=>{})();\n", "utf-8")
    (static / "page.css").write_text(".bgw-root{color:red}\n", "utf-8")
    (static / "licenses.txt").write_text("preact: as is\n", "utf-8")
    monkeypatch.setattr("batchgen_widgets.pages.page._STATIC", static)


@bg.generator
def mixed(prompt: str = "a lake", seed: int = 0, kind: str = "image", size: int = 64) -> Any:
    """Make an image of noise, a short clip or a short sound."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(seed)
    if kind == "sound":
        return bg.Audio(noise.uniform(-1, 1, 8000).astype("float32"), 8000)
    if kind == "clip":
        return bg.Video([noise.integers(0, 255, (32, 32, 3), np.uint8) for _ in range(4)], fps=8)
    return {"image": Image.fromarray(noise.integers(0, 255, (size, size, 3), np.uint8)), "score": seed / 2}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[bg.BatchSession]:
    with bg.BatchSession(mixed, project=tmp_path / "project", workers=2) as made:
        yield made


@pytest.fixture
def run(session: bg.BatchSession) -> Any:
    """Run a batch of images with some seeds, or of other base parameters."""

    def start(count: int = 4, **base: Any) -> bg.Batch:
        session.set_batch_config(
            {"batch_size": count, "variation_params": {"vary_seeds": True, "seed_range": (1, 9999), "seed": 5}}
        )
        batch = session.start_batch(base)
        assert batch.wait(30)
        return batch

    return start
