"""Whom something is told, when and on which channels; each decision is kept with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from access.scope import Scope
from notifications import links, outbox
from notifications.content import Content
from notifications.models import Channel, Decision, Occasion, Recipient
from notifications.outbox import Wanted
from notifications.people.decision import Decided, Why, Wishes, decide, rank
from notifications.people.hours import InvalidHours, read_times, read_windows
from notifications.targets import UTC_ZONE, Target, channels_of, identity, zone_of
from notifications.words import worded, wordings
from telemetry.series.worded import spoken
from telemetry.workers.rate import take

BURST = 10  # messages at once after a pause, however many an hour are wanted


def wishes_of(recipient: Recipient) -> Wishes:
    """What cannot be read any more holds nothing back: rather told than not."""
    try:
        quiet = read_windows(recipient.quiet)
    except InvalidHours:
        quiet = ()
    try:
        digest_at = read_times(recipient.digest_at)
    except InvalidHours:
        digest_at = ()
    return Wishes(
        zone_of(recipient.zone),
        recipient.minimum,
        recipient.paused_until,
        quiet,
        recipient.through or None,
        recipient.digest_below or None,
        digest_at,
        recipient.language,
        recipient.ends,
    )


def recipient_of(target: Target, *, lock: bool = False) -> Recipient:
    """Made now if it is not there yet."""
    which = {"user": target.user} if target.user is not None else {"channel": target.channel}
    made, _ = Recipient.objects.get_or_create(**which)
    return Recipient.objects.select_for_update().get(pk=made.pk) if lock else made


def _takes(channel: Channel, content: Content) -> bool:
    """Whether it is grave enough for this channel."""
    return rank(content.severity) >= rank(channel.minimum)


def judged(target: Target, content: Content, at: datetime, *, is_end: bool = False) -> Decided:
    """Whether it would be told; nothing is used up."""
    return _judged(target, content, at, is_end, use_up=False)[0]


def tell(
    occasion: Occasion,
    content: Content,
    targets: Iterable[Target],
    at: datetime,
    *,
    policy_name: str = "",
    step: int = 0,
) -> list[Decision]:
    """Decide for each, keep why, and put into the outbox what is due now. Inside a transaction."""
    is_end = content.what == "cleared"
    content = replace(content, url=content.url or links.page(occasion.alert_id))
    # In one order, so that two processes do not wait for each other's rows.
    ordered = sorted(targets, key=identity)
    judged_now = [_judged(each, content, at, is_end, use_up=True) for each in ordered]
    decisions = Decision.objects.bulk_create(
        Decision(
            occasion=occasion,
            alert_id=occasion.alert_id,
            site_id=occasion.site_id,
            policy_name=policy_name,
            step=step,
            user=target.user,
            channel=target.channel,
            who=target.name,
            why=decided.why,
            due_at=decided.due,
            sent_at=at if decided.why == Why.NOW else None,
        )
        for target, (decided, _) in zip(ordered, judged_now, strict=True)
    )
    wanted: list[Wanted] = []
    for target, decision, (decided, wishes) in zip(ordered, decisions, judged_now, strict=True):
        if decided.why == Why.NOW:
            decision.key = f"decision-{decision.pk}"
            ours = content
            if not is_end and acknowledges(target, content):
                ours = replace(content, acknowledge_url=links.link(decision.pk))
            with spoken(wishes.language):
                wording = wordings()[content.what]
                words = worded(ours, wishes.zone, wording, step=float(step + 1), policy=policy_name)
            wanted += to_channels(target, decision.key, words)
    Decision.objects.bulk_update([each for each in decisions if each.key], ["key"])
    outbox.put_all(wanted)
    return decisions


def tell_alone(key: str, target: Target, content: Content, at: datetime) -> None:
    """Decide of what is no alert, and put it into the outbox for when it is due. What is held back
    comes by itself then. Inside a transaction."""
    decided, _ = _judged(target, content, at, is_end=False, use_up=True)
    if decided.due is not None:
        wanted = to_channels(target, key, content)
        outbox.put_all([replace(each, due_at=decided.due) for each in wanted])


def acknowledges(target: Target, content: Content) -> bool:
    """Whether it is given a link that does; a viewer is told, and may not."""
    return target.user is None or links.may_acknowledge(target.user, content.site_id)


def nobody(occasions: Iterable[Occasion]) -> list[Decision]:
    """No policy fits: kept as decisions, so that it shows where one looks for who was told."""
    return Decision.objects.bulk_create(
        Decision(
            occasion=occasion,
            alert_id=occasion.alert_id,
            site_id=occasion.site_id,
            who="nobody",
            why=Why.NO_POLICY,
        )
        for occasion in occasions
    )


def to_channels(target: Target, key: str, content: Content) -> list[Wanted]:
    """One for each channel of the target."""
    user_id = target.user.pk if target.user is not None else None
    return [
        Wanted(key=key, content=content, channel_id=channel.pk, user_id=user_id)
        for channel in channels_of(target)
        if _takes(channel, content)
    ]


def take_one(recipient: Recipient, at: datetime) -> float:
    """One message of those an hour, if there is one: the seconds until there is."""
    burst = float(max(1, min(recipient.hourly, BURST)))
    since = recipient.tokens_at or at
    held = recipient.tokens if recipient.tokens_at else burst
    wait, left = take(
        held, since.timestamp(), at.timestamp(), rate=max(1, recipient.hourly) / 3600, burst=burst
    )
    recipient.tokens, recipient.tokens_at = left, max(at, since)
    recipient.save(update_fields=["tokens", "tokens_at"])
    return wait


def _judged(
    target: Target, content: Content, at: datetime, is_end: bool, *, use_up: bool
) -> tuple[Decided, Wishes]:
    never = refusal(target, content)
    if never is not None:
        return Decided(never, None), Wishes(UTC_ZONE)
    recipient = recipient_of(target, lock=use_up)
    wishes = wishes_of(recipient)
    wait = (lambda: take_one(recipient, at)) if use_up else (lambda: 0.0)
    return decide(wishes, content.severity, at, is_end=is_end, wait=wait), wishes


def refusal(target: Target, content: Content) -> Why | None:
    """Why it cannot be told, whatever it wants; None: it can."""
    if target.user is None and target.channel is None:
        return Why.NOBODY
    if target.user is not None:
        if not target.user.is_active:
            return Why.NOBODY
        if not Scope.of(target.user).sees_site(content.site_id):
            return Why.OUT_OF_SIGHT
    channels = channels_of(target)
    if not channels:
        return Why.NO_CHANNEL
    return None if any(_takes(each, content) for each in channels) else Why.MILD
