"""Faults a device can have, seeded: when it goes away, repeats itself, lags or babbles."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

NAMES = ("offline", "duplicates", "late", "malformed", "drift")

OFFLINE_EVERY = 120.0  # seconds between two offline bursts of a device, on average
AWAY = (5.0, 40.0)  # seconds it stays away
DUPLICATE_SHARE = 0.02  # of acknowledged messages are sent once more
LATE_SHARE = 0.01  # of measurements are held back
HELD_BACK = (30.0, 300.0)  # seconds
MALFORMED_SHARE = 0.01  # of messages are followed by a malformed one
DRIFT_SHARE = 0.3  # of devices have a drifting clock
DRIFT_RATE = (-0.002, 0.01)  # seconds gained per second
EPOCH_SHARE = 0.06  # of devices count from 1970, as without a battery for the clock
OVERSIZED = 265_000  # bytes, a bit over 256 KiB


class DeviceFaults:
    """The faults of one device: the named ones out of `NAMES`, at `factor` times the usual rate."""

    def __init__(
        self, seed: int, uid: str, names: Iterable[str] = (), *, factor: float = 1.0
    ) -> None:
        self._names = frozenset(names)
        self._factor = factor
        self._rng = random.Random(f"{seed}/{uid}/faults")  # noqa: S311 - plausible, not secret
        self._booted: float | None = None
        draw = self._rng.random()
        self._epoch = "drift" in self._names and draw < EPOCH_SHARE
        drifts = "drift" in self._names and EPOCH_SHARE <= draw < EPOCH_SHARE + DRIFT_SHARE
        self.drift = self._rng.uniform(*DRIFT_RATE) if drifts else 0.0  # seconds per second

    @property
    def wrong_clock(self) -> bool:
        return self._epoch or self.drift != 0.0

    def offline_in(self) -> float | None:
        """Seconds until the next offline burst, or None when this device has none."""
        if "offline" not in self._names or self._factor <= 0.0:
            return None
        return self._rng.expovariate(self._factor / OFFLINE_EVERY)

    def away(self) -> float:
        """Seconds an offline burst lasts."""
        return self._rng.uniform(*AWAY)

    def repeats(self) -> bool:
        """Whether the message just acknowledged is sent once more."""
        return self._happens("duplicates", DUPLICATE_SHARE)

    def held_back(self) -> float | None:
        """Seconds the measurement just taken is held back, or None."""
        if not self._happens("late", LATE_SHARE):
            return None
        return self._rng.uniform(*HELD_BACK)

    def malformed(self, ts: int) -> bytes | None:
        """A payload that is no valid message, or None. None of its values can be stored, so what
        a ledger says arrived stays exactly what can be seen."""
        if not self._happens("malformed", MALFORMED_SHARE):
            return None
        return malformed_payload(self._rng, ts)

    def clock(self, at: float) -> float:
        """What the device's clock shows at the true time `at` (Unix seconds)."""
        if self._booted is None:
            self._booted = at
        if self._epoch:
            return max(0.0, at - self._booted)
        return at + (at - self._booted) * self.drift

    def _happens(self, name: str, share: float) -> bool:
        return name in self._names and self._rng.random() < share * self._factor


def malformed_payload(rng: random.Random, ts: int) -> bytes:
    """One of the ways field devices get a message wrong."""
    whole = json.dumps({"ts": ts, "values": {"temperature": 21.5}}).encode()
    choices = (
        whole[: rng.randrange(5, len(whole) - 2)],  # cut off
        b'{"ts":%d,"values":{"temperature":NaN}}' % ts,
        b'{"ts":%d,"values":{"temperature":[1,2]}}' % ts,
        b'{"ts":"yesterday","values":{}}',
        b'{"values":"21.5"}',
        b"[1,2,3]",
        b'"21.5"',
        b"",
        b"temperature=21.5\r\n",
        bytes([0xFF, 0xFE, 0x00, 0x81]) + rng.randbytes(24),
        b'{"temperature":21.5' + b" " * OVERSIZED,
    )
    return rng.choice(choices)
