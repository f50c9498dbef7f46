"""The table of hostile texts, for every test of them; the front end's tests read the same file."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from batchgen_widgets.texts import visible

_TABLE = json.loads(Path(__file__).with_name("texts.json").read_text("utf-8"))

TEXTS: dict[str, str] = {each["name"]: each["text"] for each in _TABLE["texts"]}
"""By name."""

SHOWN: dict[str, str] = {each["name"]: each["shown"] for each in _TABLE["texts"]}
"""How they look."""

HUGE: dict[str, str] = {each["name"]: each["piece"] * each["times"] for each in _TABLE["huge"]}

FORMULAS: list[str] = _TABLE["formulas"]

ALL = TEXTS | HUGE

HARMLESS = {
    *("p", "div", "span", "bdi", "strong", "ul", "li", "br", "figure", "figcaption", "details", "summary", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td", "img", "video", "audio"),
}
_ATTRIBUTES = {"style", "title", "alt", "width", "scope", "dir", "aria-level", "aria-label", "src", "controls"}


class Markup(NamedTuple):
    """What is in a piece of HTML."""

    words: str
    attributes: list[tuple[str, str]]


def read_html(html: str) -> Markup:
    """Read HTML that may hold nothing but words and pictures; fails when there is anything else in it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.unexpected, reader.unexpected
    words = "".join(reader.words)
    assert_seen(words)
    for _, value in reader.attributes:
        assert_seen(value)
    return Markup(words, reader.attributes)


def assert_seen(text: str) -> None:
    """Fail when a text has something that can't be seen, or that a terminal obeys."""
    assert visible(text, breaks=True) == text
    text.encode()


def one_line(text: str) -> str:
    """A text as it looks where lines are not broken."""
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.unexpected: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS:
            self.unexpected.append(tag)
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name not in _ATTRIBUTES or (name == "src" and not (value or "").startswith("data:")):
                self.unexpected.append((tag, name, value))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.unexpected.append(data)

    def handle_decl(self, decl: str) -> None:
        self.unexpected.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.unexpected.append(data)

    def handle_pi(self, data: str) -> None:
        self.unexpected.append(data)
