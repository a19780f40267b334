"""A mark on some of all series, asked for all rows of a batch at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class SeriesMarks:
    """One byte a series, up to the highest that is marked. For the thread that commits."""

    def __init__(self) -> None:
        self._marked = np.zeros(1024, dtype=bool)  # by series id

    def set(self, series_id: int, is_marked: bool) -> None:
        if is_marked and series_id >= len(self._marked):
            grown = np.zeros(2 * series_id, dtype=bool)
            grown[: len(self._marked)] = self._marked
            self._marked = grown
        if series_id < len(self._marked):
            self._marked[series_id] = is_marked

    def of(self, series_ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Of each of these whether it is marked."""
        if not len(series_ids) or int(series_ids.max()) < len(self._marked):
            return self._marked[series_ids]
        found = np.zeros(len(series_ids), dtype=bool)
        within = series_ids < len(self._marked)
        found[within] = self._marked[series_ids[within]]
        return found
