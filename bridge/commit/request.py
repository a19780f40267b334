"""One batch at a time from the writer to the committer, for as long as the writer has patience.

A batch that was given up goes to the spool, and may be committed all the same when the database was
only slow. Then its entry must leave the spool again. Which came first is decided under one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.commit.inbox import BatchResult
from bridge.commit.spool_entry import Kept
from bridge.intake.batch import Batch


@dataclass(slots=True)
class CommitRequest:
    """One batch the writer waits for, or has given up."""

    batch: Batch
    given_up: bool = False
    done: threading.Event = field(default_factory=threading.Event)  # the committer let go of it
    ended: BatchResult | None = None  # None when it came to nothing
    kept: Kept | None = None  # where in the spool the writer put it meanwhile

    @property
    def came_to_nothing(self) -> bool:
        return self.done.is_set() and self.ended is None


class CommitRequests:
    """`give` and `keep` are for the writer thread, `look` and `finish` for the committer thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._request: CommitRequest | None = None

    def give(self, batch: Batch, patience: float) -> CommitRequest | None:
        """Ask for the commit of a batch, and wait. The request is given up after `patience`
        seconds. None at once while the committer is busy with one that was given up."""
        request = CommitRequest(batch)
        with self._changed:
            if self._request is not None:
                return None
            self._request = request
            self._changed.notify()
        if not request.done.wait(patience):
            request.given_up = True
        return request

    def keep(self, request: CommitRequest | None, append: Callable[[], Kept]) -> BatchResult | None:
        """Put a batch into the spool by `append`, which returns its entry. If the commit has ended
        after all, nothing is appended, and how it ended is the result. Raises what `append` does.
        """
        with self._changed:
            if request is not None and request.ended is not None:
                return request.ended
            kept = append()
            if request is not None and not request.done.is_set():
                request.kept = kept
            return None

    def look(self, timeout: float) -> CommitRequest | None:
        """The request in hand, or the one that comes within `timeout` seconds."""
        with self._changed:
            if self._request is None and timeout:
                self._changed.wait(timeout)
            return self._request

    def finish(self, request: CommitRequest, ended: BatchResult | None) -> Kept | None:
        """Let go of the request; `ended` is None when it came to nothing. The entry of the spool
        that has to be forgotten: its batch is committed, and nobody waits for it any more."""
        with self._changed:
            self._request = None  # before `done`: the writer comes with the next one at once
            request.ended = ended
            request.done.set()
            return None if ended is None else request.kept

    def wake(self) -> None:
        """Have `look` return."""
        with self._changed:
            self._changed.notify()
