"""What a rule is for and what must hold, in words: of the language that was asked for."""

from __future__ import annotations

from alerts.conditions import described, read
from alerts.models import AlertRule
from telemetry.series.said import Said, say
from telemetry.series.worded import in_words
from telemetry.series.words import humanise


def applies_to(rule: AlertRule) -> str:
    """ "Temperature of every freezer tagged cold at Harbour plant"; a pattern as it was written."""
    devices = _devices(rule)
    if not rule.metric:
        return in_words(devices)
    if rule.metric == "*":
        return in_words(say("every value of {devices}", devices=devices))
    metric = rule.metric if "*" in rule.metric else humanise(rule.metric)
    return in_words(say("{metric} of {devices}", metric=metric, devices=devices))


def holds(rule: AlertRule, unit: str = "") -> str:
    """Raises `InvalidCondition` of one that another version wrote."""
    return ", ".join(map(in_words, described(read(rule.condition, rule.schedule), unit)))


def _devices(rule: AlertRule) -> Said | str:
    found: Said | str = str(rule.device)
    if rule.device is None:
        found = say("every {kind}", kind=rule.kind) if rule.kind else say("every device")
    if rule.uid_pattern:
        found = say("{devices} with a uid like {uids}", devices=found, uids=rule.uid_pattern)
    if rule.tag:
        found = say("{devices} tagged {tag}", devices=found, tag=rule.tag)
    if rule.site is not None:
        found = say("{devices} at {site}", devices=found, site=str(rule.site))
    return found
