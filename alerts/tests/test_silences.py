"""When a silence holds: once, weekly, over midnight and where the clocks are changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import silences
from alerts.models import Silence

NIGHTS = {"zone": "Europe/Berlin", "days": [6], "from": "22:00", "to": "06:00"}  # of Saturday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-11-28T21:59:59+01:00", False),
        ("2026-11-28T22:00:00+01:00", True),
        ("2026-11-29T05:59:59+01:00", True),
        ("2026-11-29T06:00:00+01:00", False),
        ("2026-11-29T23:00:00+01:00", False),  # Sunday
        ("2026-10-25T02:30:00+02:00", True),  # the hour that comes twice, both times
        ("2026-10-25T02:30:00+01:00", True),
        ("2026-10-25T05:59:00+01:00", True),
        ("2026-10-25T06:00:00+01:00", False),
        ("2026-03-29T03:00:00+02:00", True),  # the hour before was skipped
        ("2026-03-29T06:00:00+02:00", False),
        ("2026-07-11T20:30:00+00:00", True),  # by the zone's clock, not by ours
        ("2026-07-11T19:30:00+00:00", False),
    ],
)
def test_a_weekly_one_holds_by_the_clock_of_its_zone(moment: str, quiet: bool):
    silence = Silence(starts_at=at("2026-01-01T00:00:00+00:00"), recurrence=NIGHTS)
    assert silences.holds(silence, at(moment)) is quiet


def test_one_that_begins_and_ends_at_one_minute_is_the_whole_day():
    day = NIGHTS | {"from": "06:00", "to": "06:00"}
    silence = Silence(starts_at=at("2026-01-01T00:00:00+00:00"), recurrence=day)
    assert silences.holds(silence, at("2026-11-28T06:00:00+01:00"))
    assert silences.holds(silence, at("2026-11-29T05:59:00+01:00"))
    assert not silences.holds(silence, at("2026-11-29T06:00:00+01:00"))


def test_it_holds_from_its_start_until_before_its_end():
    start = at("2026-11-27T12:00:00+00:00")
    once = Silence(starts_at=start, ends_at=start + timedelta(hours=1))
    assert [silences.holds(once, start + timedelta(minutes=m)) for m in (-1, 0, 59, 60)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert silences.holds(Silence(starts_at=start), start + timedelta(days=400))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"), ({"zone": None}, "zone"), ({"zone": "../x"}, "zone"),
        ({"days": []}, "days"), ({"days": [0]}, "days"), ({"days": [True]}, "days"),
        ({"from": "24:00"}, "from"), ({"to": 6}, "to"), ({"until": "06:00"}, "until"),
    ],
)  # fmt: skip
def test_what_nobody_could_hold_is_refused_by_field(change: dict[str, Any], field: str):
    with pytest.raises(silences.InvalidRecurrence) as refused:
        silences.read_recurrence(NIGHTS | change)
    assert set(refused.value.errors) == {field}
    with pytest.raises(silences.InvalidRecurrence):
        silences.read_recurrence([])


def test_it_is_for_what_fits_all_that_it_names():
    silence = Silence(site_id=1, rule_id=3)
    assert silences.fits(silence, site=1, device=2, rule=3)
    assert not silences.fits(silence, site=1, device=2, rule=4)
    assert not silences.fits(silence, site=None, device=2, rule=3)
    assert silences.fits(Silence(), site=None, device=None, rule=None)


@pytest.mark.django_db
def test_those_that_hold_are_found_with_one_query():
    now = at("2026-11-28T23:00:00+01:00")
    hour = timedelta(hours=1)
    for starts, ends, recurrence in (
        (now - hour, None, None), (now - hour, now + hour, NIGHTS), (now - hour, now, None),
        (now + hour, None, None), (now - hour, None, NIGHTS | {"days": [1]}),
    ):  # fmt: skip
        Silence.objects.create(starts_at=starts, ends_at=ends, recurrence=recurrence)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = silences.holding(now)
    assert [each.pk for each in found] == sorted(each.pk for each in found)
    assert len(found) == 2
    assert len(queries) == 1
