"""What is in quarantine: who sent it and for which reasons, and how much of it is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import BinaryField, Count, Func, Max, Min, QuerySet, Value

from access.scope import Scope
from devices.events import announce_after_commit
from devices.models import Device
from telemetry.live import contract, message_log
from telemetry.models import KEPT_PAYLOAD, QuarantinedMessage
from telemetry.moments import to_ms
from telemetry.sql import load
from telemetry.storage import retention
from telemetry.storage.deletion import delete_where

# A device that sends only errors must not fill the disk, nor drive out the messages of others.
MAX_MESSAGES = 80_000  # of registered devices
MAX_BYTES = 800 * 1024**2  # of their payloads
MAX_STRANGE_MESSAGES = 20_000  # of senders no device is registered for
MAX_STRANGE_BYTES = 200 * 1024**2  # of their payloads
TRIM_CHUNK = 5_000  # messages of one DELETE
MAX_DISCARDED = 5_000  # messages one request discards
EXCERPT = 2_048  # bytes of a payload where many messages are shown
TABLE = "telemetry_quarantinedmessage"

_SQL = load("quarantine")


class Unregistered(NamedTuple):
    """One sender, with what is kept of it."""

    uid: str
    messages: int
    first_seen: datetime
    last_seen: datetime
    reasons: dict[str, int]
    sample: QuarantinedMessage  # its newest telemetry, or else its newest message


class Page(NamedTuple):
    """Some of the senders."""

    total: int
    senders: list[Unregistered]
    next: str | None  # the uid after which there may be more


def unregistered(scope: Scope, limit: int, after: str | None = None) -> Page:
    """The senders last heard of. They stand at no site.

    Who speaks moves to the front of that order. With `after` they come by uid instead, from that
    one on, so that whoever walks them all misses none.
    """
    if not scope.sees_site(None):
        return Page(0, [], None)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_unregistered"])
        ((total,),) = cursor.fetchall()
        cursor.execute(_SQL["list_unregistered"], {"limit": limit, "after": after})
        rows = cursor.fetchall()
        cursor.execute(_SQL["count_reasons"], {"uids": [row[0] for row in rows]})
        reasons: dict[str, dict[str, int]] = defaultdict(dict)
        for uid, reason, count in cursor.fetchall():
            reasons[uid][reason] = count
    samples = QuarantinedMessage.objects.visible_to(scope).in_bulk([row[4] for row in rows])
    found = [
        Unregistered(uid, messages, first, last, reasons[uid], samples[sample])
        for uid, messages, first, last, sample in rows
        if sample in samples  # retention may have come in between
    ]
    more = after is not None and len(rows) == limit
    return Page(total, found, rows[-1][0] if more else None)


class Group(NamedTuple):
    """The messages of one sender with one reason."""

    uid: str  # "" for those that name no device
    reason: str
    messages: int
    first_seen: datetime
    last_seen: datetime
    newest: QuarantinedMessage
    stands_at: str | None  # the slug of the device's site


def groups(scope: Scope, limit: int) -> tuple[int, list[Group]]:
    """How many there are, and those last heard of."""
    visible = QuarantinedMessage.objects.visible_to(scope)
    counted = (
        visible.values_list("uid", "reason")
        .annotate(Count("id"), Min("received_at"), last=Max("received_at"), newest=Max("id"))
        .order_by("-last", "uid", "reason")
    )
    rows = list(counted[:limit])
    newest = excerpts(visible).in_bulk([row[5] for row in rows])
    senders = Device.with_removed.visible_to(scope).filter(uid__in=[row[0] for row in rows])
    sites = dict(senders.exclude(site=None).values_list("uid", "site__slug"))
    # Retention may have come in between.
    found = [
        Group(uid, reason, messages, first, last, newest[newest_id], sites.get(uid))
        for uid, reason, messages, first, last, newest_id in rows
        if newest_id in newest
    ]
    return counted.count(), found


def excerpts(messages: QuerySet[QuarantinedMessage]) -> QuerySet[QuarantinedMessage]:
    """With the beginning of their payload, as `excerpt`, instead of all of it."""
    excerpt = Func(
        "payload", Value(1), Value(EXCERPT), function="substring", output_field=BinaryField()
    )
    return messages.defer("payload").annotate(excerpt=excerpt)


def discard(scope: Scope, uid: str, reason: str, until: datetime) -> int:
    """Remove a bounded number of the messages of a group from before `until`, oldest first; how
    many."""
    visible = QuarantinedMessage.objects.visible_to(scope)
    group = visible.filter(uid=uid, reason=reason, received_at__lt=until).order_by("id")
    oldest = list(group.values_list("id", flat=True)[:MAX_DISCARDED])
    # Only the newest can be among a device's recent messages.
    newest = list(excerpts(visible.filter(pk__in=oldest[-message_log.KEPT :])))
    gone = visible.filter(pk__in=oldest).delete()[0]
    if gone:
        announce_discarded(newest)
    return gone


def announce_discarded(messages: Sequence[QuarantinedMessage]) -> None:
    """Have pages read what is in quarantine again, and recent messages say of these that they were
    discarded. What was stored of a partly good one is stored."""
    gone = [amended(each, "discarded") for each in messages if not each.partial]
    transaction.on_commit(lambda: message_log.amend(gone), robust=True)
    announce_left()


def amended(message: QuarantinedMessage, verdict: str, values: int = 0) -> message_log.Amended:
    """What recent messages say of it from now on. Its reason and detail are of a message that is
    not stored."""
    at, payload = to_ms(message.received_at), getattr(message, "excerpt", None)
    content = bytes(message.payload if payload is None else payload)
    why = ("", "") if verdict == "stored" else (message.reason, message.detail)
    known_as = message_log.kept_as(at, message.topic, content)
    return message_log.Amended(message.uid, at, known_as, verdict, *why, values)


def announce_left() -> None:
    """Have pages read it again: what left it, or why it stays, is no longer as they show it."""
    announce_after_commit(lambda: [contract.event("quarantine_left")])


def trim(now: datetime) -> int:
    """Remove messages that are too old or too many; how many."""
    cutoff = retention.cutoffs(now).quarantine
    removed = delete_where(TABLE, "received_at < %s", [cutoff])
    limits = {
        "messages": MAX_MESSAGES,
        "bytes": MAX_BYTES,
        "strange_messages": MAX_STRANGE_MESSAGES,
        "strange_bytes": MAX_STRANGE_BYTES,
        "kept": KEPT_PAYLOAD,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_excess"], limits)
        excess = [message_id for (message_id,) in cursor.fetchall()]
    for start in range(0, len(excess), TRIM_CHUNK):
        chunk = excess[start : start + TRIM_CHUNK]
        removed += QuarantinedMessage.objects.filter(pk__in=chunk).delete()[0]
    return removed
