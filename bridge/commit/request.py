"""One batch at a time from the writer to the committer, for as long as the writer has patience.

A batch that was given up goes to the spool, and may be committed all the same when the database was
only slow. Then its entry must leave the spool again. Which came first is decided under one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.commit.inbox import BatchResult
from bridge.intake.batch import Batch


@dataclass(slots=True)
class CommitRequest:
    """One batch the writer waits for, or has given up."""

    batch: Batch
    given_up: bool = False
    done: threading.Event = field(default_factory=threading.Event)  # the committer let go of it
    ended: BatchResult | None = None  # None when it came to nothing
    entry: int | None = None  # of the spool, where the writer put it meanwhile

    @property
    def came_to_nothing(self) -> bool:
        return self.done.is_set() and self.ended is None


class CommitRequests:
    """`give` and `keep` are for the writer thread, `look` and `finish` for the committer thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._job: CommitRequest | None = None

    def give(self, batch: Batch, patience: float) -> CommitRequest | None:
        """Have the batch finished. Given up after `patience` seconds, and None at once while the
        committer is busy with one that was."""
        job = CommitRequest(batch)
        with self._changed:
            if self._job is not None:
                return None
            self._job = job
            self._changed.notify()
        if not job.done.wait(patience):
            job.given_up = True
        return job

    def keep(self, job: CommitRequest | None, append: Callable[[], int]) -> BatchResult | None:
        """Put a batch into the spool by `append`, which returns the entry. If its job has ended
        after all nothing is appended, and how it ended is the result. Raises what `append` does."""
        with self._changed:
            if job is not None and job.ended is not None:
                return job.ended
            entry = append()
            if job is not None and not job.done.is_set():
                job.entry = entry
            return None

    def look(self, timeout: float) -> CommitRequest | None:
        """The job in hand, or the one that comes within `timeout` seconds."""
        with self._changed:
            if self._job is None and timeout:
                self._changed.wait(timeout)
            return self._job

    def finish(self, job: CommitRequest, ended: BatchResult | None) -> int | None:
        """Let go of the job; `ended` is None when it came to nothing. The entry of the spool that
        has to be forgotten: the batch is finished, and nobody waits for it any more."""
        with self._changed:
            self._job = None  # before `done`: the writer comes with the next one at once
            job.ended = ended
            job.done.set()
            return None if ended is None else job.entry

    def wake(self) -> None:
        """Have `look` return."""
        with self._changed:
            self._changed.notify()
