"""Put readings into Postgres as the store does: rows, and a dirty mark for each minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from devices.models import Device
from telemetry.models import Series
from telemetry.moments import from_ms


def series(metric: str = "temperature", *, uid: str = "boiler", **facts: Any) -> Series:
    device, _ = Device.objects.get_or_create(uid=uid, defaults={"name": uid.title()})
    return Series.objects.create(device=device, metric=metric, **facts)


def write(series_id: int, readings: Iterable[tuple[float, float | str]]) -> None:
    """Readings as (ms, value), in one transaction with their dirty minutes."""
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
            cursor.execute("INSERT INTO rollup_dirty VALUES (%s)", [minute])


def rollup(table: str, series_id: int) -> list[tuple[datetime, int, float, float, float]]:
    """(bucket, count, sum, min, max) of a series in a rollup table."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bucket, count, sum, min, max FROM {table} WHERE series_id = %s ORDER BY 1",
            [series_id],
        )
        return cursor.fetchall()
