"""How fast one sender may come: a token bucket each. Pure: time is the caller's."""

from __future__ import annotations

RATE = 50.0  # messages a second, on the long run
BURST = 100.0  # messages at once after a pause
MAX_SENDERS = 50_000  # remembered; those whose bucket is full again are forgotten first


class RateLimit:
    """One of a process: N web processes let N times as much pass."""

    def __init__(self, rate: float = RATE, burst: float = BURST) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[int, tuple[float, float]] = {}  # sender: tokens, as of when (seconds)

    def wait(self, sender: int, now: float) -> float:
        """0 when this sender may pass now, else the seconds until it may. `now` is monotonic."""
        tokens, at = self._buckets.get(sender, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        if tokens < 1.0:
            return (1.0 - tokens) / self._rate
        if sender not in self._buckets and len(self._buckets) >= MAX_SENDERS:
            self._forget_idle(now)
        self._buckets[sender] = (tokens - 1.0, now)
        return 0.0

    def _forget_idle(self, now: float) -> None:
        full_after = self._burst / self._rate
        self._buckets = {
            sender: bucket
            for sender, bucket in self._buckets.items()
            if now - bucket[1] < full_after
        }
        if len(self._buckets) >= MAX_SENDERS:
            self._buckets.clear()
