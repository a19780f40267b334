"""One per process and event loop: takes each channel message once and hands it to who watches.

Sits between the link (the one subscription to the channel layer) and the viewers. See
docs/decisions/0003-one-hub-per-process.md for what this saves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any, NamedTuple

from dashboard.live import protocol, snapshot
from dashboard.live.beat import BEAT_EVERY, Beats
from dashboard.live.events import ENVELOPE, EVENTS
from dashboard.live.feeds import Feeds
from dashboard.live.here import Here
from dashboard.live.link import Link
from dashboard.live.moves import Moves
from dashboard.live.refill import EVERYTHING, Refill
from dashboard.live.shutdown import before_stop
from dashboard.live.streams import Streams
from dashboard.live.viewer import Viewer
from devices.clock import now_ms
from telemetry.live.contract import EVENTS_GROUP, shard_groups

logger = logging.getLogger(__name__)

SWEEP_EVERY = 1.0  # seconds between two looks for viewers who are too far behind
WORKERS_EVERY = 10.0  # seconds between two looks which bridges there are
LINK_TIMEOUT = 3.0  # seconds a new viewer waits for the link before it is served history only
REFILL_AFTER = 0.2  # seconds that gather losses of several groups into one refill
STUCK_AFTER = 30.0  # seconds without rounds, after which the hub counts as standing still
MOVED_GRACE = 1.0  # seconds in which a viewer is told that a device moved out of its sight
_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


class Counts(NamedTuple):
    """What all hubs of this process hold now, and have done."""

    viewers: int
    series: int
    refills: int
    stalled: float  # seconds since the slowest of them did its rounds last


def counts() -> Counts:
    """For the metrics; may be asked from any thread."""
    hubs = tuple(_hubs.values())
    return Counts(
        sum(len(hub.viewers) for hub in hubs),
        sum(hub.feeds.watched for hub in hubs),
        sum(hub.refills for hub in hubs),
        max((hub.stalled for hub in hubs), default=0.0),
    )


def trouble() -> str:
    """What is wrong with the hubs of this process, "" for nothing. Any thread may ask."""
    stalled = counts().stalled
    return f"it has stood still for {stalled:.0f} s" if stalled > STUCK_AFTER else ""


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
        self.refills = 0
        self.feeds = Feeds()
        self._streams = Streams(self.gap)
        self._moves = Moves()
        self._loop = asyncio.get_running_loop()
        self._refill_timer: asyncio.TimerHandle | None = None
        self._rounds: asyncio.Task[None] | None = None
        self._learning: asyncio.Task[None] | None = None
        self._rounds_at = time.monotonic()
        self.link = Link([EVENTS_GROUP, *shard_groups()], self._receive, self.gap)
        self._here = Here()
        self.beats = Beats(lambda: self.link.ready.is_set() and self._refill_timer is None)

    @property
    def stalled(self) -> float:
        """Seconds since it did its rounds; it does them each second."""
        return time.monotonic() - self._rounds_at if self._rounds is not None else 0.0

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        self.link.start()
        if self._rounds is None:
            self._rounds_at = time.monotonic()
            self._rounds = asyncio.create_task(self._do_rounds(), name="live rounds")
            before_stop(self.farewell)

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        for subscription_id in tuple(viewer.subscriptions):
            self.feeds.unsubscribe(viewer, subscription_id)

    async def listens(self) -> None:
        """Waits until what is told from now on arrives: who is told `hello` goes by what it reads
        after it, and by events. Not while the link is known to be away, since a refill follows
        then."""
        self.link.start()
        if not self.link.gap_due:
            await self.linked()

    async def linked(self) -> bool:
        """Waits until what is published is known to arrive. False when that takes too long: then a
        refill follows as soon as it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINK_TIMEOUT):
                await self.link.ready.wait()
        if self.link.ready.is_set():
            return True
        self.link.gap_due = True
        return False

    def gap(self) -> None:
        """Something published may not have arrived: every viewer loads history again."""
        self._here.missed()
        if self._refill_timer is None:
            self._refill_timer = self._loop.call_later(REFILL_AFTER, self._refill_all)

    async def farewell(self) -> None:
        """The process stops: every viewer is told to come back."""
        for viewer in self.viewers:
            viewer.hang_up(protocol.RESTARTING, "The server restarts.")

    async def close(self) -> None:
        """Ends what the hub runs; its viewers end with their sockets."""
        _hubs.pop(self._loop, None)
        if self._refill_timer is not None:
            self._refill_timer.cancel()
        self.feeds.close()
        ending = [each for each in (self._rounds, self._learning) if each is not None]
        await self._here.close()
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self.link.close()
        await asyncio.to_thread(snapshot.close)

    def _receive(self, group: str, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "live.readings":
                self._streams.note(message["worker"], group, message["seq"])
                self.feeds.route(message["series"])
            case "live.heard":
                self.beats.heard(message["devices"])
            case "live.event":
                self._spread(message)
            case "live.events":
                for event in message["events"]:
                    self._spread(event)
            case "live.refill":
                self._refill(Refill.of(message))
            case "live.rights":
                for viewer in self.viewers:
                    if viewer.user_id == message["user"]:
                        viewer.judge.set()

    def _spread(self, message: dict[str, Any]) -> None:
        name = message.get("event")
        if name not in EVENTS:
            return
        if name == "device":
            self._moves.note(message)
        site = self._moves.site_of(message)
        often = name in protocol.OFTEN
        told = [each for each in self.viewers if name in each.watches] if often else self.viewers
        facts = {key: value for key, value in message.items() if key not in ENVELOPE}
        text = protocol.encode({"op": name, **facts}) if told else ""
        to = message.get("to")  # one person's own, whatever they see
        for viewer in told:
            if viewer.name == to if to else viewer.sees.sees_site(site):
                viewer.event(text)
            elif not to and viewer.sees.sees_site(message.get("left")):
                self._take_away(viewer, message["device"])
        if name == "pipeline":
            self.beats.knowledge.told(message["worker"], message["counters"], now_ms())
        if name == "series" and (deleted := message.get("deleted")):
            self.feeds.drop(set(map(str, deleted)))

    def _take_away(self, viewer: Viewer, device: dict[str, Any]) -> None:
        """A device moved where this viewer may not look. It comes back without the series."""
        gone = {"id": device["id"], "uid": device["uid"]}
        viewer.event(protocol.encode({"op": "device", "change": "deleted", "device": gone}))
        viewer.unfollow(str(device["id"]))
        if viewer.subscriptions:
            why = "What you may see has changed."
            self._loop.call_later(MOVED_GRACE, viewer.hang_up, protocol.RESTARTING, why)

    def _refill(self, refill: Refill) -> None:
        """Those who watch any of its series load history again."""
        if refill.series is None:
            self._refill_all(refill)
            return
        for feed in self.feeds.carrying(refill.series):
            narrowed = refill.narrowed(feed.series)
            for subscription in feed.subscriptions:
                subscription.viewer.refill(narrowed)
        self.refills += 1

    def _refill_all(self, refill: Refill = EVERYTHING) -> None:
        if refill is EVERYTHING:
            self._refill_timer = None
        self.refills += 1
        for viewer in self.viewers:
            viewer.refill(refill)

    async def _do_rounds(self) -> None:
        beat_due = workers_due = 0.0
        while True:
            try:
                self._sweep()
                if self._loop.time() >= beat_due:
                    beat_due = self._loop.time() + BEAT_EVERY
                    self.beats.send(self.viewers)
                self._rounds_at = time.monotonic()
                if self.link.ready.is_set():  # or the viewers here would not hear of it
                    self._here.look({each.name for each in self.viewers if each.name})
                if self._loop.time() >= workers_due:
                    workers_due = self._loop.time() + WORKERS_EVERY
                    self._learn_workers()
            except Exception:
                logger.exception("live rounds failed", extra={"action": "live_rounds"})
            await asyncio.sleep(SWEEP_EVERY)

    def _learn_workers(self) -> None:
        """Of bridges that have not spoken here only the database knows."""
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self._read_workers(), name="live workers")

    async def _read_workers(self) -> None:
        try:
            self.beats.knowledge.recorded(await snapshot.worker_ages(), now_ms())
        except Exception as exc:  # noqa: BLE001  whatever it is, it is asked again
            logger.info("workers not read: %s", exc, extra={"action": "live_workers"})

    def _sweep(self) -> None:
        now = self._loop.time()
        for viewer in [each for each in self.viewers if each.is_hopeless(now)]:
            self.leave(viewer)
            viewer.hang_up(
                protocol.TOO_FAR_BEHIND, "No frame was acknowledged for too long; reconnect."
            )
