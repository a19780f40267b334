"""A batch of readings, and what is left of it where operators closed ranges. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.storage import merge, presence
from telemetry.storage.closed import Closed
from telemetry.storage.quarantined import Quarantined

Column = list[Any] | NDArray[Any]


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
    is_imported: bool = False  # from a file: `commit_log.Commit`

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
    """Rows of the batch, from 0, that were not stored: another value has their place, or an
    operator closed it."""

    numbers: list[int]
    texts: list[int]
    closed_numbers: frozenset[int] = frozenset()  # of `numbers`, those whose place is closed
    closed_texts: frozenset[int] = frozenset()

    def apart(self) -> tuple[Conflicts, Conflicts]:
        """Those whose place is closed, and the others."""
        return (
            Conflicts(sorted(self.closed_numbers), sorted(self.closed_texts)),
            Conflicts(
                [row for row in self.numbers if row not in self.closed_numbers],
                [row for row in self.texts if row not in self.closed_texts],
            ),
        )


class Sifted(NamedTuple):
    """A batch without what is closed."""

    batch: Batch
    closed: Conflicts  # rows of the whole batch
    numbers: NDArray[np.intp] | None = None  # of each row left, its row of the whole batch
    texts: NDArray[np.intp] | None = None

    def order(self, order: merge.Order | None) -> merge.Order | None:
        """Of the rows that are left; given that of the whole batch."""
        if order is None or self.numbers is None or self.texts is None:
            return order
        return merge.Order(
            [order.numbers[row] for row in self.numbers.tolist()],
            [order.texts[row] for row in self.texts.tolist()],
        )

    def conflicts(self, found: merge.Merged) -> Conflicts:
        """Rows of the whole batch that were not stored; `found` has those of what is left."""
        if self.numbers is None or self.texts is None:
            return Conflicts(found.numbers, found.texts)
        return self.closed._replace(
            numbers=sorted({*self.closed.closed_numbers, *self.numbers[found.numbers].tolist()}),
            texts=sorted({*self.closed.closed_texts, *self.texts[found.texts].tolist()}),
        )


def sift(batch: Batch, closed: Closed) -> Sifted:
    """Take out the readings whose place is closed."""
    nothing = Sifted(batch, Conflicts([], []))
    if not len(closed.series_ids):
        return nothing
    series_ids, times_us = np.asarray(batch.series_ids), np.asarray(batch.times_us)
    numbers = closed.rows(series_ids, times_us)
    of_texts = np.array([row[:2] for row in batch.texts], np.int64).reshape(-1, 2)
    texts = closed.rows(of_texts[:, 0], of_texts[:, 1])
    if not (numbers.any() or texts.any()):
        return nothing
    kept, kept_texts = np.flatnonzero(~numbers), np.flatnonzero(~texts)
    left = replace(
        batch,
        series_ids=series_ids[kept],
        times_us=times_us[kept],
        values=np.asarray(batch.values)[kept],
        texts=[batch.texts[row] for row in kept_texts.tolist()],
    )
    out = (frozenset(np.flatnonzero(each).tolist()) for each in (numbers, texts))
    return Sifted(left, Conflicts([], [], *out), kept, kept_texts)
