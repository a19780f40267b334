"""Which days take no rows any more, because they are packed, and who may look or change it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql

from telemetry.errors import TelemetryError
from telemetry.sql import load
from telemetry.storage import partitions

PACKS = 0x50554C55  # advisory lock: what is in packs

_SQL = load("packs") | load("partition_changes")


class Unpacked(TelemetryError):
    """Rows of a day go into its partitions again: look anew which days are packed."""


def packed(cursor: CursorWrapper, days: Collection[date]) -> set[date]:
    """Those of the days (UTC) that take no rows, because they are packed."""
    if not days:
        return set()
    cursor.execute(_SQL["list_packed_days"], {"days": sorted(days)})
    return {day for (day,) in cursor.fetchall()}


def hold(cursor: CursorWrapper) -> None:
    """Nobody else changes packs, or looks whether something is in them, until the transaction
    ends."""
    cursor.execute(_SQL["hold_packs"], {"key": PACKS})


def kept(cursor: CursorWrapper, days: Collection[date]) -> set[date]:
    """Those of the days that are packed, whose packs stay as they are until the transaction
    ends."""
    cursor.execute(_SQL["look_into_packs"], {"key": PACKS})
    return packed(cursor, days)


def look_into(cursor: CursorWrapper, days: Collection[date]) -> None:
    """The packs of days stay as they are until the transaction ends. Raises `Unpacked` when one of
    these is packed no more."""
    if kept(cursor, days) != set(days):
        raise Unpacked


def close(day: date) -> None:
    """From now on no row goes into the partitions of a day, and whoever did write has committed.

    Raises `partitions.StillRead` when a writer takes too long.
    """
    with briefly(day), transaction.atomic(), connection.cursor() as cursor:
        partitions.lock(cursor)
        cursor.execute(_SQL["note_packed_day"], {"day": day})
        for part in _of(day):
            for block in partitions.CLOSING:
                _change(cursor, block, part)


def doom_empty(day: date) -> None:
    """Have the partitions of a packed day dropped where they are empty. Raises as `close`."""
    with briefly(day), transaction.atomic(), connection.cursor() as cursor:
        partitions.lock(cursor)
        hold(cursor)
        cursor.execute(_SQL["has_rows"], partitions.bounds(day))
        if cursor.fetchone() == (False,) and packed(cursor, [day]):
            for part in _of(day):
                _change(cursor, "doom_partition", part)


def reopen(cursor: CursorWrapper, day: date) -> None:
    """Rows go into the partitions of a day again, which are there and hold all of it. Within the
    caller's transaction, which holds the packs."""
    for part in _of(day):
        _change(cursor, "disable_guard", part)
    cursor.execute(_SQL["forget_packed_day"], {"day": day})


def has_partitions(day: date) -> bool:
    """Whether both partitions of a day are there to stay."""
    return len(_of(day)) == len(partitions.TABLES)


@contextmanager
def briefly(day: date) -> Iterator[None]:
    """Raises `partitions.StillRead` where a lock on a day was not to be had soon."""
    try:
        yield
    except DatabaseError as exc:
        if isinstance(exc.__cause__, errors.LockNotAvailable):
            raise partitions.StillRead(f"{day} is still written to") from exc
        raise


def _of(day: date) -> list[partitions.Partition]:
    return [
        part
        for part in partitions.listed()
        if part.day == day and part.attached and not part.leaving and not part.doomed
    ]


def _change(cursor: CursorWrapper, block: str, part: partitions.Partition) -> None:
    names = {"table": sql.Identifier(part.table), "partition": sql.Identifier(part.name)}
    cursor.execute(sql.SQL(_SQL[block]).format(**names))
