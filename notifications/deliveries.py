"""What became of attempts: the delivery log, the state of what was told and of its channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from prometheus_client import Counter

from devices import clock
from notifications.answer import Outcome
from notifications.attempt import Attempt
from notifications.models import Delivery, Notification
from notifications.retry import TRY_FOR, again
from notifications.sql import load
from telemetry.followers import REGISTRY
from telemetry.jobs import Job

MAX_TROUBLE = 300  # characters
KEPT_DAYS = 90  # that the delivery log goes back
TEND_EVERY, TEND_TIMEOUT = 60.0, 60.0  # seconds
FORGET_AT_ONCE = 10_000  # rows

_SQL = load("sender")
_ATTEMPTS = Counter(
    "pulseboard_notifications_attempts", "Attempts to tell", ["kind", "outcome"], registry=REGISTRY
)
_GIVEN_UP = Counter("pulseboard_notifications_failed", "Given up", ["kind"], registry=REGISTRY)
_SENT = Counter(
    "pulseboard_notifications_sent", "Taken by the other side", ["kind"], registry=REGISTRY
)


def record(
    notification: Notification, made: Attempt, owner: str = "", *, once: bool = False
) -> Delivery | None:
    """In one transaction: the attempt, what became of what it told, and of the channel's lease.

    `once`: it is not tried again. None when the notification was deleted meanwhile."""
    answer = made.answer
    now = clock.now()
    age = (now - notification.due_at).total_seconds()
    step = None if once else again(answer, notification.attempts + 1, age)
    taken = answer.outcome is Outcome.TAKEN
    facts: dict[str, Any] = {
        "notification": notification.pk,
        "channel": notification.channel_id,
        "owner": owner,
        "taken": taken,
        "failed": answer.outcome in (Outcome.FAILED, Outcome.UNANSWERED),
        "gone": answer.gone,
        "ends": not taken and step is None,
        "rest": step.wait if step is not None and step.rests else 0.0,
        "postpone": step.wait if step is not None and not step.rests else 0.0,
        "trouble": "" if taken else (answer.text or f"It answered {answer.status}.")[:MAX_TROUBLE],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["note_result"], facts)
        if cursor.rowcount == 0:
            return None
        delivery = Delivery.objects.create(
            notification=notification,
            at=made.at,
            took_ms=made.took_ms,
            outcome=answer.outcome,
            status=answer.status,
            answer=answer.text,
            retry_at=now + timedelta(seconds=step.wait) if step is not None else None,
        )
        cursor.execute(_SQL["note_attempt"], facts)
    _ATTEMPTS.labels(notification.kind, answer.outcome).inc()
    if facts["ends"]:
        _GIVEN_UP.labels(notification.kind).inc()
    if taken:
        _SENT.labels(notification.kind).inc()
    return delivery


def tend() -> str:
    """Give up what is too old, and forget what ended long ago."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["give_up"], {"seconds": TRY_FOR})
        given_up = cursor.rowcount
    # By the ORM, which also deletes what hangs on these.
    old = Notification.objects.filter(ended_at__lt=clock.now() - timedelta(days=KEPT_DAYS))
    forgotten = list(old.order_by("ended_at").values_list("pk", flat=True)[:FORGET_AT_ONCE])
    Notification.objects.filter(pk__in=forgotten).delete()
    said = [(given_up, "gave up"), (len(forgotten), "forgot")]
    return ", ".join(f"{what} {count} notifications" for count, what in said if count)


JOBS = [Job("tend_notifications", TEND_EVERY, TEND_TIMEOUT, tend)]
