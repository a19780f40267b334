"""What targets have to know of the time before, when an engine takes them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alerts.conditions import NEVER, Memory, State, Takes
from alerts.engine.steps import Steps
from alerts.engine.target import Target
from alerts.engine.watched import Watched
from alerts.engine.writing import OLD_US
from telemetry.history import news
from telemetry.moments import to_us
from telemetry.storage.commit_log import Commit

# What is unread begins at most so long before what was judged: of one that brings older readings
# only these are late.
UNREAD_US = 60_000_000


def begin(
    steps: Steps, judged_us: int, unread: Sequence[Commit], is_new: Callable[[int], bool]
) -> None:
    """Give every target of a series what it has to know of the time before `judged_us`: its
    newest reading then, which may say that a new rule holds already. What `unread` brings is read
    afterwards, as news.

    A series that is new, by its id, may be sending what its device kept: its newest reading came
    just now, however old it is, and time passes for it from there on.
    """
    watched = steps.watched
    first = min((to_us(commit.spans[0][0]) for commit in unread if commit.spans), default=NEVER)
    _begin_words(watched, min(judged_us, max(first - 1, judged_us - UNREAD_US)))
    if not len(watched.series):
        return
    until = judged_us + watched.lead_us
    until = np.minimum(until, np.maximum(first - 1, until - UNREAD_US))
    newest = news.newest_by(watched.series, until)
    watched.nothing_us = until
    places = np.array(sorted(newest), dtype=np.intp)
    base = np.array([newest[place] for place in places.tolist()], dtype=np.int64)
    since = base - watched.lookback_us[places] - 1
    fresh = np.array([is_new(pk) for pk in watched.series[places].tolist()], dtype=bool)
    for level in watched.levels:
        heard = level[places]
        new = fresh & (heard >= 0)
        watched.note_newest(heard[new], base[new], judged_us)
    for level in watched.levels:
        for at, slot in enumerate(level[places].tolist()):
            if slot >= 0:
                _see(watched, watched.targets[slot], int(base[at]))
            memory = watched.targets[slot].memory if slot >= 0 else None
            if memory is not None and memory.newest_us is not None:
                resume = watched.targets[slot].condition.resume_us(memory, int(base[at]))
                since[at] = min(since[at], resume)
    steps.numbers(places, since, base, judged_us, is_news=False)
    again = [
        target
        for target in watched.targets
        if target.memory.state is State.PENDING and not target.is_stored
        and target.place.series is not None
    ]  # fmt: skip
    slots = {target.slot for target in again}
    steps.found = [found for found in steps.found if found.target.slot not in slots]
    for target in again:
        _begin_again(steps, target, judged_us)


def _begin_words(watched: Watched, judged_us: int) -> None:
    """The same of series of texts, whose silence alone needs to know of the time before."""
    ids = watched.word_series
    newest = news.newest_by(ids, np.full(len(ids), judged_us)) if len(ids) else {}
    for place, us in newest.items():
        for target in watched.words[int(ids[place])]:
            _see(watched, target, us)


def _see(watched: Watched, target: Target, newest_us: int) -> None:
    """Of one whose silence is judged: had it been silent since it was stored it would fire, so it
    was heard all the time."""
    memory = target.memory
    is_idle = memory.state is State.CLEARED and memory.held_us is None
    if target.condition.takes is Takes.TIMES and is_idle:
        target.memory = memory.seen(newest_us)
        watched.renew(target)


def _begin_again(steps: Steps, target: Target, judged_us: int) -> None:
    """A rule that is new, and holds: since when, within its duration?"""
    series, memory = target.place.series, target.memory
    if series is None or memory.newest_us is None:
        return
    back = target.condition.for_us + target.condition.lookback_us + OLD_US
    ids, last = np.array([series.id], dtype=np.int32), np.array([memory.newest_us])
    found = news.numbers(ids, last - back, last)
    target.memory = Memory()
    steps.watched.renew(target)
    steps.step(target, found.times_us, found.values, judged_us)
