"""What `manage.py up` prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from embedded.up.bridge_figures import Figures

TERMINAL_SECONDS = 5.0  # between rates, written over each other
LOG_SECONDS = 30.0  # between rates where lines stay: a file, a journal


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table `manage.py up` prints."""

    name: str
    what: str
    where: str
    log: str


def table(rows: Sequence[Row]) -> str:
    """The rows under a heading, in columns as wide as their widest cell."""
    cells = [("", "what", "where", "log"), *((r.name, r.what, r.where, r.log) for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def rate_line(before: Figures | None, now: Figures | None, seconds: float) -> str:
    """Readings per second between two looks at the bridge, and what keeps it from storing."""
    if now is None:
        return "the bridge does not answer"
    words = [f"{now.readings:,} readings stored"]
    # A smaller total means the bridge counts from its own new start.
    if before is not None and now.readings >= before.readings and seconds > 0:
        rate = (now.readings - before.readings) / seconds
        words = [f"{rate:,.0f} readings/s, {now.readings:,} stored since the bridge started"]
    if not now.database_up:
        words.append("the database does not take them")
    if now.spooled:
        words.append(f"{now.spooled:,} messages wait on disk for the database")
    if now.spool_full:
        words.append("there is no room for more, the broker keeps the rest")
    return "; ".join(words)


class Screen:
    """Lines that stay, and one that is written over where the output is a terminal."""

    def __init__(self, out: TextIO | None = None, errors: TextIO | None = None) -> None:
        """On `sys.stdout` and `sys.stderr` unless given. A closed one (`>&-`) is None."""
        self._out = out or sys.stdout
        self._errors = errors or sys.stderr
        self.is_terminal = self._out is not None and self._out.isatty()
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

    def complain(self, text: str) -> None:
        """What went wrong, where such things go."""
        if self._passing:
            self.say("")
        if self._errors is not None:
            with suppress(OSError, ValueError):
                self._errors.write(_writable(text, self._errors) + "\n")
                self._errors.flush()

    def _write(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(_writable(text, self._out))
            self._out.flush()
        except (BrokenPipeError, ValueError):
            self._out = None  # `make run | head`: nobody reads any more; no reason to stop
        except OSError:
            pass  # a terminal that is gone, a file on a full disk: nor is that


def _writable(text: str, out: TextIO) -> str:
    """With escapes for what the encoding of `out` cannot write, such as a folder's name."""
    encoding = out.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
