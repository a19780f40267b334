"""Readings that come late: what they say of the past is put right, and nobody is told.

A late reading is one before what was judged already: before the newest of its series, or before an
instant at which time alone decided something. Those that could change something are found by least
and greatest value; then the target's past is judged again from its stored readings, and what comes
of it is compared with the alerts there are. What holds now because of them is found like anything
else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Change, Memory, State
from alerts.engine.book import Book
from alerts.engine.episodes import Episode, compare, episodes_of, overlap
from alerts.engine.late import Late
from alerts.engine.past_alerts import alerts_of, fired, firing, holds_at
from alerts.engine.several import Several
from alerts.engine.steps import NO_TIMES, NO_VALUES, Steps, past_of
from alerts.engine.target import Found, Moment, Target
from alerts.engine.watched import Watched
from alerts.models import Alert
from telemetry.history import news
from telemetry.moments import to_us

REACH_US = 7 * 86_400_000_000  # what comes later than this is stored and not judged
MARGIN_US = 60_000_000  # read before what is judged again, at first

Places = NDArray[np.intp]
Times = NDArray[np.int64]


def judge(
    steps: Steps, late: Late, late_words: Late, wrong: dict[int, int], again: Again
) -> list[Found]:
    """Put the past right after these late readings; what they change of the present. `wrong`: by
    slot, the first instant that is known to be wrong already."""
    watched = steps.watched
    for slot, time in steps.early.items():
        wrong[slot] = min(wrong.get(slot, time), time)
    steps.early = {}
    places, spans = late.spans(watched.series)
    found = news.late_numbers(spans)
    of = places[found.places]
    order = np.lexsort((found.times_us, of))  # several spans may be of one series
    of, times, values = of[order], found.times_us[order], found.values[order]
    for level in watched.levels:
        slots = level[of]
        ours = slots >= 0
        for slot, time in _suspicious(
            steps, slots[ours], times[ours], values[ours], again.moment.known_us
        ):
            wrong[slot] = min(wrong.get(slot, time), time)
    # Series of words are few: all that said something late are judged again.
    places, spans = late_words.spans(watched.word_series)
    for at, time in news.late_words(spans).items():
        for each in watched.words[int(spans.series[at])]:
            wrong[each.slot] = min(wrong.get(each.slot, time), time)
    found_now: list[Found] = []
    for slot, from_time in wrong.items():
        found_now += again.judge(watched.targets[slot], from_time)
    return found_now


def _suspicious(
    steps: Steps,
    slots: NDArray[np.intp],
    times_us: Times,
    values: NDArray[np.float64],
    known_us: int,
) -> list[tuple[int, int]]:
    """Slots with a value that does not go without saying, and its time. Of one that fires and fired
    then, that is a value within the limit."""
    if not len(slots):
        return []
    watched = steps.watched
    starts = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
    stops = np.append(starts[1:], len(slots))
    lasts = times_us[stops - 1]
    alone = _first_ever(watched, slots[starts], times_us[starts])
    lows, highs = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    of = slots[starts]
    calm = (lows >= watched.idle_low[of]) & (highs <= watched.idle_high[of])
    found = []
    for at, slot in enumerate(of.tolist()):
        first = int(times_us[starts[at]])
        target = watched.targets[slot]
        these = slice(starts[at], stops[at])
        if _is_kept(steps, target, times_us[these], values[these], known_us):
            continue
        if target.memory.state is not State.CLEARED:
            since = target.memory.since_us or 0
            limits = target.condition.calm(target.memory)
            if first > since and lows[at] >= limits.low and highs[at] <= limits.high:
                continue
            is_before = int(lasts[at]) < since
        else:
            is_before = True
        # What is calm says something only of what held then: now, or until an alert cleared.
        if calm[at] and is_before and first > target.alerted_us and slot not in alone:
            continue
        found.append((slot, first))
    return found


def _first_ever(watched: Watched, slots: NDArray[np.intp], times_us: Times) -> set[int]:
    """Of those whose silence is judged, the slots of which nothing was known from before these
    times: one may begin with them. Any other reading that comes late only breaks a silence."""
    newest = watched.screen.newest_us[slots]
    far = np.flatnonzero(newest - times_us >= watched.gap_us[slots])
    if not len(far):
        return set()
    wanted = slots[far]
    series = [watched.targets[slot].place.series for slot in wanted.tolist()]
    ids = np.array([each.id for each in series if each is not None], dtype=np.int32)
    known = news.newest_by(ids, times_us[far] - 1)
    return {slot for place, slot in enumerate(wanted.tolist()) if place not in known}


def _is_kept(
    steps: Steps, target: Target, times_us: Times, values: NDArray[np.float64], known_us: int
) -> bool:
    """Whether the target waits with readings from before these on, so that they come in time. Two
    bridges that take turns at a device make many that are late by a little."""
    newest = target.memory.newest_us
    if not target.kept or newest is None or int(times_us[0]) <= newest:
        return False
    times, found = target.with_kept(times_us, values)
    order = np.argsort(times, kind="stable")
    target.kept = [(times[order], found[order])]
    calm = target.condition.calm(target.memory)
    if values.min() < calm.low or values.max() > calm.high:
        steps.step(target, NO_TIMES, NO_VALUES, known_us)
    return True


class Again:
    """Judges the past of targets again, at one moment."""

    def __init__(self, watched: Watched, several: Several, moment: Moment) -> None:
        self.moment = moment
        self.floor_us = moment.now_us - REACH_US
        self._watched = watched
        self._several = several

    def judge(self, target: Target, from_us_: int) -> list[Found]:
        """From about an instant on."""
        newest = int(self._watched.screen.newest_us[target.slot])
        if newest < from_us_:
            return []
        episodes, memory, alerts = self._replay(target, max(from_us_, self.floor_us), newest)
        now_us = self.moment.now_us
        book = Book(now_us)
        found = compare(book, target, episodes, alerts)
        book.write()
        is_stored = target.is_stored or memory.state is not State.CLEARED
        target.memory, target.kept = memory, []
        self._watched.renew(target)
        if found or not is_stored:
            return found
        # Pending is no change of an alert; so it is stored all the same.
        return [Found(target, Change(now_us, State.PENDING, None, None, now_us, None))]

    def _replay(
        self, target: Target, begin: int, newest: int
    ) -> tuple[list[Episode], Memory, list[Alert]]:
        """Every episode of the stored readings from a time on at which nothing held, or an alert
        has stood for longer than is looked back; and the alerts that there are of that time."""
        condition, floor = target.condition, self.floor_us
        # So much of the beginning is read, and not known well enough to be compared.
        unsure = condition.lookback_us + (condition.judging.gap_us or 0)
        back = MARGIN_US + condition.for_us + unsure
        now = max(self._watched.until_us(target, self.moment.known_us), newest)
        if target.memory.changed_us is not None:
            now = max(now, target.memory.changed_us + 1)  # what time decided is decided again
        while True:
            since = max(begin - back, floor)
            sure = since + unsure if since > floor else floor
            alerts = alerts_of(target, sure)
            before = [alert for alert in alerts if to_us(alert.started_at) <= sure]
            if before and since > floor:
                begin = min(to_us(alert.started_at) for alert in before)
                continue
            fresh = Memory(hours=dict(target.memory.hours), newest_us=_heard_by(target, since))
            held = next((alert for alert in before if alert.cleared_at is None), None)
            if held is not None:  # since before anything is looked at
                fresh = self._firing(target, fresh, held)
            times, values = self._stored(target, since, newest)
            past = past_of(target, fresh, times)
            memory, changes = condition.step(fresh, times, values, now, past)
            if held is not None:
                return episodes_of([fired(held), *changes]), memory, alerts
            if since == floor:
                rest = [alert for alert in alerts if alert not in before]
                found = episodes_of(changes)
                found = [each for each in found if not any(overlap(a, each) for a in before)]
                return found, memory, rest
            # Silence is known from there on, all else from the first reading on.
            at = int(np.searchsorted(times, sure))
            first = int(times[at]) if at < len(times) else newest
            first = sure if condition.judging.gap_us is not None else first
            unknown = [change for change in changes if change.at_us <= first]
            rest = [alert for alert in alerts if to_us(alert.started_at) > first]
            holds = any(holds_at(alert, first) for alert in alerts if alert not in rest)
            if holds or (unknown and unknown[-1].state is not State.CLEARED):
                back *= 4  # it may have held before as well
                continue
            return episodes_of(changes[len(unknown) :]), memory, rest

    def _firing(self, target: Target, memory: Memory, alert: Alert) -> Memory:
        """At the floor, with this alert standing: what went before is read to know the windows."""
        condition, floor = target.condition, self.floor_us
        if condition.lookback_us:
            times, values = self._stored(target, floor - condition.lookback_us, floor)
            past = past_of(target, memory, times)
            memory, _ = condition.step(memory, times, values, floor, past)
        return firing(condition, memory, alert)

    def _stored(
        self, target: Target, since_us: int, until_us: int
    ) -> tuple[Times, NDArray[np.float64] | list[float | str]]:
        """What is stored of a target in (since, until]."""
        series = target.place.series
        if series is None:
            return self._several.stored(target, since_us, until_us)
        ids = np.array([series.id], dtype=np.int32)
        since, until = (np.array([us], dtype=np.int64) for us in (since_us, until_us))
        if Watched.is_of_words(target):
            return news.words(ids, since, until).get(0, (NO_TIMES, []))
        found = news.numbers(ids, since, until)
        return found.times_us, found.values


def _heard_by(target: Target, us: int) -> int | None:
    """When it was heard last by then, where that alone says what holds afterwards."""
    series = target.place.series
    if series is None or target.condition.judging.gap_us is None:
        return None
    return news.newest_by(np.array([series.id], dtype=np.int32), np.array([us])).get(0)
