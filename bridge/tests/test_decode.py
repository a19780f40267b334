"""Payloads become samples, or reasons; nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import Decoder
from bridge.decode.items import Presence, Reason, Rejected, Sample, Telemetry
from bridge.decode.reading import MAX_VALUES
from bridge.decode.storable import UID
from bridge.message import MAX_PAYLOAD, Message
from devices.models import UID_PATTERN

NOW = 1_700_000_000_000


def message(payload: bytes, topic: bytes = b"devices/pump-1/telemetry") -> Message:
    return Message(topic, payload, 1, False, False, b"", NOW * 1_000)


def decode(payload: bytes | str, topic: bytes = b"devices/pump-1/telemetry"):
    raw = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
    (item,) = Decoder().decode(message(raw, topic))
    return item


@pytest.mark.parametrize(
    ("payload", "samples"),
    [
        ('{"t":21.5}', [(0, {"t": 21.5})]),
        ('{"ts":1699999999000,"values":{"t":1}}', [(1_699_999_999_000_000, {"t": 1})]),
        (
            '[{"t":1},{"ts":1699999999000,"values":{"t":2}}]',
            [(0, {"t": 1}), (1_699_999_999_000_000, {"t": 2})],
        ),
        ('{"motor":{"x":{"rms":0.5}},"on":true}', [(0, {"motor.x.rms": 0.5, "on": True})]),
        ('{"ts":"2023-11-14T22:13:19Z","values":{"t":1}}', [(1_699_999_999_000_000, {"t": 1})]),
        (
            '{"ts":"2023-11-14T23:13:19+01:00","values":{"t":1}}',
            [(1_699_999_999_000_000, {"t": 1})],
        ),
        ('{"ts":1699999999000.125,"values":{"t":1}}', [(1_699_999_999_000_125, {"t": 1})]),
        (
            '{"ts":"2023-11-14T22:13:19.000125Z","values":{"t":1}}',
            [(1_699_999_999_000_125, {"t": 1})],
        ),
        ('{"ts":5,"t":1}', [(0, {"ts": 5, "t": 1})]),
        ('{"values":{"t":1}}', [(0, {"values.t": 1})]),
        ('{"ts":null,"values":{"t":1}}', [(0, {"t": 1})]),
        ('[{"ts":null,"values":{"t":1}},{"t":2}]', [(0, {"t": 1}), (0, {"t": 2})]),
        ('{"ts":null,"t":1}', [(0, {"t": 1})]),
        ('{"id":"0042"}', [(0, {"id": "0042"})]),
        ('{"t":null,"u":1}', [(0, {"u": 1})]),
        ('{"t":null}', []),
        ('{"n":9007199254740992}', [(0, {"n": 9007199254740992})]),
        ('{"n":9007199254740993}', [(0, {"n": "9007199254740993"})]),
        ('{"n":-123456789012345678901234567890}', [(0, {"n": "-123456789012345678901234567890"})]),
        ('{"t":1,"t":1.0}', [(0, {"t": 1})]),
        ('{"a":{"b":1},"a":{"c":2}}', [(0, {"a.b": 1, "a.c": 2})]),
        ('{"s":"Infinity","u":"nan"}', [(0, {"s": "Infinity", "u": "nan"})]),
        ('{"температура":1}', [(0, {"температура": 1})]),
    ],
)
def test_each_form_becomes_samples(payload: str, samples: list[tuple[int, dict]]) -> None:
    item = decode(payload)
    assert isinstance(item, Telemetry)
    assert item.uid == "pump-1"
    assert [(sample.time_us, sample.values) for sample in item.samples] == samples
    assert not item.problems
    assert not item.clock_replaced


DEEP = '{"a":' * 9 + "1" + "}" * 9


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.EMPTY_PAYLOAD),
        (b"{", Reason.MALFORMED_JSON),
        (b'{"t":1}}', Reason.MALFORMED_JSON),
        (b"hello", Reason.MALFORMED_JSON),
        (b"\xff\xfe", Reason.NOT_UTF8),
        (b"17", Reason.WRONG_TYPE),
        (b'"on"', Reason.WRONG_TYPE),
        (b"null", Reason.WRONG_TYPE),
        (b"[1,2]", Reason.WRONG_TYPE),
        (b"{}", Reason.NO_VALUES),
        (b"[]", Reason.NO_VALUES),
        (b'{"t":NaN}', Reason.NOT_FINITE),
        (b'{"t":-Infinity}', Reason.NOT_FINITE),
        (b'{"t":1e400}', Reason.NOT_FINITE),
        (b'{"t":[1,2]}', Reason.UNSUPPORTED_VALUE),
        (b'{"":1}', Reason.BAD_METRIC),
        (b'{"a\\u0000":1}', Reason.BAD_METRIC),
        (b'{"%s":1}' % (b"m" * 2700), Reason.BAD_METRIC),
        (b'{"s":"\\u0000"}', Reason.BAD_TEXT),
        (b'{"s":"\\ud800"}', Reason.BAD_TEXT),
        (b'{"s":"%s"}' % (b"x" * 1025), Reason.BAD_TEXT),
        (DEEP.encode(), Reason.TOO_DEEP),
        (b"[" * 100_000, Reason.TOO_DEEP),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, Reason.TOO_DEEP),
        (json.dumps({f"k{i}": i for i in range(MAX_VALUES + 1)}).encode(), Reason.TOO_MANY_VALUES),
        (b" " * (MAX_PAYLOAD + 1), Reason.TOO_LARGE),
        (b"1" * 5_000, Reason.WRONG_TYPE),
    ],
)
def test_what_cannot_be_used_has_its_reason(payload: bytes, reason: Reason) -> None:
    item = decode(payload)
    assert isinstance(item, Rejected)
    assert item.uid == "pump-1"
    assert item.problem.reason is reason
    assert item.problem.detail


def test_a_bad_value_costs_itself_and_not_its_message() -> None:
    item = decode('{"ts":1699999999000,"values":{"a":NaN,"b":1,"c":"\\ud800","d":[1]}}')
    assert isinstance(item, Telemetry)
    assert item.samples == [Sample(1_699_999_999_000_000, {"b": 1})]
    assert [problem.reason for problem in item.problems] == [
        Reason.NOT_FINITE,
        Reason.BAD_TEXT,
        Reason.UNSUPPORTED_VALUE,
    ]


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        (b"devices/a b/telemetry", Reason.BAD_UID),
        (b"devices//telemetry", Reason.BAD_UID),
        (b"devices/" + b"x" * 65 + b"/telemetry", Reason.BAD_UID),
        (b"devices/\xff/telemetry", Reason.BAD_UID),
    ],
)
def test_a_topic_that_names_no_device_has_its_reason(topic: bytes, reason: Reason) -> None:
    item = decode(b'{"t":1}', topic)
    assert isinstance(item, Rejected)
    assert item.uid == ""
    assert item.problem.reason is reason


def test_the_status_topic_says_online_or_offline() -> None:
    assert decode(b"online", b"devices/a/status") == Presence("a", True)
    assert decode(b"offline", b"devices/a/status") == Presence("a", False)
    item = decode(b"perhaps", b"devices/a/status")
    assert isinstance(item, Rejected)
    assert item.problem.reason is Reason.BAD_STATUS


def test_the_wire_and_the_registry_agree_on_uids() -> None:
    assert UID.pattern == UID_PATTERN


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=60))
def test_arbitrary_messages_decode_without_raising(payload: bytes, topic: bytes) -> None:
    decoder = Decoder()
    for name in (topic, b"devices/a/telemetry", b"devices/a/status"):
        assert decoder.decode(message(payload, name))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(JSON)
def test_whatever_json_says_only_storable_values_come_out(document: object) -> None:
    item = decode(json.dumps(document))
    if isinstance(item, Rejected):
        return
    for sample in item.samples:
        for metric, value in sample.values.items():
            metric.encode()
            assert "\x00" not in metric
            if isinstance(value, str):
                value.encode()
                assert "\x00" not in value
            else:
                assert abs(value) <= 2**53 or isinstance(value, float)
                assert value - value == 0  # neither NaN nor infinite
