"""Readings of days that are over go from rows into packs, and their partitions away.

A day is closed first: from then on its partitions refuse rows, and who writes finds out whether
the day is packed only because it was refused. What comes late goes into `late_reading`, after a
look into the packs, and is packed with the next run. Each step moves some series of a day in one
transaction: whoever reads sees a reading once, and a run that was killed goes on where it was.

One lock (`packed_days.PACKS`) is held while packs change; who writes late readings shares it, and
waits for one step at most. Whatever is in rows or packs, no instant of a series is in two places.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from telemetry.sql import load
from telemetry.storage import pack_rows, packed_days, partitions

STEP_ROWS = 100_000  # readings moved in one transaction, about
DENSE = 200_000  # readings of a series and day, of which each hour is a step of its own
RUN_SECONDS = 60.0  # of one run, then other jobs have a turn; the next one goes on
HOUR = timedelta(hours=1)

_SQL = load("packs")


class Step(NamedTuple):
    """What one transaction packs."""

    series: list[int]
    start: datetime
    stop: datetime
    by_hour: bool


def run(now: datetime, oldest: date, *, seconds: float = RUN_SECONDS) -> list[str]:
    """Pack the days that are over for long enough, from the `oldest` on that retention keeps, and
    what came late; what was done. In no transaction.

    Raises `partitions.StillRead` when partitions could not go yet, after all that could.
    """
    until = time.monotonic() + seconds
    done: list[str] = []
    if settings.PACK_AFTER_DAYS:
        newest = now.astimezone(UTC).date() - timedelta(days=settings.PACK_AFTER_DAYS)
        for day in _days(oldest, newest):
            if time.monotonic() >= until:
                break
            if moved := pack_day(day, until):
                done.append(f"packed {moved} readings of {day}")
    drop_doomed()
    return done


def drop_doomed() -> None:
    """Drop the partitions whose rows are packed. Raises `partitions.StillRead`; in no
    transaction."""
    if doomed := [part for part in partitions.listed() if part.doomed]:
        partitions.drop(doomed)


def pack_day(day: date, until: float = float("inf")) -> int:
    """Close the day and pack all that is in its rows; how many readings. Ends at the monotonic time
    `until`, with what is packed by then."""
    packed_days.close(day)
    moved = 0
    for step in _steps(day):
        moved += _pack(day, step)
        if time.monotonic() >= until:
            return moved
    packed_days.doom_empty(day)
    return moved


def take_out(cursor: CursorWrapper, series_id: int, moments: Collection[datetime]) -> None:
    """Have what is packed of a series around these moments as late readings, which can be deleted
    and changed; the next run packs them again. Within the caller's transaction."""
    by_day: dict[date, list[datetime]] = {}
    for moment in moments:
        by_day.setdefault(moment.astimezone(UTC).date(), []).append(moment)
    if not packed_days.packed(cursor, by_day.keys()):
        return
    packed_days.hold(cursor)
    for day in sorted(packed_days.packed(cursor, by_day.keys())):
        last = max(by_day[day]) + timedelta(microseconds=1)
        within = {"start": min(by_day[day]), "stop": last}
        numbers, rows = pack_rows.take_numbers(cursor, [series_id], **within)
        texts = pack_rows.take_texts(cursor, [series_id], **within)
        out = len(numbers.times_us) - rows + sum(not is_row for *_, is_row in texts)
        cursor.execute(_SQL["count_packed"], {"day": day, "readings": -out})
        for name, times, values in (
            ("insert_late_numbers", numbers.times_us.tolist(), numbers.values.tolist()),
            ("insert_late_texts", [row[1] for row in texts], [row[2] for row in texts]),
        ):
            given = {"series": [series_id] * len(times), "times": times, "values": values}
            cursor.execute(_SQL[name], given)


def _days(oldest: date, newest: date) -> Iterator[date]:
    """Days with rows, from one to before another, that wait for no summary."""
    parts = {part.day for part in partitions.listed() if part.attached and not part.doomed}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_late_days"])
        late = {day for (day,) in cursor.fetchall()}
        for day in sorted(parts | late):
            if oldest <= day < newest:
                cursor.execute(_SQL["is_rolled_up"], partitions.bounds(day))
                if cursor.fetchone() == (True,):
                    yield day


def _steps(day: date) -> Iterator[Step]:
    edges = partitions.bounds(day)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_rows"], edges)
        counted = cursor.fetchall()
    together: list[int] = []
    rows = 0
    for series_id, count in counted:
        if count > DENSE:
            for hour in range(24):
                start = edges["start"] + hour * HOUR
                yield Step([series_id], start, start + HOUR, by_hour=True)
            continue
        together.append(series_id)
        rows += count
        if rows >= STEP_ROWS:
            yield Step(together, edges["start"], edges["stop"], by_hour=False)
            together, rows = [], 0
    if together:
        yield Step(together, edges["start"], edges["stop"], by_hour=False)


def _pack(day: date, step: Step) -> int:
    """Move the rows of a step into packs, together with what is packed there already."""
    with transaction.atomic(), connection.cursor() as cursor:
        packed_days.hold(cursor)
        if not packed_days.packed(cursor, [day]):
            return 0  # unpacked meanwhile
        cursor.execute(_SQL["only_move"])
        numbers, moved = pack_rows.take_numbers(cursor, step.series, step.start, step.stop)
        pack_rows.write_numbers(cursor, numbers, by_hour=step.by_hour)
        texts = pack_rows.take_texts(cursor, step.series, step.start, step.stop)
        pack_rows.write_texts(
            cursor,
            np.array([row[0] for row in texts], np.int32),
            np.array([row[1] for row in texts], np.int64),
            [row[2] for row in texts],
            by_hour=step.by_hour,
        )
        moved += sum(is_row for *_, is_row in texts)
        cursor.execute(_SQL["count_packed"], {"day": day, "readings": moved})
    return moved
