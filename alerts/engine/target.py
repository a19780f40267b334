"""A target as the engine has it in memory, and what it found of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Change, Condition, Memory, State
from alerts.engine.fleet import Place


@dataclass(slots=True)
class Target:
    """A place of a rule with what is remembered of it. `alert` is its newest one, for a while also
    after that has cleared: what comes back soon is the same alert."""

    place: Place
    condition: Condition  # fitted to the place
    memory: Memory
    slot: int = -1
    lead_us: int = 0  # how far the clock is ahead by which its times are
    alert: int | None = None
    is_open: bool = False  # the alert has not cleared
    is_historic: bool = False  # it was learned of too late to tell, and is not seen to hold still
    cleared_us: int | None = None
    # Readings that changed nothing, which its memory is to have with the next step.
    kept: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = field(default_factory=list)
    is_worse: bool = False  # its alert has been called worse
    worst_us: int = 0  # when that was written, by the engine's clock
    alerted_us: int = 0  # when any of its alerts cleared last, of those that came late as well
    is_stored: bool = False  # there is a row of what is remembered
    stored_us: int = 0  # when that was written, by the engine's clock

    def with_kept(
        self, times_us: NDArray[np.int64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """These after what was kept, which is kept no more."""
        kept, self.kept = [*self.kept, (times_us, values)], []
        return np.concatenate([each for each, _ in kept]), np.concatenate([v for _, v in kept])

    @property
    def fires(self) -> bool:
        return self.memory.state is State.FIRING


class Found(NamedTuple):
    """A target got another state at a step."""

    target: Target
    change: Change
    why: str = ""  # where it was not a reading that did it: in words
    is_worse: bool = False  # it fires as before, and further beyond its limit than it may


class Moment(NamedTuple):
    """Unix microseconds of the database's clock."""

    now_us: int
    known_us: int  # everything that was received by then is committed
