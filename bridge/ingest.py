"""The way in of messages that come one at a time over HTTP, in a web process.

Decoding, rows, store, live frames, verdicts and books are those of the MQTT worker. What differs:
the sender waits, so there is no inbox and no spool, one message is one transaction, and a database
that is away is the sender's to hear of.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from bridge.announcer import Announcer, CommitCounters
from bridge.batch import Batch
from bridge.batch_rows import Committed
from bridge.committer import STATUS_EVERY
from bridge.decode import pulseboard
from bridge.decode.items import Problem, Reason, Telemetry
from bridge.deliveries import Stamper
from bridge.inbox import Settled
from bridge.known import Known
from bridge.live import LivePublisher
from bridge.message import Message
from bridge.rows import RowBuilder
from bridge.verdicts import Verdicts
from devices.credentials import TOKEN_PREFIX, token_digest
from devices.models import Device
from telemetry import live, store, worker_state
from telemetry.series_registry import MAX_SERIES_PER_DEVICE

logger = logging.getLogger(__name__)

R = TypeVar("R")

TOPIC = "http:/api/v1/telemetry"  # what stands where a message of MQTT has its topic
NAME_PREFIX = "http-"  # then the process id; a worker's name in the pipeline's books
STALE_AFTER = 60.0  # seconds after which the books of a process that died are dropped


class Unavailable(Exception):
    """The database cannot take the message now; nothing of it is stored."""


class Outcome(NamedTuple):
    """What became of one message, after COMMIT."""

    readings: int  # stored now or before
    problems: list[Problem]  # what was left out, the first bad element first
    rejected: bool  # nothing was stored, and the message is in quarantine


class Ingest:
    """One of a process. `take` may be called from any thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = CommitCounters()
        self._began = datetime.now(UTC)
        self._known = Known.nothing()
        self._rows = RowBuilder(self._known)
        self._stamper = Stamper(self._known.deliveries)
        devices = self._known.series.device_of
        self._live = LivePublisher(name, devices, tell_each_second=self._pipeline)
        # A device that speaks HTTP reads in the answer what was wrong.
        self._verdicts = Verdicts(lambda _topic, _notice: None)
        self._announcer = Announcer(self.counters, self._live, self._verdicts)
        # Its connection stays open; a request's own would be made anew for each message.
        self._database = ThreadPoolExecutor(1, thread_name_prefix="http-ingest")
        self._committing = threading.Lock()  # the caches, and one message after another
        self._books = threading.Lock()  # _received, _settled
        self._received = 0
        self._in_flight = 0
        self._settled = Settled()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep_books, name="http-books", daemon=True)

    def start(self) -> None:
        for thread in (self._verdicts, self._live, self._keeper):
            thread.start()

    def stop(self) -> None:
        """Send what waits, and take the books of this process off the pipeline's list."""
        self._stopping.set()
        self._keeper.join(2 * STATUS_EVERY)
        self._database.submit(store.reset_connection)
        self._database.shutdown()
        self._verdicts.stop()
        self._live.stop()

    def owner(self, token: str) -> tuple[int, str] | None:
        """Id and uid of the device with this token. Raises `Unavailable`.

        Asked each time: a token that was rotated must stop working at once.
        """
        if not token.startswith(TOKEN_PREFIX):
            return None
        owners = Device.objects.filter(token_digest=token_digest(token)).values_list("id", "uid")
        return self._database.submit(self._twice, owners.first).result()

    def take(self, uid: str, payload: bytes) -> Outcome:
        """Decode and commit one message. Raises `Unavailable`."""
        return self._database.submit(self._take, uid, payload).result()

    def _take(self, uid: str, payload: bytes) -> Outcome:
        message = Message(
            TOPIC.encode(), payload, 0, False, False, b"", time.time_ns() // 1_000_000
        )
        item = pulseboard.telemetry(uid, message)
        batch = Batch.of_items([message], [[item]])
        self._receive()
        settled: Settled | None = None
        try:
            with self._committing:
                done = self._twice(lambda: self._commit(batch))
                settled = done.settled()
                self._announcer.announce(batch, done, live=True)
        finally:
            self._settle(settled)
        rows = done.rows
        problems = list(item.problems) if isinstance(item, Telemetry) else []
        if rows.rejected:
            problems = [rows.problems[0]]
        elif (left_out := rows.values_dropped - len(problems)) > 0:
            detail = f"{left_out} new metrics: a device has at most {MAX_SERIES_PER_DEVICE} series"
            problems.append(Problem(Reason.TOO_MANY_SERIES, detail))
        return Outcome(rows.readings, problems, bool(rows.rejected))

    def snapshot(self) -> dict[str, int]:
        """All counters, as `bridge.worker` has them; docs/live-protocol.md names them."""
        with self._books:
            books = {"received": self._received, "in_flight": self._in_flight}
            books |= asdict(self._settled)
        return {
            **books,
            **asdict(self.counters),
            "connected": 1,  # there is no broker to lose
            "reconnects": 0,
            "session_lost": 0,
            "lag_ms": 0,
            "live_frames": self._live.counters.frames,
            "live_dropped": self._live.counters.dropped,
        }

    def _twice(self, attempt: Callable[[], R]) -> R:
        """The result of `attempt`, tried again once: the server may have restarted since the last
        message, which a kept connection finds out only now. Storing twice does no harm."""
        for is_last in (False, True):
            try:
                result = attempt()
            except store.ERRORS as exc:
                store.reset_connection()
                self.counters.database_up = 0
                if is_last:
                    raise Unavailable(str(exc)) from exc
            else:
                self.counters.database_up = 1
                return result
        raise AssertionError("not reached")

    def _commit(self, batch: Batch) -> Committed:
        now = time.time()
        self._known.registry.refresh(now)
        self._known.series.refresh(now)
        self._stamper.stamp_all(batch)  # what has a stamp keeps it
        began = time.monotonic()
        try:
            rows = self._rows.build(batch, 0, 1)
            result = store.write(rows.batch, self.name)
        except store.ERRORS as exc:
            if store.is_temporary(exc):
                raise
            problem = Problem(Reason.STORE_REJECTED, store.complaint(exc))
            rows = self._rows.refused(batch, 0, problem)
            result = store.write(rows.batch, self.name)
        self.counters.last_commit_ms = round((time.monotonic() - began) * 1000)
        self.counters.batches += 1
        return Committed.of(rows, result)

    def _receive(self) -> None:
        with self._books:
            self._received += 1
            self._in_flight += 1

    def _settle(self, ended: Settled | None) -> None:
        """None: the sender was told that nothing of its message is here."""
        with self._books:
            self._in_flight -= 1
            if ended is None:
                self._received -= 1
            else:
                self._settled.add(ended)

    def _pipeline(self) -> dict[str, object]:
        now_ms = time.time_ns() // 1_000_000
        return live.event("pipeline", worker=self.name, at=now_ms, counters=self.snapshot())

    def _keep_books(self) -> None:
        look_at = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + STALE_AFTER
                self._write(lambda: worker_state.forget_stale(NAME_PREFIX, STALE_AFTER))
            self._write(self._write_books)
            self._stopping.wait(STATUS_EVERY)
        self._write(self._write_books)
        # Its process ends with it: it would be shown as a worker in trouble.
        self._write(lambda: worker_state.forget(self.name))
        store.reset_connection()

    def _write_books(self) -> None:
        with self._committing:
            self._announcer.write_seen()
        worker_state.write_counters(self.name, self._began, self.snapshot())

    def _write(self, what: Callable[[], None]) -> None:
        try:
            what()
        except store.ERRORS as exc:
            store.reset_connection()
            if self.counters.database_up:
                logger.warning("books not written: %s", exc, extra={"action": "database_down"})
            self.counters.database_up = 0
        else:
            self.counters.database_up = 1


_starting = threading.Lock()
_running: dict[int, Ingest] = {}  # by process id: a forked child needs threads of its own


def running() -> Ingest:
    """The ingest of this process, started at the first message."""
    with _starting:
        found = _running.get(os.getpid())
        if found is None:
            found = _running[os.getpid()] = Ingest(f"{NAME_PREFIX}{os.getpid()}")
            found.start()
            _before_exit(stop)
        return found


def stop() -> None:
    """End this process's ingest, if it has one."""
    with _starting:
        found = _running.pop(os.getpid(), None)
    if found is not None:
        found.stop()


def _before_exit(task: Callable[[], None]) -> None:
    """Have `task` done before Daphne stops. Under another server the books stay until
    they are stale.

    `atexit` would be too late: by then no thread may start another, which the live thread does.
    """
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return
    from twisted.internet.threads import deferToThread  # noqa: PLC0415  (Daphne has it)

    reactor.callFromThread(
        reactor.addSystemEventTrigger, "before", "shutdown", lambda: deferToThread(task)
    )
