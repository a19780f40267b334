"""Daily partitions of the reading tables on plain Postgres.

No statement here makes a reader or a writer wait. ATTACH locks out neither. A partition goes in
three steps, and each is tried again by its job where a reader still has the table: DETACH
CONCURRENTLY marks it and waits, FINALIZE ends that wait when it was given up, DROP finds a table of
its own. A plain DROP would lock the whole table, and everybody would queue behind its wait; a
default partition would take that way from us, so a day gets its partition with its first reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql

from telemetry.jobs import NotYet
from telemetry.sql import load

TABLES = ("reading", "text_reading")
FREEZE_AFTER = timedelta(days=1)  # after a partition's day: by then its backlogs have come
# ATTACH and DETACH of one table wait for each other: so long does a batch wait at most for a
# detachment that waits for a reader.
LOCK_WAIT = "1s"
MADE_AT_ONCE = 64  # partitions of one transaction: a month of days of both tables
CLOSING = ("guard_partition", "enable_guard")
_LOCK_KEY = 0x50554C53  # advisory lock: the set of partitions

_SQL = load("partitions") | load("partition_changes") | load("packs")


class Partition(NamedTuple):
    """One day of one table, or what was one."""

    table: str
    name: str
    day: date
    attached: bool  # it is a partition, not a table of its own
    leaving: bool  # detached for new statements; an older one may still read it
    doomed: bool  # marked by us: what somebody else detached, to keep it, is not ours to drop


class StillRead(NotYet):
    """Partitions or chunks that could not go or be packed yet; the message says who has them."""


def name_of(table: str, day: date) -> str:
    """The name of a table's partition for a day: reading_20261122."""
    return f"{table}_{day:%Y%m%d}"


def day_of(table: str, partition: str) -> date | None:
    """The day a partition holds, by its name; None for a foreign one."""
    stamp = partition.removeprefix(f"{table}_")[:8]
    if len(stamp) != 8 or not stamp.isdecimal():
        return None
    return datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC).date()


def make(days: Iterable[date], *, closed: bool = False) -> list[str]:
    """Make the partitions of these days that are missing; the names of those made.

    One catalog query when there is nothing to do; any number of callers at once is fine. A day
    that is just leaving is left out: what is written to it is refused. So is one that is packed,
    unless its partitions are wanted `closed`.
    """
    existing = {(part.table, part.day) for part in listed() if part.attached}
    missing = [(table, day) for table in TABLES for day in days if (table, day) not in existing]
    chunks = (missing[at : at + MADE_AT_ONCE] for at in range(0, len(missing), MADE_AT_ONCE))
    return [name for chunk in chunks for name in _make(chunk, closed=closed)]


def before(day: date) -> list[Partition]:
    """What is to be dropped: the partitions of days before `day`, and what is left of others."""
    return [part for part in listed() if part.doomed or (part.attached and part.day < day)]


def drop(parts: list[Partition]) -> list[str]:
    """Drop partitions; their names. In no transaction.

    Raises `StillRead` when some could not go yet, after all that could: call it again.
    """
    dropped: list[Partition] = []
    waiting: list[Partition] = []
    for part in parts:
        gone = _doom(part) and _detach(part) and _drop(part)
        (dropped if gone else waiting).append(part)
    if waiting:
        raise StillRead(_readers(waiting))
    return [part.name for part in dropped]


def bounds(day: date) -> dict[str, datetime]:
    """The [start, stop) of a day in UTC."""
    start = datetime.combine(day, time(), tzinfo=UTC)
    return {"start": start, "stop": start + timedelta(days=1)}


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


def names() -> list[str]:
    """The partitions of both reading tables."""
    return [part.name for part in listed() if part.attached]


def listed() -> list[Partition]:
    """Every partition, and every table that was one, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_partitions"])
        found = [
            Partition(table, name, day, *facts)
            for table, name, *facts in cursor.fetchall()
            if (day := day_of(table, name)) is not None
        ]
    return sorted(found, key=lambda part: (part.day, part.table))


def _make(wanted: Iterable[tuple[str, date]], *, closed: bool) -> list[str]:
    """Make partitions, but those where another caller was first, or the day is leaving or packed;
    the names.

    Made apart and attached: CREATE TABLE … PARTITION OF locks the whole table against everybody.
    Several in one transaction, for to list them costs more than to make them once there are many.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor)
        parts = listed()
        there = {(part.table, part.day) for part in parts if part.attached}
        taken = {part.name for part in parts}
        wanted = [each for each in wanted if each not in there]
        cursor.execute(_SQL["list_packed_days"], {"days": [day for _, day in wanted]})
        packed = set() if closed else {day for (day,) in cursor.fetchall()}
        free = [each for each in wanted if each[1] not in packed]
        return [_make_one(cursor, *each, taken, closed=closed) for each in free]


def _make_one(
    cursor: CursorWrapper, table: str, day: date, taken: set[str], *, closed: bool
) -> str:
    """In the caller's transaction."""
    # One that was detached keeps its name until it is dropped.
    plain = name_of(table, day)
    name = next(n for n in (plain, *(f"{plain}_{i}" for i in range(2, 99))) if n not in taken)
    names = {
        "table": sql.Identifier(table),
        "partition": sql.Identifier(name),
        **{edge: sql.Literal(at) for edge, at in bounds(day).items()},
    }
    for block in ("create_partition", *(CLOSING if closed else ()), "attach_partition"):
        cursor.execute(sql.SQL(_SQL[block]).format(**names))
    return name


def lock(cursor: CursorWrapper) -> None:
    """Nobody else makes or closes partitions until the transaction ends; waits for a table only
    shortly."""
    cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
    cursor.execute(_SQL["lock_partitions"], {"key": _LOCK_KEY})


def _doom(part: Partition) -> bool:
    return part.doomed or _changed("doom_partition", part)


def _detach(part: Partition) -> bool:
    """Whether no statement can see the partition any more."""
    if not part.attached:
        return True
    return _changed("finish_detaching" if part.leaving else "detach_partition", part)


def _drop(part: Partition) -> bool:
    return _changed("drop_table", part)


def _changed(block: str, part: Partition) -> bool:
    """Whether the statement got its locks in time."""
    names = {"table": sql.Identifier(part.table), "partition": sql.Identifier(part.name)}
    with _patience(), connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL(_SQL[block]).format(**names))
        except DatabaseError as exc:
            # Also where another one is still leaving: a table lets them go one by one.
            if isinstance(
                exc.__cause__, errors.LockNotAvailable | errors.ObjectNotInPrerequisiteState
            ):
                return False
            raise
    return True


@contextmanager
def _patience() -> Iterator[None]:
    """Give up a lock soon. Of the session: what runs within can be in no transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["limit_session_lock_wait"], {"timeout": LOCK_WAIT})
        try:
            yield
        finally:
            cursor.execute(_SQL["limit_session_lock_wait"], {"timeout": "0"})


def _readers(waiting: list[Partition]) -> str:
    names = [part.name for part in waiting]
    return held_up("dropped", names, [*{part.table for part in waiting}, *names])


def held_up(done: str, names: list[str], relations: list[str]) -> str:
    """That these cannot be, say, dropped, and whose transaction has one of the relations."""
    named = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["find_reader"], {"relations": relations})
        row = cursor.fetchone()
    if row is None:
        return f"{named} could not be {done} yet"
    pid, application, since = row
    return (
        f"{named} cannot be {done} while the session {pid} ({application or 'unnamed'})"
        f" has its transaction of {since:%Y-%m-%d %H:%M:%S} UTC open"
    )
