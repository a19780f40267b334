"""An induction motor with a vibration sensor on its bearing."""

from __future__ import annotations

from firmware_sim.incidents import Incidents
from firmware_sim.models.base import Metric, Model, Values
from firmware_sim.models.process import Wander, relax

NOMINAL = 1490.0  # rpm without load
SLIP = 45.0  # rpm lost at full load
WEAR_TAU = 5000 * 3600.0  # seconds of running in which the bearing ages by a factor e


class Motor(Model):
    """Runs and idles in turns; heat and vibration follow speed and load."""

    kind = "motor"
    metrics = (
        Metric("rpm", "rpm", precision=0),
        Metric("load", "%", precision=1),
        Metric("current", "A", precision=2),
        Metric("bearing.temperature", "°C", precision=2, thresholds=((70.0, "above", "Hot"),)),
        Metric("vibration.x.rms", "mm/s", precision=3, thresholds=((2.8, "above", "Watch"),)),
        Metric("vibration.y.rms", "mm/s", precision=3, thresholds=((2.8, "above", "Watch"),)),
        Metric("vibration.z.rms", "mm/s", precision=3, thresholds=((2.8, "above", "Watch"),)),
        Metric("run_hours", "h", "counter", 4),
        Metric("state", kind="text"),
    )

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        super().__init__(seed, uid, incidents)
        rng = self.rng
        self._ambient = rng.uniform(17.0, 26.0)
        self._base = (rng.uniform(1.1, 1.8), rng.uniform(0.9, 1.5), rng.uniform(0.5, 0.9))
        self._shake = tuple(Wander(rng, sd=0.07, tau=3.0) for _ in range(3))
        self._demand = Wander(rng, sd=9.0, tau=90.0)
        self._ripple = Wander(rng, sd=1.5, tau=4.0)
        self._hunting = Wander(rng, sd=2.5, tau=5.0)
        self._setting = rng.uniform(50.0, 75.0)  # % load
        self._running = rng.random() < 0.85
        self._turn_left = rng.uniform(30.0, 400.0)  # seconds until it stops or starts
        self._rpm = NOMINAL if self._running else 0.0
        self._bearing = self._ambient + (24.0 if self._running else 6.0)
        self._wear = 1.0
        self._hours = rng.uniform(400.0, 9000.0)

    def advance(self, dt: float) -> None:
        self._turn_left -= dt
        if self._turn_left <= 0.0:
            self._running = not self._running
            bounds = (180.0, 600.0) if self._running else (25.0, 80.0)
            self._turn_left = self.rng.uniform(*bounds)
        for process in (*self._shake, self._demand, self._ripple, self._hunting):
            process.step(dt)
        target = NOMINAL - SLIP * self._load() / 100.0 if self._running else 0.0
        self._rpm = relax(self._rpm, target, dt, 2.5 if self._running else 6.0)
        speed = self._speed()
        heat = 8.0 * speed + 34.0 * speed * self._load() / 100.0
        self._bearing = relax(self._bearing, self._ambient + heat, dt, 260.0)
        if speed > 0.5:
            self._hours += dt / 3600.0
            self._wear = min(3.0, self._wear * (1.0 + dt / WEAR_TAU))

    def _speed(self) -> float:
        """Share of the nominal speed."""
        return max(0.0, self._rpm / NOMINAL)

    def _load(self) -> float:
        if not self._running:
            return 0.0
        return min(100.0, max(8.0, self._setting + self._demand.value + self._ripple.value))

    def _vibration(self, axis: int) -> float:
        speed = self._speed()
        # Passing 45 to 65 % of its speed it goes through a resonance, as real frames do.
        resonance = 1.0 + 1.6 * max(0.0, 1.0 - abs(speed - 0.55) / 0.1)
        level = self._base[axis] * self._wear * (0.7 + 0.5 * self._load() / 100.0)
        moving = level * speed * speed * resonance * max(0.2, 1.0 + self._shake[axis].value)
        return moving + 0.02 + 0.05 * abs(self._shake[axis].value)

    def _state(self) -> str:
        if self._running:
            return "running" if self._speed() > 0.9 else "starting"
        return "stopping" if self._speed() > 0.05 else "idle"

    def read(self) -> Values:
        turning = self._speed() > 0.05
        rpm = self._rpm + (self._hunting.value if turning else 0.0)
        inrush = 14.0 * max(0.0, 0.9 - self._speed()) if self._running else 0.0
        current = 2.4 + 0.11 * self._load() + inrush if self._running else 0.0
        return {
            "rpm": round(max(0.0, rpm)),
            "load": round(self._load(), 1),
            "current": round(current, 2),
            "bearing.temperature": round(self._bearing, 2),
            "vibration.x.rms": round(self._vibration(0), 3),
            "vibration.y.rms": round(self._vibration(1), 3),
            "vibration.z.rms": round(self._vibration(2), 3),
            "run_hours": round(self._hours, 4),
            "state": self._state(),
        }
