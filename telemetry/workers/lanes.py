"""The lanes of receive instants, in the database: who holds which, and each one's mark.

`until_us` is the mark: whoever takes the lane next gives only later instants. It is written ahead,
so it holds for a holder that was killed, or that cannot reach the database, as well. `given_us` is
the nearer mark for the holder itself, when it comes back: no stored instant is later. Both are Unix
microseconds and are never moved back while the lane is held.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from telemetry.sql import load

_SQL = load("lanes")


def held(holder: str) -> list[tuple[int, int]]:
    """Number and `given_us` of each lane of this holder."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_held_lanes"], {"holder": holder})
        return cursor.fetchall()


def take(
    holder: str, count: int, *, now_us: int, until_us: int, covered_us: int
) -> list[tuple[int, int]]:
    """Take up to so many lanes whose mark is before now; number and mark of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["take_lanes"],
            {
                "holder": holder,
                "limit": count,
                "now_us": now_us,
                "until_us": until_us,
                "given_us": covered_us,
            },
        )
        return cursor.fetchall()


def extend(holder: str, until_us: int, covered_us: Mapping[int, int]) -> set[int]:
    """Move the marks of this holder's lanes on, the nearer ones by lane; which they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["extend_lanes"],
            {
                "holder": holder,
                "until_us": until_us,
                "lanes": list(covered_us),
                "covered": list(covered_us.values()),
            },
        )
        return {lane for (lane,) in cursor.fetchall()}


def release(holder: str, highest_us: Mapping[int, int]) -> None:
    """Give lanes back, each with the last instant that was given on it."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["release_lanes"],
            {
                "holder": holder,
                "lanes": list(highest_us),
                "highest": list(highest_us.values()),
            },
        )
