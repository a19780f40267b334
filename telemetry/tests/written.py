"""Put readings into Postgres as the store does: rows, and their minutes on the list of the rollups.

Not by way of the commit log: its readers take what is committed, and most tests never commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from devices.models import Device
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.sql import load
from telemetry.storage.backend import backend


def series(metric: str = "temperature", *, uid: str = "boiler", **facts: Any) -> Series:
    device, _ = Device.objects.get_or_create(uid=uid, defaults={"name": uid.title()})
    return Series.objects.create(device=device, metric=metric, **facts)


def write(series_id: int, readings: Iterable[tuple[float, float | str]]) -> None:
    """Readings as (ms, value), in one transaction with their dirty minutes."""
    readings = list(readings)
    backend().make_days({from_ms(ms).date() for ms, _ in readings})
    marks = set()
    with connection.cursor() as cursor:
        for ms, value in readings:
            table = "text_reading" if isinstance(value, str) else "reading"
            cursor.execute(
                f"INSERT INTO {table} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [series_id, from_ms(ms), value],
            )
            if table == "reading":
                marks.add(from_ms(ms // 60_000 * 60_000))
        for minute in marks:
            mark_dirty(cursor, minute)
        if any(isinstance(value, str) for _, value in readings):
            cursor.execute(load("series")["note_texts"], {"series": [series_id]})


def mark_dirty(cursor: Any, minute: datetime) -> None:
    cursor.execute(
        "INSERT INTO dirty_minute (minute) VALUES (%s)"
        " ON CONFLICT (minute) DO UPDATE SET mark = DEFAULT",
        [minute],
    )


def rollup(table: str, series_id: int) -> list[tuple[datetime, int, float, float, float]]:
    """(bucket, count, sum, min, max) of a series in a rollup table."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bucket, count, sum, min, max FROM {table} WHERE series_id = %s ORDER BY 1",
            [series_id],
        )
        return cursor.fetchall()


def assert_packs_are_summaries() -> None:
    """Each pack of summaries is what the summaries of its span are, to the bit."""
    with connection.cursor() as cursor:
        for table, summaries, width in (
            ("minute_pack", "rollup_1m", "1 hour"),
            ("hour_pack", "rollup_1h", "24 hours"),
        ):
            cursor.execute(
                f"SELECT series_id, start FROM {table} AS pack WHERE summaries IS DISTINCT FROM ("
                " SELECT string_agg(timestamptz_send(bucket) || float8send(sum) || int4send(count)"
                "  || float8send(min) || float8send(max), ''::bytea ORDER BY bucket)"
                f" FROM {summaries} WHERE series_id = pack.series_id AND bucket >= pack.start"
                f" AND bucket < pack.start + interval '{width}')"
            )
            assert cursor.fetchall() == [], table
