"""Every feed of the process, found by the series it carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dashboard.live import protocol
from dashboard.live.feed import Feed, FeedKey, Subscription
from dashboard.live.pending import Point
from dashboard.live.viewer import Viewer


class Feeds:
    """Series ids are text here: they are keys of JSON on both sides."""

    def __init__(self) -> None:
        self._feeds: dict[FeedKey, Feed] = {}
        self._index: dict[str, set[Feed]] = {}

    @property
    def watched(self) -> int:
        """Series somebody watches."""
        return len(self._index)

    def subscribe(self, viewer: Viewer, request: protocol.Subscribe) -> Subscription:
        """A held subscription, in place of the viewer's earlier one of the same id."""
        self.unsubscribe(viewer, request.id)
        key = (tuple(str(each) for each in sorted(set(request.series))), request.every)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(key)
            for series_id in feed.series:
                self._index.setdefault(series_id, set()).add(feed)
        subscription = Subscription(feed, viewer, request.id)
        viewer.subscriptions[request.id] = subscription
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

    def route(self, series: dict[str, list[Any]]) -> None:
        """Readings as they came, `[ms, value, ms, value, …]`, to the feeds that carry them."""
        for series_id, flat in series.items():
            feeds = self._index.get(series_id)
            if feeds is None:
                continue
            points: list[Point] = [
                [at, value] for at, value in zip(flat[::2], flat[1::2], strict=True)
            ]
            for feed in feeds:
                feed.add(series_id, points)

    def carrying(self, series: Iterable[str]) -> Iterator[Feed]:
        """Each feed with any of these series, once."""
        yield from {feed for each in series for feed in self._index.get(each, ())}

    def drop(self, deleted: set[str]) -> None:
        """These series are no more: no subscription holds them any longer, and each says so."""
        for feed in self.carrying(deleted):
            gone = feed.series & deleted
            feed.series -= gone
            for subscription in feed.subscriptions:
                told = protocol.unknown(subscription.id, sorted(map(int, gone)))
                subscription.viewer.event(told)
        for series_id in deleted:
            self._index.pop(series_id, None)

    def close(self) -> None:
        for feed in self._feeds.values():
            feed.close()
