"""The series of one device by metric, as whoever decodes its messages looks them up."""

from __future__ import annotations

from array import array
from collections.abc import Mapping


class DeviceSeries(dict[str, int]):
    """Series ids by metric of one device. When its series are read anew it gets another one of
    these, so what is remembered here is never out of date; metrics are only added."""

    __slots__ = ("_last", "words")

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()  # metrics whose series get another kind with a number
        self._last: tuple[tuple[str, ...], bytes] = ((), b"")

    def packed(self, metrics: tuple[str, ...]) -> bytes | None:
        """The ids of these metrics of numbers, int32 of this machine, or None when one is not known
        yet or changes its kind. Any thread may ask; a device names the same metrics again and
        again."""
        last = self._last
        if last[0] is metrics:
            return last[1]
        if self.words and not self.words.isdisjoint(metrics):
            return None
        try:
            ids = array("i", [self[metric] for metric in metrics]).tobytes()
        except KeyError:
            return None
        self._last = (metrics, ids)
        return ids

    def holds(self, values: Mapping[str, float | int | bool | str]) -> bool:
        """Whether every value has a series, of a kind that it can stay in."""
        return values.keys() <= self.keys() and not (
            self.words
            and any(type(values[metric]) is not str for metric in self.words & values.keys())
        )
