"""The name a worker has to itself, and when it gives way to another process of that name."""

from __future__ import annotations

import threading
import time

from telemetry.workers.lease import TERM, Lease

PATIENCE = 1.5 * TERM  # seconds without the lease of our name before we give up


class HeldName:
    """For the thread that commits; `evicted` may be waited for by any."""

    def __init__(self, name: str, owner: str) -> None:
        self.lease = Lease(name, owner)
        self.evicted = threading.Event()  # another process runs under our name
        self._held_at = time.monotonic()

    def hold(self) -> bool:
        """Whether we may write under our name. Not having it ends this process only after a while,
        in which the lease of one that was killed elsewhere expires. Raises what the database
        raises."""
        if self.lease.hold():
            self._held_at = time.monotonic()
            return True
        if time.monotonic() - self._held_at > PATIENCE:
            self.evicted.set()
        return False

    def cannot_ask(self) -> None:
        """Something else is in the way, so there is no telling; the patience starts after it."""
        self._held_at = time.monotonic()
