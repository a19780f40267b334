"""What others gave and made on the tables that a move into hypertables replaces.

Owner, grants and comments go over to the copies. Views, publications, triggers, policies and
rights on single columns cannot: they are named before anything is copied, and again before the
tables go.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from telemetry.jobs import NotYet
from telemetry.sql import load

_SQL = load("moving_rights")


def check(cursor: CursorWrapper) -> None:
    """Raises `NotYet` where somebody made something that would end with the tables."""
    cursor.execute(_SQL["list_hindrances"], {})
    if found := [what for (what,) in cursor.fetchall()]:
        raise NotYet(
            f"It would be lost with the tables, or hold them: {', '.join(found)}. Drop it, and make"
            " it again when the readings are in hypertables"
        )


def take_over(cursor: CursorWrapper) -> None:
    """Give the copies the owner, the grants and the comments that the tables have now."""
    cursor.execute(_SQL["take_over_rights"])
