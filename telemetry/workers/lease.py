"""At most one process writes under a worker's name: a Postgres advisory lock, held by a session.

Two bridges under one name would take the broker's session from each other for ever, and the file
lock of the spool only sees this machine. Needs a connection that stays with its server session: a
pooler in transaction mode would let the lock go.
"""

from __future__ import annotations

from django.db import connection

LOCK_CLASS = 0x50425201  # any constant that is ours alone


class Lease:
    """Belongs to the thread whose connection holds it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held_by: object | None = None

    def hold(self) -> bool:
        """Whether the name is ours now. Cheap while the connection is still the one that got it;
        a new connection must ask again, for the lock went with the old one."""
        connection.ensure_connection()
        if self._held_by is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_lock(%s, hashtext(%s))", (LOCK_CLASS, self._name)
            )
            (got,) = cursor.fetchone()
        if got:
            self._held_by = connection.connection
        return bool(got)
