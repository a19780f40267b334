"""What would-be alerts add up to: how often, how long, how many a night. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from alerts.replay.replayed import Episode
from telemetry.moments import from_us

SHORT_US = 60_000_000  # an alert that clears sooner was hardly worth a call
FLAP_US = 600_000_000  # fired again this soon after it cleared
NIGHT_FROM, NIGHT_TO = 22, 6  # o'clock


@dataclass(frozen=True, slots=True)
class Summary:
    fired: int
    stood_us: int  # how long alerts stood in all
    short: int  # that stood for less than `SHORT_US`
    flapped: int  # that came within `FLAP_US` of the one before
    nights: dict[str, int]  # how many fired in each night, by the date it began on


def summary(episodes: Sequence[Episode], stop_us: int, zone: ZoneInfo) -> Summary:
    """Of one target, oldest first; what has not cleared stands until `stop_us`."""
    stood = [(each.cleared_us or stop_us) - each.fired_us for each in episodes]
    return Summary(
        fired=len(episodes),
        stood_us=sum(stood),
        short=sum(
            us < SHORT_US
            for us, each in zip(stood, episodes, strict=True)
            if each.cleared_us is not None
        ),
        flapped=sum(
            before.cleared_us is not None and each.fired_us - before.cleared_us < FLAP_US
            for before, each in pairwise(episodes)
        ),
        nights=dict(Counter(filter(None, (night(each.fired_us, zone) for each in episodes)))),
    )


def night(at_us: int, zone: ZoneInfo) -> str:
    """The date on whose evening the night of this instant began; "": it is day."""
    local = from_us(at_us).astimezone(zone)
    if local.hour >= NIGHT_FROM:
        return local.date().isoformat()
    if local.hour < NIGHT_TO:
        return (local.date() - timedelta(days=1)).isoformat()
    return ""
