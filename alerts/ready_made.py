"""Rules for the kinds of device that the simulator has, ready to be taken. docs/alerts.md says of
each what it means, what to do, and how soon it finds what.

A rule that was made of one remembers it (`AlertRule.ready_made`) and is its owner's from then on:
it is never made twice, and never changed from here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from alerts.models import AlertRule, RuleChange
from alerts.models.rule import Severity
from alerts.rules import change
from alerts.rules.change import By
from telemetry.series.said import marked


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """A rule that can be taken."""

    name: str  # what `AlertRule.ready_made` says
    title: str
    severity: Severity
    kind: str  # of device; "": every one
    metric: str  # "": whole devices
    condition: dict[str, Any]
    text: str


_FREEZER, _TANK, _MOTOR, _WEATHER = "freezer", "tank", "motor", "weather-station"

READY_MADE = (
    ReadyMade(
        "freezer-too-warm", marked("Freezer too warm"), Severity.CRITICAL, _FREEZER, "temperature",
        {
            "type": "threshold", "op": "above", "limit": -15.0, "clear": -16.0, "worse": -5.0,
            "for": 600,
        },
        marked(
            "{device} is at {value} {unit} and was above {limit} {unit} for {for}:"
            " goods are at risk"
        ),
    ),
    ReadyMade(
        "freezer-does-not-cool", marked("Compressor stands still"), Severity.WARNING,
        _FREEZER, "compressor",
        {"type": "state", "equals": [False], "for": 900},
        marked("The compressor of {device} has not run for {for}: it will be too warm soon"),
    ),
    ReadyMade(
        "freezer-door-open", marked("Freezer door left open"),
        Severity.WARNING, _FREEZER, "door_open",
        {"type": "state", "equals": [True], "for": 60},
        marked("The door of {device} has been open for {for}"),
    ),
    ReadyMade(
        "freezer-sensor-stuck", marked("Freezer sensor stuck"),
        Severity.WARNING, _FREEZER, "temperature",
        {"type": "stuck", "tolerance": 0.0, "for": 600, "count": 10},
        marked(
            "{device} has said {value} {unit} for {for} without any change:"
            " its sensor may be broken"
        ),
    ),
    ReadyMade(
        "weather-sensor-stuck", marked("Weather sensor stuck"),
        Severity.INFO, _WEATHER, "temperature",
        {"type": "stuck", "tolerance": 0.0, "for": 600, "count": 10},
        marked(
            "{device} has said {value} {unit} for {for} without any change:"
            " its sensor may be broken"
        ),
    ),
    ReadyMade(
        "tank-sensor-stuck", marked("Tank sensor stuck"), Severity.WARNING, _TANK, "level",
        {"type": "stuck", "tolerance": 0.0, "for": 600, "count": 10},
        marked(
            "{device} has said {value} {unit} for {for} without any change:"
            " its float may be jammed"
        ),
    ),
    ReadyMade(
        "tank-leak", marked("Tank loses water"), Severity.WARNING, _TANK, "",
        {
            "type": "expression",
            # What was pumped in, and neither drawn nor is there.
            "formula": (
                "increase(pumped, 10min) - increase(drawn, 10min)"
                " - (volume - shift(volume, 10min))"
            ),
            "names": {"pumped": "pumped_total", "drawn": "drawn_total", "volume": "volume"},
            "op": "above", "limit": 100.0, "clear": 50.0, "for": 60,
        },
        marked("{device} lost {value} litres in 10 min that no meter counted"),
    ),
    ReadyMade(
        "tank-pump-in-vain", marked("Pump runs and does not fill"), Severity.WARNING, _TANK, "pump",
        {"type": "state", "equals": [True], "for": 900},
        marked("The pump of {device} has run for {for} and the tank is not full"),
    ),
    ReadyMade(
        "tank-low", marked("Tank nearly empty"), Severity.CRITICAL, _TANK, "level",
        {"type": "threshold", "op": "below", "limit": 15.0, "clear": 20.0, "for": 60},
        marked("{device} is at {value} {unit}"),
    ),
    ReadyMade(
        "tank-overflow", marked("Tank about to overflow"), Severity.WARNING, _TANK, "level",
        {"type": "threshold", "op": "above", "limit": 98.0, "clear": 95.0, "for": 60},
        marked("{device} is at {value} {unit} and is still filled"),
    ),
    ReadyMade(
        "motor-bearing-hot", marked("Bearing too hot"),
        Severity.CRITICAL, _MOTOR, "bearing.temperature",
        {"type": "threshold", "op": "above", "limit": 75.0, "clear": 70.0, "for": 120},
        marked("The bearing of {device} is at {value} {unit}, limit {limit} {unit}"),
    ),
    ReadyMade(
        "motor-vibration", marked("Vibration too strong"),
        Severity.WARNING, _MOTOR, "vibration.*.rms",
        {"type": "threshold", "op": "above", "limit": 4.5, "clear": 4.0, "for": 60},
        marked("{metric} of {device} is at {value} {unit}, limit {limit} {unit}"),
    ),
    ReadyMade(
        "air-stale", marked("Air the room"), Severity.INFO, "air-quality", "co2",
        {"type": "threshold", "op": "above", "limit": 2000.0, "clear": 1400.0, "for": 600},
        marked("{device} has had more than {limit} {unit} CO₂ for {for}: {value} {unit} now"),
    ),
    ReadyMade(
        "power-voltage", marked("Mains voltage out of range"),
        Severity.WARNING, "power-meter", "voltage",
        {
            "type": "threshold", "op": "outside", "low": 207.0, "high": 253.0,
            "clear": 2.0, "for": 60,
        },
        marked("{device} has {value} {unit} for {for}, allowed are 207 to 253 {unit}"),
    ),
    ReadyMade(
        "device-offline", marked("Device offline"), Severity.WARNING, "", "",
        {"type": "offline", "for": 300},
        marked("{device} has said nothing for {for}"),
    ),
)  # fmt: skip


def title(each: ReadyMade) -> str:
    """As the rule would be called, in the language of who takes it: it is theirs from then on."""
    return translation.gettext(each.title)


def available() -> list[ReadyMade]:
    """Those of which no rule was made yet, or none is left."""
    taken = set(AlertRule.objects.exclude(ready_made="").values_list("ready_made", flat=True))
    return [each for each in READY_MADE if each.name not in taken]


def install(names: Collection[str], by: By = None) -> list[AlertRule]:
    """Make rules of these, and switch them on. One that is there already, or whose title another
    rule has as its name, is left out. Raises `TooManyRules`."""
    wanted = [_facts(each) for each in available() if each.name in names]
    return change.create_those_free(wanted, by)


def install_first(names: Collection[str]) -> list[AlertRule]:
    """The same, on a database in which nobody has had a rule yet: who deleted one does not want it
    back."""
    if RuleChange.objects.exists() or AlertRule.objects.exists():
        return []
    return install(names)


def _facts(each: ReadyMade) -> dict[str, Any]:
    return {
        "name": title(each),
        "enabled": True,
        "severity": each.severity,
        "kind": each.kind,
        "metric": each.metric,
        "condition": each.condition,
        "text": translation.gettext(each.text),
        "ready_made": each.name,
    }
