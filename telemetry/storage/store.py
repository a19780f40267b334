"""The only writer of readings: one batch, one transaction, idempotent on (series, time).

Of two values of one series at one time the first stays (`telemetry.storage.merge`).

The bridge hands in a `Batch` and acknowledges its messages when `write` has returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, LiteralString, NamedTuple

import numpy as np
import psycopg
from django.db import ProgrammingError, connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from telemetry.models import KEPT_PAYLOAD
from telemetry.moments import EPOCH, from_us
from telemetry.sql import load
from telemetry.storage import commit_log, copy_binary, errors, merge, presence
from telemetry.storage.backend import backend
from telemetry.storage.quarantined import Quarantined, not_kept
from telemetry.workers.lease import Lease, LeaseLost

Column = list[Any] | NDArray[Any]

DAY_US = 86_400_000_000
STATEMENT_TIMEOUT = 60  # seconds a statement of a batch may take in the database

_SQL = load("store")


@dataclass(slots=True)
class Batch:
    """Rows of one transaction. The three reading columns have the same length."""

    series_ids: Column = field(default_factory=list)
    times_us: Column = field(default_factory=list)
    values: Column = field(default_factory=list)
    texts: list[tuple[int, int, str]] = field(default_factory=list)  # series, Unix us, text
    quarantined: list[Quarantined] = field(default_factory=list)
    statuses: dict[int, presence.Said] = field(default_factory=dict)  # by device id
    deliveries: bytes = (
        b""  # bridge.intake.redelivery: what a redelivery of these messages looks like
    )
    delivery_process: str = ""  # whose serial it is; "" for an earlier process's
    delivery_serial: int = 0  # of the newest of them
    may_repeat: bool = False  # some of it may be stored already
    again: bool = False  # the very same was sent before, and may have been committed
    with_texts: set[int] = field(default_factory=set)  # its series that have texts in the store

    def keys(self) -> list[tuple[int, int]]:
        """Series and Unix microseconds of each numeric reading."""
        columns = (np.asarray(self.series_ids).tolist(), np.asarray(self.times_us).tolist())
        return list(zip(*columns, strict=True))

    def beside_texts(self) -> NDArray[np.bool_]:
        """Of each numeric reading whether its series has texts, in the store or in this batch."""
        series_ids = np.asarray(self.series_ids, dtype=np.int64)
        found = self.with_texts | {series_id for series_id, _, _ in self.texts}
        if not found:
            return np.zeros(len(series_ids), dtype=bool)
        return np.isin(series_ids, sorted(found))


class Conflicts(NamedTuple):
    """Rows of the batch, from 0, that were not stored, for another value has their place."""

    numbers: list[int]
    texts: list[int]


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
    gets it.
    """
    try:
        return _write(batch, worker, lease, alongside)
    except errors.ERRORS as exc:
        if not errors.is_without_day(exc):
            raise
        try:
            times = [at for _, at, _ in batch.texts]
            backend().make_days(days_of(np.append(np.asarray(batch.times_us, np.int64), times)))
        except ProgrammingError as denied:
            # A role that only writes leaves this to `maintain`, which does it for the days ahead.
            if isinstance(denied.__cause__, psycopg.errors.InsufficientPrivilege):
                raise exc from denied
            raise
    return _write(batch, worker, lease, alongside)


def days_of(times_us: NDArray[Any]) -> list[date]:
    """The days in UTC that these times lie in."""
    return [EPOCH.date() + timedelta(days=n) for n in np.unique(times_us // DAY_US).tolist()]


def _write(batch: Batch, worker: str, lease: Lease | None, alongside: Alongside) -> Written:
    if not batch.may_repeat:
        try:
            return _commit(batch, worker, lease, alongside, repeatable=False)
        except psycopg.errors.UniqueViolation:
            pass
    return _commit(batch, worker, lease, alongside, repeatable=True)


def _commit(
    batch: Batch, worker: str, lease: Lease | None, alongside: Alongside, *, repeatable: bool
) -> Written:
    with transaction.atomic(), connection.cursor() as cursor:
        _begin(cursor, worker, lease)
        # A number must not be copied where a text may have its place.
        merged = np.ones(len(batch.series_ids), dtype=bool) if repeatable else batch.beside_texts()
        inserted = _copy_readings(cursor, batch, ~merged)
        conflicts = Conflicts([], [])
        repeated: set[tuple[int, int]] = set()
        if merged.any() or batch.texts:
            found = _merge(cursor, batch, np.flatnonzero(merged), alongside.order())
            inserted += found.inserted
            repeated, conflicts = found.repeated, Conflicts(found.numbers, found.texts)
        if inserted:
            _log(cursor, batch)
        quarantined = batch.quarantined
        if any(conflicts):
            quarantined = quarantined + alongside.on_conflict(conflicts)
        if quarantined:
            quarantined = not_kept(cursor, quarantined, again=batch.again)
        if quarantined:
            _insert_quarantined(cursor, quarantined, worker)
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
    return Written(inserted, repeated, changes, conflicts)


def _begin(cursor: CursorWrapper, worker: str, lease: Lease | None) -> None:
    timeout = {"timeout": f"{STATEMENT_TIMEOUT}s"}
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


def _merge(
    cursor: CursorWrapper, batch: Batch, rows: NDArray[np.intp], order: merge.Order | None
) -> merge.Merged:
    """Insert these numbers of the batch, and its texts, as far as their places are free."""
    ids, at, values = (
        np.asarray(column)[rows].tolist()
        for column in (batch.series_ids, batch.times_us, batch.values)
    )
    with_texts = batch.with_texts | {series_id for series_id, _, _ in batch.texts}
    if order is not None:
        order = order._replace(numbers=[order.numbers[row] for row in rows.tolist()])
    found = merge.merge(
        cursor, merge.Rows(list(zip(ids, at, strict=True)), values, batch.texts, with_texts), order
    )
    return found._replace(numbers=rows[found.numbers].tolist())


def _log(cursor: CursorWrapper, batch: Batch) -> None:
    """Say in the commit log which series these readings are of, and of which minutes."""
    series_ids = np.asarray(batch.series_ids, dtype=np.int32)
    times_us = np.asarray(batch.times_us, dtype=np.int64)
    if batch.texts:
        ids, at, _ = zip(*batch.texts, strict=True)
        series_ids = np.concatenate((series_ids, np.array(ids, dtype=np.int32)))
        times_us = np.concatenate((times_us, np.array(at, dtype=np.int64)))
    commit_log.note(cursor, series_ids, times_us)


def _insert_quarantined(cursor: CursorWrapper, rows: list[Quarantined], worker: str) -> None:
    with cursor.copy(
        "COPY telemetry_quarantinedmessage (received_at, topic, uid, reason, detail, payload,"
        " payload_size, properties, retained, partial, worker) FROM STDIN"
    ) as copy:
        for row in rows:
            copy.write_row(
                (
                    from_us(row.received_us),
                    row.topic,
                    row.uid,
                    row.reason,
                    row.detail,
                    row.payload[:KEPT_PAYLOAD],
                    len(row.payload),
                    Jsonb(row.properties),
                    row.retained,
                    row.partial,
                    worker,
                )
            )
