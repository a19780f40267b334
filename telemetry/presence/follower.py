"""The follower `presence`: notes when nobody listened and how devices are judged, and says of each
that is silent or offline, and of each that is back.

What devices do is noted by the bridges that hear them (`telemetry.storage.presence`), so nothing of
it is missed while no engine runs. Here is what no message tells. One process works at it at a time,
in one transaction a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from devices import clock, presence
from devices.models import Device, PresenceAway
from devices.signals import PresenceChange, presence_changed
from telemetry.followers import Follower
from telemetry.live.knowledge import QUIET_AFTER
from telemetry.moments import from_ms, to_ms
from telemetry.presence.listening import listened
from telemetry.presence.past import workers
from telemetry.sql import load

STEP = 2.0  # seconds between two looks
OVERLAP_MS = 30_000  # a change of a device is stamped before it commits
ALL_AFTER_MS = 60_000  # ms between two looks at all devices: one changed by hand has no stamp
_AWAY = ("silent", "offline")

_SQL = load("presence_past")


class _Row(NamedTuple):
    """Of `list_away`."""

    device_id: int
    connection: str
    connection_since: datetime | None
    last_seen_at: datetime | None
    interval: float
    judged: bool
    said: str | None
    since: datetime | None
    back_at: datetime | None
    enabled_at: datetime | None


class Following:
    """Of one process. Time is injected: the database's clock and the machine's counter, both in
    microseconds."""

    def __init__(
        self,
        now_us: Callable[[], int] = clock.now_us,
        count_us: Callable[[], int] = clock.count_us,
    ) -> None:
        self._now_us, self._count_us = now_us, count_us
        self._last: dict[str, int] = {}  # until when each worker had a connection
        self._ahead: int | None = None  # ms by which the clock is ahead of the counter
        self._judged_at: int | None = None  # ms, of the last look at all devices
        with connection.cursor() as cursor:
            cursor.execute(_SQL["make_known"])

    def step(self) -> float:
        clock.measure()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["lock_known"])
            row = cursor.fetchone()
            if row is not None:  # otherwise another process is at it
                self._step(row[0])
        return STEP

    def close(self) -> None:
        """Nothing is held."""

    def _step(self, known: int) -> None:
        now = self._now_us() // 1_000
        stepped = self._stepped(now)
        with connection.cursor() as cursor:
            if now < known - QUIET_AFTER:
                for name in ("drop_future", "move_future", "trim_unknown"):
                    cursor.execute(_SQL[name], {"now_ms": now})
                known = now
            found = workers()
            self._last |= {each.name: each.until for each in found if each.since is not None}
            until, spans = listened(found, known, self._last)
            if stepped > QUIET_AFTER:
                spans.append((known, now))  # nobody lived through what the clock has left out
            for start, stop in spans:
                if stop > start:
                    cursor.execute(_SQL["note_unknown"], {"start_ms": start, "stop_ms": stop})
            cursor.execute(_SQL["set_known"], {"until_ms": until})
            cursor.execute(_SQL["note_judged"], {"since_ms": self._changed_since(now)})
        self._say(until)

    def _stepped(self, now: int) -> int:
        """By how many milliseconds the clock was set forward since the last step."""
        ahead = now - self._count_us() // 1_000
        before, self._ahead = self._ahead, ahead
        return 0 if before is None else ahead - before

    def _changed_since(self, now: int) -> int:
        """Which changes of devices are looked at: those of the last look on, or all."""
        if self._judged_at is None or not 0 <= now - self._judged_at < ALL_AFTER_MS:
            self._judged_at = now
            return 0
        return self._judged_at - OVERLAP_MS

    def _say(self, known: int) -> None:
        """Say of each device that is away since it is, and of each that is back, once."""
        listened_from = _listened_from()
        changes: list[PresenceChange] = []
        rows = {
            "known_ms": known,
            "intervals": presence.SILENT_INTERVALS,
            "least": presence.MIN_SILENT_AFTER / 1_000,
        }
        with connection.cursor() as cursor:
            cursor.execute(_SQL["list_away"], rows)
            for row in map(_Row._make, cursor.fetchall()):
                changes += _change(row, known, listened_from)
        _write(changes)


def _change(row: _Row, known: int, listened_from: int) -> Iterator[PresenceChange]:
    if not row.judged:
        if row.said is not None:
            yield PresenceChange(row.device_id, "disabled", from_ms(known), row.since)
        return
    if row.enabled_at is not None:
        listened_from = max(listened_from, to_ms(row.enabled_at))
    since = row.connection_since
    state = presence.state(
        row.connection,
        None if since is None else to_ms(since),
        None if row.last_seen_at is None else to_ms(row.last_seen_at),
        expected_interval=row.interval,
        now=known,
    )
    if state.name == "silent":
        state = presence.state(
            "online" if row.connection == "online" else "unknown",
            _after(since, listened_from),
            _after(row.last_seen_at, listened_from),
            expected_interval=row.interval,
            now=known,
        )
        if state.name != "silent" and row.said is not None:
            return  # it is not known to be back either
    if state.name in _AWAY and state.name != row.said:
        at = known if state.since is None else min(state.since, known)
        yield PresenceChange(row.device_id, state.name, from_ms(at), row.since)  # type: ignore[arg-type]
    elif state.name not in _AWAY and row.said is not None:
        yield PresenceChange(row.device_id, "back", row.back_at or from_ms(known), row.since)


def _after(moment: datetime | None, listened_from: int) -> int | None:
    """Nobody was silent before somebody listened."""
    return None if moment is None else max(to_ms(moment), listened_from)


def _listened_from() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_listened_from"])
        (newest,) = cursor.fetchone()
    return int(newest or 0)


def _write(changes: list[PresenceChange]) -> None:
    """Remember what is said, so that it is said once, and say it."""
    if not changes:
        return
    PresenceAway.objects.filter(device__in=[each.device_id for each in changes]).delete()
    there = set(
        Device.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=[each.device_id for each in changes])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    PresenceAway.objects.bulk_create(
        PresenceAway(device_id=each.device_id, state=each.state, since=each.at)
        for each in changes
        if each.state in _AWAY and each.device_id in there
    )
    told = [each for each in changes if each.state != "disabled" and each.device_id in there]
    if told:
        presence_changed.send(None, changes=told)


FOLLOWERS = (Follower("presence", Following),)
