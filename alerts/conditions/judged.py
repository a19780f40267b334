"""What a type of condition says of each reading; `run` makes states of it. Pure."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from alerts.conditions.facts import Facts, Writing
from alerts.conditions.form import Form
from alerts.conditions.memory import Memory, Value
from telemetry.series.said import Said

Times = NDArray[np.int64]  # Unix microseconds
Values = NDArray[np.float64] | Sequence[Value]
Truths = NDArray[np.bool_]
Past = Mapping[int, float]  # the mean of an hour by its start

NEVER = 1 << 62  # microseconds; after every instant there can be


class Same(NamedTuple):
    """The range of values that change nothing, at times before `until_us`."""

    low: float
    high: float
    until_us: int = NEVER


NOTHING = Same(math.inf, -math.inf)  # no value is in it


class Subject(Enum):
    """What one target is, so which readings it is given."""

    SERIES = "series"
    DEVICE = "device"  # values are its states, times when they began
    EITHER = "either"  # of a device the times are when it was heard
    SEVERAL = "several"  # series; the values are the formula's


class Takes(Enum):
    """Which values a type of condition is given."""

    NUMBERS = "numbers"
    WORDS = "words"  # or words and numbers mixed
    TIMES = "times"  # it does not look at values


class Readings(NamedTuple):
    """Of one target, in one step: `times` ascend, none twice, and are newer than all before."""

    times: Times
    values: Values
    now_us: int
    past: Past


@dataclass(slots=True)
class Judged:
    """Of each reading, in order of time."""

    times: Times
    over: Truths  # beyond the limit
    still: Truths  # beyond what clears one that fires
    values: NDArray[np.float64] | Sequence[Value | None]
    by: NDArray[np.float64] | None = None  # how far beyond; None: no value is worse than another
    limits: NDArray[np.float64] | float | None = None

    def value(self, at: int) -> Value | None:
        value = self.values[at]
        return value if value is None or isinstance(value, str) else float(value)

    def limit(self, at: int) -> float | None:
        if isinstance(self.limits, np.ndarray):
            limit = float(self.limits[at])
            return None if math.isnan(limit) else limit
        return self.limits


class Judging(ABC):
    """A type of condition, without its duration, count and schedule."""

    type: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]  # of its documents
    common: ClassVar[tuple[str, ...]] = ("for", "count")  # which of these it has as well
    subject: ClassVar[Subject] = Subject.SERIES
    says_how_long: ClassVar[bool] = False  # its sentence has the duration in it
    holds_between: ClassVar[bool] = True  # what a reading says is so until the next reading
    # Its memory has every reading: those that a screen passes over are given with the next step.
    needs_all: ClassVar[bool] = False

    @property
    def takes(self) -> Takes:
        return Takes.NUMBERS

    @property
    def lookback_us(self) -> int:
        """How much of the readings before an instant an empty memory needs to judge that."""
        return 0

    @property
    def held_before_us(self) -> int:
        """For how long it has held at least when it begins to."""
        return 0

    @classmethod
    @abstractmethod
    def read(cls, form: Form) -> Self:
        """Of a document; what is wrong with it is in `form.errors` afterwards, and then what is
        given back is not to be used."""

    @abstractmethod
    def judge(self, memory: Memory, readings: Readings, /) -> Judged:
        """May change what the memory has of `window` and `hours`, which belong to the type."""

    @abstractmethod
    def said(self, facts: Facts, /) -> Said | str:
        """What is wrong, without for how long."""

    @abstractmethod
    def described(self, writing: Writing, /) -> Said | str:
        """What is looked for, without duration and count."""

    def described_clear(self, _writing: Writing, /) -> Said | str:
        """From where on it clears, if that is not where it begins."""
        return ""

    @property
    def worse_by(self) -> float | None:
        """How far beyond the limit what fires is worse; None: nobody has said."""
        return None

    def described_worse(self, _writing: Writing, /) -> Said | str:
        """From where on it is worse."""
        return ""

    def same(self, _memory: Memory, /) -> Same:
        """Of a target that has cleared and does not hold, or that fires."""
        return NOTHING

    def due_us(self, _memory: Memory, /) -> int | None:
        """When time alone makes it hold."""
        return None

    @property
    def gap_us(self) -> int | None:
        """The time between two readings from which on it holds."""
        return None

    def fitted(self, _interval_us: int, /) -> Judging:
        """The same for a target that is expected to speak so often."""
        return self

    def hours(self, _memory: Memory, _times: Times, /) -> list[tuple[int, int]]:
        """The past hours `[start, stop)` whose means it needs to judge these."""
        return []


def numbers(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
