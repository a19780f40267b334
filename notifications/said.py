"""What was decided, in words, for the page and the history of an alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from notifications.models import Decision
from notifications.people.decision import Why

_HELD = {
    Why.QUIET: "quiet hours",
    Why.DIGEST: "kept for the digest",
    Why.LIMITED: "more messages than wanted an hour",
}
_NEVER = {
    Why.PAUSED: "has paused",
    Why.MILD: "wants graver alerts only",
    Why.NOT_OF_ENDS: "wants no word of ends",
    Why.OUT_OF_SIGHT: "may not see the site",
    Why.NO_CHANNEL: "has no channel that is switched on",
    Why.NOBODY: "nobody is there to tell",
    Why.NO_POLICY: "no policy is for such an alert",
}


def of_one(decision: Decision, zone: ZoneInfo) -> str:
    """ "not told: quiet hours until 07:00"."""
    why = Why(decision.why) if decision.why in set(Why) else None
    if why in _NEVER:
        return f"not told: {_NEVER[why]}"
    if why not in _HELD:
        return "told"
    if decision.sent_at is not None:
        return f"told at {_clock(decision.sent_at, zone)}, after {_HELD[why]}"
    until = _clock(decision.due_at, zone) if decision.due_at else "later"
    return f"not told yet: {_HELD[why]} until {until}"


def of_all(decisions: Iterable[Decision], zone: ZoneInfo) -> str:
    """In one line."""
    return "; ".join(f"{each.who}: {of_one(each, zone)}" for each in decisions)


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")
