"""What a device's connection state is, judged from what is known of it and the present time.

Pure: no database and no clock. `dashboard/static/dashboard/js/presence/presence.js` is its twin in
the browser, where states age between two events; `tests/presence_cases.json` binds both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

LATE_INTERVALS = 2  # expected intervals without a word before a device is late …
LATE_GRACE = 2_000  # … plus this many ms, so that a fast device is not late for one network hiccup
SILENT_INTERVALS = 5  # expected intervals without a word before a device is silent
MIN_SILENT_AFTER = 10_000  # ms; no device is silent sooner than this
RHYTHM = 4  # newest readings of a series that tell how often it comes
MAX_AHEAD = 5_000  # ms a reading may be ahead of its device's clock and still be its newest

Name = Literal["online", "late", "silent", "offline", "waiting"]
Evidence = Literal["telemetry", "status", "reading", "none"]


class State(NamedTuple):
    """The judgement; times are Unix milliseconds.

    `since` is when the state began: the status message for offline and online (None when an online
    device never sent one), the end of the allowance for late and silent. `evidence` is what the
    judgement rests on: its newest telemetry, its status topic, the newest reading of a series, or
    nothing at all.
    """

    name: Name
    since: int | None
    evidence: Evidence


def late_after(expected_interval: float) -> int:
    """Milliseconds without a word after which a device is late."""
    return math.floor(LATE_INTERVALS * expected_interval * 1000) + LATE_GRACE


def silent_after(expected_interval: float) -> int:
    """Milliseconds without a word after which a device is silent."""
    return max(math.floor(SILENT_INTERVALS * expected_interval * 1000), MIN_SILENT_AFTER)


def state(
    connection: str,
    connection_since: int | None,
    last_seen: int | None,
    *,
    expected_interval: float,
    now: int,
) -> State:
    """Judge one device. `connection` is its stored word: unknown, online or offline.

    Telemetry newer than an `offline` outweighs it: a retained last will of an old session can
    arrive after the device is back.
    """
    if connection == "offline" and (
        last_seen is None or connection_since is None or last_seen <= connection_since
    ):
        return State("offline", connection_since, "status")
    online_since = connection_since if connection == "online" else None
    heard, evidence = _newest_word(last_seen, online_since)
    if heard is None:
        # It said it is online at a time nobody noted, or it was never heard at all.
        return State("online", None, "status") if connection == "online" else WAITING
    age = now - heard
    if age > silent_after(expected_interval):
        return State("silent", heard + silent_after(expected_interval), evidence)
    if age > late_after(expected_interval):
        return State("late", heard + late_after(expected_interval), evidence)
    return State("online", online_since, evidence)


def series_state(
    latest: float | None,
    *,
    lead: int,
    last_seen: int | None,
    interval: float,
    now: int,
) -> State:
    """Judge one series of a device, so that a live gateway does not hide a dead sensor.

    `latest` is the time of its newest reading, by the device's clock, which is `lead` ms ahead of
    ours. Nothing was heard after `last_seen`, the receive time of the device's last word. The
    series' own `interval` is in seconds (`interval_of`).
    """
    if latest is None:
        return WAITING
    heard = math.floor(latest) - lead  # of readings, times have microseconds behind the point
    if last_seen is not None:
        heard = min(heard, last_seen)
    age = now - heard
    if age > silent_after(interval):
        return State("silent", heard + silent_after(interval), "reading")
    if age > late_after(interval):
        return State("late", heard + late_after(interval), "reading")
    return State("online", None, "reading")


def interval_of(times: Sequence[float], expected_interval: float) -> float:
    """Seconds a series is expected to take from one reading to the next.

    A metric may come more rarely than its device speaks, which its newest readings tell: `times`
    are theirs in ms, newest first, up to `RHYTHM` of them. The middle gap counts, so that an
    outage among them does not.
    """
    gaps = sorted(newer - older for newer, older in pairwise(times))
    return max(expected_interval, gaps[len(gaps) // 2] / 1000) if gaps else expected_interval


WAITING = State("waiting", None, "none")  # registered, never heard
JUDGED_KINDS = frozenset({"gauge", "counter"})  # text and boolean often come only on change


def _newest_word(last_seen: int | None, online_since: int | None) -> tuple[int | None, Evidence]:
    if last_seen is not None and (online_since is None or last_seen >= online_since):
        return last_seen, "telemetry"
    return online_since, "status"
