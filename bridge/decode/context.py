"""What conventions remember between messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridge.decode.plain import PlainReader

CERTAIN = 100  # confidence of a convention that decides by the topic alone
MAX_TOPICS = 100_000  # remembered; then forgotten all at once, which costs one decode each


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
        self.routes: dict[bytes, Route] = {}

    def topic(self, raw: bytes) -> str:
        """The topic as text; bytes that are not UTF-8 become U+FFFD and so match no convention."""
        known = self._topics.get(raw)
        if known is None:
            if len(self._topics) >= MAX_TOPICS:
                self._topics.clear()
            known = self._topics[raw] = raw.decode("utf-8", "replace")
        return known

    def route(self, raw: bytes, read: Callable[[str], Route]) -> Route:
        """What `read` makes of a topic that is not in `routes` yet; it is afterwards."""
        if len(self.routes) >= MAX_TOPICS:
            self.routes.clear()
        found = self.routes[raw] = read(self.topic(raw))
        return found
