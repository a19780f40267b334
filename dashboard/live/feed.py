"""What several viewers watch alike: one set of series at one pace, gathered and encoded once.

Sits between the hub, which adds points, and the viewers, which take the finished frame.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from dashboard.live import protocol
from dashboard.live.pending import Pending, Point

if TYPE_CHECKING:
    from dashboard.live.viewer import Viewer

logger = logging.getLogger(__name__)

GATHER = 0.02  # seconds a frame waits for the other shards of the same tick

FeedKey = tuple[tuple[str, ...], int]  # the series ids in order, and `every` in ms


class Subscription:
    """One viewer's place in a feed. Held back while its snapshot is read, so that frames follow."""

    __slots__ = ("_held", "feed", "id", "viewer")

    def __init__(self, feed: Feed, viewer: Viewer, subscription_id: int) -> None:
        self.id = subscription_id
        self.feed = feed
        self.viewer = viewer
        self._held: Pending | None = Pending()
        feed.subscriptions.add(self)

    def offer(self, frame: Pending) -> None:
        if self._held is None:
            self.viewer.offer(frame)
        else:
            self._held.absorb(frame)

    def hold(self) -> None:
        """History is read once more: let frames wait until it is sent."""
        if self._held is None:
            self._held = Pending()

    def release(self) -> None:
        """The snapshot is on its way: send what came meanwhile, and from now on everything."""
        held, self._held = self._held, None
        if held:
            self.viewer.offer(held)


class Feed:
    """Gathers points and hands a frame to its subscriptions at most each `every` ms."""

    def __init__(self, key: FeedKey) -> None:
        self.key = key
        self.series = set(key[0])  # but for those that were deleted since
        self.subscriptions: set[Subscription] = set()
        self._every = key[1] / 1000
        self._loop = asyncio.get_running_loop()
        self._gathered = Pending()
        self._sent_at = self._loop.time() - self._every
        self._timer: asyncio.TimerHandle | None = None

    def add(self, series_id: str, points: list[Point]) -> None:
        self._gathered.add(series_id, points)
        if self._timer is None:
            due = max(self._sent_at + self._every, self._loop.time() + GATHER)
            self._timer = self._loop.call_at(due, self._send)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self) -> None:
        self._timer = None
        self._sent_at = self._loop.time()
        frame, self._gathered = self._gathered, Pending()
        for subscription in tuple(self.subscriptions):
            try:
                subscription.offer(frame)
            except Exception:
                # One viewer's trouble must not cost the others their frame. It comes back, and
                # loads history.
                logger.exception("live frame not sent", extra={"action": "live_frame"})
                subscription.viewer.hang_up(protocol.OUR_MISTAKE, "Something failed; reconnect.")
