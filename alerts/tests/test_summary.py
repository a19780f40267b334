"""What would-be alerts add up to, and which night each fell into."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.replay.replayed import Episode
from alerts.rules.summary import night, summary
from telemetry.moments import to_us

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = 1_000_000  # microseconds
START = to_us(datetime(2026, 3, 10, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-10T20:59:59", ""),  # one hour ahead in Berlin
        ("2026-03-10T21:00:00", "2026-03-10"),
        ("2026-03-11T04:59:59", "2026-03-10"),
        ("2026-03-11T05:00:00", ""),
        # The night in which clocks are set forward is one night.
        ("2026-03-28T21:30:00", "2026-03-28"),
        ("2026-03-29T03:30:00", "2026-03-28"),
        ("2026-03-29T04:00:00", ""),
    ],
)
def test_a_night_is_from_22_to_6_where_the_viewer_is(at: str, found: str):
    assert night(to_us(datetime.fromisoformat(at).replace(tzinfo=UTC)), BERLIN) == found


def test_alerts_are_counted_by_how_long_they_stood_after_they_fired():
    at = [START + n * SECOND for n in range(10_000)]
    episodes = [
        Episode(at[0], at[300], at[359]),  # 59 s after it fired
        Episode(at[400], at[400], at[460]),  # soon after: it flaps
        Episode(at[2000], at[2000], None),
    ]
    found = summary(episodes, at[2100], BERLIN)
    assert (found.fired, found.short, found.flapped) == (3, 1, 1)
    assert found.stood_us == (59 + 60 + 100) * SECOND
    assert found.nights == {}
    assert summary([], at[0], BERLIN).fired == 0
