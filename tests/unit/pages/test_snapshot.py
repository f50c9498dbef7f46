"""The picture of a batch for places without widgets: bounded, readable, and nothing but a picture."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.pages import Snapshot, snapshot, snapshot_of_results

COLOURS = [(200, 30, 30), (30, 160, 60), (40, 70, 200), (220, 180, 40), (150, 40, 170), (20, 170, 180)]
HOSTILE = (
    "<img src=x onerror=alert(1)>\"'</div><script>alert(2)</script>",
    "fair\u202eexe.gnp",
    "a\x00\x1b[31m\x07\r\nb\u2028c",
    "\ud800 half",
)


@bg.generator
def flat(prompt: str = "colours", seed: int = 0, colour: int = 0) -> Any:
    return Image.new("RGB", (96, 64), COLOURS[colour % len(COLOURS)])


@bg.generator
def noise(seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 255, (300, 400, 3), np.uint8)


@pytest.fixture
def run(open_session: Callable[..., bg.BatchSession]) -> Callable[..., tuple[bg.BatchSession, bg.Batch]]:
    def start(generator: Any, base: dict[str, Any] | None = None, **config: Any) -> tuple[bg.BatchSession, bg.Batch]:
        session = open_session(generator, workers=1)
        session.set_batch_config(config)
        batch = session.start_batch(base or {})
        assert batch.wait(60)
        return session, batch

    return start


def colours(run: Any, count: int = 6) -> tuple[bg.BatchSession, bg.Batch]:
    ranges = {"colour": list(range(count))}
    varied = {"vary_seeds": False, "vary_parameters": True, "parameter_ranges": ranges, "strategy": "grid"}
    return run(flat, batch_size=1, variation_params=varied)


def webp(shown: Snapshot) -> Image.Image:
    found = re.search(r'src="data:image/webp;base64,([^"]+)"', shown.html)
    assert found
    return Image.open(BytesIO(base64.b64decode(found[1]))).convert("RGB")


def png(shown: Snapshot) -> Image.Image:
    assert shown.png
    return Image.open(BytesIO(shown.png)).convert("RGB")


def order(picture: Image.Image) -> list[int]:
    """Which of the colours a picture shows, in reading order."""
    pixels = np.asarray(picture).astype(int)
    found = []
    for index, colour in enumerate(COLOURS):
        rows, columns = np.where((abs(pixels - colour) < 25).all(axis=2))
        if len(rows) > 400:
            found.append((int(np.median(rows)) // 40, int(np.median(columns)), index))
    return [index for _, _, index in sorted(found)]


def size(shown: Snapshot) -> int:
    """Bytes in the notebook's file, which writes what is not ASCII as it is."""
    return len(json.dumps(shown.bundle, ensure_ascii=False).encode("utf-8", "surrogatepass"))


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_favorites_come_first_in_every_form(run):
    session, batch = colours(run)
    by_colour = {asset.params["colour"]: asset for asset in batch.results}
    session.set_marks([by_colour[3], by_colour[5]], "favorite")
    session.set_marks([by_colour[0]], "discarded")
    shown = snapshot(batch)

    assert order(png(shown)) == order(webp(shown)) == [3, 5, 1, 2, 4]
    lines = shown.text.splitlines()
    assert lines[0] == "flat: 5 of 6 results, 2 favorites, completed"
    assert lines[1] == "colours, seed 0"
    assert lines[2:] == ["★ colour 3", "★ colour 5", "colour 1", "colour 2", "colour 4"]
    ((tag, attributes),) = Tags(shown.html).tags
    assert (tag, attributes["alt"]) == ("img", lines[0])
    assert shown == snapshot(batch)


def test_a_star_and_a_discard_change_the_picture(run):
    session, batch = colours(run)
    before = snapshot(batch)
    session.set_marks([batch.results[0]], "favorite")
    starred = snapshot(batch)
    assert len({before.png, starred.png}) == len({before.html, starred.html}) == 2
    session.undo()
    assert snapshot(batch) == before
    session.set_marks(batch.results, "discarded")
    assert len(order(png(snapshot(batch)))) == 0  # faded
    assert snapshot(batch).text.startswith("flat: 6 results, completed")


def test_it_stays_below_its_limit(run):
    """Noise is what takes the most bytes."""
    _, batch = run(noise, batch_size=26, variation_params={"vary_seeds": True, "seed": 1})
    for limit in (300_000, 100_000, 30_000):
        shown = snapshot(batch, limit)
        assert limit / 2 < size(shown) <= limit
        for picture in (webp(shown), png(shown)):
            assert min(picture.size) >= 100
            assert np.asarray(picture).std() > 20
        if limit == 300_000:
            assert 'alt="noise: 24 of 26 results' in shown.html
    for limit in (8_000, 2_000):
        shown = snapshot(batch, limit)
        assert size(shown) <= limit
        assert shown.png is None
        assert "<img" not in shown.html
        assert "noise: 24 of 26 results" in shown.html


def test_without_results_there_are_words(open_session, gate):
    session = open_session(gate, tasks=3)
    session.pause()
    batch = session.start_batch()
    shown = snapshot(batch)
    assert shown.png is None
    assert shown.text.splitlines()[0] == f"{batch.generator}: paused, 3 tasks"
    assert "varied: seed" in shown.text
    assert Tags(shown.html).words == shown.text.splitlines()


def test_failures_are_counted(run):
    @bg.generator
    def picky(seed: int = 0, *, task: bg.TaskContext) -> Any:
        if task.index % 2:
            raise ValueError("no")
        return Image.new("RGB", (40, 40), "teal")

    _, batch = run(picky, batch_size=5, variation_params={"vary_seeds": True})
    assert snapshot(batch).text.splitlines()[0] == "picky: 3 results, 2 failed, completed"


@pytest.mark.parametrize("demo", ["chime", "clip"])
def test_sounds_and_clips_show_waveforms_and_posters(run, demo):
    @bg.generator
    def chime(seed: int = 0) -> Any:
        return bg.Audio(np.sin(np.arange(8000) / (9 + seed)).astype(np.float32), 16000)

    @bg.generator
    def clip(seed: int = 0) -> Any:
        return bg.Video([np.full((48, 64, 3), 60 * frame, np.uint8) for frame in range(4)], fps=4)

    _, batch = run({"chime": chime, "clip": clip}[demo], {"seed": 1}, batch_size=2)
    shown = snapshot(batch)
    assert np.asarray(png(shown)).std() > 10
    assert shown.text.startswith(f"{demo}: 2 results, completed")


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 1_000_000, "<" * 1_000_000])
def test_hostile_texts_are_shown_as_text(run, text):
    hostile = bg.generator(flat.function, name=text.replace("\ud800", "?")[:1000])
    _, batch = run(hostile, {"prompt": text})
    for shown in (snapshot(batch), snapshot(batch, 3_000), snapshot_of_results(batch.results)):
        assert size(shown) <= 300_000
        shown.bundle["text/html"].encode("utf-8")
        tags = Tags(shown.html)
        assert {tag for tag, _ in tags.tags} <= {"img", "div"}
        assert all(set(attributes) <= {"alt", "width", "style", "src"} for _, attributes in tags.tags)
        told = shown.text + shown.html
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u2028]", told)
        assert max(map(len, shown.text.splitlines())) <= 210


def test_results_of_several_batches(run):
    session, first = colours(run, 2)
    session.set_batch_config({"enabled": False})
    second = session.start_batch({"colour": 4, "prompt": "later"})
    assert second.wait(20)
    session.set_marks(second.results, "favorite")
    shown = snapshot_of_results([*first.results, *second.results])
    assert order(png(shown)) == [4, 0, 1]
    assert shown.text.splitlines()[:3] == ["Results: 3 results, 1 favorite", "seed 0", "★ later, colour 4"]
    assert snapshot_of_results([]).text == "No results"


def test_a_missing_file_is_told_and_stops_nothing(run):
    _, batch = colours(run, 2)
    for asset in batch.results:
        asset.path.unlink()
    batch.results[0].thumbnail_path.unlink()
    assert len(order(png(snapshot(batch)))) == 1


def test_a_batch_as_the_last_expression_of_a_cell_shows_it(run):
    from IPython.core.formatters import DisplayFormatter

    _, batch = colours(run, 2)
    data, _ = DisplayFormatter().format(batch)
    assert data == snapshot(batch).bundle
    assert data.keys() == {"text/plain", "text/html", "image/png"}
    assert repr(batch).startswith("<Batch")
