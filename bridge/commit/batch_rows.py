"""The rows of one transaction and what became of each message they came from.

Made by `bridge.commit.rows`; read by whoever announces what was committed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bridge.adoption.candidates import Heard as Stranger
from bridge.commit.inbox import BatchResult
from bridge.decode.items import (
    MEMORY_FULL,
    Described,
    Discovered,
    Ignored,
    Problem,
    Remembered,
    Request,
)
from bridge.intake.batch import Columns, Text
from telemetry.series.facts import SeriesRow
from telemetry.storage import merge, store
from telemetry.storage.presence import Heard


@dataclass(slots=True)
class Verdict:
    """What became of one device's share of a message."""

    rejected: bool
    problems: list[Problem] = field(default_factory=list)
    readings: int = 0


Key = tuple[int, int]  # series, Unix microseconds


@dataclass(slots=True)
class Rows:
    """Rows of the messages `start` to `stop` of a batch, and what they mean for each."""

    start: int
    stop: int
    # Readings of each message that were in columns before; theirs are the first rows, in order.
    counts: list[int]
    batch: store.Batch = field(default_factory=store.Batch)
    # Of each other message that has any: which rows are its numbers, and which its texts.
    spans: dict[int, tuple[slice, slice]] = field(default_factory=dict)
    problems: dict[int, list[Problem]] = field(default_factory=dict)  # by message index
    # By message index and uid, of messages that are not in columns.
    by_device: dict[int, dict[str, Verdict]] = field(default_factory=dict)
    rejected: set[int] = field(default_factory=set)
    heard: dict[int, Heard] = field(default_factory=dict)  # by device id
    clock_replaced: dict[int, int] = field(default_factory=dict)  # device: Unix us
    lost: dict[int, int] = field(default_factory=dict)  # by message: readings that lost a conflict
    values_dropped: int = 0
    clocks_replaced: int = 0  # messages
    over_limit: int = 0  # messages whose sender was over its limit
    statuses: int = 0
    described: list[tuple[int, Described | Discovered]] = field(default_factory=list)  # device
    remembered: list[Remembered] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    ignored: Counter[tuple[str, str]] = field(default_factory=Counter)  # by reason and subject

    strangers: dict[str, Stranger] = field(default_factory=dict)  # by uid: nobody's devices
    adopted: list[int] = field(default_factory=list)  # ids of devices that came of them

    def note(self, item: Ignored | Remembered | Request) -> None:
        """Note what is stored, or sent, beside what devices said."""
        if isinstance(item, Ignored):
            self.ignored[item.reason, item.subject] += 1
        elif isinstance(item, Remembered):
            self.remembered.append(item)
        else:
            self.requests.append(item)

    def not_remembered(self) -> int:
        """Messages of which a convention could not remember what they say."""
        return sum(count for (reason, _), count in self.ignored.items() if reason == MEMORY_FULL)

    def partial(self) -> int:
        """Messages of which something was stored and something was not."""
        return len(self.problems.keys() - self.rejected)

    @property
    def readings(self) -> int:
        return len(self.batch.series_ids) + len(self.batch.texts)

    def keys_by_message(self) -> Iterator[tuple[int, list[Key]]]:
        """Each message's index in the batch, and the keys of its readings."""
        numbers = self.batch.keys()
        texts = [(series_id, at) for series_id, at, _ in self.batch.texts]
        first = 0
        for index, count in enumerate(self.counts, self.start):
            mine = numbers[first : first + count]
            first += count
            if index in self.spans:
                its_numbers, its_texts = self.spans[index]
                mine = numbers[its_numbers] + texts[its_texts]
            yield index, mine

    def order(self) -> merge.Order:
        """Of each row of the batch which message it is of."""
        numbers = np.zeros(len(self.batch.series_ids), dtype=np.int64)
        texts = np.zeros(len(self.batch.texts), dtype=np.int64)
        first = 0
        for index, count in enumerate(self.counts, self.start):
            of_message, its_texts = self.spans.get(index, (slice(first, first + count), slice(0)))
            first += count
            numbers[of_message] = index
            texts[its_texts] = index
        return merge.Order(numbers.tolist(), texts.tolist())

    def duplicates(self, written: store.Written) -> set[int]:
        """Messages of which every reading was stored before, or earlier in this batch."""
        if written.inserted == self.readings:
            return set()
        known = set(written.repeated)
        found: set[int] = set()
        for index, keys in self.keys_by_message():
            if keys and known.issuperset(keys):
                found.add(index)
            known.update(keys)
        return found - self.rejected

    def readings_of(self, index: int) -> int:
        """How many readings of the message at `index` of the batch are stored."""
        numbers, texts = self.spans.get(index, (slice(0, 0), slice(0, 0)))
        others = numbers.stop - numbers.start + texts.stop - texts.start
        return self.counts[index - self.start] + int(others) - self.lost.get(index, 0)

    def verdict_of(self, index: int, uid: str) -> Verdict:
        """What became of this device's share of the message at `index`."""
        found = self.by_device.get(index, {}).get(uid)
        if found is None:
            found = Verdict(index in self.rejected, [], self.readings_of(index))
        return found

    def losers(self, conflicts: store.Conflicts) -> dict[int, list[int]]:
        """By message: the series of its readings that lost a conflict."""
        found: dict[int, list[int]] = {}
        first = 0
        for index, count in enumerate(self.counts, self.start):
            numbers, texts = self.spans.get(index, (slice(first, first + count), slice(0, 0)))
            first += count
            lost = [self.batch.series_ids[row] for row in _within(numbers, conflicts.numbers)]
            lost += [self.batch.texts[row][0] for row in _within(texts, conflicts.texts)]
            if lost:
                found[index] = [int(series_id) for series_id in lost]
        return found

    def new_columns(self, written: store.Written, *, all_of_it: bool = False) -> Columns:
        """The readings that were not stored before, each once: what the store has now. `all_of_it`:
        those that were stored before as well."""
        batch = self.batch
        columns = Columns.of(batch.series_ids, batch.times_us, batch.values, batch.texts)
        if written.inserted == self.readings:
            return columns
        seen = set() if all_of_it else set(written.repeated)
        lost = set(written.conflicts.numbers)
        kept = [
            row
            for place, row in enumerate(columns.numbers())
            if place not in lost and _is_new(row[:2], seen)
        ]
        lost = set(written.conflicts.texts)
        texts: list[Text] = [
            text
            for row, text in enumerate(batch.texts)
            if row not in lost and _is_new(text[:2], seen)
        ]
        series_ids, times_us, values = zip(*kept, strict=True) if kept else ((), (), ())
        return Columns.of(series_ids, times_us, values, texts)


def _within(span: slice, rows: list[int]) -> list[int]:
    """Those of the sorted rows that lie in the span."""
    return rows[bisect_left(rows, span.start) : bisect_left(rows, span.stop)]


def _is_new(key: Key, seen: set[Key]) -> bool:
    """Whether it was not seen before; now it was."""
    if key in seen:
        return False
    seen.add(key)
    return True


class Committed(NamedTuple):
    """Rows that are durable now."""

    rows: Rows
    result: store.Written
    duplicates: set[int]  # messages that brought nothing new
    changed_series: list[SeriesRow]  # made, or of another kind now; or by rows given up before

    @classmethod
    def of(cls, rows: Rows, result: store.Written, changed: list[SeriesRow]) -> Committed:
        return cls(rows, result, rows.duplicates(result), changed)

    def result_counts(self) -> BatchResult:
        """How the messages ended."""
        duplicate, rejected = len(self.duplicates), len(self.rows.rejected)
        total = self.rows.stop - self.rows.start
        return BatchResult(total - duplicate - rejected, duplicate, rejected)
