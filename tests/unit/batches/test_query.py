"""What a query shows: the cases that hold for both languages, an oracle, and what is refused."""

from __future__ import annotations

import enum
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchgen_widgets import ParameterError
from batchgen_widgets.batches import Fields, Query, make_column
from batchgen_widgets.batches.fields import number_text
from batchgen_widgets.batches.query import fold

CASES = json.loads(Path(__file__).with_name("query_cases.json").read_text("utf-8"))


class Sampler(enum.Enum):
    EULER = 1
    HEUN = 2


class Style(enum.StrEnum):
    PLAIN = "plain words"


def asset(**entries: Any) -> Any:
    """Give what a query reads of an asset."""
    told = CASES["defaults"] | entries
    return SimpleNamespace(
        params=told["params"],
        metrics=told["metrics"],
        kind=told["kind"],
        mark=told["mark"],
        task_index=told["task"],
        created_at=datetime.fromtimestamp(told["created"], UTC),
        width=told["width"],
        height=told["height"],
        duration=told["duration"],
        file_size=told["size"],
        path=Path(told["name"]),
    )


def assets_with(name: str, values: list[Any]) -> list[Any]:
    return [asset(params={name: value}) for value in values]


@pytest.mark.parametrize(
    ("assets", "case"),
    [
        pytest.param(group["assets"], case, id=f"{group['what']}-{case['why']}-{json.dumps(case['query'])}"[:120])
        for group in CASES["groups"]
        for case in group["cases"]
    ],
)
def test_the_cases_of_both_languages(assets: list[dict[str, Any]], case: dict[str, Any]) -> None:
    query = Query.from_json(case["query"])
    assert query.apply([asset(**entries) for entries in assets]) == case["expected"]
    assert Query.from_json(json.loads(json.dumps(query.to_json()))) == query


@pytest.mark.parametrize(("text", "folded"), CASES["folds"])
def test_how_letters_are_compared(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(("number", "text"), CASES["numbers"])
def test_how_numbers_are_written(number: float, text: str) -> None:
    assert number_text(float(number)) == text


@given(st.floats(allow_nan=False))
def test_the_text_of_a_number_leads_back_to_it(number: float) -> None:
    assert float(number_text(number)) == number


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    if text.isascii():
        assert fold(text + "\u017f") == f"{text.lower()}s"


# The oracle: asset by asset, as the docstring of Query reads.

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 1.0, math.nan, math.inf]),
    st.sampled_from("aAbß"),
)
plain_values = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, "a", "1", "true"]))
ends = st.one_of(st.none(), st.integers(-3, 3))
some_assets = st.lists(
    st.builds(
        asset,
        params=st.dictionaries(st.sampled_from(["p", "both", "width"]), values),
        metrics=st.dictionaries(st.sampled_from(["m", "both"]), values),
        mark=st.sampled_from([None, "favorite", "discarded"]),
        task=st.integers(0, 3),
        width=st.sampled_from([1, 2, None]),
        name=st.sampled_from(["a.png", "b.png"]),
    ),
    max_size=8,
)
fields = st.sampled_from(["p", "m", "both", "width", "task", "name", "gone", "mark"])
conditions = st.one_of(
    st.fixed_dictionaries({"values": st.lists(plain_values, max_size=3)}),
    st.tuples(ends, ends)
    .filter(lambda two: None in two or two[0] <= two[1])
    .map(lambda two: {"low": two[0], "high": two[1]}),
)
queries = st.builds(
    Query,
    text=st.sampled_from(["", "a", "SS", "a b", "png 1"]),
    mark=st.sampled_from([None, "favorite", "unmarked", "discarded"]),
    where=st.dictionaries(fields, conditions, max_size=2),
    sort=st.one_of(st.none(), fields),
    descending=st.booleans(),
)


def value_of(everything: list[Any], one: Any, name: str) -> Any:
    facts = {"width": one.width, "task": one.task_index, "name": one.path.name, "mark": one.mark}
    if any(name in each.params for each in everything):
        found = one.params.get(name)
    elif any(name in each.metrics for each in everything):
        found = one.metrics.get(name)
    else:
        found = facts.get(name)
    return None if isinstance(found, float) and math.isnan(found) else found


def is_text_field(everything: list[Any], read: Any) -> bool:
    found = [read(each) for each in everything]
    kinds = {
        "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
        for value in found
        if value is not None and value == value
    }
    return kinds == {"text"} or len(kinds) > 1


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_text(float(value))


def oracle(query: Query, everything: list[Any]) -> list[int]:
    def holds(one: Any) -> bool:
        if query.mark and one.mark != {"unmarked": None}.get(query.mark, query.mark):
            return False
        for name, condition in query.where.items():
            value = value_of(everything, one, name)
            is_text = is_text_field(everything, lambda each: value_of(everything, each, name))  # noqa: B023
            if "values" in condition:
                same = [
                    (wanted is None and value is None)
                    or (wanted is not None and value is not None and is_text and as_text(wanted) == as_text(value))
                    or (
                        not is_text
                        and isinstance(wanted, bool) is isinstance(value, bool)
                        and isinstance(wanted, str) is isinstance(value, str)
                        and wanted == value
                    )
                    for wanted in condition["values"]
                ]
                if not any(same):
                    return False
            else:
                if value is None or is_text or isinstance(value, bool):
                    return False
                if condition["low"] is not None and value < condition["low"]:
                    return False
                if condition["high"] is not None and value > condition["high"]:
                    return False
        texts = [one.path.name]
        for kind in ("params", "metrics"):
            for name in getattr(one, kind):

                def read(each: Any, kind: str = kind, name: str = name) -> Any:
                    return getattr(each, kind).get(name)

                if is_text_field(everything, read) and read(one) is not None and read(one) == read(one):
                    texts.append(as_text(read(one)))
        return all(any(word in fold(text) for text in texts) for word in fold(query.text).split())

    shown = [place for place, one in enumerate(everything) if holds(one)]
    if query.sort is None:
        return shown
    name = query.sort
    is_text = is_text_field(everything, lambda each: value_of(everything, each, name))

    def before(a: int, b: int) -> bool:
        """Whether a must stand before b."""
        one, other = value_of(everything, everything[a], name), value_of(everything, everything[b], name)
        if one is None or other is None:
            return one is not None or (other is None and a < b)
        if is_text:
            one, other = ((fold(text), text) for text in (as_text(one), as_text(other)))
        return a < b if one == other else (one > other if query.descending else one < other)

    return sorted(shown, key=lambda place: sum(before(other, place) for other in shown if other != place))


@given(some_assets, queries)
def test_it_shows_what_the_words_say(everything: list[Any], query: Query) -> None:
    assert query.apply(everything) == oracle(query, everything)


@given(some_assets, st.integers(0, 8))
def test_a_column_is_the_same_however_it_is_cut(everything: list[Any], cut: int) -> None:
    """The browser gets columns in parts, and puts them together: texts win, and parts without a value adapt."""

    def texts(column: Any) -> list[Any]:
        return [None if cell is None else as_text(cell) for cell in column.cells]

    whole = make_column("both", "parameter", [each.params.get("both") for each in everything])
    parts = [
        make_column("both", "parameter", [each.params.get("both") for each in part])
        for part in (everything[:cut], everything[cut:])
    ]
    types = {part.type for part in parts if any(cell is not None for cell in part.cells)}
    assert whole.type == (types.pop() if len(types) == 1 else "text" if types else "number")
    assert texts(whole) == [text for part in parts for text in texts(part)]


def test_values_that_only_python_has() -> None:
    several = [Sampler.EULER, Style.PLAIN, np.float32(0.5), np.int64(3), np.bool_(True), "x", math.nan, [1, 2]]
    column = make_column("p", "parameter", several)
    assert (column.type, column.cells) == ("text", ["EULER", "PLAIN", "0.5", "3", "true", "x", None, "[1, 2]"])
    numbers = make_column("p", "parameter", [np.int64(3), np.float64("nan"), 10**400, -(10**400), None])
    assert (numbers.type, numbers.cells) == ("number", [3.0, None, math.inf, -math.inf, None])
    assert all(type(cell) is float for cell in numbers.cells if cell is not None)
    nothing = make_column("p", "parameter", [None, math.nan])
    assert (nothing.type, nothing.cells) == ("number", [None, None])
    booleans = make_column("p", "parameter", [True, math.nan])
    assert (booleans.type, booleans.cells) == ("bool", [True, None])


def test_long_texts_are_cut_in_the_query_as_in_the_column() -> None:
    long = "word " * 5_000
    some = assets_with("prompt", [long, "short"])
    assert len(make_column("prompt", "parameter", [long]).cells[0]) == 20_001
    assert Query.of(prompt=long).apply(some) == [0]


def test_the_short_way() -> None:
    query = Query.of(text="fox", mark="favorite", sort="-score", seed=3, steps=[20, 30], cfg=(None, 7), lora=None)
    assert query == Query(
        text="fox",
        mark="favorite",
        where={
            "seed": {"values": [3]},
            "steps": {"values": [20, 30]},
            "cfg": {"low": None, "high": 7},
            "lora": {"values": [None]},
        },
        sort="score",
        descending=True,
    )
    assert Query.of() == Query()
    assert Query.of(sort="seed") == Query(sort="seed")
    assert Query.of(where={"text": "hello", "sort": (1, 2)}).where == {
        "text": {"values": ["hello"]},
        "sort": {"low": 1, "high": 2},
    }
    when = datetime(2024, 5, 1, tzinfo=UTC)
    assert Query.of(created=(when, None)).where == {"created": {"low": when.timestamp(), "high": None}}


def test_values_of_python_become_those_of_json() -> None:
    query = Query.of(
        a=Sampler.HEUN, b=np.arange(2), c=(np.float32(0.5), np.int64(2)), d=math.nan, e={"x"}, f={"values": (1,)}
    )
    assert json.loads(json.dumps(query.to_json()))["where"] == {
        "a": {"values": ["HEUN"]},
        "b": {"values": [0, 1]},
        "c": {"low": 0.5, "high": 2},
        "d": {"values": [None]},
        "e": {"values": ["x"]},
        "f": {"values": [1]},
    }


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"text": 3}, "text", "give the words"),
        ({"mark": "starred"}, "mark", "'favorite', 'unmarked', 'discarded'"),
        ({"mark": ["favorite"]}, "mark", "choose one of"),
        ({"sort": 3}, "sort", "name of a field"),
        ({"descending": "yes"}, "descending", "True or False"),
        ({"where": ["seed"]}, "where", "give a dict"),
        ({"where": {"seed": 3}}, "seed", '{"values": [...]}'),
        ({"where": {"seed": {}}}, "seed", '{"values": [...]}'),
        ({"where": {"seed": {"values": "abc"}}}, "seed", '{"values": [...]}'),
        ({"where": {"seed": {"values": [1], "low": 2}}}, "seed", '{"values": [...]}'),
        ({"where": {"seed": {"values": [[1]]}}}, "seed", "give texts, finite numbers"),
        ({"where": {"seed": {"values": [math.inf]}}}, "seed", "give texts, finite numbers"),
        ({"where": {"seed": {"values": [10**400]}}}, "seed", "give texts, finite numbers"),
        ({"where": {"seed": {"low": "1", "high": 2}}}, "seed", "finite number, or None"),
        ({"where": {"seed": {"low": True, "high": 2}}}, "seed", "finite number, or None"),
        ({"where": {"seed": {"low": math.nan, "high": 2}}}, "seed", "finite number, or None"),
        ({"where": {"seed": {"low": 3, "high": 2}}}, "seed", "smaller number first"),
        ({"color": "red"}, "color", "no part of a query"),
    ],
)
def test_what_is_refused(wrong: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ParameterError) as refused:
        Query.from_json(wrong)
    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")
    assert words in str(refused.value)


def test_a_tuple_is_a_range() -> None:
    with pytest.raises(ParameterError, match="write values as a list"):
        Query.of(steps=(1, 2, 3))


def test_unknown_fields_are_named_with_those_there_are() -> None:
    fields = Fields([asset(params={"seed": 1}, metrics={"clip_score": 0.5, "width": 3})]).names
    built_in = ["kind", "status", "mark", "task", "created", "width", "height", "duration", "size", "name"]
    assert sorted(fields) == sorted({"seed", "clip_score", *built_in})
    query = Query.of(seed=1, sort="-clip_score")
    assert query.check(fields) is query
    with pytest.raises(
        ParameterError, match=r"clip_scor: no asset has .* did you mean 'clip_score'\? allowed: seed, clip"
    ):
        Query.of(clip_scor=(0.3, None)).check(fields)
    with pytest.raises(ParameterError, match="did you mean 'seed'"):
        Query.of(sort="seeds").check(fields)


def test_conditions_on_fields_that_are_gone_are_dropped_alone() -> None:
    query = Query.of(text="fox", mark="favorite", sort="score", seed=1, cfg=(1, 2))
    assert query.only(["seed"]) == Query.of(text="fox", mark="favorite", sort="score", seed=1)
    assert query.only(["seed", "cfg", "score"]) is query
