"""Who of a rota is on call: shifts by the clock on the wall, and whoever takes one over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from telemetry.wall_clock import instant_of, shown_at

MIN_SHIFT = timedelta(hours=1)
MAX_SHIFT = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Substitute:
    """Somebody takes over for a time; None: nobody is on call then."""

    starts: datetime
    ends: datetime
    member: int | None


@dataclass(frozen=True, slots=True)
class Rota:
    """Members take turns. A shift of a week begins at the same hour all year: its length counts by
    the wall's clock, so the one in which clocks are set has an hour more or less."""

    members: tuple[int, ...]
    shift: timedelta
    starts: datetime  # what the clock shows when the first shift begins
    zone: ZoneInfo
    substitutes: tuple[Substitute, ...] = ()  # of two at one time the later in this order counts


@dataclass(frozen=True, slots=True)
class Duty:
    """From when to when somebody is on call, or nobody (`member` None)."""

    member: int | None
    starts: datetime
    ends: datetime
    substitute: bool


def on_call(rota: Rota, at: datetime) -> int | None:
    """Who is on call then; None: nobody."""
    return _member(rota, at)[0]


def duties(rota: Rota, start: datetime, stop: datetime) -> list[Duty]:
    """What fills this time, without a gap: nobody's time is a duty of nobody."""
    found: list[Duty] = []
    edges = sorted({start, *_edges(rota, start, stop), stop})
    for begin, end in itertools.pairwise(edges):
        member, substitute = _member(rota, begin)
        last = found[-1] if found else None
        if last is not None and (last.member, last.substitute) == (member, substitute):
            found[-1] = Duty(member, last.starts, end, substitute)
        else:
            found.append(Duty(member, begin, end, substitute))
    return found


def _edges(rota: Rota, start: datetime, stop: datetime) -> Iterator[datetime]:
    """Where somebody else's turn may begin."""
    for each in rota.substitutes:
        yield from (edge for edge in (each.starts, each.ends) if start < edge < stop)
    for number in itertools.count(max(0, _number(rota, start) + 1)):
        begin = _begin(rota, number)
        if begin >= stop:
            return
        if begin > start:
            yield begin


def _member(rota: Rota, at: datetime) -> tuple[int | None, bool]:
    """Who, and whether instead of somebody."""
    for each in reversed(rota.substitutes):
        if each.starts <= at < each.ends:
            return each.member, True
    number = _number(rota, at)
    if number < 0 or not rota.members:
        return None, False
    return rota.members[number % len(rota.members)], False


def _number(rota: Rota, at: datetime) -> int:
    """Of the shift then, from 0; less: before the first."""
    number = (shown_at(at, rota.zone) - rota.starts) // rota.shift
    # In an hour that repeats the wall is one shift behind, or one ahead.
    while _begin(rota, number) > at:
        number -= 1
    while _begin(rota, number + 1) <= at:
        number += 1
    return number


def _begin(rota: Rota, number: int) -> datetime:
    return instant_of(rota.starts + number * rota.shift, rota.zone)
