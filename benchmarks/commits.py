"""When each transaction's rows became visible, seen from beside it.

`pg_xact_commit_timestamp` is taken before the commit is flushed, so it would leave out the fsync.
Instead a connection of its own asks for the running transactions some hundred times a second: the
first snapshot in which one is over is when a reader could have seen it, and a bit after COMMIT
returned to the bridge. Costs no table access and needs no server setting.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psycopg

LOOK_EVERY = 0.002  # seconds; what it adds to a latency at most
LOOKS_WITHIN = 60.0  # seconds until its first look
XID_MASK = 0xFFFF_FFFF  # `xmin` has the low half of a transaction id


class CommitWatch(threading.Thread):
    """Maps transaction ids (as in `xmin`) to the Unix ms at which they were over."""

    def __init__(self, database_url: str) -> None:
        super().__init__(name="commit-watch", daemon=True)
        self._url = database_url
        self._stopping = threading.Event()
        self._looks = threading.Event()
        self.ended_ms: dict[int, float] = {}

    def __enter__(self) -> CommitWatch:
        self.start()
        # A transaction that is over before the first look is never seen to end.
        if not self._looks.wait(LOOKS_WITHIN):
            raise RuntimeError("nobody looks at the running transactions")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            running: set[int] = set()
            begun = None  # transactions below it have been looked at
            while not self._stopping.wait(LOOK_EVERY):
                row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
                now_ms = time.time_ns() / 1e6
                if row is None:
                    continue
                _, newest, listed = row[0].split(":")
                still = {int(xid) for xid in listed.split(",") if xid}
                running.update(range(begun if begun is not None else int(newest), int(newest)))
                running |= still
                begun = int(newest)
                self._looks.set()
                for xid in running - still:
                    self.ended_ms[xid & XID_MASK] = now_ms
                running &= still


def percentiles(
    groups: list[tuple[int, int, int]], ended_ms: dict[int, float], at: tuple[float, ...]
) -> list[float] | None:
    """Latencies in ms at the fractions `at`, over rows given as (xmin, sent ms, rows)."""
    seen = sorted((ended_ms[xid] - sent, rows) for xid, sent, rows in groups if xid in ended_ms)
    total = sum(rows for _, rows in seen)
    if not total:
        return None
    found = []
    for fraction in at:
        before = 0
        for latency, rows in seen:
            before += rows
            if before >= fraction * total:
                found.append(round(latency, 1))
                break
    return found
