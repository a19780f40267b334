"""The way in of messages that come one at a time over HTTP, in a web process.

Decoding, rows, store, live frames and what is said of each message are those of the MQTT worker.
What differs: each sender waits for its own answer, so there is no spool, and a database that is
away is the sender's to hear of. While one batch commits the next fills, from all senders.
"""

from __future__ import annotations

import logging
import secrets
import time
from concurrent.futures import Future
from dataclasses import asdict

from bridge import listening
from bridge.commit.committer import STATUS_EVERY, TICK
from bridge.commit.transaction import BatchTransaction
from bridge.http.books import Books
from bridge.http.database import Database
from bridge.http.queue import (
    BURST,
    RATE,
    BadToken,
    MessageQueue,
    Outcome,
    QueuedMessage,
    TooFast,
    Unavailable,
)
from bridge.intake.allowance import Allowance, readings_in
from bridge.intake.batch import Batch
from bridge.intake.instants import AHEAD_US, SHORT_REACH_US, Instants
from bridge.intake.memory import Memory
from bridge.intake.redelivery import Stamper
from bridge.message import HTTP_TELEMETRY, TOKEN_ONLY, Message
from bridge.publish.after_commit import AfterCommit, CommitCounters
from bridge.publish.live import LivePublisher
from bridge.publish.outcomes import Outcomes
from devices import clock
from devices.clock import now_us
from devices.credentials import TOKEN_PREFIX, token_digest
from devices.token_owners import owners_of
from telemetry.live import contract
from telemetry.moments import from_us
from telemetry.storage import errors
from telemetry.workers import past, worker_state
from telemetry.workers.rate import RateLimit
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

STALE_AFTER = 60.0  # seconds after which the books of a process that died are dropped
STOP_WITHIN = 10.0  # seconds for the batch in hand
TOO_MANY = f"More than {RATE:g} messages a second, or {BURST:g} at once."
TOO_SOON = "Too many readings without a time: give them one, or send them more slowly."


class Ingest(WorkingThread):
    """One of a process: the thread that commits. `take` and `snapshot` are for any thread."""

    def __init__(self, name: str) -> None:
        super().__init__("http-ingest")
        self.worker = name
        self.counters = CommitCounters()
        self._began = clock.count_us()
        self.database = Database(self, self.counters)
        self._queue = MessageQueue()
        self._limit = RateLimit(RATE, BURST)
        self._allowance = Allowance()
        self._instants = Instants(f"{name}-{secrets.token_hex(8)}", SHORT_REACH_US)
        memory = Memory.nothing(self._instants)
        self._process = memory.deliveries.process
        self._transaction = BatchTransaction(name, memory, self.counters)
        self._decoder = listening.decoder(memory.facts)
        self._stamper = Stamper(memory.deliveries, self._instants)
        self._live = LivePublisher(name, memory.series.device_of, tell_each_second=self._pipeline)
        # A device that speaks HTTP reads in the answer what was wrong.
        self._outcomes = Outcomes(lambda _topic, _notice: None)
        self._after_commit = AfterCommit(self.counters, self._live, self._outcomes, memory.registry)
        self._books = Books()
        self._books_due = self._stale_due = 0.0

    def take(self, token: str, payload: bytes, topic: str = HTTP_TELEMETRY) -> Future[Outcome]:
        """Have a message of the device with this token committed; `topic` as
        `bridge.message.names_no_device` has it, or `TOKEN_ONLY`: then nothing is committed.

        What comes of it is known later: the future raises what is `Refused`.
        """
        queued = QueuedMessage(token, topic, payload, clock.count_us())
        if token.startswith(TOKEN_PREFIX):
            self._queue.put(queued)
        else:
            queued.answer.set_exception(BadToken())
        return queued.answer

    def stop(self) -> None:
        """Commit what waits, and take the books of this process off the pipeline's list."""
        self.stopping.set()
        self._queue.close()
        self.join(STOP_WITHIN)
        self._outcomes.stop()
        self._live.stop()

    def start(self) -> None:
        self._outcomes.start()
        self._live.start()
        super().start()

    def work(self) -> None:
        while (waiting := self._queue.take(TICK)) is not None:
            self.turn()
            self._serve(waiting)
            if time.monotonic() >= self._books_due:
                self._books_due = time.monotonic() + STATUS_EVERY
                self._write_books()

    def leave(self) -> None:
        self._write_books()
        # Its process ends with it: it would be shown as a worker in trouble.
        self.database.try_to_write(lambda: worker_state.forget(self.worker))
        self.database.try_to_write(self._instants.give_back)
        errors.reset_connection()

    def _serve(self, waiting: list[QueuedMessage]) -> None:
        """Answer each, whatever happens."""
        messages = [queued for queued in waiting if queued.answer.set_running_or_notify_cancel()]
        try:
            self.database.prepare()
            if admitted := self._admitted(messages):
                self._commit(admitted)
        except Exception as exc:  # this thread must outlive any mistake of ours
            if not isinstance(exc, Unavailable):
                logger.exception("messages not stored", extra={"action": "http_failed"})
            for queued in messages:
                if not queued.answer.done():
                    queued.answer.set_exception(exc)

    def _admitted(self, messages: list[QueuedMessage]) -> list[tuple[str, QueuedMessage]]:
        """Those that may be stored, with the device's uid; the others are answered here.

        Tokens are asked for each time: one that was rotated must stop working at once.
        """
        digests = [token_digest(queued.token) for queued in messages]
        owners = self.database.twice(lambda: owners_of(digests), divisible=False)
        over = self._allowance.over()
        admitted = []
        for digest, queued in zip(digests, messages, strict=True):
            owner = owners.get(digest)
            if owner is None:
                queued.answer.set_exception(BadToken())
                continue
            device_id, uid = owner
            if queued.topic == TOKEN_ONLY:
                queued.answer.set_result(Outcome(0, [], False))
                continue
            if uid in over:
                limit = self._allowance.limit
                queued.answer.set_exception(TooFast(self._allowance.wait(uid), limit))
                continue
            if wait := self._limit.wait(device_id, time.monotonic()):
                queued.answer.set_exception(TooFast(wait, TOO_MANY))
                continue
            admitted.append((uid, queued))
        return admitted

    def _commit(self, admitted: list[tuple[str, QueuedMessage]]) -> None:
        """Decode and commit; each is answered as soon as it is durable. Raises `Unavailable`."""
        batch, waiting = self._stamped(admitted)
        self._books.receive(len(waiting))
        try:
            for done in self._transaction.commit(batch, self.database.twice):
                self._books.end(done.result_counts())
                for index in range(done.rows.start, done.rows.stop):
                    waiting[index].answer.set_result(Outcome.of(done.rows, index))
                self._after_commit.announce(batch, done, live=True)
        finally:
            self._books.give_up()

    def _stamped(
        self, admitted: list[tuple[str, QueuedMessage]]
    ) -> tuple[Batch, list[QueuedMessage]]:
        """Those whose samples have a time; the others are answered here. Raises `Unavailable`."""
        batch, waiting = Batch(0), []
        for uid, queued in admitted:
            received_us = clock.when_us(queued.received)
            message = Message(
                queued.topic.encode(), queued.payload, 0, False, False, b"", received_us
            )
            items = self._decoder.of_device(uid, message)
            one = Batch.of_items([message], [items])
            if not self._stamper.stamp(one, 0, items):
                self.database.twice(self._instants.keep, divisible=False)  # another lane
                if not self._stamper.stamp(one, 0, items):
                    queued.answer.set_exception(TooFast(AHEAD_US / 1e6, TOO_SOON))
                    continue
            batch.extend(one)
            waiting.append(queued)
            self._allowance.charge([uid], [uid], [len(queued.payload)], [readings_in(items)])
        return batch, waiting

    def snapshot(self) -> dict[str, int]:
        """All counters, as `bridge.worker` has them; docs/live-protocol.md names them."""
        return {
            **self._books.snapshot(),
            **asdict(self.counters),
            "database_up": int(not self.database.trouble()),
            "clock_ahead_ms": clock.ahead_ms(),
            "connected": 1,  # there is no broker to lose
            "connected_for_ms": (clock.count_us() - self._began) // 1_000,
            "reconnects": 0,
            "session_lost": 0,
            "lag_ms": self._queue.oldest_age_ms(),
            "live_frames": self._live.counters.frames,
            "live_dropped": self._live.counters.dropped,
        }

    def _pipeline(self) -> dict[str, object]:
        now_ms = now_us() // 1_000
        return contract.event("pipeline", worker=self.worker, at=now_ms, counters=self.snapshot())

    def _write_books(self) -> None:
        """When devices were heard, the counters, and once in a while: no books of the dead."""
        if time.monotonic() >= self._stale_due:
            self._stale_due = time.monotonic() + STALE_AFTER
            self.database.try_to_write(
                lambda: worker_state.forget_stale(worker_state.HTTP_PREFIX, STALE_AFTER)
            )
        self.database.try_to_write(clock.measure)
        self.database.try_to_write(self._after_commit.write_seen)
        self.database.try_to_write(self._instants.keep)
        counters = self.snapshot()
        self.database.try_to_write(
            lambda: worker_state.write_counters(
                self.worker, from_us(clock.when_us(self._began)), counters
            )
        )
        up_us = clock.count_us() - self._began
        self.database.try_to_write(lambda: past.note(self.worker, self._process, up_us, counters))
