"""A power meter in a distribution board."""

from __future__ import annotations

import math
import random

from firmware_sim.incidents import Incidents
from firmware_sim.models.base import Metric, Model, Values
from firmware_sim.models.process import Wander, hour_of_day, relax

PEAK_HOURS = (7.0, 21.0)  # UTC hours of the expensive tariff


class Appliance:
    """A consumer that switches on and off for random times."""

    __slots__ = ("_left", "_off", "_on", "_rng", "now", "watts", "working")

    def __init__(self, rng: random.Random, watts: float, *, on: float, off: float) -> None:
        self._rng = rng
        self._on = on
        self._off = off
        self.watts = watts
        self.working = rng.random() < on / (on + off)
        self.now = watts if self.working else 0.0
        self._left = rng.expovariate(1.0 / (on if self.working else off))

    def step(self, dt: float) -> None:
        self._left -= dt
        if self._left <= 0.0:
            self.working = not self.working
            self._left = self._rng.expovariate(1.0 / (self._on if self.working else self._off))
        self.now = relax(self.now, self.watts if self.working else 0.0, dt, 1.2)


class PowerMeter(Model):
    """Load by the hour and by appliances; the mains sag a little under it."""

    kind = "power-meter"
    metrics = (
        Metric("power", "W", precision=1),
        Metric("voltage", "V", precision=1),
        Metric("current", "A", precision=2),
        Metric("power_factor", "", precision=3),
        Metric("frequency", "Hz", precision=3),
        Metric("energy", "kWh", "counter", 4),
        Metric("generator", kind="boolean"),
        Metric("tariff", kind="text"),
    )

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        super().__init__(seed, uid, incidents)
        rng = self.rng
        scale = rng.uniform(0.8, 1.6)
        self._base = 900.0 * scale
        self._appliances = (
            Appliance(rng, 2200.0 * scale, on=70.0, off=160.0),
            Appliance(rng, 850.0 * scale, on=35.0, off=50.0),
            Appliance(rng, 400.0 * scale, on=200.0, off=240.0),
        )
        self._noise = Wander(rng, sd=0.012, tau=4.0)
        self._mains = Wander(rng, sd=1.3, tau=120.0)
        self._flicker = Wander(rng, sd=0.25, tau=2.0)
        self._grid = Wander(rng, sd=0.018, tau=25.0)
        self._factor = Wander(rng, sd=0.008, tau=60.0)
        self._energy = rng.uniform(1200.0, 60_000.0)
        self._backup = rng.uniform(600.0, 3600.0)  # seconds until the weekly generator test
        self._power = self._base

    def begin(self) -> None:
        self._power = self._demand()

    def advance(self, dt: float) -> None:
        for appliance in self._appliances:
            appliance.step(dt)
        for process in (self._noise, self._mains, self._flicker, self._grid, self._factor):
            process.step(dt)
        before = self._power
        self._power = self._demand()
        self._energy += 0.5 * (before + self._power) * dt / 3_600_000.0
        self._backup -= dt
        if self._backup < -90.0:
            self._backup = self.rng.uniform(1800.0, 5400.0)

    def _demand(self) -> float:
        hour = hour_of_day(self.time)
        morning = math.exp(-(((hour - 8.5) / 2.2) ** 2))
        evening = math.exp(-(((hour - 18.5) / 3.0) ** 2))
        base = self._base * (0.7 + 0.7 * morning + 0.9 * evening)
        return (base + sum(one.now for one in self._appliances)) * (1.0 + self._noise.value)

    def read(self) -> Values:
        power = self._power
        voltage = 231.0 + self._mains.value + self._flicker.value - power / 4000.0
        motors = self._appliances[0].now / (power + 1.0)
        factor = min(0.999, max(0.7, 0.975 - 0.09 * motors + self._factor.value))
        start, end = PEAK_HOURS
        return {
            "power": round(power, 1),
            "voltage": round(voltage, 1),
            "current": round(power / (voltage * factor), 2),
            "power_factor": round(factor, 3),
            "frequency": round(50.0 + self._grid.value, 3),
            "energy": round(self._energy, 4),
            "generator": self._backup < 0.0,
            "tariff": "peak" if start <= hour_of_day(self.time) < end else "off-peak",
        }
