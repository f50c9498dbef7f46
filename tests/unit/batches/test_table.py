"""Tables: which parameters become axes, and which task is in which cell."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchgen_widgets.batches import BatchConfig, VariationParams
from batchgen_widgets.batches.table import MAX_PARTS, make_scale, make_table, round_edges, value_text
from batchgen_widgets.errors import ParameterError


def config(**variation: Any) -> BatchConfig:
    return BatchConfig(variation_params=VariationParams(**variation))


def rows(**values: list[Any]) -> list[dict[str, Any]]:
    """Every combination, the last one fastest."""
    made: list[dict[str, Any]] = [{}]
    for name, each in values.items():
        made = [{**row, name: value} for row in made for value in each]
    return made


class Style(Enum):
    OIL = "oil"
    INK = "ink"


class TestAxes:
    def test_the_two_with_the_most_values_and_the_longer_one_across(self):
        tasks = rows(sampler=["a", "b"], steps=[30, 10, 20], style=["x", "y", "z", "w"])
        table = make_table(tasks, ("steps", "sampler", "style"), config())
        assert table.x
        assert table.y
        assert (table.x.name, table.y.name, table.page) == ("style", "steps", None)
        assert [slot.label for slot in table.y.slots] == ["10", "20", "30"]
        assert [slot.label for slot in table.x.slots] == ["x", "y", "z", "w"]
        assert [tasks[index] for index in table.cells[0, 2, 0]] == [
            {"sampler": sampler, "steps": 30, "style": "x"} for sampler in "ab"
        ]
        assert sorted(index for cell in table.cells.values() for index in cell) == list(range(24))

    def test_long_texts_stand_at_the_left(self):
        tasks = rows(prompt=["a lighthouse in the storm", "two", "three"], steps=[1, 2])
        table = make_table(tasks, ("prompt", "steps"), config())
        assert table.x
        assert table.y
        assert (table.x.name, table.y.name) == ("steps", "prompt")
        asked = make_table(tasks, ("prompt", "steps"), config(), x="prompt")
        assert asked.x
        assert asked.x.name == "prompt"

    def test_seeds_are_an_axis_only_where_they_are_shared(self):
        shared = rows(prompt=["a", "b"], seed=[7, 3])
        table = make_table(shared, ("prompt", "seed"), config())
        assert table.x
        assert table.y
        assert {table.x.name, table.y.name} == {"prompt", "seed"}
        own = [{"prompt": "ab"[number % 2], "seed": number} for number in range(6)]
        assert make_table(own, ("prompt", "seed"), config()).x is None
        asked = make_table(own, ("prompt", "seed"), config(), y="seed")
        assert asked.x
        assert asked.y
        assert (asked.x.name, asked.y.name, len(asked.y.slots)) == ("prompt", "seed", 6)

    def test_what_has_one_value_only_is_no_axis_by_itself(self):
        table = make_table(rows(prompt=["a"], steps=[1, 2]), ("prompt", "steps"), config())
        assert (table.x, table.y, table.cells) == (None, None, {(0, 0, 0): [0, 1]})

    def test_one_axis_alone(self):
        table = make_table(rows(steps=[1, 2]), ("steps",), config(), y="steps")
        assert table.x is None
        assert table.cells == {(0, 0, 0): [0], (0, 1, 0): [1]}

    def test_pages(self):
        tasks = rows(sampler=["a", "b"], steps=[1, 2], style=["x", "y", "z"])
        table = make_table(tasks, ("sampler", "steps", "style"), config(), page="style")
        assert table.x
        assert table.y
        assert table.page
        assert {table.x.name, table.y.name} == {"sampler", "steps"}
        assert [tasks[index]["style"] for (page, _, _), cell in table.cells.items() for index in cell if page == 1] == [
            "y"
        ] * 4

    def test_unknown_and_doubled_axes(self):
        tasks = rows(cfg_scale=[1, 2], steps=[1, 2])
        with pytest.raises(ParameterError) as caught:
            make_table(tasks, ("cfg_scale", "steps"), config(), y="cfg_scal")
        assert str(caught.value) == (
            "y: 'cfg_scal' is no varied parameter; did you mean 'cfg_scale'? allowed: cfg_scale, steps"
        )
        with pytest.raises(ParameterError, match="page: 'steps' is x already"):
            make_table(tasks, ("cfg_scale", "steps"), config(), x="steps", page="steps")
        with pytest.raises(ParameterError, match="x: 'steps' is no varied parameter; there are none"):
            make_table([{}], (), config(), x="steps")


class TestScales:
    def test_a_continuous_range_is_cut_at_round_numbers(self):
        values = [1 + number * 19 / 39 for number in range(40)]
        scale = make_scale("cfg_scale", values, None, MAX_PARTS)
        assert scale.kind == "range"
        assert [slot.label for slot in scale.slots][:3] == ["0 to 2", "2 to 4", "4 to 6"]
        assert scale.slots[-1].value == {"low": 18.0, "high": 20.0}
        assert scale.places[0] == 0
        assert scale.places[-1] == len(scale.slots) - 1 == 9

    def test_parts_of_whole_numbers_do_not_overlap(self):
        scale = make_scale("steps", list(range(1, 41)), None, 8)
        assert [slot.label for slot in scale.slots] == ["0 to 9", "10 to 19", "20 to 29", "30 to 39", "40 to 49"]
        assert scale.slots[1].value == {"low": 10, "high": 19}
        assert scale.places[8:10] == (0, 1)

    def test_listed_values_and_seeds_are_never_cut(self):
        listed = [float(number) for number in range(20)]
        assert make_scale("cfg_scale", listed[::-1], listed, 8).kind == "values"
        assert len(make_scale("seed", list(range(50)), None, 8).slots) == 50

    def test_values_in_the_order_of_the_config(self):
        scale = make_scale("prompt", ["c", "a", "other", "a"], ["a", "b", "c"], 8)
        assert [slot.label for slot in scale.slots] == ["a", "c", "other"]
        assert scale.places == (1, 0, 2, 0)

    def test_members_of_an_enum_before_and_after_a_restart_are_one_value(self):
        scale = make_scale("style", [Style.INK, "OIL", Style.OIL, "INK"], ["OIL", "INK"], 8)
        assert [(slot.label, slot.value) for slot in scale.slots] == [("OIL", "OIL"), ("INK", "INK")]
        assert scale.places == (1, 0, 0, 1)

    def test_true_is_not_one_and_none_has_its_own_slot(self):
        assert len(make_scale("tile", [True, 1, None], None, 8).slots) == 3
        numbers = make_scale("strength", [None, *(number / 7 for number in range(30))], None, 8)
        assert numbers.kind == "range"
        assert numbers.slots[-1].label == "none"
        assert numbers.places[0] == len(numbers.slots) - 1

    def test_numbers_that_look_alike_are_told_apart(self):
        scale = make_scale("x", [0.1234567, 0.12345671], None, 8)
        assert [slot.label for slot in scale.slots] == ["0.1234567", "0.12345671"]

    def test_values_that_cannot_be_looked_up(self):
        assert make_scale("points", [[1, 2], [1, 2], {"a": 1}], None, 8).places == (0, 0, 1)

    @pytest.mark.parametrize(
        ("value", "text"),
        [(None, "none"), (True, "on"), (7.0, "7"), (0.1 + 0.2, "0.3"), ("a\n b", "a b"), (Style.OIL, "OIL")],
    )
    def test_values_in_words(self, value, text):
        assert value_text(value) == text


numbers = st.floats(-1e12, 1e12, allow_nan=False) | st.floats(-1, 1)


class TestRoundEdges:
    @example([0.0, 5e-324], 3)
    @given(st.lists(numbers, min_size=2, max_size=30, unique=True), st.integers(1, 12))
    def test_every_number_is_in_one_of_few_parts(self, values, parts):
        edges = round_edges(min(values), max(values), parts, whole=False)
        assert 1 <= len(edges) - 1 <= parts + (parts == 1)
        assert edges == sorted(set(edges))
        assert edges[0] <= min(values)
        assert max(values) <= edges[-1]

    @given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=60, unique=True), st.integers(2, 12))
    def test_whole_numbers(self, values, parts):
        edges = round_edges(min(values), max(values), parts, whole=True)
        assert len(edges) - 1 <= parts
        assert all(isinstance(edge, int) for edge in edges)
        assert edges[0] <= min(values)
        assert max(values) < edges[-1]

    @given(st.lists(numbers | st.integers(-5, 5), min_size=1, max_size=60), st.integers(2, 12))
    def test_a_scale_places_each_value_where_it_belongs(self, values, parts):
        scale = make_scale("x", values, None, parts)
        for value, place in zip(values, scale.places, strict=True):
            slot = scale.slots[place].value
            if scale.kind == "range":
                assert slot["low"] <= value <= slot["high"]
            else:
                assert slot == value
        if scale.kind == "range":
            assert len(scale.slots) <= parts
