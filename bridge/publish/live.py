"""Send what was committed to the dashboards, coalesced per tick, over the channel layer.

After the store, and never in its way: the writer thread leaves columns here and goes on; a channel
layer that is slow or away costs live frames (counted), and the charts refill from history.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from channels.layers import get_channel_layer

from bridge.intake.batch import Columns
from bridge.publish.listeners import Listeners
from telemetry.live import contract
from telemetry.moments import in_ms
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

TICK = 0.1  # seconds between two messages to one group
EACH_SECOND = 1.0  # seconds between two words of the pipeline, and of when devices were heard
SEND_TIMEOUT = 2.0  # seconds
MAX_WAITING_READINGS = 200_000  # readings; older ones are dropped, live shows the newest
MAX_WAITING_EVENTS = 500  # events; the oldest is dropped
QUARANTINE_PER_TICK = 2  # events: 20 a second


@dataclass(slots=True)
class LiveCounters:
    """Written by the live thread, but for `dropped` by `offer`."""

    frames: int = 0
    dropped: int = 0
    up: int = 1


class LivePublisher(WorkingThread):
    """A thread with an event loop of its own, for the channel layer is asynchronous."""

    def __init__(
        self,
        worker: str,
        device_of: dict[int, int],
        tell_each_second: Callable[[], dict[str, Any]],
    ) -> None:
        """`device_of` maps series to devices, shared with the committer and only read here;
        `tell_each_second` makes the event that is sent once a second."""
        super().__init__("live")
        self.counters = LiveCounters()
        self._worker = worker
        self._device_of = device_of
        self._tell_each_second = tell_each_second
        self._told_at = 0.0  # monotonic seconds
        self._columns: deque[Columns] = deque()
        self._waiting = 0
        self._lock = threading.Lock()
        self._events: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING_EVENTS)
        self._quarantined: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING_EVENTS)
        self._heard: dict[int, int] = {}  # device: Unix us, not sent yet
        self._seq: dict[str, int] = {}
        self._refill: contract.RefillReason | None = None  # every viewer shall load history again
        self._nobody_listened = False  # and readings went unsent

    def offer(self, columns: Columns) -> None:
        """Leave committed readings to be sent."""
        if not columns.size:
            return
        with self._lock:
            self._columns.append(columns)
            self._waiting += columns.size
            while self._waiting > MAX_WAITING_READINGS and len(self._columns) > 1:
                lost = self._columns.popleft().size
                self._waiting -= lost
                self.counters.dropped += lost
                self._refill = "lost"

    def hear(self, devices: Mapping[int, int]) -> None:
        """Leave when devices were heard (Unix us) to be told."""
        with self._lock:
            self._heard.update(devices)

    def tell(self, message: dict[str, Any]) -> None:
        """Leave an event or a refill to be sent; see `telemetry.live.contract`."""
        quarantined = message.get("event") == "quarantine"
        waiting = self._quarantined if quarantined else self._events
        if not quarantined and len(waiting) == MAX_WAITING_EVENTS:
            self._refill = "lost"
        waiting.append(message)

    def refill(self, reason: contract.RefillReason) -> None:
        """Have every viewer load history again: readings were stored that no frame carried."""
        self._refill = reason

    def stop(self) -> None:
        """Send what waits and end. Joins the thread."""
        self.stopping.set()
        self.join(2 * SEND_TIMEOUT)

    def work(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        stopping = False
        listeners = Listeners()
        while not stopping:
            self.turn()
            stopping = await asyncio.to_thread(self.stopping.wait, TICK)
            listened = await listeners.is_present()
            # Asked before what it vouches for is taken.
            word = self._word_due()
            readings = self._readings_due() if listened else self._nobody_listens()
            await self._send_all([*readings, *self._events_due(), *word])
            await self._send_refill()
        await listeners.close()

    async def _send_all(self, due: list[tuple[str, dict[str, Any]]]) -> None:
        for place, (group, message) in enumerate(due):
            if not await self._send(group, message):
                # The rest would wait as long each, and viewers load history again anyway.
                self.counters.dropped += len(due) - place - 1
                return

    async def _send(self, group: str, message: dict[str, Any]) -> bool:
        layer = get_channel_layer()
        try:
            await asyncio.wait_for(layer.group_send(group, message), SEND_TIMEOUT)
        except Exception as exc:  # noqa: BLE001  (the Redis client's errors have no one root)
            self.counters.dropped += 1
            if self.counters.up:
                logger.warning("live frames not sent: %s", exc, extra={"action": "live_down"})
            self.counters.up = 0
            self._refill = self._refill or "lost"
            return False
        self.counters.frames += 1
        self.counters.up = 1
        return True

    async def _send_refill(self) -> None:
        """Last of all, so that what is told by then is in the history that is loaded. Again and
        again until it is sent: no number tells its receiver that it is missing."""
        if self._refill and self.counters.up:
            reason, self._refill = self._refill, None
            if not await self._send(contract.EVENTS_GROUP, contract.refill(reason)):
                self._refill = reason

    def _take(self) -> deque[Columns]:
        with self._lock:
            waiting, self._columns = self._columns, deque()
            self._waiting = 0
        return waiting

    def _nobody_listens(self) -> list[tuple[str, dict[str, Any]]]:
        if self._take():
            # Whoever comes to listen is noticed a moment later, and may have read history before.
            self._nobody_listened = True
        return []

    def _readings_due(self) -> list[tuple[str, dict[str, Any]]]:
        flats = _flats(self._take())
        # Per series and not per reading: a busy series has several in a tick.
        groups: dict[str, dict[int, list[int | float | str]]] = {}
        for series_id, flat in flats.items():
            device_id = self._device_of.get(series_id)
            if device_id is not None:
                groups.setdefault(contract.shard_group(device_id), {})[series_id] = flat
        if self._nobody_listened:
            self._nobody_listened = False
            self._refill = self._refill or "nobody_listened"
        due = []
        for name, series in groups.items():
            # Counted also when sending fails, so that the receiver sees the loss as a jump.
            seq = self._seq[name] = self._seq.get(name, 0) + 1
            due.append((name, contract.readings(self._worker, seq, series)))
        return due

    def _events_due(self) -> list[tuple[str, dict[str, Any]]]:
        events = [self._events.popleft() for _ in range(len(self._events))]
        quarantined = [self._quarantined.popleft() for _ in range(len(self._quarantined))]
        events += quarantined[-QUARANTINE_PER_TICK:]
        return [(contract.EVENTS_GROUP, event) for event in events]

    def _word_due(self) -> list[tuple[str, dict[str, Any]]]:
        """Once a second: when devices were heard since, and how the pipeline is, in this order."""
        if time.monotonic() - self._told_at < EACH_SECOND:
            return []
        self._told_at = time.monotonic()
        pipeline = self._tell_each_second()
        with self._lock:
            heard, self._heard = self._heard, {}
        groups: dict[str, dict[int, int]] = {}
        for device_id, at_us in heard.items():
            group = groups.setdefault(contract.shard_group(device_id), {})
            group[device_id] = at_us // 1_000
        told = [(group, contract.heard(devices)) for group, devices in groups.items()]
        return [*told, (contract.EVENTS_GROUP, pipeline)]


def _flats(waiting: Iterable[Columns]) -> dict[int, list[Any]]:
    """The points of each series as `[ms, value, ms, value, …]`, oldest first."""
    flats: dict[int, list[Any]] = {}
    unordered: set[int] = set()
    for columns in waiting:
        for rows in (columns.numbers(), columns.texts):
            for series_id, at_us, value in rows:
                at = in_ms(at_us)
                flat = flats.get(series_id)
                if flat is None:
                    flats[series_id] = [at, value]
                else:
                    if at < flat[-2]:
                        unordered.add(series_id)
                    flat += (at, value)
    for series_id in unordered:  # a device may send its buffer newest first
        flats[series_id] = _by_time(flats[series_id])
    return flats


def _by_time(flat: list[Any]) -> list[Any]:
    """`[ms, value, …]` in the order of time; of one instant in the order given."""
    points = sorted(zip(flat[::2], flat[1::2], strict=True), key=itemgetter(0))
    return [each for point in points for each in point]
