"""The follower that decides who is told: occasions, steps that come due, what was held back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from devices import clock
from devices.events import announce
from notifications import escalations, failing, recipients, said
from notifications.content import Content
from notifications.digests import take_held
from notifications.models import Decision, Occasion
from notifications.standing import source
from telemetry.followers import Follower
from telemetry.live import contract

IDLE = 0.5  # seconds between two looks when there was nothing to decide


class Deciding:
    """Work of one process. Several share it: each occasion, step and recipient is locked."""

    def step(self) -> float:
        now = clock.now()
        # Each once, so that a storm of one keeps none of the others waiting.
        worked = [take(now) for take in (take_occasion, escalations.take_step, take_held)]
        if not any(worked):
            return IDLE
        announce(contract.event("notifications"))
        return 0.0

    def close(self) -> None:
        """Nothing is held between two steps."""


def take_occasion(now: datetime) -> bool:
    """Decide about the first that waits; whether there was one."""
    waiting = Occasion.objects.filter(decided_at__isnull=True, due_at__lte=now)
    first = waiting.order_by("due_at", "id").first()
    if first is None:
        return False
    with failing.put_off(first, now), transaction.atomic():
        # The alert before the occasion: who works a step of it locks in this order, too.
        standing = source().standings([first.alert_id], lock=True).get(first.alert_id)
        occasion = waiting.filter(pk=first.pk).select_for_update(of=("self",)).first()
        if occasion is None:  # another process has decided it meanwhile
            return True
        content = Content.read(occasion.content)
        if occasion.what != Occasion.What.CLEARED:
            occasion.policies = escalations.begin(occasion, content, now)
            if occasion.policies == 0:
                _say(occasion, [recipients.nobody(occasion)], "")
        elif standing is None or standing.over:  # otherwise it has fired again
            escalations.end(occasion.alert_id, now)
            _tell_the_end(occasion, content, now)
        occasion.decided_at = now
        occasion.save(update_fields=["decided_at", "policies"])
    return True


def _tell_the_end(occasion: Occasion, content: Content, now: datetime) -> None:
    told = recipients.told_of(occasion.alert_id)
    decisions = recipients.tell(occasion, content, told, now)
    if decisions:
        _say(occasion, decisions, "Of its end, ")


def _say(occasion: Occasion, decisions: list[Decision], before: str) -> None:
    words = said.of_all(decisions, recipients.UTC_ZONE)
    source().note(occasion.alert_id, "notified", f"{before}{words}")


FOLLOWERS = (Follower("deciding", Deciding),)
