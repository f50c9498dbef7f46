from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from batchgen_widgets.media import Audio, Video, show_file
from tests.unit.media.samples import SUFFIXES, encoded, noise, tone


def shown(value: object) -> str:
    data, _ = DisplayFormatter().format(value)  # type: ignore[no-untyped-call]
    assert data["text/plain"] == repr(value)
    return str(data.get("text/html", ""))


def stream(count: int) -> Iterator[np.ndarray[Any, Any]]:
    for _ in range(count):
        yield noise()


def test_values_show_a_player() -> None:
    assert "<audio controls" in shown(tone())
    assert "data:audio/wav;base64,UklGR" in shown(tone())
    assert "<video controls" in shown(Video([noise()], 4))
    assert "data:video/mp4;base64," in shown(Video([noise()], 4))


def test_long_values_show_a_picture_and_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    long = shown(Audio(np.zeros(2_000_000, np.int16), 44100))
    assert '<img alt="Audio(45.35 s, 44100 Hz, mono)"' in long
    assert len(long) < 20_000
    frame = noise(8, 8)
    for limit in ("MAX_INLINE_BYTES", "_MAX_CLIP_PIXELS"):
        with monkeypatch.context() as patch:
            patch.setattr(f"batchgen_widgets.media.display.{limit}", 10)
            assert "<img" in shown(Video([frame] * 2, 24))


def test_showing_an_iterator_does_not_use_it_up() -> None:
    video = Video(stream(3), 4)
    assert "<img" in shown(video)
    assert len(list(video)) == 3
    assert shown(video) == ""


@pytest.mark.parametrize("name", SUFFIXES)
def test_files_are_shown_with_their_alternative_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(encoded()[name])
    kind: Any = "image" if name in {"png", "jpeg", "webp", "gif", "avif"} else "audio"
    kind = "video" if name in {"mp4", "webm"} else kind
    text = show_file(path, kind, alt='a "quoted" <b>')["text/html"]
    assert ("<img" if kind == "image" else f"<{kind} controls") in text
    assert "a &quot;quoted&quot; &lt;b&gt;" in text
    assert "data:image/webp" in text if kind == "image" else f"data:{kind}/" in text
    monkeypatch.setattr("batchgen_widgets.media.display.MAX_INLINE_BYTES", 100)
    assert '<img alt="file"' in show_file(str(path), kind)["text/html"]


def test_a_large_image_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    y, x = np.mgrid[0:2000, 0:2000]
    Image.fromarray((x // 8 ^ y // 8).astype(np.uint8)).save(path)
    assert len(show_file(path, "image")["text/html"]) < 400_000


def test_a_file_that_is_gone_or_no_media_is_told_in_a_line(tmp_path: Path) -> None:
    assert "gone.png can't be shown" in show_file(tmp_path / "gone.png", "image")["text/html"]
    (tmp_path / "bad.wav").write_text("<script>")
    text = show_file(tmp_path / "bad.wav", "audio")["text/html"]
    assert "no media file" in text
    assert "<script>" not in text
