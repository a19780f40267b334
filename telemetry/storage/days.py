"""The days in UTC that readings are of, as dates and as numbers since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.moments import EPOCH
from telemetry.storage.packs import DAY_US


def days_of(times_us: NDArray[Any]) -> list[date]:
    """The days in UTC that these times lie in."""
    return [EPOCH.date() + timedelta(days=n) for n in np.unique(times_us // DAY_US).tolist()]


def day_numbers(days: Iterable[date]) -> list[int]:
    """The days as numbers since 1970."""
    return [(day - EPOCH.date()).days for day in days]
