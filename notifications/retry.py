"""Whether what was not taken is tried again, and when. Pure: one function decides it."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.answer import Answer, Outcome
from telemetry.workers.backoff import Backoff

FIRST_WAIT = 5.0  # seconds; each further one may be twice as long
LONGEST_WAIT = 900.0  # seconds
LONGEST_ASKED = 3_600.0  # seconds that the other side may ask us to wait
TRY_FOR = 86_400.0  # seconds from when it was due; what is told a day later helps nobody
HEAD_TRIES = 5  # failed tries for which one notification may hold up those behind it


@dataclass(frozen=True, slots=True)
class Again:
    """Tried again in so many seconds."""

    wait: float
    # The channel rests as well, so that the order stays: of "fired" and "cleared" the second must
    # not come first. Otherwise this one alone waits, and those behind it go on.
    rests: bool


def again(answer: Answer, tries: int, age: float) -> Again | None:
    """None: it was taken, or nobody will try again.

    `tries`: of this notification, with this one; `age`: seconds since it was due.
    """
    if answer.outcome in (Outcome.TAKEN, Outcome.REFUSED):
        return None
    if answer.most is not None and tries >= answer.most:
        return None
    wait = Backoff(FIRST_WAIT, LONGEST_WAIT, failures=tries - 1).wait()
    asked = min(answer.wait or 0.0, LONGEST_ASKED)
    wait = max(wait, asked)
    if age + wait > TRY_FOR:
        return None
    unreached = answer.outcome is Outcome.UNANSWERED
    return Again(wait, rests=unreached or asked > 0 or tries < HEAD_TRIES)
