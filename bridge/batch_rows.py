"""The rows of one transaction and what became of each message they came from.

Made by `bridge.rows`; read by whoever announces what was committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.decode.items import Problem
from bridge.inbox import Settled
from bridge.live import Columns
from telemetry import store
from telemetry.series_registry import NewSeries


@dataclass(slots=True)
class Rows:
    """Rows of the messages `start` to `stop` of a batch, and what they mean for each."""

    start: int
    stop: int
    batch: store.Batch = field(default_factory=store.Batch)
    problems: dict[int, Problem] = field(default_factory=dict)  # first one by message index
    rejected: set[int] = field(default_factory=set)
    ends: list[tuple[int, int]] = field(default_factory=list)  # per message: readings, texts so far
    seen: dict[int, tuple[int, int]] = field(default_factory=dict)  # device: heard, clock replaced
    uids: dict[int, str] = field(default_factory=dict)  # of the devices that spoke
    new_series: list[NewSeries] = field(default_factory=list)
    values_dropped: int = 0
    clock_replaced: int = 0
    statuses: int = 0

    def partial(self) -> int:
        """Messages of which something was stored and something was not."""
        return len(self.problems.keys() - self.rejected)

    @property
    def readings(self) -> int:
        return len(self.batch.series_ids) + len(self.batch.texts)

    def duplicates(self, written: store.Written) -> set[int]:
        """Messages of which every reading was stored before, or earlier in this batch."""
        if written.inserted == self.readings:
            return set()
        keys = list(zip(self.batch.series_ids, self.batch.times_ms, strict=True))
        texts = [(series_id, at) for series_id, at, _ in self.batch.texts]
        known = set(written.repeated)
        found: set[int] = set()
        number = text = 0
        for index, (number_end, text_end) in enumerate(self.ends, self.start):
            mine = keys[number:number_end] + texts[text:text_end]
            number, text = number_end, text_end
            if mine and known.issuperset(mine):
                found.add(index)
            known.update(mine)
        return found - self.rejected

    def readings_of(self, index: int) -> int:
        """How many readings the message at `index` of the batch became."""
        at = index - self.start
        before = self.ends[at - 1] if at > 0 else (0, 0)
        here = self.ends[at] if at < len(self.ends) else before
        return sum(here) - sum(before)

    def new_columns(self, repeated: set[tuple[int, int]]) -> Columns:
        """The readings that were not stored before."""
        batch = self.batch
        numbers = zip(batch.series_ids, batch.times_ms, batch.values, strict=True)
        kept = [row for row in numbers if (row[0], row[1]) not in repeated]
        columns = [list(column) for column in zip(*kept, strict=True)] or [[], [], []]
        texts = [row for row in batch.texts if (row[0], row[1]) not in repeated]
        return Columns(columns[0], columns[1], columns[2], texts)

    def settled(self, written: store.Written) -> Settled:
        duplicate = len(self.duplicates(written))
        rejected = len(self.rejected)
        total = self.stop - self.start
        return Settled(total - duplicate - rejected, duplicate, rejected)
