"""The short way through a payload says what the long way says, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import json_values, plain
from bridge.decode.items import Sample
from bridge.decode.plain import PlainReader

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


def said(samples: list[Sample]) -> list[tuple[int, dict]]:
    return [(sample.time_ms, dict(sample.values)) for sample in samples]


@given(payloads)
def test_both_ways_agree(payload: bytes) -> None:
    plain = PlainReader().read("a", payload, NOW)
    if plain is not None:
        reading = json_values.read(payload, NOW)
        assert said(plain.samples) == said(reading.samples)
        assert plain.plain == tuple(reading.samples[0].values)
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
    expected = said(json_values.read(payload, NOW).samples)
    first, second = reader.read("a", payload, NOW), reader.read("a", payload, NOW)
    assert first is not None
    assert second is not None
    assert said(first.samples) == said(second.samples) == expected
    assert first.plain is second.plain, "a shape is remembered"


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
        b'{"\\u0000":1}',
        b'{"":1}',
        b'{"%b":1}' % (b"m" * 201),
        b'{"ts":5,"values":{"t":1}}',
        b'{"ts":1700086400001,"values":{"t":1}}',
        b'{"ts":1699999999000,"values":{}}',
        b'{"ts":1699999999000.5,"values":{"t":1}}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_left_to_the_long_way(payload: bytes) -> None:
    assert PlainReader().read("a", payload, NOW) is None


def test_a_flood_of_names_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MAX_NAMES", 3)
    reader = PlainReader()
    for number in range(10):
        assert reader.read("a", b'{"metric_%d":1}' % number, NOW) is not None
        assert len(reader._shapes) == reader._names <= 3
