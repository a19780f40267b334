"""The view `readings` and its function with a window, as people's tools ask: what is opened."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import numpy as np
import pytest
from django.db import connection

from devices.models import Device
from telemetry.storage.backend import backend
from telemetry.storage.pack_rows import Columns, write_numbers
from telemetry.storage.packs import MAX_NUMBERS
from telemetry.tests.written import series

DAY = date(2026, 3, 4)
ONE = "device = 'boiler' AND metric = 'temperature'"
EACH = "LATERAL generate_series(%s::timestamptz, %s, %s::interval) AS at"
ROWS = f"FROM generate_series(0, 199) AS one, {EACH}"
KEPT = {  # as much of each as makes its best index the best
    "reading": f"(series_id, time, value) SELECT one, at, 1 {ROWS}",
    "late_reading": f"(series_id, time, value) SELECT one, at, 1 {ROWS}",
    "reading_pack": "(series_id, start, stop, count, last, unit, step, width, steps)"
    f" SELECT one, at, at, 1, 1, 1, 1, 1, '' {ROWS}",
}


@pytest.fixture
def plan(db: None):
    """The plan of a statement where there are three days of readings, and packs of days before.

    Of an empty table it depends on what others left: their dead rows and their statistics."""
    series("temperature", uid="boiler")
    Device.objects.bulk_create(Device(uid=f"d{n}", name="D") for n in range(200))
    backend().make_days({DAY + timedelta(days=day) for day in (-1, 0, 1)})
    with connection.cursor() as cursor:
        for table, rows in KEPT.items():
            begin = DAY - timedelta(days=1 if table == "reading" else 60)
            span = [
                begin,
                DAY + timedelta(days=1),
                timedelta(hours=1 if table == "reading" else 24),
            ]
            cursor.execute(f"INSERT INTO {table} {rows}", span)
        cursor.execute(f"ANALYZE devices_device, telemetry_series, {', '.join(KEPT)}")

    def explained(statement: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_bitmapscan = off")  # which has two lines an index
            cursor.execute(f"EXPLAIN (COSTS OFF) {statement}")
            return "\n".join(line for (line,) in cursor.fetchall())

    return explained


def scan(plan: str, index: str) -> str:
    """The condition by which an index is searched."""
    found = re.search(rf"using {index} on .*\n\s*Index Cond: (.*)", plan)
    assert found, plan
    return found[1]


@pytest.mark.parametrize(
    "asked",
    [
        f"readings WHERE {ONE} AND time >= '2026-03-04' AND time < '2026-03-05'",
        f"readings_between('2026-03-04', '2026-03-05') WHERE {ONE}",
    ],
)
def test_rows_are_of_the_days_and_the_series_that_are_asked_for(plan, asked: str) -> None:
    found = plan(f"SELECT * FROM {asked}")
    assert re.findall(r" on reading_(\d{8}) ", found) == [f"{DAY:%Y%m%d}"]
    assert "series_id = series.id" in scan(found, f"reading_{DAY:%Y%m%d}_pkey")


def test_packs_are_of_the_series_and_with_the_function_of_the_time_as_well(plan) -> None:
    of_series = plan(f"SELECT * FROM readings WHERE {ONE}")
    assert "series_id = series.id" in scan(of_series, "reading_pack_pkey")
    of_time = plan(f"SELECT * FROM readings_between('2026-03-04', '2026-03-05') WHERE {ONE}")
    assert "start < '2026-03-05" in scan(of_time, "reading_pack_(?:pkey|start)")


def test_what_sorts_the_readings_of_a_pack_does_not_carry_its_bytes_along(db: None) -> None:
    """Each row of the sort had all bytes of the pack: 400 MB of 8192 readings."""
    many = MAX_NUMBERS
    times = np.cumsum(np.resize(np.array([1_000, 1_003, 999]), many)) * 1_000
    columns = Columns(np.full(many, 7, np.int32), times, np.resize(np.arange(250) / 4, many))
    with connection.cursor() as cursor:
        write_numbers(cursor, columns, by_hour=False)
        for read in ("packed_numbers(pack)", f"newest_packed(pack, {many})"):
            cursor.execute(
                "EXPLAIN (ANALYZE, FORMAT JSON)"
                f" SELECT one.* FROM reading_pack AS pack CROSS JOIN LATERAL {read} AS one"
            )
            (found,) = cursor.fetchone()
            sorted_kb = re.findall(r'"Sort Space Used": (\d+)', json.dumps(found))
            assert [each for each in sorted_kb if int(each) > many // 8] == []
            assert sorted_kb
