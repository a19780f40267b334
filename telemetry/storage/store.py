"""The only writer of readings: one batch, one transaction, idempotent on (series, time).

Of two values of one series at one time the first stays (`telemetry.storage.merge`).

The bridge hands in a `Batch` and acknowledges its messages when `write` has returned.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import numpy as np
import psycopg
from django.db import ProgrammingError, connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from telemetry.errors import TelemetryError
from telemetry.sql import load
from telemetry.storage import (
    closed,
    commit_log,
    copy_binary,
    errors,
    merge,
    packed_days,
    presence,
)
from telemetry.storage.backend import backend
from telemetry.storage.batch import Batch, Column, Conflicts, sift
from telemetry.storage.days import day_numbers, days_of
from telemetry.storage.packs import DAY_US
from telemetry.storage.quarantined import Quarantined, insert, not_kept
from telemetry.workers.lease import Lease, LeaseLost

__all__ = ["Alongside", "Batch", "Conflicts", "Quarantined", "Written", "write"]

STATEMENT_TIMEOUT = 60  # seconds a statement of a batch may take in the database
DAY_CHANGES = 3  # times that days of a batch may be made, packed or unpacked while it is written

_SQL = load("store")


class Stale(TelemetryError):
    """Somebody corrected readings, or undid it, since we asked what is closed."""


class Alongside(NamedTuple):
    """What the caller has to add to the transaction.

    Never kept in the `Batch`: one that leads back to the caller, and so to itself, stays in memory
    with all its messages until the cyclic collector comes.
    """

    # What is to be quarantined of readings that have another value stored in their place.
    on_conflict: Callable[[Conflicts], list[Quarantined]] = lambda _conflicts: []
    write: Callable[[], None] = lambda: None  # what else belongs into the transaction
    order: Callable[[], merge.Order | None] = lambda: None  # of the rows, where it must be known


NOTHING = Alongside()


class Written(NamedTuple):
    """What the transaction changed."""

    inserted: int  # readings that are new; the others were stored before, or twice in the batch
    repeated: set[tuple[int, int]]  # series, Unix us of readings stored before
    connections: dict[int, presence.Connection]  # those that changed, by device id
    conflicts: Conflicts


def write(
    batch: Batch, worker: str, lease: Lease | None = None, alongside: Alongside = NOTHING
) -> Written:
    """Commit the batch. Raises what the database raises, and `LeaseLost` when the worker has its
    name from a lease and lost it; then nothing of it is stored.

    Straight COPY first, because redeliveries are rare and checking for them costs half the speed;
    a unique violation, or a batch that may repeat, is merged instead. A day that has no room yet
    gets it. Readings of a day that is packed are merged with its packs.
    """
    packed: set[date] = set()
    for _ in range(DAY_CHANGES):
        try:
            return _write(batch, worker, lease, alongside, packed)
        except packed_days.Unpacked:
            packed = set()
        except errors.ERRORS as exc:
            if not errors.is_without_day(exc):
                raise
            packed = _make_room(batch, exc)
    return _write(batch, worker, lease, alongside, packed)


def _make_room(batch: Batch, refused: BaseException) -> set[date]:
    """Make what partitions the batch needs; which of its days are packed, and need none."""
    times = [at for _, at, _ in batch.texts]
    days = set(days_of(np.append(np.asarray(batch.times_us, np.int64), times)))
    with connection.cursor() as cursor:
        packed = packed_days.packed(cursor, days)
    try:
        backend().make_days(days - packed)
    except ProgrammingError as denied:
        # A role that only writes leaves this to `maintain`, which does it for the days ahead.
        if isinstance(denied.__cause__, psycopg.errors.InsufficientPrivilege):
            raise refused from denied
        raise
    return packed


def _write(
    batch: Batch, worker: str, lease: Lease | None, alongside: Alongside, packed: set[date]
) -> Written:
    repeatable = batch.may_repeat
    while True:
        try:
            return _commit(batch, worker, lease, alongside, packed, repeatable=repeatable)
        except psycopg.errors.UniqueViolation:
            if repeatable:
                raise
            repeatable = True
        except Stale:
            closed.learn()


def _commit(
    batch: Batch,
    worker: str,
    lease: Lease | None,
    alongside: Alongside,
    packed: set[date],
    *,
    repeatable: bool,
) -> Written:
    with transaction.atomic(), connection.cursor() as cursor:
        begin(cursor, worker, lease)
        if packed:
            packed_days.look_into(cursor, packed)
        open_rows = sift(batch, closed.latest())
        left = open_rows.batch
        # A number must not be copied where a text may have its place.
        merged = np.ones(len(left.series_ids), dtype=bool) if repeatable else left.beside_texts()
        if packed:
            merged |= np.isin(np.asarray(left.times_us, np.int64) // DAY_US, day_numbers(packed))
        inserted = _copy_readings(cursor, left, ~merged)
        found = merge.Merged(0, set(), [], [])
        if merged.any() or left.texts:
            order = open_rows.order(alongside.order())
            found = merge_rows(cursor, left, np.flatnonzero(merged), order, packed)
        inserted += found.inserted
        conflicts = open_rows.conflicts(found)
        if inserted:
            check_mark(log(cursor, left))
        elif conflicts.closed_numbers or conflicts.closed_texts:
            check_mark(closed.mark(cursor))
        quarantined = batch.quarantined
        if conflicts.numbers or conflicts.texts:
            quarantined = quarantined + alongside.on_conflict(conflicts)
        if quarantined:
            quarantined = not_kept(cursor, quarantined, again=batch.again)
        if quarantined:
            insert(cursor, quarantined, worker)
        changes = presence.set_connections(cursor, batch.statuses, worker) if batch.statuses else {}
        if batch.deliveries:
            cursor.execute(
                _SQL["note_deliveries"],
                {
                    "worker": worker,
                    "process": batch.delivery_process,
                    "serial": batch.delivery_serial,
                    "deliveries": batch.deliveries,
                },
            )
        alongside.write()
    return Written(inserted, found.repeated, changes, conflicts)


def check_mark(mark: UUID) -> None:
    """Raises `Stale` when this is not the mark of the corrections that are known here."""
    if mark != closed.latest().mark:
        raise Stale


def begin(cursor: CursorWrapper, worker: str = "", lease: Lease | None = None) -> None:
    """Begin a transaction that stores readings; raises `LeaseLost`."""
    timeout: dict[str, Any] = {"timeout": f"{STATEMENT_TIMEOUT}s", "key": closed.LOCK_KEY}
    if lease is None:
        cursor.execute(_SQL["begin_batch"], timeout)
        return
    cursor.execute(_SQL["begin_leased_batch"], lease.claim | timeout)
    if cursor.fetchone() is None:
        raise LeaseLost(f"another process writes as {worker}")


def _copy_readings(cursor: CursorWrapper, batch: Batch, chosen: NDArray[np.bool_]) -> int:
    """Copy these rows of the batch, which must be new; how many they are."""
    columns: tuple[Column, ...] = (batch.series_ids, batch.times_us, batch.values)
    if not chosen.all():
        columns = tuple(np.asarray(column)[chosen] for column in columns)
    if count := len(columns[0]):
        rows = copy_binary.readings(*columns)
        _copy(cursor, "COPY reading FROM STDIN (FORMAT BINARY)", rows)
    return count


def _copy(cursor: CursorWrapper, statement: LiteralString, buffer: bytes) -> None:
    with cursor.copy(statement) as copy:
        copy.write(buffer)


def merge_rows(
    cursor: CursorWrapper,
    batch: Batch,
    rows: NDArray[np.intp],
    order: merge.Order | None,
    packed: set[date],
) -> merge.Merged:
    """Insert these numbers of the batch, and its texts, as far as their places are free."""
    ids, at, values = (
        np.asarray(column)[rows].tolist()
        for column in (batch.series_ids, batch.times_us, batch.values)
    )
    with_texts = batch.with_texts | {series_id for series_id, _, _ in batch.texts}
    if order is not None:
        order = order._replace(numbers=[order.numbers[row] for row in rows.tolist()])
    given = merge.Rows(list(zip(ids, at, strict=True)), values, batch.texts, with_texts)
    found = merge.merge(cursor, given, order, frozenset(day_numbers(packed)))
    return found._replace(numbers=rows[found.numbers].tolist())


def log(cursor: CursorWrapper, batch: Batch) -> UUID:
    """Say in the commit log which series these readings are of, and of which minutes."""
    series_ids = np.asarray(batch.series_ids, dtype=np.int32)
    times_us = np.asarray(batch.times_us, dtype=np.int64)
    if batch.texts:
        ids, at, _ = zip(*batch.texts, strict=True)
        series_ids = np.concatenate((series_ids, np.array(ids, dtype=np.int32)))
        times_us = np.concatenate((times_us, np.array(at, dtype=np.int64)))
    return commit_log.note(cursor, series_ids, times_us, is_imported=batch.is_imported)
