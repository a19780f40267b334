"""A cache of short texts: what somebody sends must not fill the memory, however long. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

LONGEST = 512  # characters, or bytes, of what is remembered, all arguments together

R = TypeVar("R")


def short_cache(most: int) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Have a function of texts remember `most` results, those of short ones; then they are
    forgotten all at once. None is no result."""

    def decorate(make: Callable[..., R]) -> Callable[..., R]:
        remembered: dict[tuple[str | bytes, ...], R] = {}
        find = remembered.get

        @wraps(make)
        def call(*given: str | bytes) -> R:
            found = find(given)
            if found is None:
                found = make(*given)
                if sum(map(len, given)) <= LONGEST:
                    if len(remembered) >= most:
                        remembered.clear()
                    remembered[given] = found
            return found

        return call

    return decorate
