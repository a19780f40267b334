"""How long what each series measured is kept, and from when on it is there.

Settings say it for all; rules (`telemetry.retention_rule`) say it for one site, kind, device or
series, the most specific first. A summary stays at least as long as what it is made of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from telemetry.moments import EPOCH, to_us
from telemetry.retention_rule import MAX_DAYS
from telemetry.sql import load
from telemetry.storage.backend import backend

LIMIT_HOLDS = 60.0  # seconds until a writer asks again which readings are too old

_SQL = load("kept")


class Days(NamedTuple):
    """For how many days something is kept."""

    raw: int
    minutes: int
    hours: int
    days: int


class Kept(NamedTuple):
    """Nothing older than these is promised to be there: readings, and the summaries of minutes, of
    hours and of days. Midnight UTC, like the partitions."""

    raw: datetime
    minutes: datetime
    hours: datetime
    days: datetime


def by_setting() -> Days:
    """Where no rule says anything."""
    return Days(settings.RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS, MAX_DAYS, MAX_DAYS)


def since(kept_days: Days, now: datetime) -> Kept:
    """From when on that is, as of `now`."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    return Kept(*(today - timedelta(days=number) for number in kept_days))


class Owner(NamedTuple):
    """What rules may be of. Of a series that there is not yet, what it will be of."""

    site: int | None
    kind: str
    device: int | None = None
    series: int | None = None


class Rules:
    """What rules say, and settings where they leave something open."""

    def __init__(self, rules: Iterable[tuple[Any, ...]]) -> None:
        """Each as site, kind, device, series, of which one is given, and four numbers of days."""
        self._said: dict[tuple[int, Any], tuple[int | None, ...]] = {}
        for *of, raw, minutes, hours, days in rules:
            (key,) = [(at, what) for at, what in enumerate(of) if what is not None]
            self._said[key] = (raw, minutes, hours, days)

    @classmethod
    def stored(cls) -> Rules:
        """As of now."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["list_rules"])
            return cls(cursor.fetchall())

    def days(self, owner: Owner) -> Days:
        """What holds for a series: of each number the most specific rule that gives one."""
        if not self._said:
            return by_setting()
        found: list[int | None] = [None] * len(Days._fields)
        for key in reversed(list(enumerate(owner))):
            said = self._said.get(key, ())
            found = [ours or theirs for ours, theirs in zip(found, said or found, strict=True)]
        pairs = zip(found, by_setting(), strict=True)
        return _lasting(given or otherwise for given, otherwise in pairs)

    def longest(self) -> Days:
        """What is older is kept of no series."""
        return _lasting(max(0, *(each or 0 for each in some)) for some in self._by_number())

    def shortest_raw(self) -> int:
        """No series keeps its readings for fewer days."""
        return min(each for each in next(self._by_number()) if each)

    def _by_number(self) -> Iterator[tuple[int | None, ...]]:
        return zip(by_setting(), *self._said.values(), strict=True)


def _lasting(numbers: Iterable[int]) -> Days:
    """No summary shorter than what it is made of."""
    return Days(*accumulate(numbers, max))


def each(series_ids: Collection[int], now: datetime) -> dict[int, Kept]:
    """From when on there is what of each of these series: without what was removed already by rules
    that were other ones then."""
    rules = Rules.stored()
    found = dict.fromkeys(series_ids, since(by_setting(), now))
    for series_id, owner, floors, _ in _owners(series_ids):
        policy = since(rules.days(owner), now)
        found[series_id] = Kept(*map(max, policy, floors))
    return found


def all_of(series_ids: Collection[int], now: datetime) -> Kept:
    """From when on there is what of all of these series."""
    found = each(series_ids, now).values()
    if not found:
        return since(by_setting(), now)
    return Kept(*(max(moments) for moments in zip(*found, strict=True)))


def accepts_from(series_ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """The oldest time a reading of each of these series may have to be stored. What is older would
    be removed at once, or cannot be summarised any more."""
    rules = Rules.stored()
    summed = backend().keeps_from(EPOCH)
    found = dict.fromkeys(series_ids, max(since(by_setting(), now).raw, summed))
    for series_id, owner, _, taken in _owners(series_ids):
        found[series_id] = max(since(rules.days(owner), now).raw, taken, summed)
    return found


def _owners(
    series_ids: Collection[int],
) -> Iterator[tuple[int, Owner, list[datetime], datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_keeping"], {"series": list(series_ids)})
        for series_id, site, kind, device, *floors, taken in cursor.fetchall():
            yield series_id, Owner(site, kind, device, series_id), floors, taken


class AcceptsFrom:
    """The same for a writer, by the database's clock. Asked for seldom: nothing is removed before
    every writer had the time to ask again. Raises what the database raises."""

    def __init__(self) -> None:
        self._now = EPOCH
        self._newest_us = 0
        self._us: dict[int, int] = {}  # by series
        self._asked_at: float | None = None  # monotonic seconds

    def newest_us(self) -> int:
        """No series accepts only what is younger, in Unix microseconds."""
        if self._asked_at is None or monotonic() - self._asked_at >= LIMIT_HOLDS:
            with connection.cursor() as cursor:
                cursor.execute(_SQL["fetch_latest_floor"])
                now, taken = cursor.fetchone()
            raw = Rules.stored().shortest_raw()
            limit = since(by_setting()._replace(raw=raw), now).raw
            self._newest_us = to_us(backend().keeps_from(max(limit, taken)))
            self._now, self._us = now, {}
            self._asked_at = monotonic()
        return self._newest_us

    def too_old(self, series_ids: NDArray[Any], times_us: NDArray[Any]) -> NDArray[np.bool_]:
        """Of each reading whether it is."""
        found = times_us < self.newest_us()
        if found.any():
            asked = series_ids[found].tolist()
            self._ask(set(asked))
            limits = [self._us[series_id] for series_id in asked]
            found[found] = times_us[found] < np.array(limits, np.int64)
        return found

    def of(self, series_id: int) -> int:
        """Of one series, in Unix microseconds."""
        self.newest_us()
        self._ask([series_id])
        return self._us[series_id]

    def _ask(self, series_ids: Collection[int]) -> None:
        if new := [series_id for series_id in series_ids if series_id not in self._us]:
            limits = accepts_from(new, self._now)
            self._us |= {series_id: to_us(limit) for series_id, limit in limits.items()}
