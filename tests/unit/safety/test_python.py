"""What objects say of themselves in a notebook and on a terminal is text, bounded, and seen, whatever is in it."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from csv import reader
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.batches import Query
from batchgen_widgets.batches.textprogress import TextProgress
from batchgen_widgets.cli.console import Console
from batchgen_widgets.cli.main import main
from batchgen_widgets.generators.inputs import LostMedia, MediaInput
from batchgen_widgets.media.lettering import Lettering
from batchgen_widgets.pages import snapshot, snapshot_of_results, snapshot_of_words
from batchgen_widgets.projects.tables import LONGEST_CELL, write_csv
from batchgen_widgets.recipes import Recipe
from batchgen_widgets.runner.reproduce import Reproduction

from .conftest import MAKER, NAME, Place, hostile
from .hostile import ALL, FORMULAS, HUGE, SHOWN, TEXTS, assert_seen, one_line, read_html

LONGEST = 40_000
"""Characters of what an object says of itself, without pictures."""

Make = Callable[[Place], Any]

SELVES: dict[str, Make] = {
    "session": lambda place: place.session,
    "generator": lambda place: place.session.generator,
    "plan": lambda place: place.session.plan(config=place.made.config),
    "batch": lambda place: place.made,
    "failed batch": lambda place: place.failed,
    "task": lambda place: place.failed.tasks[4],
    "asset": lambda place: place.made.results[0],
    "asset of a huge prompt": lambda place: place.made.results[-1],
    "project": lambda place: place.session.project,
    "history": lambda place: place.session.project.history(),
    "batches": lambda place: place.session.project.batches,
    "page": lambda place: place.session.project.find(None, limit=3),
    "comparison": lambda place: place.session.project.compare(place.made, place.failed),
    "lineage": lambda place: place.session.project.lineage(place.made.results[0]),
    "reviews": lambda place: place.session.project.reviews(),
    "report": lambda place: place.session.project.verify(),
    "reproduction": lambda place: reproduced(place),
    "recipe": lambda place: place.made.results[0].recipe,
    "recipe of somebody": lambda place: Recipe({NAME: NAME, **ALL}, generator=NAME * 100),
    "winners": lambda place: place.session.winners(place.made.id),
    "input": lambda place: MediaInput("image", place.made.results[0].path, name=f"{NAME}.png"),
    "lost input": lambda place: LostMedia({"name": NAME}),
}


def reproduced(place: Place) -> Reproduction:
    asset = place.made.results[0]
    return Reproduction("close", 0.5, "distance", 1.0, tuple(TEXTS.values()), asset.open(), asset, hostile)


def html_of(shown: Any) -> str:
    if hasattr(shown, "_repr_mimebundle_"):
        bundle = shown._repr_mimebundle_()
        assert_seen(bundle["text/plain"])
        return str(bundle.get("text/html", ""))
    return str(shown._repr_html_()) if hasattr(shown, "_repr_html_") else ""


@pytest.mark.parametrize("name", SELVES)
def test_objects_show_themselves_as_text(place, name):
    shown = SELVES[name](place)
    assert_seen(repr(shown))
    assert len(repr(shown)) < LONGEST
    found = read_html(html_of(shown))
    assert len(found.words) < LONGEST
    for attribute, value in found.attributes:
        assert attribute == "src" or len(value) < 10_000


def test_what_they_show_is_what_was_given(place):
    """Nothing is left out for the sake of safety."""
    project = place.session.project
    maker = one_line(SHOWN["elements"])
    for name in ("history", "comparison", "lineage", "reviews"):
        assert "<script>alert(2)</script>" in read_html(html_of(SELVES[name](place))).words
    table = read_html(place.session.plan(config=place.made.config)._repr_html_()).words
    for text in list(SHOWN.values())[:5]:
        assert text in table
    assert maker in read_html(project.history()._repr_html_()).words
    assert "invoice\\u202egnp.exe" in repr(project.lineage(place.made.results[0]))


def test_values_stay_as_they_are(place):
    reopened = bg.Project(place.session.project.path).batch(place.made.id)
    for batch in (place.made, reopened):
        assert {task.params["prompt"] for task in batch.tasks} == set(ALL.values())
        assert {asset.metrics["said"] for asset in batch.results} == set(ALL.values())
    assert place.made.generator == MAKER


def test_alternative_texts_are_bounded(place):
    for asset in place.made.results:
        assert len(asset.alt) <= 1_000


def test_snapshots_are_text(place):
    for picture in (
        snapshot(place.made, 60_000),
        snapshot_of_results(place.made.results, 60_000),
        snapshot_of_words(place.failed),
    ):
        assert_seen(picture.text)
        read_html(picture.html)
        assert len(picture.text) < LONGEST


@pytest.mark.parametrize("name", ALL)
def test_letters_are_drawn(name):
    lines = Lettering(14).set(ALL[name], 300, 3)
    assert_seen("".join(lines.lines))
    assert lines.width <= 300 + 14
    from PIL import Image

    lines.draw(Image.new("RGB", (320, 80)), 0, 0, "white")


def test_contact_sheets_are_drawn(place):
    assert place.made.contact_sheet(size=48).width < 20_000
    assert place.failed.contact_sheet(size=48).width < 20_000


def test_file_names_are_plain(place, tmp_path):
    """Whatever a prompt holds, files on disk and in an archive are called by letters, digits and a few signs."""
    plain = re.compile(r"[0-9A-Za-z_./-]+")
    for asset in place.made.assets + place.child.assets:
        assert plain.fullmatch(asset.path.name)
        assert len(asset.path.name) <= 100
    archive = place.made.export(tmp_path / "all.zip")
    with zipfile.ZipFile(archive) as opened:
        assert all(map(plain.fullmatch, opened.namelist()))
        tables = [name for name in opened.namelist() if name.endswith(".csv")]
        assert tables
        for table in tables:
            text = opened.read(table).decode("utf-8-sig")
            assert_seen(text)
            for row in reader(io.StringIO(text, newline="")):
                assert not any(runs(cell) for cell in row)


def runs(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula; numbers are none."""
    try:
        float(cell)
    except ValueError:
        return cell.strip().startswith(("=", "+", "-", "@", *"\uff1d\uff0b\uff0d\uff20")) or cell.startswith(
            ("\t", "\r", "\n")
        )
    return False


@pytest.mark.parametrize("text", [*FORMULAS, *ALL.values()], ids=[*map(ascii, FORMULAS), *ALL])
def test_no_cell_is_a_formula(text):
    file = io.BytesIO()
    write_csv(file, [text, "b"], [{text: text, "b": [text]}])
    written = file.getvalue().decode("utf-8-sig")
    assert_seen(written)
    for row in reader(io.StringIO(written, newline="")):
        for cell in row:
            assert not runs(cell)
            assert len(cell) <= LONGEST_CELL


def without_marks(code: str) -> str:
    """Accents are seen; code has all of them, since it makes the same again."""
    return "".join(letter for letter in code if not unicodedata.category(letter).startswith("M"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


COMMANDS: dict[str, Callable[[Place], list[str]]] = {
    "list": lambda place: ["list", str(place.session.project.path)],
    "list of projects": lambda place: ["list"],
    "show": lambda place: ["show", str(place.session.project.path), place.made.id],
    "show failures": lambda place: ["show", str(place.session.project.path), place.failed.id],
    "show code": lambda place: ["show", str(place.session.project.path), place.made.id, "--code"],
    "show json": lambda place: ["show", str(place.session.project.path), place.made.id, "--json"],
    "verify": lambda place: ["verify", str(place.session.project.path)],
    "no such place": lambda place: ["list", NAME.replace("\0", "")],
    "no such batch": lambda place: ["show", str(place.session.project.path), NAME],
    "traceback": lambda place: ["--traceback", "show", str(place.session.project.path), NAME],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_say_text(place, name, monkeypatch, capsys):
    monkeypatch.chdir(place.session.project.path.parent)
    monkeypatch.setenv("NO_COLOR", "1")
    try:
        main(COMMANDS[name](place))
    except SystemExit:
        assert name == "traceback"
    said = capsys.readouterr()
    assert_seen(without_marks(said.out) if name == "show code" else said.out)
    assert_seen(said.err)
    assert said.out or said.err


def test_tables_and_complaints_on_a_terminal(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out, err = Terminal(), Terminal()
    console = Console(out, err)
    console.table(("name", "text"), ALL.items())
    for text in ALL.values():
        console.complain(text)
    assert_seen(out.getvalue())
    assert_seen(err.getvalue())


def test_progress_is_text(place):
    lines = io.StringIO()
    with TextProgress(place.made, lines) as progress:
        progress.update()
    assert_seen(lines.getvalue())
    assert "100%" in lines.getvalue()
    assert len(lines.getvalue()) < 1_000


def test_code_is_text(place):
    for batch in (place.failed, place.child):
        assert_seen(without_marks(batch.to_code()))


@pytest.mark.parametrize("name", TEXTS)
def test_searches_for_them_find_them_or_nothing(place, name):
    project = place.session.project
    assert len(project.history(text=TEXTS[name])) <= 3
    project.find(Query.of(text=TEXTS[name]))
    project.history(generator=TEXTS[name])


@pytest.mark.parametrize("name", [NAME, "x" * 1_001, HUGE["a megabyte of words"]], ids=["half", "long", "huge"])
def test_a_name_that_nobody_can_keep_is_refused(name):
    with pytest.raises(bg.GeneratorError, match=r"name: .* at most 1,000 characters") as refused:
        bg.generator(lambda seed=0: None, name=name)
    assert len(str(refused.value)) < 300
    assert_seen(str(refused.value))


@pytest.mark.parametrize("name", TEXTS)
def test_a_review_with_any_note_is_taken(place, name, tmp_path: Path):
    batch = place.child
    entry = {"asset": batch.results[0].id, "mark": None, "note": TEXTS[name]}
    head = {"format": "batchgen-review", "version": 1, "batch": batch.id, "title": TEXTS[name]}
    when = f"2026-01-01T00:00:{list(TEXTS).index(name):02}Z"
    taken = place.session.project.import_review({**head, "reviewer": "Ada", "made_at": when, "marks": [entry]})
    assert taken.added + taken.updated == 1
    said = place.session.project.reviews(batch).of(batch.results[0])["Ada"].note
    assert said == TEXTS[name].replace("\ud800", "\ufffd").replace("\udc80", "\ufffd")
