"""Spans of instants, both ends included, in Unix microseconds. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same instants as the fewest spans, the oldest first."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found
