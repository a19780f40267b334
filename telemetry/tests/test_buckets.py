"""The width of buckets: aligned, few enough, and made of whole rollup buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.history.buckets import DAY, HOUR, LADDER, MINUTE, SECOND, covering


@given(
    start=st.integers(0, 4 * 10**12),
    span=st.integers(1, 3660 * DAY),
    points=st.integers(10, 5000),
    at_least=st.sampled_from([SECOND, MINUTE, HOUR]),
)
def test_buckets_cover_the_window_with_at_most_as_many_as_asked(
    start: int, span: int, points: int, at_least: int
) -> None:
    found = covering(start, start + span, points, at_least=at_least)
    assert found.start <= start
    assert found.stop >= start + span
    assert found.start % found.width == found.stop % found.width == 0
    assert (found.stop - found.start) // found.width <= points
    assert found.width >= at_least
    size = {"raw": 1, "1m": MINUTE, "1h": HOUR, "1d": DAY}[found.level]
    assert found.width % size == 0


@pytest.mark.parametrize(
    ("span", "points", "width", "level"),
    [
        (15 * MINUTE, 900, SECOND, "raw"),
        (HOUR, 800, 5 * SECOND, "raw"),
        (DAY, 800, 2 * MINUTE, "1m"),
        (7 * DAY, 800, 15 * MINUTE, "1m"),
        (90 * DAY, 800, 3 * HOUR, "1h"),
        (3650 * DAY, 800, 7 * DAY, "1d"),
        (3660 * DAY, 10, 407 * DAY, "1d"),
    ],
)
def test_a_span_gets_a_width_people_read_off_an_axis(
    span: int, points: int, width: int, level: str
) -> None:
    found = covering(0, span, points)
    assert (found.width, found.level) == (width, level)


def test_the_ladder_climbs_and_each_rung_is_made_of_whole_buckets() -> None:
    assert list(LADDER) == sorted(set(LADDER))
    for width in LADDER:
        size = next(s for s in (DAY, HOUR, MINUTE, SECOND) if width >= s)
        assert width % size == 0
