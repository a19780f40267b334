"""One batch at a time from the writer to the committer, for as long as the writer has patience."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from bridge.batch import Batch
from bridge.inbox import Settled


@dataclass(slots=True)
class Job:
    """One batch the writer waits for. The writer sets `abandoned`, the committer `ended`."""

    batch: Batch
    ended: Settled | None = None
    done: threading.Event = field(default_factory=threading.Event)
    abandoned: bool = False


class Handover:
    """`give` is for the writer thread, `look` and `finish` for the committer thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._job: Job | None = None

    def give(self, batch: Batch, patience: float) -> Settled | None:
        """How the messages ended, or None when that is not known after `patience` seconds.

        Then the batch may still be committed later; storing it again does no harm.
        """
        job = Job(batch)
        with self._changed:
            if self._job is not None:
                return None  # still busy with one that was given up
            self._job = job
            self._changed.notify()
        if not job.done.wait(patience):
            job.abandoned = True
            if not job.done.is_set():
                return None
        return job.ended

    def look(self, timeout: float) -> Job | None:
        """The job in hand, or the one that comes within `timeout` seconds."""
        with self._changed:
            if self._job is None and timeout:
                self._changed.wait(timeout)
            return self._job

    def finish(self, job: Job, ended: Settled | None) -> None:
        """Let go of the job; None: it came to nothing, and nobody is told."""
        with self._changed:
            self._job = None  # before `done`: the writer comes with the next one at once
        if ended is not None:
            job.ended = ended
            job.done.set()

    def wake(self) -> None:
        """Have `look` return."""
        with self._changed:
            self._changed.notify()
