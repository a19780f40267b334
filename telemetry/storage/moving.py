"""Move a plain store into TimescaleDB's hypertables, while readings go on coming in.

Everything is copied beside the tables, in short steps from the oldest day on; what comes and goes
meanwhile of what is copied is noted, and copied as well (`moving_notes`). At the end the batches
wait for a moment, what came last is copied, and the copies take the place of the tables in one
transaction, so that before it the store is plain and whole, and after it in hypertables and whole.
Each step notes how far it is in its own transaction: a run that was killed goes on there.
docs/decisions/0007-timescaledb.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql

from devices import clock
from telemetry.sql import load
from telemetry.storage import moving_notes, partitions, timescale
from telemetry.storage.rollups import MINUTE
from telemetry.storage.summaries import LEVELS, ranges

STEP_SECONDS = 1.0  # aimed at; what follows the commit log waits for the end of each step
STEP_TIMEOUT = "20s"  # of one statement: then a shorter time is copied at once
DAY = timedelta(days=1)
FIRST_WIDTH = timedelta(hours=6)  # of time copied at once; then by `Pace`
NOT_WORTH = 0.8  # of the seconds a step takes, when one of half the time takes as many

_SQL = load("moving") | load("timescale")


class Progress(NamedTuple):
    """How far it is."""

    start: datetime
    done_until: datetime
    stop: datetime
    readings: int  # copied by this run
    is_empty: bool  # the last step found neither readings nor summaries


class Pace:
    """How long a time is copied at once: so long as takes `STEP_SECONDS`. Longer where a step of
    half the time takes nearly as long, for each step opens whole packs."""

    def __init__(self) -> None:
        self.width = FIRST_WIDTH
        self._least = MINUTE
        self._before: tuple[timedelta, float] | None = None  # the step before and its seconds

    def too_long(self) -> None:
        """It was given up."""
        self.width, self._before = _aligned(self.width / 8), None

    def took(self, seconds: float, *, ended: bool) -> None:
        """`ended` with its day: the next one may be of other density, or not packed."""
        width, before = self.width, self._before
        self._before = width, seconds
        if before and width < before[0] and seconds > before[1] * NOT_WORTH:
            self.width = self._least = before[0]
        elif seconds > STEP_SECONDS:
            self.width = max(self._least, _aligned(width / 2))
        elif seconds < STEP_SECONDS / 4:
            self.width = min(DAY, width * 2)
        if ended:
            self._least, self._before = MINUTE, None


def _aligned(width: timedelta) -> timedelta:
    return max(MINUTE, width // MINUTE * MINUTE)


def is_under_way() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["is_moving"])
        return cursor.fetchone() == (True,)


def fetch_edges(cursor: CursorWrapper) -> tuple[datetime, datetime]:
    """The midnights between which everything is that is stored, and now."""
    days = [part.day for part in partitions.listed() if part.attached]
    moments = [datetime.combine(day, time_of_day(), UTC) for day in days]
    cursor.execute(_SQL["fetch_edges"])
    moments += [each for each in cursor.fetchone() if each is not None]
    moments.append(clock.now())
    start, last = (
        datetime.combine(each.astimezone(UTC).date(), time_of_day(), UTC)
        for each in (min(moments), max(moments))
    )
    return start, last + DAY


def copy() -> Iterator[Progress]:
    """Copy all there is, step by step. In no transaction. What came meanwhile is copied but for
    little that the end can take with it."""
    pace, readings, is_empty = Pace(), 0, False
    while True:
        moving_notes.patiently(partial(_note_next_day, pass_empty=is_empty))
        began = time.monotonic()
        try:
            progress = _copy_next(pace.width)
        except OperationalError as exc:
            if not isinstance(exc.__cause__, errors.QueryCanceled) or pace.width <= MINUTE:
                raise
            pace.too_long()
            continue
        if progress is None:
            break
        pace.took(time.monotonic() - began, ended=progress.done_until.time() == time_of_day())
        readings += progress.readings
        is_empty = progress.is_empty
        if progress.done_until.time() == time_of_day():
            moving_notes.copy_all()
            _compress(progress.done_until)
        yield progress._replace(readings=readings)
    moving_notes.copy_all()
    _compress(clock.now())
    moving_notes.copy_all()  # it took its time


def _note_next_day(*, pass_empty: bool) -> None:
    """Before a day is copied all that comes for it is noted; with the last one, all that comes.

    `pass_empty`: go on with the next day that anything is of. A clock that was never set brings a
    reading of 1970, and each day since would be a step. Nothing comes meanwhile: the batches wait.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _, done_until, stop = _hold(cursor)
        until = moving_notes.fetch_until(cursor)
        if done_until < until:
            return
        moving_notes.hold_batches(cursor)
        if pass_empty:
            until = _next_day(cursor, until, stop)
            cursor.execute(_SQL["move_on"], {"stop": until})
        if until + DAY >= stop:
            _, stop = fetch_edges(cursor)  # days begin, and clocks of devices are ahead
            cursor.execute(_SQL["move_stop"], {"stop": stop})
        moving_notes.note_until(cursor, until + DAY if until + DAY < stop else "infinity")


def _next_day(cursor: CursorWrapper, start: datetime, stop: datetime) -> datetime:
    """The midnight before what comes next from `start` on; `stop` where nothing does before."""
    # The tables first: what a packer takes out of one after this look is in its packs by then.
    days = [part.day for part in partitions.listed() if part.attached]
    moments = [datetime.combine(day, time_of_day(), UTC) for day in days]
    cursor.execute(_SQL["fetch_next"], {"start": start})
    moments += [each for (each,) in cursor.fetchall() if each is not None]
    ahead = min((each for each in moments if start <= each < stop), default=stop)
    return datetime.combine(ahead.astimezone(UTC).date(), time_of_day(), UTC)


def _copy_next(width: timedelta) -> Progress | None:
    with transaction.atomic(), connection.cursor() as cursor:
        start, done_until, stop = _hold(cursor)
        # Not before: another process may be at a long step, and what changed is not made shorter.
        cursor.execute(_SQL["limit_step"], {"timeout": STEP_TIMEOUT})
        if done_until >= stop:
            return None
        # To the next midnight at most: so a chunk can be compressed when it is whole.
        midnight = datetime.combine(done_until.astimezone(UTC).date(), time_of_day(), UTC) + DAY
        until = min(done_until + width, midnight)
        edges = {"start": done_until, "stop": until}
        readings = _copy_readings(cursor, edges)
        cursor.execute(_SQL["note_not_rolled_up"], edges)
        summaries = copy_summaries(cursor, edges)
        cursor.execute(_SQL["move_on"], {"stop": until})
    return Progress(start, until, stop, readings, is_empty=not readings and not summaries)


def _hold(cursor: CursorWrapper) -> Any:
    cursor.execute(_SQL["lift_decompression_limit"])
    cursor.execute(_SQL["hold_move"])
    return cursor.fetchone()


def _copy_readings(cursor: CursorWrapper, edges: dict[str, datetime]) -> int:
    copied = 0
    for name in ("copy_numbers", "copy_texts"):
        cursor.execute(_SQL[name], edges)
        copied += cursor.rowcount
    return copied


def copy_summaries(cursor: CursorWrapper, edges: dict[str, datetime], *, anew: bool = False) -> int:
    """How many were copied."""
    copied = 0
    cursor.execute(_SQL["list_stores"])
    stored = {view: sql.Identifier(*name) for view, *name in cursor.fetchall()}
    for rollup, width in LEVELS:
        names = {"stored": stored[rollup], "rollup": sql.Identifier(rollup)}
        within = edges
        if anew:  # whole buckets
            ((start, stop),) = ranges([edges["start"]], width)
            within = {"start": start, "stop": max(stop, edges["stop"])}
            cursor.execute(sql.SQL(_SQL["clear_summaries"]).format(**names), within)
        cursor.execute(sql.SQL(_SQL["copy_summaries"]).format(**names), within)
        copied += cursor.rowcount
    return copied


def _compress(until: datetime) -> None:
    """The copies of days that are over: otherwise the disk would hold all of them as rows."""
    now = min(until + timescale.COMPRESS_AFTER, clock.now())
    usual = search("pulseboard_move, ")
    try:
        timescale.compress(now, again=False)
    except partitions.StillRead:
        pass  # Autovacuum, or another process at the same: the next time does it, or `maintain`.
    finally:
        search("", usual)


def search(first: str, then: str = "") -> str:
    """Have names looked for there; where they were before."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_search_path"])
        (usual,) = cursor.fetchone()
        cursor.execute(_SQL["set_search_path"], {"path": first + (then or usual)})
    return str(usual)


def give_up() -> None:
    """Drop what was copied. The store is as it was. Raises `NotYet`."""
    moving_notes.patiently(_give_up)


def _give_up() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if is_under_way():
            cursor.execute(_SQL["hold_end"])
            moving_notes.hold_batches(cursor)
            moving_notes.end(cursor)
            cursor.execute(_SQL["give_up"])
