"""Put computed readings in the place of earlier ones: what `store.write` never does.

Measured readings are facts, so the first of two stays. What is computed from them changes when one
of them comes late. Only what differs is written: recomputing a day that gives the same writes
nothing, and nobody who follows the commit log hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from telemetry.errors import TelemetryError
from telemetry.history import columns
from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage import commit_log, errors, packed_days
from telemetry.storage.backend import backend
from telemetry.storage.days import day_numbers, days_of
from telemetry.storage.packs import DAY_US
from telemetry.storage.store import begin

_SQL = load("replace") | load("store") | load("merge") | load("packs")
INSERTS = (  # by kind of value and whether its day is packed
    (float, False, "insert_numbers"),
    (float, True, "insert_late_numbers"),
    (str, False, "insert_texts"),
    (str, True, "insert_late_texts"),
)

T = TypeVar("T")
Readings = Mapping[int, float | str]  # by Unix us


class Computed(NamedTuple):
    """The readings that a series has from `start_us` to `stop_us`, both included: these and no
    others. The times ascend."""

    series_id: int
    start_us: int
    stop_us: int
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]


class Replaced(NamedTuple):
    """What was changed, the oldest first."""

    times_us: NDArray[np.int64]  # written anew
    values: NDArray[np.float64]
    removed_us: NDArray[np.int64]  # of readings that are gone, or have another value now

    @property
    def changed_us(self) -> NDArray[np.int64]:
        return np.union1d(self.times_us, self.removed_us)


class Needs(NamedTuple):
    """What was computed of: these series, from that moment on."""

    since: datetime
    series: Sequence[int] = ()


class Dropped(TelemetryError):
    """Retention took readings meanwhile of which some of this was computed: compute it again."""


def replace(
    computed: Computed, needs: Needs, alongside: Callable[[], None] = lambda: None
) -> Replaced:
    """Have the series hold what was computed, in one transaction with what `alongside` writes.

    Raises `Dropped` when something it `needs` may be gone, and what the database and `alongside`
    raise; then nothing is changed.
    """
    return with_room(lambda: _replace(computed, needs, alongside), computed.times_us)


def with_room(write: Callable[[], T], times_us: NDArray[np.int64]) -> T:
    """Do it again where a day of these times had no room yet: it has then. `write` is a transaction
    of its own. Raises what it raises."""
    try:
        return write()
    except errors.ERRORS as exc:
        if not errors.is_without_day(exc):
            raise
    # A day may also have been packed meanwhile: then its readings go elsewhere the second time.
    backend().make_days(days_of(times_us))
    return write()


def _replace(computed: Computed, needs: Needs, alongside: Callable[[], None]) -> Replaced:
    with transaction.atomic(), connection.cursor() as cursor:
        begin(cursor)
        alongside()
        series = [computed.series_id, *needs.series]
        cursor.execute(_SQL["hold_retention"])
        cursor.execute(_SQL["fetch_floor"], {"series": series})
        (floor,) = cursor.fetchone()
        if floor > needs.since:
            raise Dropped("readings that this was computed of have been removed")
        stored = columns.numbers(computed.series_id, computed.start_us, computed.stop_us + 1)
        found = _difference(computed, *stored)
        removed = dict.fromkeys(found.removed_us.tolist(), 0.0)
        written = dict(zip(found.times_us.tolist(), found.values.tolist(), strict=True))
        exchange(cursor, computed.series_id, removed, written)
    return found


def _difference(
    computed: Computed, times_us: NDArray[np.int64], values: NDArray[np.float64]
) -> Replaced:
    """What is to be written and removed, of these that are stored."""
    _, ours, theirs = np.intersect1d(
        computed.times_us, times_us, assume_unique=True, return_indices=True
    )
    same = computed.values[ours] == values[theirs]
    new = np.ones(len(computed.times_us), bool)
    new[ours[same]] = False
    gone = np.ones(len(times_us), bool)
    gone[theirs[same]] = False
    return Replaced(computed.times_us[new], computed.values[new], times_us[gone])


def exchange(cursor: CursorWrapper, series_id: int, removed: Readings, written: Readings) -> None:
    """Take readings of a series out and put others in, of a transaction that holds retention.
    Raises what the database raises: also where a day has no room yet."""
    for kind, delete in ((float, backend().delete_readings), (str, backend().delete_texts)):
        if gone := sorted(us for us, value in removed.items() if type(value) is kind):
            delete(series_id, [from_us(us) for us in gone])
    # No COPY: after a DELETE from a compressed chunk TimescaleDB may not survive one.
    packed = packed_days.packed(cursor, days_of(np.array(list(written), np.int64)))
    if packed:
        packed = packed_days.kept(cursor, packed)  # without those that were unpacked just now
    late = set(day_numbers(packed))
    for kind, is_late, insert in INSERTS:
        new = {
            us: value
            for us, value in written.items()
            if type(value) is kind and (us // DAY_US in late) == is_late
        }
        if new:
            ids = [series_id] * len(new)
            rows: dict[str, Any] = {"series": ids, "times": list(new), "values": list(new.values())}
            cursor.execute(_SQL[insert], rows)
    if changed := sorted(removed.keys() | written.keys()):
        series_ids = np.full(len(changed), series_id, np.int32)
        commit_log.note(cursor, series_ids, np.array(changed, np.int64))
