"""The row of each follower: when it last worked, and what went wrong last."""

from __future__ import annotations

from typing import Any

from django.db import connection

from telemetry.followers import registered
from telemetry.models import FollowerRun
from telemetry.moments import to_ms
from telemetry.sql import load

MAX_ERROR = 500  # characters kept of an error

_SQL = load("followers")


def worked(name: str) -> None:
    """A step of this follower ended well just now."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["note_worked"], {"name": name})


def failed(name: str, error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["note_follower_failed"], {"name": name, "error": error[:MAX_ERROR]})


def states() -> list[dict[str, Any]]:
    """Each registered follower and how it goes, as the pipeline page gets it."""
    rows = FollowerRun.objects.in_bulk([follower.name for follower in registered()])
    return [_state(rows.get(each.name) or FollowerRun(name=each.name)) for each in registered()]


def _state(run: FollowerRun) -> dict[str, Any]:
    failing = run.failed_at and (run.worked_at is None or run.worked_at < run.failed_at)
    return {
        "name": run.name,
        "worked_at": to_ms(run.worked_at) if run.worked_at else None,
        "failed_at": to_ms(run.failed_at) if run.failed_at else None,
        "failing": bool(failing),
        "error": run.error,
    }
