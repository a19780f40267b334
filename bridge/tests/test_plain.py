"""The short way through a payload says what the long way says, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import json_values, plain
from bridge.decode.items import Sample
from bridge.decode.plain import Plain, PlainReader
from bridge.message import MAX_PAYLOAD, Message

NOW = 1_700_000_000_000

numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53) - 2, 2**53 + 2),
    st.booleans(),
)
values = st.dictionaries(st.text(max_size=8), st.one_of(numbers, st.none(), st.text()), max_size=5)
stamps = st.one_of(st.integers(NOW - 10**9, NOW + 10**9), st.integers(), st.text(), st.none())
payloads = st.one_of(
    values,
    st.fixed_dictionaries({"ts": stamps, "values": st.one_of(values, numbers)}),
    st.dictionaries(st.text(max_size=8), numbers),
).map(lambda document: json.dumps(document).encode())


def read(reader: PlainReader, payload: bytes) -> Plain | None:
    """What an ordinary message of a topic that was heard before says."""
    reader.expect(b"devices/pump-1/telemetry", "pump-1")
    message = Message(b"devices/pump-1/telemetry", payload, 1, False, False, b"", NOW * 1_000)
    return reader.read(message)


def said(samples: list[Sample]) -> list[tuple[int, dict]]:
    return [(sample.time_us, dict(sample.values)) for sample in samples]


@given(payloads)
def test_both_ways_agree(payload: bytes) -> None:
    plain = read(PlainReader(), payload)
    if plain is not None:
        uid, time_us, values, shape = plain
        reading = json_values.read(payload, NOW * 1_000)
        assert uid == "pump-1"
        assert [(time_us, values)] == said(reading.samples)
        assert shape == tuple(reading.samples[0].values)
        assert not reading.problems
        assert not reading.clock_replaced


@pytest.mark.parametrize(
    "payload",
    [
        b'{"t":21.5}',
        b'{"t":21,"on":true}',
        b'{"ts":1699999999000,"values":{"t":1}}',
        b'{"ts": 1699999999000, "values": {"t": 9007199254740991}}',
    ],
)
def test_the_ordinary_is_settled(payload: bytes) -> None:
    reader = PlainReader()
    expected = said(json_values.read(payload, NOW * 1_000).samples)
    first, second = read(reader, payload), read(reader, payload)
    assert first is not None
    assert second is not None
    assert [first[1:3]] == [second[1:3]] == expected
    assert first[3] is second[3], "a shape is remembered"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"17",
        b'{"t":',
        b'{"t":null}',
        b'{"t":"text"}',
        b'{"t":1e400}',
        b'{"t":9007199254740993}',
        b'{"t":{"x":1}}',
        b'{"a:b":1}',
        b'{"\\u0000":1}',
        b'{"":1}',
        b'{"%b":1}' % (b"m" * 201),
        b'{"ts":5,"values":{"t":1}}',
        b'{"ts":1700086400001,"values":{"t":1}}',
        b'{"ts":1699999999000,"values":{}}',
        b'{"ts":1699999999000.5,"values":{"t":1}}',
        b'{"ts":null,"values":{"t":1}}',
        b'{"t":1,"t":2}',
        # An escaped colon makes up for the one of the name that comes twice.
        b'{"a\\u003ab":1,"t":1,"t":2}',
        b'{"ts":1699999999000,"values":{"a\\u003a\\u003a":1,"t":1,"t":2,"u":3,"u":4}}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_left_to_the_long_way(payload: bytes) -> None:
    assert read(PlainReader(), payload) is None


def test_a_flood_of_names_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MAX_NAMES", 3)
    reader = PlainReader()
    for number in range(10):
        assert read(reader, b'{"metric_%d":1}' % number) is not None
        assert len(reader._shapes) == reader._names <= 3


def test_a_topic_not_heard_before_and_a_large_message_go_the_long_way() -> None:
    reader = PlainReader()
    unheard = Message(b"devices/pump-2/telemetry", b'{"t":1}', 1, False, False, b"", NOW * 1_000)
    assert reader.read(unheard) is None
    assert read(reader, b'{"t":1%b}' % (b" " * MAX_PAYLOAD)) is None
