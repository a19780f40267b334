"""What is packed goes back into rows: the way out, for whoever does without packs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db import connection, transaction

from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage import copy_binary, pack_rows, packed_days, packing, partitions

STEP_SERIES = 5  # of one transaction: of a day of one reading a second, 432 000 readings

_SQL = load("packs")


def days() -> list[date]:
    """Every packed day, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_all_packed_days"])
        return [day for (day,) in cursor.fetchall()]


def unpack_day(day: date) -> Iterator[int]:
    """Have a day in rows again; gives the number of readings of each step. In no transaction.

    Raises `partitions.StillRead` when its partitions are just going, or being written to: again
    later. What is done by then stays, and is read from where it is.
    """
    if day not in days():
        return
    packing.drop_doomed()
    partitions.make([day], closed=True)
    while moved := _step(day):
        yield moved
    _reopen(day)


def _step(day: date) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        packed_days.hold(cursor)
        _check(day)
        edges = partitions.bounds(day)
        cursor.execute(_SQL["list_packed_series"], {**edges, "limit": STEP_SERIES})
        series = [series_id for (series_id,) in cursor.fetchall()]
        if not series:
            return 0
        cursor.execute(_SQL["allow_rows"])
        cursor.execute(_SQL["only_move"])
        numbers, _ = pack_rows.take_numbers(cursor, series, **edges)
        with cursor.copy("COPY reading FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(copy_binary.readings(*numbers))
        texts = pack_rows.take_texts(cursor, series, **edges)
        with cursor.copy("COPY text_reading FROM STDIN") as copy:
            for series_id, us, text, _ in texts:
                copy.write_row((series_id, from_us(us), text))
        return len(numbers.times_us) + len(texts)


def _check(day: date) -> None:
    if not packed_days.has_partitions(day):
        raise partitions.StillRead(f"the partitions of {day} are just being dropped")


def _reopen(day: date) -> None:
    """Once nothing of it is packed any more."""
    with packed_days.briefly(day), transaction.atomic(), connection.cursor() as cursor:
        partitions.lock(cursor)
        packed_days.hold(cursor)
        _check(day)
        cursor.execute(_SQL["list_packed_series"], {**partitions.bounds(day), "limit": 1})
        if cursor.fetchone() is None:
            packed_days.reopen(cursor, day)
