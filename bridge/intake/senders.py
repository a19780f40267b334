"""Whose message a topic carries, known before it is decoded: so that it may be taken in before what
another device sent earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bridge.decode.items import Discovered, Item
from bridge.decode.plain import MAX_TOPICS
from bridge.decode.state import CHANGED, READ

OURS = (b"telemetry", b"status")  # of `devices/{uid}/…`, which are read by themselves


class Sender(NamedTuple):
    """The one device that a topic speaks for."""

    uid: str  # "" of nobody
    remembers: bool  # its messages are read with what others said before


NOBODY = Sender("", False)


class Senders:
    """For one thread. Nobody's is a topic that speaks for several devices, that changes what is
    remembered between messages, or that brought nothing yet."""

    def __init__(self) -> None:
        self._known: dict[bytes, Sender] = {}

    def note(self, topic: bytes, items: Iterable[Item], use: int) -> None:
        """What a topic has brought, and what that had to do with what is remembered:
        `bridge.decode.state.UNUSED`, `READ` or `CHANGED`."""
        uids = {item.uid for item in items}
        told = any(isinstance(item, Discovered) for item in items)
        if use == CHANGED or told or len(uids) != 1 or "" in uids:
            self._known.pop(topic, None)
            return
        if len(self._known) >= MAX_TOPICS:
            self._known.clear()
        self._known[topic] = Sender(uids.pop(), use == READ)

    def of(self, topic: bytes, renamed: Mapping[str, str]) -> Sender:
        """Its sender. `renamed`: uids by what else devices are called."""
        known = self._known.get(topic, NOBODY)
        if known is NOBODY:
            levels = topic.split(b"/")
            if len(levels) == 3 and levels[0] == b"devices" and levels[2] in OURS:
                known = Sender(levels[1].decode("utf-8", "replace"), False)
        uid = renamed.get(known.uid)
        return known if uid is None else Sender(uid, known.remembers)
