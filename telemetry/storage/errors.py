"""What to do after the database refused a transaction: the one place that decides."""

from __future__ import annotations

from enum import Enum

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

# Django wraps what `execute` raises, but not what `cursor.copy` raises.
ERRORS = (DatabaseError, InterfaceError, psycopg.Error)
MAX_COMPLAINT = 500  # characters of an error that are kept


class Remedy(Enum):
    """What the sender of a transaction does next."""

    RETRY = "the same again"
    SMALLER = "the same again, and in smaller pieces if it goes on"
    REJECT = "never again: some row of it can never be stored"


RETRIED_CLASSES = {
    "08",  # connection exception
    "25",  # invalid transaction state: idle timeout, a failover to a read-only replica
    "40",  # transaction rollback: deadlock, serialization
    "53",  # insufficient resources: disk full, too many connections, out of memory
    "55",  # object not in prerequisite state: lock timeout
    "57",  # operator intervention: shutdown, restart, cancelled
    "58",  # system error outside Postgres: I/O
    "3D",  # no such database (yet)
    "28",  # refused login: a password being changed
    "42",  # no such table or column, or not allowed: a migration or a GRANT under way
    "34",  # no such cursor: a pooler gave the transaction another session
    "26",  # no such prepared statement: likewise
}
RETRIED_STATES = {
    "23503",  # foreign key: a device was deleted meanwhile; the next attempt finds it gone
}
QUERY_CANCELED = "57014"  # a statement took longer than `statement_timeout`


def remedy(error: BaseException) -> Remedy:
    """What to do about a transaction that ended so.

    Without a SQLSTATE a lost connection is retried and anything else, mistakes of ours as well, is
    not: what is rejected goes into quarantine, from where it can be replayed, while a poisonous row
    that is retried for ever would stop ingest.
    """
    cause = error.__cause__ if isinstance(error, DatabaseError | InterfaceError) else error
    if not isinstance(cause, psycopg.Error):
        lost = isinstance(error, OperationalError | InterfaceError)
        return Remedy.RETRY if lost else Remedy.REJECT
    state = cause.sqlstate
    if isinstance(cause, psycopg.errors.OutOfMemory) and "max_locks" in (
        cause.diag.message_hint or ""
    ):
        return Remedy.REJECT  # readings of so many days, each a chunk to lock: halves can be stored
    if state == QUERY_CANCELED:
        return Remedy.SMALLER
    if state:
        retried = state in RETRIED_STATES or state[:2] in RETRIED_CLASSES
        return Remedy.RETRY if retried else Remedy.REJECT
    lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return Remedy.RETRY if lost else Remedy.REJECT


def is_without_day(error: BaseException) -> bool:
    """Whether a reading is of a day that has no partition. A CHECK of a table has a name."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return isinstance(cause, psycopg.errors.CheckViolation) and cause.diag.constraint_name is None


def is_temporary(error: BaseException) -> bool:
    """Whether the same may succeed later."""
    return remedy(error) is not Remedy.REJECT


def complaint(error: BaseException) -> str:
    """What went wrong, in one line for people."""
    said = str(error).strip().partition("\n")[0][:MAX_COMPLAINT]
    if isinstance(error, ERRORS):
        return said or type(error).__name__
    return f"{type(error).__name__}: {said}"


def reset_connection() -> None:
    """Drop a connection that failed, so that the next statement opens a new one."""
    connection.close()
