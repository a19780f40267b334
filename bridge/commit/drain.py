"""Out of the spool, oldest first, into the database. For the committer thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from bridge.commit.inbox import BatchResult, Inbox
from bridge.commit.spool import Spool, SpoolTrouble
from bridge.commit.spool_entry import Kept, Spooled
from bridge.intake.batch import FROM_SPOOL, MAX_BATCH_MESSAGES, Batch
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from telemetry.workers.backoff import Backoff

logger = logging.getLogger(__name__)

FIRST_RETRY, LONGEST_RETRY = 0.1, 5.0  # seconds before a spool in trouble is asked again


class Drain:
    """Keeps the books of what leaves the spool, and waits while the spool is in trouble."""

    def __init__(
        self, inbox: Inbox, spool: Spool, memory: Memory, emptied: Callable[[], None]
    ) -> None:
        """`emptied` is called when the last message has left."""
        self._inbox = inbox
        self._spool = spool
        self._intake = Intake(memory)
        self._emptied = emptied
        self._backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        self._due = 0.0  # monotonic seconds
        self._drained = 0

    @property
    def is_due(self) -> bool:
        """Whether messages wait that may be asked for now."""
        return bool(self._spool.messages) and time.monotonic() >= self._due

    def one(self, commit: Callable[[Batch], BatchResult]) -> None:
        """Store the oldest entries by `commit`, and forget them. Raises what `commit` raises."""
        try:
            spooled = self._spool.oldest(MAX_BATCH_MESSAGES)
            if spooled is not None:
                ended = self._finish(spooled, commit)
                self._spool.remove(spooled)
                self._leave(ended)
            self._backoff.reset()
        except SpoolTrouble as exc:
            if not self._backoff.failures:
                logger.error("the spool waits: %s", exc, extra={"action": "spool_trouble"})
            self._due = time.monotonic() + self._backoff.wait()
        self.count_lost()

    def forget(self, kept: Kept, ended: BatchResult) -> None:
        """An entry was committed while it was appended."""
        self._spool.forget(kept)
        self._leave(ended)

    def count_lost(self) -> None:
        """Close the books on messages that a damaged file took along."""
        lost, self._spool.lost = self._spool.lost, 0
        if lost:
            logger.error(
                "%d spooled messages could not be read any more", lost,
                extra={"action": "spool_lost"},
            )  # fmt: skip
            self._leave(BatchResult(rejected=lost))

    def _finish(self, spooled: Spooled, commit: Callable[[Batch], BatchResult]) -> BatchResult:
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
        entry = spooled.entry
        return commit(self._intake.batch(FROM_SPOOL, entry.messages, stamps, entry.items))

    def _leave(self, ended: BatchResult) -> None:
        self._inbox.unspool(ended)
        self._drained += ended.total()
        if not self._spool.messages:
            logger.info(
                "spool drained, %d messages", self._drained, extra={"action": "spool_drained"}
            )
            self._drained = 0
            self._emptied()
