"""History is read at once also while the summaries are days behind, as after an import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from telemetry import sql
from telemetry.history import columns
from telemetry.moments import to_us
from telemetry.storage import summary_packs
from telemetry.storage.backend import backend
from telemetry.tests.written import series

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 7
MINUTES = DAYS * 24 * 60  # with a reading each
STALE = 7.0  # what the summaries still say; every reading is 1
MOST = 30  # rows looked at for each reading; joined by a range it is one for each hour of all days


@pytest.fixture
def imported() -> int:
    """The id of a series with days of readings, none of them rolled up again since."""
    one = series().id
    backend().make_days({(START + timedelta(days=day)).date() for day in range(DAYS)})
    minutes = "generate_series(%s::timestamptz, %s, '1 minute') AS at"
    span = [START, START + timedelta(minutes=MINUTES - 1)]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO reading SELECT {one}, at, 1 FROM {minutes}", span)
        cursor.execute(f"INSERT INTO dirty_minute (minute) SELECT at FROM {minutes}", span)
        for table, width in (("rollup_1m", "minute"), ("rollup_1h", "hour"), ("rollup_1d", "day")):
            cursor.execute(
                f"INSERT INTO {table} (series_id, bucket, count, sum, min, max, first, last)"
                f" SELECT {one}, date_trunc('{width}', at, 'UTC'), 1, {', '.join([str(STALE)] * 5)}"
                f" FROM {minutes} GROUP BY 2",
                span,
            )
        summary_packs.run(START + timedelta(days=DAYS))
        cursor.execute("ANALYZE reading, rollup_1m, rollup_1h, rollup_1d, dirty_minute")
    return one


def looked_at(plan: dict[str, Any]) -> Iterator[int]:
    """The rows each step of the plan took in its hand."""
    removed = sum(value for name, value in plan.items() if name.startswith("Rows Removed"))
    yield round((plan["Actual Rows"] + removed) * plan["Actual Loops"])
    for below in plan.get("Plans", ()):
        yield from looked_at(below)


@pytest.mark.parametrize(
    ("level", "width"),
    [("1m", timedelta(minutes=10)), ("1h", timedelta(hours=6)), ("1d", timedelta(days=1))],
)
def test_a_backlog_of_days_costs_a_look_at_each_reading_and_no_more(
    imported: int, level: str, width: timedelta
) -> None:
    asked = {
        "series": [imported],
        "start": START,
        "stop": START + timedelta(days=DAYS),
        "width": width,
        "quarters": False,
    }
    with connection.cursor() as cursor:
        statement = sql.load("history")[f"reduce_from_{level}"]
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", asked)
        ((found,),) = cursor.fetchall()
    (plan,) = found
    work = sum(looked_at(plan["Plan"]))
    assert work < MOST * MINUTES, work
    # And it is what was imported, not what the summaries say of it until they are made anew.
    edges = to_us(asked["start"]), to_us(asked["stop"])
    buckets = columns.reduced(level, [imported], *edges, width // timedelta(microseconds=1))
    assert buckets.counts.sum() == MINUTES
    assert {*buckets.means().tolist(), *buckets.low.tolist(), *buckets.high.tolist()} == {1.0}
