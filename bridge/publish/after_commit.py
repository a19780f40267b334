"""After COMMIT: what everyone else gets to know of committed rows.

One copy for every way in. Owned by the thread that commits.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bridge.commit.batch_rows import Committed
from bridge.intake.batch import Batch
from bridge.publish import events
from bridge.publish.live import LivePublisher
from bridge.publish.outcomes import Outcomes
from devices.clock import now_us
from devices.registry import Registry
from telemetry.storage import presence, store
from telemetry.storage.presence import Absence, Heard

logger = logging.getLogger(__name__)

SMALLEST_SHARE = 50  # devices written at once even where their share is smaller
SOON_US = (
    2_000_000  # what comes later than this after it was received waited; no device is late sooner
)
MAX_ABSENCES = 100_000  # not written yet


@dataclass(slots=True)
class CommitCounters:
    """Written by the thread that commits, and by no other."""

    partial: int = 0
    presence: int = 0
    readings_stored: int = 0
    readings_duplicate: int = 0
    conflicts: int = 0
    values_dropped: int = 0
    clock_replaced: int = 0
    over_limit: int = 0
    not_remembered: int = 0
    batches: int = 0
    last_commit_ms: int = 0
    newest_reading_ms: int = 0  # Unix time of the newest stored reading, 0 before the first
    database_up: int = 1


class AfterCommit:
    """Counts what was committed, and hands it to the dashboards and the log of messages."""

    def __init__(
        self,
        counters: CommitCounters,
        publisher: LivePublisher,
        outcomes: Outcomes,
        registry: Registry,
    ) -> None:
        self._counters = counters
        self._registry = registry
        self._live = publisher
        self._outcomes = outcomes
        self._heard: dict[int, Heard] = {}  # by device id; not written yet
        self._first: dict[int, Heard] = {}  # of these, when each was heard first
        self._absences: list[Absence] = []  # between these two
        self._clock_replaced: dict[int, int] = {}  # of some of these

    def announce(self, batch: Batch, done: Committed, *, live: bool) -> None:
        """Tell of rows that are durable now; `live`: their readings as well, which are news.

        Never raises: what is committed must not be taken for what is not.
        """
        try:
            self._announce(batch, done, live=live)
        except Exception:
            logger.exception("committed rows not announced", extra={"action": "announce_failed"})

    def _announce(self, batch: Batch, done: Committed, *, live: bool) -> None:
        counters, rows, result = self._counters, done.rows, done.result
        counters.readings_stored += result.inserted
        conflicts = sum(map(len, result.conflicts))
        counters.readings_duplicate += rows.readings - result.inserted - conflicts
        counters.conflicts += conflicts
        counters.values_dropped += rows.values_dropped
        counters.clock_replaced += rows.clocks_replaced
        counters.over_limit += rows.over_limit
        counters.not_remembered += rows.not_remembered()
        counters.partial += rows.partial()
        counters.presence += rows.statuses
        self._note_newest(rows.batch.times_us)
        self._take_heard(rows.heard)
        self._clock_replaced |= rows.clock_replaced
        for event in events.of_committed(done, self._registry):
            self._live.tell(event)
        if live:
            # Of what was sent before, an attempt may have committed that nobody was told of.
            self._live.offer(rows.new_columns(result, all_of_it=rows.batch.again))
            self._outcomes.ask(rows.requests)
        self._outcomes.add(batch, rows, done.duplicates)

    def _take_heard(self, heard: dict[int, Heard]) -> None:
        """What waited for the database comes in minutes to the second: between two writes of when a
        device was heard it may have been away. At the usual pace there is nothing to look for."""
        if not heard:
            return
        received_us, _ = next(iter(heard.values()))
        if now_us() - received_us > SOON_US:
            for device_id, (at, _) in heard.items():
                before = self._heard.get(device_id)
                if before is not None and at - before[0] > SOON_US:
                    self._absences.append((device_id, before[0], at))
            del self._absences[:-MAX_ABSENCES]
        for device_id, each in heard.items():
            self._first.setdefault(device_id, each)
        self._heard |= heard

    def _note_newest(self, times_us: store.Column) -> None:
        """A time ahead of the clock would hide that nothing newer comes."""
        times = np.asarray(times_us)
        past = times[times <= now_us()]
        if past.size:
            newest = int(past.max()) // 1_000
            self._counters.newest_reading_ms = max(self._counters.newest_reading_ms, newest)

    def write_seen(self, share: float = 1.0) -> None:
        """Store when devices were heard since the last time, or of a share of them: a thousand rows
        at once would hold up the next batch. Raises what the database raises."""
        if self._heard:
            size = max(SMALLEST_SHARE, math.ceil(len(self._heard) * share))
            chosen = dict(islice(self._heard.items(), size))
            self._live.hear(presence.write_seen(chosen, self._clock_replaced, self._first))
            for device_id in chosen:
                del self._heard[device_id]
                self._first.pop(device_id, None)
                self._clock_replaced.pop(device_id, None)
        if self._absences:
            presence.note_absences(self._absences)
            self._absences.clear()
