"""Lets the requests that are being answered end before the web process does, and it end in time.

At a stop Daphne cancels its applications and ends the event loop at once. A view runs in a thread
that waits for that loop, and Python waits for that thread before it exits, so one request in flight
was enough to keep a process until it was killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from typing import Any

from dashboard.live.shutdown import before_stop, refuse_connections

logger = logging.getLogger(__name__)

GRACE = 5.0  # seconds in which requests may still be answered
EXIT_WITHIN = 3.0  # seconds after that in which Python may wait for its threads


class RequestsInFlight:
    """Passes requests on, and knows those that are not answered yet."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._running: set[asyncio.Task[None]] = set()
        self._is_watching = self._is_stopping = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not self._is_watching:
            self._is_watching = True
            before_stop(self._end)
        request = asyncio.create_task(self._application(scope, receive, send))
        self._running.add(request)
        request.add_done_callback(self._running.discard)
        try:
            await asyncio.shield(request)
        except asyncio.CancelledError:
            if not self._is_stopping:  # the client has gone
                request.cancel()
            raise

    async def _wait(self) -> None:
        until = time.monotonic() + GRACE
        while self._running and (left := until - time.monotonic()) > 0:
            await asyncio.wait(self._running, timeout=left)
        if self._running:
            logger.warning(
                "not answered within %g s of the stop: requests: %d",
                GRACE, len(self._running), extra={"action": "requests_left"},
            )  # fmt: skip
        threading.Thread(target=_exit, daemon=True).start()

    def _end(self) -> Any:
        # At once, before those that Daphne cancels hear of it.
        self._is_stopping = True
        refuse_connections()
        return self._wait()


def _exit() -> None:
    """What a thread waits for may never come, such as an answer of a database that hangs."""
    time.sleep(EXIT_WITHIN)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
