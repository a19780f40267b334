"""The follower `alerts`: judges this process's shares, and tends what stands."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from alerts.engine import processes, sites, tending
from alerts.engine.fleet import Fleet, leads_us
from alerts.engine.known import Known
from alerts.engine.share import Share
from devices import clock
from telemetry.followers import REGISTRY, Follower

IDLE = 0.2  # seconds between two looks at the commit log, at least
# A look costs an index scan a series, however few readings are new. So it rests so many times as
# long as the looks took, and at most so many seconds, in which more becomes new.
REST_SHARE, LONGEST_REST = 3.0, 0.3
REFRESH_US = 2_000_000  # between two looks whether rules, devices or series have changed
LEADS_US = 10_000_000  # between two looks at how far the clocks of devices are ahead
TEND_US = 2_000_000  # between two looks at what time alone changes of alerts that stand
BEAT_US = round(processes.BEAT_EVERY * 1e6)

_COMMITS = Counter("pulseboard_alerts_commits", "Commits judged, once a share", registry=REGISTRY)
_READINGS = Counter("pulseboard_alerts_readings", "Readings judged", registry=REGISTRY)
_FOUND = Counter("pulseboard_alerts_changes", "Targets that got another state", registry=REGISTRY)
_TARGETS = Gauge("pulseboard_alerts_targets", "Targets this process judges", registry=REGISTRY)
_SHARES = Gauge("pulseboard_alerts_shares", "Shares this process judges", registry=REGISTRY)
_BEHIND = Gauge(
    "pulseboard_alerts_behind_seconds", "Age of the oldest commit not judged", registry=REGISTRY
)
_STEP = Histogram(
    "pulseboard_alerts_step_seconds", "A step of a share with commits", registry=REGISTRY,
    buckets=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
)  # fmt: skip


class Engine:
    """One process's. Time is injected: `now` gives microseconds by the database's clock."""

    def __init__(self, now: Callable[[], int] = clock.now_us) -> None:
        self.name = processes.new_name()
        self._now = now
        self._fleet = Fleet()
        self._known = Known(now())
        self._shares: dict[int, Share] = {}
        self._mine: list[int] = []
        self._tending = tending.Tending()
        self._due: dict[str, int] = {}  # microseconds, of what comes now and then

    def step(self) -> float:
        """Judge what there is of every share of ours; seconds until the next look."""
        if self._is_due("beat", BEAT_US):
            clock.measure()
            self._mine = processes.say(self.name)
            for number in self._mine:
                self._share(number)
        self._refresh()
        more = False
        behind = 0.0
        began = time.monotonic()
        for number in self._mine:
            share = self._share(number)
            moment, waited = self._known.moment(self._now(), share.reader)
            behind = max(behind, waited)
            with _STEP.time():
                stepped = share.step(moment)
            _COMMITS.inc(stepped.commits)
            _READINGS.inc(stepped.readings)
            _FOUND.inc(stepped.found)
            more |= stepped.more
        took = time.monotonic() - began
        if self._is_due("tend", TEND_US):
            self._tending.tend(self._mine, self._now())
            if 0 in self._mine:
                sites.group(self._now())
        _BEHIND.set(behind)
        _SHARES.set(len(self._mine))
        _TARGETS.set(sum(len(self._shares[number].watched.targets) for number in self._mine))
        return 0.0 if more else min(max(IDLE, REST_SHARE * took), LONGEST_REST)

    def close(self) -> None:
        processes.leave(self.name)

    def _refresh(self) -> None:
        if self._is_due("refresh", REFRESH_US):
            self._fleet.refresh()
            self._known.refresh(self._now())
        if self._is_due("leads", LEADS_US):
            leads = leads_us()
            for share in self._shares.values():
                share.set_leads(leads)

    def _share(self, number: int) -> Share:
        if number not in self._shares:
            share = self._shares[number] = Share(number, self.name, self._fleet)
            share.prepare()
            self._due.pop("leads", None)
        return self._shares[number]

    def _is_due(self, what: str, every_us: int) -> bool:
        """A clock that was set back makes nothing wait for longer than it ever should."""
        now = self._now()
        if 0 <= now - self._due.get(what, -every_us) < every_us:
            return False
        self._due[what] = now
        return True


FOLLOWERS = (Follower("alerts", Engine),)
