"""The writer thread: takes batches in order and makes them durable, in the database or the spool.

A batch goes to the database while that answers in time and nothing waits in the spool; else it goes
to the spool, behind what waits there. Either way it is acknowledged to the broker after that.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from bridge.commit.committer import TICK, Committer
from bridge.commit.inbox import BatchResult, Inbox
from bridge.commit.request import CommitRequest
from bridge.commit.rows import RowBuilder
from bridge.commit.spool import Spool, SpoolFull
from bridge.intake.batch import Batch
from bridge.mqtt.connection import Source
from bridge.publish.live import LivePublisher

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds a batch may take in the database before it goes to the spool
FULL_RETRY = 0.5  # seconds between looks at whether a full spool has room again
STOP_WITHIN = 10.0  # seconds for the batch in hand


@dataclass(slots=True)
class WriterCounters:
    """Written by the writer thread only."""

    spool_bytes: int = 0  # now
    spool_full: int = 0  # now, 0 or 1


class Writer(threading.Thread):
    """Settles the inbox until stopped."""

    def __init__(
        self,
        inbox: Inbox,
        source: Source,
        *,
        committer: Committer,
        spool: Spool,
        publisher: LivePublisher,
    ) -> None:
        super().__init__(name="writer", daemon=True)
        self.counters = WriterCounters()
        self._inbox = inbox
        self._source = source
        self._committer = committer
        self._spool = spool
        self._live = publisher
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the batch in hand, then end. Joins the thread."""
        self._stopping.set()
        self._inbox.close()
        self.join(STOP_WITHIN)

    def run(self) -> None:
        # Before the caches are there a redelivery could not be told from a new message, so nothing
        # is taken; what the broker has sent waits unacknowledged.
        while not self._committer.prepared.wait(TICK):
            if self._stopping.is_set():
                return
        rows = self._committer.transaction.rows
        while not self._stopping.is_set():
            batch = self._inbox.take(TICK)
            if batch is not None:
                self._commit(batch, rows)
            self.counters.spool_bytes = self._spool.size

    def _commit(self, batch: Batch, rows: RowBuilder) -> None:
        job: CommitRequest | None = None
        while True:
            if (job is None or job.came_to_nothing) and not self._spool.messages:
                job = self._committer.requests.give(batch, PATIENCE)
            ended = job.ended if job is not None else None
            if ended is None:
                ended = self._keep(batch, job, rows)
            if ended is not None:
                break
            if self._stopping.wait(FULL_RETRY):
                return  # neither took it: it stays unacknowledged, and the broker keeps it
        self._source.acknowledge(batch.generation, batch.acknowledgements())
        self._inbox.finish(batch, ended)

    def _keep(
        self, batch: Batch, job: CommitRequest | None, rows: RowBuilder
    ) -> BatchResult | None:
        """Put the batch into the spool, unless its job has ended after all; None when that is
        full."""
        if not self._spool.messages:
            logger.warning(
                "the database is away or too slow: messages go to %s",
                self._spool.path,
                extra={"action": "spooling"},
            )
        try:
            late = self._committer.requests.keep(job, lambda: self._spool.append(batch))
        except SpoolFull as exc:
            if not self.counters.spool_full:
                logger.error(
                    "spool full, no more messages are acknowledged: %s",
                    exc,
                    extra={"action": "spool_full"},
                )
            self.counters.spool_full = 1
            return None
        self.counters.spool_full = 0
        if late is not None:
            return late
        self._live.offer(rows.live_columns(batch))
        return BatchResult(spooled=len(batch.messages))
