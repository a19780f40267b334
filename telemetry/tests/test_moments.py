"""A moment keeps its microseconds through every form it has here."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.moments import from_ms, from_us, in_ms, parse, to_us

INSTANTS = st.integers(0, to_us(datetime(2109, 1, 1, tzinfo=UTC)))


@given(INSTANTS)
def test_milliseconds_as_json_tell_every_microsecond(us: int) -> None:
    ms = json.loads(json.dumps(in_ms(us)))
    assert to_us(from_ms(ms)) == to_us(from_us(us)) == us
    assert isinstance(ms, int) == (us % 1_000 == 0)
    assert in_ms(us) < in_ms(us + 1)


@given(INSTANTS)
def test_every_written_form_is_read_back(us: int) -> None:
    moment = from_us(us)
    for form in (moment.isoformat(), str(moment), f"{us // 1000}.{us % 1000:03}", str(in_ms(us))):
        assert parse(form) == us


@pytest.mark.parametrize("text", ["", "now", "1e12", "1_000", "0x10", "2026-13-01", "9" * 31])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(text)
