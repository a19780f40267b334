"""A definition is checked field by field, and says what is wrong where it is."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.rules.definition import MAX_VALUE_RULES, read
from bridge.decode.rules.form import MAX_PRECISION
from bridge.decode.rules.problems import InvalidRule
from telemetry.models import Series

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"topic": ""}, "topic", "Write the topic"),
    ({"topic": "a/#/b"}, "topic", "last level"),
    ({"topic": "a+/{device}"}, "topic", "level"),
    ({"topic": "{device}/{device}"}, "topic", "same name"),
    ({"topic": "{a}{device}"}, "topic", "level"),
    ({"topic": "a/{De}/{device}"}, "topic", "capture"),
    ({"topic": "$share/g/{device}"}, "topic", "$share"),
    ({"topic": "devices/{device}/telemetry"}, "topic", "by itself"),
    ({"topic": "devices/+/status", "device": "x"}, "topic", "by itself"),
    ({"topic": "a\0/{device}"}, "topic", "text"),
    ({"topic": "/".join("x" * 40)}, "topic", "32 levels"),
    ({"topic": 5}, "topic", "text"),
    ({"topic": "a/b"}, "device", "whose message"),
    ({"device": "{site}"}, "device", "{site} is unknown"),
    ({"device": "{"}, "device", "brace"),
    ({"device": "{@.a[}"}, "device", "cannot be read"),
    ({"metric": "{1}"}, "metric", "0 wildcards"),
    ({"metric": "t", "values": [{"path": "t"}]}, "metric", "its own"),
    ({"payload": "xml"}, "payload", "json, text"),
    ({"pattern": "(?P<a>.)"}, "pattern", "payload that is text"),
    ({"payload": "text", "pattern": "(?P<a>"}, "pattern", "RE2"),
    ({"payload": "text", "pattern": "[0-9]+"}, "pattern", "Name what"),
    ({"payload": "text", "pattern": r"(?P<a>.)(?=b)"}, "pattern", "RE2"),
    ({"payload": "text", "pattern": r"(?P<a>.)\1"}, "pattern", "RE2"),
    ({"payload": "text", "pattern": "(?P<a>(((x{1000}){1000}){1000}))"}, "pattern", "RE2"),
    ({"payload": "text", "pattern": "(?P<a>" + "x" * 600 + ")"}, "pattern", "500 characters"),
    ({"each": "a..b"}, "each", "cannot be read"),
    ({"each": ".".join("x" * 30)}, "each", "16 steps"),
    ({"values": {}}, "values", "list"),
    ({"values": [{"path": "t"}] * (MAX_VALUE_RULES + 1)}, "values", "100 entries"),
    ({"values": ["t"]}, "values.0", "object"),
    ({"values": [{"path": "t"}, {"path": "["}]}, "values.1.path", "cannot be read"),
    ({"values": [{"path": "t", "metric": "{1}"}]}, "values.0.metric", "0 wildcards"),
    ({"values": [{"path": "*.t", "metric": "{2}"}]}, "values.0.metric", "1 wildcards"),
    ({"values": [{"path": "t", "scale": "2"}]}, "values.0.scale", "number"),
    ({"values": [{"path": "t", "scale": True}]}, "values.0.scale", "number"),
    ({"values": [{"path": "t", "offset": 1e300}]}, "values.0.offset", "number"),
    ({"values": [{"path": "t", "map": ["a"]}]}, "values.0.map", "object"),
    ({"values": [{"path": "t", "map": {"a": {}}}]}, "values.0.map", "object"),
    ({"values": [{"path": "t", "null_if": "x"}]}, "values.0.null_if", "list"),
    ({"values": [{"path": "t", "as": "float"}]}, "values.0.as", "number, text"),
    ({"values": [{"path": "t", "unit": "x" * 33}]}, "values.0.unit", "32 characters"),
    ({"values": [{"path": "t", "precision": 10}]}, "values.0.precision", "0 to 9"),
    ({"values": [{"path": "t", "precision": True}]}, "values.0.precision", "0 to 9"),
    ({"device_name": "{nobody}"}, "device_name", "{nobody} is unknown"),
    ({"values": [{"path": "t", "pattern": "("}]}, "values.0.pattern", "RE2"),
    ({"values": [{"path": "t", "unti": "x"}]}, "values.0.unti", "no such field"),
    ({"pivot": {"name": "type"}}, "pivot.value", "path"),
    ({"pivot": []}, "pivot", "object"),
    ({"time": {"unit": "s"}}, "time.path", "path"),
    ({"time": {"path": "t", "unit": "min"}}, "time.unit", "auto"),
    ({"time": {"path": "t", "zone": "Europe/Atlantis"}}, "time.zone", "no time zone"),
    ({"time": {"path": "t", "zone": "../../etc/passwd"}}, "time.zone", "no time zone"),
    ({"presence": {"path": "s"}}, "presence.online", "word"),
    ({"presence": {"online": ["x"], "offline": ["X"]}}, "presence.offline", "not both"),
    ({"ignore": "x"}, "ignore", "list"),
    ({"ignore": ["x"] * 101}, "ignore", "list"),
    ({"code": "import os"}, "code", "no such field"),
]


@pytest.mark.parametrize(("change", "field", "said"), BAD)
def test_each_mistake_is_told_at_its_field(change, field, said):
    with pytest.raises(InvalidRule) as found:
        read({"topic": "a/{device}"} | change, "r")
    assert said in found.value.errors[field]


def test_all_mistakes_are_told_at_once():
    wrong = {"topic": "", "time": {"unit": "x"}, "values": [{"path": "[", "scale": "x"}]}
    with pytest.raises(InvalidRule) as found:
        read(wrong, "r")
    expected = {"topic", "device", "time.path", "time.unit", "values.0.path", "values.0.scale"}
    assert set(found.value.errors) == expected


@pytest.mark.parametrize("given", [None, [], "x", 5, {1: 2}, {"topic": None}])
def test_what_is_no_definition_is_refused(given):
    with pytest.raises(InvalidRule):
        read(given, "r")


@pytest.mark.parametrize(
    ("pattern", "topic", "captured"),
    [
        ("a/{device}", "a/x", {"device": "x"}),
        ("a/{device}", "a/", None),
        ("a/{device}", "a", None),
        ("a/{device}", "a/x/y", None),
        ("a/{device}/#", "a/x", {"device": "x"}),
        ("a/{device}/#", "a/x/y/z", {"device": "x"}),
        ("a/+/{device}", "a//x", {"device": "x"}),
        ("a/n-{device}.raw", "a/n-7.raw", {"device": "7"}),
        ("a/n-{device}.raw", "a/n-.raw", None),
        ("a/ab{device}ba", "a/aba", None),
        ("{device}/+", "$SYS/x", None),
        ("$SYS/{device}", "$SYS/x", {"device": "x"}),
        ("#", "a/b", {}),
        ("{device}/ä", "x/ä", {"device": "x"}),
    ],
)
def test_topics_match_as_filters_do_and_captures_are_not_empty(pattern, topic, captured):
    definition = {"topic": pattern} | ({} if "{device}" in pattern else {"device": "x"})
    assert read(definition, "r").topic.match(topic) == captured


def test_what_is_subscribed_for_a_rule():
    assert read({"topic": "a/n-{device}/+/x{line}/#"}, "r").topic.filter == "a/+/+/+/#"


def test_a_rule_gives_a_series_no_more_decimals_than_it_can_have() -> None:
    limits = [each.limit_value for each in Series._meta.get_field("precision").validators]
    assert MAX_PRECISION in limits
