"""Whether the database role may do what ingest needs, asked once at the start.

A missing right shows itself only when it is first used, which may be hours later: for the first
message that is quarantined, the first device that says it is offline.
"""

from __future__ import annotations

from django.db import connection

from telemetry.errors import TelemetryError
from telemetry.sql import load

_SQL = load("role")


class NotAllowed(TelemetryError):
    """The role lacks a right; says which, and what grants it."""


def check() -> None:
    """Raises `NotAllowed`, and what the database raises."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["check_role"])
        role, closed = cursor.fetchone()
    if closed:
        raise NotAllowed(
            f"the database role {role} may not write to {', '.join(closed)}:"
            f' GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(closed)} TO "{role}"'
        )
