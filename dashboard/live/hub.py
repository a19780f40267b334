"""One per process and event loop: takes each channel message once and hands it to who watches.

Sits between the link (the one subscription to the channel layer) and the viewers. See
docs/decisions/0003-one-hub-per-process.md for what this saves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, NamedTuple

from dashboard.live import protocol, snapshot
from dashboard.live.feed import Feed, FeedKey, Subscription
from dashboard.live.link import Link
from dashboard.live.pending import Point
from dashboard.live.shutdown import before_stop
from dashboard.live.viewer import Viewer
from telemetry.live.contract import EVENTS_GROUP, shard_groups

logger = logging.getLogger(__name__)

SWEEP_EVERY = 1.0  # seconds between two looks for viewers who are too far behind
SETTLE_TIMEOUT = 3.0  # seconds a new viewer waits for the link before it is served history only
RESYNC_AFTER = 0.2  # seconds that gather losses of several groups into one resync
MAX_STREAMS = 8_192  # (worker, group) pairs whose numbers are remembered

EVENTS = frozenset({"device", "presence", "series", "quarantine", "pipeline"})

_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


class Counts(NamedTuple):
    """What all hubs of this process hold now, and have done."""

    viewers: int
    series: int
    resyncs: int


def counts() -> Counts:
    """For the metrics; may be asked from any thread."""
    hubs = tuple(_hubs.values())
    return Counts(
        sum(len(hub.viewers) for hub in hubs),
        sum(hub.watched for hub in hubs),
        sum(hub.resyncs for hub in hubs),
    )


def current() -> Hub:
    """The hub of the running event loop. It starts with its first viewer and is kept."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub()
    return hub


class Hub:
    """Routes readings to feeds by series id, and events to every viewer."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.resyncs = 0
        self._feeds: dict[FeedKey, Feed] = {}
        self._index: dict[str, set[Feed]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._loop = asyncio.get_running_loop()
        self._resync_timer: asyncio.TimerHandle | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.link = Link([EVENTS_GROUP, *shard_groups()], self._receive, self.gap)

    @property
    def watched(self) -> int:
        """Series somebody watches."""
        return len(self._index)

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        self.link.start()
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep(), name="live sweeper")
            before_stop(self.farewell)

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        for subscription_id in tuple(viewer.subscriptions):
            self.unsubscribe(viewer, subscription_id)

    async def settle(self) -> bool:
        """Waits until what is published is known to arrive. False when that takes too long: then a
        resync follows as soon as it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_TIMEOUT):
                await self.link.ready.wait()
        if self.link.ready.is_set():
            return True
        self.link.gap_due = True
        return False

    def subscribe(self, viewer: Viewer, request: protocol.Subscribe) -> Subscription:
        """A held subscription, in place of the viewer's earlier one of the same id."""
        self.unsubscribe(viewer, request.id)
        key = (tuple(str(each) for each in sorted(set(request.series))), request.every)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(key)
            for series_id in feed.series:
                self._index.setdefault(series_id, set()).add(feed)
        subscription = viewer.subscriptions[request.id] = Subscription(feed, viewer)
        return subscription

    def unsubscribe(self, viewer: Viewer, subscription_id: int) -> None:
        subscription = viewer.subscriptions.pop(subscription_id, None)
        if subscription is None:
            return
        feed = subscription.feed
        feed.subscriptions.discard(subscription)
        if feed.subscriptions:
            return
        feed.close()
        del self._feeds[feed.key]
        for series_id in feed.series:
            feeds = self._index[series_id]
            feeds.discard(feed)
            if not feeds:
                del self._index[series_id]

    def gap(self) -> None:
        """Something published may not have arrived: every viewer loads history again."""
        if self._resync_timer is None:
            self._resync_timer = self._loop.call_later(RESYNC_AFTER, self._resync)

    async def farewell(self) -> None:
        """The process stops: every viewer is told to come back."""
        for viewer in self.viewers:
            viewer.hang_up(protocol.RESTARTING, "The server restarts.")

    async def close(self) -> None:
        """Ends what the hub runs; its viewers end with their sockets."""
        _hubs.pop(self._loop, None)
        if self._resync_timer is not None:
            self._resync_timer.cancel()
        for feed in self._feeds.values():
            feed.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        await self.link.close()
        await asyncio.to_thread(snapshot.close)

    def _receive(self, group: str, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "live.readings":
                self._check_number(message["worker"], group, message["seq"])
                self._route(message["series"])
            case "live.event":
                self._spread(message)

    def _check_number(self, worker: str, group: str, seq: int) -> None:
        last = self._numbers.get((worker, group))
        if last is not None and seq != last + 1:
            logger.warning(
                "live messages of %s lost: %d after %d", worker, seq, last,
                extra={"action": "live_gap", "group": group},
            )  # fmt: skip
            self.gap()
        elif last is None and len(self._numbers) >= MAX_STREAMS:
            self._numbers.clear()
        self._numbers[worker, group] = seq

    def _route(self, series: dict[str, list[Any]]) -> None:
        for series_id, flat in series.items():
            feeds = self._index.get(series_id)
            if feeds is None:
                continue
            points: list[Point] = [
                [at, value] for at, value in zip(flat[::2], flat[1::2], strict=True)
            ]
            for feed in feeds:
                feed.add(series_id, points)

    def _spread(self, message: dict[str, Any]) -> None:
        name = message.get("event")
        if name not in EVENTS:
            return
        facts = {key: value for key, value in message.items() if key not in ("type", "event")}
        text = protocol.encode({"op": name, **facts})
        for viewer in self.viewers:
            viewer.event(text)

    def _resync(self) -> None:
        self._resync_timer = None
        self.resyncs += 1
        for viewer in self.viewers:
            viewer.resync()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            now = self._loop.time()
            for viewer in [each for each in self.viewers if each.is_hopeless(now)]:
                self.leave(viewer)
                viewer.hang_up(
                    protocol.TOO_FAR_BEHIND, "No frame was acknowledged for too long; reconnect."
                )
