"""What conventions remember between messages."""

from __future__ import annotations

MAX_TOPICS = 100_000  # remembered; then forgotten all at once, which costs one decode each


class Context:
    """Owned by one decoder, in one thread."""

    def __init__(self) -> None:
        self._topics: dict[bytes, str] = {}

    def topic(self, raw: bytes) -> str:
        """The topic as text; bytes that are not UTF-8 become U+FFFD and so match no convention."""
        known = self._topics.get(raw)
        if known is None:
            if len(self._topics) >= MAX_TOPICS:
                self._topics.clear()
            known = self._topics[raw] = raw.decode("utf-8", "replace")
        return known
