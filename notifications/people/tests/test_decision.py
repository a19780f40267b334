"""Whether somebody is told: every reason, and which of two counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.people.decision import SEVERITIES, Decided, Why, Wishes, decide
from notifications.people.hours import quiet_until, read_times, read_windows

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
NIGHT = datetime(2026, 7, 1, 23, tzinfo=UTC)
SEVEN = datetime(2026, 7, 2, 7, tzinfo=UTC)
EIGHT = datetime(2026, 7, 2, 8, tzinfo=UTC)
OLGA = Wishes(
    UTC_ZONE,
    minimum="info",
    quiet=read_windows([{"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "07:00"}]),
    digest_below="warning",
    digest_at=read_times(["08:00"]),
)


def decided(
    wishes: Wishes, severity: str, at: datetime, wait: float = 0.0, is_end: bool = False
) -> Decided:
    return decide(wishes, severity, at, is_end=is_end, wait=lambda: wait)


@pytest.mark.parametrize(
    ("changes", "severity", "at", "wait", "expected"),
    [
        ({}, "warning", NOON, 0, Decided(Why.NOW, NOON)),
        ({}, "warning", NIGHT, 0, Decided(Why.QUIET, SEVEN)),
        ({}, "critical", NIGHT, 0, Decided(Why.NOW, NIGHT)),
        ({"through": None}, "critical", NIGHT, 0, Decided(Why.QUIET, SEVEN)),
        ({"through": "warning"}, "warning", NIGHT, 0, Decided(Why.NOW, NIGHT)),
        ({}, "info", NOON, 0, Decided(Why.DIGEST, EIGHT)),
        ({"digest_at": ()}, "info", NOON, 0, Decided(Why.NOW, NOON)),
        # A digest within quiet hours waits for their end.
        ({"digest_at": read_times(["05:00"])}, "info", NOON, 0, Decided(Why.DIGEST, SEVEN)),
        ({"minimum": "warning"}, "info", NOON, 0, Decided(Why.MILD, None)),
        ({"paused_until": NOON + timedelta(1)}, "critical", NOON, 0, Decided(Why.PAUSED, None)),
        ({"paused_until": NOON}, "critical", NOON, 0, Decided(Why.NOW, NOON)),
        ({}, "critical", NOON, 90, Decided(Why.LIMITED, NOON + timedelta(seconds=90))),
        ({}, "warning", NOON + timedelta(hours=9, minutes=59), 90, Decided(Why.LIMITED, SEVEN)),
    ],
)  # fmt: skip
def test_when_one_is_told(
    changes: dict, severity: str, at: datetime, wait: float, expected: Decided
):
    assert decided(replace(OLGA, **changes), severity, at, wait) == expected


def test_who_wants_no_word_of_ends_gets_none():
    assert decided(replace(OLGA, ends=False), "critical", NOON, is_end=True).why == Why.NOT_OF_ENDS
    assert decided(OLGA, "critical", NOON, is_end=True).why == Why.NOW


def test_what_is_held_back_by_something_else_uses_up_none_of_the_limit():
    def asked() -> float:
        raise AssertionError("it was asked")

    for severity, at in (("info", NOON), ("warning", NIGHT)):
        assert decide(OLGA, severity, at, is_end=False, wait=asked).held


def test_a_severity_that_is_no_word_of_ours_is_told_as_the_gravest():
    assert decided(OLGA, "apocalyptic", NIGHT).why == Why.NOW


@given(
    st.builds(
        Wishes, st.just(UTC_ZONE), st.sampled_from(SEVERITIES), st.none(), st.just(OLGA.quiet),
        st.none() | st.sampled_from(SEVERITIES), st.none() | st.sampled_from(SEVERITIES),
        st.just(OLGA.digest_at),
    ),
    st.sampled_from(SEVERITIES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.floats(0, 7200),
)  # fmt: skip
def test_nothing_is_due_in_quiet_hours_it_does_not_come_through_nor_in_the_past(
    wishes: Wishes, severity: str, at: datetime, wait: float
):
    found = decided(wishes, severity, at, wait)
    if found.due is None:
        assert found.why == Why.MILD
        return
    assert found.due >= at
    assert found.held == (found.due > at)
    through = wishes.through is not None and SEVERITIES.index(severity) >= SEVERITIES.index(
        wishes.through
    )
    assert through or quiet_until(wishes.quiet, UTC_ZONE, found.due) is None
