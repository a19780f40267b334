"""What an ingest worker leaves in the database: its counters for the pipeline page, and what the
broker may deliver again to the next process of its name."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection

HTTP_PREFIX = "http-"  # of the name of a web process that takes telemetry


def ages() -> dict[str, float]:
    """Seconds since each worker last wrote its counters, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, extract(epoch FROM now() - updated_at)::float8"
            " FROM telemetry_ingestworker"
        )
        return dict(cursor.fetchall())


def write_counters(name: str, started: datetime, counters: dict[str, Any]) -> None:
    """Set the latest counters of the worker `name`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_ingestworker (name, started_at, updated_at, counters)"
            " VALUES (%s, %s, now(), %s::jsonb) ON CONFLICT (name) DO UPDATE SET"
            " started_at = excluded.started_at, updated_at = excluded.updated_at,"
            " counters = excluded.counters",
            (name, started, json.dumps(counters)),
        )


def load_deliveries(worker: str) -> list[bytes]:
    """The deliveries this worker committed and may see again, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT deliveries FROM ingest_delivery WHERE worker = %s ORDER BY id", (worker,)
        )
        return [bytes(row[0]) for row in cursor.fetchall()]


def forget_deliveries(worker: str, process: str, confirmed: int) -> None:
    """Drop deliveries whose acknowledgements the broker has: those of this process up to a serial,
    and all of its predecessors'."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ingest_delivery WHERE worker = %s AND (process <> %s OR serial <= %s)",
            (worker, process, confirmed),
        )


def is_known(name: str) -> bool:
    """Whether a worker of this name has run before, so that the broker should hold its session."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM telemetry_ingestworker WHERE name = %s", (name,))
        return cursor.fetchone() is not None


def forget(name: str) -> None:
    """Drop the counters of a worker that ends for good."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_ingestworker WHERE name = %s", (name,))


def forget_stale(prefix: str, older_than_s: float) -> None:
    """Drop the counters of workers whose name begins so and that wrote none for so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM telemetry_ingestworker WHERE starts_with(name, %s)"
            " AND updated_at <= now() - make_interval(secs => %s)",
            (prefix, older_than_s),
        )
