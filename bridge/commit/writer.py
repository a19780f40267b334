"""The writer thread: takes batches in order and makes them durable, in the database or the spool.

A batch goes to the database while that answers in time and nothing waits in the spool. Otherwise it
goes to the spool, behind what waits there. Either way it is acknowledged to the broker after that.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from bridge.commit.committer import TICK, Committer
from bridge.commit.inbox import BatchResult, Inbox
from bridge.commit.request import CommitRequest
from bridge.commit.rows import RowBuilder
from bridge.commit.spool import Spool, SpoolTrouble
from bridge.intake.batch import Batch
from bridge.mqtt.outbound import Outbound
from bridge.publish.live import LivePublisher
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds a batch may take in the database before it goes to the spool
SPOOL_RETRY = 0.5  # seconds between looks at whether the spool takes messages again
STOP_WITHIN = 10.0  # seconds for the batch in hand


@dataclass(slots=True)
class WriterCounters:
    """Written by the writer thread only."""

    spool_bytes: int = 0  # now
    spool_full: int = 0  # now, 0 or 1: the spool does not take what should go there


class Writer(WorkingThread):
    """Finishes the batches of the inbox until stopped."""

    def __init__(
        self,
        inbox: Inbox,
        outbound: Outbound,
        *,
        committer: Committer,
        spool: Spool,
        publisher: LivePublisher,
    ) -> None:
        super().__init__("writer")
        self.counters = WriterCounters()
        self._inbox = inbox
        self._outbound = outbound
        self._committer = committer
        self._spool = spool
        self._live = publisher
        self._in_hand_since: float | None = None  # monotonic seconds

    def stop(self) -> None:
        """Finish the batch in hand, then end. Joins the thread."""
        self.stopping.set()
        self._inbox.close()
        self.join(STOP_WITHIN)

    def holds_for(self) -> float:
        """The seconds the batch in hand has been neither stored nor spooled. Any thread may ask."""
        since = self._in_hand_since
        return time.monotonic() - since if since is not None else 0.0

    def work(self) -> None:
        # Before the caches are there a redelivery could not be told from a new message, so nothing
        # is taken; what the broker has sent waits unacknowledged.
        while not self._committer.prepared.wait(TICK):
            self.turn()
            if self.stopping.is_set():
                return
        rows = self._committer.transaction.rows
        while not self.stopping.is_set():
            self.turn()
            batch = self._inbox.take(TICK)
            if batch is not None:
                self._in_hand_since = self._in_hand_since or time.monotonic()
                if self._finish(batch, rows):
                    self._in_hand_since = None
            self.counters.spool_bytes = self._spool.size

    def _finish(self, batch: Batch, rows: RowBuilder) -> bool:
        """Make the batch durable and acknowledge it. False when told to stop before that: then it
        stays unacknowledged, and the broker keeps it."""
        request: CommitRequest | None = None
        while True:
            self.turn()
            if (request is None or request.came_to_nothing) and not self._spool.messages:
                request = self._committer.requests.give(batch, PATIENCE)
            ended = request.ended if request is not None else None
            if ended is None:
                ended = self._keep(batch, request, rows)
            if ended is not None:
                break
            if self.stopping.wait(SPOOL_RETRY):
                return False
        self._note_spool("")
        self._outbound.acknowledge(batch.generation, batch.acknowledgements(), batch.serial)
        self._inbox.finish(batch, ended)
        return True

    def _keep(
        self, batch: Batch, request: CommitRequest | None, rows: RowBuilder
    ) -> BatchResult | None:
        """Put the batch into the spool, unless its commit has ended after all. None when the spool
        does not take it."""
        if not self._spool.messages:
            logger.warning(
                "the database is away or too slow: messages go to %s",
                self._spool.path,
                extra={"action": "spooling"},
            )
        try:
            late = self._committer.requests.keep(request, lambda: self._spool.append(batch))
        except SpoolTrouble as exc:
            self._note_spool(str(exc))
            return None
        if late is not None:
            return late
        self._live.offer(rows.known.columns(batch))
        self._live.hear(rows.known.heard(batch))
        return BatchResult(spooled=len(batch.messages))

    def _note_spool(self, trouble: str) -> None:
        if trouble and not self.counters.spool_full:
            logger.error(
                "spool full, no more messages are acknowledged: %s",
                trouble,
                extra={"action": "spool_full"},
            )
        self.counters.spool_full = int(bool(trouble))
