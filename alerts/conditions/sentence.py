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
_DAYS = (*(say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun")),)


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


def describe(condition: Condition, unit: str = "") -> str:
    """The condition as it stands in a list of rules, in English."""
    return ", ".join(map(str, described(condition, unit)))


def described(condition: Condition, unit: str = "") -> list[Said | str]:
    """The same in pieces, so that it can be said in another language."""
    writing, judging = Writing(unit), condition.judging
    what = judging.described(writing)
    if condition.for_us:
        what = say("{what} for {time}", what=what, time=Numeral(duration(condition.for_us)))
    if condition.count > 1:
        what = say("{what} in {count} readings", what=what, count=condition.count)
    pieces = [what, judging.described_clear(writing), judging.described_worse(writing)]
    if condition.schedule is not None:
        pieces.append(hours(condition.schedule))
    return [each for each in pieces if each]


def hours(schedule: Schedule) -> Said:
    """ "Mon to Fri 18:00 to 06:00 (Europe/Berlin)"."""
    days = sorted(schedule.days)
    names = tuple(_DAYS[day - 1] for day in days)
    if len(days) == len(DAYS):
        shown = say("daily")
    elif len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        shown = say("{first} to {last}", first=names[0], last=names[-1])
    else:
        shown = say("{days}", days=names)
    zone = schedule.zone.key
    if schedule.starts == schedule.stops:
        return say("{days} ({zone})", days=shown, zone=zone)
    return say(
        "{days} {starts} to {stops} ({zone})",
        days=shown,
        starts=f"{schedule.starts:%H:%M}",
        stops=f"{schedule.stops:%H:%M}",
        zone=zone,
    )


def short(text: str) -> str:
    return text if len(text) <= MAX_SENTENCE else text[: MAX_SENTENCE - 1] + _CUT
