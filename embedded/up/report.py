"""What `manage.py up` prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from embedded.up.database import Totals
from embedded.up.stack import Row

TERMINAL_SECONDS = 5.0  # between rates, written over each other
LOG_SECONDS = 30.0  # between rates where lines stay: a file, a journal


def table(rows: Sequence[Row]) -> str:
    """The rows under a heading, in columns as wide as their widest cell."""
    cells = [("", "what", "where", "log"), *((r.name, r.what, r.where, r.log) for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def rate_line(before: Totals | None, now: Totals | None, seconds: float) -> str:
    """Readings per second between two looks at the counters."""
    if now is None:
        return "the database does not answer"
    if before is None or not now.workers or now.readings < before.readings or seconds <= 0:
        # A smaller total means the worker counts from its own new start.
        return f"{now.readings:,} readings stored"
    rate = (now.readings - before.readings) / seconds
    return f"{rate:,.0f} readings/s, {now.readings:,} stored since the bridge started"


class Screen:
    """Lines that stay, and one that is written over where the output is a terminal."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out: TextIO | None = out
        self.is_terminal = out.isatty()
        self._passing = False

    @property
    def rate_seconds(self) -> float:
        return TERMINAL_SECONDS if self.is_terminal else LOG_SECONDS

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(("\r\x1b[K" if self._passing else "") + text + "\n")
        self._passing = False

    def pass_by(self, text: str) -> None:
        """A line the next one replaces; on anything but a terminal, an ordinary line."""
        stamped = f"{time.strftime('%H:%M:%S')}  {text}"
        if not self.is_terminal:
            self.say(stamped)
            return
        self._write(f"\r\x1b[K{stamped}")
        self._passing = True

    def _write(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            self._out = None  # `make run | head`: nobody reads any more; no reason to stop
