"""A walk-in freezer with a thermostat and a door that people open."""

from __future__ import annotations

from firmware_sim.incidents import COMPRESSOR_FAILURE, DOOR_LEFT_OPEN, SENSOR_STUCK, Incidents
from firmware_sim.models.base import Metric, Model, Values
from firmware_sim.models.process import Wander, relax

HYSTERESIS = 1.2  # °C either side of the setpoint
OPENINGS_EVERY = 420.0  # seconds between two door openings, on average
ALARM_ABOVE = 6.0  # °C over the setpoint
LET_GO = 1.0  # seconds until a door that was left open is shut, once somebody comes


class Freezer(Model):
    """Compressor duty cycle by hysteresis; an open door warms the air, hardly the goods.

    Without its compressor the air warms within half an hour to what walls and goods agree on, some
    8 °C over the goods, and from then on as slowly as these. A door that is left open takes the air
    to a few degrees below zero within ten minutes, whatever the compressor does.
    """

    kind = "freezer"
    metrics = (
        Metric("temperature", "°C", precision=2, thresholds=((-15.0, "above", "Too warm"),)),
        Metric("product_temperature", "°C", precision=2),
        Metric("setpoint", "°C", precision=1),
        Metric("power", "W", precision=0),
        Metric("compressor", kind="boolean"),
        Metric("door_open", kind="boolean"),
        Metric("door_openings", "", "counter", 0),
        Metric("state", kind="text"),
    )
    incidents = (COMPRESSOR_FAILURE, DOOR_LEFT_OPEN, SENSOR_STUCK)
    sensor = ("temperature",)

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        super().__init__(seed, uid, incidents)
        rng = self.rng
        self._setpoint = rng.choice((-18.0, -20.0, -22.0))
        self._ambient = rng.uniform(16.0, 23.0)
        self._air = self._setpoint + rng.uniform(-HYSTERESIS, HYSTERESIS)
        self._goods = self._setpoint + rng.uniform(-0.4, 0.4)
        self._wanted = rng.random() < 0.3  # the thermostat wants it to be cooled
        self._sensor = Wander(rng, sd=0.04, tau=5.0)
        self._draw = Wander(rng, sd=9.0, tau=10.0)
        self._openings = rng.randrange(200, 4000)
        self._door_left = 0.0  # seconds it stays open
        self._shut_left = rng.expovariate(1.0 / OPENINGS_EVERY)

    def advance(self, dt: float) -> None:
        self._move_door(dt)
        door = self._door_left > 0.0
        if self._compressor:
            self._air = relax(self._air, self._setpoint - 13.0, dt, 480.0)
        else:
            self._air = relax(self._air, self._ambient, dt, 6000.0)
        if door:
            self._air = relax(self._air, self._ambient, dt, 380.0)
        self._air = relax(self._air, self._goods, dt, 1500.0)
        self._goods = relax(self._goods, self._air, dt, 9000.0)
        if self._air > self._setpoint + HYSTERESIS:
            self._wanted = True
        elif self._air < self._setpoint - HYSTERESIS:
            self._wanted = False
        self._sensor.step(dt)
        self._draw.step(dt)

    @property
    def _compressor(self) -> bool:
        """Whether it runs."""
        return self._wanted and COMPRESSOR_FAILURE not in self.happening

    def _move_door(self, dt: float) -> None:
        if DOOR_LEFT_OPEN in self.happening:
            self._openings += self._door_left == 0.0
            self._door_left = LET_GO
            return
        if self._door_left > 0.0:
            self._door_left = max(0.0, self._door_left - dt)
            return
        self._shut_left -= dt
        if self._shut_left <= 0.0:
            self._door_left = self.rng.uniform(8.0, 45.0)
            self._shut_left = self.rng.expovariate(1.0 / OPENINGS_EVERY)
            self._openings += 1

    def _state(self) -> str:
        if self._air > self._setpoint + ALARM_ABOVE:
            return "alarm"
        if self._door_left > 0.0:
            return "door open"
        return "cooling" if self._compressor else "idle"

    def read(self) -> Values:
        power = 640.0 + 2.5 * self._draw.value if self._compressor else 85.0
        lamp = 60.0 if self._door_left > 0.0 else 0.0
        return {
            "temperature": round(self._air + self._sensor.value, 2),
            "product_temperature": round(self._goods, 2),
            "setpoint": self._setpoint,
            "power": round(power + lamp + 0.4 * self._draw.value),
            "compressor": self._compressor,
            "door_open": self._door_left > 0.0,
            "door_openings": self._openings,
            "state": self._state(),
        }
