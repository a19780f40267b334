"""What a session subscribes, and which copy of a message counts where several filters match. Pure.

A broker sends a message once for each subscription that matches its topic; those of a group even to
different members. MQTT 5 says with each copy which subscription brought it (3.3.2.3.8), so a copy
counts only if it came through the first filter, in the order here, that matches its topic. All
members have one order, so each message counts once. Nothing is decided by a copy that names none of
our subscriptions: rather twice than never.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from bridge.decode.conventions import pulseboard, unread
from bridge.message import Message
from devices import topic_filter

SEND_KEPT, SEND_KEPT_IF_NEW, SEND_NO_KEPT = range(3)  # MQTT 5.0, 3.8.3.1: retain handling
SWEEP = 127  # the identifier of subscriptions that only fetch what the broker kept
FIRST_HASHED = 128  # smaller identifiers are given by name, and take one byte
HIGHEST = 0x0FFF_FFFF  # MQTT 5.0, 3.8.2.1.2
IDENTIFIER = 0x0B  # of the property
MAX_LISTS = 8  # of filters that are remembered: each is compared with each other, for milliseconds
MAX_TOPICS = 50_000  # whose first filter is remembered; then all are forgotten at once


class Subscription(NamedTuple):
    """One filter of a session."""

    filter: str
    qos: int
    retain_handling: int
    identifier: int  # 0: none, for no other of ours matches what it matches


class Subscriptions:
    """Those of one session: Pulseboard's own filters first, then the others in their order."""

    def __init__(self, filters: Iterable[str] = (), group: str = "") -> None:
        """With `group`, each is shared with the other workers of that name (MQTT `$share`)."""
        self.group = group
        self._prefix = f"$share/{group}/" if group else ""
        self.each = _subscriptions(
            (*pulseboard.FILTERS, *filters), tuple(unread.FILTERS), shared=bool(group)
        )
        self._identifiers = {one.identifier: one.filter for one in self.each if one.identifier}
        own = [one.identifier for one in self.each if one.filter in pulseboard.FILTERS]
        # Properties of a copy that need no look: it has none, or came through a filter before which
        # there is no other.
        self.first = frozenset([b"", *(bytes([IDENTIFIER, number]) for number in own if number)])
        self._first_of: dict[bytes, int] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """As the broker is told them."""
        return tuple(self._prefix + one.filter for one in self.each)

    @property
    def essential(self) -> frozenset[str]:
        """Those of `names` that bring Pulseboard's own topics."""
        return frozenset(
            name
            for name, one in zip(self.names, self.each, strict=True)
            if any(topic_filter.covers(one.filter, own) for own in pulseboard.FILTERS)
        )

    @property
    def sweep(self) -> tuple[str, ...]:
        """What to subscribe for a moment to get what the broker kept, which it sends to no shared
        subscription. Not what readings alone are published on: what is kept of these is old. Nor
        what begins with `$`, which brokers do not keep."""
        if not self.group:
            return ()
        wanted = [one.filter for one in self.each if one.qos and not one.filter.startswith("$")]
        return tuple(each for each in wanted if each != pulseboard.FILTERS[0])

    def is_repeat(self, message: Message) -> bool:
        """Whether this copy does not count."""
        told = identifiers(message.properties)
        ours = told & self._identifiers.keys()
        if not ours:
            # Through the sweep alone: what is published meanwhile comes through a shared one too.
            return SWEEP in told and not message.retain
        return self._first(message.topic) not in ours

    def _first(self, raw: bytes) -> int:
        found = self._first_of.get(raw)
        if found is None:
            topic = raw.decode("utf-8", "replace")
            found = next(
                (
                    number
                    for number, wanted in self._identifiers.items()
                    if topic_filter.matches(wanted, topic)
                ),
                0,
            )
            if len(raw) <= unread.LONGEST_TOPIC:
                if len(self._first_of) >= MAX_TOPICS:
                    self._first_of.clear()
                self._first_of[raw] = found
        return found


def identifiers(properties: bytes) -> set[int]:
    """The subscription identifiers among the properties of a PUBLISH. They are looked for at the
    front, where brokers put them or where there is nothing else, and behind what else is read."""
    found: set[int] = set()
    at = 0
    while at < len(properties):
        kind = properties[at]
        at += 1
        if kind == IDENTIFIER:
            number = shift = 0
            while at < len(properties):
                byte = properties[at]
                at += 1
                number |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    found.add(number)
                    break
        elif kind == 0x01:
            at += 1
        elif kind == 0x23:
            at += 2
        elif kind == 0x02:
            at += 4
        elif kind in (0x03, 0x08, 0x09):
            at = _behind_text(properties, at)
        elif kind == 0x26:
            at = _behind_text(properties, _behind_text(properties, at))
        else:
            break
    return found


def _behind_text(properties: bytes, at: int) -> int:
    return at + 2 + int.from_bytes(properties[at : at + 2], "big")


@lru_cache(maxsize=MAX_LISTS)
def _subscriptions(
    wanted: tuple[str, ...], seldom: tuple[str, ...], *, shared: bool
) -> tuple[Subscription, ...]:
    """In order. What is only in `seldom` is subscribed at QoS 0, so that it never takes the room of
    what is acknowledged."""
    acknowledged = dict.fromkeys(wanted)
    kept = topic_filter.without_covered([*wanted, *seldom])
    made = []
    for one in kept:
        qos = int(any(topic_filter.covers(one, each) for each in acknowledged))
        overlaps = any(other != one and topic_filter.overlap(one, other) for other in kept)
        handling = SEND_KEPT_IF_NEW
        if shared or not qos or one == pulseboard.FILTERS[0]:
            # Of telemetry what is kept is an old reading that came by already; a shared
            # subscription gets none by the standard, and some brokers send it all the same.
            handling = SEND_NO_KEPT
        made.append(Subscription(one, qos, handling, _identifier(one) if overlaps else 0))
    return tuple(made)


def _identifier(wanted: str) -> int:
    """Of a filter always the same: what waits in a session names the subscription it came by."""
    if wanted in pulseboard.FILTERS:
        return pulseboard.FILTERS.index(wanted) + 1
    return zlib.crc32(wanted.encode("utf-8", "replace")) % (HIGHEST - FIRST_HASHED) + FIRST_HASHED
