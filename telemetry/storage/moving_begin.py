"""The begin of a move into hypertables: what is copied into, and what is to be copied."""

from __future__ import annotations

from datetime import UTC, datetime
from datetime import time as time_of_day
from importlib import import_module

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from devices import clock
from telemetry.jobs import NotYet
from telemetry.sql import load
from telemetry.storage import commit_log, moving, moving_rights, partitions

_LOCK_KEY = 0x50554C56  # advisory lock: one process at a time begins

_SQL = load("moving")
_adoption = import_module("telemetry.migrations.0005_timescale")  # frozen: what TimescaleDB must be


def begin() -> None:
    """Make what is copied into, unless a run before did. Raises `NotYet` where it cannot be."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["hold_begin"], {"key": _LOCK_KEY})
            if not moving.is_under_way():
                _make(cursor)
    except _adoption.Unusable as exc:
        raise NotYet(f"TimescaleDB cannot be used: {exc}.") from exc
    # In a transaction of its own: what is stored since the one before is told by the log.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["hold_begin"], {"key": _LOCK_KEY})
        cursor.execute(_SQL["is_begun"])
        if cursor.fetchone() == (False,):
            start, stop = _edges(cursor)
            cursor.execute(_SQL["note_not_rolled_up"])
            cursor.execute(_SQL["hold_series"])
            cursor.execute(_SQL["begin_move"], {"start": start, "stop": stop})


def _make(cursor: CursorWrapper) -> None:
    if not _adoption.is_available(cursor):
        raise NotYet("This server has no TimescaleDB.")
    cursor.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    (licence,) = _adoption.fetch(cursor, _adoption.LICENCE)
    if licence != "timescale":
        raise NotYet(f"The licence it runs under is {licence}, and must be timescale.")
    moving_rights.check(cursor)
    cursor.execute(_SQL["make_move"])
    usual = moving.search("pulseboard_move, ")
    cursor.execute(_adoption.SCHEMA)
    moving.search("", usual)
    cursor.execute(_SQL["drop_never_used"])
    moving_rights.take_over(cursor)
    # Together with them: a reader that nobody reads for would keep the log for ever.
    commit_log.add_reader(moving.READER)


def _edges(cursor: CursorWrapper) -> tuple[datetime, datetime]:
    days = [part.day for part in partitions.listed() if part.attached]
    moments = [datetime.combine(day, time_of_day(), UTC) for day in days]
    cursor.execute(_SQL["fetch_edges"])
    moments += [each for each in cursor.fetchone() if each is not None]
    moments.append(clock.now())
    start, last = (
        datetime.combine(each.astimezone(UTC).date(), time_of_day(), UTC)
        for each in (min(moments), max(moments))
    )
    return start, last + moving.DAY
