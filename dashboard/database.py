"""Whether the database answers, asked by one thread of the web process.

A database that hangs takes connections and says nothing, so a request that asked it would hang as
long, and so would each after it. Here one question at a time is open, and everybody looks at it.
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import connection

logger = logging.getLogger(__name__)

ASK_EVERY = 0.5  # seconds between an answer and the next question
PATIENCE = 1.0  # seconds an answer may take before the database counts as away
NAME = "pulseboard-web-watch"  # of its session, in pg_stat_activity


class DatabaseWatch:
    """Starts with the first who asks. Its one session stays open between the questions."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._heard = threading.Event()  # anything yet, an error included
        self._asked_at: float | None = None  # monotonic seconds, while a question is open
        self._failed = False

    def answers(self) -> bool:
        """Whether it does now, as far as it is known. Never waits; any thread may ask."""
        self._start()
        asked_at = self._asked_at
        if asked_at is not None and time.monotonic() - asked_at > PATIENCE:
            return False
        return not self._failed

    def answers_surely(self) -> bool:
        """As `answers`, but the first time it waits for an answer, at most `PATIENCE`."""
        self._start()
        return self._heard.wait(PATIENCE) and self.answers()

    def stop(self) -> None:
        """End the thread and its session; the next who asks starts them again."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._stop.set()
                thread.join()
                self._stop.clear()
                self._heard.clear()

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, name="database watch", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._asked_at = time.monotonic()
                self._note(self._ask())
                self._asked_at = None
                self._heard.set()
                self._stop.wait(ASK_EVERY)
        finally:
            connection.close()

    def _ask(self) -> str:
        """What is wrong; "" when it answers."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('application_name', %s, false)", [NAME])
        except Exception as exc:
            connection.close()
            if not isinstance(exc, DatabaseError):
                logger.exception("the database watch failed", extra={"action": "database_watch"})
            return str(exc) or type(exc).__name__
        return ""

    def _note(self, complaint: str) -> None:
        failed = bool(complaint)
        if failed != self._failed:  # once an outage: it asks twice a second
            self._failed = failed
            if failed:
                logger.warning("%s", complaint, extra={"action": "database_down"})
            else:
                logger.info("the database answers again", extra={"action": "database_up"})


watch = DatabaseWatch()
