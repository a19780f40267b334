"""How long to wait before the next try: full jitter, so that nobody comes back as a herd. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

MAX_DOUBLINGS = 16  # far beyond any cap


@dataclass(slots=True)
class Backoff:
    """The n-th wait is a random share of `first * 2**n` seconds, and never more than of `cap`."""

    first: float  # seconds
    cap: float  # seconds
    failures: int = 0  # in a row

    def wait(self) -> float:
        """The seconds to wait after one more failure."""
        longest = min(self.cap, self.first * 2 ** min(self.failures, MAX_DOUBLINGS))
        self.failures += 1
        return random.uniform(0, longest)  # noqa: S311  (jitter)

    def reset(self) -> None:
        """It worked: the next failure is a first one."""
        self.failures = 0
