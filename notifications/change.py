"""Makes and changes channels."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from devices import clock
from notifications.channels.ways import WAYS, facts
from notifications.errors import NotificationsError
from notifications.models import Channel, Notification

MAX_OWN = 20  # channels of one person
PLAIN = ("name", "enabled", "minimum", "settings")  # what is set as it is given
MAX_SHARED = 500  # channels of nobody's own


class TooManyChannels(NotificationsError):
    """There are as many as there may be."""


@transaction.atomic
def create(given: dict[str, Any], owner_id: int | None) -> Channel:
    """Of checked facts. Raises `TooManyChannels`, and `IntegrityError` for a name that is taken."""
    there = Channel.objects.filter(owner=owner_id).count()
    most = MAX_SHARED if owner_id is None else MAX_OWN
    if there >= most:
        raise TooManyChannels(f"There are {there} already; delete one that nobody needs.")
    channel = Channel(
        name=given["name"],
        kind=given["kind"],
        owner_id=owner_id,
        enabled=given.get("enabled", True),
        minimum=given.get("minimum", "info"),
        settings=given["settings"],
    )
    _seal(channel, given["secrets"])
    channel.save(force_insert=True)
    return channel


@transaction.atomic
def change(channel: Channel, given: dict[str, Any]) -> Channel:
    """The channel with these checked facts. Raises `IntegrityError` for a name that is taken."""
    channel = Channel.objects.select_for_update(no_key=True, of=("self",)).get(pk=channel.pk)
    for name in PLAIN:
        setattr(channel, name, given.get(name, getattr(channel, name)))
    if "secrets" in given:
        _seal(channel, given["secrets"])
        # It may be right now: what waits is tried at once.
        channel.failures, channel.resting_until, channel.trouble = 0, None, ""
    # Not the columns of the sender, who may be writing them.
    written = [*PLAIN, "updated_at"]
    if "secrets" in given:
        written += ["sealed", "lane", "failures", "resting_until", "trouble"]
    channel.save(update_fields=written)
    if not channel.enabled:
        _withdraw(channel)
    return channel


@transaction.atomic
def delete(channel: Channel) -> None:
    _withdraw(channel)
    channel.delete()


def _seal(channel: Channel, secrets: dict[str, str]) -> None:
    channel.seal(secrets)
    channel.lane = WAYS[channel.kind].lane(facts(channel))


def _withdraw(channel: Channel) -> None:
    """Old news must not come all at once when it is enabled again."""
    waiting = Notification.objects.filter(channel=channel, state=Notification.State.WAITING)
    waiting.update(state=Notification.State.WITHDRAWN, ended_at=clock.now())
