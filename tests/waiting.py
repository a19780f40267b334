"""Wait for facts, never for time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WITHIN = 60.0  # seconds until a fact that takes a moment must hold, on a busy machine
# Seconds between two looks at a fact: a tenth of what it was waited for, from the first to the last
# of these. A look often opens a connection to a database, or asks a browser.
SOON, SELDOM = 0.05, 0.25


def eventually(
    fact: Callable[[], T], within: float = WITHIN, *, what: str | Callable[[], str] = ""
) -> T:
    """The first true value of `fact()`. Fails when `within` seconds passed without one, and says
    `what` was waited for, as it is by then."""
    begun = time.monotonic()
    while True:
        value = fact()
        if value:
            return value
        waited = time.monotonic() - begun
        if waited > within:
            said = what() if callable(what) else what or fact
            raise AssertionError(f"not within {within} s: {said}; last seen: {value!r}")
        time.sleep(min(max(SOON, waited / 10), SELDOM))
