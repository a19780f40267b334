"""What conventions remember between messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridge.decode.plain import MAX_TOPICS, PlainReader

CERTAIN = 100  # confidence of a convention that decides by the topic alone


class Route(NamedTuple):
    """Whose message a topic carries, and which of the device's channels it is."""

    uid: str
    channel: str
    valid: bool  # whether the uid may be one


class Context:
    """Owned by one decoder, in one thread."""

    def __init__(self) -> None:
        self.plain = PlainReader()
        self._topics: dict[bytes, str] = {}
        self._routes: dict[bytes, Route] = {}

    def topic(self, raw: bytes) -> str:
        """The topic as text; bytes that are not UTF-8 become U+FFFD and so match no convention."""
        known = self._topics.get(raw)
        if known is None:
            if len(self._topics) >= MAX_TOPICS:
                self._topics.clear()
            known = self._topics[raw] = raw.decode("utf-8", "replace")
        return known

    def route(self, raw: bytes, read: Callable[[str], Route]) -> Route:
        """What `read` makes of the topic, asked once a topic."""
        known = self._routes.get(raw)
        if known is None:
            if len(self._routes) >= MAX_TOPICS:
                self._routes.clear()
            known = self._routes[raw] = read(self.topic(raw))
        return known
