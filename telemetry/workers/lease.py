"""At most one process writes under a worker's name: a row with an owner and an end.

Two bridges under one name would take the broker's session from each other for ever, and the file
lock of the spool only sees this machine. A row and no session lock of Postgres: behind a pooler in
transaction mode such a lock stays with a session that is no longer ours. The clock is the
database's alone. Whoever was away for longer than `TERM` may have lost the name to another, so each
transaction that stores a batch reads the row first (`telemetry.storage.store`), which also keeps
others from taking it before COMMIT.
"""

from __future__ import annotations

from django.db import connection

from telemetry.errors import TelemetryError
from telemetry.sql import load

TERM = 10.0  # seconds the name is ours without a word from us

_SQL = load("lease")


class LeaseLost(TelemetryError):
    """Another process writes under this name now; nothing of the transaction may be stored."""


class Lease:
    """The claim of one owner on one name. Asks over whatever connection its thread has."""

    def __init__(self, name: str, owner: str) -> None:
        """`owner` is the same for a process and the one that takes its place, and nobody else's."""
        self.claim = {"name": name, "owner": owner}

    def hold(self) -> bool:
        """Whether the name is ours, for `TERM` from now on."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["hold_lease"], {**self.claim, "seconds": TERM})
            return cursor.fetchone() is not None

    def release(self) -> None:
        """Let another have the name at once."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["release_lease"], self.claim)
