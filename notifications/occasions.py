"""Puts down that something happened to an alert, in the transaction of whoever found out.

One row and no question who is told: a mistake in somebody's quiet hours or a rota must not keep
readings from being judged. The follower `deciding` does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from devices import clock
from notifications.content import Content
from notifications.models import Decision, Escalation, Occasion
from telemetry.jobs import Job

KEPT_DAYS = 90  # as long as the delivery log
FORGET_EVERY, FORGET_TIMEOUT = 3_600.0, 60.0  # seconds
FORGET_AT_ONCE = 10_000  # occasions


def tell(key: str, what: str, content: Content) -> None:
    """As `tell_all`, one."""
    tell_all([(key, what, content)])


def tell_all(happened: Sequence[tuple[str, str, Content]]) -> None:
    """Of (key, what, content): the key is unique for ever, so what comes again does nothing;
    `what` is `fired`, `worsened` or `cleared`."""
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
    Occasion.objects.bulk_create(rows, ignore_conflicts=True)


def forget() -> str:
    """Occasions of long ago with what was decided, but for those about which something is due."""
    old = Occasion.objects.filter(
        created_at__lt=clock.now() - timedelta(days=KEPT_DAYS), decided_at__isnull=False
    )
    open_ones = Escalation.objects.filter(ended_at__isnull=True).values("occasion")
    held = Decision.objects.filter(sent_at__isnull=True, due_at__isnull=False).values("occasion")
    over = old.exclude(pk__in=open_ones).exclude(pk__in=held)
    gone = list(over.order_by("created_at").values_list("pk", flat=True)[:FORGET_AT_ONCE])
    Occasion.objects.filter(pk__in=gone).delete()
    return f"forgot {len(gone)} occasions" if gone else ""


def _alert_of(content: Content) -> int:
    if content.alert_id is None:
        raise ValueError("an occasion is of an alert")
    return content.alert_id


JOBS = [Job("forget_decisions", FORGET_EVERY, FORGET_TIMEOUT, forget)]
