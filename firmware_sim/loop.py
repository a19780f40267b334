"""One thread for everything: sockets over epoll and a heap of timers.

paho's own loops use select(), which fails for descriptors of 1024 and more, and a thread each.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

MAX_WAIT = 0.2  # seconds until a signal is noticed at the latest
MAX_TIMERS_PER_TURN = 500  # timers run before sockets are looked at again


class Loop:
    """Timers in monotonic seconds, sockets with one callback each."""

    def __init__(self) -> None:
        self.signals = 0  # SIGTERM and SIGINT received
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()  # two timers of one moment run in the order they were set

    @staticmethod
    def now() -> float:
        return time.monotonic()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.at(self.now() + seconds, call)

    def at(self, when: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (when, next(self._order), call))

    def every(self, seconds: float, call: Callable[[], None]) -> None:
        """Run `call` each `seconds` from now on, never twice to catch up."""

        def again() -> None:
            call()
            self.after(seconds, again)

        self.after(seconds, again)

    def watch(self, sock: Any, call: Callable[[int], None]) -> None:
        """Call `call` with the selector's event mask when `sock` is readable."""
        self._selector.register(sock, selectors.EVENT_READ, call)

    def watch_writes(self, sock: Any, *, wanted: bool) -> None:
        """Whether `call` of `watch` is also called when `sock` can be written to."""
        key = self._selector.get_key(sock)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        if key.events != events:
            self._selector.modify(sock, events, key.data)

    def forget(self, sock: Any) -> None:
        """Before closing `sock`: epoll forgets closed descriptors, the selector does not."""
        self._selector.unregister(sock)

    def run_until(self, done: Callable[[], bool]) -> None:
        """Run timers and sockets until `done()`, asked after each turn."""
        while not done():
            self._run_timers()
            wait = MAX_WAIT
            if self._timers:
                wait = min(MAX_WAIT, max(0.0, self._timers[0][0] - self.now()))
            for key, mask in self._selector.select(wait):
                # A callback earlier in this turn may have closed this one's socket.
                if key.fd in self._selector.get_map():
                    key.data(mask)

    def catch_signals(self) -> None:
        """Count SIGTERM and SIGINT from now on instead of dying of them."""

        def count(_number: int, _frame: FrameType | None) -> None:
            self.signals += 1

        signal.signal(signal.SIGTERM, count)
        signal.signal(signal.SIGINT, count)

    def close(self) -> None:
        self._selector.close()

    def _run_timers(self) -> None:
        now = self.now()
        for _ in range(MAX_TIMERS_PER_TURN):
            if not self._timers or self._timers[0][0] > now:
                return
            heapq.heappop(self._timers)[2]()
