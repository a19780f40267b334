"""Up to when this process knows what devices sent, and what keeps it from knowing more. Pure.

Who judges a device by its silence asks this first: a bridge that is away or behind, a Redis or a
broker that is away look like silent devices and are not. Times are Unix milliseconds by this
process's clock, and are always given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from telemetry.workers.worker_state import HTTP_PREFIX

QUIET_AFTER = 5_000  # ms without a word before a worker counts as away
UNLINKED_AFTER = 2_000  # ms without Redis: a link that begins takes a moment
DATABASE_AFTER = 2_000  # ms without an answer of the database
BEHIND_AFTER = 5_000  # ms of lag from which storing is called behind
# ms: the broker gives the share of a bridge that is away to another within this, or its own end was
# meant. Until then what it may hold back is missed.
REPLACED_AFTER = 30_000
# ms after a worker is back until it vouches: what waited for it comes first.
BACK_AFTER = 3_000
REMEMBERED = 86_400_000  # ms a bridge is missed when there is no other

What = Literal["redis", "bridge", "broker", "storing", "database"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, worst first, and since when."""

    what: What
    since: int

    def form(self) -> dict[str, Any]:
        return {"what": self.what, "since": self.since}


@dataclass(slots=True)
class _Worker:
    heard: int  # its last word
    vouched: int  # its last word while it had a broker
    until: int  # everything it received by then was sent on
    back: int  # when it came, or came back


class Knowledge:
    """What the workers say of themselves, what the database says of them, and the link."""

    def __init__(self, now: int) -> None:
        self._began = now
        self._workers: dict[str, _Worker] = {}
        self._database_since: int | None = None  # no answer since
        self._until = 0
        self._linked = now  # it was the last time

    def told(self, worker: str, counters: Mapping[str, Any], now: int) -> None:
        """A worker's word of itself, as it came."""
        connected = counters.get("connected", 1) != 0
        until = now - int(counters.get("lag_ms", 0))
        held = self._workers.get(worker)
        if held is None:
            held = self._workers[worker] = _Worker(now, now, until, 0)
        held.heard = now
        if not connected:
            return
        if now - held.vouched > QUIET_AFTER:
            held.back = now
        held.vouched = now
        if now - held.back >= BACK_AFTER:
            held.until = max(held.until, until)

    def recorded(self, ages: Mapping[str, float], now: int) -> None:
        """The database knows these workers: seconds since they last wrote there. One that was never
        heard here is missed as well."""
        for name, age in ages.items():
            at = min(self._began, now - int(age * 1000))
            if name not in self._workers and now - at < REMEMBERED:
                self._workers[name] = _Worker(at, at, at, at)

    def database(self, now: int, *, answers: bool) -> None:
        """Whether it answers this process."""
        self._database_since = None if answers else self._database_since or now

    def at(self, now: int, *, linked: bool) -> tuple[int, Trouble | None]:
        """Until when everything received was sent to viewers, and what is wrong."""
        if now < self._until:
            self._step_back(now)
        self._forget(now)
        if linked:
            self._linked = now
        bridges = {
            name: each for name, each in self._workers.items() if not name.startswith(HTTP_PREFIX)
        }
        newest = max((each.vouched for each in bridges.values()), default=now)
        missed = [each for each in bridges.values() if newest - each.vouched < REPLACED_AFTER]
        http = [each.until for name, each in self._workers.items() if name not in bridges]
        # Without a bridge telemetry comes over HTTP alone, and a process without any says nothing.
        until = min([each.until for each in missed] + http, default=self._linked)
        self._until = max(self._until, min(until, now))
        return self._until, self._trouble(missed, now)

    def _trouble(self, missed: list[_Worker], now: int) -> Trouble | None:
        if now - self._linked > UNLINKED_AFTER:
            return Trouble("redis", self._until)
        if any(now - each.heard > QUIET_AFTER for each in missed):
            return Trouble("bridge", self._until)
        if any(now - each.vouched > QUIET_AFTER for each in missed):
            return Trouble("broker", self._until)
        if now - self._until > BEHIND_AFTER:
            return Trouble("storing", self._until)
        if self._database_since is not None and now - self._database_since > DATABASE_AFTER:
            return Trouble("database", self._database_since)
        return None

    def _step_back(self, now: int) -> None:
        """The clock was set back: nothing was heard in what is the future now."""
        self._until = self._began = self._linked = now
        for each in self._workers.values():
            each.heard, each.vouched = min(each.heard, now), min(each.vouched, now)
            each.until = min(each.until, now)

    def _forget(self, now: int) -> None:
        """A web process that ends takes nothing with it: the others take what devices send."""
        for name, each in tuple(self._workers.items()):
            patience = QUIET_AFTER if name.startswith(HTTP_PREFIX) else REMEMBERED
            if now - each.heard > patience:
                del self._workers[name]
