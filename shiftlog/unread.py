"""What others wrote that somebody has not read yet.

They have read as far as their marks say: of everything, a site, a device, a thread; the one that
reaches furthest counts. A mark is a place in the order in which entries became visible, so what a
slow transaction brings behind it is still unread. What the system notes is never unread.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, OuterRef

from access.scope import Scope
from devices import clock
from shiftlog.models import Entry, Kind, Mention, ReadMark
from shiftlog.numbering import catch_up
from shiftlog.sql import load

UNREAD_FOR = timedelta(days=31)  # what is older counts as read
MAX_UNREAD = 2_000  # entries that are looked at, the newest; more than a badge can say

EVERYTHING = "all"  # a stream

_SQL = load("unread")


@dataclass(frozen=True, slots=True)
class Unread:
    """How many entries; `at_least` when there are more than were looked at."""

    total: int
    at_least: bool
    mentions: int
    sites: dict[str, int]  # by slug, "" for none
    devices: dict[str, int]  # by uid
    threads: dict[int, int]  # by the id of the first entry


def site_stream(site_id: int | None) -> str:
    return f"site:{site_id or ''}"


def device_stream(device_id: int) -> str:
    return f"device:{device_id}"


def thread_stream(entry_id: int) -> str:
    return f"thread:{entry_id}"


def unread(user: User, scope: Scope) -> Unread:
    """What is unread in all that they may see."""
    catch_up()
    marks = dict(ReadMark.objects.filter(user=user).values_list("stream", "place"))
    since = max(clock.now() - UNREAD_FOR, user.date_joined)
    written = (
        Entry.objects.visible_to(scope)
        .filter(kind=Kind.SAID, deleted_at=None, created_at__gte=since)
        .filter(place__gt=marks.get(EVERYTHING, 0))
        .exclude(author=user)
        .annotate(names_them=Exists(Mention.objects.filter(entry=OuterRef("pk"), user=user)))
        .order_by("-place")
    )
    rows = list(
        written.values_list(
            "id", "place", "thread", "site", "site__slug", "device", "uid", "names_them"
        )[:MAX_UNREAD]
    )
    total = mentions = 0
    sites: Counter[str] = Counter()
    devices: Counter[str] = Counter()
    threads: Counter[int] = Counter()
    for entry_id, place, thread, site, slug, device, uid, names_them in rows:
        streams = [site_stream(site), thread_stream(thread or entry_id)]
        if device is not None:
            streams.append(device_stream(device))
        if place <= max(marks.get(stream, 0) for stream in streams):
            continue
        total += 1
        mentions += names_them
        sites[slug or ""] += 1
        threads[thread or entry_id] += 1
        if uid:
            devices[uid] += 1
    at_least = len(rows) == MAX_UNREAD
    return Unread(total, at_least, mentions, dict(sites), dict(devices), dict(threads))


def mark(user: User, stream: str, place: int) -> bool:
    """Read up to this place; whether that is further than before. A mark never goes back, whichever
    of two pages comes later."""
    facts: dict[str, Any] = {"user": user.pk, "stream": stream, "place": place, "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["move_mark"], facts)
        return cursor.rowcount > 0
