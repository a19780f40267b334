"""Packs of summaries are what the summaries are: whoever changes these, and whenever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from telemetry.history import columns
from telemetry.moments import from_ms, to_ms, to_us
from telemetry.storage import rollups, summary_packs
from telemetry.storage.backend import backend
from telemetry.tests.written import assert_packs_are_summaries, series, write

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MIDNIGHT = to_ms(NOW) - 12 * HOUR
SPAN = to_us(from_ms(MIDNIGHT - 2 * DAY)), to_us(NOW)

pytestmark = pytest.mark.django_db


def packs(table: str, series_id: int) -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT start FROM {table} WHERE series_id = %s ORDER BY 1", [series_id])
        return [start for (start,) in cursor.fetchall()]


def answers(*ids: int) -> list[list[tuple]]:
    """What is asked of minutes, hours and days, also in buckets within which packs end."""
    asked = (("1m", 1), ("1m", 7), ("1h", 60), ("1h", 300), ("1h", 720), ("1d", 24 * 60))
    found = [columns.reduced(level, ids, *SPAN, width * MINUTE * 1000) for level, width in asked]
    # In the middle of an hour and of a day.
    start = SPAN[0] + 90 * MINUTE * 1000
    found.append(columns.reduced("1m", ids, start, SPAN[1], 2 * MINUTE * 1000))
    return [list(zip(*(column.tolist() for column in one), strict=True)) for one in found]


def test_answers_are_the_same_from_packs_and_without() -> None:
    one, other, dumb = series(), series("power"), series("level")
    # These add up to the same in any order.
    write(one.id, [(MIDNIGHT - DAY + n * 7 * MINUTE + n, n / 8) for n in range(300)])
    write(other.id, [(MIDNIGHT - 3 * HOUR + n * MINUTE, float(n)) for n in (0, 59, 60, 301)])
    rollups.run(NOW)
    asked = one.id, other.id, dumb.id
    without = answers(*asked)
    assert summary_packs.run(NOW) > 0
    assert answers(*asked) == without
    # The hour and the day that still run have none.
    assert packs("hour_pack", one.id) == [from_ms(MIDNIGHT - DAY)]
    assert packs("minute_pack", other.id) == [
        from_ms(MIDNIGHT + hours * HOUR) for hours in (-3, -2, 2)
    ]
    assert_packs_are_summaries()
    assert summary_packs.run(NOW) == 0
    # And they are what is read: the summaries could say anything.
    with connection.cursor() as cursor:
        for table in ("rollup_1m", "rollup_1h"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET max = 1e6 WHERE bucket < %s", [from_ms(MIDNIGHT)])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert answers(*asked)[:5] == without[:5]


def test_what_changes_a_summary_takes_it_out_of_its_pack() -> None:
    one, other = series(), series("power")
    for each in (one, other):
        write(each.id, [(MIDNIGHT - 5 * HOUR + n * MINUTE, float(n)) for n in range(120)])
    rollups.run(NOW)
    summary_packs.run(NOW)
    # Late: seen at once, and after its rollup.
    write(one.id, [(MIDNIGHT - 5 * HOUR + 30_000, 99.0)])
    fresh = answers(one.id, other.id)
    assert fresh[0][0][-1] == 99.0
    rollups.run(NOW)
    assert answers(one.id, other.id) == fresh
    first, second = (from_ms(MIDNIGHT - hours * HOUR) for hours in (5, 4))
    assert packs("minute_pack", one.id) == [second]
    assert packs("minute_pack", other.id) == [first, second]
    assert packs("hour_pack", one.id) == []
    # The minutes went out of the list before: of what came late they are packed anew.
    assert summary_packs.run(NOW) == 2
    assert answers(one.id, other.id) == fresh
    assert packs("minute_pack", one.id) == [first, second]
    backend().delete_readings(one.id, [first, first + timedelta(minutes=1)])
    rollups.take_commits()
    rollups.run(NOW)
    assert_packs_are_summaries()
    backend().delete_series([one.id])
    assert packs("minute_pack", one.id) == packs("hour_pack", one.id) == []
    # Packs of minutes are of the last days.
    later = NOW + summary_packs.MINUTES_KEPT
    summary_packs.run(later)
    assert packs("minute_pack", other.id) == []
    assert packs("hour_pack", other.id) == [from_ms(MIDNIGHT - DAY)]
    assert answers(other.id) == [[row for row in of if row[0] == other.id] for of in fresh]


def test_who_is_changing_summaries_is_waited_for(transactional_db: None) -> None:
    one = series()
    write(one.id, [(MIDNIGHT - 5 * HOUR, 1.0)])
    rollups.run(NOW)
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("UPDATE rollup_1h SET max = 7 WHERE series_id = %s", [one.id])
        summary_packs.run(NOW)
        assert packs("hour_pack", one.id) == []
        other.commit()
        summary_packs.run(NOW)
        assert packs("hour_pack", one.id) == [from_ms(MIDNIGHT - DAY)]
        assert_packs_are_summaries()
        other.execute("UPDATE rollup_1h SET max = 8 WHERE series_id = %s", [one.id])
        other.commit()
    assert packs("hour_pack", one.id) == []


def test_emptied_summaries_have_no_packs() -> None:
    one = series()
    write(one.id, [(MIDNIGHT - 5 * HOUR, 1.0)])
    rollups.run(NOW)
    summary_packs.run(NOW)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rollup_1m, rollup_1h")
    assert packs("minute_pack", one.id) == packs("hour_pack", one.id) == []
