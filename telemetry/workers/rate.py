"""How fast one sender may come: a token bucket each. Pure: time is the caller's."""

from __future__ import annotations

MAX_SENDERS = 50_000  # remembered; those whose bucket is full again are forgotten first


def take(
    tokens: float, since: float, now: float, *, rate: float, burst: float, units: float = 1.0
) -> tuple[float, float]:
    """Of a bucket that held `tokens` at `since`: the seconds until `units` may pass (0: they pass
    now), and what it holds now. What costs more than a whole burst passes when it is full."""
    tokens = min(burst, tokens + max(0.0, now - since) * rate)
    needed = min(units, burst)
    if tokens < needed:
        return (needed - tokens) / rate, tokens
    return 0.0, tokens - units


class RateLimit:
    """One of a process: N processes let N times as much pass."""

    def __init__(self, rate: float, burst: float) -> None:
        """`rate` is in units a second on the long run, `burst` in units at once after a pause."""
        self._rate = rate
        self._burst = burst
        self._buckets: dict[int, tuple[float, float]] = {}  # sender: tokens, as of when (seconds)

    def wait(self, sender: int, now: float, units: float = 1.0) -> float:
        """0 when this sender may pass now, otherwise the seconds until it may, as `take` says.
        `now` is monotonic."""
        tokens, at = self._buckets.get(sender, (self._burst, now))
        wait, left = take(tokens, at, now, rate=self._rate, burst=self._burst, units=units)
        if wait:
            return wait
        if sender not in self._buckets and len(self._buckets) >= MAX_SENDERS:
            self._forget_idle(now)
        self._buckets[sender] = (left, now)
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
