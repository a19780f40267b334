"""Threads that work with the database, whose work has an end: by itself, or by our hand.

What takes longer than its timeout has its statement cancelled; what does not end even then ends the
process, which its supervisor starts again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Error as DriverError

from telemetry.errors import TelemetryError
from telemetry.storage import errors
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

NAP = 0.2  # seconds between two looks at the stop flag and at the timeouts
CANCEL_SECONDS = 5.0  # for the server to take note of a cancellation
# Seconds beyond its timeout, after which cancelling did not help; less than a job's LOCK_MARGIN.
STUCK_MARGIN = 30.0
END_SECONDS = 10.0  # for work in hand to end by itself, when the process is to stop


class Stuck(TelemetryError):
    """Something did not end though it was cancelled."""


class TimedThread(WorkingThread):
    """Does its work in pieces, each within `timeout` seconds."""

    def __init__(self, name: str, timeout: float) -> None:
        super().__init__(name)
        self.timeout = timeout
        self.cancelled = False  # the piece of work in hand, or the last one
        self._began: float | None = None  # monotonic seconds, while a piece is in hand
        self._database: BaseDatabaseWrapper | None = None  # of the thread

    def run(self) -> None:
        self._database = connections[DEFAULT_DB_ALIAS]
        super().run()

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Within it is one piece of work."""
        self.cancelled, self._began = False, time.monotonic()
        try:
            with self.waiting_for("the database"):  # `watch` says how long it may take
                yield
        finally:
            self._began = None

    def leave(self) -> None:
        errors.reset_connection()

    def watch(self) -> None:
        """Cancel what takes too long. Raises `Stuck` when that did not help."""
        began = self._began
        if began is None:
            return
        seconds = time.monotonic() - began
        if seconds > self.timeout + STUCK_MARGIN:
            raise Stuck(f"{self.name} has not ended after {seconds:.0f} s")
        if seconds > self.timeout and not self.cancelled:
            self.cancelled = True
            self.cancel()

    def cancel(self) -> None:
        """Have the server end the statement that runs. From any thread."""
        if self._database is not None and (driver := self._database.connection) is not None:
            with suppress(DriverError):
                driver.cancel_safe(timeout=CANCEL_SECONDS)


class DatabaseAway:
    """Whether the database is away from any of these threads: it is said once."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._away = threading.Lock()  # held while it is

    def note(self, *, up: bool, because: object = "") -> None:
        if not up and self._away.acquire(blocking=False):
            logger.warning("%s waits for the database: %s", self._who, because)
        elif up and self._away.locked():
            with suppress(RuntimeError):  # another thread was first
                self._away.release()
                logger.info("%s goes on: the database is back", self._who)

    def trouble(self) -> str:
        return "it does not answer" if self._away.locked() else ""


def run(threads: Sequence[TimedThread], stopped: Callable[[], bool]) -> None:
    """Run them until told to stop. Raises `Stuck` when the process must be started again."""
    for thread in threads:
        thread.start()
    while not stopped():
        for thread in threads:
            thread.watch()
        time.sleep(NAP)
    for thread in threads:
        thread.stopping.set()
    until = time.monotonic() + END_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    for thread in threads:
        if thread.is_alive():
            thread.cancel()
            thread.join(CANCEL_SECONDS)
