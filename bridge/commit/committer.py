"""The committer thread: the only one that talks to the database.

It commits the batch the writer hands it, or, when none is handed over, the oldest of the spool.
After COMMIT the dashboards get their live frames and the devices word of what was refused.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bridge.commit.batch_rows import Committed
from bridge.commit.inbox import BatchResult, Inbox
from bridge.commit.request import CommitRequest, CommitRequests
from bridge.commit.spool import Spool, Spooled
from bridge.commit.transaction import BatchTransaction
from bridge.intake.batch import MAX_BATCH_MESSAGES, Batch
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.intake.redelivery import delivery
from bridge.publish.after_commit import AfterCommit, CommitCounters
from bridge.publish.live import LivePublisher
from bridge.publish.outcomes import Outcomes
from telemetry.storage import errors
from telemetry.workers import worker_state
from telemetry.workers.lease import Lease

logger = logging.getLogger(__name__)

R = TypeVar("R")

TICK = 0.25  # seconds to wait for a batch before looking after the rest
STATUS_EVERY = 1.0  # seconds between two writes of counters and of when devices were heard
SEEN_EVERY = 0.1  # seconds between two writes of when a share of the devices was heard
LONGEST_RETRY = 5.0  # seconds between two attempts while the database is away
LEASE_PATIENCE = 10.0  # seconds without the lease of our name before we give up


class Abandoned(Exception):
    """Nobody waits for this work any more: the batch is in the spool, or the process ends."""


class Committer(threading.Thread):
    """Owns the database connection, and the caches that need it."""

    def __init__(
        self,
        name: str,
        *,
        inbox: Inbox,
        spool: Spool,
        publisher: LivePublisher,
        outcomes: Outcomes,
        memory: Memory,
        write_status: Callable[[], None],
    ) -> None:
        """`write_status` is called about once a second, with a database that answers."""
        super().__init__(name="committer", daemon=True)
        self.requests = CommitRequests()
        self.counters = CommitCounters()
        self._after_commit = AfterCommit(self.counters, publisher, outcomes)
        self.prepared = threading.Event()
        self.known_before = False  # whether a worker of this name has run on this database
        self.evicted = threading.Event()  # another process runs under our name
        self._worker = name
        self._lease = Lease(name)
        self._leased_at = time.monotonic()
        self._inbox = inbox
        self._spool = spool
        self._live = publisher
        self._memory = memory
        self.transaction = BatchTransaction(name, memory, self.counters)
        self._spool_intake = Intake(memory)
        self._write_status = write_status
        self._stopping = threading.Event()
        self._status_due = self._seen_due = 0.0
        self._drained = 0

    def stop(self) -> None:
        """End after the work in hand, if the database lets it. Joins the thread."""
        self._stopping.set()
        self.requests.wake()
        self.join(2 * LONGEST_RETRY)

    def run(self) -> None:
        try:
            self._retry(None, self._prepare)
            self.prepared.set()
            while not self._stopping.is_set():
                job = self.requests.look(0 if self._spool.messages else TICK)
                try:
                    if job is not None:
                        self._do(job)
                    elif self._spool.messages:
                        self._drain_one()
                    if time.monotonic() >= self._seen_due:
                        self._look_after_the_rest()
                except Abandoned:
                    continue
            self._look_after_the_rest(ending=True)
        except Abandoned:
            pass
        finally:
            errors.reset_connection()

    def _prepare(self) -> None:
        """What a restart must know: devices, series, and what the broker may deliver again."""
        while not self._holds_lease():
            if self._stopping.wait(TICK):
                raise Abandoned
        self.known_before = worker_state.is_known(self._worker)
        self._memory.series.load_all()
        self._memory.registry.refresh(time.time())
        self._memory.deliveries.load(worker_state.load_deliveries(self._worker))
        for entry in self._spool.walk():
            self._memory.deliveries.remember(
                delivery(message, stamp)
                for message, stamp in zip(entry.messages, entry.stamps, strict=True)
                if stamp and message.mid
            )

    def _holds_lease(self) -> bool:
        """Whether we may write under our name. Said to be not so only after a while, in which the
        server may still find out that the connection that had it is gone."""
        if self._lease.hold():
            self._leased_at = time.monotonic()
            return True
        if time.monotonic() - self._leased_at > LEASE_PATIENCE and not self._stopping.is_set():
            self._stopping.set()
            self.evicted.set()
        return False

    def _do(self, job: CommitRequest) -> None:
        ended = None
        try:
            ended, committed = self._commit(job.batch, job)
        finally:
            entry = self.requests.finish(job, ended)
        if entry is not None:
            self._spool.forget(entry)
            self._leaves_spool(ended)
        for done in committed:  # live it was shown when it was spooled
            self._after_commit.announce(job.batch, done, live=entry is None)

    def _commit(
        self, batch: Batch, job: CommitRequest | None
    ) -> tuple[BatchResult, list[Committed]]:
        """Make every message of the batch durable, one way or another; what is to be announced."""
        ended = BatchResult()
        committed = []
        for done in self.transaction.commit(batch, partial(self._retry, job)):
            ended.add(done.result_counts())
            committed.append(done)
        return ended, committed

    def _retry(self, job: CommitRequest | None, work: Callable[[], R]) -> R:
        """The result of `work`, tried until it ends well or can never.

        Raises the database's error if it is not temporary, `Abandoned` when there is no more
        reason to try: the job is given up, or the process ends.
        """
        tries = 0
        while True:
            try:
                result = work()
            except errors.ERRORS as exc:
                errors.reset_connection()
                if not errors.is_temporary(exc):
                    raise
                self._database_is(up=False, because=exc)
            else:
                self._database_is(up=True)
                return result
            tries = min(tries + 1, 10)
            delay = random.uniform(0, min(LONGEST_RETRY, 0.1 * 2**tries))  # noqa: S311  (jitter)
            if self._stopping.wait(delay) or (job is not None and job.given_up):
                raise Abandoned

    def _database_is(self, *, up: bool, because: BaseException | None = None) -> None:
        if up and not self.counters.database_up:
            logger.info("database back", extra={"action": "database_up"})
        elif not up and self.counters.database_up:
            logger.error("database away: %s", because, extra={"action": "database_down"})
        self.counters.database_up = int(up)

    def _drain_one(self) -> None:
        """Store the oldest entries of the spool and forget them."""
        spooled = self._spool.oldest(MAX_BATCH_MESSAGES)
        if spooled is None:
            return
        ended = self._commit_spooled(spooled)
        self._spool.remove(spooled)
        self._leaves_spool(ended)

    def _leaves_spool(self, ended: BatchResult) -> None:
        self._inbox.unspool(ended)
        self._drained += ended.total()
        if not self._spool.messages:
            logger.info(
                "spool drained, %d messages", self._drained, extra={"action": "spool_drained"}
            )
            self._drained = 0
            self._live.skip()

    def _commit_spooled(self, spooled: Spooled) -> BatchResult:
        if spooled.entry is None:
            logger.error(
                "spool entry %d is damaged: %d messages set aside in the table `damaged` of %s",
                spooled.last_id,
                spooled.messages,
                self._spool.path,
                extra={"action": "spool_damaged"},
            )
            return BatchResult(rejected=spooled.messages)
        given = enumerate(spooled.entry.stamps)
        stamps = {index: stamp for index, stamp in given if stamp is not None}
        batch = self._spool_intake.batch(0, spooled.entry.messages, stamps)
        ended, committed = self._commit(batch, None)
        for done in committed:  # live it was shown when it was spooled
            self._after_commit.announce(batch, done, live=False)
        return ended

    def _look_after_the_rest(self, *, ending: bool = False) -> None:
        """When devices were heard, a share of them at a time; counters and changes of devices once
        a second."""
        self._seen_due = time.monotonic() + SEEN_EVERY
        try:
            self._after_commit.write_seen(1.0 if ending else SEEN_EVERY / STATUS_EVERY)
            if ending or time.monotonic() >= self._status_due:
                self._status_due = time.monotonic() + STATUS_EVERY
                self._holds_lease()
                self._write_status()
                self.transaction.refresh()
            self._database_is(up=True)
        except errors.ERRORS as exc:
            errors.reset_connection()
            self._database_is(up=False, because=exc)
            # Without a database there is no telling; the patience starts when it is back.
            self._leased_at = time.monotonic()
