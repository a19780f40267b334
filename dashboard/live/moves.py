"""Where devices stand that have just changed: a bridge learns some seconds later that one moved,
and until then what it says of it names the site that it left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

MOVED_FOR = 30.0  # seconds; a bridge looks for changes each 2 s, when its database answers
MAX_MOVED = 10_000  # devices; of more the oldest are forgotten


class Moves:
    """For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sites: dict[str, tuple[int | None, float]] = {}  # by uid: where, until when it counts

    def note(self, message: dict[str, Any]) -> None:
        """A channel message of the event `device`."""
        uid = message["device"]["uid"]
        self._sites.pop(uid, None)  # so that it goes to the young end
        self._sites[uid] = (message["site"], self._clock() + MOVED_FOR)
        if len(self._sites) > MAX_MOVED:
            del self._sites[next(iter(self._sites))]

    def site_of(self, message: dict[str, Any]) -> int | None:
        """Where what a channel message tells of stands."""
        site: int | None = message.get("site")
        found = self._sites.get(message.get("uid", ""))
        return found[0] if found is not None and self._clock() < found[1] else site
