"""Readings that come late: what they say of the past is put right, and nobody is told.

A late reading is one before what was judged already. Those that could change something are found by
least and greatest value; then the target's past is judged again from its stored readings, and what
comes of it is compared with the alerts there are. What holds now because of them is found like
anything else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from alerts.conditions import Change, Memory, State
from alerts.engine.book import Book, Kind
from alerts.engine.target import Found, Moment, Target
from alerts.engine.watched import Watched
from alerts.engine.writing import made
from alerts.models import Alert
from telemetry.history import news
from telemetry.moments import from_us, to_us

REACH_US = 7 * 86_400_000_000  # what comes later than this is stored and not judged
MARGIN_US = 60_000_000  # read before what is judged again, at first

Late = tuple[NDArray[np.intp], int, int]  # places of series, the first time and the last


class Episode(NamedTuple):
    """From when to when a condition held, so that it fired."""

    fired: Change
    cleared_us: int | None


def judge(
    watched: Watched, late: Sequence[Late], read_before: dict[int, int], moment: Moment
) -> list[Found]:
    """Put the past right after these late readings; what they change of the present."""
    wrong: dict[int, int] = {}  # by slot, the earliest time that says something new
    for places, first_us, end_us in late:
        start_us = max(first_us, moment.now_us - REACH_US)
        until = np.array([min(read_before[place], end_us) for place in places.tolist()])
        has = until >= start_us
        since = np.full(len(places), start_us - 1, dtype=np.int64)
        found = news.numbers(watched.series[places[has]], since[has], until[has].astype(np.int64))
        of = places[has][found.places]
        for level in watched.levels:
            slots = level[of]
            ours = slots >= 0
            for slot, time in _suspicious(
                watched, slots[ours], found.times_us[ours], found.values[ours]
            ):
                wrong[slot] = min(wrong.get(slot, time), time)
    found_now: list[Found] = []
    for slot, from_time in wrong.items():
        found_now += _again(watched, watched.targets[slot], from_time, moment)
    return found_now


def _suspicious(
    watched: Watched,
    slots: NDArray[np.intp],
    times_us: NDArray[np.int64],
    values: NDArray[np.float64],
) -> list[tuple[int, int]]:
    """Slots with a value that does not go without saying, and its time. Of one that fires and fired
    then, that is a value within the limit."""
    if not len(slots):
        return []
    starts = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
    lasts = times_us[np.append(starts[1:], len(slots)) - 1]
    lows, highs = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    of = slots[starts]
    calm = (lows >= watched.idle_low[of]) & (highs <= watched.idle_high[of])
    found = []
    for at in np.flatnonzero(watched.is_judged_late[of]).tolist():
        slot = int(of[at])
        first = int(times_us[starts[at]])
        target = watched.targets[slot]
        if target.memory.state is not State.CLEARED:
            since = target.memory.since_us or 0
            limits = target.condition.calm(target.memory)
            if first > since and lows[at] >= limits.low and highs[at] <= limits.high:
                continue
            is_before = int(lasts[at]) < since
        else:
            is_before = True
        # What is calm says something only of what held then: now, or until an alert cleared.
        if calm[at] and is_before and first > target.alerted_us:
            continue
        found.append((slot, first))
    return found


def _again(watched: Watched, target: Target, from_us_: int, moment: Moment) -> list[Found]:
    """Judge the past of a target again from about an instant on."""
    series = target.place.series
    now_us, newest = moment.now_us, int(watched.screen.newest_us[target.slot])
    if series is None or newest < from_us_:
        return []
    replayed = _replay(target, series.id, from_us_, newest, moment)
    if replayed is None:
        return []
    episodes, memory, alerts = replayed
    book = Book(now_us)
    found = _compare(book, target, episodes, alerts)
    book.write()
    target.memory = memory
    watched.renew(target)
    # Pending is no change of an alert; so it is stored all the same.
    return found or [Found(target, Change(now_us, State.PENDING, None, None, now_us, None))]


def _compare(
    book: Book, target: Target, episodes: list[Episode], alerts: list[Alert]
) -> list[Found]:
    """Make the alerts that are over what they should be; what that changes of the one that is
    open, or opens one."""
    stands = next((alert for alert in alerts if alert.cleared_at is None), None)
    over = [alert for alert in alerts if alert.cleared_at is not None and not _is_empty(alert)]
    holds = next((each for each in episodes if each.cleared_us is None), None)
    ended = [each for each in episodes if each.cleared_us is not None]
    found = []
    if stands is not None and holds is not None:
        _correct(book, stands, holds)
    elif holds is not None:
        found.append(Found(target, holds.fired))
    elif stands is not None:
        its = [each for each in ended if _overlap(stands, each)]
        at = to_us(stands.started_at)
        if its:
            _correct(book, stands, its[-1])
            at = its[-1].cleared_us or at
            ended.remove(its[-1])
        change = Change(at, State.CLEARED, None, None, at, None)
        found.append(Found(target, change, "Readings that came late say so."))
    _compare_over(book, target, ended, over, alerts)
    return found


def _compare_over(
    book: Book, target: Target, ended: list[Episode], over: list[Alert], alerts: list[Alert]
) -> None:
    """Of what is over: alerts that say the same stay, those that overlap are moved, what is left
    of either side was missed, or did not hold."""
    for same in (_is_same, _overlap):
        for episode in tuple(ended):
            alert = next((alert for alert in over if same(alert, episode)), None)
            if alert is not None:
                over.remove(alert)
                ended.remove(episode)
                _correct(book, alert, episode)
    for episode in ended:
        if not any(alert.flaps and _overlap(alert, episode) for alert in alerts):
            _add(book, target, episode)
    for alert in over:
        if not alert.flaps:
            alert.cleared_at = alert.started_at
            book.change(alert)
            book.note(alert, Kind.CORRECTED, text="Readings that came late say it did not hold.")


def _replay(
    target: Target, series_id: int, begin: int, newest: int, moment: Moment
) -> tuple[list[Episode], Memory, list[Alert]] | None:
    """Every episode of the stored readings from a time on at which nothing held, and the alerts
    that there are of that time. None: it has held for longer than is looked back."""
    condition = target.condition
    back = MARGIN_US + condition.for_us + condition.lookback_us
    ids, until = np.array([series_id], dtype=np.int32), np.array([newest], dtype=np.int64)
    floor = moment.now_us - REACH_US
    while True:
        since = max(begin - back, floor)
        alerts = _alerts(target, from_us(since))
        before = [alert for alert in alerts if to_us(alert.started_at) <= since]
        if before and since > floor:
            begin = min(to_us(alert.started_at) for alert in before)
            continue
        if any(alert.cleared_at is None for alert in before):
            return None
        readings = news.numbers(ids, np.array([since], dtype=np.int64), until)
        now = max(moment.known_us + target.lead_us, newest)
        memory, changes = condition.step(Memory(), readings.times_us, readings.values, now)
        first = changes[0].since_us if changes else None
        if len(readings.times_us) and first == int(readings.times_us[0]) and since > floor:
            back *= 4  # it may have held before as well
            continue
        return _episodes(changes), memory, [alert for alert in alerts if alert not in before]


def _episodes(changes: Sequence[Change]) -> list[Episode]:
    found: list[Episode] = []
    fired: Change | None = None
    for change in changes:
        if change.state is State.FIRING:
            fired = change
        elif change.state is State.CLEARED and fired is not None:
            found.append(Episode(fired, change.at_us))
            fired = None
    if fired is not None:
        found.append(Episode(fired, None))
    return found


def _alerts(target: Target, since: datetime) -> list[Alert]:
    """Those of it that were not over by then."""
    place = target.place
    series = place.series.id if place.series else None
    found = Alert.objects.select_for_update(of=("self",)).select_related("site").filter(
        Q(cleared_at=None) | Q(cleared_at__gte=since),
        rule=place.rule.id, device=place.device.id, series=series,
    )  # fmt: skip
    return list(found.order_by("started_at", "pk"))


def _is_same(alert: Alert, episode: Episode) -> bool:
    ends = None if alert.cleared_at is None else to_us(alert.cleared_at)
    return to_us(alert.started_at) == episode.fired.since_us and ends == episode.cleared_us


def _overlap(alert: Alert, episode: Episode) -> bool:
    ends = math.inf if alert.cleared_at is None else to_us(alert.cleared_at)
    stops = math.inf if episode.cleared_us is None else episode.cleared_us
    return to_us(alert.started_at) < stops and ends > episode.fired.since_us


def _correct(book: Book, alert: Alert, episode: Episode) -> None:
    """Move its beginning and end to where they belong. One that came and went keeps its own."""
    if alert.flaps:
        return
    started = from_us(episode.fired.since_us)
    said_of = []
    if started != alert.started_at:
        said_of.append(f"It began at {started:%H:%M:%S}, not at {alert.started_at:%H:%M:%S} UTC.")
        alert.started_at = started
    if alert.cleared_at is not None and episode.cleared_us is not None:
        cleared = from_us(episode.cleared_us)
        if cleared != alert.cleared_at:
            said_of.append(
                f"It ended at {cleared:%H:%M:%S}, not at {alert.cleared_at:%H:%M:%S} UTC."
            )
            alert.cleared_at = cleared
    if said_of:
        book.change(alert)
        book.note(alert, Kind.CORRECTED, text=" ".join(said_of))


def _add(book: Book, target: Target, episode: Episode) -> None:
    alert = made(book, target, episode.fired, historic=True)
    alert.cleared_at = from_us(episode.cleared_us or episode.fired.at_us)
    target.alerted_us = max(target.alerted_us, episode.cleared_us or 0)
    book.add(alert)
    book.note(alert, Kind.FIRED, text="It was over when its readings came: nobody was told.")
    book.note(alert, Kind.CLEARED, alert.cleared_at)
    for what in ("fired", "cleared"):
        book.log(alert, what)


def _is_empty(alert: Alert) -> bool:
    return alert.cleared_at == alert.started_at
