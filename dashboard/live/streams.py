"""Whether nothing is missing between the messages of a bridge, which numbers them in each group."""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

MAX_STREAMS = 8_192  # (worker, group) pairs whose numbers are remembered


class Streams:
    """`lost` is called when messages did not arrive, or may not have."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._numbers: dict[tuple[str, str], int] = {}

    def note(self, worker: str, group: str, seq: int) -> None:
        last = self._numbers.get((worker, group))
        if last is not None and seq != last + 1:
            # A worker that starts anew counts from 1 again; what its predecessor sent last is not
            # known.
            logger.log(
                logging.INFO if seq <= last else logging.WARNING,
                "live messages of %s lost: %d after %d", worker, seq, last,
                extra={"action": "live_gap", "group": group},
            )  # fmt: skip
            self._lost()
        elif last is None and len(self._numbers) >= MAX_STREAMS:
            self._numbers.clear()
        self._numbers[worker, group] = seq
