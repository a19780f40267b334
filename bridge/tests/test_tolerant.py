"""A mistake in the JSON costs its value; what is given twice is told."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import Decoder, json_values, tolerant
from bridge.decode.items import Reason, Telemetry
from bridge.decode.plain import PlainReader
from bridge.decode.reading import MAX_PROBLEMS, Reading
from bridge.message import Message

NOW = 1_700_000_000_000_000  # Unix microseconds
T = 1_699_999_999_000  # Unix milliseconds


def read(payload: str) -> Reading:
    return json_values.read(payload.encode(), NOW)


@pytest.mark.parametrize(
    "token",
    [
        *("nan", "NaN", "NAN", "-nan", "+nan", "nan(ind)", "-nan(0x8000)", "NaN "),
        *("inf", "-inf", "Inf", "INFINITY", "Infinity", "-Infinity", "+inf"),
        *("-1.#IND", "1.#INF", "1.#QNAN", "-1.#IND00", "1.#INF00", "1e999"),
    ],
)
def test_what_printf_makes_of_no_number_costs_that_value_only(token: str) -> None:
    reading = read(f'{{"t":{token},"h":40,"s":"{token}"}}')
    assert [sample.values for sample in reading.samples] == [{"h": 40, "s": token}]
    assert [problem.reason for problem in reading.problems] == [Reason.NOT_FINITE]


@pytest.mark.parametrize(
    "payload", ['{"t":nano}', '{"t":1.5nan}', '{"t":nan', "{nan:1}", '{"t":"nan}', '{"a":nan,}']
)
def test_what_is_no_json_either_way_stays_refused(payload: str) -> None:
    with pytest.raises(json_values.Undecodable) as refused:
        read(payload)
    assert refused.value.problem.reason is Reason.MALFORMED_JSON


def test_the_place_of_a_mistake_is_that_in_the_payload() -> None:
    payload = '{"a":-inf,"b":nan,"c":!}'
    with pytest.raises(json_values.Undecodable) as refused:
        read(payload)
    assert refused.value.problem.detail.endswith(f"at character {payload.index('!')}")


def test_quotes_that_never_close_are_walked_over_once() -> None:
    with pytest.raises(json_values.Undecodable):
        read('{"a":nan,"b":"' + '\\"' * 100_000)


@pytest.mark.parametrize(
    "payload",
    [
        '{"a.b":1,"a":{"b":2}}',
        '{"a":{"b":1},"a":{"b":2}}',
        '{"a.b":1,"a.b":2}',
        f'{{"ts":{T},"values":{{"a.b":1,"a.b":2}}}}',
        f'[{{"ts":{T},"values":{{"a.b":1}}}},{{"ts":{T},"values":{{"a":{{"b":2}}}}}}]',
        '{"a.b" : 1, "a.b"\n:2}',
        '{"a.b":1,"a.b":"1"}',
    ],
)
def test_of_two_values_at_one_instant_the_first_stays_and_it_is_told(payload: str) -> None:
    reading = read(payload)
    assert [sample.values for sample in reading.samples] == [{"a.b": 1}]
    assert [problem.reason for problem in reading.problems] == [Reason.CONFLICTING_VALUES]
    assert "'a.b'" in reading.problems[0].detail


def test_of_a_second_time_is_told_and_of_second_values_all_count() -> None:
    reading = read(f'{{"ts":{T},"values":{{"a":1}},"ts":{T - 1},"values":{{"a":2,"b":3}}}}')
    assert [sample.values for sample in reading.samples] == [{"a": 1, "b": 3}]
    assert [sample.time_us for sample in reading.samples] == [T * 1_000]
    assert [problem.detail[:4] for problem in reading.problems] == ["'ts'", "'a' "]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("hall/sensor", '{"t":1,"t":%s}'),
        ("zigbee2mqtt/lamp", '{"temperature":1,"linkquality":5,"temperature":%s}'),
        ("tele/plug/SENSOR", '{"Time":"2023-11-14T22:13:20","AM":{"t":1},"AM":{"t":%s}}'),
        ("tele/plug/STATE", '{"Time":"2023-11-14T22:13:20","Vcc":1,"Vcc":%s}'),
        ("shellyplus1-a8032abe54dc/status/switch:0", '{"id":0,"apower":1,"apower":%s}'),
        ("v1/gateway/telemetry", '{"A":[{"ts":1699999999000,"values":{"t":1,"t":%s}}]}'),
        ("senml/x", '[{"bn":"urn:dev:mac:0024befffe804ff1/","n":"t","v":1,"v":%s}]'),
        ("rtl_433/x/events", '{"model":"Acurite","id":5,"temperature_C":1,"temperature_C":%s}'),
        ("home/OpenMQTTGateway/BTtoMQTT/AABBCCDDEEFF", '{"id":"AA:BB","tempc":1,"tempc":%s}'),
        (
            "$aws/things/x/shadow/update/documents",
            '{"current":{"state":{"reported":{"t":1,"t":%s}}}}',
        ),
    ],
)
def test_whatever_convention_reads_it_a_second_value_of_a_key_is_told(
    topic: str, payload: str
) -> None:
    def told(second: str) -> list[Reason]:
        raw = (payload % second).encode()
        items = Decoder().decode(Message(topic.encode(), raw, 1, False, False, b"", NOW))
        (telemetry,) = (each for each in items if isinstance(each, Telemetry))
        return [each.reason for each in telemetry.problems]

    assert told("2") == [Reason.CONFLICTING_VALUES]
    assert told("1") == []


def test_all_of_one_instant_is_one_sample_and_the_document_stays_as_it_is() -> None:
    payload = b"[%s]" % b",".join(b'{"ts":%d,"values":{"m%d":%d}}' % (T, n, n) for n in range(3))
    for _ in range(2):  # parsed once
        reading = json_values.read(payload, NOW)
        assert [sample.values for sample in reading.samples] == [{"m0": 0, "m1": 1, "m2": 2}]
        assert not reading.problems


@pytest.mark.parametrize("payload", [b'{"t":1,"t":2}', b'{"ts":%d,"values":{"t":1,"t":2}}' % T])
def test_the_short_way_leaves_a_metric_named_twice_to_the_long_one(payload: bytes) -> None:
    reader = PlainReader()
    reader.expect(b"t", "pump-1")
    once = payload.replace(b',"t":2', b"")
    for each, is_plain in ((once, True), (payload, False), (once, True)):
        message = Message(b"t", each, 1, False, False, b"", NOW)
        assert (reader.read(message) is not None) is is_plain


NAMES = st.sampled_from(["a", "b", "a.b", "a:b", "ts", "values"])
STORABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
VALUES = st.one_of(
    st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), STORABLE
)
OBJECTS = st.recursive(
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    lambda inner: st.lists(st.tuples(NAMES, VALUES | inner), max_size=4),
    max_leaves=6,
)
STAMPED = st.tuples(st.sampled_from([T, T + 1]), OBJECTS)


def spelt(pairs: list) -> str:
    """An object as JSON, with every key that is in the list."""
    members = [
        f"{json.dumps(name)}:{spelt(value) if isinstance(value, list) else json.dumps(value)}"
        for name, value in pairs
    ]
    return "{" + ",".join(members) + "}"


def flat(pairs: list, prefix: str = "") -> list[tuple[str, object]]:
    found = []
    for name, value in pairs:
        if isinstance(value, list):
            found += flat(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


@given(st.lists(STAMPED, min_size=1, max_size=4))
def test_what_comes_out_is_the_first_value_of_each_metric_and_instant(elements: list) -> None:
    """Against a model that walks the document as it was written, one value at a time."""
    expected: dict[tuple[int, str], object] = {}
    conflicts = 0
    for at, pairs in elements:
        here: dict[str, object] = {}
        for metric, value in flat(pairs):
            if here.setdefault(metric, value) != value:
                conflicts += 1
        for metric, value in here.items():
            if expected.setdefault((at * 1000, metric), value) != value:
                conflicts += 1
    payload = ",".join(f'{{"ts":{at},"values":{spelt(pairs)}}}' for at, pairs in elements)
    try:
        reading = read(f"[{payload}]")
    except json_values.Undecodable:
        assert not expected, "refused, though it holds values"
        return
    found = [
        ((sample.time_us, metric), value)
        for sample in reading.samples
        for metric, value in sample.values.items()
    ]
    assert dict(found) == expected
    assert len(found) == len(expected), "no key comes out twice"
    assert len(reading.problems) == min(conflicts, MAX_PROBLEMS)
    assert all(problem.reason is Reason.CONFLICTING_VALUES for problem in reading.problems)
    assert all(re.search(r"'[ab.:tsvalue]+'", problem.detail) for problem in reading.problems)


@pytest.mark.parametrize(
    ("payload", "repeats"),
    [
        (b'{"a":"{\\"x\\":1,\\"y\\":2}","b":1}', False),  # a document in a text
        (b'{"a\\":b":1,"c":2}', False),
        (b'{"a":"{\\"x\\":1}","b":1,"b":2}', True),
        (b'{"a\\\\":1,"b":1,"b":2}', True),  # a backslash ends the key
    ],
)
def test_what_stands_in_a_text_is_no_key(payload: bytes, repeats: bool) -> None:
    assert tolerant.repeats_a_key(payload, msgspec.json.decode(payload)) == repeats
