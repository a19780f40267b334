"""What every device model has in common: its metrics, its seed and its own time."""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple

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
    thresholds: tuple[tuple[float, str], ...] = ()  # values with their labels, shown on its chart


class Model(ABC):
    """A physical thing as seen by its sensor: a function of seed, uid and the times asked for."""

    kind: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]

    def __init__(self, seed: int, uid: str) -> None:
        # A string seed is hashed the same in every process, unlike hash((seed, uid)).
        self.rng = random.Random(f"{seed}/{uid}")  # noqa: S311 - plausible, not secret
        self.time = 0.0  # Unix seconds the state is of
        self._begun = False

    def measure(self, time: float) -> Values:
        """The readings at `time` (Unix seconds). Times must not go backwards; if they do, the
        state stands still."""
        if not self._begun:
            self._begun = True
            self.time = time
            self.begin()
        elif time > self.time:
            start = max(self.time, time - MAX_GAP)
            pieces = max(1, math.ceil((time - start) / MAX_STEP))
            step = (time - start) / pieces
            for piece in range(1, pieces + 1):
                self.time = time if piece == pieces else start + step * piece
                self.advance(step)
        return self.read()

    def begin(self) -> None:  # noqa: B027 - most models need no first time
        """Set what depends on the first time asked for."""

    @abstractmethod
    def advance(self, dt: float) -> None:
        """Move the state on by `dt` seconds, ending at `self.time`."""

    @abstractmethod
    def read(self) -> Values:
        """The state, rounded as the firmware would send it."""
