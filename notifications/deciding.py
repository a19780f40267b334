"""The follower that decides who is told: occasions, steps that come due, what was held back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, transaction

from devices import clock
from devices.events import announce
from notifications import escalations, failing, recipients, said, targets
from notifications.content import Content
from notifications.digests import take_held
from notifications.models import Decision, Occasion
from notifications.standing import source
from telemetry.followers import Follower
from telemetry.live import contract

logger = logging.getLogger(__name__)

IDLE = 0.5  # seconds between two looks when there was nothing to decide
AT_ONCE = 100  # occasions decided in one transaction


class Deciding:
    """Work of one process. Several share it: each occasion, step and recipient is locked."""

    def step(self) -> float:
        now = clock.now()
        # Some of each, so that a storm of one keeps none of the others waiting.
        worked = [take(now) for take in (take_occasions, escalations.take_step, take_held)]
        if not any(worked):
            return IDLE
        announce(contract.event("notifications"))
        return 0.0

    def close(self) -> None:
        """Nothing is held between two steps."""


def take_occasions(now: datetime) -> bool:
    """Decide about the first that wait, of each alert about one; whether there were any."""
    waiting = Occasion.objects.filter(decided_at__isnull=True, due_at__lte=now)
    firsts: dict[int, Occasion] = {}
    for each in waiting.order_by("due_at", "id")[:AT_ONCE]:
        firsts.setdefault(each.alert_id, each)
    found = list(firsts.values())
    if len(found) > 1:
        try:
            found = _decide_all(found, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as exc:  # noqa: BLE001  (which of them it is shows when each is alone)
            logger.warning("decided one by one: %r", exc, extra={"action": "decided_alone"})
    for each in found:
        with failing.put_off(each, now):
            _decide_one(each, now)
    return bool(firsts)


def _decide_all(found: Sequence[Occasion], now: datetime) -> list[Occasion]:
    """Decide about those of which nobody is told now; the others. To tell locks recipients, which
    two processes that do so for several alerts at a time would wait for in a circle."""
    with transaction.atomic():
        held = _hold(found, now)
        sent = Decision.objects.filter(alert_id__in=held.over, sent_at__isnull=False)
        told = set(sent.values_list("alert_id", flat=True))
        rest = [each for each in held.occasions if each.alert_id not in told]
        _put_down(held._replace(occasions=rest, over=held.over - told), now)
    return [each for each in held.occasions if each.alert_id in told]


def _decide_one(occasion: Occasion, now: datetime) -> None:
    with transaction.atomic():
        held = _hold([occasion], now)
        for each in held.occasions:  # none: another process has decided it
            if each.alert_id in held.over:
                _tell_the_end(each, now)
        _put_down(held, now)


class Held(NamedTuple):
    """Nobody else decides about these until the transaction ends."""

    occasions: list[Occasion]
    over: set[int]  # alerts whose end is to be told; any other has fired again
    there: set[int]  # alerts that are not deleted


def _hold(found: Sequence[Occasion], now: datetime) -> Held:
    """Those that wait still. The alerts are locked before the occasions: who works a step of them
    does so in this order, too."""
    standings = source().standings([each.alert_id for each in found], lock=True)
    waiting = Occasion.objects.filter(decided_at__isnull=True, due_at__lte=now)
    locked = waiting.filter(pk__in=[each.pk for each in found]).select_for_update(of=("self",))
    occasions = list(locked.order_by("id"))
    ends = {each.alert_id for each in occasions if each.what == Occasion.What.CLEARED}
    stands = {alert_id for alert_id, standing in standings.items() if not standing.over}
    return Held(occasions, ends - stands, set(standings))


def _put_down(held: Held, now: datetime) -> None:
    """What was decided about these, in a few statements however many they are."""
    escalations.end(held.over, now)
    fired = [each for each in held.occasions if each.what != Occasion.What.CLEARED]
    fitting = escalations.begin(fired, now)
    decisions = recipients.nobody(each for each in fired if not fitting[each.pk])
    words = {each.alert_id: _words([each], "") for each in decisions}
    source().note({pk: ("notified", words[pk]) for pk in words.keys() & held.there})
    for count in {*fitting.values()}:
        these = [pk for pk, policies in fitting.items() if policies == count]
        Occasion.objects.filter(pk__in=these).update(decided_at=now, policies=count)
    ends = [each.pk for each in held.occasions if each.pk not in fitting]
    if ends:
        Occasion.objects.filter(pk__in=ends).update(decided_at=now)


def _tell_the_end(occasion: Occasion, now: datetime) -> None:
    told = targets.told_of(occasion.alert_id)
    decisions = recipients.tell(occasion, Content.read(occasion.content), told, now)
    if decisions:
        source().note({occasion.alert_id: ("notified", _words(decisions, "Of its end, "))})


def _words(decisions: list[Decision], before: str) -> str:
    return f"{before}{said.of_all(decisions, targets.UTC_ZONE)}"


FOLLOWERS = (Follower("deciding", Deciding),)
