"""Who is in quarantine: senders that no device is registered for."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from access.scope import Scope
from telemetry.models import QuarantinedMessage
from telemetry.sql import load

_SQL = load("quarantine")


class Unregistered(NamedTuple):
    """One sender, with what is kept of it."""

    uid: str
    messages: int
    first_seen: datetime
    last_seen: datetime
    reasons: dict[str, int]
    sample: QuarantinedMessage  # its newest telemetry, or else its newest message


def unregistered(scope: Scope, limit: int) -> tuple[int, list[Unregistered]]:
    """How many such senders there are, and the last heard of them. They stand at no site."""
    if not scope.sees_site(None):
        return 0, []
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_unregistered"], {"limit": limit})
        rows = cursor.fetchall()
        cursor.execute(_SQL["count_reasons"], {"uids": [row[0] for row in rows]})
        reasons: dict[str, dict[str, int]] = defaultdict(dict)
        for uid, reason, count in cursor.fetchall():
            reasons[uid][reason] = count
    samples = QuarantinedMessage.objects.visible_to(scope).in_bulk([row[4] for row in rows])
    found = [
        Unregistered(uid, messages, first, last, reasons[uid], samples[sample])
        for uid, messages, first, last, sample, _ in rows
        if sample in samples  # retention may have come in between
    ]
    return (rows[0][5] if rows else 0), found
