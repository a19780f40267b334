"""What became of a target that was replayed, and what one answer may cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from alerts.conditions import Change, State


class Episode(NamedTuple):
    """One alert there would have been. Unix microseconds."""

    since_us: int  # from when on it held
    fired_us: int
    cleared_us: int | None  # None: it still stood at the end


@dataclass
class Budget:
    """What one answer may cost."""

    readings: int  # that may still be read
    until: float  # of `time.monotonic`

    @property
    def is_over(self) -> bool:
        return self.readings <= 0 or time.monotonic() >= self.until


@dataclass
class Replayed:
    """What became of one target; it was judged up to `judged_us`."""

    episodes: list[Episode] = field(default_factory=list)
    judged_us: int = 0

    def take(self, changes: list[Change]) -> None:
        for change in changes:
            last = self.episodes[-1] if self.episodes else None
            if change.state is State.FIRING:
                self.episodes.append(Episode(change.since_us, change.at_us, None))
            elif change.state is State.CLEARED and last is not None and last.cleared_us is None:
                self.episodes[-1] = last._replace(cleared_us=change.at_us)

    def since(self, start_us: int) -> Replayed:
        """Without what was over before the span."""
        self.episodes = [
            each for each in self.episodes if each.cleared_us is None or each.cleared_us > start_us
        ]
        return self
