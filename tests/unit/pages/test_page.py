"""A batch as one HTML file: what is in it, in which order, and when it is refused."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.errors import BatchgenError, ParameterError, ProjectError
from batchgen_widgets.pages import pictures
from tests.unit.pages.conftest import PageParser

HOSTILE = "</script><!--<script>alert(1)</script> <img src=x onerror=alert(1)> \u202e\u2028\x00\x1b \ud800 & \"'"
LEAST = 1_000_000


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class TestTheFile:
    def test_holds_everything_of_a_small_batch(self, run: Any, tmp_path: Path):
        batch = run(4)
        path = batch.to_html(tmp_path / "page.html")
        assert path == tmp_path / "page.html"
        page = PageParser(path)
        about = page.value("about")
        assert (about["batch"], about["generator"], about["total"]) == (batch.id, "mixed", 4)
        assert about["ids"] == [asset.id for asset in batch.results]
        assert [record["id"] for record in page.records] == about["ids"]
        assert [record["params"]["seed"] for record in page.records] == [a.params["seed"] for a in batch.results]
        columns = page.value("columns-0")
        assert {"seed", "score", "task", "name"} <= {column["name"] for column in columns["reply"]["columns"]}
        assert all(len(base64.b64decode(cells)) >= 4 * 4 for cells in columns["buffers"])
        assert page.value("cells-0")["reply"]["total"] == 4
        assert page.media() == [0, 1, 2, 3]
        for position in range(4):
            with Image.open(io.BytesIO(page.data(f"thumbnail-{position}"))) as small:
                assert small.format == "WEBP"
            assert page.data(f"medium-{position}")
        assert page.value("licenses") == "preact: as is\n"
        contents = page.value("contents")
        assert (contents["image"], contents["video"], contents["audio"], contents["unread"]) == (4, 0, 0, 0)

    def test_runs_one_script_and_one_style_sheet_which_the_policy_knows(self, run: Any, tmp_path: Path):
        page = PageParser(run(1).to_html(tmp_path / "page.html"))
        (script,) = page.scripts
        (style,) = page.styles
        assert page.policy["script-src"] == hash_of(script)
        assert page.policy["style-src"] == hash_of(style)
        assert page.policy["default-src"] == page.policy["connect-src"] == "'none'"
        loading = [attrs for _, attrs in page.elements if {"src", "href"} & attrs.keys()]
        assert loading == [{"rel": "icon", "href": "data:,"}]
        # A policy has no say over what stands before it.
        head = [attrs.get("http-equiv") or attrs.get("charset") for tag, attrs in page.elements if tag == "meta"]
        assert head[:2] == ["utf-8", "Content-Security-Policy"]

    def test_tells_nothing_of_the_owners_disk(self, run: Any, tmp_path: Path):
        path = run(2).to_html(tmp_path / "page.html")
        assert str(tmp_path) not in path.read_text("utf-8")

    def test_hostile_texts_stay_texts(self, run: Any, tmp_path: Path):
        batch = run(2, prompt=HOSTILE)
        page = PageParser(batch.to_html(tmp_path / "page.html", title=HOSTILE))
        known = {"html", "head", "meta", "title", "link", "style", "body", "div", "noscript", "script"}
        assert {tag for tag, _ in page.elements} == known
        assert len(page.scripts) == 1
        assert page.value("about")["title"] == HOSTILE
        assert page.value("about")["base"]["prompt"] == HOSTILE
        assert page.records[0]["params"]["prompt"] == HOSTILE
        assert "\u202e" not in page.title
        assert "</script>" in page.title

    def test_a_megabyte_of_text_is_cut(self, run: Any, tmp_path: Path):
        batch = run(3, prompt="\u202e<b>" * 250_000)
        path = batch.to_html(tmp_path / "page.html")
        assert path.stat().st_size < 3_000_000
        assert PageParser(path).records[2]["params"]["prompt"].startswith("\u202e<b>")

    def test_says_what_the_batch_is(self, run: Any, tmp_path: Path):
        about = PageParser(run(12, prompt="a lake").to_html(tmp_path / "page.html")).value("about")
        (seeds,) = about["varied"]
        assert seeds["name"] == "seed"
        assert seeds["values"].startswith("12 values, ")
        assert about["base"] == {"prompt": "a lake", "kind": "image", "size": 64}
        assert about["counts"] == {"completed": 12}
        assert "bg.BatchSession" in about["code"]

    def test_code_stays_out_when_asked(self, run: Any, tmp_path: Path):
        path = run(1).to_html(tmp_path / "page.html", code=False)
        assert PageParser(path).value("about")["code"] is None
        assert "BatchSession" not in path.read_text("utf-8")


class TestWhatIsChosen:
    def test_favorites_and_kept(self, session: bg.BatchSession, run: Any, tmp_path: Path):
        batch = run(4)
        first, second, third, fourth = batch.results
        session.set_marks([second], "favorite")
        session.set_marks([third], "discarded")
        page = PageParser(batch.to_html(tmp_path / "one.html", only="favorites"))
        assert page.value("about")["ids"] == [second.id]
        # The table of what varies has no empty rows for what stayed at home.
        assert page.value("cells-0")["reply"]["total"] == 1
        assert PageParser(batch.to_html(tmp_path / "two.html", only="kept")).value("about")["ids"] == [
            first.id,
            second.id,
            fourth.id,
        ]

    def test_some_in_their_order_and_once(self, run: Any, tmp_path: Path):
        batch = run(3)
        first, _, third = batch.results
        page = PageParser(batch.to_html(tmp_path / "page.html", assets=[third, first, third]))
        assert page.value("about")["ids"] == [third.id, first.id]
        assert [record["position"] for record in page.records] == [0, 1]

    def test_a_blind_page_tells_nothing_of_marks(self, session: bg.BatchSession, run: Any, tmp_path: Path):
        batch = run(4)
        before = batch.to_html(tmp_path / "before.html", marks=False)
        session.set_marks(batch.results[2:], "favorite")
        session.set_marks(batch.results[:1], "discarded")
        after = batch.to_html(tmp_path / "after.html", marks=False)
        shown = PageParser(batch.to_html(tmp_path / "shown.html"))
        one, other = PageParser(before), PageParser(after)
        for page in (one, other):
            page.texts["bgw-about"] = json.dumps({**page.value("about"), "made_at": 0})
        assert one.texts == other.texts
        assert list(one.texts) == list(other.texts)
        assert base64.b64decode(other.value("about")["marks"]) == bytes(4)
        assert base64.b64decode(shown.value("about")["marks"]) == bytes([2, 0, 1, 1])
        assert shown.media() == [2, 3, 1, 0]

    def test_a_page_has_a_name_of_its_own(self, run: Any, tmp_path: Path):
        batch = run(2)
        one, again = (PageParser(batch.to_html(tmp_path / f"{n}.html")).value("about")["page"] for n in range(2))
        fewer = PageParser(batch.to_html(tmp_path / "c.html", assets=batch.results[:1])).value("about")["page"]
        assert one == again != fewer

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"only": "best"}, "only: 'best' is not allowed; choose 'favorites', 'kept' or None"),
            ({"only": "favorites"}, "no result of these is a favorite"),
            ({"assets": []}, "no result is there"),
            ({"assets": ["0001"]}, "'0001' is no asset of batch"),
            ({"max_bytes": 10_000}, "max_bytes: 10000 is not allowed; give 1,000,000 and more"),
            ({"max_bytes": "50 MB"}, "max_bytes: '50 MB' is not allowed"),
            ({"image_size": 0}, "image_size: 0 is not allowed; give 64 to 8,192 pixels"),
        ],
    )
    def test_refused(self, run: Any, tmp_path: Path, options: dict[str, Any], message: str):
        batch = run(1)
        with pytest.raises(ParameterError, match=message):
            batch.to_html(tmp_path / "page.html", **options)
        assert [path for path in tmp_path.iterdir() if path.name != "project"] == []

    def test_an_asset_of_another_batch(self, run: Any, tmp_path: Path):
        one, other = run(1), run(1)
        with pytest.raises(ParameterError, match="is no asset of batch"):
            other.to_html(tmp_path / "page.html", assets=one.results)


class TestTheBudget:
    def test_favorites_first_then_images_then_files(self, session: bg.BatchSession, run: Any, tmp_path: Path):
        batch = run(2)
        session.set_batch_config({"batch_size": 1, "variation_params": {"vary_seeds": False}})
        order = [run(1, kind=kind, size=64).results[0] for kind in ("clip", "sound")]
        assert [asset.kind for asset in order] == ["video", "audio"]
        page = PageParser(batch.to_html(tmp_path / "page.html"))
        assert page.media() == [0, 1]
        session.set_marks(batch.results[1:], "favorite")
        assert PageParser(batch.to_html(tmp_path / "again.html")).media() == [1, 0]

    @pytest.mark.parametrize(("kind", "told"), [("clip", "video"), ("sound", "audio")])
    def test_videos_and_sounds_are_there_as_they_are(self, run: Any, tmp_path: Path, kind: str, told: str):
        batch = run(1, kind=kind)
        page = PageParser(batch.to_html(tmp_path / "page.html"))
        assert page.data("medium-0") == batch.results[0].path.read_bytes()
        assert page.value("contents")[told] == 1
        attrs = next(attrs for _, attrs in page.elements if attrs.get("id") == "bgw-medium-0")
        assert attrs["data-type"] == {"clip": "video/mp4", "sound": "audio/wav"}[kind]

    def test_a_file_that_does_not_fit_is_left_out(self, run: Any, tmp_path: Path, session: bg.BatchSession):
        batch = run(2, kind="sound")
        with batch.results[0].path.open("ab") as file:
            file.write(bytes(LEAST))
        path = batch.to_html(tmp_path / "page.html", max_bytes=LEAST)
        page = PageParser(path)
        assert path.stat().st_size <= LEAST
        assert page.media() == [1]
        assert page.data("thumbnail-0")
        assert page.value("contents")["audio"] == 1

    @pytest.mark.timeout(180)
    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        count=st.integers(1, 12),
        size=st.sampled_from([64, 320, 800]),
        max_bytes=st.integers(LEAST, 3 * LEAST),
        image_size=st.sampled_from([64, 256, 1024]),
    )
    def test_is_kept(self, run: Any, tmp_path: Path, count: int, size: int, max_bytes: int, image_size: int):
        batch = run(count, size=size)
        path = batch.to_html(tmp_path / "page.html", max_bytes=max_bytes, image_size=image_size, overwrite=True)
        assert path.stat().st_size <= max_bytes
        page = PageParser(path)
        assert all(page.data(f"thumbnail-{position}") for position in range(count))
        assert page.value("contents")["image"] == len(page.media())
        # All of these are about as large: what was left out would not have fitted.
        if 0 < len(page.media()) < count:
            assert max_bytes - path.stat().st_size < 1.5 * max(len(page.data(f"medium-{at}")) for at in page.media())
        for position in page.media():
            with Image.open(io.BytesIO(page.data(f"medium-{position}"))) as image:
                assert max(image.size) == min(size, image_size)

    def test_copies_are_no_larger_than_the_files(self, run: Any, tmp_path: Path):
        batch = run(1, size=800)
        page = PageParser(batch.to_html(tmp_path / "page.html"))
        assert len(page.data("medium-0")) < batch.results[0].path.stat().st_size

    def test_thumbnails_become_smaller_before_they_are_refused(self, run: Any, tmp_path: Path, monkeypatch: Any):
        batch = run(3, size=300)
        noise = Image.effect_noise((1024, 1024), 200).convert("RGB")
        file = io.BytesIO()
        noise.save(file, "WEBP", quality=100)
        assert len(file.getvalue()) > 400_000
        monkeypatch.setattr(pictures, "asset_thumbnail", lambda _: file.getvalue())
        page = PageParser(batch.to_html(tmp_path / "page.html", max_bytes=LEAST))
        assert page.value("contents")["thumbnail_size"] == 160
        monkeypatch.setattr("batchgen_widgets.media.make_thumbnail", lambda *_: file.getvalue())
        with pytest.raises(ParameterError, match=r"hold no page of 3 results.*choose fewer") as caught:
            batch.to_html(tmp_path / "other.html", max_bytes=LEAST)
        assert caught.value.field == "max_bytes"
        assert not (tmp_path / "other.html").exists()

    def test_texts_that_do_not_fit_are_refused(self, run: Any, tmp_path: Path):
        batch = run(100, prompt="x" * 20_000)
        with pytest.raises(ParameterError, match="do not hold the texts of 100 results"):
            batch.to_html(tmp_path / "page.html", max_bytes=LEAST)

    def test_copies_are_not_made_without_end(self, run: Any, tmp_path: Path, monkeypatch: Any):
        batch = run(60)
        made: list[Path] = []
        guard = threading.Lock()

        def copy(path: Path, _size: int) -> tuple[bytes, str]:
            with guard:
                made.append(path)
            return bytes(2 * LEAST), "image/webp"

        monkeypatch.setattr(pictures, "_copy", copy)
        page = PageParser(batch.to_html(tmp_path / "page.html", max_bytes=LEAST))
        assert page.media() == []
        assert len(made) < 30


class TestWriting:
    def test_a_missing_file_shows_its_thumbnail_only(self, run: Any, tmp_path: Path):
        batch = run(3)
        batch.results[0].path.unlink()
        batch.results[1].path.write_bytes(b"no picture")
        page = PageParser(batch.to_html(tmp_path / "page.html"))
        assert page.media() == [2]
        assert page.value("contents")["unread"] == 2
        assert page.data("thumbnail-0")

    def test_a_missing_thumbnail_leaves_an_empty_node(self, run: Any, tmp_path: Path):
        batch = run(2)
        batch.results[0].path.unlink()
        batch.results[0].thumbnail_path.unlink()
        page = PageParser(batch.to_html(tmp_path / "page.html"))
        assert (page.data("thumbnail-0"), bool(page.data("thumbnail-1"))) == (b"", True)

    def test_an_existing_file_stays(self, run: Any, tmp_path: Path):
        batch = run(1)
        target = tmp_path / "page.html"
        target.write_text("mine")
        with pytest.raises(ProjectError, match="exists; give another name, or overwrite=True"):
            batch.to_html(target)
        assert target.read_text() == "mine"
        batch.to_html(target, overwrite=True)
        assert target.read_text("utf-8").startswith("<!doctype html>")

    def test_a_failure_leaves_what_was_there(self, run: Any, tmp_path: Path, monkeypatch: Any):
        batch = run(1)
        target = tmp_path / "page.html"
        target.write_text("mine")

        def fail(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("batchgen_widgets.pages.page.write_thumbnails", fail)
        with pytest.raises(ProjectError, match=r"can't be written \(No space left on device\)"):
            batch.to_html(target, overwrite=True)
        assert target.read_text() == "mine"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "project"]

    def test_a_directory_and_a_place_that_is_not_there(self, run: Any, tmp_path: Path):
        batch = run(1)
        with pytest.raises(ProjectError, match="is a directory; give the name of a file"):
            batch.to_html(tmp_path)
        with pytest.raises(ProjectError, match="there is no directory"):
            batch.to_html(tmp_path / "nowhere" / "page.html")

    def test_the_file_can_be_read_by_whoever_may_read_others(self, run: Any, tmp_path: Path):
        path = run(1).to_html(tmp_path / "page.html")
        plain = tmp_path / "plain"
        plain.touch()
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)

    def test_a_front_end_that_is_not_built(self, run: Any, tmp_path: Path, monkeypatch: Any):
        monkeypatch.setattr("batchgen_widgets.pages.page._STATIC", tmp_path / "nothing")
        batch = run(1)
        with pytest.raises(BatchgenError, match="front end of batchgen_widgets is not built"):
            batch.to_html(tmp_path / "page.html")
