"""What every device model has in common: its metrics, its seed and its own time."""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple

from firmware_sim.incidents import SENSOR_STUCK, Incidents

MAX_STEP = 15.0  # seconds integrated at once; longer gaps are walked in pieces of this
MAX_GAP = 6 * 3600.0  # seconds of a gap that are walked; after more the state is only resumed

Value = float | int | bool | str
Values = dict[str, Value]


class Metric(NamedTuple):
    """One series of a device, as it is registered."""

    name: str
    unit: str = ""
    kind: Literal["gauge", "counter", "boolean", "text"] = "gauge"
    precision: int | None = None
    # Lines of its chart: value, the side that is a problem, label.
    thresholds: tuple[tuple[float, Literal["above", "below"], str], ...] = ()


class Model(ABC):
    """A physical thing as seen by its sensor: a function of seed, uid and the times asked for."""

    kind: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    incidents: ClassVar[tuple[str, ...]] = ()  # names of those that can happen to it
    sensor: ClassVar[tuple[str, ...]] = ()  # metrics of the one sensor that may stick

    def __init__(self, seed: int, uid: str, incidents: Incidents | None = None) -> None:
        # A string seed is hashed the same in every process, unlike hash((seed, uid)).
        self.rng = random.Random(f"{seed}/{uid}")  # noqa: S311 - plausible, not secret
        self.time = 0.0  # Unix seconds the state is of
        self.happening: frozenset[str] = frozenset()  # names of incidents, at that time
        self._incidents = incidents
        self._stuck: Values = {}  # what the sensor sends as long as it is stuck
        self._begun = False

    def measure(self, time: float) -> Values:
        """The readings at `time` (Unix seconds). Times must not go backwards; if they do, the
        state stands still."""
        if not self._begun:
            self._begun = True
            self.time = time
            self._look()
            self.begin()
        elif time > self.time:
            start = max(self.time, time - MAX_GAP)
            pieces = max(1, math.ceil((time - start) / MAX_STEP))
            step = (time - start) / pieces
            for piece in range(1, pieces + 1):
                self.time = time if piece == pieces else start + step * piece
                self._look()
                self.advance(step)
        return self._sent(self.read())

    def _look(self) -> None:
        if self._incidents is not None:
            self.happening = self._incidents.at(self.time)

    def _sent(self, values: Values) -> Values:
        """What leaves the device of the values that are true."""
        if SENSOR_STUCK not in self.happening:
            self._stuck = {}
            return values
        self._stuck = self._stuck or {name: values[name] for name in self.sensor}
        return values | self._stuck

    def begin(self) -> None:  # noqa: B027 - most models need no first time
        """Set what depends on the first time asked for."""

    @abstractmethod
    def advance(self, dt: float) -> None:
        """Move the state on by `dt` seconds, ending at `self.time`."""

    @abstractmethod
    def read(self) -> Values:
        """The state, rounded as the firmware would send it."""
