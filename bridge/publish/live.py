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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer

from bridge.intake.batch import Columns
from bridge.publish.listeners import Listeners
from telemetry.live import contract
from telemetry.moments import in_ms
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

TICK = 0.1  # seconds between two messages to one group
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
        self._seq: dict[str, int] = {}
        self._skip = threading.Event()
        self._unheard = False  # readings went unsent because nobody listened

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
                self._skip.set()

    def tell(self, event: dict[str, Any]) -> None:
        """Leave an event to be sent; see `telemetry.live.contract.event`."""
        (self._quarantined if event["event"] == "quarantine" else self._events).append(event)

    def skip(self) -> None:
        """Have every viewer load history again: readings were stored that no frame carried.

        A number left out looks to the receiver like a lost message, and it does just that then."""
        self._skip.set()

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
            readings = self._readings_due() if listened else self._nobody_listens()
            for group, message in [*readings, *self._events_due()]:
                await self._send(group, message)
        await listeners.close()

    async def _send(self, group: str, message: dict[str, Any]) -> None:
        layer = get_channel_layer()
        try:
            await asyncio.wait_for(layer.group_send(group, message), SEND_TIMEOUT)
        except Exception as exc:  # noqa: BLE001  (the Redis client's errors have no one root)
            self.counters.dropped += 1
            if self.counters.up:
                logger.warning("live frames not sent: %s", exc, extra={"action": "live_down"})
            self.counters.up = 0
            return
        self.counters.frames += 1
        self.counters.up = 1

    def _take(self) -> deque[Columns]:
        with self._lock:
            waiting, self._columns = self._columns, deque()
            self._waiting = 0
        return waiting

    def _nobody_listens(self) -> list[tuple[str, dict[str, Any]]]:
        self._take()
        self._unheard = True
        return []

    def _readings_due(self) -> list[tuple[str, dict[str, Any]]]:
        waiting = self._take()
        flats: dict[int, list[int | float | str]] = {}
        for columns in waiting:
            for rows in (columns.numbers(), columns.texts):
                for series_id, at_us, value in rows:
                    at = in_ms(at_us)
                    flat = flats.get(series_id)
                    if flat is None:
                        flats[series_id] = [at, value]
                    else:
                        flat += (at, value)
        # Per series and not per reading: a busy series has several in a tick.
        groups: dict[str, dict[int, list[int | float | str]]] = {}
        for series_id, flat in flats.items():
            device_id = self._device_of.get(series_id)
            if device_id is not None:
                groups.setdefault(contract.shard_group(device_id), {})[series_id] = flat
        if self._skip.is_set():
            self._skip.clear()
            self._seq = {name: seq + 1 for name, seq in self._seq.items()}
        due = self._refill() if self._unheard else []
        for name, series in groups.items():
            # Counted also when sending fails, so that the receiver sees the loss as a jump.
            seq = self._seq[name] = self._seq.get(name, 0) + 1
            due.append((name, contract.readings(self._worker, seq, series)))
        return due

    def _refill(self) -> list[tuple[str, dict[str, Any]]]:
        """Have those who began to listen a moment ago load history again: until they were noticed
        nothing was sent, and they may have read history before that."""
        self._unheard = False
        due = []
        for name in contract.shard_groups():
            # Two frames, for a jump only shows between two.
            for seq in (self._seq.get(name, 0) + 1, self._seq.get(name, 0) + 3):
                due.append((name, contract.readings(self._worker, seq, {})))
            self._seq[name] = self._seq.get(name, 0) + 3
        return due

    def _events_due(self) -> list[tuple[str, dict[str, Any]]]:
        events = [self._events.popleft() for _ in range(len(self._events))]
        quarantined = [self._quarantined.popleft() for _ in range(len(self._quarantined))]
        events += quarantined[-QUARANTINE_PER_TICK:]
        if time.monotonic() - self._told_at >= 1.0:
            self._told_at = time.monotonic()
            events.append(self._tell_each_second())
        return [(contract.EVENTS_GROUP, event) for event in events]
