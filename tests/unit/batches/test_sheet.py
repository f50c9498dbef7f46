"""Contact sheets of real batches: what is where in the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets import Batch, BatchConfig, BatchSession, ParameterError
from batchgen_widgets.batches import sheet as sheets
from batchgen_widgets.media.contact_sheet import Sheet

COLOURS = {"red": (220, 30, 30), "green": (30, 160, 60), "blue": (30, 60, 200)}


@bg.generator
def dots(prompt: str = "dots", seed: int = 0, colour: str = "red", level: float = 1.0, fail: str = "") -> Any:
    if fail == colour:
        raise ValueError(f"no {colour} paint")
    return Image.new("RGB", (64, 48), COLOURS[colour])


def grid(strategy: str = "grid", batch_size: int = 1, *, seeds: bool = False, **ranges: Any) -> BatchConfig:
    variation = {
        "vary_seeds": seeds,
        "vary_parameters": bool(ranges),
        "parameter_ranges": ranges,
        "strategy": strategy,
        "seed": 1,
    }
    return BatchConfig(batch_size=batch_size, variation_params=variation)


@pytest.fixture
def run(open_session: Callable[..., BatchSession]) -> Callable[..., Batch]:
    def start(config: BatchConfig, generator: Any = dots, **base: Any) -> Batch:
        session = open_session(generator)
        session.set_batch_config(config)
        batch = session.start_batch(base)
        assert batch.wait(20)
        return batch

    return start


@pytest.fixture
def described(monkeypatch) -> list[Sheet]:
    """What sheets were asked to show."""
    seen: list[Sheet] = []
    draw = sheets.draw_contact_sheet

    def look(sheet: Sheet, **options: Any) -> Image.Image:
        seen.append(sheet)
        return draw(sheet, **options)

    monkeypatch.setattr(sheets, "draw_contact_sheet", look)
    return seen


def shares(picture: Image.Image) -> dict[str, float]:
    """Which part of a picture has which colour."""
    found = dict.fromkeys(COLOURS, 0)
    for count, pixel in picture.getcolors(1 << 24) or []:
        for name, colour in COLOURS.items():
            if max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 12:
                found[name] += count
    return {name: count / (picture.width * picture.height) for name, count in found.items()}


class TestTable:
    def test_rows_and_columns(self, run, described):
        batch = run(grid(colour=["red", "green", "blue"], level=[1, 2]))
        picture = batch.contact_sheet(x="colour", y="level", size=96, labels=False)
        (sheet,) = described
        assert (sheet.x, sheet.y, list(sheet.columns), list(sheet.rows)) == (
            "Colour",
            "Level",
            ["red", "green", "blue"],
            ["1", "2"],
        )
        third = picture.width // 3
        for number, colour in enumerate(("red", "green", "blue")):
            part = picture.crop((number * third, 0, (number + 1) * third, picture.height))
            assert max(shares(part), key=shares(part).get) == colour
            assert shares(part)[colour] > 0.7

    def test_titles_say_what_is_shared(self, run, described):
        batch = run(grid(colour=["red", "green"], level=[1, 2]), prompt="A harbour " * 40)
        batch.keeper.set_marks([(batch.results[0], "favorite"), (batch.results[1], "discarded")])
        plain, labelled = batch.contact_sheet(labels=False), batch.contact_sheet()
        assert labelled.width > plain.width
        assert labelled.height > plain.height
        sheet = described[-1]
        assert sheet.title == "dots"
        assert sheet.shared.startswith("A harbour A harbour")
        assert "…, seed 0" in sheet.shared
        assert len(sheet.shared) < 200
        assert sheet.facts.startswith("4 images, 1 favorite, ")
        tiles = [cell.tiles[0] for row in sheet.pages[0].rows for cell in row]
        assert sum(tile.starred for tile in tiles) == sum(tile.faded for tile in tiles) == 1

    def test_failed_and_missing_cells(self, run, described):
        batch = run(grid("one_at_a_time", colour=["green", "blue"], level=[2, 3]), fail="blue")
        batch.contact_sheet(x="colour", y="level", size=64)
        sheet = described[-1]
        assert sheet.facts.startswith("4 images, 1 failed")
        cells = dict(zip(sheet.columns, zip(*sheet.pages[0].rows, strict=True), strict=True))
        assert cells["blue"][0].problem == "ValueError: no blue paint"
        assert cells["green"][1:] == (None, None)

    def test_what_has_not_run_is_named(self, open_session, gate, described):
        session = open_session(gate, tasks=2)
        batch = session.start_batch()
        call = gate.next_call()
        assert batch.contact_sheet().mode == "RGB"
        batch.contact_sheet(x="seed")
        assert [cell.note for cell in described[-1].pages[0].rows[0]].count("queued") == 1
        assert [cell.note for cell in described[-1].pages[0].rows[0]].count("running") == 1
        call.finish()
        gate.next_call().finish()
        assert batch.wait(20)

    def test_several_seeds_share_a_cell_favorites_first(self, run, described):
        batch = run(grid(batch_size=6, seeds=True, colour=["red", "green"], level=[1, 2]))
        best = batch.results[4]
        batch.keeper.set_marks([(best, "favorite")])
        batch.contact_sheet(x="colour", y="level")
        cells = [cell for row in described[-1].pages[0].rows for cell in row]
        assert [len(cell.tiles) for cell in cells] == [6, 6, 6, 6]
        assert any(cell.tiles[0].path == best.path and cell.tiles[0].starred for cell in cells)

    def test_pages(self, run, described):
        batch = run(grid(colour=["red", "green", "blue"], level=[1, 2], prompt=["a", "b"]))
        all_pages = batch.contact_sheet(page="colour", size=64)
        assert [page.label for page in described[-1].pages] == ["Colour: red", "Colour: green", "Colour: blue"]
        one = batch.contact_sheet(page={"colour": "green", "level": (1, 2)}, size=64, labels=False)
        assert described[-1].pages[0].label == "Colour: green, Level: 1 to 2"
        assert one.height < all_pages.height / 2
        assert {name for name, share in shares(one).items() if share} == {"green"}
        batch.contact_sheet(page={"colour": ["red", "blue"]})
        assert described[-1].facts.startswith("8 images")
        assert "colour" not in described[-1].shared

    def test_long_prompts_say_where_they_differ(self, run, described):
        start = "A beautiful harbour in an old town with many boats, "
        run(grid(prompt=[start + "at dawn", start + "in winter"], level=[1, 2])).contact_sheet(size=64)
        assert described[-1].rows == ["… at dawn", "… in winter"]
        assert described[-1].shared.startswith("A beautiful harbour in an old town with many boats…, ")

    def test_a_continuous_range_has_few_columns(self, run, described):
        run(grid("random", 40, level=(0, 10))).contact_sheet(x="level", size=32)
        assert described[-1].columns[0] == "0 to 1"
        assert len(described[-1].columns) <= 12


class TestGrid:
    def test_captions(self, run, described):
        run(grid("random", 5, seeds=True)).contact_sheet(size=64)
        sheet = described[-1]
        assert not sheet.columns
        assert all(cell.caption.startswith("seed ") for cell in sheet.pages[0].rows[0])

    def test_one_asset(self, run, described):
        assert shares(run(BatchConfig(enabled=False)).contact_sheet())["red"] > 0.1
        assert described[-1].pages[0].rows[0][0].caption == "task 0"

    def test_files_that_are_gone(self, run):
        batch = run(grid("random", 2))
        for asset in batch.results:
            asset.path.unlink()
            asset.thumbnail_path.unlink()
        assert not any(shares(batch.contact_sheet()).values())

    def test_large_pictures_come_from_the_file(self, run):
        batch = run(grid("random", 1))
        Image.new("RGB", (64, 48), COLOURS["blue"]).save(batch.results[0].path, "PNG")
        assert shares(batch.contact_sheet(size=256))["red"] > 0.1
        assert shares(batch.contact_sheet(size=257))["blue"] > 0.1

    @pytest.mark.parametrize("generator", [bg.demos.chime, bg.demos.drift])
    def test_sounds_and_clips(self, run, generator):
        short = (
            {"duration": 0.5} if generator is bg.demos.chime else {"seconds": 0.5, "fps": 8, "width": 64, "height": 64}
        )
        batch = run(BatchConfig(enabled=False), generator, **short)
        for size in (32, 192, 300):
            assert batch.contact_sheet(size=size).mode == "RGB"


class TestRefusals:
    @pytest.mark.parametrize("size", [31, 2049, 100.0, True, "big"])
    def test_sizes(self, run, size):
        with pytest.raises(ParameterError, match=r"size: .* is not allowed; give a whole number of pixels from 32 to"):
            run(BatchConfig(enabled=False)).contact_sheet(size=size)

    def test_names(self, run):
        batch = run(grid(colour=["red"], level=[1, 2]))
        with pytest.raises(ParameterError, match=r"x: 'color' is no varied parameter; did you mean 'colour'\?"):
            batch.contact_sheet(x="color")
        with pytest.raises(ParameterError, match=r"page: 'color' is no varied parameter; did you mean 'colour'\?"):
            batch.contact_sheet(page={"color": "red"})
        with pytest.raises(ParameterError, match="page: no task has level 3; give values that some have"):
            batch.contact_sheet(page={"level": 3})
        with pytest.raises(ParameterError, match="page: 3 is not allowed; give a varied parameter, or a mapping"):
            batch.contact_sheet(page=3)

    def test_more_than_200_megapixels(self, run):
        batch = run(grid("random", 60))
        with pytest.raises(ParameterError) as caught:
            batch.contact_sheet(size=2048)
        message = str(caught.value)
        assert message.startswith("size: a sheet of 60 cells of 2048 pixels would have ")
        assert "megapixels, and 200 are allowed; give size=" in message
        fits = int(message.split("give size=")[1].split()[0])
        picture = batch.contact_sheet(size=fits)
        assert 120e6 < picture.width * picture.height <= 200e6
