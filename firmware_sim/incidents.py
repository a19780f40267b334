"""What goes wrong with the thing a device measures: when, and for how long.

An incident is in the world, a fault (`firmware_sim.faults`) is in the device or on its way: during
an incident every message is right, and says that something else is not. What an incident does to
the values is the model's own physics.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

COMPRESSOR_FAILURE = "compressor-failure"
DOOR_LEFT_OPEN = "door-left-open"
SENSOR_STUCK = "sensor-stuck"
SLOW_LEAK = "slow-leak"


class Incident(NamedTuple):
    """A kind of incident."""

    name: str
    every: float  # seconds between two of one device, on average
    lasts: tuple[float, float]  # seconds


INCIDENTS = (
    Incident(COMPRESSOR_FAILURE, 24 * 3600.0, (2400.0, 4500.0)),
    Incident(DOOR_LEFT_OPEN, 4 * 3600.0, (180.0, 600.0)),
    Incident(SENSOR_STUCK, 12 * 3600.0, (1500.0, 3000.0)),
    Incident(SLOW_LEAK, 12 * 3600.0, (3600.0, 5400.0)),
)
NAMES = tuple(incident.name for incident in INCIDENTS)
MAX_SHARE = 0.5  # of the time an incident may take, however often it is asked for


class Window(NamedTuple):
    """When an incident begins and ends."""

    name: str
    begin: float
    end: float


# What a fleet begins with, by kind and number of the device, in seconds after the start: so that
# whoever looks at it for the first time sees something go wrong, and become right again. What
# began before the start is in the history that is sent first.
OPENING: dict[tuple[str, int], tuple[Window, ...]] = {
    ("freezer", 1): (Window(DOOR_LEFT_OPEN, -20.0, 240.0),),
    ("freezer", 2): (Window(COMPRESSOR_FAILURE, -780.0, 1500.0),),
    ("weather-station", 2): (Window(SENSOR_STUCK, -300.0, 1500.0),),
    ("tank", 3): (Window(SLOW_LEAK, 60.0, 3600.0),),
}
OPENING_LASTS = 3600.0  # seconds after the start in which nothing else goes wrong


class Incidents:
    """The incidents of one device: the same at a time whoever asks, and how often they ask."""

    def __init__(
        self,
        seed: int,
        uid: str,
        names: Iterable[str],
        *,
        start: float,
        factor: float = 1.0,
        opening: Sequence[Window] = (),
    ) -> None:
        """`start` in Unix seconds; `factor` is how many times as often as usual they happen."""
        names = frozenset(names)
        self._key = f"{seed}/{uid}"
        self._quiet_until = start + OPENING_LASTS
        self._factor = factor
        self._kinds = [incident for incident in INCIDENTS if incident.name in names]
        self._opening = [
            Window(name, start + begin, start + end)
            for name, begin, end in opening
            if name in names
        ]
        # Nothing changes between these two.
        self._since = self._until = float("-inf")
        self._happening: frozenset[str] = frozenset()

    def at(self, time: float) -> frozenset[str]:
        """The names of what happens at `time` (Unix seconds)."""
        if not self._since <= time < self._until:
            self._look(time)
        return self._happening

    def _look(self, time: float) -> None:
        windows = list(self._opening)
        edges = []
        for incident in self._kinds if self._factor > 0.0 else ():
            # Each stretch of time has one, somewhere in it: when depends on nothing before.
            stretch = max(incident.every / self._factor, incident.lasts[1] / MAX_SHARE)
            number = time // stretch
            window = self._one(incident, number * stretch, stretch)
            edges += [number * stretch, (number + 1) * stretch]
            if window.begin >= self._quiet_until:
                windows.append(window)
        edges += [edge for window in windows for edge in (window.begin, window.end)]
        self._since = max((edge for edge in edges if edge <= time), default=float("-inf"))
        self._until = min((edge for edge in edges if edge > time), default=float("inf"))
        self._happening = frozenset(one.name for one in windows if one.begin <= time < one.end)

    def _one(self, incident: Incident, begin: float, stretch: float) -> Window:
        """The incident of the stretch of time that begins then."""
        rng = random.Random(f"{self._key}/{incident.name}/{begin}")  # noqa: S311 - no secret
        lasts = rng.uniform(*incident.lasts)
        begin += rng.uniform(0.0, stretch - lasts)
        return Window(incident.name, begin, begin + lasts)
