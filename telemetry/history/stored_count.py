"""About how many numbers a series has, without reading them."""

from __future__ import annotations

from django.db import connection

from telemetry.moments import from_us
from telemetry.sql import load

_SQL = load("instants")


def estimate(series_id: int, start_us: int, stop_us: int) -> int:
    """From one time to another, by the hours that are summarised: the last ones may be missing."""
    edges = {"start": from_us(start_us), "stop": from_us(stop_us)}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["estimate_numbers"], {"series_id": series_id, **edges})
        (count,) = cursor.fetchone()
    return int(count)
