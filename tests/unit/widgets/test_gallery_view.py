"""The gallery delivers records, thumbnails and media, and takes marks, whatever it shows."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import traitlets
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.wire import read_chunk


@pytest.fixture
def batch(session: bg.BatchSession) -> bg.Batch:
    made = session.start_batch()
    assert made.wait(20)
    return made


def test_records_and_pictures_by_position(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    [record] = gallery.result("assets.get", source=batch.id, positions=[2])["records"]
    asset = batch.results[2]
    assert record["id"] == asset.id
    assert record["params"] == dict(asset.params)
    assert record["metrics"] == {"score": asset.params["seed"] / 2}
    assert (record["width"], record["height"], record["kind"]) == (32, 32, "image")
    assert record["alt"] == f"Image {asset.task_index}: dots, seed {asset.params['seed']}"
    reply, buffers = gallery.ask("assets.thumbnails", source=batch.id, positions=[0, 3, 99])
    assert [item["position"] for item in reply["result"]["items"]] == [0, 3]
    for position, buffer in zip((0, 3), buffers, strict=True):
        colour = Image.open(BytesIO(buffer)).convert("RGB").getpixel((5, 5))
        assert abs(colour[0] - batch.results[position].params["seed"]) < 12


def test_a_lost_thumbnail_is_drawn_again(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    batch.results[0].thumbnail_path.unlink()
    _, [buffer] = gallery.ask("assets.thumbnails", source=batch.id, positions=[0])
    assert Image.open(BytesIO(buffer)).size == (32, 32)
    assert batch.results[0].thumbnail_path.read_bytes() == bytes(buffer)


@pytest.mark.parametrize("original", [True, False])
def test_media_come_in_chunks(session: bg.BatchSession, batch: bg.Batch, original: bool) -> None:
    asset = batch.results[0]
    data, offset = b"", 0
    while offset is not None:
        chunk = read_chunk(asset, offset, original=original, length=40)
        assert (chunk.offset, len(chunk.data) <= 40) == (len(data), True)
        data, offset = data + chunk.data, chunk.next
    assert (chunk.size, chunk.mime) == (len(data), "image/png")
    assert data == asset.path.read_bytes()


def test_media_reach_the_browser(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    reply, [chunk] = gallery.ask("assets.media", source=batch.id, position=0, offset=0, original=True)
    size = batch.results[0].file_size
    assert reply["result"] == {"size": size, "type": "image/png", "offset": 0, "next": None}
    assert bytes(chunk) == batch.results[0].path.read_bytes()


def test_a_missing_file_is_explained(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    batch.results[0].path.unlink()
    error = gallery.error("assets.media", source=batch.id, position=0, offset=0)
    assert batch.results[0].path.name in error["message"]


def test_marks_from_the_browser(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    gallery.result("assets.mark", source=batch.id, positions=[0, 1], mark="favorite")
    gallery.result("assets.mark", source=batch.id, positions=[1], mark="discarded")
    gallery.wait_for(lambda: gallery.shown("asset_marks") == bytes([1, 2, 0, 0]))
    assert batch.favorites == [batch.results[0]]
    assert batch.discarded == [batch.results[1]]
    gallery.result("assets.clear_marks", source=batch.id)
    assert not batch.favorites
    gallery.result("assets.undo", source=batch.id)
    assert batch.discarded == [batch.results[1]]
    assert "not allowed" in gallery.error("assets.mark", source=batch.id, positions=[0], mark="nice")["message"]


def test_a_gallery_of_a_batch_or_of_chosen_assets_needs_no_session(
    session: bg.BatchSession, batch: bg.Batch, page: Any
) -> None:
    session.close()
    of_batch = page(bg.BatchGalleryView(batch))
    chosen = page(bg.BatchGalleryView(batch.results[::2]))
    chosen.result("assets.mark", source="list", positions=[1], mark="favorite")
    of_batch.wait_for(lambda: of_batch.shown("asset_marks") == bytes([0, 0, 1, 0]))
    chosen.wait_for(lambda: chosen.shown("asset_marks") == bytes([0, 1]))
    assert chosen.widget.favorites == [batch.results[2]]
    chosen.result("assets.undo", source="list")
    of_batch.wait_for(lambda: of_batch.shown("asset_marks") == bytes(4))
    assert "another batch" in of_batch.error("assets.get", source="other", positions=[0])["message"]


def test_an_empty_gallery_shows_nothing(page: Any) -> None:
    empty = page(bg.BatchGalleryView([]))
    assert empty.shown("gallery")["total"] == 0
    assert empty.result("assets.get", source="list", positions=[0]) == {"records": []}


def by_seed(batch: bg.Batch) -> list[bg.Asset]:
    return sorted(batch.results, key=lambda asset: asset.params["seed"])


def test_a_query_of_python_reaches_the_browser(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    everything = {"text": "", "mark": None, "where": {}, "sort": None, "descending": False}
    assert gallery.shown("query") == everything
    low = by_seed(batch)[1].params["seed"]
    found = gallery.widget.filter(text="DOTS", seed=(low, None), sort="-score")
    assert found == gallery.widget.shown == by_seed(batch)[:0:-1]
    query = {
        "text": "DOTS",
        "mark": None,
        "where": {"seed": {"low": low, "high": None}},
        "sort": "score",
        "descending": True,
    }
    gallery.wait_for(lambda: gallery.shown("query") == query)
    assert gallery.widget.filter() == batch.results
    gallery.wait_for(lambda: gallery.shown("query") == everything)


def test_a_query_of_the_browser_reaches_python(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    seen: list[Any] = []
    gallery.widget.observe(lambda change: seen.append(change["new"]), "shown")
    query = {"text": "", "mark": "favorite", "where": {}, "sort": "seed", "descending": False}
    gallery.result("query.set", source=batch.id, query=query)
    assert gallery.widget.query.to_json() == query
    assert gallery.widget.shown == []
    gallery.result("assets.mark", source=batch.id, positions=[0, 2], mark="favorite")
    starred = [asset for asset in by_seed(batch) if asset in (batch.results[0], batch.results[2])]
    assert gallery.widget.shown == starred
    gallery.wait_for(lambda: gallery.shown("query") == query and seen[-1:] == [starred], "the word of the change")


def test_what_a_query_must_be(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    error = gallery.error("query.set", source=batch.id, query={"where": {"sede": {"values": [1]}}})
    assert error["errors"][0]["field"] == "sede"
    assert "did you mean 'seed'? allowed: prompt, seed" in error["message"]
    assert (
        "smaller number first"
        in gallery.error("query.set", source=batch.id, query={"where": {"seed": {"low": 2, "high": 1}}})["message"]
    )
    assert "another batch" in gallery.error("query.set", source="old", query={})["message"]
    with pytest.raises(bg.ParameterError, match="did you mean 'score'"):
        gallery.widget.filter(sort="-scores")
    with pytest.raises(bg.ParameterError, match="no part of a query"):
        gallery.widget.query = {"colour": "red"}
    assert gallery.widget.shown == batch.results


def test_the_selection_is_the_same_on_both_sides(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    seen: list[Any] = []
    gallery.widget.observe(lambda change: seen.append(change["new"]), "selected")
    gallery.result("assets.select", source=batch.id, positions=[2, 0, 99, -1], how="set")
    assert gallery.widget.selected == [batch.results[0], batch.results[2]]
    gallery.wait_for(lambda: gallery.shown("asset_selected") == bytes([1, 0, 1, 0]) and seen)
    assert seen == [[batch.results[0], batch.results[2]]]
    gallery.result("assets.select", source=batch.id, positions=[3], how="add")
    gallery.result("assets.select", source=batch.id, positions=[0, 1], how="remove")
    gallery.wait_for(lambda: gallery.shown("asset_selected") == bytes([0, 0, 1, 1]))
    gallery.widget.selected = [batch.results[1]]
    gallery.wait_for(lambda: gallery.shown("asset_selected") == bytes([0, 1, 0, 0]))
    gallery.widget.selected = []
    gallery.wait_for(lambda: gallery.shown("asset_selected") == bytes(4))
    assert (
        "'set', 'add' or 'remove'" in gallery.error("assets.select", source=batch.id, positions=[0], how="")["message"]
    )
    assert "another batch" in gallery.error("assets.select", source="old", positions=[0], how="set")["message"]
    with pytest.raises(bg.ParameterError, match=r"not in this gallery; give assets of gallery\.shown"):
        gallery.widget.selected = ["first"]


def test_two_galleries_of_a_batch_have_their_own_query_and_selection(
    session: bg.BatchSession, batch: bg.Batch, page: Any
) -> None:
    one, other = bg.BatchGalleryView(session), page(bg.BatchGalleryView(batch))
    one.filter(mark="favorite")
    one.selected = batch.results[:2]
    assert (other.widget.shown, other.widget.selected) == (batch.results, [])


def test_with_another_batch_the_selection_goes_and_conditions_on_lost_fields(
    session: bg.BatchSession, batch: bg.Batch, page: Any
) -> None:
    gallery = page(bg.BatchGalleryView(session))
    gallery.widget.filter(text="dots", mark="unmarked", sort="-score", seed=(1, 99), score=(0, None), kind="image")
    gallery.widget.selected = batch.results[:2]
    assert len(gallery.widget.shown) == 4
    session.pause()
    second = session.start_batch()
    assert gallery.widget.selected == []
    # The new batch has seeds, and no scores yet.
    assert set(gallery.widget.query.where) == {"seed", "kind"}
    rest = {name: value for name, value in gallery.widget.query.to_json().items() if name != "where"}
    assert rest == {"text": "dots", "mark": "unmarked", "sort": "score", "descending": True}
    # What stayed may be sent back, together with something new.
    changed = {**gallery.widget.query.to_json(), "mark": None}
    gallery.result("query.set", source=second.id, query=changed)
    session.resume()
    assert second.wait(20)
    assert gallery.widget.shown == by_seed(second)[::-1]
    gallery.wait_for(lambda: gallery.shown("asset_selected") == bytes(4) and gallery.shown("query") == changed)


def test_the_bytes_of_the_browser_follow_every_change(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    """They are only made anew when something changed; so each way to change something is tried."""
    galleries = [page(bg.BatchGalleryView(shown)) for shown in (session, batch, batch.results[1:])]

    def marks() -> list[bytes]:
        return [gallery.shown("asset_marks") for gallery in galleries]

    session.mark_as_discarded(batch.id, batch.results[1].id)
    galleries[0].wait_for(lambda: marks() == [bytes([0, 2, 0, 0]), bytes([0, 2, 0, 0]), bytes([2, 0, 0])])
    galleries[2].result("assets.mark", source="list", positions=[2], mark="favorite")
    galleries[0].wait_for(lambda: marks() == [bytes([0, 2, 0, 1]), bytes([0, 2, 0, 1]), bytes([2, 0, 1])])
    task = session.add_task({"seed": 200}, batch_id=batch.id)
    assert batch.wait(20)
    session.set_marks(task.assets, "favorite")
    galleries[0].wait_for(lambda: marks() == [bytes([0, 2, 0, 1, 1]), bytes([0, 2, 0, 1, 1]), bytes([2, 0, 1])])
    assert galleries[1].shown("asset_kinds") == bytes(5)
    session.undo()
    session.undo()
    galleries[0].wait_for(lambda: marks() == [bytes([0, 0, 0, 1, 0]), bytes([0, 0, 0, 1, 0]), bytes([0, 0, 1])])
    other = page(bg.BatchGalleryView(session))
    assert other.shown("asset_marks") == bytes([0, 0, 0, 1, 0])


def test_nothing_is_read_again_when_nothing_changed(session: bg.BatchSession, batch: bg.Batch) -> None:
    shelf = bg.BatchGalleryView(session).shelf
    first = shelf.snapshot()
    assert shelf.snapshot() is first
    assert shelf.selected_bytes(first) is shelf.selected_bytes(first)
    session.mark_as_favorite(batch.id, batch.results[3].id)
    assert shelf.snapshot().kinds == first.kinds
    assert shelf.snapshot().marks == bytes([0, 0, 0, 1])


def test_marks_and_selections_of_any_number(session: bg.BatchSession, batch: bg.Batch, page: Any, grow: Any) -> None:
    grow(batch, 3_000)
    gallery = page(bg.BatchGalleryView(session))
    gallery.result("assets.mark", source=batch.id, positions=list(range(3_000)), mark="discarded")
    assert len(batch.discarded) == 3_000
    gallery.result("assets.select", source=batch.id, positions=list(range(3_000)), how="set")
    gallery.wait_for(lambda: gallery.shown("asset_selected") == bytes([1]) * 3_000)
    gallery.result("assets.undo", source=batch.id)
    gallery.wait_for(lambda: gallery.shown("asset_marks") == bytes(3_000))


def test_positions_that_are_not_there_shift_no_others(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    gallery = page(bg.BatchGalleryView(session))
    records = gallery.result("assets.get", source=batch.id, positions=[99, 1, -1, 3])["records"]
    assert [(record["position"], record["id"]) for record in records] == [
        (1, batch.results[1].id),
        (3, batch.results[3].id),
    ]


def test_a_subclass_observes_live_traits(session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
    seen: list[Any] = []

    class Mine(bg.BatchGalleryView):
        @traitlets.observe("favorites")
        def _note(self, change: Any) -> None:
            seen.append(change["new"])

    gallery = page(Mine(session))
    session.mark_as_favorite(batch.id, batch.results[0].id)
    gallery.wait_for(lambda: seen == [[batch.results[0]]])


class TestReuse:
    def test_the_settings_of_an_asset(self, session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
        studio = page(bg.BatchStudio(session))
        session.set_base_parameters({"prompt": "other", "seed": 4000})
        reply = studio.result("assets.use", source=batch.id, position=2, but_seed=True)
        assert reply == {"changed": ["prompt"]}
        assert dict(session.base_parameters) == {"prompt": "dots", "seed": 4000, "fail": False}
        reply = studio.result("assets.use", source=batch.id, position=2, but_seed=False)
        assert reply == {"changed": ["seed"]}
        assert session.base_parameters["seed"] == batch.results[2].params["seed"]
        assert studio.result("assets.use", source=batch.id, position=2, but_seed=False) == {"changed": []}
        assert "no asset at 99" in studio.error("assets.use", source=batch.id, position=99, but_seed=True)["message"]

    def test_what_wins_and_more_like_these(self, session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
        ranges = {"prompt": ["red", "blue", "green"]}
        session.set_batch_config(
            {
                "batch_size": 3,
                "variation_params": {"vary_parameters": True, "parameter_ranges": ranges, "strategy": "grid"},
            }
        )
        second = session.start_batch()
        assert second.wait(20)
        studio = page(bg.BatchStudio(session))
        positions = [asset.order for asset in second.results if asset.params["prompt"] != "green"]
        studio.result("assets.mark", source=second.id, positions=positions, mark="favorite")
        winners = studio.result("winners.get", source=second.id)
        assert (winners["favorites"], winners["total"]) == (2, 3)
        [prompt] = winners["parameters"]
        assert {value["value"]: (value["favorites"], value["total"]) for value in prompt["values"]} == {
            "red": (1, 1),
            "blue": (1, 1),
            "green": (0, 1),
        }
        notes = studio.result("winners.use", source=second.id)["notes"]
        assert notes == list(winners["notes"])
        kept = session.config.variation_params
        assert set(kept.parameter_ranges.get("prompt", kept.prompt_variations)) == {"red", "blue"}
        no_favorites = studio.error("winners.use", source=batch.id)
        assert "at least one asset" in no_favorites["message"]

    def test_where_there_is_no_config_panel(self, session: bg.BatchSession, batch: bg.Batch, page: Any) -> None:
        of_session, of_batch, of_list = (page(bg.BatchGalleryView(shown)) for shown in (session, batch, batch.results))
        assert of_session.result("winners.get", source=batch.id)["total"] == 4
        assert "gallery of the session" in of_batch.error("winners.get", source=batch.id)["message"]
        assert "list of assets" in of_list.error("winners.get", source="list")["message"]
        assert "no request" in of_session.error("assets.use", source=batch.id, position=0, but_seed=True)["message"]
