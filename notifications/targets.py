"""Who a step names: people, members of teams, who is on call, shared channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model

from notifications.models import Channel, Decision, PolicyStep, Rota
from notifications.people import duty
from notifications.people.zones import UnknownZone, zone_named

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody that a step names: a person, a shared channel, or a name behind which nobody is."""

    name: str
    user: Any = None
    channel: Channel | None = None


def targets_of(step: PolicyStep, at: datetime) -> list[Target]:
    """Each once: those who are named, the members of teams, who is on call."""
    users = get_user_model().objects
    found = [_person(user) for user in users.filter(pk__in=step.users.values("pk")).order_by("pk")]
    for team in step.teams.order_by("name"):
        members = [_person(user) for user in team.members.order_by("pk")]
        found += members or [Target(f"team {team.name}")]
    for rota in step.rotas.order_by("name"):
        member = duty.on_call(rota_of(rota), at)
        user = users.filter(pk=member).first() if member is not None else None
        found.append(_person(user) if user else Target(f"rota {rota.name}"))
    found += [Target(each.name, channel=each) for each in step.channels.order_by("pk")]
    return list({identity(target): target for target in found}.values()) or [Target("this step")]


def told_of(alert_id: int) -> list[Target]:
    """Those who were told of an alert: who hears that it is over."""
    told = Decision.objects.filter(alert_id=alert_id, sent_at__isnull=False)
    users = get_user_model().objects.filter(pk__in=told.values("user")).order_by("pk")
    rooms = Channel.objects.filter(pk__in=told.values("channel")).order_by("pk")
    return [*map(_person, users), *(Target(each.name, channel=each) for each in rooms)]


def rota_of(rota: Rota) -> duty.Rota:
    """As the pure module wants it. A zone that is no more is UTC."""
    return duty.Rota(
        tuple(place.user_id for place in rota.places.all()),
        max(timedelta(hours=rota.shift_hours), duty.MIN_SHIFT),
        datetime.combine(rota.starts_on, rota.starts_at),
        zone_of(rota.zone),
        tuple(
            duty.Substitute(each.starts_at, each.ends_at, each.user_id)
            for each in sorted(rota.substitutions.all(), key=lambda each: each.pk)
        ),
    )


def channels_of(target: Target) -> list[Channel]:
    """On which it can be told now."""
    if target.channel is not None:
        return [target.channel] if target.channel.enabled else []
    own = Channel.objects.filter(owner=target.user, enabled=True)
    return list(own.order_by("pk"))


def _person(user: Any) -> Target:
    return Target(user.get_username(), user=user)


def identity(target: Target) -> tuple[int, int, str]:
    """Of two that are the same one, the same."""
    if target.user is not None:
        return (0, target.user.pk, "")
    return (1, target.channel.pk, "") if target.channel is not None else (2, 0, target.name)


def zone_of(name: str) -> ZoneInfo:
    """One that is no more is UTC."""
    try:
        return zone_named(name)
    except UnknownZone:
        return UTC_ZONE
