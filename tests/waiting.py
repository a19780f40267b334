"""Wait for facts, never for time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WITHIN = 60.0  # seconds until a fact that takes a moment must hold, on a busy machine
LOOK_EVERY = 0.05  # seconds between two looks at a fact


def eventually(
    fact: Callable[[], T], within: float = WITHIN, *, what: str | Callable[[], str] = ""
) -> T:
    """The first true value of `fact()`. Fails when `within` seconds passed without one, and says
    `what` was waited for, as it is by then."""
    deadline = time.monotonic() + within
    while True:
        value = fact()
        if value:
            return value
        if time.monotonic() > deadline:
            said = what() if callable(what) else what or fact
            raise AssertionError(f"not within {within} s: {said}; last seen: {value!r}")
        time.sleep(LOOK_EVERY)
