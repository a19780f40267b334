"""What an alert says, and what a condition is called in a list. Pure.

sentence(condition, Facts(metric="temperature", unit="°C", value=24.5, limit=-15.0, …))
"Temperature 24.5 °C, limit −15, for 12 min"
describe(condition, unit="°C")
"above −15 °C for 5 min"
"""

from __future__ import annotations

from alerts.conditions.condition import Condition
from alerts.conditions.facts import Facts, Writing
from alerts.conditions.schedule import DAYS, Schedule
from alerts.conditions.template import fill
from telemetry.series.said import Numeral, Said, say
from telemetry.series.words import duration

MAX_SENTENCE = 500  # characters, as the alert that holds it
_CUT = "…"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def sentence(condition: Condition, facts: Facts) -> str:
    """What is wrong, in English: the rule's own text, or one made of the facts."""
    return short(str(said(condition, facts)))


def said(condition: Condition, facts: Facts) -> Said | str:
    """The same, so that it can be said in another language; not the rule's own text."""
    if facts.text:
        return short(fill(facts.text, facts.as_texts()))
    what = condition.judging.said(facts)
    if facts.long and not condition.judging.says_how_long:
        return say("{what}, for {time}", what=what, time=Numeral(facts.long))
    return what


def ended(condition: Condition, facts: Facts) -> str:
    """What is said once it has cleared, with the value that cleared it."""
    said = condition.judging.said_ended(facts)
    return short(f"{said}, after {facts.long}" if facts.long else said)


def describe(condition: Condition, unit: str = "") -> str:
    """The condition as it stands in a list of rules."""
    writing = Writing(unit)
    pieces = [condition.judging.described(writing)]
    if condition.for_us:
        pieces.append(f"for {duration(condition.for_us)}")
    if condition.count > 1:
        pieces.append(f"in {condition.count} readings")
    judging = condition.judging
    said = [" ".join(pieces), judging.described_clear(writing), judging.described_worse(writing)]
    if condition.schedule is not None:
        said.append(hours(condition.schedule))
    return ", ".join(filter(None, said))


def hours(schedule: Schedule) -> str:
    """ "Mon to Fri 18:00 to 06:00 (Europe/Berlin)"."""
    days = sorted(schedule.days)
    names = [_DAYS[day - 1] for day in days]
    if len(days) == len(DAYS):
        shown = "daily"
    elif len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        shown = f"{names[0]} to {names[-1]}"
    else:
        shown = ", ".join(names)
    if schedule.starts != schedule.stops:
        shown += f" {schedule.starts:%H:%M} to {schedule.stops:%H:%M}"
    return f"{shown} ({schedule.zone.key})"


def short(text: str) -> str:
    return text if len(text) <= MAX_SENTENCE else text[: MAX_SENTENCE - 1] + _CUT
