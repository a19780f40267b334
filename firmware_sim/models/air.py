"""An air quality sensor in a room people come to and leave."""

from __future__ import annotations

from firmware_sim.incidents import Incidents
from firmware_sim.models.base import Metric, Model, Values
from firmware_sim.models.process import Wander, hour_of_day, relax

OUTDOOR_CO2 = 422.0  # ppm
CO2_PER_PERSON = 95.0  # ppm over outdoors in the long run
MAX_PEOPLE = 14


class AirQuality(Model):
    """CO2 follows the people, particles come in plumes, warmth follows both."""

    kind = "air-quality"
    metrics = (
        Metric("co2", "ppm", precision=0, thresholds=((1000.0, "above", "Air the room"),)),
        Metric("pm2_5", "µg/m³", precision=1),
        Metric("tvoc", "ppb", precision=0),
        Metric("temperature", "°C", precision=2),
        Metric("humidity", "%", precision=1),
        Metric("people", "", precision=0),
        Metric("occupied", kind="boolean"),
        Metric("quality", kind="text"),
    )

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        super().__init__(seed, uid, incidents)
        rng = self.rng
        self._people = rng.randrange(0, 8)
        self._change_left = rng.expovariate(1.0 / 60.0)  # seconds until somebody moves
        self._co2 = OUTDOOR_CO2 + CO2_PER_PERSON * self._people
        self._warmth = rng.uniform(20.5, 22.5)
        self._temperature = self._warmth + 0.12 * self._people
        self._plume = 0.0
        self._sensor = Wander(rng, sd=5.0, tau=6.0)
        self._dust = Wander(rng, sd=1.1, tau=200.0)
        self._haze = Wander(rng, sd=0.35, tau=5.0)
        self._vapour = Wander(rng, sd=14.0, tau=40.0)
        self._draught = Wander(rng, sd=0.12, tau=30.0)
        self._moisture = Wander(rng, sd=1.6, tau=300.0)

    def advance(self, dt: float) -> None:
        self._change_left -= dt
        if self._change_left <= 0.0:
            self._move_people()
            self._change_left = self.rng.expovariate(1.0 / 60.0)
        for process in (
            self._sensor,
            self._dust,
            self._haze,
            self._vapour,
            self._draught,
            self._moisture,
        ):
            process.step(dt)
        self._co2 = relax(self._co2, OUTDOOR_CO2 + CO2_PER_PERSON * self._people, dt, 420.0)
        self._temperature = relax(self._temperature, self._warmth + 0.12 * self._people, dt, 900.0)
        self._plume = relax(self._plume, 0.0, dt, 75.0)
        if self.rng.random() < dt / 700.0:
            self._plume += self.rng.uniform(6.0, 22.0)  # somebody cooks, prints or sweeps

    def _move_people(self) -> None:
        wanted = 8 if 7.0 <= hour_of_day(self.time) < 18.0 else 3
        drift = 1 if self._people < wanted else -1
        step = drift if self.rng.random() < 0.65 else -drift
        self._people = min(MAX_PEOPLE, max(0, self._people + step))

    def _quality(self, pm: float) -> str:
        if self._co2 > 1400.0 or pm > 25.0:
            return "poor"
        return "fair" if self._co2 > 900.0 or pm > 12.0 else "good"

    def read(self) -> Values:
        pm = max(0.3, 5.0 + self._dust.value + self._haze.value + self._plume)
        vapour = 90.0 + 22.0 * self._people + 4.0 * self._plume + self._vapour.value
        damp = 44.0 + 0.5 * self._people + self._moisture.value - 2.0 * self._draught.value
        return {
            "co2": round(max(400.0, self._co2 + self._sensor.value)),
            "pm2_5": round(pm, 1),
            "tvoc": round(max(5.0, vapour)),
            "temperature": round(self._temperature + self._draught.value, 2),
            "humidity": round(min(90.0, max(15.0, damp)), 1),
            "people": self._people,
            "occupied": self._people > 0,
            "quality": self._quality(pm),
        }
