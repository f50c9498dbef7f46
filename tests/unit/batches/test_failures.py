"""Failures are grouped by cause, and the groups follow every retry."""

from __future__ import annotations

import random

import pytest

from batchgen_widgets.batches import FailureGroup
from batchgen_widgets.batches.failures import Failures, cause_of


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("ValueError: no paint left", "ValueError: no paint left"),
        (
            "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has 79 GiB",
            "OutOfMemoryError: CUDA out of memory. Tried to allocate … GiB. GPU … has … GiB",
        ),
        ("FileNotFoundError: [Errno 2] No such file: '/tmp/a b/c.png'", "FileNotFoundError: [Errno …] No such file: …"),
        ("OSError: can't open /data/x1/img_003.png", "OSError: can't open …"),
        (r"OSError: can't open C:\data\img.png, again", "OSError: can't open …, again"),
        ("OSError: can't open out/img_003.png", "OSError: can't open out/img_….png"),
        ("RuntimeError: <Pipe object at 0x7f3A09> is gone", "RuntimeError: <Pipe object at …> is gone"),
        ("RuntimeError: expected float16 but found float32", "RuntimeError: expected float16 but found float32"),
        ("ValueError: 512x768 is not (64, 64, 3)", "ValueError: … is not (…)"),
        ("ValueError: step -3.5e-07 of 1,000", "ValueError: step … of …"),
        ('KeyError: "it\'s" and `that`', "KeyError: … and …"),
        ("ValueError: “this” and or/and N/A at 3 it/s", "ValueError: … and or/and N/A at … it/s"),
        ("ValueError: job 9f86d081884c7d65 and 123e4567-e89b-12d3-a456-426614174000", "ValueError: job … and …"),
        ("TimeoutError: ran longer than 5 s", "TimeoutError: ran longer than … s"),
        ("", ""),
    ],
)
def test_what_differs_from_task_to_task_is_left_out(error, cause):
    assert cause_of(error) == cause
    assert cause_of(cause) == cause


def test_a_hostile_line_takes_no_time():
    for line in ("'" * 500, "'a" * 250, "/" * 500, "1.2" * 160, "0x" * 250, "a-" * 250, "12345678-" * 55):
        cause_of(line)


def test_groups_are_in_order_and_say_what_is_common():
    failures = Failures()
    for index in range(7):
        failures.add(10 - index, f"ValueError: {index} is odd")
    for index in (1, 2):
        failures.add(index, "KeyError: 'x'")
    failures.add(0, None)
    assert failures.largest() == [
        FailureGroup("ValueError: … is odd", 7, 4),
        FailureGroup("KeyError: 'x'", 2, 1),
        FailureGroup("failed without a reason", 1, 0),
    ]
    assert failures.largest(1) == failures.largest()[:1]
    failures.discard(4, "ValueError: 6 is odd")
    failures.discard(0, None)
    assert failures.largest(5) == [FailureGroup("ValueError: … is odd", 6, 5), FailureGroup("KeyError: 'x'", 2, 1)]


def test_the_first_group_of_equals_is_the_one_that_failed_first():
    failures = Failures()
    for index, kind in ((7, "A"), (3, "B"), (5, "C")):
        failures.add(index, kind)
    assert [group.first for group in failures.largest()] == [3, 5, 7]
    assert [group.first for group in failures.largest(2)] == [3, 5]


def test_random_changes_against_a_recount():
    draw, failures, held = random.Random(5), Failures(), {}
    for _ in range(2000):
        index = draw.randrange(50)
        if index in held:
            failures.discard(index, held.pop(index))
        else:
            held[index] = f"{draw.choice('ABC')}: {draw.randrange(3)}"
            failures.add(index, held[index])
        told = {group.error[0]: (group.count, group.first) for group in failures.largest()}
        kinds = {kind: [index for index, error in held.items() if error[0] == kind] for kind in "ABC"}
        assert told == {kind: (len(its), min(its)) for kind, its in kinds.items() if its}
