"""Rules out of the lines that operators drew on charts (`thresholds` in a device's metadata).

The lines stay what they were. Where one does not say on which side of it a value is a problem, what
was measured does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from access.scope import Scope
from alerts.models import AlertRule
from alerts.models.rule import MAX_NAME
from devices.models import Device
from devices.thresholds import KEY, Threshold, told_thresholds
from telemetry.history import sides
from telemetry.history.read_limit import limited
from telemetry.models import Series

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
    means = sides.means(list(ids.values()), now)
    found: dict[Line, list[Device]] = defaultdict(list)
    for device in devices:
        for metric, drawn in _lines(device):
            value = drawn["value"]
            series_id = ids.get((device.pk, metric))
            op = None if series_id is None else sides.op_of(drawn, means.get(series_id))
            if op is None:
                why = NO_SERIES if series_id is None else NO_READING
                done.skipped.append((f"{device.name}, {metric} {value:g}", why))
                continue
            line = Line(device.kind, metric, value, drawn["label"], op)
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


def _lines(device: Device) -> Iterator[tuple[str, Threshold]]:
    for metric, each in told_thresholds(device.metadata.get(KEY)).items():
        yield from ((metric, one) for one in each)


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
