"""A time that cannot be true is said to the device, with what it probably is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import device_time, json_values
from bridge.decode.device_time import EARLIEST_US, LATEST_AHEAD_US
from bridge.decode.items import Problem, Reason, Sample

NOW = 1_700_000_000_000_000  # Unix microseconds


def read(stamp: object) -> int | Problem:
    return device_time.read(stamp, NOW, "ts")


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        (1_699_999_999_123, 1_699_999_999_123_000),
        (1_699_999_999_123.456, 1_699_999_999_123_456),
        ("1699999999123", 1_699_999_999_123_000),
        ("1699999999123.456", 1_699_999_999_123_456),
        ("2023-11-14T22:13:19.123456Z", 1_699_999_999_123_456),
        ("2023-11-14T23:13:19+01:00", 1_699_999_999_000_000),
        ("2023-11-14 22:13:19", 1_699_999_999_000_000),
    ],
)
def test_a_time_is_exact_to_the_microsecond(stamp: object, time_us: int) -> None:
    assert read(stamp) == time_us


@pytest.mark.parametrize(
    ("stamp", "advice"),
    [
        (1_699_999_999, "probably Unix seconds; send milliseconds, 1699999999000"),
        ("1699999999", "probably Unix seconds; send milliseconds, 1699999999000"),
        (1_699_999_999.5, "probably Unix seconds; send milliseconds, 1699999999500"),
        (1_699_999_999_123_456, "probably Unix microseconds; send milliseconds, 1699999999123"),
        (1_699_999_999_123_456_789, "probably Unix nanoseconds; send milliseconds, 1699999999123"),
        (0, "1970-01-01 00:00:00 UTC, before 2000: is the clock set?"),
        (-5, "before 2000: is the clock set?"),
        (946_684_799_999, "1999-12-31 23:59:59 UTC, before 2000: is the clock set?"),
        ("1970-01-01", "1970-01-01 00:00:00 UTC, before 2000: is the clock set?"),
        ("1712-01-01", "before 2000: is the clock set?"),
        (NOW // 1000 + 86_400_001, "more than a day ahead: is the clock set?"),
        ("0001-01-01T00:00+14:00", "beyond any calendar, before 2000"),
        ("9999-12-31T23:59:59-14:00", "more than a day ahead"),
        (1e300, "beyond any calendar, more than a day ahead"),
        (1e306, "beyond any calendar, more than a day ahead"),
        (999_999_999_999_999_999_999, "beyond any calendar"),
        (10**400, "beyond any calendar"),  # beyond what a float holds
        (-(10**400), "beyond any calendar"),
    ],
)
def test_what_cannot_be_true_is_told_with_what_it_probably_is(stamp: object, advice: str) -> None:
    found = read(stamp)
    assert isinstance(found, Problem)
    assert found.reason is Reason.IMPLAUSIBLE_TIMESTAMP
    assert advice in found.detail


@pytest.mark.parametrize("stamp", ["yesterday", "", True, [], {}, float("nan"), "١٦٩٩"])
def test_what_is_no_time_is_said_to_be_none(stamp: object) -> None:
    found = read(stamp)
    assert isinstance(found, Problem)
    assert found.reason is Reason.BAD_TIMESTAMP


def test_one_reading_gets_its_time_of_receipt_and_the_device_is_told() -> None:
    reading = json_values.read(b'{"ts":1699999999,"values":{"t":1}}', NOW)
    assert reading.samples == [Sample(0, {"t": 1})]
    assert reading.clock_replaced
    assert [problem.reason for problem in reading.problems] == [Reason.IMPLAUSIBLE_TIMESTAMP]


@pytest.mark.parametrize("stamp", ["1699999999", "0", '"yesterday"'])
def test_of_an_array_only_such_elements_are_refused(stamp: str) -> None:
    good = '{"ts":1699999999000,"values":{"t":2}}'
    payload = f'[{{"ts":{stamp},"values":{{"t":1}}}},{good}]'
    reading = json_values.read(payload.encode(), NOW)
    assert reading.samples == [Sample(1_699_999_999_000_000, {"t": 2})]
    assert not reading.clock_replaced
    assert len(reading.problems) == 1
    assert reading.problems[0].detail.startswith("[0].ts ")
    with pytest.raises(json_values.Undecodable):
        json_values.read(f'[{{"ts":{stamp},"values":{{"t":1}}}}]'.encode(), NOW)


@given(
    st.integers()
    | st.integers(min_value=300, max_value=4000).map(lambda digits: 10**digits)
    | st.floats()
    | st.text()
    | st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,9})?", fullmatch=True)
    | st.datetimes().map(str)
    | st.none()
)
def test_whatever_it_is_it_is_plausible_or_told(stamp: object) -> None:
    found = read(stamp)
    if isinstance(found, int):
        assert EARLIEST_US <= found <= NOW + LATEST_AHEAD_US
    else:
        assert found.detail
