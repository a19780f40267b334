"""The writer thread: batches become rows, rows are committed, and only then anything else happens.

After COMMIT, in this order: the broker gets its acknowledgements and the books are closed, the
dashboards get their live frames, the devices word of what was refused.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from django.db import Error as DjangoDatabaseError
from psycopg import Error as DriverError

from bridge import events
from bridge.decode.items import Problem, Reason
from bridge.deliveries import Deliveries
from bridge.inbox import Batch, Inbox, Settled
from bridge.live import Columns, LivePublisher
from bridge.rows import RowBuilder, Rows
from bridge.source import KEEPALIVE, Source
from bridge.verdicts import Verdicts
from devices.registry import Registry
from telemetry import live, store
from telemetry.series_registry import SeriesRegistry

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TICK = 0.25  # seconds the writer waits for a batch before it looks after the rest
STATUS_EVERY = 1.0  # seconds between two writes of counters and of when devices were heard
LONGEST_RETRY = 5.0  # seconds between two attempts to commit the same batch
MAX_DETAIL = 500  # characters of a database error that are kept
DELIVERIES_KEPT = 20 * KEEPALIVE  # seconds; by then a live connection has carried every ack over


class Stopped(Exception):
    """The batch in hand will not be durable in this process: leave it to the broker."""


@dataclass(slots=True)
class WriterCounters:
    """Written by the writer thread only."""

    partial: int = 0
    presence: int = 0
    readings_stored: int = 0
    readings_duplicate: int = 0
    values_dropped: int = 0
    clock_replaced: int = 0
    batches: int = 0
    last_commit_ms: int = 0
    database_up: int = 1


class Writer(threading.Thread):
    """Takes batches from the inbox until stopped."""

    def __init__(
        self,
        name: str,
        inbox: Inbox,
        source: Source,
        publisher: LivePublisher,
        series: SeriesRegistry,
    ) -> None:
        super().__init__(name="writer", daemon=True)
        self.counters = WriterCounters()
        self._worker = name
        self._began = datetime.now(UTC)
        self._inbox = inbox
        self._source = source
        self._live = publisher
        self._verdicts = Verdicts(source.notify)
        self._registry = Registry()
        self._series = series
        self._rows: RowBuilder | None = None
        self._seen: dict[int, tuple[int, int]] = {}
        self._stopping = threading.Event()
        self._status_due = 0.0

    def stop(self) -> None:
        """Finish the batch in hand if the database lets it, then end. Joins the thread."""
        self._stopping.set()
        self._inbox.close()
        self.join(2 * LONGEST_RETRY)

    def run(self) -> None:
        self._verdicts.start()
        try:
            self._rows = self._retry(self._prepare)
            while not self._stopping.is_set():
                batch = self._inbox.take(TICK)
                if batch is not None:
                    self._settle(batch, self._rows)
                if time.monotonic() >= self._status_due:
                    self._write_status()
        except Stopped:
            logger.warning("stopped with messages not stored; the broker keeps them")
        finally:
            self._write_status()
            self._verdicts.stop()
            store.reset_connection()

    def _prepare(self) -> RowBuilder:
        """What a restart must know: the series, and what the broker may deliver again."""
        self._series.load_all()
        self._registry.refresh(time.time())
        deliveries = Deliveries(store.load_deliveries(self._worker))
        return RowBuilder(self._registry, self._series, deliveries)

    def _settle(self, batch: Batch, builder: RowBuilder) -> None:
        """Make every message of the batch durable, one way or another, and say so."""
        stamps = builder.stamp(batch)
        ended = Settled()
        written = []
        waiting = [(0, len(batch.messages))]
        while waiting:
            start, stop = waiting.pop()
            try:
                rows, result = self._retry(self._commit, builder, batch, stamps, start, stop)
            except (DjangoDatabaseError, DriverError) as exc:
                if stop - start > 1:
                    # Some row can never be stored: halve until it stands alone. The later half
                    # goes first on the stack, so that messages keep their order.
                    middle = (start + stop) // 2
                    waiting += [(middle, stop), (start, middle)]
                    continue
                rows, result = self._retry(self._refuse, builder, batch, start, str(exc))
            part = rows.settled(result)
            ended.stored += part.stored
            ended.duplicate += part.duplicate
            ended.rejected += part.rejected
            written.append((rows, result))
        self._source.acknowledge(batch.generation, batch.acknowledgements())
        self._inbox.settle(batch, ended)
        for rows, result in written:
            self._announce(batch, rows, result)

    def _commit(
        self, builder: RowBuilder, batch: Batch, stamps: list[int | None], start: int, stop: int
    ) -> tuple[Rows, store.Written]:
        self._registry.refresh(time.time())
        rows = builder.build(batch, stamps, start, stop)
        began = time.monotonic()
        result = store.write(rows.batch, self._worker)
        self.counters.last_commit_ms = round((time.monotonic() - began) * 1000)
        self.counters.batches += 1
        return rows, result

    def _refuse(
        self, builder: RowBuilder, batch: Batch, index: int, error: str
    ) -> tuple[Rows, store.Written]:
        """Quarantine the one message the database will not take."""
        problem = Problem(Reason.STORE_REJECTED, error.splitlines()[0][:MAX_DETAIL])
        rows = builder.refused(batch, index, problem)
        return rows, store.write(rows.batch, self._worker)

    def _retry(self, attempt: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `attempt(…)`, tried until it ends well or can never.

        Raises the database's error if it is not temporary, `Stopped` when told to stop meanwhile.
        """
        tries = 0
        while True:
            try:
                result = attempt(*args, **kwargs)
            except (DjangoDatabaseError, DriverError) as exc:
                store.reset_connection()
                if not store.is_temporary(exc):
                    raise
                if self.counters.database_up:
                    logger.error(
                        "database away, messages wait: %s", exc, extra={"action": "database_down"}
                    )
                self.counters.database_up = 0
                self._tell_pipeline()
            else:
                if not self.counters.database_up:
                    logger.info("database back", extra={"action": "database_up"})
                self.counters.database_up = 1
                return result
            tries = min(tries + 1, 10)
            delay = random.uniform(0, min(LONGEST_RETRY, 0.1 * 2**tries))  # noqa: S311  (jitter)
            if self._stopping.wait(delay):
                raise Stopped

    def _announce(self, batch: Batch, rows: Rows, result: store.Written) -> None:
        """Tell everyone else what is now durable."""
        counters, data = self.counters, rows.batch
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
        self._live.offer(
            Columns(data.series_ids, data.times_ms, data.values, data.texts)
            if not result.repeated
            else rows.new_columns(result.repeated)
        )
        self._verdicts.add(batch, rows, rows.duplicates(result))

    def _write_status(self) -> None:
        """Once a second: counters, when devices were heard, deliveries past recall."""
        self._status_due = time.monotonic() + STATUS_EVERY
        self._tell_pipeline()
        try:
            if self._seen:
                store.write_seen(self._seen)
                self._seen = {}
            store.write_worker(self._worker, self._began, self.snapshot())
            since = self._source.connected_since
            if since is not None and time.monotonic() - since > DELIVERIES_KEPT:
                store.forget_deliveries(self._worker, DELIVERIES_KEPT)
            self._registry.refresh(time.time())
            self.counters.database_up = 1
        except (DjangoDatabaseError, DriverError) as exc:
            store.reset_connection()
            if self.counters.database_up:
                logger.error("status not written: %s", exc, extra={"action": "database_down"})
            self.counters.database_up = 0

    def _tell_pipeline(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        self._live.tell(
            live.event("pipeline", worker=self._worker, at=now_ms, counters=self.snapshot())
        )

    def snapshot(self) -> dict[str, int]:
        """All counters of this worker; docs/live-protocol.md names them."""
        oldest = self._inbox.oldest_received_ms()
        now_ms = time.time_ns() // 1_000_000
        source, publisher, writer = self._source.counters, self._live.counters, self.counters
        return {
            **self._inbox.books(),
            **{name: getattr(writer, name) for name in WriterCounters.__slots__},
            "connected": source.connected,
            "reconnects": source.reconnects,
            "session_lost": source.session_lost,
            "lag_ms": max(0, now_ms - oldest) if oldest is not None else 0,
            "live_frames": publisher.frames,
            "live_dropped": publisher.dropped,
        }
