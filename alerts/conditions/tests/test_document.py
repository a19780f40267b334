"""Which documents are read, and what is said of those that are not, field by field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import InvalidCondition, Subject, Takes, read
from alerts.conditions.document import TYPES
from tests.examples import examples

HOT = {"type": "threshold", "op": "above", "limit": 5}


def errors(document, schedule=None) -> dict[str, str]:
    with pytest.raises(InvalidCondition) as refused:
        read(document, schedule)
    return refused.value.errors


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ([], {"type"}),
        (None, {"type"}),
        ({}, {"type"}),
        ({"type": ["threshold"]}, {"type"}),
        ({"type": "threshold"}, {"op", "limit"}),
        (HOT | {"limit": True}, {"limit"}),
        (HOT | {"limit": "5"}, {"limit"}),
        (HOT | {"limit": float("nan")}, {"limit"}),
        (HOT | {"limit": 10**400}, {"limit"}),
        (HOT | {"clear": 6, "for": -1, "count": 0, "low": 2, "more": 1},
         {"clear", "for", "count", "low", "more"}),
        (HOT | {"for": 31 * 86_400 + 1, "count": 1.5}, {"for", "count"}),
        (HOT | {"op": "below", "clear": 4}, {"clear"}),
        ({"type": "threshold", "op": "outside", "low": 3, "high": 3, "limit": 1},
         {"high", "limit"}),
        ({"type": "threshold", "op": "outside", "low": 1, "high": 3, "clear": 1.1}, {"clear"}),
        ({"type": "threshold", "op": "inside", "low": 1, "high": 3, "clear": -1}, {"clear"}),
        ({"type": "rate", "op": "rises", "limit": 0, "per": 0.5}, {"limit", "per"}),
        ({"type": "rate", "op": "rises", "limit": 1, "clear": 2}, {"clear", "per"}),
        ({"type": "stuck", "tolerance": -1, "count": 1}, {"tolerance", "for", "count"}),
        ({"type": "silent", "seconds": 5, "times": 3, "for": 3}, {"times", "for"}),
        ({"type": "silent", "times": 0.5}, {"times"}),
        ({"type": "silent", "times": 10_001}, {"times"}),
        ({"type": "offline", "silent": 1, "count": 2}, {"silent", "count"}),
        ({"type": "state", "equals": "open"}, {"equals"}),
        ({"type": "state", "equals": ["open", None]}, {"equals"}),
        ({"type": "state", "equals": [], "op": "above"}, {"equals", "op"}),
        ({"type": "deviation", "weeks": 9, "relative": True, "by": 2000, "zone": "Mars"},
         {"weeks", "by", "zone"}),
        ({"type": "deviation", "by": 1, "clear": 2, "op": "inside"}, {"clear", "op"}),
        ({"type": "expression", "formula": "a -", "names": []}, {"formula", "names"}),
        ({"type": "expression", "formula": "a - b", "names": {"a": "", "c": "t"}},
         {"names.a", "names.c", "op"}),
        ({"type": "expression", "formula": "a < b", "op": "above", "limit": 2}, {"op"}),
        ({"type": "expression", "formula": "a < b", "tolerance": 0.5}, {"tolerance"}),
    ],
)  # fmt: skip
def test_each_field_that_is_wrong_is_named(document, wrong: set[str]) -> None:
    assert set(errors(document)) == wrong


@pytest.mark.parametrize(
    ("schedule", "wrong"),
    [
        ([], {"schedule"}),
        ({"zone": "../etc", "days": [0], "from": "24:00", "to": 6, "until": 1},
         {"schedule.zone", "schedule.days", "schedule.from", "schedule.to", "schedule.until"}),
        ({"zone": [], "days": []}, {"schedule.zone", "schedule.days"}),
        ({"days": [True]}, {"schedule.days"}),
    ],
)  # fmt: skip
def test_a_schedule_that_is_wrong_is_told_beside_the_condition(schedule, wrong: set[str]) -> None:
    assert set(errors(HOT, schedule)) == wrong
    assert set(errors({**HOT, "limit": None}, schedule)) == {*wrong, "limit"}


def test_each_type_says_what_it_is_about_and_what_it_takes() -> None:
    documents = [
        HOT,
        {"type": "rate", "op": "falls", "limit": 1, "per": 60},
        {"type": "stuck", "for": 60},
        {"type": "silent"},
        {"type": "offline"},
        {"type": "state", "equals": ["open"]},
        {"type": "state", "equals": [False, 3]},
        {"type": "deviation", "by": 2},
        {"type": "expression", "formula": "a < b", "names": {"b": {"uid": "x", "metric": "t"}}},
    ]
    assert {document["type"] for document in documents} == set(TYPES)
    numbers, words = Takes.NUMBERS, Takes.WORDS
    assert [(read(each).subject, read(each).takes) for each in documents] == [
        (Subject.SERIES, numbers),
        (Subject.SERIES, numbers),
        (Subject.SERIES, numbers),
        (Subject.EITHER, Takes.TIMES),
        (Subject.DEVICE, words),
        (Subject.SERIES, words),
        (Subject.SERIES, numbers),
        (Subject.SERIES, numbers),
        (Subject.SEVERAL, numbers),
    ]


SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([*TYPES, "above", "outside", "rises", "is", "a < b", "t", "UTC"]),
)
WITHIN = st.lists(SIMPLE, max_size=2) | st.dictionaries(st.sampled_from("abx"), SIMPLE, max_size=2)
ANYTHING = SIMPLE | WITHIN
FIELDS = sorted({field for kind in TYPES.values() for field in (*kind.fields, *kind.common)})


@settings(max_examples=examples(50), deadline=None)
@given(
    kind=st.sampled_from(list(TYPES)),
    fields=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=5),
    schedule=ANYTHING,
)
def test_whatever_is_written_is_read_or_refused_in_words(kind: str, fields, schedule) -> None:
    try:
        read({"type": kind, **fields}, schedule)
    except InvalidCondition as exc:
        refused = exc.errors
    else:
        return
    assert refused
    assert all(said.endswith(".") for said in refused.values())
