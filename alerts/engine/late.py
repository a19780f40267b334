"""Where commits overlap what was read before, and so may bring what is late."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.history import news
from telemetry.moments import to_us
from telemetry.storage.commit_log import Commit

Places = NDArray[np.intp]
Times = NDArray[np.int64]


class Late:
    """Spans of series, by their places in a list; nothing of before a floor."""

    def __init__(self, floor_us: int) -> None:
        self._floor_us = floor_us
        self._parts: list[tuple[Places, Times, Times]] = []
        self._xids: list[int | None] = []

    def note(self, places: Places, read_us: Times, commit: Commit) -> None:
        """This commit has readings of these, each of which was read up to an instant."""
        for start, end in commit.spans:
            since = max(to_us(start), self._floor_us) - 1
            until = np.minimum(read_us, to_us(end))
            has = until > since
            if has.any():
                size = int(has.sum())
                self._parts.append((places[has], np.full(size, since), until[has]))
                self._xids += [commit.xid] * size

    def spans(self, series: NDArray[np.int32]) -> tuple[Places, news.LateSpans]:
        """Each one's place, and what is to be read, of the series at these places."""
        none = np.empty(0, dtype=np.int64)
        empty: Any = (none.astype(np.intp), none, none)
        places, since, until = (
            np.concatenate(each) for each in zip(*[empty, *self._parts], strict=True)
        )
        return places, news.LateSpans(series[places], since, until, self._xids)
