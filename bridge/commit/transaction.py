"""Commit a batch so that no message of it costs another, whatever the database says to its rows.

One copy for every way in. When to try again is the caller's, as an `attempt` that runs what it is
given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, TypeVar

from bridge.commit.batch_rows import Committed
from bridge.commit.rows import RowBuilder
from bridge.decode.items import Problem, Reason
from bridge.intake.batch import Batch
from bridge.intake.memory import Memory
from bridge.publish.after_commit import CommitCounters
from telemetry.storage import errors, store

R = TypeVar("R")


class Attempt(Protocol):
    def __call__(self, work: Callable[[], R], /) -> R:
        """The result of `work`, run until it ends well or can never.

        Raises the database's error when that will not go away, and what is its own to give up.
        """


class BatchTransaction:
    """Owned by the thread that commits, with the caches that need the database."""

    def __init__(self, worker: str, memory: Memory, counters: CommitCounters) -> None:
        self.rows = RowBuilder(memory)
        self._worker = worker
        self._memory = memory
        self._counters = counters

    def commit(self, batch: Batch, attempt: Attempt) -> Iterator[Committed]:
        """Make every message of the batch durable, one way or another, in their order.

        What is yielded is committed. Raises what `attempt` gives up with; the rest is not then.
        """
        waiting = [(0, len(batch.messages))]
        while waiting:
            start, stop = waiting.pop()
            try:
                done = attempt(partial(self._commit, batch, start, stop))
            except errors.ERRORS as exc:
                if stop - start > 1:
                    # Some row can never be stored: halve until it stands alone. The later half
                    # goes first on the stack, so that messages keep their order.
                    middle = (start + stop) // 2
                    waiting += [(middle, stop), (start, middle)]
                    continue
                done = attempt(partial(self._refuse, batch, start, errors.complaint(exc)))
            yield done

    def refresh(self) -> None:
        """Learn of devices and series that changed. Raises what the database raises."""
        now = time.time()
        self._memory.registry.refresh(now)
        self._memory.series.refresh(now)

    def _commit(self, batch: Batch, start: int, stop: int) -> Committed:
        self.refresh()
        rows = self.rows.build(batch, start, stop)
        began = time.monotonic()
        result = store.write(rows.batch, self._worker)
        self._counters.last_commit_ms = round((time.monotonic() - began) * 1000)
        self._counters.batches += 1
        return Committed.of(rows, result)

    def _refuse(self, batch: Batch, index: int, complaint: str) -> Committed:
        """Quarantine the one message the database will not take."""
        rows = self.rows.refused(batch, index, Problem(Reason.STORE_REJECTED, complaint))
        return Committed.of(rows, store.write(rows.batch, self._worker))
