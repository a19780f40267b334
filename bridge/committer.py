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
from typing import ParamSpec, TypeVar

from bridge.announcer import Announcer, CommitCounters
from bridge.decode import Decoder
from bridge.decode.items import Problem, Reason
from bridge.deliveries import Deliveries, delivery
from bridge.handover import Handover, Job
from bridge.inbox import MAX_BATCH_MESSAGES, Batch, Inbox, Settled
from bridge.live import LivePublisher
from bridge.rows import RowBuilder, Rows
from bridge.spool import Spool, Spooled
from bridge.verdicts import Verdicts
from devices.registry import Registry
from telemetry import store
from telemetry.lease import Lease
from telemetry.series_registry import SeriesRegistry

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TICK = 0.25  # seconds to wait for a batch before looking after the rest
STATUS_EVERY = 1.0  # seconds between two writes of counters and of when devices were heard
SEEN_EVERY = 0.25  # seconds between two writes of when a share of the devices was heard
LONGEST_RETRY = 5.0  # seconds between two attempts while the database is away
LEASE_PATIENCE = 10.0  # seconds without the lease of our name before we give up
MAX_DETAIL = 500  # characters of a database error that are kept


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
        verdicts: Verdicts,
        series: SeriesRegistry,
        write_status: Callable[[], None],
    ) -> None:
        """`write_status` is called about once a second, with a database that answers."""
        super().__init__(name="committer", daemon=True)
        self.handover = Handover()
        self.counters = CommitCounters()
        self._announcer = Announcer(self.counters, publisher, verdicts)
        self.prepared = threading.Event()
        self.known_before = False  # whether a worker of this name has run on this database
        self.evicted = threading.Event()  # another process runs under our name
        self._worker = name
        self._lease = Lease(name)
        self._leased_at = time.monotonic()
        self._inbox = inbox
        self._spool = spool
        self._live = publisher
        self.registry = Registry()
        self._series = series
        self._deliveries = Deliveries()
        self.rows = RowBuilder(self.registry, series, self._deliveries)
        self._write_status = write_status
        self._decoder = Decoder()
        self._stopping = threading.Event()
        self._status_due = self._seen_due = 0.0
        self._drained = 0

    def stop(self) -> None:
        """End after the work in hand, if the database lets it. Joins the thread."""
        self._stopping.set()
        self.handover.wake()
        self.join(2 * LONGEST_RETRY)

    def run(self) -> None:
        try:
            self._retry(None, self._prepare)
            self.prepared.set()
            while not self._stopping.is_set():
                job = self.handover.look(0 if self._spool.messages else TICK)
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
            store.reset_connection()

    def _prepare(self) -> None:
        """What a restart must know: devices, series, and what the broker may deliver again."""
        while not self._holds_lease():
            if self._stopping.wait(TICK):
                raise Abandoned
        self.known_before = store.knows_worker(self._worker)
        self._series.load_all()
        self.registry.refresh(time.time())
        self._deliveries.load(store.load_deliveries(self._worker))
        for entry in self._spool.walk():
            self._deliveries.remember(
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

    def _do(self, job: Job) -> None:
        ended = None
        try:
            ended, written = self._settle(job.batch, job.stamps, job)
        finally:
            self.handover.finish(job, ended)
        for rows, result in written:
            self._announcer.announce(job.batch, rows, result, live=True)

    def _settle(
        self, batch: Batch, stamps: list[int | None], job: Job | None
    ) -> tuple[Settled, list[tuple[Rows, store.Written]]]:
        """Make every message of the batch durable, one way or another; what is to be announced."""
        ended = Settled()
        written = []
        waiting = [(0, len(batch.messages))]
        while waiting:
            start, stop = waiting.pop()
            try:
                rows, result = self._retry(job, self._commit, batch, stamps, start, stop)
            except store.ERRORS as exc:
                if stop - start > 1:
                    # Some row can never be stored: halve until it stands alone. The later half
                    # goes first on the stack, so that messages keep their order.
                    middle = (start + stop) // 2
                    waiting += [(middle, stop), (start, middle)]
                    continue
                rows, result = self._retry(job, self._refuse, batch, start, str(exc))
            ended.add(rows.settled(result))
            written.append((rows, result))
        return ended, written

    def _commit(
        self, batch: Batch, stamps: list[int | None], start: int, stop: int
    ) -> tuple[Rows, store.Written]:
        self._refresh()
        rows = self.rows.build(batch, stamps, start, stop)
        began = time.monotonic()
        result = store.write(rows.batch, self._worker)
        self.counters.last_commit_ms = round((time.monotonic() - began) * 1000)
        self.counters.batches += 1
        return rows, result

    def _refresh(self) -> None:
        now = time.time()
        self.registry.refresh(now)
        self._series.refresh(now)

    def _refuse(self, batch: Batch, index: int, error: str) -> tuple[Rows, store.Written]:
        """Quarantine the one message the database will not take."""
        problem = Problem(Reason.STORE_REJECTED, error.splitlines()[0][:MAX_DETAIL])
        rows = self.rows.refused(batch, index, problem)
        return rows, store.write(rows.batch, self._worker)

    def _retry(
        self, job: Job | None, attempt: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The result of `attempt(…)`, tried until it ends well or can never.

        Raises the database's error if it is not temporary, `Abandoned` when there is no more
        reason to try: the job is given up, or the process ends.
        """
        tries = 0
        while True:
            try:
                result = attempt(*args, **kwargs)
            except store.ERRORS as exc:
                store.reset_connection()
                if not store.is_temporary(exc):
                    raise
                self._database_is(up=False, because=exc)
            else:
                self._database_is(up=True)
                return result
            tries = min(tries + 1, 10)
            delay = random.uniform(0, min(LONGEST_RETRY, 0.1 * 2**tries))  # noqa: S311  (jitter)
            if self._stopping.wait(delay) or (job is not None and job.abandoned):
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
        ended = self._settle_spooled(spooled)
        self._spool.remove(spooled)
        self._inbox.unspool(ended)
        self._drained += spooled.messages
        if not self._spool.messages:
            logger.info(
                "spool drained, %d messages", self._drained, extra={"action": "spool_drained"}
            )
            self._drained = 0
            self._live.skip()

    def _settle_spooled(self, spooled: Spooled) -> Settled:
        if spooled.entry is None:
            logger.error(
                "spool entry %d is damaged: %d messages set aside in the table `damaged` of %s",
                spooled.last_id,
                spooled.messages,
                self._spool.path,
                extra={"action": "spool_damaged"},
            )
            return Settled(rejected=spooled.messages)
        messages, stamps = spooled.entry.messages, spooled.entry.stamps
        items = [self._decoder.decode(message) for message in messages]
        batch = Batch(0, messages, items)
        self.rows.restamp(batch, stamps)
        ended, written = self._settle(batch, stamps, None)
        for rows, result in written:  # live it was shown when it was spooled
            self._announcer.announce(batch, rows, result, live=False)
        return ended

    def _look_after_the_rest(self, *, ending: bool = False) -> None:
        """When devices were heard, a share of them at a time; counters and changes of devices once
        a second."""
        self._seen_due = time.monotonic() + SEEN_EVERY
        try:
            self._announcer.write_seen(1.0 if ending else SEEN_EVERY / STATUS_EVERY)
            if ending or time.monotonic() >= self._status_due:
                self._status_due = time.monotonic() + STATUS_EVERY
                self._holds_lease()
                self._write_status()
                self._refresh()
            self._database_is(up=True)
        except store.ERRORS as exc:
            store.reset_connection()
            self._database_is(up=False, because=exc)
            # Without a database there is no telling; the patience starts when it is back.
            self._leased_at = time.monotonic()
