"""Keeps the commit log short while a reader is away: what waits for long is merged, never dropped.

All commits of one minute become one row that says what they said: the series, and the times. A
reader that comes back looks at some readings in vain, and misses none. Only commits that wait for
the same readers are merged, while none of these reads: so each is still read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from telemetry.sql import load

AFTER = timedelta(minutes=10)  # a reader that is this far behind is away
ROWS = 20_000  # looked at in one transaction

_SQL = load("commit_log")


def merge(now: datetime) -> int:
    """Merge what has waited since long before `now`; how many rows went."""
    gone = 0
    with connection.cursor() as cursor:
        cursor.execute(_SQL["find_merged"])
        place = cursor.fetchone() or ("0", 0)
    while True:
        merged, last = _merge_from(place, now - AFTER)
        gone += merged
        if last is None:
            return gone
        place = last


def _merge_from(place: tuple[str, int], before: datetime) -> tuple[int, tuple[str, int] | None]:
    """How many rows went; where to go on, None: there are no more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["lock_cursors"])
        (reading,) = cursor.fetchone()
        if reading:
            return 0, None  # it is catching up
        xid, seq = place
        wanted: dict[str, Any] = {"xid": xid, "seq": seq, "before": before, "limit": ROWS}
        cursor.execute(_SQL["list_waiting"], wanted)
        rows = cursor.fetchall()
        gone = 0
        for _, each in groupby(rows, key=lambda row: row[6:]):
            together = list(each)
            if len(together) > 1:
                _merge(cursor, together)
                gone += len(together) - 1
    return gone, rows[-1][:2] if len(rows) == ROWS else None


def _merge(cursor: Any, rows: Sequence[Any]) -> None:
    (first_xid, first_seq), (xid, seq) = rows[0][:2], rows[-1][:2]
    series = np.concatenate([np.frombuffer(row[2], ">i4").reshape(-1, 2) for row in rows])
    said = ",".join(
        f"[{span.lower.isoformat()},{span.upper.isoformat()}]" for row in rows for span in row[3]
    )
    place = {"first_xid": first_xid, "first_seq": first_seq, "xid": xid, "seq": seq}
    cursor.execute(_SQL["delete_merged"], place)
    facts = {
        "series_ids": union(series.astype(np.int32)).astype(">i4").tobytes(),
        "spans": f"{{{said}}}",
        "rows": sum(row[5] for row in rows),
        "now": min(row[4] for row in rows),  # nothing after it is certain before the row is read
    }
    cursor.execute(_SQL["merge_commits"], {**place, **facts})


def union(ranges: NDArray[np.int32]) -> NDArray[np.int32]:
    """The ranges [start, stop), one a row, that hold what any of these does: apart, in order."""
    found = ranges[np.argsort(ranges[:, 0], kind="stable")]
    reach = np.maximum.accumulate(found[:, 1])
    begins = np.flatnonzero(np.append(True, found[1:, 0] > reach[:-1]))
    stops = reach[np.append(begins[1:] - 1, len(found) - 1)]
    return np.stack((found[begins, 0], stops), axis=1)
