"""Stores the readings of some blocks, a few days in each transaction, and with them how far it is.

Days that are over go straight into packs where each series has many readings in the file: so a day
is written once, and not again by `maintain`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devices.clock import now_us
from telemetry.imports.places import NO_ROOM, Places
from telemetry.imports.readings import Readings
from telemetry.imports.report import Report
from telemetry.models import ReadingImport
from telemetry.moments import EPOCH, from_us
from telemetry.storage import packed_batch, packed_days, store
from telemetry.storage.kept import AcceptsFrom

BATCH_READINGS = 50_000  # of a transaction: about a tenth of a second
MAX_DAYS = 32  # of a transaction, each a partition that it locks
GATHERED_READINGS = 400_000  # of blocks that are stored together, so that series have many in each
EACH_PACKED = (
    100  # readings of a series gathered, on average: fewer, and packs are written too often
)
PACKED_READINGS = 100_000  # of a transaction that writes packs
PACKED_DAYS = 366
BREATH = 0.1  # of the time a batch took, for who stores what comes in now
WORKER = "import"
DAY_US = 86_400_000_000


Said = tuple[int, int, str, int]  # series, Unix us, text, line


class Rows(NamedTuple):
    """Numbers that are to be stored, by day, series and time."""

    ids: NDArray[np.int32]
    times_us: NDArray[np.int64]
    values: NDArray[np.float64]
    lines: NDArray[np.int64]

    def of(self, chosen: slice | NDArray[Any]) -> Rows:
        """These of them."""
        return Rows(
            self.ids[chosen], self.times_us[chosen], self.values[chosen], self.lines[chosen]
        )


class Writer:
    """Of one import. Raises what the database raises."""

    def __init__(self, row: ReadingImport, places: Places, report: Report) -> None:
        self._row, self._places, self._report = row, places, report
        self._limits = AcceptsFrom()
        self._gathered: list[Rows] = []
        self._texts: dict[tuple[int, int], Said] = {}
        self._end = row.rows_done  # the row behind what is gathered
        self.touched: set[int] = set()  # series that got readings
        self.first_us = self.last_us = 0  # of these

    def add(self, readings: Readings, block_end: int) -> None:
        """Store a block that ends at this row, now or together with the next ones."""
        ids = self._places.of(readings)
        self._gathered.append(self._numbers(readings, ids))
        self._add_texts(readings, ids)
        self._end = block_end
        many = sum(len(rows.ids) for rows in self._gathered) >= GATHERED_READINGS
        if many or block_end == self._row.block_end:  # where an earlier run's blocks ended
            self.flush()

    def flush(self) -> None:
        """Store what is gathered. The days of it that are stored already are passed over; its texts
        come last, and are merged."""
        rows, texts = self._in_order(), self._take_texts()
        done = self._row.day_done if self._row.block_end == self._end else None
        self._row.block_end, self._row.day_done = self._end, done
        for is_packed, piece in self._pieces(rows):
            bounds = (PACKED_READINGS, PACKED_DAYS) if is_packed else (BATCH_READINGS, MAX_DAYS)
            for day, chosen in _batches(piece.times_us, *bounds):
                last = None if day is None else EPOCH.date() + timedelta(days=day)
                of = EPOCH.date() + timedelta(days=int(piece.times_us[chosen.stop - 1]) // DAY_US)
                if done is None or of > done:
                    note = last or self._row.day_done
                    self._commit(piece.of(chosen), [], note, is_packed=is_packed)
        for _, chosen in _batches(
            np.array([each[1] for each in texts], np.int64), BATCH_READINGS, MAX_DAYS
        ):
            self._commit(_NONE, texts[chosen], self._row.day_done)
        self._row.rows_done, self._row.day_done = self._end, None
        self.save(counts=True)

    def _pieces(self, rows: Rows) -> Iterator[tuple[bool, Rows]]:
        """The rows in the order of their days, and whether these go straight into packs."""
        if len(rows.ids) < EACH_PACKED * len(np.unique(rows.ids)):
            yield False, rows
            return
        for is_packed, chosen in packed_batch.spans(rows.times_us):
            yield is_packed, rows.of(chosen)

    def save(self, *, counts: bool = False) -> None:
        """Note how far it is."""
        self._row.updated_at = from_us(now_us())
        self._row.counts = self._report.counts()
        names = ["rows_done", "block_end", "day_done", "updated_at"]
        self._row.save(update_fields=[*names, "counts"] if counts else names)

    def _numbers(self, readings: Readings, ids: NDArray[np.int32]) -> Rows:
        """Without what has no room, or is too old."""
        report = self._report
        rows = Rows(ids[readings.places], readings.times_us, readings.values, readings.lines)
        for line in rows.lines[rows.ids == 0].tolist():
            report.reject(line, NO_ROOM)
        old = self._limits.too_old(rows.ids, rows.times_us) & (rows.ids > 0)
        report.too_old += int(old.sum())
        return rows.of((rows.ids > 0) & ~old)

    def _in_order(self) -> Rows:
        """What is gathered by day, series and time, without what comes twice."""
        rows = Rows(*(np.concatenate(each) for each in zip(_NONE, *self._gathered, strict=True)))
        self._gathered = []
        order = np.lexsort((rows.times_us, rows.ids, rows.times_us // DAY_US))
        rows = rows.of(order)
        same = np.append(
            False, (rows.ids[1:] == rows.ids[:-1]) & (rows.times_us[1:] == rows.times_us[:-1])
        )
        if not same.any():
            return rows
        first = np.maximum.accumulate(np.where(same, 0, np.arange(len(same))))
        for at in np.flatnonzero(same).tolist():
            stays = first[at]
            self._twice(
                rows.lines[at], bool(rows.values[at] == rows.values[stays]),
                f"{float(rows.values[at])!r} at {from_us(int(rows.times_us[at])).isoformat()},"
                f" where line {rows.lines[stays]} says {float(rows.values[stays])!r}",
            )  # fmt: skip
        return rows.of(~same)

    def _add_texts(self, readings: Readings, ids: NDArray[np.int32]) -> None:
        found = self._texts
        for each in readings.texts:
            series_id = int(ids[each.place])
            if not series_id:
                self._report.reject(each.line, NO_ROOM)
            elif each.time_us < self._limits.of(series_id):
                self._report.too_old += 1
            elif (there := found.get((series_id, each.time_us))) is not None:
                said = f"{each.text[:40]!r}, where line {there[3]} says {there[2][:40]!r}"
                self._twice(each.line, there[2] == each.text, said)
            else:
                found[series_id, each.time_us] = (series_id, each.time_us, each.text, each.line)

    def _take_texts(self) -> list[Said]:
        """Those gathered, by time."""
        found, self._texts = self._texts.values(), {}
        return sorted(found, key=lambda each: (each[1], each[0]))

    def _twice(self, line: int, is_same: bool, why: str) -> None:
        if is_same:
            self._report.repeated += 1
        else:
            self._report.conflicts += 1
        self._report.note(int(line), "repeated" if is_same else "conflict", why)

    def _commit(
        self, rows: Rows, texts: list[Said], last: date | None, *, is_packed: bool = False
    ) -> None:
        began = time.monotonic()
        batch = store.Batch(
            rows.ids, rows.times_us, rows.values, [each[:3] for each in texts],
            with_texts=self._places.registry.with_texts(np.unique(rows.ids)), is_imported=True,
        )  # fmt: skip

        def note() -> None:
            self._row.day_done = last
            self.save()

        alongside = store.Alongside(write=note)
        try:
            written = packed_batch.write(batch, alongside) if is_packed else None
        except packed_days.Unpacked:
            written = None
        written = written or store.write(batch, WORKER, alongside=alongside)
        self._account(written, rows, texts)
        self._touch(rows.ids, rows.times_us)
        if texts:
            self._touch(*(np.array([each[at] for each in texts]) for at in (0, 1)))
        time.sleep(BREATH * (time.monotonic() - began))

    def _account(self, written: store.Written, rows: Rows, texts: list[Said]) -> None:
        """Count what was new, and tell of the others by their lines."""
        report = self._report
        report.stored += written.inserted
        numbers, words = written.conflicts.numbers, written.conflicts.texts
        report.conflicts += len(numbers) + len(words)
        report.repeated += len(rows.ids) + len(texts) - written.inserted - len(numbers) - len(words)
        for at in numbers:
            moment = from_us(int(rows.times_us[at])).isoformat()
            why = _why(at in written.conflicts.closed_numbers)
            report.note(int(rows.lines[at]), "conflict", f"{rows.values[at]!r} at {moment}, {why}")
        for at in words:
            why = _why(at in written.conflicts.closed_texts)
            report.note(texts[at][3], "conflict", f"{texts[at][2][:40]!r}, {why}")

    def _touch(self, ids: NDArray[np.int32], times_us: NDArray[np.int64]) -> None:
        if not len(ids):
            return
        self.touched.update(np.unique(ids).tolist())
        first, last = int(times_us.min()), int(times_us.max())
        self.first_us = min(self.first_us, first) if self.last_us else first
        self.last_us = max(self.last_us, last) if self.last_us else last


def _why(is_closed: bool) -> str:
    return "where somebody corrected the readings" if is_closed else "where another value is stored"


def _batches(
    times_us: NDArray[np.int64], most: int, most_days: int
) -> Iterator[tuple[int | None, slice]]:
    """Rows in the order of days as batches: the last day that each completes, and which they are.
    A day is in one batch, unless it is larger than `most` readings."""
    days = times_us // DAY_US
    ends = np.append(np.flatnonzero(np.diff(days)) + 1, len(days)).tolist() if len(days) else []
    start = first = 0
    for at, end in enumerate(ends):
        more = ends[at + 1] - start if at + 1 < len(ends) else most + 1
        if more <= most and at + 1 - first < most_days:
            continue
        while end - start > most:
            yield None, slice(start, start + most)
            start += most
        yield int(days[end - 1]), slice(start, end)
        start, first = end, at + 1


_NONE = Rows(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
