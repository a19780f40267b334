"""A water tank that is drawn from and refilled by a pump."""

from __future__ import annotations

import math

from firmware_sim.incidents import SENSOR_STUCK, SLOW_LEAK, Incidents
from firmware_sim.models.base import Metric, Model, Values
from firmware_sim.models.process import Wander, daily, relax

START_BELOW = 28.0  # % level at which the pump starts
STOP_ABOVE = 93.0  # % level at which it stops
HOLE_GROWS = 0.001 / 1800.0  # 1/s each second: within half an hour it loses more than is drawn
LARGEST_HOLE = 0.0025  # 1/s


class Tank(Model):
    """Steady draw with taps opening on top of it; a float switch runs the pump."""

    kind = "tank"
    metrics = (
        Metric(
            "level", "%", precision=2, thresholds=((15.0, "below", "Low"), (95.0, "above", "Full"))
        ),
        Metric("volume", "l", precision=0),
        Metric("outflow", "l/s", precision=2),
        Metric("inflow", "l/s", precision=2),
        Metric("temperature", "°C", precision=2),
        Metric("pumped_total", "l", "counter", 0),
        Metric("drawn_total", "l", "counter", 0),
        Metric("pump", kind="boolean"),
        Metric("state", kind="text"),
    )
    incidents = (SENSOR_STUCK, SLOW_LEAK)
    sensor = ("level", "volume")

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        super().__init__(seed, uid, incidents)
        rng = self.rng
        self._capacity = rng.choice((4000.0, 5000.0, 8000.0))  # litres
        self._volume = self._capacity * rng.uniform(0.35, 0.9)
        self._pumping = rng.random() < 0.25
        self._rate = self._capacity * rng.uniform(0.0025, 0.0035)  # l/s the pump gives
        self._usual = self._capacity * rng.uniform(0.0006, 0.0009)  # l/s drawn
        self._draw = Wander(rng, sd=0.3, tau=25.0)
        self._ripple = Wander(rng, sd=0.0006, tau=2.0)
        self._warmth = Wander(rng, sd=0.5, tau=1500.0)
        self._sensor = Wander(rng, sd=0.03, tau=5.0)
        self._inflow = self._rate if self._pumping else 0.0
        self._pumped = rng.uniform(10_000.0, 900_000.0)
        self._drawn = self._pumped - self._volume
        self._hole = 0.0  # share of the capacity a full tank loses a second

    def advance(self, dt: float) -> None:
        for process in (self._draw, self._ripple, self._warmth, self._sensor):
            process.step(dt)
        self._inflow = relax(self._inflow, self._rate if self._pumping else 0.0, dt, 2.0)
        self._pumped += self._inflow * dt
        self._drawn += self._outflow() * dt
        volume = self._volume + (self._inflow - self._outflow() - self._leak(dt)) * dt
        self._volume = min(self._capacity, max(0.0, volume))
        level = 100.0 * self._volume / self._capacity
        if level < START_BELOW:
            self._pumping = True
        elif level > STOP_ABOVE:
            self._pumping = False

    def _leak(self, dt: float) -> float:
        """l/s lost where no meter is: the hole grows, and more runs out the higher the water."""
        if SLOW_LEAK not in self.happening:
            self._hole = 0.0
            return 0.0
        self._hole = min(LARGEST_HOLE, self._hole + HOLE_GROWS * dt)
        return self._hole * self._capacity * math.sqrt(self._volume / self._capacity)

    def _outflow(self) -> float:
        return self._usual * max(0.0, 1.0 + self._draw.value)

    def read(self) -> Values:
        share = min(1.0, max(0.0, self._volume / self._capacity + self._ripple.value))
        water = 14.0 + 1.5 * daily(self.time, peak=17.0) + self._warmth.value + self._sensor.value
        return {
            "level": round(100.0 * share, 2),
            "volume": round(share * self._capacity),
            "outflow": round(self._outflow(), 2),
            "inflow": round(self._inflow, 2),
            "temperature": round(water, 2),
            "pumped_total": round(self._pumped),
            "drawn_total": round(self._drawn),
            "pump": self._pumping,
            "state": "filling" if self._pumping else "draining",
        }
