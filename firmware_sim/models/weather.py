"""A weather station on a roof."""

from __future__ import annotations

import math

from firmware_sim.incidents import SENSOR_STUCK, Incidents
from firmware_sim.models.base import Metric, Model, Values
from firmware_sim.models.process import Wander, daily, hour_of_day

TIP = 0.2  # mm of rain one tip of the bucket stands for
SOLAR_MAX = 880.0  # W/m² at noon under a clear sky


class WeatherStation(Model):
    """Temperature by day and night, humidity against it, wandering pressure, gusts and showers."""

    kind = "weather-station"
    metrics = (
        Metric("temperature", "°C", precision=2),
        Metric("humidity", "%", precision=1),
        Metric("pressure", "hPa", precision=2),
        Metric("wind.speed", "m/s", precision=1),
        Metric("wind.gust", "m/s", precision=1),
        Metric("wind.direction", "°", precision=0),
        Metric("solar", "W/m²", precision=0),
        Metric("rain_total", "mm", "counter", 1),
        Metric("sky", kind="text"),
    )
    incidents = (SENSOR_STUCK,)
    sensor = ("temperature",)

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        super().__init__(seed, uid, incidents)
        rng = self.rng
        self._mean = rng.uniform(9.0, 15.0)
        self._heading = rng.uniform(0.0, 360.0)
        self._breeze = rng.uniform(2.5, 5.5)
        self._air = Wander(rng, sd=0.8, tau=900.0)
        self._turbulence = Wander(rng, sd=0.12, tau=12.0)
        self._moisture = Wander(rng, sd=4.0, tau=1200.0)
        self._pressure = Wander(rng, sd=7.0, tau=80_000.0)
        self._wind = Wander(rng, sd=1.1, tau=150.0)
        self._puff = Wander(rng, sd=0.9, tau=7.0)
        self._veer = Wander(rng, sd=30.0, tau=900.0)
        self._flutter = Wander(rng, sd=7.0, tau=8.0)
        self._cloud = Wander(rng, sd=1.0, tau=420.0)
        self._gust = 0.0
        self._rain = round(rng.uniform(80.0, 400.0) / TIP) * TIP
        self._bucket = 0.0  # mm caught since the last tip

    def begin(self) -> None:
        self._gust = self._speed()

    def advance(self, dt: float) -> None:
        for process in (
            self._air,
            self._turbulence,
            self._moisture,
            self._pressure,
            self._wind,
            self._puff,
            self._veer,
            self._flutter,
            self._cloud,
        ):
            process.step(dt)
        self._gust = max(self._speed(), self._gust * math.exp(-dt / 30.0))
        self._bucket += self._rain_rate() / 3600.0 * dt
        tips = int(self._bucket / TIP)
        self._bucket -= tips * TIP
        self._rain += tips * TIP

    def _speed(self) -> float:
        return max(0.0, self._breeze + self._wind.value + self._puff.value)

    def _rain_rate(self) -> float:
        """mm per hour: it rains only under the thickest cloud."""
        return min(60.0, max(0.0, self._cloud.value - 1.1) * 30.0)

    def _solar(self) -> float:
        height = math.sin(math.pi * (hour_of_day(self.time) - 6.0) / 12.0)
        clear = 1.0 / (1.0 + math.exp(2.5 * (self._cloud.value - 0.6)))
        return SOLAR_MAX * max(0.0, height) * (0.2 + 0.8 * clear)

    def _sky(self, solar: float) -> str:
        if self._rain_rate() > 0.0:
            return "rain"
        if self._cloud.value > 0.4:
            return "cloudy"
        return "clear" if solar > 0.0 else "night"

    def read(self) -> Values:
        day = daily(self.time, peak=15.0)
        solar = self._solar()
        temperature = self._mean + 5.5 * day + self._air.value + self._turbulence.value
        damp = 68.0 - 16.0 * day - 3.0 * self._air.value + self._moisture.value
        speed = self._speed()
        direction = round(self._heading + self._veer.value + self._flutter.value) % 360
        return {
            "temperature": round(temperature, 2),
            "humidity": round(min(100.0, max(15.0, damp)), 1),
            "pressure": round(1013.0 + self._pressure.value, 2),
            "wind.speed": round(speed, 1),
            "wind.gust": round(max(speed, self._gust), 1),
            "wind.direction": direction,
            "solar": round(solar),
            "rain_total": round(self._rain, 1),
            "sky": self._sky(solar),
        }
