"""What late readings make of the past of a target: its episodes compared with the alerts there are,
which are kept, moved, entered as over, or marked as not having held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from alerts.conditions import Change, State
from alerts.engine.book import Book, Kind
from alerts.engine.target import Found, Target
from alerts.engine.writing import made
from alerts.models import Alert
from telemetry.moments import from_us, to_us


class Episode(NamedTuple):
    """From when to when a condition held, so that it fired."""

    fired: Change
    cleared_us: int | None


def episodes_of(changes: Sequence[Change]) -> list[Episode]:
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


def compare(
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
        its = [each for each in ended if overlap(stands, each)]
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
    for same in (_is_same, overlap):
        for episode in tuple(ended):
            alert = next((alert for alert in over if same(alert, episode)), None)
            if alert is not None:
                over.remove(alert)
                ended.remove(episode)
                _correct(book, alert, episode)
    for episode in ended:
        if not any(alert.flaps and overlap(alert, episode) for alert in alerts):
            _add(book, target, episode)
    for alert in over:
        if not alert.flaps:
            alert.cleared_at = alert.started_at
            book.change(alert)
            book.note(alert, Kind.CORRECTED, text="Readings that came late say it did not hold.")


def _is_same(alert: Alert, episode: Episode) -> bool:
    ends = None if alert.cleared_at is None else to_us(alert.cleared_at)
    return to_us(alert.started_at) == episode.fired.since_us and ends == episode.cleared_us


def overlap(alert: Alert, episode: Episode) -> bool:
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
