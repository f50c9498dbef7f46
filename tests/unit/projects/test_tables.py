"""Tables that spreadsheets and programs read: no cell is a formula, and nothing is lost that could be kept."""

from __future__ import annotations

import csv
import math
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

import batchgen_widgets as bg
from batchgen_widgets.projects.tables import LONGEST_CELL, columns_of, write_csv, write_parquet
from batchgen_widgets.texts import visible

from .exports import make_batch, speckle


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    file = BytesIO()
    write_csv(file, columns_of(rows), rows)
    return file.getvalue()


def cells(rows: list[dict[str, Any]]) -> list[list[str]]:
    return list(csv.reader(StringIO(as_csv(rows).decode("utf-8-sig"), newline="")))


def cell(value: Any) -> str:
    return cells([{"a": value}])[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example","x")',
        "+1",
        "-1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        "\u200b=1",
        "\ufeff=1",
    ],
)
def test_no_text_is_a_formula(text):
    shown = cell(text)
    assert shown[0] not in "=+-@\t\r\n \u00a0\uff1d\uff0b\uff0d\uff20"
    # Also where a semicolon or a tab separates cells: every text is in quotes.
    assert as_csv([{"a": text}]).decode("utf-8-sig").splitlines()[-1].endswith('"')


@pytest.mark.parametrize(
    "text", ["=1+1", "'quoted", "''", "plain", "it's", "", "ends in =", "a,b;c", 'a "b"', "a\nb", "日本"]
)
def test_one_apostrophe_less_and_the_text_is_back(text):
    assert cell(text).removeprefix("'") == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])))
def test_texts_survive(text):
    assert cell(text).removeprefix("'") == text


@given(st.text(st.characters()))
def test_nothing_unseen_is_left(text):
    assert visible(cell(text), breaks=True) == cell(text)


@given(st.integers(-(2**63), 2**63) | st.floats(allow_nan=False))
def test_numbers_stay_numbers(number):
    """Negative ones too, and with all their digits."""
    line = as_csv([{"a": number}]).decode("utf-8-sig").splitlines()[1]
    assert not line.startswith(('"', "'"))
    assert type(number)(line) == number


def test_what_is_nothing_and_what_is_true():
    assert cells([{"a": None, "b": True, "c": False}])[1] == ["", "True", "False"]
    assert cell(math.nan) == "nan"


def test_control_characters_are_seen():
    assert visible("a\x1b[2J\u202eb\0") == "a\\x1b[2J\\u202eb\\x00"
    assert visible("a\nb\tc") == "a\\nb\\tc"
    assert visible("a\nb\tc", breaks=True) == "a\nb\tc"
    assert visible("half \ud800") == "half \\ud800"
    assert visible("\u0646\u200c\u0627 👩\u200d🚀") == "\u0646\u200c\u0627 👩\u200d🚀"


def test_a_text_without_end_is_cut_and_says_so():
    shown = cell("=" + "x" * 1_000_000)
    assert len(shown) <= LONGEST_CELL
    assert shown.endswith("... (1,000,001 characters, all of them in manifest.json)")


def test_lines_end_as_the_standard_says():
    data = as_csv([{"a": 1}, {"a": 2}])
    assert data == b'\xef\xbb\xbf"a"\r\n1\r\n2\r\n'


def test_names_of_columns_are_texts_too():
    assert cells([{"=cmd": 1}])[0] == ["'=cmd"]


def test_types_of_columns():
    rows: list[dict[str, Any]] = [
        {"a": 1, "b": 1, "c": True, "d": 1, "e": None, "f": 2**70, "g": [1]},
        {"a": 2, "b": 0.5, "c": False, "d": "x", "e": None},
    ]
    found = columns_of(rows)
    assert found == {"a": "int", "b": "float", "c": "bool", "d": "text", "e": "text", "f": "text", "g": "text"}
    file = BytesIO()
    write_parquet(file, found, rows)
    table = parquet.read_table(BytesIO(file.getvalue()))
    assert [str(field.type) for field in table.schema] == ["int64", "double", "bool", *["string"] * 4]
    assert table.to_pylist()[0] == {"a": 1, "b": 1.0, "c": True, "d": "1", "e": None, "f": str(2**70), "g": "[1]"}


def test_a_real_export_reads_back(tmp_path: Path):
    @bg.generator
    def wild(prompt: str = "x", seed: int = 0, offset: float = -1.5) -> dict[str, Any]:
        return {"image": speckle(seed), "score": -0.25, "verdict": "=evil()"}

    prompt = '=1+1\u202e "quoted", and\nmore'
    batch = make_batch(tmp_path / "project", 3, wild, {"prompt": prompt})
    folder = bg.Project(tmp_path / "project").export(tmp_path / "x")
    table = pandas.read_csv(folder / "assets.csv")
    assert list(table["id"]) == [asset.id for asset in batch.results]
    assert list(table["params.seed"]) == [asset.params["seed"] for asset in batch.results]
    assert set(table["params.offset"]) == {-1.5}
    assert set(table["metrics.score"]) == {-0.25}
    assert set(table["metrics.verdict"]) == {"'=evil()"}
    assert set(table["params.prompt"]) == {"'" + prompt.replace("\u202e", "\\u202e")}
    exact = pandas.read_parquet(folder / "assets.parquet")
    assert set(exact["params.prompt"]) == {prompt}
    assert set(exact["metrics.verdict"]) == {"=evil()"}
    assert list(exact["params.seed"]) == list(table["params.seed"])
    assert str(exact["params.offset"].dtype) == "float64"


def test_many_rows_go_through_in_parts():
    rows = [{"a": number} for number in range(12_001)]
    file = BytesIO()
    write_parquet(file, {"a": "int"}, iter(rows))
    assert parquet.ParquetFile(BytesIO(file.getvalue())).num_row_groups == 3
    assert parquet.read_table(BytesIO(file.getvalue()))["a"].to_pylist() == list(range(12_001))
