"""The end of a move into hypertables: the copies take the place of the tables, in one transaction.

`moving` copied everything beside the tables. Batches, roll-ups, packers and readers wait here some
seconds; a run that is killed leaves the store plain and whole.
"""

from __future__ import annotations

from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors

from telemetry.jobs import NotYet
from telemetry.sql import load
from telemetry.storage import (
    backend,
    closed,
    moving,
    moving_notes,
    moving_rights,
    packed_days,
    partitions,
)
from telemetry.storage.plain import TURN_KEY
from telemetry.storage.rollups import MINUTE

MAX_PARTITIONS = 400  # dropped in one transaction, each under some ten locks
LOCK_WAIT = "5s"
TRIES = 20  # to have the tables for ourselves

_SQL = load("moving") | load("partitions") | load("plain") | load("timescale")


class FloorRises(NotYet):
    """Rules have removed readings of single series above what whole days went: TimescaleDB cannot
    make summaries anew there, so nothing may come in there any more."""


def finish(*, raise_floor: bool = False) -> None:
    """Put the copies where the tables were. In no transaction.

    Raises `NotYet` where it has to wait, and says why; `FloorRises` unless `raise_floor`."""
    with connection.cursor() as cursor:
        moving_rights.check(cursor)
        cursor.execute(_SQL["count_partitions"])
        (count,) = cursor.fetchone()
    if count > MAX_PARTITIONS:
        raise NotYet(
            f"Readings are in {count} partitions, more than the {MAX_PARTITIONS} that can go at"
            " once: wait until `maintain` has packed the days that are over"
        )
    for _ in range(TRIES):
        if _try(raise_floor=raise_floor):
            break
        for _progress in moving.copy():
            pass
    else:
        raise NotYet("Somebody reads or writes without end: try again")
    backend.ask_again()


def _try(*, raise_floor: bool) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            return _take_place(cursor, raise_floor=raise_floor)
    except OperationalError as exc:
        # On a busy machine the time of a correction may pass as well.
        again = errors.LockNotAvailable | errors.DeadlockDetected | errors.QueryCanceled
        if isinstance(exc.__cause__, again):
            return False
        raise


def _take_place(cursor: CursorWrapper, *, raise_floor: bool) -> bool:
    cursor.execute(_SQL["limit_lock_wait"], {"timeout": LOCK_WAIT})
    # Before all else: another process that copies reads the tables.
    cursor.execute(_SQL["hold_end"])
    cursor.execute(_SQL["hold_move"])
    _, done_until, stop = cursor.fetchone()
    # In the order in which others take them. Batches wait from here on.
    closed.begin_correction(cursor)
    cursor.execute(_SQL["lift_decompression_limit"])
    cursor.execute(_SQL["wait_for_turn"], {"key": TURN_KEY})
    partitions.lock(cursor)
    packed_days.hold(cursor)
    cursor.execute(_SQL["hold_tables"])
    if done_until < stop or moving_notes.count() > moving_notes.MOST_BLOCKS_AT_END:
        transaction.set_rollback(True)
        return False
    moving_notes.copy_rest(cursor)
    floor = _floor(cursor, raise_floor=raise_floor)
    cursor.execute(_SQL["list_old_minutes"], {"floor": floor})
    for (hour,) in cursor.fetchall():
        moving.copy_summaries(cursor, {"start": hour, "stop": hour + 60 * MINUTE}, anew=True)
    for name in ("raise_move_floor", "mark_changed"):
        cursor.execute(_SQL[name], {"floor": floor})
    cursor.execute(_SQL["forget_deleted"])
    moving_rights.check(cursor)
    moving_rights.take_over(cursor)
    moving_notes.end(cursor)
    cursor.execute(_SQL["take_place"])
    return True


def _floor(cursor: CursorWrapper, *, raise_floor: bool) -> datetime:
    cursor.execute(_SQL["fetch_new_floor"])
    whole, single = cursor.fetchone()
    if single > whole and not raise_floor:
        raise FloorRises(
            f"Rules of retention removed readings of single series up to {single:%Y-%m-%d}, where"
            " TimescaleDB could not make summaries anew: with --raise-floor no late reading or"
            f" correction of any series before {single:%Y-%m-%d} is taken any more"
        )
    found: datetime = max(whole, single)
    return found
