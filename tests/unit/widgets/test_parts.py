"""Parts of the front end: a page gets the ones it was built with, or is told why it can't."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.widgets import base, frontend, reception
from batchgen_widgets.widgets.frontend import Parts


def digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    directory = tmp_path / "parts"
    directory.mkdir()
    (directory / "detail.js").write_bytes(b"export default () => 1")
    (tmp_path / "secret.js").write_bytes(b"secret")
    return directory


@pytest.fixture
def studio(session: bg.BatchSession, page: Any, built: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(base, "PARTS", Parts(built))
    return page(bg.BatchStudio(session))


def test_a_part_comes_in_a_buffer(studio: Any, built: Path) -> None:
    text = (built / "detail.js").read_bytes()
    reply, buffers = studio.ask("part.get", name="detail", hash=digest(text))
    assert reply["ok"], reply
    assert reply["result"] == {"hash": digest(text)}
    assert [bytes(buffer) for buffer in buffers] == [text]


@pytest.mark.parametrize("name", ["other", "../secret", "detail.js", "", ".", None])
def test_only_what_was_built_is_given(studio: Any, name: str | None) -> None:
    error = studio.error("part.get", name=name, hash=digest(b"secret"))
    assert error["type"] == "BatchgenError"
    assert f"the front end has no part {str(name)!r}; in a checkout, run npm ci && npm run build" in error["message"]


def test_a_page_of_another_version_is_told_so(studio: Any) -> None:
    error = studio.error("part.get", name="detail", hash=digest(b"of another build"))
    assert "of different versions; restart the kernel and run the cell again" in error["message"]


def test_an_open_page_outlives_an_upgrade_and_a_new_build_is_found(built: Path) -> None:
    parts = Parts(built)
    old, new = b"export default () => 1", b"export default () => 2"
    (built / "detail.js").write_bytes(new)
    assert parts.text("detail", digest(new)) == new
    assert parts.text("detail", digest(old)) == old


def test_a_checkout_without_a_build_has_none(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "nothing")
    assert parts.names == []
    with pytest.raises(bg.BatchgenError, match="no part 'detail'"):
        parts.text("detail", "0")


def test_a_part_waits_for_no_picture_and_counts_among_them(studio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        reserved = 0

        def reserve(self, size: int) -> float:
            self.reserved += size
            return 3600.0

    full = Full()
    monkeypatch.setattr(reception, "PACER", full)
    text = b"export default () => 1"
    done = threading.Thread(target=studio.ask, args=["part.get"], kwargs={"name": "detail", "hash": digest(text)})
    done.daemon = True
    done.start()
    done.join(10)
    assert not done.is_alive()
    assert full.reserved == len(text)


def test_the_built_parts_are_read_with_the_package() -> None:
    files = (Path(frontend.__file__).parent.parent / "static" / "parts").glob("*.js")
    assert frontend.PARTS.names == sorted(path.stem for path in files)
