"""How many requests of the API one caller makes: an API token, a session, or an address.

Counted by each web process for itself: two of them allow twice as many. That is enough for what it
is against, one caller who keeps a process from answering the others, and asks nothing of Redis.
"""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any, NamedTuple

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access import turns
from access.acting import address_of

BURST_SECONDS = 10.0  # of requests at the rate, that may come at once
MAX_CALLERS = 10_000  # that are remembered; of more, who asked longest ago is forgotten


class _Bucket(NamedTuple):
    left: float  # requests
    at: float  # monotonic seconds


class Callers:
    """What each may still ask for. Any thread may ask."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()
        self.refused = 0  # requests, since the process began

    def wait(self, caller: str, rate: float, now: float) -> float:
        """Seconds until a request of this caller is answered; 0: it is now, and counts."""
        most = rate * BURST_SECONDS
        with self._lock:
            bucket = self._buckets.pop(caller, _Bucket(most, now))
            left = min(most, bucket.left + (now - bucket.at) * rate)
            is_refused = left < 1
            self._buckets[caller] = _Bucket(left if is_refused else left - 1, now)
            if len(self._buckets) > MAX_CALLERS:
                del self._buckets[next(iter(self._buckets))]
            self.refused += is_refused
            return (1 - left) / rate if is_refused else 0.0


callers = Callers()


class PerCaller(BaseThrottle):
    """Answers 429 with Retry-After. Who is within the rate waits for a turn (`access.turns`)."""

    def allow_request(self, request: Request, _view: Any) -> bool:
        self._wait = callers.wait(_caller(request), settings.API_REQUESTS, time.monotonic())
        if not self._wait:
            turns.begin(request)
        return not self._wait

    def wait(self) -> float:
        return self._wait


def _caller(request: Request) -> str:
    if request.auth is not None:
        return f"token {getattr(request.auth, 'pk', request.auth)}"
    if request.user.is_authenticated:
        key = getattr(getattr(request, "session", None), "session_key", None) or ""
        return f"session {request.user.pk} {hashlib.sha256(key.encode()).hexdigest()}"
    return f"address {address_of(request._request)}"
