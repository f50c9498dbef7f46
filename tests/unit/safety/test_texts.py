"""What can't be seen is written out, the same in Python and in the browser; what people write stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.errors import ParameterError, ProjectError
from batchgen_widgets.texts import has_hidden, markup, visible, whole, without_hidden

from .hostile import HUGE, SHOWN, TEXTS, read_html

ANYTHING = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize("name", TEXTS)
def test_texts_look_as_the_table_says(name):
    assert visible(TEXTS[name], breaks=True) == SHOWN[name]


def test_breaks_are_written_out_on_one_line():
    assert visible(TEXTS["lines"]) == r"one\r\ntwo\tthree\nfour"


def test_what_is_long_is_cut_before_it_is_written_out():
    assert visible("\0" * 9, limit=3) == r"\x00\x00…"
    assert visible("abc", limit=3) == "abc"
    assert visible("abc", limit=0) == "…"
    for text in HUGE.values():
        assert len(visible(text, limit=100)) < 1000


@given(ANYTHING)
def test_once_seen_it_stays_as_it_is(text):
    shown = visible(text, breaks=True)
    assert visible(shown, breaks=True) == shown
    shown.encode()
    assert not set(visible(text)) & set("\n\r\t\x1b\x07\b\0\u202e\u2066\u2028")


@given(st.text(st.characters(categories=["L", "N", "P", "S"]) | st.just(" ")))
def test_what_people_write_stays_as_it_is(text):
    assert visible(text) == text


@given(ANYTHING)
def test_html_is_words(text):
    assert read_html(f'<p title="{markup(text)}">{markup(text)}</p>').words == visible(text, breaks=True)


def test_names_have_nothing_hidden():
    assert has_hidden("a\u200fb")
    assert has_hidden("a\nb")
    assert not has_hidden(TEXTS["persian"])
    assert without_hidden(" Ada\u202e\nEve ") == "Ada Eve"


def test_messages_have_whole_letters():
    assert whole("half \ud800 and 👩") == "half \ufffd and 👩"
    whole(TEXTS["halves"]).encode()


@pytest.mark.parametrize("kind", [ParameterError, ProjectError])
def test_errors_are_texts(kind):
    assert str(kind(TEXTS["escape codes"])) == SHOWN["escape codes"]
    assert str(kind("two\nlines")) == "two\nlines"
