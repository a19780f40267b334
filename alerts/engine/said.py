"""What an alert says of its target, in words."""

from __future__ import annotations

from alerts.conditions import Change, Facts, said
from alerts.engine.target import Target
from telemetry.series.said import Said


def said_of(target: Target, change: Change) -> Said | str:
    """What is wrong, with the value that made it fire."""
    place = target.place
    series = place.series
    facts = Facts(
        metric=series.metric if series else "",
        label=series.label if series else "",
        unit=series.unit if series else "",
        precision=series.precision if series else None,
        is_boolean=series.is_boolean if series else False,
        device=place.device.name,
        site=place.device.site,
        value=change.value,
        limit=change.limit,
        for_us=change.at_us - change.since_us,
        text=place.rule.row.text,
    )
    return said(target.condition, facts)
