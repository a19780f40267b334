"""Smooth random processes the device models are made of; all exact for any time step."""

from __future__ import annotations

import math
import random


def relax(value: float, target: float, dt: float, tau: float) -> float:
    """`value` after `dt` seconds of decay towards `target` with time constant `tau`."""
    return target + (value - target) * math.exp(-dt / tau)


def hour_of_day(time: float) -> float:
    """Hours since midnight UTC, 0 to 24."""
    return (time / 3600.0) % 24.0


def daily(time: float, *, peak: float) -> float:
    """A cosine over the day: 1 at hour `peak`, -1 twelve hours away."""
    return math.cos(2 * math.pi * (hour_of_day(time) - peak) / 24.0)


class Wander:
    """A value that strays from zero and returns (Ornstein-Uhlenbeck), with deviation `sd`.

    Stepping it once by 10 s or ten times by 1 s has the same statistics, so a device that measures
    more often is not noisier.
    """

    __slots__ = ("_rng", "_sd", "_tau", "value")

    def __init__(self, rng: random.Random, *, sd: float, tau: float) -> None:
        self._rng = rng
        self._sd = sd
        self._tau = tau
        self.value = rng.gauss(0.0, sd)

    def step(self, dt: float) -> float:
        keep = math.exp(-dt / self._tau)
        noise = self._sd * math.sqrt(1.0 - keep * keep)
        self.value = self.value * keep + self._rng.gauss(0.0, noise)
        return self.value
