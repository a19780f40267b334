"""Stores many readings of days that are over straight into packs: an import of history.

As rows each would be written with an entry of the key's index, and once more when its day is
packed. A day without a partition is closed first, as a day is before it is packed. Then each step
holds the packs, so nothing comes into these days meanwhile, and sees at once which series have
nothing stored in a day: their readings need no look for what has their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from telemetry.moments import EPOCH, from_us
from telemetry.sql import load
from telemetry.storage import closed, merge, moving, pack_rows, packed_days, partitions, store
from telemetry.storage.backend import backend
from telemetry.storage.batch import Batch, sift
from telemetry.storage.days import day_numbers, days_of
from telemetry.storage.pack_rows import Columns
from telemetry.storage.packs import DAY_US, HOUR_US
from telemetry.storage.plain import Plain

_SQL = load("packs")


class _Part(NamedTuple):
    """Readings of one series and day: which rows of a batch."""

    series_id: int
    day: int  # since 1970
    rows: slice


def spans(times_us: NDArray[np.int64]) -> Iterator[tuple[bool, slice]]:
    """Times in the order of their days (UTC) in as few pieces as may be, and whether `write` takes
    each. Closes days that are over, for as long as `maintain` waits before it packs one, and that
    have no partition. In no transaction."""
    numbers, starts = np.unique(times_us // DAY_US, return_index=True)
    packed, taken = _claim([EPOCH.date() + timedelta(days=each) for each in numbers.tolist()])
    is_packed = np.isin(numbers, day_numbers(packed))
    # A step looks at all days from its first to its last: none between may have rows.
    before = np.searchsorted(np.array(sorted(day_numbers(taken)), np.int64), numbers)
    ends = np.flatnonzero((np.diff(is_packed) != 0) | (is_packed[1:] & (np.diff(before) != 0)))
    edges = [0, *starts[ends + 1].tolist(), len(times_us)]
    for start, stop in pairwise(edges if len(numbers) else ()):
        day = np.searchsorted(starts, start, side="right") - 1
        yield bool(is_packed[day]), slice(start, stop)


def _claim(days: list[date]) -> tuple[set[date], set[date]]:
    """Those of the days that are closed, or were so just now; and all days with partitions."""
    if not settings.PACK_AFTER_DAYS or not isinstance(backend(), Plain) or moving.is_under_way():
        return set(), set()
    with transaction.atomic(), connection.cursor() as cursor:
        partitions.lock(cursor)
        taken = {part.day for part in partitions.listed() if part.attached and not part.doomed}
        free = sorted(set(days) - taken)
        asked: dict[str, Any] = {"days": free, "wait_days": settings.PACK_AFTER_DAYS}
        cursor.execute(_SQL["close_free_days"], asked)
        return packed_days.packed(cursor, free), taken


def write(batch: Batch, alongside: store.Alongside = store.NOTHING) -> store.Written:
    """Commit numbers of a span, in the order of day, series and time, none of which
    comes twice. Raises `packed_days.Unpacked` where the days take rows again, and what the
    database raises; then nothing of it is stored."""
    while True:
        try:
            return _commit(batch, alongside)
        except store.Stale:
            closed.learn()


def _commit(batch: Batch, alongside: store.Alongside) -> store.Written:
    with transaction.atomic(), connection.cursor() as cursor:
        store.begin(cursor)
        days = days_of(np.asarray(batch.times_us, np.int64))
        _hold(cursor, days)
        open_rows = sift(batch, closed.latest())
        found = _store(cursor, open_rows.batch, days)
        conflicts = open_rows.conflicts(found)
        if found.inserted:
            store.check_mark(store.log(cursor, open_rows.batch))
        elif conflicts.closed_numbers:
            store.check_mark(closed.mark(cursor))
        alongside.write()
    return store.Written(found.inserted, found.repeated, {}, conflicts)


def _hold(cursor: CursorWrapper, days: list[date]) -> None:
    """Nothing comes into the days until the transaction ends. Raises `Unpacked`."""
    packed_days.hold(cursor)
    if packed_days.packed(cursor, days) != set(days) or moving.is_under_way():
        raise packed_days.Unpacked
    cursor.execute(_SQL["has_rows"], _edges(days))
    if cursor.fetchone() != (False,):
        raise packed_days.Unpacked


def _store(cursor: CursorWrapper, batch: Batch, days: list[date]) -> merge.Merged:
    given = Columns(
        np.asarray(batch.series_ids, np.int32), np.asarray(batch.times_us, np.int64),
        np.asarray(batch.values, np.float64),
    )  # fmt: skip
    if not len(given.times_us):
        return merge.Merged(0, set(), [], [])
    series = np.unique(given.series_ids).tolist()
    cursor.execute(_SQL["list_stored_days"], {**_edges(days), "series": series})
    stored = {(series_id, day): texts for series_id, day, texts in cursor.fetchall()}
    free = np.ones(len(given.times_us), bool)
    beside: list[_Part] = []
    with_texts: list[_Part] = []
    for part in _parts(given):
        texts = stored.get((part.series_id, part.day))
        if texts is not None:
            free[part.rows] = False
            (with_texts if texts else beside).append(part)
    counted: dict[int, int] = {}
    packed = [_of(given, free)]
    for of, number in zip(
        *np.unique(packed[0].times_us // DAY_US, return_counts=True), strict=True
    ):
        counted[int(of)] = int(number)
    inserted, conflicts = len(packed[0].times_us), []
    for day, parts in _by_day(beside):
        rows = np.concatenate([np.arange(each.rows.start, each.rows.stop) for each in parts])
        both, new, differing, came = _beside(cursor, _of(given, rows))
        packed.append(both)
        inserted += new
        conflicts += rows[differing].tolist()
        counted[day] = counted.get(day, 0) + came
    pack_rows.write_parts(cursor, packed)
    for day, number in counted.items():
        count: dict[str, Any] = {"day": EPOCH.date() + timedelta(days=day), "readings": number}
        cursor.execute(_SQL["count_packed"], count)
    if with_texts:
        rows = np.concatenate([np.arange(each.rows.start, each.rows.stop) for each in with_texts])
        found = store.merge_rows(cursor, batch, rows, None, set(days))
        inserted += found.inserted
        conflicts += found.numbers
    return merge.Merged(inserted, set(), sorted(conflicts), [])


def _beside(cursor: CursorWrapper, given: Columns) -> tuple[Columns, int, NDArray[np.intp], int]:
    """Readings of one day together with what is stored of their series in their hours, which is
    taken out: both; how many are new; which have another value in their place; and how many more
    are to be packed than were."""
    cursor.execute(_SQL["only_move"])
    first, last = int(given.times_us.min()), int(given.times_us.max())
    start, stop = from_us(first // HOUR_US * HOUR_US), from_us((last // HOUR_US + 1) * HOUR_US)
    there, rows = pack_rows.take_numbers(cursor, np.unique(given.series_ids).tolist(), start, stop)
    ids = np.concatenate((there.series_ids, given.series_ids))
    times = np.concatenate((there.times_us, given.times_us))
    values = np.concatenate((there.values, given.values))
    order = np.lexsort((times, ids))  # what is stored before what is new
    ids, times, values = ids[order], times[order], values[order]
    again = np.append(False, (ids[1:] == ids[:-1]) & (times[1:] == times[:-1]))
    differing = np.flatnonzero(again & np.append(False, values[1:] != values[:-1]))
    kept = Columns(ids[~again], times[~again], values[~again])
    new = len(kept.times_us) - len(there.times_us)
    return kept, new, order[differing] - len(there.times_us), new + rows


def _edges(days: list[date]) -> dict[str, datetime]:
    """From the first of them to the end of the last."""
    first, last = partitions.bounds(days[0]), partitions.bounds(days[-1])
    return {"start": first["start"], "stop": last["stop"]}


def _of(given: Columns, rows: NDArray[Any]) -> Columns:
    return Columns(given.series_ids[rows], given.times_us[rows], given.values[rows])


def _parts(found: Columns) -> Iterator[_Part]:
    """Each series and day of readings that are in the order of days and series."""
    days = found.times_us // DAY_US
    edges = np.flatnonzero(np.diff(found.series_ids) | np.diff(days)) + 1
    bounds = [0, *edges.tolist(), len(days)]
    for start, stop in pairwise(bounds):
        yield _Part(int(found.series_ids[start]), int(days[start]), slice(start, stop))


def _by_day(parts: list[_Part]) -> Iterator[tuple[int, list[_Part]]]:
    found: dict[int, list[_Part]] = {}
    for part in parts:
        found.setdefault(part.day, []).append(part)
    yield from found.items()
