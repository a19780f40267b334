"""What a condition is to answer, written as slowly and as plainly as it can be.

It sees the whole stream at once and goes through it one event at a time. `alerts.conditions` sees
it in pieces, and passes over by numpy what changes nothing; both must say the same.
"""

from __future__ import annotations

from statistics import median

from alerts.conditions import Change, Condition, State
from alerts.conditions.deviation import HOUR_US, Deviation
from alerts.conditions.rate import Rate
from alerts.conditions.schedule import first_us
from alerts.conditions.silent import Silent
from alerts.conditions.state import Equals, Offline
from alerts.conditions.stuck import Stuck
from alerts.conditions.threshold import Threshold
from alerts.conditions.window import bucket_us
from telemetry.moments import from_us

Reading = tuple[int, object]


def once(stream: list[Reading]) -> list[Reading]:
    """Of readings at one instant the first."""
    found: dict[int, object] = {}
    for time, value in stream:
        found.setdefault(time, value)
    return sorted(found.items())


# What each reading says: (time, is it beyond, is it still, value, limit, how far beyond).


def said(condition: Condition, stream: list[Reading], now: int, past: dict[int, float]) -> list:
    judging = condition.judging
    return _SAY[type(judging)](judging, stream, now, past)


def _threshold(judging: Threshold, stream, now, past) -> list:
    found = []
    for time, value in stream:
        outside = max(judging.low - value, value - judging.high)
        limit = judging.low if judging.low - value > value - judging.high else judging.high
        if judging.op == "inside":
            over = judging.low <= value <= judging.high
            still = judging.back_low <= value <= judging.back_high
            found.append((time, over, still, value, limit, -outside))
        else:
            over = value < judging.low or value > judging.high
            still = value < judging.back_low or value > judging.back_high
            found.append((time, over, still, value, limit, outside))
    return found


def _rate(judging: Rate, stream, now, past) -> list:
    size = bucket_us(judging.per_us)
    found = []
    for at, (time, value) in enumerate(stream):
        since = (time - judging.per_us) // size * size
        seen = [each for when, each in stream[: at + 1] if when >= since]
        rise, fall = value - min(seen), max(seen) - value
        change = {"rises": rise, "falls": fall, "changes": max(rise, fall)}[judging.op]
        over, still = change > judging.limit, change > judging.back
        found.append((time, over, still, change, judging.limit, change - judging.limit))
    return found


def _stuck(judging: Stuck, stream, now, past) -> list:
    size = bucket_us(judging.span_us)
    found = []
    for at, (time, value) in enumerate(stream):
        stuck = False
        old = [when for when, _ in stream[: at + 1] if when <= time - judging.span_us]
        if old:
            since = old[-1] // size * size
            seen = [(when, each) for when, each in stream[: at + 1] if when >= since]
            values = [each for _, each in seen]
            stuck = (
                seen[0][0] >= time - 2 * judging.span_us
                and max(values) - min(values) <= judging.tolerance
                and len(values) >= judging.readings
            )
        found.append((time, stuck, stuck, value, None, None))
    return found


def _silent(judging: Silent, stream, now, past) -> list:
    limit = judging.after_us / 1_000_000
    found = []
    for at, (time, _) in enumerate(stream):
        found.append((time, False, False, None, limit, None))
        until = stream[at + 1][0] if at + 1 < len(stream) else now
        if until - time > judging.after_us:
            found.append((time + judging.after_us, True, True, None, limit, None))
    return found


def _equals(judging: Equals, stream, now, past) -> list:
    found = []
    for time, value in stream:
        among = any(
            value.casefold() == each.casefold()
            if isinstance(value, str) and isinstance(each, str)
            else not isinstance(value, str) and not isinstance(each, str) and value == each
            for each in judging.equals
        )
        over = among == (judging.op == "is")
        found.append((time, over, over, value, None, None))
    return found


def _offline(judging: Offline, stream, now, past) -> list:
    words = ["offline", "silent"] if judging.with_silent else ["offline"]
    return [(time, value in words, value in words, value, None, None) for time, value in stream]


def _deviation(judging: Deviation, stream, now, past) -> list:
    found = []
    for time, value in stream:
        wall = from_us(time).astimezone(judging.zone).replace(tzinfo=None, fold=0)
        wall = wall.replace(minute=0, second=0, microsecond=0)
        means = []
        for weeks in range(1, judging.weeks + 1):
            start = first_us(judging.zone, wall - weeks * (from_us(7 * 24 * HOUR_US) - from_us(0)))
            if start in past:
                means.append(past[start])
        if len(means) < min(2, judging.weeks):
            found.append((time, False, False, value, None, None))
            continue
        usual = median(means)
        share = abs(usual) / 100 if judging.relative else 1.0
        away = value - usual
        by = {"above": away, "below": -away, "outside": abs(away)}[judging.op]
        limit = usual + (-1 if away < 0 else 1) * judging.by * share
        over, still = by > judging.by * share, by > judging.back * share
        found.append((time, over, still, value, limit, by - judging.by * share))
    return found


_SAY = {
    Threshold: _threshold,
    Rate: _rate,
    Stuck: _stuck,
    Silent: _silent,
    Equals: _equals,
    Offline: _offline,
    Deviation: _deviation,
}


def changes(
    condition: Condition, stream: list[Reading], now: int, past: dict[int, float] | None = None
) -> tuple[list[Change], object]:
    """All changes of the stream up to `now`, and the worst value while it holds then."""
    return Model(condition).run(said(condition, once(stream), now, past or {}), now)


class Model:
    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.state = State.CLEARED
        self.since = 0
        self.count = 0
        self.value = self.limit = self.worst = self.worst_by = None
        self.held = False  # what the newest reading says
        self.found: list[Change] = []

    def run(self, readings: list, now: int) -> tuple[list[Change], object]:
        between = self.condition.judging.holds_between
        instants = {reading[0] for reading in readings}
        events = [(time, 2, None) for time in edges(self.condition, readings, now)]
        events += [(reading[0], 3, reading) for reading in readings]
        for time, _, reading in sorted(events, key=lambda event: event[:2]):
            self.time_passes(time)
            is_open = self.is_open(time)
            if reading is not None:
                self.reading(*reading)
            elif not is_open and self.state is not State.CLEARED:
                self.clear(time, None, None)
            elif is_open and self.held and between and time not in instants and time < now:
                self.begin(time)
        self.time_passes(now)
        return self.found, None if self.state is State.CLEARED else self.worst

    def is_open(self, time: int) -> bool:
        return self.condition.schedule is None or self.condition.schedule.is_open(time)

    def time_passes(self, until: int) -> None:
        """A duration ends before this instant."""
        due = self.since + self.condition.for_us
        if (
            self.state is State.PENDING
            and self.condition.judging.holds_between
            and self.count >= self.condition.count
            and due < until
        ):
            self.state = State.FIRING
            self.tell(due, self.value, self.limit)

    def reading(self, time, over, still, value, limit, by) -> None:
        self.held = over
        if (self.state is State.FIRING and not still) or (self.state is State.PENDING and not over):
            self.clear(time, value, limit)
        elif self.state is not State.CLEARED:
            self.note(value, limit, by)
            self.count += 1
            long = time - self.since >= self.condition.for_us
            if self.state is State.PENDING and long and self.count >= self.condition.count:
                self.state = State.FIRING
                self.tell(time, value, limit)
        elif over:
            self.worst = self.worst_by = None
            self.note(value, limit, by)
            if self.is_open(time):
                self.begin(time)

    def note(self, value, limit, by) -> None:
        self.value, self.limit = value, limit
        if by is not None and (self.worst_by is None or by > self.worst_by):
            self.worst, self.worst_by = value, by

    def begin(self, time: int) -> None:
        self.since, self.count = time, 1
        at_once = self.condition.for_us == 0 and self.condition.count <= 1
        self.state = State.FIRING if at_once else State.PENDING
        self.tell(time, self.value, self.limit)

    def clear(self, time: int, value, limit) -> None:
        self.state = State.CLEARED
        self.tell(time, value, limit)

    def tell(self, time: int, value, limit) -> None:
        since = self.since - self.condition.judging.held_before_us
        self.found.append(Change(time, self.state, value, limit, since, self.worst))


def edges(condition: Condition, readings: list, now: int) -> list[int]:
    """When the schedule opens and closes, from the first reading up to now."""
    if condition.schedule is None or not readings:
        return []
    found = []
    at = condition.schedule.next_edge(readings[0][0])
    while at is not None and at <= now:
        found.append(at)
        at = condition.schedule.next_edge(at)
    return found
