"""What is computed anew takes the place of what was computed before, and its summaries follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection

from telemetry.moments import EPOCH, to_us
from telemetry.storage import rollups
from telemetry.storage.replace import Computed, Dropped, Needs, Replaced, replace
from telemetry.tests.written import rollup, series

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOON_US = to_us(NOON)
SECOND = 1_000_000


def put(series_id: int, seconds: int, given: dict[int, float]) -> Replaced:
    """These values by second after noon are all there is for so many seconds."""
    times = np.array([NOON_US + each * SECOND for each in sorted(given)], np.int64)
    values = np.array([given[each] for each in sorted(given)], np.float64)
    stop = NOON_US + seconds * SECOND
    return replace(Computed(series_id, NOON_US, stop, times, values), Needs(EPOCH))


def stored(series_id: int) -> dict[int, float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT time, value FROM reading WHERE series_id = %s", [series_id])
        return {round((at - NOON).total_seconds()): value for at, value in cursor.fetchall()}


def logged() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM commit_log")
        return cursor.fetchone()[0]


def test_what_differs_is_written_and_what_is_the_same_is_not() -> None:
    one = series()
    assert len(put(one.id, 100, {0: 1.0, 10: 2.0, 100: 3.0}).times_us) == 3
    before = logged()
    again = put(one.id, 100, {0: 1.0, 10: 2.0, 100: 3.0})
    assert (len(again.changed_us), logged()) == (0, before)
    found = put(one.id, 100, {0: 1.0, 10: 5.0, 20: 4.0})
    assert ((found.times_us - NOON_US) // SECOND).tolist() == [10, 20]
    assert ((found.removed_us - NOON_US) // SECOND).tolist() == [10, 100]
    assert stored(one.id) == {0: 1.0, 10: 5.0, 20: 4.0}
    assert logged() == before + 1
    put(one.id, 5, {})
    assert stored(one.id) == {10: 5.0, 20: 4.0}


def test_summaries_follow_also_to_less() -> None:
    one, other = series(), series("humidity")
    day = {n * 30: float(n) for n in range(200)}
    for each in (one, other):
        put(each.id, 6_000, day)
    rollups.run(NOON + timedelta(hours=3))
    untouched = [rollup(table, other.id) for table in ("rollup_1m", "rollup_1h", "rollup_1d")]
    left = {at: value + 0.5 for at, value in day.items() if at < 30 or at > 3_700}
    put(one.id, 6_000, left)
    rollups.run(NOON + timedelta(hours=3))
    minutes = rollup("rollup_1m", one.id)
    assert minutes[0] == (NOON, 1, 0.5, 0.5, 0.5)
    assert len(minutes) == 1 + len({at // 60 for at in left if at > 30})
    hours = rollup("rollup_1h", one.id)
    assert [row[1] for row in hours] == [1, len(left) - 1]
    assert rollup("rollup_1d", one.id)[0][1:3] == (len(left), sum(left.values()))
    put(one.id, 6_000, {})
    rollups.run(NOON + timedelta(hours=3))
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert rollup(table, one.id) == []
    assert untouched == [
        rollup(table, other.id) for table in ("rollup_1m", "rollup_1h", "rollup_1d")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rewritten_minute")
        assert cursor.fetchone() == (0,)


def test_nothing_is_replaced_by_what_was_computed_of_readings_that_are_gone() -> None:
    one = series()
    put(one.id, 10, {0: 1.0})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE retention_state SET raw_floor = %s", [NOON])
    nothing = Computed(one.id, NOON_US, NOON_US, np.empty(0, np.int64), np.empty(0))
    with pytest.raises(Dropped):
        replace(nothing, Needs(NOON - timedelta(seconds=1)))
    assert stored(one.id) == {0: 1.0}
    replace(nothing, Needs(NOON))
    assert stored(one.id) == {}


def test_what_fails_alongside_changes_nothing() -> None:
    one = series()
    nothing = Computed(one.id, NOON_US, NOON_US, np.empty(0, np.int64), np.empty(0))
    put(one.id, 10, {0: 1.0})
    with pytest.raises(ZeroDivisionError):
        replace(nothing, Needs(EPOCH), lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    assert stored(one.id) == {0: 1.0}
