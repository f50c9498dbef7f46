"""Texts in pictures: cut and wrapped to a width, in whatever letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from batchgen_widgets.errors import ParameterError
from batchgen_widgets.media import lettering
from batchgen_widgets.media.lettering import Lettering, check_font

TEXT = "A lighthouse in the storm, painted with broad strokes of oil"


@pytest.fixture
def only_built_in(monkeypatch):
    monkeypatch.setattr(lettering, "_fonts", lambda: ("",))


def test_a_short_text_is_one_line():
    lines = Lettering(14).set("euler", 200, 3)
    assert list(lines.lines) == ["euler"]
    assert 0 < lines.width < 60
    assert lines.height == Lettering(14).leading


def test_a_long_text_is_wrapped_between_words():
    lines = Lettering(14).set(TEXT, 150, 9)
    assert " ".join(lines.lines) == TEXT
    assert len(lines.lines) > 2
    assert lines.width <= 150


def test_what_does_not_fit_ends_in_an_ellipsis():
    lines = Lettering(14).set(TEXT, 150, 2)
    assert len(lines.lines) == 2
    assert lines.lines[-1].endswith("…")
    assert lines.width <= 150
    assert list(Lettering(14).set("abc", 1, 2).lines)[1:] in ([], ["b"], ["…"])


def test_a_word_longer_than_a_line_is_broken():
    lines = Lettering(14).set("x" * 60, 100, 20)
    assert "".join(lines.lines) == "x" * 60
    assert lines.width <= 100


def test_breaks_and_control_characters_are_spaces():
    assert list(Lettering(14).set("a\n\tb\x00c\u202ed", 500).lines) == ["a b\\x00c\\u202ed"]
    assert list(Lettering(14).set(" \n ", 500).lines) == []


def test_accents_are_dropped_where_no_font_has_them(only_built_in):
    assert list(Lettering(14).set("Zürich", 500).lines) == ["Zurich"]


@pytest.mark.parametrize("text", ["山の夜明け", "Горы", "جبال", "😀👩‍👩‍👧", "\ud800", "e\u0301\u0301"])
def test_any_letters_are_drawn_as_something(only_built_in, text):
    picture = Image.new("RGB", (200, 40), "white")
    Lettering(14).set(text, 180).draw(picture, 5, 5, "black")
    assert picture.getextrema()[0][0] < 128


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60), st.floats(1, 400), st.integers(1, 4))
def test_no_text_breaks_it(text, width, lines):
    found = Lettering(11).set(text, width, lines)
    assert len(found.lines) <= lines
    found.draw(Image.new("RGB", (50, 50)), 0, 0, "white", width=50, side=0.5)


def test_a_text_of_any_length_is_quick():
    assert len(Lettering(14).set("word " * 1_000_000, 200, 3).lines) == 3


def test_a_font_of_ones_own(tmp_path):
    check_font(None)
    broken = tmp_path / "font.ttf"
    broken.write_bytes(b"no font")
    for path in (broken, tmp_path / "gone.ttf"):
        with pytest.raises(ParameterError, match=r"font: .* can't be read as a font .*; give the path of a TrueType"):
            check_font(path)
