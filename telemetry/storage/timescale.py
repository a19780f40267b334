"""Readings in TimescaleDB: chunks make themselves, summaries are refreshed, old chunks compressed.

`maintain` does all of it, no background worker of TimescaleDB: docs/decisions/0007-timescaledb.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg import errors, sql

from telemetry.history import buckets
from telemetry.sql import load
from telemetry.storage import partitions
from telemetry.storage.deletion import deletion
from telemetry.storage.summaries import LEVELS, TABLES, ranges

COMPRESS_AFTER = timedelta(days=7)  # after the end of a chunk: late readings come cheaper before
# Chunks of one transaction. Each takes 8 locks to drop; a default server has room for 6400.
CHUNKS_PER_DROP = 50
SERIES_PER_DELETE = 100  # series of one DELETE: bounds its transaction to as many days of readings
HYPERTABLES = ("reading", "text_reading")
LOCK_WAIT = "1s"  # a longer wait would queue every reader of a chunk behind it
# One refresh costs more than the buckets between two that changed; what did not change is not
# computed again.
REFRESH_GAP = buckets.HOUR
GAP_READINGS = (
    300  # between two that changed, that are computed again in about the time of one refresh
)

_SQL = load("retention") | load("timescale") | load("partitions") | load("replace")


class Chunk(NamedTuple):
    """One chunk of a hypertable; that of a rollup has a name of TimescaleDB's."""

    name: str
    schema: str
    hypertable: str
    column: str  # of time
    start: datetime
    stop: datetime
    compressed: bool


class Timescale:
    """See `telemetry.storage.backend.Backend`."""

    minutes_per_step = 1440
    trims = False  # a refresh of a chunk that lost readings would delete their summaries

    def make_days(self, days: Iterable[date]) -> list[str]:  # noqa: ARG002
        return []

    def turn(self) -> AbstractContextManager[bool]:
        # A refresh runs in no transaction; two at once find each other's work done.
        return nullcontext(True)

    def roll_up(self, whole: list[datetime], lost: list[datetime]) -> None:  # noqa: ARG002
        """A refresh finds none of the readings that were dropped, and would delete their summary:
        what comes so late is refused (`keeps_from`), and a rest of it is not summarised."""
        for rollup, width in LEVELS:
            for start, stop in _joined(ranges(whole, width, gap_ms=REFRESH_GAP)):
                refresh(rollup, start, stop)

    def delete_readings(self, series_id: int, moments: list[datetime]) -> None:
        """A refresh makes the summaries anew from what is left."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["lift_decompression_limit"])
            cursor.execute(_SQL["delete_numbers"], deletion(series_id, moments))

    def delete_texts(self, series_id: int, moments: list[datetime]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["lift_decompression_limit"])
            cursor.execute(_SQL["delete_texts"], deletion(series_id, moments))

    def drop_readings(self, cutoff: datetime) -> list[str]:
        for chunk in _chunks(HYPERTABLES):
            if chunk.stop <= cutoff:
                with connection.cursor() as cursor:
                    edges = {"start": chunk.start, "stop": chunk.stop}
                    cursor.execute(_SQL[f"keep_last_{chunk.hypertable}"], edges)
        return drop_before(HYPERTABLES, cutoff)

    def drop_minutes(self, cutoff: datetime) -> int:
        return len(drop_before(["rollup_1m"], cutoff))

    def delete_series(self, ids: list[int]) -> int:
        return delete_series(ids)

    def pack(self, now: datetime, oldest: datetime) -> list[str]:  # noqa: ARG002
        """Nothing: chunks are compressed instead (`tend`)."""
        return []

    def tend(self, now: datetime) -> list[str]:
        return compress(now)

    def estimate_readings(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["estimate_hypertable_rows"])
            (total,) = cursor.fetchone()
        return int(total)

    def keeps_from(self, cutoff: datetime) -> datetime:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["fetch_floors"])
            raw_floor, _ = cursor.fetchone()
        return max(cutoff, raw_floor)


def _joined(found: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Those with few readings between them as one: an import of years, one reading an hour, would
    otherwise be a refresh for each."""
    if len(found) < 2:
        return found
    asked: dict[str, Any] = {
        "starts": [stop for _, stop in found[:-1]], "stops": [start for start, _ in found[1:]],
        "start": found[0][0], "stop": found[-1][1], "least": GAP_READINGS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SQL["find_full_gaps"], asked)
        full = {start for (start,) in cursor.fetchall()}
    joined = found[:1]
    for start, stop in found[1:]:
        first, last = joined[-1]
        if last in full:
            joined.append((start, stop))
        else:
            joined[-1] = (first, stop)
    return joined


def refresh(rollup: str, start: datetime, stop: datetime) -> None:
    """Recompute what changed of a rollup's whole buckets in [start, stop). In no transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["refresh_rollup"], {"rollup": rollup, "start": start, "stop": stop})


def drop_before(tables: Sequence[str], cutoff: datetime) -> list[str]:
    """Drop the chunks of hypertables or rollups that end at or before `cutoff`; their names.

    A few in a transaction, with the floor below which nothing is refreshed any more.
    """
    dropped = []
    for table in tables:
        ended = [chunk for chunk in _chunks([table]) if chunk.stop <= cutoff]
        for at in range(0, len(ended), CHUNKS_PER_DROP):
            some = ended[at : at + CHUNKS_PER_DROP]
            until = some[-1].stop
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
                cursor.execute(_SQL["drop_chunks"], {"table": table, "cutoff": until})
                cursor.execute(_SQL["raise_floor"], {"cutoff": until})
            dropped += [chunk.name for chunk in some]
    return dropped


def compress(now: datetime, *, again: bool = True) -> list[str]:
    """Compress the chunks of readings that ended long ago, each in a transaction of its own.

    Their names, without those that were compressed before: these only take in what came late, if
    `again`.
    Gives up a lock soon, or late readings would queue behind it, and raises `partitions.StillRead`
    after the others.
    """
    done, held = [], []
    for chunk in _chunks(HYPERTABLES):
        if chunk.stop > now - COMPRESS_AFTER or (chunk.compressed and not again):
            continue
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
                cursor.execute(_SQL["compress_chunk"], {"chunk": chunk.name})
        except OperationalError as exc:
            if not isinstance(exc.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
            held.append(chunk.name)
        else:
            done += [] if chunk.compressed else [chunk.name]
    if held:
        raise partitions.StillRead(partitions.held_up("compressed", held, held))
    return done


def delete_series(ids: list[int]) -> int:
    """Delete what some series measured, and its summaries: chunk by chunk; how many rows."""
    removed = 0
    for chunk in _chunks((*HYPERTABLES, *TABLES)):
        # From the hypertable: a DELETE from a chunk passes over its compressed rows.
        statement = sql.SQL(
            "DELETE FROM {table} WHERE series_id = ANY (%s::int[])"
            " AND {column} >= %s AND {column} < %s"
        ).format(
            table=sql.Identifier(chunk.schema, chunk.hypertable),
            column=sql.Identifier(chunk.column),
        )
        for at in range(0, len(ids), SERIES_PER_DELETE):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_SQL["lift_decompression_limit"])
                some = ids[at : at + SERIES_PER_DELETE]
                cursor.execute(statement, [some, chunk.start, chunk.stop])
                removed += cursor.rowcount
    return removed


def _chunks(tables: Sequence[str]) -> list[Chunk]:
    """The chunks of some hypertables and rollups, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_chunks"], {"tables": list(tables)})
        return [Chunk(*row) for row in cursor.fetchall()]
