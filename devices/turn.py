"""One change of a kind at a time, over all processes: by a lock of Postgres."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import connection, transaction

T = TypeVar("T")


def take_turn(lock: int) -> None:
    """Nobody else has the turn until the transaction ends: what is read from now on stays. Whoever
    has it may take it again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def alone(lock: int, work: Callable[[], T]) -> T:
    """What the work gives, in a transaction that has the turn."""
    with transaction.atomic():
        take_turn(lock)
        return work()
