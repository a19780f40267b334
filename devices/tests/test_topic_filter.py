"""Topic filters, by the examples of MQTT 5.0, 4.7."""

from __future__ import annotations

import itertools

import pytest

from devices.topic_filter import covers, is_valid, matches, overlap, without_covered


@pytest.mark.parametrize(
    ("wanted", "topic", "found"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "a/b", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/x", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/x", True),
    ],
)
def test_a_filter_matches_as_the_standard_says(wanted: str, topic: str, found: bool) -> None:
    assert matches(wanted, topic) is found


LEVELS = ("a", "+", "#", "")
FILTERS = [
    "/".join(levels)
    for size in (1, 2, 3)
    for levels in itertools.product(LEVELS, repeat=size)
    if is_valid("/".join(levels))
]
TOPICS = [
    "/".join(levels)
    for size in (1, 2, 3, 4)
    for levels in itertools.product(("a", "b", ""), repeat=size)
]


def test_covering_and_overlapping_are_what_the_topics_say() -> None:
    heard = {each: {topic for topic in TOPICS if matches(each, topic)} for each in FILTERS}
    for one, other in itertools.product(FILTERS, repeat=2):
        assert covers(one, other) == (heard[one] >= heard[other]), (one, other)
        assert overlap(one, other) == bool(heard[one] & heard[other]), (one, other)


def test_covered_filters_need_not_be_subscribed() -> None:
    wanted = ("a/+/c", "a/b/c", "a/+/c", "x/#", "x", "+/b/c")
    assert without_covered(wanted) == ("a/+/c", "x/#", "+/b/c")


@pytest.mark.parametrize("wanted", ["", "a#", "a/#/b", "a+/b", "$share/g/a", "a\0", "x" * 1001])
def test_what_no_broker_takes_is_not_valid(wanted: str) -> None:
    assert not is_valid(wanted)
