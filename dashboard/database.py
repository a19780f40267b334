"""Whether the database answers, asked by one thread of the web process.

A database that hangs takes connections and says nothing, so a request that asked it would hang as
long, and so would each after it. Here one question at a time is open, and everybody looks at it.
"""

from __future__ import annotations

import asyncio
import logging
import threading

from django.db import Error as DatabaseError
from django.db import connection

from devices import clock
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

ASK_EVERY = 0.5  # seconds between an answer and the next question
PATIENCE = 1.0  # seconds an answer may take before the database counts as away
NAME = "pulseboard-web-watch"  # of its session, in pg_stat_activity


class Asking(WorkingThread):
    """Asks, and keeps its one session open between the questions."""

    def __init__(self) -> None:
        super().__init__("database-watch")
        self.heard = threading.Event()  # anything yet, an error included
        self.failed = False

    def work(self) -> None:
        while not self.stopping.is_set():
            self.turn()
            with self.waiting_for("database"):
                complaint = self._ask()
            self._note(complaint)
            self.heard.set()
            self.stopping.wait(ASK_EVERY)

    def leave(self) -> None:
        connection.close()

    def _ask(self) -> str:
        """What is wrong; "" when it answers."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('application_name', %s, false)", [NAME])
            clock.measure()
        except Exception as exc:  # noqa: BLE001  whatever it is, this is no answer
            connection.close()
            if not isinstance(exc, DatabaseError):
                self.note_failure(exc)
            return str(exc) or type(exc).__name__
        return ""

    def _note(self, complaint: str) -> None:
        failed = bool(complaint)
        if failed != self.failed:  # once an outage: it asks twice a second
            self.failed = failed
            if failed:
                logger.warning("%s", complaint, extra={"action": "database_down"})
            else:
                logger.info("the database answers again", extra={"action": "database_up"})


class DatabaseWatch:
    """Starts with the first who asks."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._asking: Asking | None = None

    def answers(self) -> bool:
        """Whether it does now, as far as it is known. Never waits; any thread may ask."""
        asking = self._started()
        return asking.waits("database") <= PATIENCE and not asking.failed

    def answers_surely(self) -> bool:
        """As `answers`, but the first time it waits for an answer, at most `PATIENCE`."""
        return self._started().heard.wait(PATIENCE) and self.answers()

    async def first_answer(self) -> None:
        """Wait for the database's time, at most `PATIENCE`, and only before the first answer."""
        if not self._started().heard.is_set():
            await asyncio.to_thread(self.answers_surely)

    def stop(self) -> None:
        """End the thread and its session; the next who asks starts another."""
        with self._changing:
            asking, self._asking = self._asking, None
        if asking is not None:
            asking.stopping.set()
            asking.join()

    def _started(self) -> Asking:
        with self._changing:
            if self._asking is None:
                self._asking = Asking()
                self._asking.start()
            return self._asking


watch = DatabaseWatch()
