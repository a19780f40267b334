"""What messages say under a rule: every field of a definition, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode import Decoder
from bridge.decode.items import Described, Item, Presence, Reason, Rejected, Telemetry
from bridge.decode.quantities import quantity_of
from bridge.decode.rules import Rules
from bridge.decode.rules.definition import read
from bridge.decode.state import Facts
from bridge.message import Message

NOW_US = 1_700_000_000_000_000  # 2023-11-14 22:13:20 UTC


def decoded(
    definition: dict[str, Any], topic: str, payload: Any, *, received_us: int = NOW_US
) -> list[Item]:
    """As a bridge with this rule alone would decode it."""
    return decoded_by([definition], topic, payload, received_us=received_us)


def decoded_by(
    definitions: list[dict[str, Any]], topic: str, payload: Any, *, received_us: int = NOW_US
) -> list[Item]:
    facts = Facts()
    facts.rules = Rules(tuple(read(each, f"no {at}") for at, each in enumerate(definitions)))
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    message = Message(topic.encode(), raw, 1, False, False, b"", received_us)
    return Decoder(facts).decode(message)


def values(items: list[Item]) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """By device: its samples."""
    return {
        item.uid: [(sample.time_us, dict(sample.values)) for sample in item.samples]
        for item in items
        if isinstance(item, Telemetry)
    }


READ = [
    # Everything that is there, under its own name; what says who and when is no reading.
    (
        {"topic": "plant/{device}/+"},
        "plant/p1/x",
        {"t": 21.5, "n": {"h": 1}, "a": [1, 2], "ok": True, "s": "x", "no": None},
        {"p1": [(0, {"t": 21.5, "n.h": 1, "a.0": 1, "a.1": 2, "ok": True, "s": "x"})]},
    ),
    (
        {"topic": "up", "device": "{@.dev.id}", "time": {"path": "ts"}},
        "up",
        {"dev": {"id": "s1"}, "ts": 1_699_999_999, "t": 1},
        {"s1": [(1_699_999_999_000_000, {"t": 1})]},
    ),
    # Captures, also within a level, in the names of metrics and devices.
    (
        {"topic": "plant/{site}/line-{line}/{device}/#", "metric": "{line}.{key}"},
        "plant/b/line-7/m 1/deep/er",
        {"t": 1},
        {"m-1-6f7e3e26": [(0, {"7.t": 1})]},
    ),
    (
        {"topic": "s/{site}/{id}", "device": "{site}-{id}"},
        "s/b/1",
        {"t": 1},
        {"b-1": [(0, {"t": 1})]},
    ),
    # A topic a value.
    (
        {"topic": "home/{device}/{metric}", "payload": "text"},
        "home/boiler/flow.temp",
        b" 55.5 ",
        {"boiler": [(0, {"flow.temp": 55.5})]},
    ),
    ({"topic": "h/{device}/{metric}"}, "h/b/t", 21, {"b": [(0, {"t": 21})]}),
    # Named values, with wildcards and indexes.
    (
        {
            "topic": "w/{device}",
            "values": [
                {"path": "$.ch[*].v", "metric": "ch{1}.voltage"},
                {"path": "ch[-1].i", "metric": "last"},
                {"path": "missing.entirely"},
                {"path": "sensors.*.t", "metric": "{1}.temperature"},
                {"path": "['a.b']['c d']"},
                {"path": "obj"},
            ],
        },
        "w/d",
        {
            "ch": [{"v": 1}, {"v": 2, "i": 3}],
            "sensors": {"in": {"t": 20}, "out": {"t": 4}},
            "a.b": {"c d": 9},
            "obj": {"x": 1, "y": {"z": 2}},
        },
        {
            "d": [
                (
                    0,
                    {
                        "ch0.voltage": 1,
                        "ch1.voltage": 2,
                        "last": 3,
                        "in.temperature": 20,
                        "out.temperature": 4,
                        "c d": 9,
                        "x": 1,
                        "y.z": 2,
                    },
                )
            ]
        },
    ),
    # Scale and offset as one writes them, words, and what stands for nothing.
    (
        {
            "topic": "m/{device}",
            "null_if": ["n/a"],
            "values": [
                {"path": "t", "scale": 0.1, "offset": -40},
                {"path": "door", "map": {"0": "closed", "1": "open", "2": None}},
                {"path": "lock", "map": {"true": "locked"}},
                {"path": "gone", "null_if": [-999]},
                {"path": "also", "scale": 2},
                {"path": "text", "as": "number"},
                {"path": "id", "as": "text"},
                {"path": "with", "pattern": "(-?[0-9.]+) *C", "scale": 1},
                {"path": "none", "scale": 1},
                {"path": "flag", "as": "number"},
            ],
        },
        "m/d",
        {
            "t": 234,
            "door": 1,
            "lock": True,
            "gone": -999.0,
            "also": "n/a",
            "text": "7.5",
            "id": 42,
            "with": "about -3.5 C",
            "none": "unavailable",
            "flag": True,
        },
        {
            "d": [
                (
                    0,
                    {
                        "t": -16.6,
                        "door": "open",
                        "lock": "locked",
                        "text": 7.5,
                        "id": "42",
                        "with": -3.5,
                        "flag": 1,
                    },
                )
            ]
        },
    ),
    # A pivot, of an array, of records that name their device and time.
    (
        {"topic": "p/{device}", "pivot": {"name": "type", "value": "measurementValue"}},
        "p/d",
        [{"type": "t", "measurementValue": 1}, {"type": "h", "measurementValue": 40}],
        {"d": [(0, {"t": 1, "h": 40})]},
    ),
    (
        {
            "topic": "g/up",
            "each": "$.d[*]",
            "device": "{@.id}",
            "time": {"path": "@.at", "unit": "ms"},
            "pivot": {"name": "n", "value": "v"},
            "values": [{"path": "t", "metric": "temperature", "scale": 0.1}],
        },
        "g/up",
        {
            "d": [
                {"id": "a", "at": 1_699_999_999_000, "n": "t", "v": 215},
                {"id": "a", "at": 1_699_999_998_000, "n": "t", "v": 210},
                {"id": "b", "at": "1699999997000", "n": "t", "v": "1"},
            ]
        },
        {
            "a": [
                (1_699_999_999_000_000, {"temperature": 21.5}),
                (1_699_999_998_000_000, {"temperature": 21.0}),
            ],
            "b": [(1_699_999_997_000_000, {"temperature": 0.1})],
        },
    ),
    # Text with a pattern, once or many times.
    (
        {"topic": "t/{device}", "payload": "text", "pattern": "T=(?P<t>[-0-9.]+);H=(?P<h>[0-9]+)?"},
        "t/d",
        b"T=-3.5;H=",
        {"d": [(0, {"t": -3.5})]},
    ),
    (
        {
            "topic": "t/{device}",
            "payload": "text",
            "pattern": "(?P<n>[a-z]+)=(?P<v>[^;]+)",
            "pivot": {"name": "n", "value": "v"},
        },
        "t/d",
        b"temp=21.5;hum=40;state=ok",
        {"d": [(0, {"temp": 21.5, "hum": 40, "state": "ok"})]},
    ),
    # What is left out.
    (
        {"topic": "i/{device}", "ignore": ["debug.*", "up?"]},
        "i/d",
        {"debug": {"a": 1, "b": {"c": 2}}, "up1": 1, "up": 2, "t": 3},
        {"d": [(0, {"up": 2, "t": 3})]},
    ),
]


@pytest.mark.parametrize(("definition", "topic", "payload", "expected"), READ)
def test_what_a_message_says_under_a_rule(definition, topic, payload, expected):
    items = decoded(definition, topic, payload)
    assert values(items) == expected
    assert not [item for item in items if isinstance(item, Rejected)]
    assert not [item.problems for item in items if isinstance(item, Telemetry) and item.problems]


# One moment in every unit, by itself and told by its size.
TIMES = [
    ("auto", "UTC", 1_699_999_999, 1_699_999_999_000_000),
    ("auto", "UTC", 1_699_999_999.25, 1_699_999_999_250_000),
    ("auto", "UTC", "1699999999000", 1_699_999_999_000_000),
    ("auto", "UTC", 1_699_999_999_000_001, 1_699_999_999_000_001),
    ("auto", "UTC", 1_699_999_999_000_001_000, 1_699_999_999_000_001),
    ("auto", "UTC", "2023-11-14T22:13:19Z", 1_699_999_999_000_000),
    ("s", "UTC", 1_699_999_999, 1_699_999_999_000_000),
    ("ms", "UTC", 1_699_999_999_000, 1_699_999_999_000_000),
    ("us", "UTC", 1_699_999_999_000_000, 1_699_999_999_000_000),
    ("ns", "UTC", 1_699_999_999_000_000_000, 1_699_999_999_000_000),
    ("iso", "Europe/Berlin", "2023-11-14 23:13:19", 1_699_999_999_000_000),
    ("iso", "America/New_York", "2023-11-14T17:13:19.5", 1_699_999_999_500_000),
    ("iso", "Europe/Berlin", "2023-11-14T22:13:19+00:00", 1_699_999_999_000_000),
]


@pytest.mark.parametrize(("unit", "zone", "stamp", "time_us"), TIMES)
def test_the_time_of_a_message_in_the_unit_and_zone_of_the_rule(unit, zone, stamp, time_us):
    definition = {"topic": "d/{device}", "time": {"path": "at", "unit": unit, "zone": zone}}
    assert values(decoded(definition, "d/x", {"at": stamp, "t": 1})) == {"x": [(time_us, {"t": 1})]}


@pytest.mark.parametrize(
    ("received_us", "time_us"),
    [
        (1_698_539_400_000_000, 1_698_539_400_000_000),  # 02:30 +02:00
        (1_698_543_000_000_000, 1_698_543_000_000_000),  # 02:30 +01:00, an hour later
    ],
)
def test_of_an_hour_that_comes_twice_the_one_when_it_came_is_meant(received_us, time_us):
    time = {"path": "at", "unit": "iso", "zone": "Europe/Berlin"}
    payload = {"at": "2023-10-29T02:30:00", "t": 1}
    items = decoded({"topic": "d/{device}", "time": time}, "d/x", payload, received_us=received_us)
    assert values(items) == {"x": [(time_us, {"t": 1})]}


@pytest.mark.parametrize(
    ("stamp", "reason", "replaced"),
    [
        (17, Reason.IMPLAUSIBLE_TIMESTAMP, True),  # a clock that was never set
        ("2031-01-01T00:00:00Z", Reason.IMPLAUSIBLE_TIMESTAMP, True),
        ("yesterday", Reason.BAD_TIMESTAMP, False),
        (True, Reason.BAD_TIMESTAMP, False),
        ({"s": 1}, Reason.BAD_TIMESTAMP, False),
        (None, Reason.BAD_TIMESTAMP, False),
        ("1e999999999", Reason.BAD_TIMESTAMP, False),
        ("0000-00-00T00:00:00", Reason.BAD_TIMESTAMP, False),
        ("0001-01-01T00:00:00", Reason.BAD_TIMESTAMP, False),  # before the year 1 in UTC
        ("1001-01-01T00:00:00", Reason.IMPLAUSIBLE_TIMESTAMP, True),
    ],
)
def test_a_time_that_cannot_be_true_is_told_and_the_receive_time_counts(stamp, reason, replaced):
    time = {"path": "at", "zone": "Asia/Tokyo"}
    (item,) = decoded({"topic": "d/{device}", "time": time}, "d/x", {"at": stamp, "t": 1})
    assert isinstance(item, Telemetry)
    assert item.samples[0].time_us == 0
    assert [problem.reason for problem in item.problems] == [reason]
    assert item.clock_replaced is replaced


def test_of_many_records_one_without_a_time_is_left_out():
    definition = {"topic": "d/{device}", "time": {"path": "at"}}
    payload = [{"at": 1_699_999_999, "t": 1}, {"at": "?", "t": 2}]
    (item,) = decoded(definition, "d/x", payload)
    assert values([item]) == {"x": [(1_699_999_999_000_000, {"t": 1})]}
    assert [problem.reason for problem in item.problems] == [Reason.BAD_TIMESTAMP]


@pytest.mark.parametrize(
    ("payload", "online"),
    [(b"Online", True), (b"offline", False), (b" LOST\n", False)],
)
def test_words_of_presence(payload, online):
    presence = {"online": ["online"], "offline": ["offline", "lost"]}
    definition = {"topic": "d/{device}/LWT", "payload": "text", "presence": presence}
    items = [each for each in decoded(definition, "d/x/LWT", payload) if each.uid]
    assert Presence("x", online) in items
    assert values(items) == {}


def test_presence_beside_readings_and_a_word_that_means_neither():
    presence = {"path": "on", "online": [True], "offline": [0, "false"]}
    definition = {"topic": "d/{device}", "presence": presence}
    items = decoded(definition, "d/x", {"on": True, "t": 1})
    assert items == [Presence("x", True), *[each for each in items if isinstance(each, Telemetry)]]
    assert values(items) == {"x": [(0, {"t": 1})]}
    (item,) = decoded(definition, "d/x", {"on": "?", "t": 1})
    assert isinstance(item, Telemetry)
    assert [problem.reason for problem in item.problems] == [Reason.BAD_STATUS]


def test_the_unit_and_the_site_of_a_device_are_told_once_until_they_change():
    definition = {
        "topic": "d/{site}/{device}",
        "values": [{"path": "t", "unit": "C", "metric": "temperature"}],
    }
    rules = Rules((read(definition, "r"),))

    def told(uid: str) -> list[Item]:
        message = Message(b"d/b/" + uid.encode(), b'{"t":1}', 1, False, False, b"", NOW_US)
        items = rules.decode(message, f"d/b/{uid}")
        assert items is not None
        return [each for each in items if isinstance(each, Described)]

    first = told("x")
    assert [(each.area, each.metric, each.unit, each.quantity) for each in first] == [
        ("b", "", "", ""),
        ("", "temperature", "°C", "temperature"),
    ]
    assert told("x") == []
    assert len(told("y")) == 2


@pytest.mark.parametrize(
    ("definition", "payload", "reason"),
    [
        ({}, b"", Reason.EMPTY_PAYLOAD),
        ({}, b"{", Reason.MALFORMED_JSON),
        ({}, b"\xff", Reason.NOT_UTF8),
        ({}, b"[" * 70 + b"]" * 70, Reason.TOO_DEEP),
        ({}, b"{}", Reason.NO_VALUES),
        ({}, b"x" * (256 * 1024 + 1), Reason.TOO_LARGE),
        ({"payload": "text"}, b"\xff", Reason.NOT_UTF8),
        ({"payload": "text"}, b" \n", Reason.EMPTY_PAYLOAD),
        ({"payload": "text", "pattern": "(?P<a>[0-9]+)"}, b"none", Reason.UNSUPPORTED_VALUE),
        ({"values": [{"path": "t"}]}, b'{"u":1}', Reason.NO_VALUES),
        ({"values": [{"path": "t", "scale": 2}]}, b'{"t":"x"}', Reason.UNSUPPORTED_VALUE),
        ({"values": [{"path": "t"}]}, b'{"t":NaN}', Reason.NOT_FINITE),
        ({"values": [{"path": "t", "scale": 1e30}]}, b'{"t":1e300}', Reason.NOT_FINITE),
        ({"device": "{@.id}"}, b'{"t":1}', Reason.BAD_UID),
        ({"device": "{@.id}"}, b'{"id":"","t":1}', Reason.BAD_UID),
    ],
)
def test_what_cannot_be_read_says_why(definition, payload, reason):
    (item,) = decoded({"topic": "d/{device}"} | definition, "d/x", payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason == reason


def test_a_bad_value_costs_itself_alone():
    definition = {"topic": "d/{device}", "values": [{"path": "a", "scale": 1}, {"path": "b"}]}
    (item,) = decoded(definition, "d/x", {"a": "x", "b": 2})
    assert values([item]) == {"x": [(0, {"b": 2})]}
    assert isinstance(item, Telemetry)
    assert [problem.reason for problem in item.problems] == [Reason.UNSUPPORTED_VALUE]


def test_two_values_of_one_metric_at_one_instant_are_told_and_the_first_stays():
    definition = {"topic": "d/{device}", "values": [{"path": "*", "metric": "t"}]}
    (item,) = decoded(definition, "d/x", {"a": 1, "b": 2})
    assert values([item]) == {"x": [(0, {"t": 1})]}
    assert isinstance(item, Telemetry)
    assert [problem.reason for problem in item.problems] == [Reason.CONFLICTING_VALUES]


def test_the_first_rule_that_finds_what_it_names_reads_the_message():
    first = {"topic": "d/+", "device": "{@.a}", "values": [{"path": "t", "metric": "first"}]}
    second = {"topic": "d/{device}", "values": [{"path": "t", "metric": "second"}]}
    assert values(decoded_by([first, second], "d/x", {"a": "y", "t": 1})) == {
        "y": [(0, {"first": 1})]
    }
    assert values(decoded_by([first, second], "d/x", {"t": 1})) == {"x": [(0, {"second": 1})]}
    (item,) = decoded_by([first, second], "d/x", {"u": 1})
    assert isinstance(item, Rejected)
    assert "'no 0'" in item.problem.detail  # what the first said


def test_pulseboards_own_topics_are_read_before_any_rule_and_its_notices_by_none():
    definition = {"topic": "#", "device": "everything"}
    assert values(decoded(definition, "devices/x/telemetry", {"t": 1})) == {"x": [(0, {"t": 1})]}
    (item, *_) = decoded(definition, "devices/x/errors", {"t": 1})
    assert not isinstance(item, Telemetry)
    assert values(decoded(definition, "a/b", {"t": 1})) == {"everything": [(0, {"t": 1})]}


def test_what_is_retained_and_has_no_time_is_old_news():
    facts = Facts()
    presence = {"path": "on", "online": ["yes"]}
    facts.rules = Rules((read({"topic": "d/{device}", "presence": presence}, "r"),))
    message = Message(b"d/x", b'{"on":"yes","t":1}', 1, False, True, b"", NOW_US)
    items = Decoder(facts).decode(message)
    assert Presence("x", True) in items
    assert values(items) == {}


def test_a_rule_names_the_device_and_says_how_many_decimals_a_metric_has() -> None:
    definition = {
        "topic": "plant/{device}/up",
        "device_name": "{@.title} of {device}",
        "values": [{"path": "t", "precision": 1}, {"path": "h", "unit": "%", "precision": 0}],
    }
    items = decoded(definition, "plant/p1/up", {"title": "Press", "t": 21.57, "h": 40.2})
    assert [item for item in items if isinstance(item, Described)] == [
        Described("p1", name="Press of p1"),
        Described("p1", "t", precision=1),
        Described("p1", "h", unit="%", quantity=quantity_of("h", "%"), precision=0),
    ]
    assert values(items) == {"p1": [(0, {"t": 21.57, "h": 40.2})]}  # stored as it came


def test_a_name_alone_is_no_reading_and_a_changed_one_is_told() -> None:
    facts = Facts()
    definition = {"topic": "plant/{device}/up", "device_name": "{@.title}"}
    facts.rules = Rules((read(definition, "names"),))
    decoder = Decoder(facts)

    def say(title: str) -> list[Item]:
        raw = json.dumps({"title": title, "t": 1}).encode()
        return decoder.decode(Message(b"plant/p1/up", raw, 1, False, False, b"", NOW_US))

    for title, told in (("Press", ["Press"]), ("Press", []), ("Mill", ["Mill"])):
        items = say(title)
        assert [item.name for item in items if isinstance(item, Described)] == told
        assert values(items) == {"p1": [(0, {"t": 1})]}
