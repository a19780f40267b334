"""What the workers counted, minute by minute: noted by each worker, read for the pipeline page.

A row holds totals of one process, so that what is written twice counts once. When a process is
killed, the past lacks what it counted since it last wrote, a second's worth; nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from telemetry.sql import load

KEPT = timedelta(days=8)
MINUTE = timedelta(minutes=1)

_SQL = load("pipeline_past")


class Minute(NamedTuple):
    """One minute of all workers together."""

    at: datetime  # where it begins
    finished: float  # messages that were stored, stored before, or refused
    readings: float  # that were stored
    rejected: float  # messages
    lag_ms: int  # the longest
    spooled: int  # messages, at most


def note(worker: str, process: str, up_us: int, counters: Mapping[str, int]) -> None:
    """Keep what a worker has counted since its process began, `up_us` microseconds ago.

    Not what it received: that is counted again when an earlier process leaves it in the spool.
    Raises what the database raises."""
    ended = ("stored", "duplicate", "rejected")
    given: dict[str, int | str] = {
        "worker": worker,
        "process": process,
        "up_ms": up_us // 1_000,
        "finished": sum(counters.get(name, 0) for name in ended),
        "readings": counters.get("readings_stored", 0),
        "rejected": counters.get("rejected", 0),
        "lag_ms": counters.get("lag_ms", 0),
        "spooled": counters.get("spooled", 0),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["note_pipeline_minute"], given)


def minutes(start: datetime, stop: datetime) -> list[Minute]:
    """Those in [start, stop) of which anything is known, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["read_pipeline_minutes"], {"start": start, "stop": stop})
        return [Minute(*row) for row in cursor.fetchall()]


def forget(now: datetime) -> int:
    """Delete what is older than it is kept; how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_pipeline_minutes"], {"before": now - KEPT})
        return cursor.rowcount
