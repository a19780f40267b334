"""Empties the database after a test that commits, down to what the migrations left in it.

Django's `flush` empties the tables of models only. Readings, summaries, the commit log and the
books of the bridges are none, and what one test left of them another would find. Flush also writes
permissions and content types anew: a third of a second for two rows, four hundred times in a run.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from telemetry.storage import partitions

# Rows that the migrations write: in these no test changes any, in those below some do.
KEPT = {"django_content_type", "auth_permission", "django_migrations"}
RESTORED = {
    "commit_cursor": "DELETE FROM commit_cursor WHERE reader <> 'rollups'",
    "ingest_lane": "UPDATE ingest_lane SET holder = '', until_us = 0, given_us = 0"
    " WHERE (holder, until_us, given_us) <> ('', 0, 0)",
    "retention_state": "UPDATE retention_state SET raw_floor = DEFAULT, raw_held = DEFAULT,"
    " minute_floor = DEFAULT, clock = NULL, rules_changed = DEFAULT",
}
# Its triggers refuse it. The tests' role owns it, so it may switch them off.
GUARDED = '"access_auditentry"'
# Filled by a trigger when series are deleted, so it is emptied after all others.
LAST = "deleted_series"

_kept: set[date] = set()  # the days whose partitions the next emptying leaves, without a row


@cache
def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall() if name not in KEPT | RESTORED.keys()]


def keep_once(days: Collection[date]) -> None:
    """The next emptying leaves the partitions of these days: the test that follows wants them."""
    _kept.update(days)


def empty() -> None:
    """In one transaction, at whose end the keys between the tables are checked. The partitions are
    just dropped: nobody reads them any more, and to go without a lock takes them ten times as
    long.

    The session is as a new one then, and stays: a new one would begin by asking for each table it
    meets what it is like, and to ask for all of them takes four times as long as to empty them."""
    quoted = [connection.ops.quote_name(name) for name in _tables() if name != LAST]
    held = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in quoted)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        cursor.execute(held)
        for (name,) in cursor.fetchall():
            if name == GUARDED:
                cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER only_added_to")
            cursor.execute(f"DELETE FROM {name}")
            if name == GUARDED:
                cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER only_added_to")
        for statement in (*RESTORED.values(), f"DELETE FROM {LAST}"):
            cursor.execute(statement)
        if going := [part for part in partitions.before(date.max) if not _stays(part, cursor)]:
            names = ", ".join(connection.ops.quote_name(part.name) for part in going)
            cursor.execute(f"DROP TABLE {names}")
    _kept.clear()
    with connection.cursor() as cursor:
        cursor.execute("DISCARD ALL")
    connection.init_connection_state()


def _stays(part: partitions.Partition, cursor: CursorWrapper) -> bool:
    """Whether it is wanted, and as a new one would be."""
    if part.day not in _kept or part.doomed or part.leaving:
        return False
    cursor.execute(f"SELECT relhastriggers FROM pg_class WHERE oid = '{part.name}'::regclass")
    return cursor.fetchone() == (False,)
