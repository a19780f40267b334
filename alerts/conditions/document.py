"""A condition as it is stored and exported, checked field by field. Pure; docs/alerts.md has each
field."""

from __future__ import annotations

from typing import Any

from alerts.conditions.condition import Condition
from alerts.conditions.deviation import Deviation
from alerts.conditions.expression import Expression
from alerts.conditions.form import MAX_COUNT, Form
from alerts.conditions.judged import Judging
from alerts.conditions.problems import InvalidCondition
from alerts.conditions.rate import Rate
from alerts.conditions.schedule import Schedule
from alerts.conditions.silent import Silent
from alerts.conditions.state import Equals, Offline
from alerts.conditions.stuck import Stuck
from alerts.conditions.threshold import Threshold

TYPES: dict[str, type[Judging]] = {
    each.type: each
    for each in (Threshold, Rate, Stuck, Silent, Offline, Equals, Deviation, Expression)
}


def read(document: Any, schedule: Any = None) -> Condition:
    """The condition. Raises `InvalidCondition` with all that is wrong, by field; those of the
    schedule are named `schedule.zone` and so on."""
    given = document if isinstance(document, dict) else {}
    found = given.get("type")
    kind = TYPES.get(found) if isinstance(found, str) else None
    if kind is None:
        said = (
            f"Choose one of {', '.join(TYPES)}." if given or document == {} else "Write an object."
        )
        raise InvalidCondition({"type": said})
    common = {"for", "count"} & set(kind.common)
    form = Form(document, {"type", *kind.fields, *common}, "type")
    judging = kind.read(form)
    for_us = form.duration_us("for") if "for" in common else 0
    count = form.whole("count", default=1, least=1, most=MAX_COUNT) if "count" in common else 1
    errors = dict(form.errors)
    hours = None
    if schedule is not None:
        try:
            hours = Schedule.read(schedule)
        except InvalidCondition as exc:
            errors |= exc.errors
    if errors:
        raise InvalidCondition(errors)
    return Condition(judging, for_us, count, hours)
