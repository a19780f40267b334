"""What `manage.py prove` asks the database: what of a numbered ledger is really there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from telemetry.models import Series
from telemetry.sql import load
from telemetry.worker_counts import IngestWorker

CHUNK = 20_000  # rows fetched at a time

_SQL = load("proof")


def series_of(devices: Iterable[int]) -> dict[int, str]:
    """The metric of each series of these devices, by the id of the series."""
    found = Series.objects.filter(device_id__in=list(devices))
    return dict(found.values_list("id", "metric"))


def ledger(series: Iterable[int]) -> Iterator[tuple[int, float]]:
    """Series and value of every stored reading of these series, a chunk in memory at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_SQL["fetch_ledger"], {"series": list(series)})
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def is_stored_since(series: Iterable[int], start: datetime) -> bool:
    """Whether one of these series has a reading at or after `start`."""
    [(found,)] = _rows("is_stored_since", series=list(series), start=start)
    return bool(found)


def is_name_held(worker: str) -> bool:
    """Whether the worker has its name to itself now."""
    [(found,)] = _rows("is_name_held", worker=worker)
    return bool(found)


def quarantined_heads(since: datetime) -> list[bytes]:
    """The first bytes of each message quarantined since then."""
    return [bytes(head) for (head,) in _rows("fetch_quarantined_heads", start=since)]


def cut_connections() -> int:
    """End all other sessions of the database; how many there were."""
    return len(_rows("cut_connections"))


def workers() -> list[dict[str, Any]]:
    """The counters of each worker, with its `name` and `updated` in Unix seconds."""
    rows = IngestWorker.objects.order_by("name").values_list("name", "counters", "updated_at")
    return [{**counters, "name": name, "updated": at.timestamp()} for name, counters, at in rows]


def server_version() -> str:
    """The version of Postgres, as it says it."""
    connection.ensure_connection()
    number = connection.cursor().connection.info.server_version
    return f"{number // 10_000}.{number % 10_000}"


def _rows(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[name], parameters)
        return cursor.fetchall()
