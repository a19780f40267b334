"""The committer thread: the only one of a bridge whose batches reach the database.

It commits the batch the writer asks for, or, when none is asked for, the oldest of the spool. After
COMMIT the dashboards get their live frames, and the devices are told what was refused.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bridge.commit import preparation
from bridge.commit.database_state import DatabaseState
from bridge.commit.drain import Drain
from bridge.commit.held_name import HeldName
from bridge.commit.inbox import BatchResult, Inbox
from bridge.commit.request import CommitRequest, CommitRequests
from bridge.commit.spool import Spool
from bridge.commit.transaction import BatchTransaction, gives_up
from bridge.errors import BridgeError
from bridge.intake.batch import Batch
from bridge.intake.memory import Memory
from bridge.publish.after_commit import AfterCommit, CommitCounters
from bridge.publish.live import LivePublisher
from bridge.publish.outcomes import Outcomes
from devices import clock
from telemetry.storage import errors, role
from telemetry.workers import worker_state
from telemetry.workers.backoff import Backoff
from telemetry.workers.lease import LeaseLost
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

R = TypeVar("R")

TICK = 0.25  # seconds to wait for a batch before looking after the rest
STATUS_EVERY = 1.0  # seconds between two writes of counters and of when devices were heard
SEEN_EVERY = 0.1  # seconds between two writes of when a share of the devices was heard
FIRST_RETRY, LONGEST_RETRY = 0.2, 5.0  # seconds between two attempts while the database is away


class Abandoned(BridgeError):
    """Nobody waits for this work any more: the batch is in the spool, or the process ends."""


class Committer(WorkingThread):
    """Owns a connection to the database, and the caches that need it."""

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
        super().__init__("committer")
        self.requests = CommitRequests()
        self.counters = CommitCounters()
        self.prepared = threading.Event()
        # Told, with the name ours, whether a worker of this name has run on this database.
        self.before_first_batch: Callable[[bool], None] = lambda _known: None
        # Called ten times as often as `write_status`: others wait for as long as somebody floods.
        self.keep_out: Callable[[], None] = lambda: None
        self.database = DatabaseState(self, self.counters)
        self._worker = name
        self._held_name = HeldName(name, spool.owner)
        self.evicted = self._held_name.evicted
        self._inbox = inbox
        self._spool = spool
        self._spool_is_open = False
        self._memory = memory
        self._after_commit = AfterCommit(self.counters, publisher, outcomes, memory.registry)
        self.transaction = BatchTransaction(name, memory, self.counters, self._held_name.lease)
        drained = partial(publisher.refill, "spool_drained")
        self._drain = Drain(inbox, spool, memory, emptied=drained)
        self._write_status = write_status
        self._unprepared = "not loaded yet"
        self._status_due = self._seen_due = 0.0

    def stop(self) -> None:
        """End after the work in hand, if the database lets it. Joins the thread."""
        self.stopping.set()
        self.requests.wake()
        self.join(2 * LONGEST_RETRY)

    def preparation_trouble(self) -> str:
        """What is in the way of the first batch; "" for nothing. Any thread may ask."""
        return "" if self.prepared.is_set() else self._unprepared

    def work(self) -> None:
        if not self.prepared.is_set():
            self._prepare_until_done()
        while not self.stopping.is_set():
            self.turn()
            try:
                request = self.requests.look(0 if self._drain.is_due else TICK)
                if request is not None:
                    self._do(request)
                elif self._drain.is_due:
                    self._drain.one(self._commit_spooled)
                if time.monotonic() >= self._seen_due:
                    self._look_after_the_rest()
            except Abandoned:
                continue

    def leave(self) -> None:
        if self.prepared.is_set() and not self.evicted.is_set():
            self._look_after_the_rest(ending=True)
            if not self.database.complaint:
                self._memory.instants.give_back()  # who stops us stopped the network thread before
                self._held_name.lease.release()
        errors.reset_connection()

    def _prepare_until_done(self) -> None:
        """Nothing is taken before this has worked, so whatever fails is told and tried again."""
        backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        while not self.stopping.is_set():
            self.turn()
            try:
                if self._prepare():
                    self._unprepared = ""
                    self.prepared.set()
                    return
                backoff.reset()
            except Exception as exc:
                errors.reset_connection()
                complaint = errors.complaint(exc)
                if complaint != self._unprepared:
                    logger.error(
                        "not ready to store messages: %s", complaint,
                        exc_info=None if errors.is_temporary(exc) else exc,
                        extra={"action": "not_prepared"},
                    )  # fmt: skip
                self._unprepared = complaint
                self._held_name.cannot_ask()
                if errors.is_temporary(exc):
                    self.database.note(complaint)
            self.stopping.wait(max(TICK, backoff.wait()))

    def _prepare(self) -> bool:
        """Learn what a restart must know: devices, series, and what the broker may deliver again.
        False while another process has our name."""
        if not self._spool_is_open:
            self._spool.open()
            self._inbox.recover(self._spool.messages)
            self._spool_is_open = True
        with self.waiting_for("database"):
            role.check()
            clock.measure()
            if not self._hold_name():
                self._unprepared = f"another process has the name {self._worker}"
                return False
            self.before_first_batch(worker_state.is_known(self._worker))
            preparation.learn(self._worker, self._memory, self._spool)
        self.database.note("")
        return True

    def _hold_name(self) -> bool:
        held = self._held_name.hold()
        if self.evicted.is_set():
            self.stopping.set()
        return held

    def _evict(self) -> None:
        self.evicted.set()
        self.stopping.set()

    def _do(self, request: CommitRequest) -> None:
        ended = None
        try:
            ended = self._commit(request.batch, request, live=lambda: request.kept is None)
        finally:
            kept = self.requests.finish(request, ended)
        if kept is not None and ended is not None:
            self._drain.forget(kept, ended)

    def _commit_spooled(self, batch: Batch) -> BatchResult:
        # Live it was shown when it was spooled. A piece of it may be committed already.
        return self._commit(batch, None, live=lambda: False, again=True)

    def _commit(
        self,
        batch: Batch,
        request: CommitRequest | None,
        *,
        live: Callable[[], bool],
        again: bool = False,
    ) -> BatchResult:
        """Make every message of the batch durable, one way or another. Each piece is announced as
        soon as it is: what comes after it may be given up. Raises `Abandoned`."""
        ended = BatchResult()
        attempt = partial(self._attempt, request)
        for done in self.transaction.commit(batch, attempt, again=again):
            ended.add(done.result_counts())
            self._after_commit.announce(batch, done, live=live())
        return ended

    def _attempt(
        self, request: CommitRequest | None, work: Callable[[], R], *, divisible: bool
    ) -> R:
        """See `bridge.commit.transaction.Attempt`. Raises `Abandoned` when there is no more reason
        to try: the request is given up, or the process ends."""
        backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        while True:
            try:
                with self.waiting_for("database"):
                    result = work()
            except LeaseLost as exc:
                self._evict()
                raise Abandoned from exc
            except errors.ERRORS as exc:
                errors.reset_connection()
                if gives_up(exc, backoff.failures + 1, divisible=divisible):
                    raise
                self.database.note(errors.complaint(exc))
            else:
                self.database.note("")
                return result
            given_up = self.stopping.wait(backoff.wait())
            if given_up or (request is not None and request.given_up):
                raise Abandoned

    def _look_after_the_rest(self, *, ending: bool = False) -> None:
        """Who floods; when devices were heard, a share of them at a time; counters and changes of
        devices once a second."""
        self._seen_due = time.monotonic() + SEEN_EVERY
        try:
            with self.waiting_for("database"):
                self.keep_out()
                self._after_commit.write_seen(1.0 if ending else SEEN_EVERY / STATUS_EVERY)
                if self._memory.instants.wanted.is_set():
                    self._memory.instants.keep()
                if ending or time.monotonic() >= self._status_due:
                    self._status_due = time.monotonic() + STATUS_EVERY
                    clock.measure()
                    self._spool.tend()
                    self._hold_name()
                    self._memory.instants.keep()
                    self._write_status()
                    self.transaction.refresh()
            self.database.note("")
        except errors.ERRORS as exc:
            errors.reset_connection()
            self.database.note(errors.complaint(exc))
            self._held_name.cannot_ask()
