"""From a firing to whoever acknowledges: the steps of each policy that fits, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from notifications import failing, recipients, said
from notifications.content import Content
from notifications.models import Escalation, Occasion, Policy
from notifications.people.decision import rank
from notifications.standing import Standing, source
from notifications.targets import UTC_ZONE, Target, targets_of

LOOK_AGAIN = timedelta(minutes=1)  # at an alert that is silenced: nobody says until when


def begin(occasions: Sequence[Occasion], at: datetime) -> dict[int, int]:
    """Those of every policy that fits, due at once; how many, by the id of the occasion. What an
    earlier occasion of the alert left open gives way: two at a time would tell everybody twice."""
    if not occasions:
        return {}
    _end({each.alert_id for each in occasions}, at, Escalation.Ended.REPLACED)
    policies = list(Policy.objects.filter(enabled=True))
    fitting = {
        each.pk: [policy for policy in policies if fits(policy, Content.read(each.content))]
        for each in occasions
    }
    Escalation.objects.bulk_create(
        Escalation(occasion=occasion, alert_id=occasion.alert_id, policy=policy, due_at=at)
        for occasion in occasions
        for policy in fitting[occasion.pk]
    )
    return {pk: len(those) for pk, those in fitting.items()}


def end(alert_ids: Iterable[int], at: datetime) -> None:
    """These alerts are over."""
    _end(alert_ids, at, Escalation.Ended.OVER)


def _end(alert_ids: Iterable[int], at: datetime, ended: str) -> None:
    if ids := sorted(alert_ids):
        open_ones = Escalation.objects.filter(alert_id__in=ids, ended_at__isnull=True)
        open_ones.update(ended_at=at, ended=ended)


def fits(policy: Policy, content: Content) -> bool:
    """Whether it is for such an alert."""
    if rank(content.severity) < rank(policy.minimum):
        return False
    if policy.site_id is not None and policy.site_id != content.site_id:
        return False
    return policy.labels.items() <= content.labels.items()


def take_step(now: datetime) -> bool:
    """Work the step that is due first; whether there was one."""
    due = Escalation.objects.filter(ended_at__isnull=True, due_at__lte=now)
    first = due.order_by("due_at", "id").first()
    if first is None:
        return False
    with failing.put_off(first, now), transaction.atomic():
        # The alert first: whoever clears or acknowledges it waits, so it is over or it is not.
        standing = source().standings([first.alert_id], lock=True).get(first.alert_id)
        locked = due.filter(pk=first.pk, number=first.number).select_for_update(of=("self",))
        escalation = locked.select_related("policy", "occasion").first()
        if escalation is not None:  # otherwise another process has worked it meanwhile
            _work(escalation, standing, now)
            escalation.save(update_fields=["number", "due_at", "ended_at", "ended"])
    return True


def _work(escalation: Escalation, standing: Standing | None, now: datetime) -> None:
    ended = _ended(escalation, standing)
    steps = list(escalation.policy.steps.order_by("number"))
    all_steps = len(steps) * (escalation.policy.repeat + 1)
    if standing is None or ended is not None or escalation.number >= all_steps:
        escalation.ended_at = now
        escalation.ended = ended or Escalation.Ended.ALL_TOLD
    elif standing.snoozed_until is not None and standing.snoozed_until > now:
        escalation.due_at = standing.snoozed_until
    elif standing.silenced:
        escalation.due_at = now + LOOK_AGAIN
    else:
        step = steps[escalation.number % len(steps)]
        _tell(escalation, standing, targets_of(step, now), now)
        escalation.number += 1
        # From now and not from when it was due: after an outage of ours the steps keep their pace.
        escalation.due_at = now + timedelta(minutes=step.minutes)


def _ended(escalation: Escalation, standing: Standing | None) -> str | None:
    if standing is None:
        return Escalation.Ended.GONE
    if standing.over:
        return Escalation.Ended.OVER
    if standing.acknowledged:
        return Escalation.Ended.ACKNOWLEDGED
    return None if escalation.policy.enabled else Escalation.Ended.SWITCHED_OFF


def _tell(escalation: Escalation, standing: Standing, targets: list[Target], now: datetime) -> None:
    content = Content.read(escalation.occasion.content)
    what = content.what if escalation.number == 0 else "escalated"
    decisions = recipients.tell(
        escalation.occasion,
        replace(
            content,
            what=what,
            sentence=standing.sentence,
            said=standing.said,
            severity=standing.severity,
        ),
        targets,
        now,
        policy_name=escalation.policy.name,
        step=escalation.number,
    )
    kind = "notified" if escalation.number == 0 else "escalated"
    words = said.of_all(decisions, UTC_ZONE)
    source().note({escalation.alert_id: (kind, words)})
