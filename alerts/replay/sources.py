"""Where the readings of a target are: numbers of a series, or when anything came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from telemetry.history import columns
from telemetry.history.columns import Minutes

CHUNK = 50_000  # readings judged in one step

Times = NDArray[np.int64]


class Source(Protocol):
    """Where the readings of a target are."""

    def minutes(self, start_us: int, stop_us: int) -> Minutes: ...

    def read(self, start_us: int, stop_us: int) -> tuple[Times, NDArray[np.float64]]: ...


@dataclass(frozen=True)
class NumbersOf:
    """The numbers of one series."""

    series_id: int

    def minutes(self, start_us: int, stop_us: int) -> Minutes:
        return columns.minutes(self.series_id, start_us, stop_us)

    def read(self, start_us: int, stop_us: int) -> tuple[Times, NDArray[np.float64]]:
        return columns.numbers(self.series_id, start_us, stop_us)


@dataclass(frozen=True)
class HeardOf:
    """When anything came of some series, whatever it was."""

    series_ids: tuple[int, ...]

    def minutes(self, start_us: int, stop_us: int) -> Minutes:
        return columns.heard_minutes(self.series_ids, start_us, stop_us)

    def read(self, start_us: int, stop_us: int) -> tuple[Times, NDArray[np.float64]]:
        times = columns.heard(self.series_ids, start_us, stop_us)
        return times, np.zeros(len(times))
