"""What the database said last to a thread that stores: told when it goes and when it comes."""

from __future__ import annotations

import logging

from bridge.publish.after_commit import CommitCounters
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

HUNG_AFTER = 2.0  # seconds without an answer, after which the database counts as away


class DatabaseState:
    """For the thread; `trouble` is for any."""

    def __init__(self, thread: WorkingThread, counters: CommitCounters) -> None:
        self._thread = thread
        self._counters = counters
        self.complaint = ""  # what it said when it did not do what it was asked

    def note(self, complaint: str) -> None:
        """What the database said; "" for nothing wrong."""
        if complaint and not self.complaint:
            logger.error("database away: %s", complaint, extra={"action": "database_down"})
        elif self.complaint and not complaint:
            logger.info("database back", extra={"action": "database_up"})
        self.complaint = complaint
        self._counters.database_up = int(not complaint)

    def trouble(self) -> str:
        """Why the database does not take what it is given now; "" when it does."""
        waits = self._thread.waits("database")
        if waits > HUNG_AFTER:
            return f"the database has not answered for {waits:.1f} s"
        return self.complaint
