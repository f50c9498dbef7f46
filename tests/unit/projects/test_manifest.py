"""The words of a manifest and of a review, and what is none of them."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import batchgen_widgets as bg
from batchgen_widgets.projects.database import dump_json
from batchgen_widgets.projects.manifest import (
    MOST_DEPTH,
    from_plain,
    read_json,
    read_manifest,
    references,
    time_text,
    to_plain,
    when,
)

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_published_schema_is_up_to_date(monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("generate_schema", REPOSITORY / "tools" / "generate_schema.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(sys, "argv", ["generate_schema.py", "--check"])
    assert tool.main() == 0, "run python tools/generate_schema.py"
    monkeypatch.setattr(tool, "manifest_schema", lambda: "{}")
    assert tool.main() == 1
    assert "manifest.schema.json is out of date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe{}", "utf-8"),
        (b'\xef\xbb\xbf{"a": 1}', "BOM"),
        (b"{", "Expecting"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b'{"a": -Infinity}', "-Infinity is no JSON"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "limit"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"x": {"\\u202eb": 1, "\\u202eb": 2}}', r"\\u202eb"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deep"),
    ],
)
def test_what_is_no_json_for_everybody(text, reason):
    with pytest.raises(bg.ProjectError, match=f"^here: not valid.*{re.escape(reason)}"):
        read_json(text, "here")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", 'its "format" has to be "batchgen-project"'),
        ('"batchgen-project"', "not an exported project"),
        ('{"format": "other"}', "not an exported project"),
        ('{"format": "batchgen-project", "version": 2}', r"written by a newer version .* pip install -U"),
        ('{"format": "batchgen-project", "version": true}', "version"),
        ('{"format": "batchgen-project", "version": "1"}', "version"),
        ('{"format": "batchgen-project", "version": 1}', "made_with: Field required"),
        ('{"format": "batchgen-project", "version": 1, "made_with": "x", "batches": {}}', "batches: Input should be"),
        ('{"format": "batchgen-project", "version": 1, "made_with": 1, "batches": []}', "made_with: Input should be"),
        ('{"format": "batchgen-project", "version": 1, "made_with": "x", "batches": [], "x": 1}', "x: Extra inputs"),
    ],
)
def test_what_is_no_manifest(text, reason):
    with pytest.raises(bg.ProjectError, match=f"^here: .*{reason}"):
        read_manifest(text.encode(), "here")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
values = st.dictionaries(
    st.text(), st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
)


@given(values)
def test_values_survive_the_way_through_json(given):
    text = dump_json(given)
    plain = to_plain(text)
    back = from_plain(json.loads(json.dumps(plain, allow_nan=False)))
    assert dump_json(back) == text


def test_references_are_found_and_renamed():
    name = "inputs/" + "0" * 64 + ".png"
    first, second = "20260101-000000-abcdef-0001", "20260101-000000-abcdef-0002-1"
    params = {"image": {"asset": first}, "more": [{"file": name, "kind": "image", "name": "x"}, {"asset": second}]}
    assert list(references(params, "asset")) == [first, second]
    assert list(references(params, "file")) == [name]
    assert from_plain(params, str.upper)["more"][1] == {"asset": second.upper()}
    assert from_plain({"a": {"asset": 1}, "b": {"float": []}}) == {"a": {"asset": 1}, "b": {"float": []}}


@given(st.datetimes(min_value=when("1990-01-01T00:00:00Z").replace(tzinfo=None), timezones=st.timezones()))
def test_times_survive(moment):
    text = time_text(moment)
    assert text is not None
    assert text.endswith("Z")
    assert when(text) == moment.astimezone(UTC)


def test_depth_is_bounded():
    deep = json.loads('{"a":' * (MOST_DEPTH + 1) + "1" + "}" * (MOST_DEPTH + 1))
    head = {"format": "batchgen-project", "version": 1, "made_with": "x"}
    batch = {"id": "20260101-000000-abcdef", "base_parameters": deep}
    with pytest.raises(bg.ProjectError, match="not valid"):
        read_manifest(json.dumps({**head, "batches": [batch]}).encode(), "here")
