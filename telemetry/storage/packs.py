"""Many readings of one series in one row: how they are written as bytes, exactly. Pure.

Devices speak at a pace and round to some decimals, so the steps between times, and between values
counted in their last decimal, fit in a byte or two. What does not fit is kept as it is. SQL reads
packs as well (`packed_numbers`), which is why nothing cleverer is done with the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]  # Unix microseconds
Values = NDArray[np.float64]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
SPARSE = 2_000  # readings of a day that are one pack; of more each hour has its own
MAX_NUMBERS = 8_192  # readings of a pack
MAX_TEXTS = 2_000  # SQL looks for each text of a pack from its first one on
UNITS = (1_000_000, 1_000, 1)  # microseconds that times are counted in
MAX_DECIMALS = 9
EXACT = 2.0**53  # up to here every whole number is a float8
FAR = 8  # width of a distance from the start, where steps are too long
WIDTHS: dict[int, np.dtype[Any]] = {
    1: np.dtype(">u1"),
    2: np.dtype(">u2"),
    4: np.dtype(">u4"),
    FAR: np.dtype(">i8"),
}


class Clock(NamedTuple):
    """The times of a pack; see the table `reading_pack`."""

    unit: int
    step: int
    width: int
    steps: bytes


class Numbers(NamedTuple):
    """The values of a pack of numbers: scaled, or single, or double."""

    scale: float | None
    base: int | None
    delta: int | None
    delta_width: int | None
    deltas: bytes | None
    singles: list[float] | NDArray[Any] | None
    doubles: list[float] | NDArray[Any] | None


def cuts(times_us: Times, most: int, *, by_hour: bool) -> Iterator[slice]:
    """Which of these times, which ascend, go into a pack together; they are of one day."""
    if not len(times_us):
        return
    hours = times_us // HOUR_US
    edges: NDArray[np.intp] | list[int]
    edges = np.flatnonzero(np.diff(hours)) + 1 if by_hour or len(times_us) > SPARSE else []
    bounds = [0, *(int(edge) for edge in edges), len(times_us)]
    for start, stop in pairwise(bounds):
        for first in range(start, stop, most):
            yield slice(first, min(first + most, stop))


def clock_of(times_us: Times) -> Clock:
    """Of times that ascend, one or more."""
    offsets = times_us - times_us[0]
    unit = next(each for each in UNITS if not (offsets % each).any())
    counted = offsets // unit
    step, width, steps = _narrow(np.diff(counted))
    if width == FAR:
        return Clock(unit, 0, FAR, counted[1:].astype(WIDTHS[FAR]).tobytes())
    return Clock(unit, step, width, steps)


def times_of(clock: Clock, start_us: int, count: int) -> Times:
    """The times again."""
    if clock.width == FAR:
        counted = np.zeros(count, dtype=np.int64)
        counted[1:] = np.frombuffer(clock.steps, WIDTHS[FAR])
    else:
        counted = _widen(0, clock.step, clock.width, clock.steps, count)
    return start_us + counted * clock.unit


def numbers_of(values: Values) -> Numbers:
    """Of one value or more, none of which is NaN or infinite."""
    for decimals in range(MAX_DECIMALS + 1):
        scale = 10.0**decimals
        with np.errstate(over="ignore"):
            scaled = np.rint(values * scale)
        if not (np.abs(scaled) <= EXACT).all():
            break
        whole = scaled.astype(np.int64)
        if _same(whole.astype(np.float64) / scale, values):
            delta, width, deltas = _narrow(np.diff(whole))
            if width == FAR:
                break
            return Numbers(scale, int(whole[0]), delta, width, deltas, None, None)
    with np.errstate(over="ignore"):
        singles = values.astype(np.float32)
    if _same(singles.astype(np.float64), values):
        return Numbers(None, None, None, None, None, singles.tolist(), None)
    return Numbers(None, None, None, None, None, None, values.tolist())


def values_of(numbers: Numbers, count: int) -> Values:
    """The values again, to the bit."""
    if numbers.scale is None:
        kept = numbers.doubles if numbers.singles is None else numbers.singles
        return np.array(kept, dtype=np.float64)
    base, delta, width = numbers.base or 0, numbers.delta or 0, numbers.delta_width or 0
    whole = _widen(base, delta, width, numbers.deltas or b"", count)
    return whole.astype(np.float64) / numbers.scale


def runs_of(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """The word of each run of equal texts, and the place it begins at, from 0."""
    places = [n for n, text in enumerate(texts) if n == 0 or text != texts[n - 1]]
    return [texts[place] for place in places], places


def _narrow(steps: NDArray[np.int64]) -> tuple[int, int, bytes]:
    """The least step, and in the fewest bytes how much longer each one is."""
    if not len(steps):
        return 0, 0, b""
    least = int(steps.min())
    more = int(steps.max()) - least
    if more == 0:
        return least, 0, b""
    width = 1 if more < 2**8 else 2 if more < 2**16 else 4 if more < 2**31 else FAR
    return least, width, (steps - least).astype(WIDTHS[width]).tobytes()


def _widen(base: int, least: int, width: int, steps: bytes, count: int) -> NDArray[np.int64]:
    whole = np.full(count, least, dtype=np.int64)
    whole[0] = base
    if width:
        whole[1:] += np.frombuffer(steps, WIDTHS[width]).astype(np.int64)
    return np.cumsum(whole)


def _same(found: Values, wanted: Values) -> bool:
    """To the bit: 0.0 and -0.0 are two."""
    bits: list[Any] = [np.ascontiguousarray(each).view(np.int64) for each in (found, wanted)]
    return bool((bits[0] == bits[1]).all())
