"""What stands in the page breaks nothing in it."""

from __future__ import annotations

import base64
import io
import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets.pages.embed import PageFile, encoded_size, policy, safe_json, safe_line

HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(categories=("Cs", "Cc", "Cf", "Zl", "Zp"))),
    st.sampled_from(["</script>", "<!--<script>", "]]>", "-->", "<img onerror=alert(1) src=x>", "\u2028", "\ud800"]),
)


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.found = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.found += data


@given(st.recursive(HOSTILE, lambda inner: st.lists(inner) | st.dictionaries(HOSTILE, inner), max_leaves=8))
def test_any_value_comes_back_from_a_script(value: object):
    data = safe_json(value)
    page = Texts()
    page.feed(f"<script type='application/json'>{data.decode('ascii')}</script>")
    assert page.tags == ["script"]
    assert json.loads(page.found) == json.loads(json.dumps(value))  # two halves of a pair are one letter


@given(HOSTILE)
def test_a_title_is_one_line_of_text(text: str):
    line = safe_line(text)
    page = Texts()
    page.feed(f"<title>{line}</title>")
    assert page.tags == ["title"]
    line.encode("utf-8")
    assert not set(page.found) & set("\n\r\x00\u202e\u2066\u2028")
    assert len(page.found) <= 200


@given(st.binary(max_size=1000), st.sampled_from(["data", "stream"]))
def test_a_node_takes_no_more_room_than_was_said(data: bytes, how: str):
    file = io.BytesIO()
    page = PageFile(file, 10_000)
    if how == "data":
        page.data("medium-99999", data, "video/webm")
    else:
        page.stream("medium-99999", io.BytesIO(data), "video/webm")
    written = file.getvalue()
    assert page.size == len(written) <= encoded_size(len(data))
    assert page.left == 10_000 - len(written)
    assert base64.b64decode(written.partition(b">")[2].partition(b"<")[0]) == data


def test_a_long_stream_is_one_base64():
    data = bytes(range(256)) * 8192
    file = io.BytesIO()
    PageFile(file, 10**7).stream("medium-0", io.BytesIO(data), "video/mp4")
    assert base64.b64decode(file.getvalue().partition(b">")[2].partition(b"<")[0], validate=True) == data


def test_rewinding_forgets():
    file = io.BytesIO()
    page = PageFile(file, 1000)
    page.write("kept")
    page.write("dropped")
    page.rewind(4)
    page.write("!")
    assert (file.getvalue(), page.size) == (b"kept!", 5)


def test_the_policy_reaches_nothing():
    rules = dict(rule.split(" ", 1) for rule in policy("alert(1)", "p{}").split("; "))
    assert rules["default-src"] == rules["connect-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert rules["script-src"].startswith("'sha256-")
    assert rules["style-src"].startswith("'sha256-")
    assert not any(word in rule for rule in rules.values() for word in ("unsafe", "http", "*", "'self'"))
