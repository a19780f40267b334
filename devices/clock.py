"""One clock for every process of every host, the database's: `now_us` is what that says now.

A process counts on by a counter of its machine that nobody sets, from where the database's answers
put it. The machine's own clock counts only before the first answer; how far it is off is told
(docs/decisions/0020-one-clock-the-databases.md).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import connection

logger = logging.getLogger(__name__)

OFF_FROM_US: Final = 2_000_000  # a host's clock that is off by this much is told of
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Set by tests and `manage.py prove` alone: a file with the microseconds this process's clocks are
# wrong by.
STEP_FILE = os.environ.get("PULSEBOARD_PROVE_CLOCK", "")
# Counts while the machine sleeps as well, where there is such a counter.
_COUNTER: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def count_us() -> int:
    """The machine's counter in microseconds: for ages, and for `when_us`."""
    return time.clock_gettime_ns(_COUNTER) // 1_000 + (_stepped_us() if STEP_FILE else 0)


def machine_us() -> int:
    """This machine's own clock as Unix microseconds."""
    return time.time_ns() // 1_000 + (_stepped_us() if STEP_FILE else 0)


def _stepped_us() -> int:
    try:
        return int(Path(STEP_FILE).read_text() or 0)
    except FileNotFoundError:
        return 0


class Clock:
    """Turns counts into Unix microseconds of the database."""

    def __init__(
        self, count: Callable[[], int] = count_us, machine: Callable[[], int] = machine_us
    ) -> None:
        self._count = count
        self._machine = machine
        self._began = machine() - count()  # Unix microseconds at count 0
        self._learning = threading.Lock()
        self._is_off = False

    def now_us(self) -> int:
        return self._count() + self._began

    def when_us(self, count: int) -> int:
        """What the database's clock said at that count."""
        return count + self._began

    def ahead_us(self) -> int:
        """How far the machine's own clock is ahead of the database's; less than 0: behind."""
        return self._machine() - self.now_us()

    def learn(self, asked: int, said_us: int, heard: int) -> None:
        """The database said so between these two counts.

        We move only as far as the answer proves us wrong: an answer that took long says little, and
        clocks that agree stay as they are."""
        with self._learning:
            self._began = min(max(self._began, said_us - heard), said_us - asked)
            ahead = self.ahead_us()
            is_off = abs(ahead) >= OFF_FROM_US
            if is_off and not self._is_off:
                logger.warning(
                    "this host's clock is %.1f s %s the database's, which counts: set it right",
                    abs(ahead) / 1e6, "ahead of" if ahead > 0 else "behind",
                    extra={"action": "clock_off"},
                )  # fmt: skip
            elif self._is_off and not is_off:
                logger.info("this host's clock is right again", extra={"action": "clock_right"})
            self._is_off = is_off


_clock = Clock()
now_us = _clock.now_us
when_us = _clock.when_us


def now_ms() -> int:
    """The database's clock as Unix milliseconds."""
    return now_us() // 1_000


def now() -> datetime:
    """The same as a time in UTC."""
    return EPOCH + timedelta(microseconds=now_us())


def ahead_ms() -> int:
    """By how many milliseconds this machine's clock is ahead of the database's."""
    return round(_clock.ahead_us() / 1_000)


def measure() -> None:
    """Ask the database for its time; a thread that talks to it does so each second or so. While it
    is away, what was learned last stays. Raises what the database raises."""
    with connection.cursor() as cursor:
        # A connection that is opened first must not make the answer look slow.
        asked = count_us()
        cursor.execute("SELECT clock_timestamp()")
        heard = count_us()
        (said,) = cursor.fetchone()
    _clock.learn(asked, (said - EPOCH) // _MICROSECOND, heard)
