"""Whether one recipient is told of one thing, and when: the only place that decides it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifications.people.hours import Window, next_of, quiet_until

SEVERITIES = ("info", "warning", "critical")  # the mildest first, as in alerts


class Why(StrEnum):
    """Why it is as it is decided. What is no answer of `decide` is said by who looks for whom."""

    NOW = "now"
    QUIET = "quiet"  # held until the quiet hours end
    DIGEST = "digest"  # held until the next digest
    LIMITED = "limited"  # held until the recipient may get another
    PAUSED = "paused"
    MILD = "mild"  # milder than what the recipient wants
    NOT_OF_ENDS = "not_of_ends"  # wants no word that an alert is over
    OUT_OF_SIGHT = "out_of_sight"  # may not see the site
    NO_CHANNEL = "no_channel"
    NOBODY = "nobody"  # the step names nobody: an empty team, nobody on call
    NO_POLICY = "no_policy"  # none fits the alert


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a recipient wants, read and sound."""

    zone: ZoneInfo
    minimum: str = "info"  # severity
    paused_until: datetime | None = None
    quiet: tuple[Window, ...] = ()
    through: str | None = "critical"  # from this severity on quiet hours do not hold; None: always
    digest_below: str | None = None  # what is milder waits for the digest
    digest_at: tuple[time, ...] = ()
    language: str = ""  # of its words
    ends: bool = True  # whether it wants to hear that an alert is over


@dataclass(frozen=True, slots=True)
class Decided:
    """`due` None: never. What is held is sent together with all else that is due then."""

    why: Why
    due: datetime | None

    @property
    def held(self) -> bool:
        return self.why in (Why.QUIET, Why.DIGEST, Why.LIMITED)


def decide(
    wishes: Wishes, severity: str, at: datetime, *, is_end: bool, wait: Callable[[], float]
) -> Decided:
    """`wait`: seconds until the recipient may get another message, 0 when it may get this one now;
    asked only when nothing else keeps it back, because asking uses one up."""
    never = _never(wishes, severity, at, is_end)
    if never is not None:
        return Decided(never, None)
    digest = _digest(wishes, severity, at)
    if digest is not None:
        return Decided(Why.DIGEST, quiet_end(wishes, severity, digest) or digest)
    quiet = quiet_end(wishes, severity, at)
    if quiet is not None:
        return Decided(Why.QUIET, quiet)
    seconds = math.ceil(wait())
    if seconds > 0:
        due = at + timedelta(seconds=seconds)
        return Decided(Why.LIMITED, quiet_end(wishes, severity, due) or due)
    return Decided(Why.NOW, at)


def rank(severity: str) -> int:
    """Its place in the order; a word that is none of ours comes with the gravest: it is told."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES) - 1


def _never(wishes: Wishes, severity: str, at: datetime, is_end: bool) -> Why | None:
    if wishes.paused_until is not None and at < wishes.paused_until:
        return Why.PAUSED
    if rank(severity) < rank(wishes.minimum):
        return Why.MILD
    return Why.NOT_OF_ENDS if is_end and not wishes.ends else None


def _digest(wishes: Wishes, severity: str, at: datetime) -> datetime | None:
    if wishes.digest_below is None or rank(severity) >= rank(wishes.digest_below):
        return None
    return next_of(wishes.digest_at, wishes.zone, at)


def quiet_end(wishes: Wishes, severity: str, at: datetime) -> datetime | None:
    """When the quiet hours end that keep this back; None: none do."""
    if wishes.through is not None and rank(severity) >= rank(wishes.through):
        return None
    return quiet_until(wishes.quiet, wishes.zone, at)
