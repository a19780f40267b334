"""What the database has of a fleet: its devices, and the readings they sent."""

from __future__ import annotations

from benchmarks.packets import Fleet

CREATE_CHUNK = 5_000  # devices of one INSERT


def register(fleet: Fleet) -> None:
    """Make the devices of a fleet known, as an operator would have."""
    from devices.models import Device  # noqa: PLC0415 (needs the settings)

    Device.objects.bulk_create(
        (Device(uid=fleet.uid(n), name=fleet.uid(n)) for n in range(fleet.devices)),
        batch_size=CREATE_CHUNK,
    )


def sent_rows(began_ms: int, ended_ms: int) -> list[tuple[int, int, int]]:
    """(xmin, sent ms, rows) of the readings measured between two moments."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xmin::text::bigint, (extract(epoch FROM time) * 1000)::bigint, count(*)"
            " FROM reading WHERE time >= to_timestamp(%s / 1000.0)"
            " AND time < to_timestamp(%s / 1000.0) GROUP BY 1, 2",
            [began_ms, ended_ms],
        )
        return list(cursor.fetchall())


def count_rows(fleet: Fleet) -> tuple[int, int]:
    """Readings stored of a fleet, and distinct (series, time) among them."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n), 0)::bigint, count(*) FROM (SELECT count(*) AS n FROM reading"
            " WHERE series_id IN (SELECT s.id FROM telemetry_series s JOIN devices_device d"
            " ON d.id = s.device_id WHERE starts_with(d.uid, %s)) GROUP BY series_id, time) AS k",
            [f"{fleet.name}-"],
        )
        stored, distinct = cursor.fetchone()
        return stored, distinct
