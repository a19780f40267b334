"""Readings in TimescaleDB: whether they are, and what is done in another way then.

`manage.py migrate` decides once (migration 0005); afterwards the database itself says so
(`in_use`). Rows are written and read by the same statements as on plain Postgres. What differs is
upkeep: chunks make themselves, a rollup is refreshed instead of recomputed, old chunks are
compressed. `maintain` does all of it, no background worker of TimescaleDB:
docs/decisions/0007-timescaledb.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from psycopg import sql

from telemetry.sql import load

COMPRESS_AFTER = timedelta(days=7)  # after the end of a chunk: late readings come cheaper before
MARKS_PER_CHUNK = 20_000  # rows of rollup_dirty that one refresh takes off the list
# Chunks of one transaction. Each takes 8 locks to drop; a default server has room for 6400.
CHUNKS_PER_DROP = 50
SERIES_PER_DELETE = 100  # series of one DELETE: bounds its transaction to as many days of readings
HYPERTABLES = ("reading", "text_reading")
ROLLUPS = ("rollup_1m", "rollup_1h", "rollup_1d")

_SQL = load("partitions") | load("timescale")


class Marks(NamedTuple):
    """Dirty marks a run has seen."""

    ids: list[int]
    minutes: set[datetime]  # of all the marks
    refreshable: set[datetime]  # those whose readings cannot have been dropped


class Chunk(NamedTuple):
    """One chunk of a hypertable; that of a rollup has a name of TimescaleDB's."""

    name: str
    schema: str
    hypertable: str
    column: str  # of time
    start: datetime
    stop: datetime
    compressed: bool


def in_use() -> bool:
    """Whether the readings are in TimescaleDB's hypertables."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["is_in_use"])
        row = cursor.fetchone()
    return row == (True,)


def list_marks(closed: datetime, minutes: int) -> Marks:
    """Dirty marks of at most so many minutes that are over as of `closed`, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["list_marks"], {"closed": closed, "minutes": minutes, "marks": MARKS_PER_CHUNK}
        )
        rows = cursor.fetchall()
    return Marks(
        ids=[mark for mark, _, _ in rows],
        minutes={minute for _, minute, _ in rows},
        refreshable={minute for _, minute, refreshable in rows if refreshable},
    )


def forget_marks(ids: list[int]) -> None:
    """Take marks off the list, once their minutes are rolled up."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_marks"], {"ids": ids})


def refresh(rollup: str, start: datetime, stop: datetime) -> None:
    """Recompute what changed of a rollup's whole buckets in [start, stop). In no transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["refresh_rollup"], {"rollup": rollup, "start": start, "stop": stop})


def drop_before(tables: Sequence[str], cutoff: datetime, *, lock_wait: str) -> list[str]:
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
                cursor.execute(_SQL["limit_lock_wait"], {"timeout": lock_wait})
                cursor.execute(_SQL["drop_chunks"], {"table": table, "cutoff": until})
                cursor.execute(_SQL["raise_floor"], {"cutoff": until})
            dropped += [chunk.name for chunk in some]
    return dropped


def compress(now: datetime, *, lock_wait: str) -> list[str]:
    """Compress the chunks of readings that ended long ago, each in a transaction of its own.

    Their names, without those that were compressed before: these only take in what came late.
    Gives up a lock after `lock_wait`, or late readings would queue behind it.
    """
    done = []
    for chunk in _chunks(HYPERTABLES):
        if chunk.stop <= now - COMPRESS_AFTER:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_SQL["limit_lock_wait"], {"timeout": lock_wait})
                cursor.execute(_SQL["compress_chunk"], {"chunk": chunk.name})
            if not chunk.compressed:
                done.append(chunk.name)
    return done


def delete_series(ids: list[int]) -> int:
    """Delete what some series measured, and its summaries: chunk by chunk; how many rows."""
    removed = 0
    for chunk in _chunks((*HYPERTABLES, *ROLLUPS)):
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


def estimate_readings() -> int:
    """How many readings are kept, by the statistics."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["estimate_hypertable_rows"])
        (total,) = cursor.fetchone()
    return int(total)


def _chunks(tables: Sequence[str]) -> list[Chunk]:
    """The chunks of some hypertables and rollups, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_chunks"], {"tables": list(tables)})
        return [Chunk(*row) for row in cursor.fetchall()]
