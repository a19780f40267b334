"""Puts what is to be told into the outbox, in the transaction of whoever decided it.

When that commits, it is decided once; when it does not, nobody is told. The sender
(`notifications.sender`) works the outbox off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from devices import clock
from notifications.content import Content
from notifications.models import Notification
from notifications.sql import load

_SQL = load("outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Something to be told on a channel."""

    key: str  # unique for ever on this channel
    content: Content
    channel_id: int
    due_at: datetime | None = None  # None: now
    user_id: int | None = None  # whom it is for


def put(
    key: str,
    content: Content,
    channel_id: int,
    *,
    due_at: datetime | None = None,
    user_id: int | None = None,
) -> bool:
    """Whether it was decided now: False when the key was put for this channel before, or the
    channel is gone or disabled. Call it inside of the deciding transaction."""
    wanted = Wanted(key=key, content=content, channel_id=channel_id, due_at=due_at, user_id=user_id)
    return put_all([wanted]) == 1


def put_all(wanted: Sequence[Wanted]) -> int:
    """As `put`, many at once; how many of them were decided now."""
    # Held until COMMIT: who is deleted between this look and that would fail the whole decision.
    channels = {
        pk: (name, kind) for pk, name, kind in _held("channels", _ids(wanted, "channel_id"))
    }
    users = {pk for (pk,) in _held("users", _ids(wanted, "user_id"))}
    sites = {pk for (pk,) in _held("sites", {each.content.site_id for each in wanted})}
    now = clock.now()
    rows = []
    for each in wanted:
        if each.channel_id not in channels:
            continue
        name, kind = channels[each.channel_id]
        content = each.content
        rows.append(
            Notification(
                key=each.key,
                channel_id=each.channel_id,
                channel_name=name,
                kind=kind,
                user_id=each.user_id if each.user_id in users else None,
                site_id=content.site_id if content.site_id in sites else None,
                alert_id=content.alert_id,
                severity=content.severity,
                content=content.as_json(),
                due_at=each.due_at or now,
                try_at=each.due_at or now,
            )
        )
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return Notification.objects.filter(token__in=[row.token for row in rows]).count()


def _ids(wanted: Iterable[Wanted], name: str) -> set[int | None]:
    return {getattr(each, name) for each in wanted}


def _held(what: str, ids: set[int | None]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[f"hold_{what}"], {"ids": sorted(each for each in ids if each)})
        return cursor.fetchall()


def withdraw(keys: Iterable[str]) -> int:
    """What still waits of these is not sent any more; how many that were."""
    return _withdraw(key__in=list(keys))


def withdraw_rows(ids: Iterable[int]) -> int:
    """The same for these rows."""
    return _withdraw(pk__in=list(ids))


def withdraw_alert(alert_id: int) -> int:
    """The same for all that is about one alert."""
    return _withdraw(alert_id=alert_id)


def _withdraw(**which: object) -> int:
    waiting = Notification.objects.filter(state=Notification.State.WAITING, **which)
    return waiting.update(state=Notification.State.WITHDRAWN, ended_at=clock.now())
