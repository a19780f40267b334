"""Puts down that something happened to an alert, in the transaction of whoever found out.

One row and no question who is told: a mistake in somebody's quiet hours or a rota must not keep
readings from being judged. The follower `deciding` does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devices import clock
from notifications.content import Content
from notifications.models import Occasion


def tell(key: str, what: str, content: Content) -> bool:
    """As `tell_all`, one; whether it was put down now."""
    return tell_all([(key, what, content)]) == 1


def tell_all(happened: Sequence[tuple[str, str, Content]]) -> int:
    """Of (key, what, content): the key is unique for ever, so what comes again does nothing;
    `what` is `fired`, `worsened` or `cleared`. How many were put down now."""
    now = clock.now()
    rows = [
        Occasion(
            key=key,
            what=Occasion.What(what),
            alert_id=_alert_of(content),
            site_id=content.site_id,
            content=replace(content, what=what).as_json(),
            due_at=now,
        )
        for key, what, content in happened
    ]
    keys = [row.key for row in rows]
    before = Occasion.objects.filter(key__in=keys).count()
    Occasion.objects.bulk_create(rows, ignore_conflicts=True)
    return Occasion.objects.filter(key__in=keys).count() - before


def _alert_of(content: Content) -> int:
    if content.alert_id is None:
        raise ValueError("an occasion is of an alert")
    return content.alert_id
