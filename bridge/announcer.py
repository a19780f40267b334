"""After COMMIT: what everyone else gets to know of settled rows.

One copy for every way in. Owned by the thread that commits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice

from bridge import events
from bridge.batch_rows import Rows
from bridge.inbox import Batch
from bridge.live import Columns, LivePublisher
from bridge.verdicts import Verdicts
from telemetry import store

SMALLEST_SHARE = 50  # devices written at once even where their share is smaller


@dataclass(slots=True)
class CommitCounters:
    """Written by the thread that commits, and by no other."""

    partial: int = 0
    presence: int = 0
    readings_stored: int = 0
    readings_duplicate: int = 0
    values_dropped: int = 0
    clock_replaced: int = 0
    batches: int = 0
    last_commit_ms: int = 0
    database_up: int = 1


class Announcer:
    """Counts what was committed, and hands it to the dashboards and the log of messages."""

    def __init__(
        self, counters: CommitCounters, publisher: LivePublisher, verdicts: Verdicts
    ) -> None:
        self._counters = counters
        self._live = publisher
        self._verdicts = verdicts
        self._seen: dict[int, tuple[int, int]] = {}

    def announce(self, batch: Batch, rows: Rows, result: store.Written, *, live: bool) -> None:
        """Tell of rows that are durable now; `live`: their readings as well, which are news."""
        counters, data = self._counters, rows.batch
        counters.readings_stored += result.inserted
        counters.readings_duplicate += rows.readings - result.inserted
        counters.values_dropped += rows.values_dropped
        counters.clock_replaced += rows.clock_replaced
        counters.partial += rows.partial()
        counters.presence += rows.statuses
        for device_id, (at, replaced) in rows.seen.items():
            before = self._seen.get(device_id, (0, 0))
            self._seen[device_id] = (max(at, before[0]), max(replaced, before[1]))
        for event in events.of_rows(rows, result):
            self._live.tell(event)
        if live:
            self._live.offer(
                Columns(data.series_ids, data.times_ms, data.values, data.texts)
                if not result.repeated
                else rows.new_columns(result.repeated)
            )
        self._verdicts.add(batch, rows, rows.duplicates(result))

    def write_seen(self, share: float = 1.0) -> None:
        """Store when devices were heard since the last time, or of a share of them: a thousand rows
        at once would hold up the next batch. Raises what the database raises."""
        if self._seen:
            size = max(SMALLEST_SHARE, math.ceil(len(self._seen) * share))
            chosen = dict(islice(self._seen.items(), size))
            store.write_seen(chosen)
            for device_id in chosen:
                del self._seen[device_id]
