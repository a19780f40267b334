"""Commit a batch so that no message of it costs another, whatever becomes of its rows.

One copy for every way in. When to try again is the caller's decision, as an `attempt` that runs
what it is given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from bridge.adoption.waiting import Waiting
from bridge.commit.batch_rows import Committed
from bridge.commit.beside import Learning
from bridge.commit.refusals import refuse_message
from bridge.commit.rows import RowBuilder
from bridge.decode.items import Problem, Reason
from bridge.errors import BridgeError
from bridge.intake.batch import Batch
from bridge.intake.memory import Memory
from bridge.publish.after_commit import CommitCounters
from devices.clock import now_us
from telemetry.storage import errors, store
from telemetry.storage.errors import Remedy
from telemetry.workers.lease import Lease, LeaseLost

logger = logging.getLogger(__name__)

R = TypeVar("R")

TRIES_WHOLE = 3  # of a batch that takes the database too long, before it is halved


class Mistake(BridgeError):
    """Something of ours failed at these rows; the database was not to blame."""


class Attempt(Protocol):
    def __call__(self, work: Callable[[], R], /, *, divisible: bool) -> R:
        """The result of `work`, run until it ends well or can never.

        Raises the database's error when that will not go away, or, of work that is `divisible`,
        when smaller pieces of it may do; `Mistake` at once; and what is its own to give up.
        """


@dataclass(slots=True)
class Piece:
    """Messages `start` up to `stop` of a batch: one transaction."""

    start: int
    stop: int
    again: bool  # it was sent before, and may have been committed

    @property
    def divisible(self) -> bool:
        return self.stop - self.start > 1

    def halves(self) -> list[Piece]:
        """The later half first: it goes below the other on the stack, so that messages keep their
        order."""
        middle = (self.start + self.stop) // 2
        return [Piece(middle, self.stop, self.again), Piece(self.start, middle, self.again)]


class BatchTransaction:
    """Owned by the thread that commits, with the caches that need the database."""

    def __init__(
        self, worker: str, memory: Memory, counters: CommitCounters, lease: Lease | None = None
    ) -> None:
        self.rows = RowBuilder(memory, Waiting(memory.registry))
        self._worker = worker
        self._memory = memory
        self._learning = Learning(memory.facts)
        self._counters = counters
        self._lease = lease

    def commit(self, batch: Batch, attempt: Attempt, *, again: bool = False) -> Iterator[Committed]:
        """Make every message of the batch durable, one way or another, in their order.

        What is yielded is committed. Raises what `attempt` gives up with; the rest is not committed
        then. `again`: some of the batch may have been committed before.
        """
        pieces = [Piece(0, len(batch.messages), again)]
        while pieces:
            piece = pieces.pop()
            try:
                done = attempt(partial(self._commit, batch, piece), divisible=piece.divisible)
            except (*errors.ERRORS, Mistake) as exc:
                if piece.divisible:
                    # Some row can never be stored: halve until it stands alone.
                    pieces += piece.halves()
                    continue
                done = attempt(partial(self._refuse, batch, piece, exc), divisible=False)
            yield done

    def refresh(self) -> None:
        """Learn of devices and series that changed. Raises what the database raises."""
        now = now_us() / 1e6
        self._memory.registry.refresh(now)
        self._memory.series.refresh(now)
        self._learning.refresh(now)

    def _commit(self, batch: Batch, piece: Piece) -> Committed:
        self.refresh()
        self._memory.instants.cover()
        try:
            rows = self.rows.build(batch, piece.start, piece.stop)
            rows.batch.again, piece.again = piece.again, True
            began = time.monotonic()
            alongside = self.rows.alongside(rows, batch)
            result = store.write(rows.batch, self._worker, self._lease, alongside)
            self.rows.committed(rows)
        except (*errors.ERRORS, LeaseLost):
            raise
        except Exception as exc:
            raise Mistake(errors.complaint(exc)) from exc
        self._counters.last_commit_ms = round((time.monotonic() - began) * 1000)
        self._counters.batches += 1
        return Committed.of(rows, result, self._memory.series.take_changed())

    def _refuse(self, batch: Batch, piece: Piece, because: BaseException) -> Committed:
        """Quarantine the one message that cannot be stored."""
        complaint = errors.complaint(because)
        if isinstance(because, Mistake):
            complaint = str(because)
            logger.error(
                "a message could not be stored, and is in quarantine: %s", complaint,
                exc_info=because.__cause__, extra={"action": "store_mistake"},
            )  # fmt: skip
        problem = Problem(Reason.STORE_REJECTED, complaint)
        rows = refuse_message(batch, piece.start, problem)
        rows.batch.again, piece.again = piece.again, True
        return Committed.of(rows, store.write(rows.batch, self._worker, self._lease), [])


def gives_up(error: BaseException, tries: int, *, divisible: bool) -> bool:
    """Whether work that failed so for the `tries`-th time is not to be tried again as it is."""
    remedy = errors.remedy(error)
    return remedy is Remedy.REJECT or (
        remedy is Remedy.SMALLER and divisible and tries >= TRIES_WHOLE
    )
