"""The follower that tells people who were named in the log, on their own channels, as their wishes
say: once for each entry and person, whatever is killed or run twice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language, gettext

from devices import clock
from notifications import links, recipients, targets
from notifications.content import Content
from shiftlog.models import Entry, Mention
from telemetry.followers import Follower
from telemetry.series.worded import spoken

IDLE = 1.0  # seconds between two looks when nobody was named
AT_ONCE = 50  # mentions of one transaction
MAX_SAID = 500  # characters of the entry that are told


class Mentions:
    """Work of one process; several share it, each mention is locked."""

    def step(self) -> float:
        return 0.0 if tell_some(clock.now()) else IDLE

    def close(self) -> None:
        """Nothing is held between two steps."""


def tell_some(now: datetime) -> int:
    """Those that wait; how many. Who wants none now, or may not see the site any more, is not told
    later either: the log shows them what they have not read."""
    with transaction.atomic():
        waiting = Mention.objects.filter(told_at=None).select_related("user", "entry__site")
        locked = waiting.select_for_update(of=("self",), skip_locked=True)
        rows = list(locked.order_by("id")[:AT_ONCE])
        # In one order: the wishes of each are locked.
        for mention in sorted(rows, key=lambda each: (each.user_id, each.pk)):
            target = targets.Target(mention.user.get_username(), user=mention.user)
            key = f"mention-{mention.pk}"
            with spoken(recipients.recipient_of(target).language):
                recipients.tell_alone(key, target, content(mention.entry), now)
        Mention.objects.filter(pk__in=[each.pk for each in rows]).update(told_at=now)
    return len(rows)


def content(entry: Entry) -> Content:
    """What is told of it, in the writer's words."""
    text = entry.text if len(entry.text) <= MAX_SAID else f"{entry.text[: MAX_SAID - 1]}…"
    where = entry.device_name or (entry.site.name if entry.site is not None else "")
    about = f" ({where})" if where else ""
    return Content(
        what="mentioned",
        sentence=f"{entry.author_name}: {text}",
        subject=gettext("{name} mentioned you in the log{about}").format(
            name=entry.author_name, about=about
        ),
        language=get_language() or "",
        text=text,
        device=entry.device_name,
        uid=entry.uid,
        site_id=entry.site_id,
        site=entry.site.name if entry.site is not None else "",
        started_at=entry.created_at,
        url=links.entry(entry.pk),
    )


FOLLOWERS = (Follower("mentions", Mentions),)
