"""Of what anybody can cause by asking, the log has so many lines a second, and what was left out.

An address that nothing has, a host name that is not ours, a form without its token: each is a line,
and whoever sends thousands a second would push everything else out of the kept log files.
"""

from __future__ import annotations

import logging
import time

from telemetry.workers import rate

LINES_A_SECOND = 1.0  # of each logger, on the long run
BURST = 60.0  # lines at once, after a minute of silence
MAX_SAID = 300  # characters of what was asked
# What they say of an answer below 500 is of the request alone.
ASKED = ("django.request", "django.security", "config.odd_requests", "dashboard.pages.openid")
BAD_HOST = "django.security.DisallowedHost"


class Flood(logging.Filter):
    """Lets pass what is not of a request alone, and so many of those, shortened, as the bounds say;
    `left_out` says how many did not since the last that did."""

    def __init__(self) -> None:
        super().__init__()
        self._buckets: dict[str, tuple[float, float]] = {}  # of a logger: tokens, as of when
        self._left_out: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        # Several threads at once may let one more or one less pass: no harm.
        if not record.name.startswith(ASKED) or getattr(record, "status_code", 400) >= 500:
            return True
        now = time.monotonic()
        tokens, since = self._buckets.get(record.name, (BURST, now))
        wait, left = rate.take(tokens, since, now, rate=LINES_A_SECOND, burst=BURST)
        self._buckets[record.name] = (left, now)
        if wait:
            self._left_out[record.name] = self._left_out.get(record.name, 0) + 1
            return False
        if count := self._left_out.pop(record.name, 0):
            vars(record)["left_out"] = count
        record.msg, record.args = record.getMessage()[:MAX_SAID], ()
        if "request" in vars(record):
            vars(record)["request"] = str(vars(record)["request"])[:MAX_SAID]
        if record.name == BAD_HOST:
            record.exc_info = None  # the message has it all
        return True
