"""Rules out of the lines that operators drew on charts (`thresholds` in a device's metadata).

The lines stay what they were. On which side of one it is normal, the line does not say: what was
measured does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from access.scope import Scope
from alerts.models import AlertRule
from alerts.models.rule import MAX_NAME
from devices.models import Device
from devices.thresholds import KEY, thresholds_of
from telemetry.history import columns
from telemetry.history.columns import HOUR_US
from telemetry.history.read_limit import limited
from telemetry.models import Series
from telemetry.moments import to_us

LOOKED_AT = timedelta(days=7)  # of readings, which say what is normal
MAX_DEVICES = 2_000  # with lines; of more the first are taken

NO_SERIES = "No such series."
NO_READING = "Without readings of the last week nobody knows on which side of it it is normal."
THERE = "There is a rule of this name."


class Line(NamedTuple):
    """One line as several devices may have it."""

    kind: str
    metric: str
    value: float
    label: str
    op: str  # above or below: what is not normal


@dataclass
class Proposal:
    """The rules that lines can become, and the lines that cannot, with the reason."""

    devices: int = 0  # with lines
    rules: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)  # what, why


@limited()
def proposed(scope: Scope, now: datetime) -> Proposal:
    """Where every device of a kind has the same line it is one rule for the kind, otherwise one for
    each device. They are switched off: whoever looks at their replay switches them on."""
    seen = Device.objects.visible_to(scope)
    devices = list(seen.filter(metadata__has_key=KEY, enabled=True).order_by("id")[:MAX_DEVICES])
    done = Proposal(devices=len(devices))
    ids = {
        (series.device_id, series.metric): series.pk
        for series in Series.objects.visible_to(scope).filter(device__in=devices)
    }
    stop_us = to_us(now) // HOUR_US * HOUR_US + HOUR_US
    week_us = LOOKED_AT // timedelta(microseconds=1)
    means = columns.means(list(ids.values()), stop_us - week_us, stop_us)
    found: dict[Line, list[Device]] = defaultdict(list)
    for device in devices:
        for metric, value, label in _lines(device):
            series_id = ids.get((device.pk, metric))
            mean = means.get(series_id) if series_id is not None else None
            if mean is None or mean == value:
                why = NO_SERIES if series_id is None else NO_READING
                done.skipped.append((f"{device.name}, {metric} {value:g}", why))
                continue
            op = "above" if value > mean else "below"
            line = Line(device.kind, metric, value, label, op)
            if device not in found[line]:
                found[line].append(device)
    taken = set(AlertRule.objects.visible_to(scope).values_list("name", flat=True))
    for facts in _rules(scope, found):
        if facts["name"] in taken:
            done.skipped.append((facts["name"], THERE))
        else:
            taken.add(facts["name"])
            done.rules.append(facts)
    return done


def _lines(device: Device) -> Iterator[tuple[str, float, str]]:
    try:
        lines = thresholds_of(device.metadata)
    except ValidationError:  # written before their shape was checked
        return
    for metric, each in lines.items():
        yield from ((metric, one["value"], one["label"]) for one in each)


def _rules(scope: Scope, found: dict[Line, list[Device]]) -> Iterator[dict[str, Any]]:
    for line, devices in found.items():
        name = f"{line.label or line.metric} ({line.metric} {line.op} {line.value:g})"
        facts = {
            "metric": line.metric,
            "condition": {"type": "threshold", "op": line.op, "limit": line.value},
        }
        alike = Device.objects.visible_to(scope).filter(
            kind=line.kind, enabled=True, series__metric=line.metric
        )
        if line.kind and scope.sees_everything and alike.count() == len(devices):
            yield {"name": f"{name}: {line.kind}"[:MAX_NAME], "kind": line.kind, **facts}
            continue
        for device in devices:
            yield {"name": f"{name}: {device.uid}"[-MAX_NAME:], "device": device, **facts}
