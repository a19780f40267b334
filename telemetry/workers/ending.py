"""How a worker process is told to end: by SIGTERM or SIGINT, once."""

from __future__ import annotations

import signal
from collections.abc import Callable


def end_at_signal(stop: Callable[[], object]) -> None:
    """Call `stop` at the first signal; later ones say nothing new. For the main thread.

    A handler may be interrupted by the next signal at any instruction. So no handler but the first
    takes a lock: one that comes while it is held would wait for itself, and hundreds of them would
    pile up until the stack is full. To ignore the signals from then on would not do: Python tells
    of one that came just before with a traceback.
    """
    told = False

    def end(*_: object) -> None:
        nonlocal told
        if not told:
            told = True
            stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
