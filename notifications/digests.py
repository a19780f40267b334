"""What was held back goes out together: at the end of quiet hours, in a digest, under the limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from notifications import failing, outbox, recipients
from notifications.content import Content
from notifications.links import link, page
from notifications.models import Decision
from notifications.people.decision import Why, Wishes, quiet_end, rank
from notifications.standing import source
from notifications.targets import Target
from notifications.words import item, worded, wordings
from telemetry.series.worded import spoken

MAX_ITEMS = 50  # alerts one digest names; of more it says how many


def take_held(now: datetime) -> bool:
    """Send what one recipient is due; whether there was anything."""
    due = Decision.objects.filter(sent_at__isnull=True, due_at__lte=now)
    first = due.order_by("due_at", "id").first()
    if first is None:
        return False
    with failing.put_off(first, now), transaction.atomic():
        target = Target(first.who, user=first.user, channel=first.channel)
        if target.user is None and target.channel is None:  # gone since
            due.filter(pk=first.pk).update(due_at=None)
            return True
        recipient = recipients.recipient_of(target, lock=True)
        held = due.filter(user=target.user, channel=target.channel)
        decisions = list(held.select_related("occasion").order_by("id"))
        wishes = recipients.wishes_of(recipient)
        still = [each for each in decisions if _stands(each, wishes, target, now)]
        if still:  # otherwise another process has sent them meanwhile
            recipients.take_one(recipient, now)
            _send(wishes.zone, target, still, now)
    return True


def _stands(decision: Decision, wishes: Wishes, target: Target, now: datetime) -> bool:
    """Whether it may be sent now. What the recipient wants may have changed since it was held."""
    content = Content.read(decision.occasion.content)
    paused = wishes.paused_until is not None and now < wishes.paused_until
    never = Why.PAUSED if paused else recipients.refusal(target, content)
    until = quiet_end(wishes, content.severity, now)
    if never is None and until is None:
        return True
    decision.why, decision.due_at = (never, None) if never else (decision.why, until)
    decision.save(update_fields=["why", "due_at"])
    return False


def _send(zone: ZoneInfo, target: Target, decisions: list[Decision], now: datetime) -> None:
    with spoken(recipients.recipient_of(target).language):
        _send_in_words(zone, target, decisions, now)


def _send_in_words(
    zone: ZoneInfo, target: Target, decisions: list[Decision], now: datetime
) -> None:
    """One notification of them all. An alert that has fired and cleared meanwhile is one item; the
    only one that still stands is told as if nothing had kept it back."""
    standings = source().standings({each.alert_id for each in decisions})
    contents: dict[int, Content] = {}
    for each in decisions:
        standing = standings.get(each.alert_id)
        content = Content.read(each.occasion.content)
        content = replace(content, url=content.url or page(each.alert_id))
        if standing is not None:
            content = replace(
                content, sentence=standing.sentence, said=standing.said,
                severity=standing.severity, cleared_at=standing.cleared_at,
            )  # fmt: skip
        contents[each.alert_id] = content
    ordered = sorted(contents.values(), key=lambda each: -rank(each.severity))
    key = f"digest-{decisions[0].pk}"
    wording = wordings()
    if len(ordered) == 1 and ordered[0].cleared_at is None:
        ours = ordered[0]
        if recipients.acknowledges(target, ours):
            ours = replace(ours, acknowledge_url=link(decisions[-1].pk))
        content = worded(ours, zone, wording[ours.what])
    else:
        content = Content(
            what="digest",
            severity=ordered[0].severity,
            items=[item(each, zone, each.cleared_at) for each in ordered[:MAX_ITEMS]],
        )
        content = worded(content, zone, wording["digest"], count=float(len(ordered)))
    outbox.put_all(recipients.to_channels(target, key, content))
    for each in decisions:
        each.sent_at, each.key = now, key
    Decision.objects.bulk_update(decisions, ["sent_at", "key"])
