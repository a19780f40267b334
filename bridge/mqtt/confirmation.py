"""Which acknowledgements the broker has: what it cannot send again need not be remembered.

A broker answers in order, so the answer to a ping says that it has what was sent before. The answer
comes behind the messages that wait for us, so it also tells how long these wait.

On a new connection the broker first sends again what it has no acknowledgement for. What was noted
of that on an earlier connection, or by an earlier process, is the only note in the database until
it is committed once more. So it ends only when all that came again is acknowledged.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bridge.intake.redelivery import Deliveries

RESENT_WITHIN = 10.0  # seconds in which a broker sends again what we had not acknowledged
CONFIRM_EVERY = 1.0  # seconds between two pings


class Confirmation:
    """For the network thread; `behind` is for any."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._before = 0  # serial of the newest delivery noted before this connection
        self._acknowledged = 0  # serial of the newest delivery acknowledged on this connection
        # Serial of the newest delivery that may have come again on this connection, 0 if none did;
        # None while more may come.
        self._came_again: int | None = None
        self._pinged: int | None = None  # what that was when we sent the ping that is out
        self._pinged_at: float | None = None  # monotonic seconds, of the ping that is out
        self._due = 0.0  # monotonic seconds, of the next ping
        self._round_trip = 0.0  # seconds, of the newest ping that came back

    def begin(self) -> None:
        """A connection is about to be made."""
        self._acknowledged, self._pinged, self._pinged_at = 0, None, None
        self._round_trip = 0.0
        self._came_again = None
        self._before = self._deliveries.serial

    def acknowledged(self, serial: int) -> None:
        """Acknowledgements were sent, up to the delivery of this serial."""
        self._acknowledged = max(self._acknowledged, serial)

    def session_lost(self) -> None:
        """The broker sends nothing again of what came before this connection."""
        self._deliveries.confirm(self._before)

    def ask(self, connected_since: float | None, ping: Callable[[], bool]) -> None:
        """Ping when it is time. Not on a new connection, where the broker may be sending again what
        came before. `ping` says whether it was sent."""
        now = time.monotonic()
        if connected_since is None or now - connected_since < RESENT_WITHIN or now < self._due:
            return
        self._due = now + CONFIRM_EVERY
        if ping():
            self._pinged, self._pinged_at = self._acknowledged, now

    def answered(self, *, all_taken: bool) -> None:
        """An answer to a ping came; to the keepalive's, when none of ours is out. `all_taken`: each
        message that came before it was noted, and none waits."""
        pinged = self._pinged
        if pinged is None:
            return
        self._round_trip = time.monotonic() - (self._pinged_at or time.monotonic())
        self._pinged = self._pinged_at = None
        if self._came_again is None:
            if not all_taken:
                return
            noted = self._deliveries.serial
            self._came_again = noted if noted > self._before else 0
        if pinged >= self._came_again:
            self._deliveries.confirm(max(pinged, self._before))

    def behind(self) -> float:
        """For how many seconds, at least, messages have been waiting in the broker and in the
        connection."""
        since = self._pinged_at
        return max(self._round_trip, time.monotonic() - since) if since else self._round_trip
