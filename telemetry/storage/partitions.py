"""Daily partitions of the reading tables: made ahead of the data, dropped whole by retention.

`manage.py maintain` calls `ensure`; any number of callers at once is fine. TimescaleDB makes its
chunks itself: there `ensure` has nothing to do, and `drop_before` drops chunks.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString

from django.db import connection, transaction
from psycopg import sql

from telemetry.sql import load
from telemetry.storage import timescale

TABLES = ("reading", "text_reading")
DAYS_BACK = 2  # days before today: a device that was out of reach brings its backlog
DAYS_AHEAD = 3  # days after today: slack for maintenance that does not run
DELETE_CHUNK = 20_000  # rows of one DELETE: short transactions, so nobody waits for one
FREEZE_AFTER = timedelta(days=1)  # after a partition's day: by then its backlogs have come
LOCK_WAIT = "5s"  # a longer wait would queue every reader and writer behind it
_LOCK_KEY = 0x50554C53  # advisory lock: the set of partitions

_SQL = load("partitions")
_MAKE: tuple[LiteralString, ...] = (
    # Rows only come in: to vacuum for each fifth of them would cost as much as writing them, and
    # `freeze` does it once.
    """CREATE TABLE {partition} (LIKE {table} INCLUDING ALL)
        WITH (autovacuum_vacuum_insert_threshold = -1)""",
    # Before the move: a row that arrived after it would make the ATTACH fail.
    "LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE",
    """WITH moved AS (
        DELETE FROM {default} WHERE time >= {start} AND time < {stop} RETURNING *
    ) INSERT INTO {partition} SELECT * FROM moved""",
    "ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({start}) TO ({stop})",
)


def name_of(table: str, day: date) -> str:
    """The name of a table's partition for a day: reading_20261122."""
    return f"{table}_{day:%Y%m%d}"


def day_of(table: str, partition: str) -> date | None:
    """The day a partition holds, by its name; None for the default partition or a foreign one."""
    stamp = partition.removeprefix(f"{table}_")
    if len(stamp) != 8 or not stamp.isdecimal():
        return None
    return datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC).date()


def ensure(now: datetime, *, days_back: int = DAYS_BACK, days_ahead: int = DAYS_AHEAD) -> list[str]:
    """Make the partitions missing around `now` (days in UTC); the names of those made.

    Two catalog queries when there is nothing to do. Rows of such a day that already wait in the
    default partition move along, in the same transaction.
    """
    if timescale.in_use():
        return []
    today = now.astimezone(UTC).date()
    days = [today + timedelta(days=offset) for offset in range(-days_back, days_ahead + 1)]
    return [
        name_of(table, day)
        for table, day in _missing(days)
        if _make(table, day, name_of(table, day))
    ]


def drop_before(cutoff: datetime) -> list[str]:
    """Drop the partitions whose whole day is before `cutoff`, and older rows of the default ones.

    A day that `cutoff` falls into stays until it is over.
    """
    if timescale.in_use():
        return timescale.drop_before(TABLES, cutoff, lock_wait=LOCK_WAIT)
    last_kept = cutoff.astimezone(UTC).date()
    dropped = []
    for table, partition in _existing():
        day = day_of(table, partition)
        if day is not None and day < last_kept:
            _drop(partition)
            dropped.append(partition)
    for table in TABLES:
        delete_where(f"{table}_default", "time < %s", [cutoff])
    return dropped


def freeze(now: datetime) -> list[str]:
    """Vacuum, freeze and analyse, once, the partitions that take in no more; their names.

    In no transaction. One that someone holds a lock on is left for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_unfrozen"])
        unfrozen = [(str(parent), str(partition)) for parent, partition in cursor.fetchall()]
    newest = now.astimezone(UTC).date() - FREEZE_AFTER
    frozen = []
    for table, partition in unfrozen:
        day = day_of(table, partition)
        if day is None or day >= newest:
            continue
        statement = sql.SQL("VACUUM (FREEZE, ANALYZE, SKIP_LOCKED) {}")
        with connection.cursor() as cursor:
            cursor.execute(statement.format(sql.Identifier(partition)))
        frozen.append(partition)
    return frozen


def every_partition() -> list[str]:
    """The partitions of both reading tables, the default ones included."""
    return [partition for _, partition in _existing()]


def delete_where(table: str, condition: LiteralString, values: list[Any]) -> int:
    """Delete the rows of one plain table that meet a condition, a bounded chunk at a time."""
    statement = sql.SQL(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM {table} WHERE {condition} LIMIT {limit}))"
    ).format(
        table=sql.Identifier(table), condition=sql.SQL(condition), limit=sql.Literal(DELETE_CHUNK)
    )
    removed = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            removed += cursor.rowcount
            if cursor.rowcount < DELETE_CHUNK:
                return removed


def _existing() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_partitions"])
        return [(str(parent), str(partition)) for parent, partition in cursor.fetchall()]


def _missing(days: list[date]) -> list[tuple[str, date]]:
    existing = {partition for _, partition in _existing()}
    return [(table, day) for table in TABLES for day in days if name_of(table, day) not in existing]


def _make(table: str, day: date, partition: str) -> bool:
    """Make one partition; False when another caller was first.

    Filled apart and attached: CREATE TABLE … PARTITION OF would lock the whole table against
    every reader and writer, and fail when the default partition holds rows of the day.
    """
    start = datetime.combine(day, time(), tzinfo=UTC)
    names = {
        "table": sql.Identifier(table),
        "default": sql.Identifier(f"{table}_default"),
        "partition": sql.Identifier(partition),
        "start": sql.Literal(start),
        "stop": sql.Literal(start + timedelta(days=1)),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["lock_partitions"], {"key": _LOCK_KEY})
        if (table, partition) in _existing():
            return False
        cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
        for statement in _MAKE:
            cursor.execute(sql.SQL(statement).format(**names))
    return True


def _drop(partition: str) -> None:
    # Not DETACH CONCURRENTLY: Postgres refuses it while a default partition exists.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["lock_partitions"], {"key": _LOCK_KEY})
        cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(partition)))
