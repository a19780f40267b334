"""Readings that wait to be sent: bounded, thinned when they must be, encoded once. Pure.

A feed fills one between two frames; a viewer who is behind fills one until it catches up.
"""

from __future__ import annotations

import msgspec

MAX_PER_SERIES = 500  # points of one series before neighbours are merged
MAX_POINTS = 20_000  # points over all series before neighbours are merged

Point = list[int | float | str]  # [ms, value], or merged: [ms, last, min, max]; text: [ms, last]

_encode = msgspec.json.encode


class Pending:
    """Points by series id (as text: it is a JSON key). Points added are shared, never changed."""

    __slots__ = ("_body", "_count", "_points", "_thinned")

    def __init__(self) -> None:
        self._points: dict[str, list[Point]] = {}
        self._count = 0
        self._thinned = False
        self._body: str | None = None

    def __bool__(self) -> bool:
        return self._count > 0

    def __len__(self) -> int:
        return self._count

    def add(self, series_id: str, points: list[Point]) -> None:
        self._body = None
        mine = self._points.get(series_id)
        if mine is None:
            mine = self._points[series_id] = points.copy()
        else:
            mine.extend(points)
        self._count += len(points)
        while len(mine) > MAX_PER_SERIES:
            mine = self._thin(series_id)
        while self._count > MAX_POINTS and self._count > len(self._points):
            for each in self._points:
                self._thin(each)

    def absorb(self, other: Pending) -> None:
        """Take over the points of a frame that could not be sent."""
        self._thinned = self._thinned or other._thinned
        for series_id, points in other._points.items():
            self.add(series_id, points)

    def body(self) -> str:
        """The end of a `readings` message; viewers put their own start before it."""
        if self._body is None:
            flag = "true" if self._thinned else "false"
            self._body = f'"d":{_encode(self._points).decode()},"thinned":{flag}}}'
        return self._body

    def _thin(self, series_id: str) -> list[Point]:
        """Merge each two neighbours in time: half the points, the same minimum and maximum."""
        points = self._points[series_id]
        if len(points) < 2:
            return points
        points.sort(key=lambda point: point[0])
        merged = [merge(a, b) for a, b in zip(points[::2], points[1::2], strict=False)]
        if len(points) % 2:
            merged.append(points[-1])
        self._count -= len(points) - len(merged)
        self._points[series_id] = merged
        self._thinned = True
        return merged


def merge(earlier: Point, later: Point) -> Point:
    """One point that stands for both: the later time and value, the minimum and maximum of both."""
    at, last = later[0], later[1]
    values = earlier[1:] + later[1:]
    if any(isinstance(value, str) for value in values):
        return [at, last]
    return [at, last, min(values), max(values)]
